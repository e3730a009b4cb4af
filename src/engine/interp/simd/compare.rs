//! Comparisons, which make masks of lanes that are all ones or all zeros, and the tests that sum up a vector in a
//! scalar. spec: exec/instructions#exec-vrelop

use super::{Lane, V128, binary, both};

/// All ones in the lanes for which it holds, else all zeros.
#[inline(always)]
fn mask<T: Lane<N>, const N: usize>(a: V128, b: V128, holds: impl Fn(&T, &T) -> bool) -> V128 {
    both(a, b, |x: T, y: T| T::mask(holds(&x, &y)))
}

binary! {
    /// `eq` of integers. spec: exec/numerics#op-ieq
    i8x16_eq = mask(u8::eq), i16x8_eq = mask(u16::eq), i32x4_eq = mask(u32::eq), i64x2_eq = mask(u64::eq);
    /// `ne` of integers. spec: exec/numerics#op-ine
    i8x16_ne = mask(u8::ne), i16x8_ne = mask(u16::ne), i32x4_ne = mask(u32::ne), i64x2_ne = mask(u64::ne);
    /// `lt_s`. spec: exec/numerics#op-ilt
    i8x16_lt_s = mask(i8::lt), i16x8_lt_s = mask(i16::lt), i32x4_lt_s = mask(i32::lt), i64x2_lt_s = mask(i64::lt);
    /// `lt_u`. spec: exec/numerics#op-ilt
    i8x16_lt_u = mask(u8::lt), i16x8_lt_u = mask(u16::lt), i32x4_lt_u = mask(u32::lt);
    /// `gt_s`. spec: exec/numerics#op-igt
    i8x16_gt_s = mask(i8::gt), i16x8_gt_s = mask(i16::gt), i32x4_gt_s = mask(i32::gt), i64x2_gt_s = mask(i64::gt);
    /// `gt_u`. spec: exec/numerics#op-igt
    i8x16_gt_u = mask(u8::gt), i16x8_gt_u = mask(u16::gt), i32x4_gt_u = mask(u32::gt);
    /// `le_s`. spec: exec/numerics#op-ile
    i8x16_le_s = mask(i8::le), i16x8_le_s = mask(i16::le), i32x4_le_s = mask(i32::le), i64x2_le_s = mask(i64::le);
    /// `le_u`. spec: exec/numerics#op-ile
    i8x16_le_u = mask(u8::le), i16x8_le_u = mask(u16::le), i32x4_le_u = mask(u32::le);
    /// `ge_s`. spec: exec/numerics#op-ige
    i8x16_ge_s = mask(i8::ge), i16x8_ge_s = mask(i16::ge), i32x4_ge_s = mask(i32::ge), i64x2_ge_s = mask(i64::ge);
    /// `ge_u`. spec: exec/numerics#op-ige
    i8x16_ge_u = mask(u8::ge), i16x8_ge_u = mask(u16::ge), i32x4_ge_u = mask(u32::ge);

    /// `eq` of floats: zeros are equal, a NaN equals nothing. spec: exec/numerics#op-feq
    f32x4_eq = mask(f32::eq), f64x2_eq = mask(f64::eq);
    /// `ne` of floats: a NaN differs from everything. spec: exec/numerics#op-fne
    f32x4_ne = mask(f32::ne), f64x2_ne = mask(f64::ne);
    /// `lt` of floats. spec: exec/numerics#op-flt
    f32x4_lt = mask(f32::lt), f64x2_lt = mask(f64::lt);
    /// `gt` of floats. spec: exec/numerics#op-fgt
    f32x4_gt = mask(f32::gt), f64x2_gt = mask(f64::gt);
    /// `le` of floats. spec: exec/numerics#op-fle
    f32x4_le = mask(f32::le), f64x2_le = mask(f64::le);
    /// `ge` of floats. spec: exec/numerics#op-fge
    f32x4_ge = mask(f32::ge), f64x2_ge = mask(f64::ge);
}

/// `v128.any_true`: whether any bit is set. spec: exec/instructions#exec-vvtestop
#[inline]
pub(crate) fn v128_any_true(a: V128) -> bool {
    a.0 != 0
}

/// Tests of whole vectors: rows of both names, and the signed lanes that they look at.
macro_rules! tests_of {
    ($($all_true:ident, $bitmask:ident: $lane:ty, $count:literal;)*) => {$(
        /// `all_true`: whether no lane is zero. spec: exec/instructions#exec-vtestop
        #[inline]
        pub(crate) fn $all_true(a: V128) -> bool {
            a.to_lanes::<$lane, $count>().iter().all(|lane| *lane != 0)
        }

        /// `bitmask`: the sign bit of every lane, the first lane's lowest. spec: exec/instructions#exec-vbitmask
        #[inline]
        pub(crate) fn $bitmask(a: V128) -> i32 {
            a.to_lanes::<$lane, $count>().iter().rev().fold(0, |mask, lane| (mask << 1) | i32::from(*lane < 0))
        }
    )*};
}

tests_of! {
    i8x16_all_true, i8x16_bitmask: i8, 16;
    i16x8_all_true, i16x8_bitmask: i16, 8;
    i32x4_all_true, i32x4_bitmask: i32, 4;
    i64x2_all_true, i64x2_bitmask: i64, 2;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(result: V128, expect: u128) {
        assert_eq!(result, V128(expect), "{:#034x} instead of {expect:#034x}", result.0);
    }

    #[test]
    fn integers_compare_by_their_sign() {
        // Lanes that are less, equal and greater, and whose order depends on the sign.
        let a = V128::from_lanes([1i32, 2, 3, -1]);
        let b = V128::from_lanes([2i32, 2, 2, 1]);
        check(i32x4_eq(a, b), 0x00000000_00000000_ffffffff_00000000);
        check(i32x4_ne(a, b), 0xffffffff_ffffffff_00000000_ffffffff);
        check(i32x4_lt_s(a, b), 0xffffffff_00000000_00000000_ffffffff);
        check(i32x4_lt_u(a, b), 0x00000000_00000000_00000000_ffffffff);
        check(i32x4_gt_s(a, b), 0x00000000_ffffffff_00000000_00000000);
        check(i32x4_gt_u(a, b), 0xffffffff_ffffffff_00000000_00000000);
        check(i32x4_le_s(a, b), 0xffffffff_00000000_ffffffff_ffffffff);
        check(i32x4_ge_u(a, b), 0xffffffff_ffffffff_ffffffff_00000000);
        check(i64x2_lt_s(V128(1 << 127), V128(0)), u128::MAX << 64);
        check(i8x16_ge_u(V128(0x80_7f), V128(0x7f_80)), u128::MAX - 0xff);
        check(i16x8_le_s(V128(0x8000_7fff), V128(0x7fff_8000)), u128::MAX - 0xffff);
    }

    #[test]
    fn floats_compare_by_value() {
        let a = V128::from_lanes([f32::NAN, -0.0, 1.0, f32::NEG_INFINITY]);
        let b = V128::from_lanes([f32::NAN, 0.0, 2.0, f32::INFINITY]);
        check(f32x4_eq(a, b), 0x00000000_00000000_ffffffff_00000000);
        check(f32x4_ne(a, b), 0xffffffff_ffffffff_00000000_ffffffff);
        check(f32x4_lt(a, b), 0xffffffff_ffffffff_00000000_00000000);
        check(f32x4_le(a, b), 0xffffffff_ffffffff_ffffffff_00000000);
        check(f32x4_gt(a, b), 0);
        check(f32x4_ge(a, b), 0x00000000_00000000_ffffffff_00000000);
        check(f64x2_lt(V128(0), V128::from_lanes([f64::MIN_POSITIVE, f64::NAN])), u128::from(u64::MAX));
    }

    #[test]
    fn summed_up() {
        assert!(!v128_any_true(V128(0)) && v128_any_true(V128(1 << 127)));
        let one_in_each = V128(0x0001_0001_0001_0001_0001_0001_0001_0001);
        assert!(!i8x16_all_true(one_in_each) && i16x8_all_true(one_in_each) && i64x2_all_true(one_in_each));
        assert!(!i32x4_all_true(V128(u128::MAX >> 32)));
        assert_eq!(i8x16_bitmask(V128((0x80 << 120) | 0x7f80)), 0x8001);
        assert_eq!(i16x8_bitmask(V128((0x80 << 120) | 0x7f80)), 0x80);
        assert_eq!(i32x4_bitmask(V128(0x80000000_7fffffff_00000000_ffffffff)), 0b1001);
        assert_eq!(i64x2_bitmask(V128(1 << 127)), 0b10);
    }
}

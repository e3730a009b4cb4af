//! Integer arithmetic, lane by lane.
//!
//! Results wrap where the specification takes them modulo the lane's width, and saturate where the name says `sat`.
//! spec: exec/numerics#int-ops

use super::{V128, binary, both, convert, each, pairwise, unary};

unary! {
    /// `abs`: the smallest number is its own. spec: exec/numerics#op-iabs
    i8x16_abs = each(i8::wrapping_abs), i16x8_abs = each(i16::wrapping_abs),
    i32x4_abs = each(i32::wrapping_abs), i64x2_abs = each(i64::wrapping_abs);
    /// `neg`: the smallest number is its own. spec: exec/numerics#op-ineg
    i8x16_neg = each(i8::wrapping_neg), i16x8_neg = each(i16::wrapping_neg),
    i32x4_neg = each(i32::wrapping_neg), i64x2_neg = each(i64::wrapping_neg);
    /// `popcnt`: how many bits are set. spec: exec/numerics#op-ipopcnt
    i8x16_popcnt = each(|x: u8| x.count_ones() as u8);
    /// `extadd_pairwise`: sums of neighbouring lanes, in lanes twice as wide. spec: exec/numerics#op-vextunop
    i16x8_extadd_pairwise_i8x16_s = pairwise(|x: i8, y| i16::from(x) + i16::from(y)),
    i16x8_extadd_pairwise_i8x16_u = pairwise(|x: u8, y| u16::from(x) + u16::from(y)),
    i32x4_extadd_pairwise_i16x8_s = pairwise(|x: i16, y| i32::from(x) + i32::from(y)),
    i32x4_extadd_pairwise_i16x8_u = pairwise(|x: u16, y| u32::from(x) + u32::from(y));
}

binary! {
    /// `add`, modulo the lane's width. spec: exec/numerics#op-iadd
    i8x16_add = both(i8::wrapping_add), i16x8_add = both(i16::wrapping_add),
    i32x4_add = both(i32::wrapping_add), i64x2_add = both(i64::wrapping_add);
    /// `sub`, modulo the lane's width. spec: exec/numerics#op-isub
    i8x16_sub = both(i8::wrapping_sub), i16x8_sub = both(i16::wrapping_sub),
    i32x4_sub = both(i32::wrapping_sub), i64x2_sub = both(i64::wrapping_sub);
    /// `mul`, modulo the lane's width. spec: exec/numerics#op-imul
    i16x8_mul = both(i16::wrapping_mul), i32x4_mul = both(i32::wrapping_mul), i64x2_mul = both(i64::wrapping_mul);
    /// `add_sat_s`: what does not fit becomes the nearest that does. spec: exec/numerics#op-iadd-sat
    i8x16_add_sat_s = both(i8::saturating_add), i16x8_add_sat_s = both(i16::saturating_add);
    /// `add_sat_u`: what does not fit becomes the nearest that does. spec: exec/numerics#op-iadd-sat
    i8x16_add_sat_u = both(u8::saturating_add), i16x8_add_sat_u = both(u16::saturating_add);
    /// `sub_sat_s`: what does not fit becomes the nearest that does. spec: exec/numerics#op-isub-sat
    i8x16_sub_sat_s = both(i8::saturating_sub), i16x8_sub_sat_s = both(i16::saturating_sub);
    /// `sub_sat_u`: what does not fit becomes the nearest that does. spec: exec/numerics#op-isub-sat
    i8x16_sub_sat_u = both(u8::saturating_sub), i16x8_sub_sat_u = both(u16::saturating_sub);
    /// `min_s`. spec: exec/numerics#op-imin
    i8x16_min_s = both(i8::min), i16x8_min_s = both(i16::min), i32x4_min_s = both(i32::min);
    /// `min_u`. spec: exec/numerics#op-imin
    i8x16_min_u = both(u8::min), i16x8_min_u = both(u16::min), i32x4_min_u = both(u32::min);
    /// `max_s`. spec: exec/numerics#op-imax
    i8x16_max_s = both(i8::max), i16x8_max_s = both(i16::max), i32x4_max_s = both(i32::max);
    /// `max_u`. spec: exec/numerics#op-imax
    i8x16_max_u = both(u8::max), i16x8_max_u = both(u16::max), i32x4_max_u = both(u32::max);
    /// `avgr_u`: half of the sum, halves rounded up. spec: exec/numerics#op-iavgr
    i8x16_avgr_u = both(|x: u8, y: u8| (u16::from(x) + u16::from(y)).div_ceil(2) as u8),
    i16x8_avgr_u = both(|x: u16, y: u16| (u32::from(x) + u32::from(y)).div_ceil(2) as u16);
    /// `q15mulr_sat_s`: products of fractions with 15 bits after the point. spec: exec/numerics#op-iq15mulrsat
    i16x8_q15mulr_sat_s = both(q15mulr_sat);
    /// `extmul_low`, `extmul_high`: products of half of the lanes, twice as wide. spec: exec/numerics#op-vextbinop
    i16x8_extmul_low_i8x16_s = extended(convert::i16x8_extend_low_i8x16_s, i16x8_mul),
    i16x8_extmul_low_i8x16_u = extended(convert::i16x8_extend_low_i8x16_u, i16x8_mul),
    i16x8_extmul_high_i8x16_s = extended(convert::i16x8_extend_high_i8x16_s, i16x8_mul),
    i16x8_extmul_high_i8x16_u = extended(convert::i16x8_extend_high_i8x16_u, i16x8_mul),
    i32x4_extmul_low_i16x8_s = extended(convert::i32x4_extend_low_i16x8_s, i32x4_mul),
    i32x4_extmul_low_i16x8_u = extended(convert::i32x4_extend_low_i16x8_u, i32x4_mul),
    i32x4_extmul_high_i16x8_s = extended(convert::i32x4_extend_high_i16x8_s, i32x4_mul),
    i32x4_extmul_high_i16x8_u = extended(convert::i32x4_extend_high_i16x8_u, i32x4_mul),
    i64x2_extmul_low_i32x4_s = extended(convert::i64x2_extend_low_i32x4_s, i64x2_mul),
    i64x2_extmul_low_i32x4_u = extended(convert::i64x2_extend_low_i32x4_u, i64x2_mul),
    i64x2_extmul_high_i32x4_s = extended(convert::i64x2_extend_high_i32x4_s, i64x2_mul),
    i64x2_extmul_high_i32x4_u = extended(convert::i64x2_extend_high_i32x4_u, i64x2_mul);
}

/// Both operands extended, then combined.
#[inline(always)]
fn extended(a: V128, b: V128, extend: impl Fn(V128) -> V128, combine: impl Fn(V128, V128) -> V128) -> V128 {
    combine(extend(a), extend(b))
}

/// The product of two fractions, rounded half up. Only -1 times itself does not fit.
#[inline(always)]
fn q15mulr_sat(x: i16, y: i16) -> i16 {
    let rounded = (i32::from(x) * i32::from(y) + 0x4000) >> 15;
    rounded.min(i32::from(i16::MAX)) as i16
}

/// `i32x4.dot_i16x8_s`: sums of neighbouring products. Only -32768 four times over does not fit, and wraps.
/// spec: exec/numerics#op-vextbinop
#[inline]
pub(crate) fn i32x4_dot_i16x8_s(a: V128, b: V128) -> V128 {
    let (a, b) = (a.to_lanes::<i16, 8>().map(i32::from), b.to_lanes::<i16, 8>().map(i32::from));
    let product = |i: usize| a[i] * b[i];
    V128::from_lanes(std::array::from_fn(|i| product(2 * i).wrapping_add(product(2 * i + 1))))
}

/// Shifts of every lane by the same number of bits: rows of the name, the lane's type, its shift.
macro_rules! shift {
    ($(#[doc = $doc:literal] $($name:ident = $shift:expr),+;)*) => {$($(
        #[doc = $doc]
        #[inline]
        pub(crate) fn $name(a: V128, count: i32) -> V128 {
            each(a, |x| $shift(x, count.cast_unsigned()))
        }
    )+)*};
}

// The standard library's wrapping shifts take the count modulo the width, as the specification does.
shift! {
    /// `shl`, by the count modulo the lane's width. spec: exec/numerics#op-ishl
    i8x16_shl = i8::wrapping_shl, i16x8_shl = i16::wrapping_shl,
    i32x4_shl = i32::wrapping_shl, i64x2_shl = i64::wrapping_shl;
    /// `shr_s`, by the count modulo the lane's width. spec: exec/numerics#op-ishr
    i8x16_shr_s = i8::wrapping_shr, i16x8_shr_s = i16::wrapping_shr,
    i32x4_shr_s = i32::wrapping_shr, i64x2_shr_s = i64::wrapping_shr;
    /// `shr_u`, by the count modulo the lane's width. spec: exec/numerics#op-ishr
    i8x16_shr_u = u8::wrapping_shr, i16x8_shr_u = u16::wrapping_shr,
    i32x4_shr_u = u32::wrapping_shr, i64x2_shr_u = u64::wrapping_shr;
}

#[cfg(test)]
mod tests {
    use super::super::{Lane, i8x16_splat, i16x8_splat};
    use super::*;

    /// Compares the lanes that are given; the others are those of a result of zeros.
    fn check<T: Lane<N> + Default, const N: usize>(result: V128, expect: &[T]) {
        let mut lanes = [T::default(); N];
        lanes[..expect.len()].copy_from_slice(expect);
        assert_eq!(result, V128::from_lanes(lanes), "{:#034x}", result.0);
    }

    /// A vector of the lanes that are given, and zeros.
    fn lanes<T: Lane<N> + Default, const N: usize>(given: &[T]) -> V128 {
        let mut lanes = [T::default(); N];
        lanes[..given.len()].copy_from_slice(given);
        V128::from_lanes(lanes)
    }

    #[test]
    fn the_smallest_number_is_its_own_negative() {
        check(i8x16_abs(lanes(&[-128i8, -1, 127])), &[-128i8, 1, 127]);
        check(i16x8_neg(lanes(&[i16::MIN, 1])), &[i16::MIN, -1]);
        check(i64x2_abs(lanes(&[i64::MIN, -3])), &[i64::MIN, 3]);
        check(i8x16_popcnt(lanes(&[-1i8, 0, 5])), &[8i8, 0, 2]);
    }

    #[test]
    fn sums_wrap_or_saturate() {
        let (a, b) = (lanes(&[127i8, -128, -1, 100]), lanes(&[1i8, -1, 1, 100]));
        check(i8x16_add(a, b), &[-128i8, 127, 0, -56]);
        check(i8x16_add_sat_s(a, b), &[127i8, -128, 0, 127]);
        check(i8x16_add_sat_u(a, b), &[128u8, 255, 255, 200]);
        check(i8x16_sub_sat_s(a, b), &[126i8, -127, -2, 0]);
        check(i8x16_sub_sat_u(b, a), &[0u8, 127, 0, 0]);
        check(i16x8_sub_sat_s(lanes(&[i16::MIN]), lanes(&[1i16])), &[i16::MIN]);
        check(i64x2_mul(lanes(&[i64::MIN, 3]), lanes(&[2i64, -5])), &[0i64, -15]);
    }

    #[test]
    fn order_by_the_sign() {
        let (a, b) = (lanes(&[-1i8, 1]), lanes(&[1i8, 2]));
        check(i8x16_min_s(a, b), &[-1i8, 1]);
        check(i8x16_min_u(a, b), &[1i8, 1]);
        check(i8x16_max_s(a, b), &[1i8, 2]);
        check(i8x16_max_u(a, b), &[-1i8, 2]);
    }

    #[test]
    fn averages_and_fractions_round_up() {
        check(i8x16_avgr_u(lanes(&[255u8, 0, 1]), lanes(&[255u8, 1, 1])), &[255u8, 1, 1]);
        check(i16x8_avgr_u(lanes(&[0xffffu16, 1]), lanes(&[0xfffeu16, 2])), &[0xffffu16, 2]);
        let (a, b) = (lanes(&[i16::MIN, i16::MIN, 1, -1, 3]), lanes(&[i16::MIN, 32767, 16384, 16384, 16384]));
        check(i16x8_q15mulr_sat_s(a, b), &[32767i16, -32767, 1, 0, 2]);
    }

    #[test]
    fn products_and_sums_of_twice_the_width() {
        let a = lanes(&[-128i8, -128, 127, -1, 0, 0, 0, 0, 2, 3]);
        check(i16x8_extadd_pairwise_i8x16_s(a), &[-256i16, 126, 0, 0, 5]);
        check(i16x8_extadd_pairwise_i8x16_u(a), &[256u16, 382, 0, 0, 5]);
        check(i16x8_extmul_low_i8x16_s(a, a), &[16384i16, 16384, 16129, 1]);
        check(i16x8_extmul_low_i8x16_u(a, a), &[16384u16, 16384, 16129, 65025]);
        check(i16x8_extmul_high_i8x16_s(a, a), &[4i16, 9]);
        check(i64x2_extmul_high_i32x4_u(lanes(&[0u32, 0, u32::MAX]), lanes(&[0u32, 0, 2])), &[0x1_ffff_fffe_u64]);
        let smallest = i16x8_splat(-32768);
        check(i32x4_dot_i16x8_s(smallest, smallest), &[i32::MIN; 4]);
        check(i32x4_dot_i16x8_s(lanes(&[1i16, 2, 3]), lanes(&[10i16, -20, 5])), &[-30i32, 15]);
    }

    #[test]
    fn shifts_count_modulo_the_width() {
        check(i8x16_shl(i8x16_splat(0x81), 9), &[2i8; 16]);
        check(i8x16_shr_s(i8x16_splat(0x81), 1), &[-64i8; 16]);
        check(i8x16_shr_u(i8x16_splat(0x81), -7), &[0x40i8; 16]);
        check(i16x8_shl(i16x8_splat(1), 16), &[1i16; 8]);
        check(i64x2_shr_u(V128(1 << 127), 63), &[0i64, 1]);
    }
}

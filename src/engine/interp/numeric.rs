//! What each scalar instruction computes: one small function per instruction, named as in the text format.
//!
//! This is the definition that the compiler is tested against, so it is written for reading. Integers are signless: the
//! functions take and give signed ones, and say where they mean unsigned. Division and truncation are in `partial`, as
//! they may trap. spec: exec/numerics

/// Integer instructions of one width. spec: exec/numerics#integer-operations
macro_rules! integers {
    ($signed:ident, $unsigned:ident: $add:ident $sub:ident $mul:ident $and:ident $or:ident $xor:ident $shl:ident
        $shr_s:ident $shr_u:ident $rotl:ident $rotr:ident $clz:ident $ctz:ident $popcnt:ident
        $eq:ident $ne:ident $lt_s:ident $lt_u:ident $gt_s:ident $gt_u:ident $le_s:ident $le_u:ident $ge_s:ident
        $ge_u:ident $extend8_s:ident $extend16_s:ident) => {
        /// spec: exec/numerics#op-iadd
        #[inline(always)]
        pub(super) fn $add(a: $signed, b: $signed) -> $signed {
            a.wrapping_add(b)
        }

        /// spec: exec/numerics#op-isub
        #[inline(always)]
        pub(super) fn $sub(a: $signed, b: $signed) -> $signed {
            a.wrapping_sub(b)
        }

        /// spec: exec/numerics#op-imul
        #[inline(always)]
        pub(super) fn $mul(a: $signed, b: $signed) -> $signed {
            a.wrapping_mul(b)
        }

        /// spec: exec/numerics#op-iand
        #[inline(always)]
        pub(super) fn $and(a: $signed, b: $signed) -> $signed {
            a & b
        }

        /// spec: exec/numerics#op-ior
        #[inline(always)]
        pub(super) fn $or(a: $signed, b: $signed) -> $signed {
            a | b
        }

        /// spec: exec/numerics#op-ixor
        #[inline(always)]
        pub(super) fn $xor(a: $signed, b: $signed) -> $signed {
            a ^ b
        }

        /// The count is taken modulo the width. spec: exec/numerics#op-ishl
        #[inline(always)]
        pub(super) fn $shl(a: $signed, count: $signed) -> $signed {
            a.wrapping_shl(count as u32)
        }

        /// spec: exec/numerics#op-ishr-s
        #[inline(always)]
        pub(super) fn $shr_s(a: $signed, count: $signed) -> $signed {
            a.wrapping_shr(count as u32)
        }

        /// spec: exec/numerics#op-ishr-u
        #[inline(always)]
        pub(super) fn $shr_u(a: $signed, count: $signed) -> $signed {
            (a as $unsigned).wrapping_shr(count as u32) as $signed
        }

        /// spec: exec/numerics#op-irotl
        #[inline(always)]
        pub(super) fn $rotl(a: $signed, count: $signed) -> $signed {
            a.rotate_left(count as u32 % $signed::BITS)
        }

        /// spec: exec/numerics#op-irotr
        #[inline(always)]
        pub(super) fn $rotr(a: $signed, count: $signed) -> $signed {
            a.rotate_right(count as u32 % $signed::BITS)
        }

        /// spec: exec/numerics#op-iclz
        #[inline(always)]
        pub(super) fn $clz(a: $signed) -> $signed {
            a.leading_zeros() as $signed
        }

        /// spec: exec/numerics#op-ictz
        #[inline(always)]
        pub(super) fn $ctz(a: $signed) -> $signed {
            a.trailing_zeros() as $signed
        }

        /// spec: exec/numerics#op-ipopcnt
        #[inline(always)]
        pub(super) fn $popcnt(a: $signed) -> $signed {
            a.count_ones() as $signed
        }

        /// spec: exec/numerics#op-ieq
        #[inline(always)]
        pub(super) fn $eq(a: $signed, b: $signed) -> bool {
            a == b
        }

        /// spec: exec/numerics#op-ine
        #[inline(always)]
        pub(super) fn $ne(a: $signed, b: $signed) -> bool {
            a != b
        }

        /// spec: exec/numerics#op-ilt-s
        #[inline(always)]
        pub(super) fn $lt_s(a: $signed, b: $signed) -> bool {
            a < b
        }

        /// spec: exec/numerics#op-ilt-u
        #[inline(always)]
        pub(super) fn $lt_u(a: $signed, b: $signed) -> bool {
            (a as $unsigned) < b as $unsigned
        }

        /// spec: exec/numerics#op-igt-s
        #[inline(always)]
        pub(super) fn $gt_s(a: $signed, b: $signed) -> bool {
            a > b
        }

        /// spec: exec/numerics#op-igt-u
        #[inline(always)]
        pub(super) fn $gt_u(a: $signed, b: $signed) -> bool {
            a as $unsigned > b as $unsigned
        }

        /// spec: exec/numerics#op-ile-s
        #[inline(always)]
        pub(super) fn $le_s(a: $signed, b: $signed) -> bool {
            a <= b
        }

        /// spec: exec/numerics#op-ile-u
        #[inline(always)]
        pub(super) fn $le_u(a: $signed, b: $signed) -> bool {
            a as $unsigned <= b as $unsigned
        }

        /// spec: exec/numerics#op-ige-s
        #[inline(always)]
        pub(super) fn $ge_s(a: $signed, b: $signed) -> bool {
            a >= b
        }

        /// spec: exec/numerics#op-ige-u
        #[inline(always)]
        pub(super) fn $ge_u(a: $signed, b: $signed) -> bool {
            a as $unsigned >= b as $unsigned
        }

        /// spec: exec/numerics#op-iextendn-s
        #[inline(always)]
        pub(super) fn $extend8_s(a: $signed) -> $signed {
            $signed::from(a as i8)
        }

        /// spec: exec/numerics#op-iextendn-s
        #[inline(always)]
        pub(super) fn $extend16_s(a: $signed) -> $signed {
            $signed::from(a as i16)
        }
    };
}

integers! { i32, u32: i32_add i32_sub i32_mul i32_and i32_or i32_xor i32_shl i32_shr_s i32_shr_u i32_rotl i32_rotr
i32_clz i32_ctz i32_popcnt i32_eq i32_ne i32_lt_s i32_lt_u i32_gt_s i32_gt_u i32_le_s i32_le_u
i32_ge_s i32_ge_u i32_extend8_s i32_extend16_s }

integers! { i64, u64: i64_add i64_sub i64_mul i64_and i64_or i64_xor i64_shl i64_shr_s i64_shr_u i64_rotl i64_rotr
i64_clz i64_ctz i64_popcnt i64_eq i64_ne i64_lt_s i64_lt_u i64_gt_s i64_gt_u i64_le_s i64_le_u
i64_ge_s i64_ge_u i64_extend8_s i64_extend16_s }

/// spec: exec/numerics#op-iextendn-s
#[inline(always)]
pub(super) fn i64_extend32_s(a: i64) -> i64 {
    i64::from(a as i32)
}

/// Float instructions of one width. spec: exec/numerics#floating-point-operations
macro_rules! floats {
    ($float:ident: $add:ident $sub:ident $mul:ident $div:ident $min:ident $max:ident $copysign:ident $abs:ident $neg:ident
        $ceil:ident $floor:ident $trunc:ident $nearest:ident $sqrt:ident $eq:ident $ne:ident $lt:ident $gt:ident
        $le:ident $ge:ident) => {
        /// spec: exec/numerics#op-fadd
        #[inline(always)]
        pub(super) fn $add(a: $float, b: $float) -> $float {
            a + b
        }

        /// spec: exec/numerics#op-fsub
        #[inline(always)]
        pub(super) fn $sub(a: $float, b: $float) -> $float {
            a - b
        }

        /// spec: exec/numerics#op-fmul
        #[inline(always)]
        pub(super) fn $mul(a: $float, b: $float) -> $float {
            a * b
        }

        /// spec: exec/numerics#op-fdiv
        #[inline(always)]
        pub(super) fn $div(a: $float, b: $float) -> $float {
            a / b
        }

        /// NaN if either is; adding two NaNs makes a quiet one. -0 is less than +0. spec: exec/numerics#op-fmin
        #[inline(always)]
        pub(super) fn $min(a: $float, b: $float) -> $float {
            if a.is_nan() || b.is_nan() {
                a + b
            } else if a < b || (a == b && a.is_sign_negative()) {
                a
            } else {
                b
            }
        }

        /// spec: exec/numerics#op-fmax
        #[inline(always)]
        pub(super) fn $max(a: $float, b: $float) -> $float {
            if a.is_nan() || b.is_nan() {
                a + b
            } else if a > b || (a == b && a.is_sign_positive()) {
                a
            } else {
                b
            }
        }

        /// Changes the sign bit and nothing else, of NaNs too. spec: exec/numerics#op-fcopysign
        #[inline(always)]
        pub(super) fn $copysign(a: $float, b: $float) -> $float {
            a.copysign(b)
        }

        /// spec: exec/numerics#op-fabs
        #[inline(always)]
        pub(super) fn $abs(a: $float) -> $float {
            a.abs()
        }

        /// spec: exec/numerics#op-fneg
        #[inline(always)]
        pub(super) fn $neg(a: $float) -> $float {
            -a
        }

        /// spec: exec/numerics#op-fceil
        #[inline(always)]
        pub(super) fn $ceil(a: $float) -> $float {
            quiet(a, a.ceil())
        }

        /// spec: exec/numerics#op-ffloor
        #[inline(always)]
        pub(super) fn $floor(a: $float) -> $float {
            quiet(a, a.floor())
        }

        /// spec: exec/numerics#op-ftrunc
        #[inline(always)]
        pub(super) fn $trunc(a: $float) -> $float {
            quiet(a, a.trunc())
        }

        /// Halves go to the even neighbour. spec: exec/numerics#op-fnearest
        #[inline(always)]
        pub(super) fn $nearest(a: $float) -> $float {
            quiet(a, a.round_ties_even())
        }

        /// spec: exec/numerics#op-fsqrt
        #[inline(always)]
        pub(super) fn $sqrt(a: $float) -> $float {
            a.sqrt()
        }

        /// spec: exec/numerics#op-feq
        #[inline(always)]
        pub(super) fn $eq(a: $float, b: $float) -> bool {
            a == b
        }

        /// spec: exec/numerics#op-fne
        #[inline(always)]
        pub(super) fn $ne(a: $float, b: $float) -> bool {
            a != b
        }

        /// spec: exec/numerics#op-flt
        #[inline(always)]
        pub(super) fn $lt(a: $float, b: $float) -> bool {
            a < b
        }

        /// spec: exec/numerics#op-fgt
        #[inline(always)]
        pub(super) fn $gt(a: $float, b: $float) -> bool {
            a > b
        }

        /// spec: exec/numerics#op-fle
        #[inline(always)]
        pub(super) fn $le(a: $float, b: $float) -> bool {
            a <= b
        }

        /// spec: exec/numerics#op-fge
        #[inline(always)]
        pub(super) fn $ge(a: $float, b: $float) -> bool {
            a >= b
        }
    };
}

floats! { f32: f32_add f32_sub f32_mul f32_div f32_min f32_max f32_copysign f32_abs f32_neg f32_ceil f32_floor f32_trunc
f32_nearest f32_sqrt f32_eq f32_ne f32_lt f32_gt f32_le f32_ge }

floats! { f64: f64_add f64_sub f64_mul f64_div f64_min f64_max f64_copysign f64_abs f64_neg f64_ceil f64_floor f64_trunc
f64_nearest f64_sqrt f64_eq f64_ne f64_lt f64_gt f64_le f64_ge }

/// A rounded number; for NaN a quiet one, which rounding in a library does not promise.
/// spec: exec/numerics#nan-propagation
#[inline(always)]
fn quiet<F: Copy + PartialEq + std::ops::Add<Output = F>>(from: F, rounded: F) -> F {
    if is_nan(from) { from + from } else { rounded }
}

/// Only NaN differs from itself.
#[inline(always)]
#[expect(clippy::eq_op, reason = "this is what NaN is told by")]
fn is_nan<F: Copy + PartialEq>(value: F) -> bool {
    value != value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_take_their_count_modulo_the_width() {
        assert_eq!((i32_shl(1, 33), i32_shr_s(-4, 33), i32_shr_u(-4, 33)), (2, -2, i32::MAX - 1));
        assert_eq!((i64_shl(1, 65), i64_shr_s(-4, 65), i64_rotl(1, 64), i64_rotr(1, -1)), (2, -2, 1, 2));
    }

    #[test]
    fn minimum_and_maximum_know_zeros_and_nan() {
        assert!(f32_min(0.0, -0.0).is_sign_negative() && f32_min(-0.0, 0.0).is_sign_negative());
        assert!(f64_max(0.0, -0.0).is_sign_positive() && f64_max(-0.0, 0.0).is_sign_positive());
        assert!(f64_min(f64::NAN, 1.0).is_nan() && f32_max(1.0, f32::NAN).is_nan());
        assert_eq!((f64_min(1.0, 2.0), f32_max(1.0, 2.0)), (1.0, 2.0));
    }

    #[test]
    fn rounding_quiets_nan_and_keeps_the_sign_of_zero() {
        let signalling = f32::from_bits(0x7fa0_0000);
        for round in [f32_ceil, f32_floor, f32_trunc, f32_nearest] {
            assert_eq!(round(signalling).to_bits() & 0x0040_0000, 0x0040_0000);
        }
        assert!(f64_ceil(-0.5).is_sign_negative());
        assert_eq!((f64_nearest(2.5), f64_nearest(3.5)), (2.0, 4.0));
    }
}

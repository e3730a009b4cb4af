//! Conversions between lane types: extend, narrow, truncate, convert, demote, promote.
//!
//! Rust's `as` is what the specification asks for: from float to integer it truncates, saturates and makes zero of NaN;
//! to float it rounds to nearest, ties to even. spec: exec/numerics#convert-ops

use super::{Lane, V128, binary, each, from_bytes_of, unary};
use crate::engine::interp::partial::{f64_promote_f32, i32_trunc_sat_f64_u};

/// The lower half of the lanes, twice as wide.
#[inline(always)]
fn low<T: Lane<N>, R: Lane<HALF>, const N: usize, const HALF: usize>(a: V128, function: impl Fn(T) -> R) -> V128 {
    from_bytes_of::<N, _>([a], |[a]| {
        let a = T::split(a);
        R::join(std::array::from_fn(|i| function(a[i])))
    })
}

/// The upper half of the lanes, twice as wide.
#[inline(always)]
fn high<T: Lane<N>, R: Lane<HALF>, const N: usize, const HALF: usize>(a: V128, function: impl Fn(T) -> R) -> V128 {
    from_bytes_of::<N, _>([a], |[a]| {
        let a = T::split(a);
        R::join(std::array::from_fn(|i| function(a[HALF + i])))
    })
}

/// All lanes of both operands, half as wide: the first one's in the lower half.
#[inline(always)]
fn narrow<T: Lane<N>, R: Lane<TWICE>, const N: usize, const TWICE: usize>(
    a: V128,
    b: V128,
    function: impl Fn(T) -> R,
) -> V128 {
    from_bytes_of::<TWICE, _>([a, b], |[a, b]| {
        let (a, b) = (T::split(a), T::split(b));
        R::join(std::array::from_fn(|i| function(if i < N { a[i] } else { b[i - N] })))
    })
}

/// Two lanes, half as wide, below two zeros.
#[inline(always)]
pub(super) fn zero_above<T: Lane<2>, R: Lane<4> + Default>(a: V128, function: impl Fn(T) -> R) -> V128 {
    let [first, second] = a.to_lanes::<T, 2>().map(function);
    V128::from_lanes([first, second, R::default(), R::default()])
}

unary! {
    /// `extend_low`: half of the lanes with their values. spec: exec/numerics#op-extend
    i16x8_extend_low_i8x16_s = low(|x: i8| i16::from(x)), i16x8_extend_low_i8x16_u = low(|x: u8| u16::from(x)),
    i32x4_extend_low_i16x8_s = low(|x: i16| i32::from(x)), i32x4_extend_low_i16x8_u = low(|x: u16| u32::from(x)),
    i64x2_extend_low_i32x4_s = low(|x: i32| i64::from(x)), i64x2_extend_low_i32x4_u = low(|x: u32| u64::from(x));
    /// `extend_high`: half of the lanes with their values. spec: exec/numerics#op-extend
    i16x8_extend_high_i8x16_s = high(|x: i8| i16::from(x)), i16x8_extend_high_i8x16_u = high(|x: u8| u16::from(x)),
    i32x4_extend_high_i16x8_s = high(|x: i16| i32::from(x)), i32x4_extend_high_i16x8_u = high(|x: u16| u32::from(x)),
    i64x2_extend_high_i32x4_s = high(|x: i32| i64::from(x)), i64x2_extend_high_i32x4_u = high(|x: u32| u64::from(x));
    /// `trunc_sat`: NaN becomes zero, what does not fit the nearest that does. spec: exec/numerics#op-trunc-sat
    i32x4_trunc_sat_f32x4_s = each(|x: f32| x as i32), i32x4_trunc_sat_f32x4_u = each(|x: f32| x as u32),
    i32x4_trunc_sat_f64x2_s_zero = zero_above(|x: f64| x as i32),
    i32x4_trunc_sat_f64x2_u_zero = zero_above(|x: f64| i32_trunc_sat_f64_u(x));
    /// `convert`: rounded where there is no such float. spec: exec/numerics#op-convert
    f32x4_convert_i32x4_s = each(|x: i32| x as f32), f32x4_convert_i32x4_u = each(|x: u32| x as f32),
    f64x2_convert_low_i32x4_s = low(|x: i32| f64::from(x)), f64x2_convert_low_i32x4_u = low(|x: u32| f64::from(x));
    /// `demote`: rounded to the narrower type. spec: exec/numerics#op-demote
    f32x4_demote_f64x2_zero = zero_above(|x: f64| x as f32);
    /// `promote`: exactly, but that NaNs become quiet. spec: exec/numerics#op-promote
    f64x2_promote_low_f32x4 = low(f64_promote_f32);
}

binary! {
    /// `narrow_s`: signed, saturated to what fits half the width. spec: exec/numerics#op-vnarrow
    i8x16_narrow_i16x8_s = narrow(|x: i16| x.clamp(-0x80, 0x7f) as i8),
    i16x8_narrow_i32x4_s = narrow(|x: i32| x.clamp(-0x8000, 0x7fff) as i16);
    /// `narrow_u`: signed too, saturated to what fits half the width unsigned. spec: exec/numerics#op-vnarrow
    i8x16_narrow_i16x8_u = narrow(|x: i16| x.clamp(0, 0xff) as u8),
    i16x8_narrow_i32x4_u = narrow(|x: i32| x.clamp(0, 0xffff) as u16);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: Lane<N>, const N: usize>(result: V128, expect: [T; N]) {
        assert_eq!(result, V128::from_lanes(expect), "{:#034x}", result.0);
    }

    #[test]
    fn halves_are_extended_by_the_sign() {
        let a = V128(0x807f0003_fe00ff01_00000000_80017fff);
        check(i16x8_extend_low_i8x16_s(a), [-1i16, 127, 1, -128, 0, 0, 0, 0]);
        check(i16x8_extend_low_i8x16_u(a), [255u16, 127, 1, 128, 0, 0, 0, 0]);
        check(i16x8_extend_high_i8x16_s(a), [1i16, -1, 0, -2, 3, 0, 127, -128]);
        check(i32x4_extend_high_i16x8_u(a), [0xff01u32, 0xfe00, 3, 0x807f]);
        check(i64x2_extend_low_i32x4_s(a), [i64::from(0x80017fff_u32 as i32), 0]);
        check(i64x2_extend_high_i32x4_u(a), [0xfe00ff01u64, 0x807f0003]);
    }

    #[test]
    fn narrowing_saturates_signed_numbers() {
        let a = V128::from_lanes([300i16, -300, 128, -128, 127, -1, i16::MAX, i16::MIN]);
        let b = V128::from_lanes([1i16, 2, 3, 4, 5, 6, 7, 8]);
        check(i8x16_narrow_i16x8_s(a, b), [127i8, -128, 127, -128, 127, -1, 127, -128, 1, 2, 3, 4, 5, 6, 7, 8]);
        check(i8x16_narrow_i16x8_u(a, b), [255u8, 0, 128, 0, 127, 0, 255, 0, 1, 2, 3, 4, 5, 6, 7, 8]);
        let (a, b) = (V128::from_lanes([40000i32, -40000, 70000, -1]), V128::from_lanes([1i32, 2, 3, i32::MIN]));
        check(i16x8_narrow_i32x4_s(a, b), [32767i16, -32768, 32767, -1, 1, 2, 3, -32768]);
        check(i16x8_narrow_i32x4_u(a, b), [40000u16, 0, 65535, 0, 1, 2, 3, 0]);
    }

    #[test]
    fn truncation_saturates() {
        let a = V128::from_lanes([f32::NAN, f32::INFINITY, -1.9, 3e9]);
        check(i32x4_trunc_sat_f32x4_s(a), [0, i32::MAX, -1, i32::MAX]);
        check(i32x4_trunc_sat_f32x4_u(a), [0, u32::MAX, 0, 3_000_000_000]);
        let a = V128::from_lanes([f64::NEG_INFINITY, 4294967295.9]);
        check(i32x4_trunc_sat_f64x2_s_zero(a), [i32::MIN, i32::MAX, 0, 0]);
        check(i32x4_trunc_sat_f64x2_u_zero(a), [0, u32::MAX, 0, 0]);
    }

    #[test]
    fn floats_of_integers_and_of_floats() {
        let a = V128::from_lanes([-1i32, 16777217, i32::MIN, 0]);
        check(f32x4_convert_i32x4_s(a), [-1f32, 16777216.0, -2147483648.0, 0.0]);
        check(f32x4_convert_i32x4_u(a), [4294967296f32, 16777216.0, 2147483648.0, 0.0]);
        check(f64x2_convert_low_i32x4_s(a), [-1f64, 16777217.0]);
        check(f64x2_convert_low_i32x4_u(a), [4294967295f64, 16777217.0]);
        check(f32x4_demote_f64x2_zero(V128::from_lanes([1e300, -1e-300])), [f32::INFINITY, -0.0, 0.0, 0.0]);
        check(f64x2_promote_low_f32x4(V128::from_lanes([0.1f32, -0.0, 9.0, 9.0])), [f64::from(0.1f32), -0.0]);
        let promoted = f64x2_promote_low_f32x4(V128(0x7f80_0001));
        assert_eq!(promoted.0 as u64 & 0x7ff8_0000_0000_0000, 0x7ff8_0000_0000_0000, "a quiet NaN");
    }
}

//! Float arithmetic, lane by lane; comparisons are with those of integers.
//!
//! Everything rounds to nearest, ties to even. Signs are bits: `abs` and `neg` change no other bit, not even of a NaN.
//! Which NaN arithmetic gives, [`super::nan`] settles. spec: exec/numerics#float-ops

use super::nan::{Float, arithmetic, nan_of, settled};
use super::{V128, binary, both, each, unary};
use std::ops::{Add, Div, Mul, Sub};

unary! {
    /// `abs`: without the sign. spec: exec/numerics#op-fabs
    f32x4_abs = each(|x: u32| x & !f32::SIGN), f64x2_abs = each(|x: u64| x & !f64::SIGN);
    /// `neg`: with the other sign. spec: exec/numerics#op-fneg
    f32x4_neg = each(|x: u32| x ^ f32::SIGN), f64x2_neg = each(|x: u64| x ^ f64::SIGN);
    /// `sqrt`. spec: exec/numerics#op-fsqrt
    f32x4_sqrt = each(|x: f32| settled(x.sqrt(), [x])), f64x2_sqrt = each(|x: f64| settled(x.sqrt(), [x]));
    /// `ceil`: rounded up to an integer. spec: exec/numerics#op-fceil
    f32x4_ceil = each(|x| rounded(x, f32::ceil)), f64x2_ceil = each(|x| rounded(x, f64::ceil));
    /// `floor`: rounded down to an integer. spec: exec/numerics#op-ffloor
    f32x4_floor = each(|x| rounded(x, f32::floor)), f64x2_floor = each(|x| rounded(x, f64::floor));
    /// `trunc`: rounded towards zero to an integer. spec: exec/numerics#op-ftrunc
    f32x4_trunc = each(|x| rounded(x, f32::trunc)), f64x2_trunc = each(|x| rounded(x, f64::trunc));
    /// `nearest`: rounded to the nearest integer, the even one of two. spec: exec/numerics#op-fnearest
    f32x4_nearest = each(|x| rounded(x, f32::round_ties_even)),
    f64x2_nearest = each(|x| rounded(x, f64::round_ties_even));
}

binary! {
    /// `add` of floats. spec: exec/numerics#op-fadd
    f32x4_add = arithmetic(f32::add), f64x2_add = arithmetic(f64::add);
    /// `sub` of floats. spec: exec/numerics#op-fsub
    f32x4_sub = arithmetic(f32::sub), f64x2_sub = arithmetic(f64::sub);
    /// `mul` of floats. spec: exec/numerics#op-fmul
    f32x4_mul = arithmetic(f32::mul), f64x2_mul = arithmetic(f64::mul);
    /// `div` of floats. spec: exec/numerics#op-fdiv
    f32x4_div = arithmetic(f32::div), f64x2_div = arithmetic(f64::div);
    /// `min` of floats: a NaN if one is, and -0 before +0. spec: exec/numerics#op-fmin
    f32x4_min = both(min::<f32>), f64x2_min = both(min::<f64>);
    /// `max` of floats: a NaN if one is, and +0 before -0. spec: exec/numerics#op-fmax
    f32x4_max = both(max::<f32>), f64x2_max = both(max::<f64>);
    /// `pmin`: the second where it is less, else the first, bit for bit. spec: exec/numerics#op-fpmin
    f32x4_pmin = both(|x: f32, y| if y < x { y } else { x }), f64x2_pmin = both(|x: f64, y| if y < x { y } else { x });
    /// `pmax`: the second where it is greater, else the first, bit for bit. spec: exec/numerics#op-fpmax
    f32x4_pmax = both(|x: f32, y| if x < y { y } else { x }), f64x2_pmax = both(|x: f64, y| if x < y { y } else { x });
}

/// Rounds numbers with a function that may be the C library's, of which some leave signalling NaNs as they are.
#[inline(always)]
fn rounded<F: Float>(x: F, round: impl Fn(F) -> F) -> F {
    if x.is_nan() { nan_of([x]) } else { round(x) }
}

/// The lesser of two. Of equal ones that differ they are zeros, and one with a sign wins.
#[inline(always)]
fn min<F: Float>(x: F, y: F) -> F {
    if x < y {
        x
    } else if y < x {
        y
    } else if x == y {
        F::from_bits(x.to_bits() | y.to_bits())
    } else if cfg!(target_arch = "x86_64") {
        // What the instructions give that Cranelift makes of `fmin`.
        F::from_bits(F::CANONICAL_NAN | F::SIGN)
    } else {
        nan_of([x, y])
    }
}

/// The greater of two. Of equal ones that differ they are zeros, and one without a sign wins.
#[inline(always)]
fn max<F: Float>(x: F, y: F) -> F {
    if y < x {
        x
    } else if x < y {
        y
    } else if x == y {
        F::from_bits(x.to_bits() & y.to_bits())
    } else if cfg!(target_arch = "x86_64") {
        // What the instructions give that Cranelift makes of `fmax`.
        F::from_bits(F::CANONICAL_NAN | ((x.to_bits() | y.to_bits()) & F::SIGN))
    } else {
        nan_of([x, y])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFINITY: f32 = f32::INFINITY;
    const NAN: f32 = f32::NAN;
    /// A NaN that is not quiet, with a sign and a payload.
    const SIGNALLING: f32 = f32::from_bits(0xff81_2345);

    /// Compares bits, but of NaNs only whether they are quiet.
    fn check(result: V128, expect: [f32; 4]) {
        let lanes = result.to_lanes::<f32, 4>();
        let is_quiet = |x: f32| x.to_bits() & 0x7fc0_0000 == 0x7fc0_0000;
        let agrees = |(x, y): (f32, f32)| if y.is_nan() { is_quiet(x) } else { x.to_bits() == y.to_bits() };
        assert!(lanes.into_iter().zip(expect).all(agrees), "{lanes:?} instead of {expect:?}");
    }

    fn lanes(lanes: [f32; 4]) -> V128 {
        V128::from_lanes(lanes)
    }

    #[test]
    fn signs_are_bits() {
        let a = lanes([SIGNALLING, -0.0, 1.0, -INFINITY]);
        assert_eq!(f32x4_abs(a), V128(0x7f800000_3f800000_00000000_7f812345));
        assert_eq!(f32x4_neg(a), V128(0x7f800000_bf800000_00000000_7f812345));
        assert_eq!(f64x2_neg(V128(1 << 127)), V128(1 << 63));
        assert_eq!(f64x2_abs(V128(1 << 127)), V128(0));
    }

    #[test]
    fn rounding_keeps_signs_and_quietens() {
        check(f32x4_nearest(lanes([0.5, 1.5, -0.4, SIGNALLING])), [0.0, 2.0, -0.0, NAN]);
        check(f32x4_nearest(lanes([-2.5, -3.5, INFINITY, 8388609.0])), [-2.0, -4.0, INFINITY, 8388609.0]);
        check(f32x4_ceil(lanes([-0.5, 0.1, 3.0, SIGNALLING])), [-0.0, 1.0, 3.0, NAN]);
        check(f32x4_floor(lanes([-0.5, 0.9, -0.0, SIGNALLING])), [-1.0, 0.0, -0.0, NAN]);
        check(f32x4_trunc(lanes([-1.9, 1.9, -0.9, SIGNALLING])), [-1.0, 1.0, -0.0, NAN]);
        check(f32x4_sqrt(lanes([4.0, -0.0, -1.0, SIGNALLING])), [2.0, -0.0, NAN, NAN]);
    }

    #[test]
    fn arithmetic_makes_quiet_nans() {
        let (a, b) = (lanes([1.0, INFINITY, SIGNALLING, f32::MAX]), lanes([2.0, -INFINITY, 1.0, f32::MAX]));
        check(f32x4_add(a, b), [3.0, NAN, NAN, INFINITY]);
        check(f32x4_sub(a, b), [-1.0, INFINITY, NAN, 0.0]);
        check(f32x4_mul(a, b), [2.0, -INFINITY, NAN, INFINITY]);
        check(f32x4_div(a, lanes([-0.0, INFINITY, 0.0, 2.0])), [-INFINITY, NAN, NAN, f32::MAX / 2.0]);
    }

    #[test]
    fn least_and_greatest() {
        let (a, b) = (lanes([0.0, -0.0, NAN, 1.0]), lanes([-0.0, 0.0, 1.0, SIGNALLING]));
        check(f32x4_min(a, b), [-0.0, -0.0, NAN, NAN]);
        check(f32x4_max(a, b), [0.0, 0.0, NAN, NAN]);
        let (a, b) = (lanes([1.0, 2.0, -INFINITY, INFINITY]), lanes([2.0, 1.0, 3.0, 4.0]));
        check(f32x4_min(a, b), [1.0, 1.0, -INFINITY, 4.0]);
        check(f32x4_max(a, b), [2.0, 2.0, 3.0, INFINITY]);
    }

    #[test]
    fn pseudo_least_and_greatest_are_one_of_the_two() {
        let (a, b) = (lanes([0.0, -0.0, SIGNALLING, 1.0]), lanes([-0.0, 0.0, 1.0, SIGNALLING]));
        assert_eq!(f32x4_pmin(a, b), a);
        assert_eq!(f32x4_pmax(a, b), a);
        check(f32x4_pmin(lanes([1.0, 2.0, 3.0, 4.0]), lanes([2.0; 4])), [1.0, 2.0, 2.0, 2.0]);
        check(f32x4_pmax(lanes([1.0, 2.0, 3.0, 4.0]), lanes([2.0; 4])), [2.0, 2.0, 3.0, 4.0]);
    }
}

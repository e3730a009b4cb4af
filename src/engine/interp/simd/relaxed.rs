//! Relaxed SIMD: instructions whose result the specification leaves open in corner cases, here as compiled code
//! computes them on the same machine. spec: exec/relaxed
//!
//! The table of choices and their reasons stand with the compiler, in `src/engine/compile/translate/simd/relaxed.rs`.
//! This file follows it, and what Cranelift makes of it:
//!
//! * What depends on the architecture is asked of [`X86_64`]. Compiled code for x86-64 takes SSSE3 and SSE4.1 for
//!   granted, so that the choices which it makes by those are fixed here.
//! * What depends on the CPU of an x86-64 machine is asked of the CPU: [`has_fma`] and [`has_vnni`] ask for the
//!   features by which the compiler decides. Code that was compiled for a target by its name knows of neither, and
//!   rounds twice and saturates where this file may not.
//! * Machines that no code is compiled for do what the strict instructions of the same names do, and round twice.

use super::convert::*;
use super::float::*;
use super::int::*;
use super::lane::i8x16_swizzle;
use super::nan::{Float, is_signalling, nan_of};
use super::{V128, all_three, both, each, v128_bitselect};
use std::ops::Mul;

/// Whether compiled code on this machine is for x86-64.
const X86_64: bool = cfg!(target_arch = "x86_64");

/// Whether a product and a sum are rounded once: x86-64 does with FMA, which Cranelift uses only together with AVX.
#[cfg(target_arch = "x86_64")]
#[inline]
fn has_fma() -> bool {
    std::arch::is_x86_feature_detected!("avx") && std::arch::is_x86_feature_detected!("fma")
}

/// Whether a product and a sum are rounded once: every other machine does that code is compiled for.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn has_fma() -> bool {
    cfg!(any(target_arch = "aarch64", target_arch = "riscv64", target_arch = "s390x"))
}

/// Whether the CPU has the byte dot product that adds up in `i32`, in a form that Cranelift uses.
#[cfg(target_arch = "x86_64")]
#[inline]
fn has_vnni() -> bool {
    (std::arch::is_x86_feature_detected!("avx") && std::arch::is_x86_feature_detected!("avxvnni"))
        || (std::arch::is_x86_feature_detected!("avx512vl") && std::arch::is_x86_feature_detected!("avx512vnni"))
}

/// Only x86-64 has an instruction of which anything depends on it.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn has_vnni() -> bool {
    false
}

/// `i8x16.relaxed_swizzle`: on x86-64 numbers 16 to 127 count modulo 16 (`pshufb`), elsewhere they give zero.
/// spec: exec/numerics#op-ivrelaxed-swizzle
#[inline]
pub(crate) fn i8x16_relaxed_swizzle(a: V128, b: V128) -> V128 {
    // Without the bits in between, what counts modulo 16 is below 16, and what gives zero stays above.
    let numbers = if X86_64 { V128(b.0 & u128::from_le_bytes([0x8f; 16])) } else { b };
    i8x16_swizzle(a, numbers)
}

/// `i32x4.relaxed_trunc_f32x4_s`: on x86-64 NaN and what does not fit become -2^31 (`cvttps2dq`).
/// spec: exec/numerics#op-relaxed-trunc-s
#[inline]
pub(crate) fn i32x4_relaxed_trunc_f32x4_s(a: V128) -> V128 {
    if X86_64 { each(a, |x: f32| truncated(f64::from(x))) } else { i32x4_trunc_sat_f32x4_s(a) }
}

/// `i32x4.relaxed_trunc_f64x2_s_zero`: on x86-64 NaN and what does not fit become -2^31 (`cvttpd2dq`).
/// spec: exec/numerics#op-relaxed-trunc-s
#[inline]
pub(crate) fn i32x4_relaxed_trunc_f64x2_s_zero(a: V128) -> V128 {
    if X86_64 { zero_above(a, truncated) } else { i32x4_trunc_sat_f64x2_s_zero(a) }
}

/// The integer part, or -2^31 where `i32` has none.
#[inline(always)]
fn truncated(x: f64) -> i32 {
    if x > -2_147_483_649.0 && x < 2_147_483_648.0 { x as i32 } else { i32::MIN }
}

/// `i32x4.relaxed_trunc_f32x4_u`: saturates everywhere. spec: exec/numerics#op-relaxed-trunc-u
#[inline]
pub(crate) fn i32x4_relaxed_trunc_f32x4_u(a: V128) -> V128 {
    i32x4_trunc_sat_f32x4_u(a)
}

/// `i32x4.relaxed_trunc_f64x2_u_zero`: saturates everywhere. spec: exec/numerics#op-relaxed-trunc-u
#[inline]
pub(crate) fn i32x4_relaxed_trunc_f64x2_u_zero(a: V128) -> V128 {
    i32x4_trunc_sat_f64x2_u_zero(a)
}

/// `relaxed_madd` and `relaxed_nmadd`: rows of both names, the lanes' type, and the strict instructions.
macro_rules! multiply_add {
    ($($madd:ident, $nmadd:ident: $lane:ident, $mul:ident, $add:ident;)*) => {$(
        /// `relaxed_madd`: the first times the second, plus the third. spec: exec/numerics#op-frelaxed-madd
        #[inline]
        pub(crate) fn $madd(a: V128, b: V128, c: V128) -> V128 {
            if has_fma() { all_three(a, b, c, fused::<$lane>) } else { $add($mul(a, b), c) }
        }

        /// `relaxed_nmadd`: the third minus the first times the second. spec: exec/numerics#op-frelaxed-nmadd
        #[inline]
        pub(crate) fn $nmadd(a: V128, b: V128, c: V128) -> V128 {
            // `vfnmadd` changes the sign of the product only, which a NaN is not.
            let keeps_nans = X86_64 && has_fma();
            let negative = |x: $lane| if keeps_nans && x.is_nan() { x } else { -x };
            $madd(each(a, negative), b, c)
        }
    )*};
}

multiply_add! {
    f32x4_relaxed_madd, f32x4_relaxed_nmadd: f32, f32x4_mul, f32x4_add;
    f64x2_relaxed_madd, f64x2_relaxed_nmadd: f64, f64x2_mul, f64x2_add;
}

/// The product of the first two plus the third, rounded once. x86-64 looks for a NaN in the second operand first and in
/// the third last (`vfmadd213`), others begin with the third; and others give no operand's NaN where the product makes
/// one, unless the third signals.
#[inline(always)]
fn fused<F: Float + Mul<Output = F>>(x: F, y: F, z: F) -> F {
    let result = x.mul_add(y, z);
    if !result.is_nan() {
        result
    } else if X86_64 {
        nan_of([y, x, z])
    } else if (x * y).is_nan() && !x.is_nan() && !y.is_nan() && !is_signalling(z) {
        nan_of::<F, 0>([])
    } else {
        nan_of([z, x, y])
    }
}

/// `relaxed_laneselect` by whole lanes where the machine does that: rows of the name, and the signed lanes.
macro_rules! laneselect {
    ($($name:ident: $lane:ident;)*) => {$(
        /// `relaxed_laneselect`: on x86-64 whole lanes by the mask's top bit (`blendv`), elsewhere bit by bit.
        /// spec: exec/numerics#op-irelaxed-laneselect
        #[inline]
        pub(crate) fn $name(a: V128, b: V128, c: V128) -> V128 {
            if X86_64 {
                all_three(a, b, c, |x: $lane, y, mask| if mask < 0 { x } else { y })
            } else {
                v128_bitselect(a, b, c)
            }
        }
    )*};
}

laneselect! {
    i8x16_relaxed_laneselect: i8;
    i32x4_relaxed_laneselect: i32;
    i64x2_relaxed_laneselect: i64;
}

/// `i16x8.relaxed_laneselect`: bit by bit everywhere, because x86-64 has no blend by lanes of 16 bits.
/// spec: exec/numerics#op-irelaxed-laneselect
#[inline]
pub(crate) fn i16x8_relaxed_laneselect(a: V128, b: V128, c: V128) -> V128 {
    v128_bitselect(a, b, c)
}

/// Instructions that are one strict instruction on x86-64 and another elsewhere: rows of the three names.
macro_rules! either {
    ($(#[doc = $doc:literal] $($name:ident = $on_x86_64:ident, $elsewhere:ident);+;)*) => {$($(
        #[doc = $doc]
        #[inline]
        pub(crate) fn $name(a: V128, b: V128) -> V128 {
            if X86_64 { $on_x86_64(a, b) } else { $elsewhere(a, b) }
        }
    )+)*};
}

either! {
    /// `relaxed_min`: of a NaN and of two zeros x86-64 gives what `minps` gives. spec: exec/numerics#op-frelaxed-min
    f32x4_relaxed_min = f32x4_pmin, f32x4_min; f64x2_relaxed_min = f64x2_pmin, f64x2_min;
    /// `relaxed_max`: of a NaN and of two zeros x86-64 gives what `maxps` gives. spec: exec/numerics#op-frelaxed-max
    f32x4_relaxed_max = f32x4_pmax, f32x4_max; f64x2_relaxed_max = f64x2_pmax, f64x2_max;
}

/// `i16x8.relaxed_q15mulr_s`: on x86-64 -1 times itself is -1 (`pmulhrsw`), elsewhere it saturates.
/// spec: exec/numerics#op-irelaxed-q15mulr-s
#[inline]
pub(crate) fn i16x8_relaxed_q15mulr_s(a: V128, b: V128) -> V128 {
    if X86_64 {
        both(a, b, |x: i16, y: i16| ((i32::from(x) * i32::from(y) + 0x4000) >> 15) as i16)
    } else {
        i16x8_q15mulr_sat_s(a, b)
    }
}

/// `i16x8.relaxed_dot_i8x16_i7x16_s`: sums of neighbouring products. On x86-64 the second operand's bytes are unsigned
/// and sums saturate (`pmaddubsw`); elsewhere they are signed and sums wrap. spec: exec/numerics#op-irelaxed-dot
#[inline]
pub(crate) fn i16x8_relaxed_dot_i8x16_i7x16_s(a: V128, b: V128) -> V128 {
    if X86_64 {
        pair_sums(products_by_u8(a, b), i16::saturating_add)
    } else {
        pair_sums(products(a, b), i16::wrapping_add)
    }
}

/// `i32x4.relaxed_dot_i8x16_i7x16_add_s`: sums of four neighbouring products, plus the third operand. Bytes are as
/// above; sums are exact but on an x86-64 CPU without VNNI, where those of two saturate.
/// spec: exec/numerics#op-irelaxed-dot-add
#[inline]
pub(crate) fn i32x4_relaxed_dot_i8x16_i7x16_add_s(a: V128, b: V128, c: V128) -> V128 {
    let sums = if !X86_64 {
        four_sums(products(a, b))
    } else if has_vnni() {
        four_sums(products_by_u8(a, b))
    } else {
        i32x4_extadd_pairwise_i16x8_s(pair_sums(products_by_u8(a, b), i16::saturating_add))
    };
    i32x4_add(sums, c)
}

/// Products of all bytes, which `i16` holds.
#[inline(always)]
fn products(a: V128, b: V128) -> [i16; 16] {
    let (a, b) = (a.to_lanes::<i8, 16>(), b.to_lanes::<i8, 16>());
    std::array::from_fn(|i| i16::from(a[i]) * i16::from(b[i]))
}

/// The same with the second operand's bytes unsigned. `i16` holds those too.
#[inline(always)]
fn products_by_u8(a: V128, b: V128) -> [i16; 16] {
    let (a, b) = (a.to_lanes::<i8, 16>(), b.to_lanes::<u8, 16>());
    std::array::from_fn(|i| i16::from(a[i]) * i16::from(b[i]))
}

/// Sums of two neighbouring products.
#[inline(always)]
fn pair_sums(products: [i16; 16], add: impl Fn(i16, i16) -> i16) -> V128 {
    V128::from_lanes(std::array::from_fn::<_, 8, _>(|i| add(products[2 * i], products[2 * i + 1])))
}

/// Exact sums of four neighbouring products.
#[inline(always)]
fn four_sums(products: [i16; 16]) -> V128 {
    let sum = |i: usize| -> i32 { products[4 * i..4 * i + 4].iter().copied().map(i32::from).sum() };
    V128::from_lanes([sum(0), sum(1), sum(2), sum(3)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares with the one of two results that this machine gives.
    fn check(result: V128, on_x86_64: V128, elsewhere: V128) {
        let expect = if X86_64 { on_x86_64 } else { elsewhere };
        assert_eq!(result, expect, "{:#034x} instead of {:#034x}", result.0, expect.0);
    }

    fn i16s(first: [i16; 4]) -> V128 {
        let [a, b, c, d] = first;
        V128::from_lanes([a, b, c, d, 0, 0, 0, 0])
    }

    #[test]
    fn numbers_beyond_the_lanes() {
        let a = V128(0x1f1e1d1c_1b1a1918_17161514_13121110);
        let numbers = V128(0x0f0f0f0f_0f0f0f0f_0f0f0f80_ff7f100f);
        let elsewhere = V128(0x1f1f1f1f_1f1f1f1f_1f1f1f00_0000001f);
        check(i8x16_relaxed_swizzle(a, numbers), V128(elsewhere.0 | 0x1f1000), elsewhere);
    }

    #[test]
    fn floats_that_do_not_fit() {
        let (least, most) = (i32::MIN, i32::MAX);
        let on_x86_64 = V128::from_lanes([least, least, least, -1]);
        let a = V128::from_lanes([f32::NAN, 2147483648.0, -3e9, -1.9]);
        check(i32x4_relaxed_trunc_f32x4_s(a), on_x86_64, V128::from_lanes([0, most, least, -1]));
        let a = V128::from_lanes([2147483647.9, f64::INFINITY]);
        let on_x86_64 = V128::from_lanes([most, least, 0, 0]);
        check(i32x4_relaxed_trunc_f64x2_s_zero(a), on_x86_64, V128::from_lanes([most, most, 0, 0]));
        let a = V128::from_lanes([-2147483648.9, f64::NAN]);
        let on_x86_64 = V128::from_lanes([least, least, 0, 0]);
        check(i32x4_relaxed_trunc_f64x2_s_zero(a), on_x86_64, V128::from_lanes([least, 0, 0, 0]));
        let unsigned = V128::from_lanes([0, u32::MAX, 0, 0]);
        check(i32x4_relaxed_trunc_f64x2_u_zero(V128::from_lanes([-1.0, 1e10])), unsigned, unsigned);
    }

    #[test]
    fn products_are_rounded_once_with_fma() {
        // The square needs more bits than there are; what rounding cuts off is left after the subtraction.
        let x = 1.0 + f32::EPSILON;
        let rest = if has_fma() { f32::EPSILON * f32::EPSILON } else { 0.0 };
        let (a, c) = (V128::from_lanes([x; 4]), V128::from_lanes([1.0 + 2.0 * f32::EPSILON; 4]));
        let (plus, minus) = (V128::from_lanes([rest; 4]), V128::from_lanes([0.0 - rest; 4]));
        check(f32x4_relaxed_madd(a, a, f32x4_neg(c)), plus, plus);
        check(f32x4_relaxed_nmadd(a, a, c), minus, minus);
        let (a, c) = (V128::from_lanes([3.0, 2.0]), V128::from_lanes([1.0, 10.0]));
        let difference = V128::from_lanes([-8.0, 6.0]);
        check(f64x2_relaxed_nmadd(a, a, c), difference, difference);
    }

    #[test]
    fn selection_by_the_top_bit_or_by_bits() {
        let (ones, zeros) = (V128(u128::MAX), V128(0));
        let mask = V128(0x80007fff_7fffffff_80000000_00000001);
        let lanes = V128::from_lanes([0, -1, 0, -1]);
        check(i32x4_relaxed_laneselect(ones, zeros, mask), lanes, mask);
        check(i64x2_relaxed_laneselect(ones, zeros, mask), V128(u128::MAX), mask);
        check(i8x16_relaxed_laneselect(ones, zeros, mask), V128(0xff0000ff_00ffffff_ff000000_00000000), mask);
        check(i16x8_relaxed_laneselect(ones, zeros, mask), mask, mask);
    }

    #[test]
    fn least_and_greatest_of_nans_and_zeros() {
        let (a, b) = (V128::from_lanes([1.0, 0.0]), V128::from_lanes([f64::NAN, -0.0]));
        check(f64x2_relaxed_min(a, b), a, f64x2_min(a, b));
        check(f64x2_relaxed_max(b, a), b, f64x2_max(b, a));
    }

    #[test]
    fn the_square_of_minus_one() {
        let a = i16s([i16::MIN, 3, -1, 0]);
        let on_x86_64 = i16s([i16::MIN, 2, 0, 0]);
        check(i16x8_relaxed_q15mulr_s(a, i16s([i16::MIN, 16384, 16384, 1])), on_x86_64, i16s([i16::MAX, 2, 0, 0]));
    }

    #[test]
    fn dot_products_of_bytes_above_127() {
        // Pairs of bytes: -128, -128 and 127, 127 and 1, 2.
        let a = V128(0x0201_7f7f_8080);
        check(i16x8_relaxed_dot_i8x16_i7x16_s(a, a), i16s([-32768, 32258, 5, 0]), i16s([-32768, 32258, 5, 0]));
        let b = V128(0x0304_ffff_ffff);
        check(i16x8_relaxed_dot_i8x16_i7x16_s(a, b), i16s([-32768, 32767, 10, 0]), i16s([256, -254, 10, 0]));

        let c = V128::from_lanes([1, -1, i32::MAX, 0]);
        let exact_by_u8 = V128::from_lanes([-65280 + 64770 + 1, 9, i32::MAX, 0]);
        let saturated = V128::from_lanes([-32768 + 32767 + 1, 9, i32::MAX, 0]);
        let on_x86_64 = if has_vnni() { exact_by_u8 } else { saturated };
        check(i32x4_relaxed_dot_i8x16_i7x16_add_s(a, b, c), on_x86_64, V128::from_lanes([3, 9, i32::MAX, 0]));
    }
}

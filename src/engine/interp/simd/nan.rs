//! Which NaN arithmetic gives, where the specification admits many. spec: exec/numerics#aux-nans
//!
//! Rust leaves the choice to the optimiser, which may swap operands and may even pass a signalling NaN on, and the C
//! library's functions differ too. So that an instruction has one result, which is that of compiled code, NaNs are made
//! here by the rules of the machine's own instructions:
//!
//! | | x86-64 | riscv64 | elsewhere (arm64) |
//! | --- | --- | --- | --- |
//! | operands are NaNs | the first one | the canonical NaN | the first that signals, else the first one |
//! | none is | the canonical NaN, negative | the canonical NaN | the canonical NaN |
//!
//! An operand's NaN becomes quiet and keeps its sign and payload. Compiled code for x86-64 may take the other of two
//! NaNs where Cranelift lets an instruction read its first operand from memory.

use super::{Lane, V128, both};
use std::ops::{BitAnd, BitOr};

/// What is to be known of `f32` and `f64`.
pub(super) trait Float: Copy + PartialOrd {
    /// The integer of the same width.
    type Bits: BitAnd<Output = Self::Bits> + BitOr<Output = Self::Bits> + PartialEq;

    /// The sign, alone.
    const SIGN: Self::Bits;
    /// The positive canonical NaN: every NaN that has all of its bits is quiet.
    const CANONICAL_NAN: Self::Bits;

    fn to_bits(self) -> Self::Bits;
    fn from_bits(bits: Self::Bits) -> Self;
    fn is_nan(self) -> bool;
    fn mul_add(self, factor: Self, addend: Self) -> Self;
}

/// Implements [`Float`]: rows of the type, its bits, the sign, the canonical NaN.
macro_rules! floats {
    ($($float:ident, $bits:ident, $sign:literal, $canonical_nan:literal;)*) => {$(
        impl Float for $float {
            type Bits = $bits;
            const SIGN: $bits = $sign;
            const CANONICAL_NAN: $bits = $canonical_nan;

            #[inline(always)]
            fn to_bits(self) -> $bits {
                $float::to_bits(self)
            }

            #[inline(always)]
            fn from_bits(bits: $bits) -> $float {
                $float::from_bits(bits)
            }

            #[inline(always)]
            fn is_nan(self) -> bool {
                $float::is_nan(self)
            }

            #[inline(always)]
            fn mul_add(self, factor: $float, addend: $float) -> $float {
                $float::mul_add(self, factor, addend)
            }
        }
    )*};
}

floats! {
    f32, u32, 0x8000_0000, 0x7fc0_0000;
    f64, u64, 0x8000_0000_0000_0000, 0x7ff8_0000_0000_0000;
}

/// Whether it is a NaN that is not quiet.
#[inline]
pub(super) fn is_signalling<F: Float>(x: F) -> bool {
    x.is_nan() && x.to_bits() & F::CANONICAL_NAN != F::CANONICAL_NAN
}

/// The NaN of an operation that gives one; operands are in the order in which the machine looks at them.
#[cold]
pub(super) fn nan_of<F: Float, const N: usize>(operands: [F; N]) -> F {
    let first = operands.into_iter().find(|x| x.is_nan());
    let first_signalling = operands.into_iter().find(|x| is_signalling(*x));
    let chosen = if cfg!(target_arch = "x86_64") {
        first
    } else if cfg!(target_arch = "riscv64") {
        None
    } else {
        first_signalling.or(first)
    };
    match chosen {
        Some(operand) => F::from_bits(operand.to_bits() | F::CANONICAL_NAN),
        None if cfg!(target_arch = "x86_64") => F::from_bits(F::CANONICAL_NAN | F::SIGN),
        None => F::from_bits(F::CANONICAL_NAN),
    }
}

/// The result of an operation, but of NaNs the one that these operands give.
#[inline(always)]
pub(super) fn settled<F: Float, const N: usize>(result: F, operands: [F; N]) -> F {
    if result.is_nan() { nan_of(operands) } else { result }
}

/// Every lane with the one in the same place of the other operand, NaNs settled where there are any.
#[inline(always)]
pub(super) fn arithmetic<F: Float + Lane<N>, const N: usize>(a: V128, b: V128, operation: impl Fn(F, F) -> F) -> V128 {
    let result = both(a, b, &operation);
    if !has_nan::<F, N>(result) {
        return result;
    }
    both(a, b, |x, y| settled(operation(x, y), [x, y]))
}

/// Whether any lane is a NaN. All lanes are looked at, which is one instruction or two.
#[inline(always)]
pub(super) fn has_nan<F: Float + Lane<N>, const N: usize>(a: V128) -> bool {
    a.to_lanes::<F, N>().into_iter().fold(false, |any, x| any | x.is_nan())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNALLING: u32 = 0x7f80_0001;
    const QUIET: u32 = 0xffc0_0002;

    /// Compares with the one of three results that this machine gives.
    fn check(operands: [u32; 2], on_x86_64: u32, elsewhere: u32) {
        let expect = if cfg!(target_arch = "x86_64") {
            on_x86_64
        } else if cfg!(target_arch = "riscv64") {
            f32::CANONICAL_NAN
        } else {
            elsewhere
        };
        let nan = nan_of(operands.map(f32::from_bits)).to_bits();
        assert_eq!(nan, expect, "{nan:#x} instead of {expect:#x}");
    }

    #[test]
    fn operands_are_quietened() {
        check([SIGNALLING, 0], 0x7fc0_0001, 0x7fc0_0001);
        check([0, QUIET], QUIET, QUIET);
        check([QUIET, SIGNALLING], QUIET, 0x7fc0_0001);
        check([SIGNALLING, QUIET], 0x7fc0_0001, 0x7fc0_0001);
        check([0, 0], 0xffc0_0000, 0x7fc0_0000);
    }

    #[test]
    fn only_nans_are_settled() {
        let (a, b) = (V128::from_lanes([1.0, f64::INFINITY]), V128::from_lanes([2.0, f64::NEG_INFINITY]));
        let [sum, nan] = arithmetic(a, b, |x: f64, y| x + y).to_lanes::<f64, 2>();
        assert!(sum == 3.0 && nan.is_nan() && !is_signalling(nan));
        assert!(has_nan::<f64, 2>(V128::from_lanes([0.0, f64::NAN])) && !has_nan::<f64, 2>(a));
    }
}

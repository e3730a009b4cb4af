//! What every `v128` instruction computes, as one small pure function each, named as in the text format with `_` for
//! `.`. Stores and whole loads need none, and single lanes go to and from memory by their bytes.
//!
//! A `v128` is 128 bits that every instruction reads its own lanes into. [`V128`] holds them as one number; lane 0 is
//! in its lowest bits on every machine, and in memory its bytes come first:
//!
//! ```text
//!  bit 127                                      0
//!   | i64 lane 1          | i64 lane 0          |
//!   | i32 3    | i32 2    | i32 1    | i32 0    |      memory: byte 0, byte 1, ... byte 15
//!   | 15 | 14 | ...                  | 1  | 0  |      bytes, the last first
//! ```
//!
//! Most of a family is a flat table of rows `name = combination(lane function)`: the combination takes the operands
//! apart into lanes ([`each`], [`pairwise`], ...), and the lane function is one of the standard library's wherever
//! there is one. The compiler makes vector instructions of them where the machine has some.
//!
//! * [`lane`]: single lanes and moving them about.
//! * [`int`] and [`float`]: arithmetic; [`compare`]: masks and tests.
//! * [`convert`]: from one lane type to another.
//! * [`memory`]: what loads make of the bytes they find. Addresses and bounds are not known here.
//! * [`nan`]: which of the NaNs that the specification allows arithmetic gives.
//! * [`relaxed`]: where the specification leaves a choice, what compiled code does on this machine.
//!
//! In this file are the bits themselves: the type, its lanes, and the instructions that know no lanes.
//!
//! Nothing here fails or panics. Lane numbers that validation would have refused count modulo the number of lanes.
//! Floats that are only moved, or whose sign is changed, stay integers, so that no bit of a NaN is lost.

mod compare;
mod convert;
mod float;
mod int;
mod lane;
mod memory;
mod nan;
mod relaxed;

pub(crate) use compare::*;
pub(crate) use convert::*;
pub(crate) use float::*;
pub(crate) use int::*;
pub(crate) use lane::*;
pub(crate) use memory::*;
pub(crate) use relaxed::*;

/// 128 bits; lane 0 is in the lowest. spec: syntax/values#vectors
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct V128(pub(crate) u128);

impl V128 {
    /// From its sixteen bytes as memory holds them.
    #[inline(always)]
    pub(crate) const fn from_le_bytes(bytes: [u8; 16]) -> V128 {
        V128(u128::from_le_bytes(bytes))
    }

    /// Its sixteen bytes as memory holds them.
    #[inline(always)]
    pub(crate) const fn to_le_bytes(self) -> [u8; 16] {
        self.0.to_le_bytes()
    }

    /// From its lanes, the lowest first. spec: exec/numerics#aux-lanes
    #[inline(always)]
    pub(crate) fn from_lanes<T: Lane<N>, const N: usize>(lanes: [T; N]) -> V128 {
        V128::from_le_bytes(T::join(lanes))
    }

    /// Its lanes, the lowest first. spec: exec/numerics#aux-lanes
    #[inline(always)]
    pub(crate) fn to_lanes<T: Lane<N>, const N: usize>(self) -> [T; N] {
        T::split(self.to_le_bytes())
    }
}

/// A type of which a vector holds `N`.
pub(crate) trait Lane<const N: usize>: Copy {
    /// The integer of the same width, of which comparisons make masks.
    type Mask: Lane<N>;

    /// All ones if it holds, else all zeros.
    fn mask(holds: bool) -> Self::Mask;

    /// Lanes out of the bytes of a vector.
    fn split(bytes: [u8; 16]) -> [Self; N];

    /// The bytes of a vector out of its lanes.
    fn join(lanes: [Self; N]) -> [u8; 16];
}

/// Implements [`Lane`]: rows of the type, how many a vector holds, its mask.
macro_rules! lanes {
    ($($lane:ty, $count:literal, $mask:ty;)*) => {$(
        impl Lane<$count> for $lane {
            type Mask = $mask;

            #[inline(always)]
            fn mask(holds: bool) -> $mask {
                if holds { <$mask>::MAX } else { 0 }
            }

            #[inline(always)]
            fn split(bytes: [u8; 16]) -> [$lane; $count] {
                let (chunks, _) = bytes.as_chunks();
                std::array::from_fn(|i| <$lane>::from_le_bytes(chunks[i]))
            }

            #[inline(always)]
            fn join(lanes: [$lane; $count]) -> [u8; 16] {
                let mut bytes = [0; 16];
                let (chunks, _) = bytes.as_chunks_mut();
                for (chunk, lane) in chunks.iter_mut().zip(lanes) {
                    *chunk = lane.to_le_bytes();
                }
                bytes
            }
        }
    )*};
}

lanes! {
    i8, 16, u8;
    u8, 16, u8;
    i16, 8, u16;
    u16, 8, u16;
    i32, 4, u32;
    u32, 4, u32;
    i64, 2, u64;
    u64, 2, u64;
    f32, 4, u32;
    f64, 2, u64;
}

/// A table of instructions with one operand: rows of `name = combination(lane function)`, documented in groups.
macro_rules! unary {
    ($(#[doc = $doc:literal] $($name:ident = $combine:ident($($function:expr),*)),+;)*) => {$($(
        #[doc = $doc]
        #[inline]
        pub(crate) fn $name(a: V128) -> V128 {
            $combine(a, $($function),*)
        }
    )+)*};
}

/// The same of instructions with two operands.
macro_rules! binary {
    ($(#[doc = $doc:literal] $($name:ident = $combine:ident($($function:expr),*)),+;)*) => {$($(
        #[doc = $doc]
        #[inline]
        pub(crate) fn $name(a: V128, b: V128) -> V128 {
            $combine(a, b, $($function),*)
        }
    )+)*};
}

use {binary, unary};

/// A vector out of the bytes of others, by a function that takes them apart into so many lanes.
///
/// For many lanes the function is compiled by itself and works on memory, where lanes lie side by side: only so does
/// the optimiser see that they are a vector. Inlined between two 128-bit numbers it takes them out one by one with
/// shifts, which for few lanes costs less than a call.
#[inline(always)]
fn from_bytes_of<const LANES: usize, const K: usize>(
    operands: [V128; K],
    function: impl Fn([[u8; 16]; K]) -> [u8; 16],
) -> V128 {
    #[inline(never)]
    fn in_memory<const K: usize>(
        operands: &[[u8; 16]; K],
        result: &mut [u8; 16],
        function: impl Fn([[u8; 16]; K]) -> [u8; 16],
    ) {
        *result = function(*operands);
    }

    let operands = operands.map(V128::to_le_bytes);
    if LANES <= 4 {
        return V128::from_le_bytes(function(operands));
    }
    let mut result = [0; 16];
    in_memory(&operands, &mut result, function);
    V128::from_le_bytes(result)
}

/// Every lane by itself.
#[inline(always)]
fn each<T: Lane<N>, R: Lane<N>, const N: usize>(a: V128, function: impl Fn(T) -> R) -> V128 {
    from_bytes_of::<N, _>([a], |[a]| R::join(T::split(a).map(&function)))
}

/// Every lane with the one in the same place of the other operand.
#[inline(always)]
fn both<T: Lane<N>, R: Lane<N>, const N: usize>(a: V128, b: V128, function: impl Fn(T, T) -> R) -> V128 {
    from_bytes_of::<N, _>([a, b], |[a, b]| {
        let (a, b) = (T::split(a), T::split(b));
        R::join(std::array::from_fn(|i| function(a[i], b[i])))
    })
}

/// The same of three operands.
#[inline(always)]
fn all_three<T: Lane<N>, const N: usize>(a: V128, b: V128, c: V128, function: impl Fn(T, T, T) -> T) -> V128 {
    from_bytes_of::<N, _>([a, b, c], |[a, b, c]| {
        let (a, b, c) = (T::split(a), T::split(b), T::split(c));
        T::join(std::array::from_fn(|i| function(a[i], b[i], c[i])))
    })
}

/// Lanes of twice the width out of neighbouring lanes: the function takes the lower of two first.
#[inline(always)]
fn pairwise<T: Lane<N>, R: Lane<HALF>, const N: usize, const HALF: usize>(
    a: V128,
    function: impl Fn(T, T) -> R,
) -> V128 {
    from_bytes_of::<N, _>([a], |[a]| {
        let a = T::split(a);
        R::join(std::array::from_fn(|i| function(a[2 * i], a[2 * i + 1])))
    })
}

/// `v128.not`. spec: exec/numerics#op-inot
#[inline]
pub(crate) fn v128_not(a: V128) -> V128 {
    V128(!a.0)
}

/// `v128.and`. spec: exec/numerics#op-iand
#[inline]
pub(crate) fn v128_and(a: V128, b: V128) -> V128 {
    V128(a.0 & b.0)
}

/// `v128.andnot`: the first operand without the bits of the second. spec: exec/numerics#op-iandnot
#[inline]
pub(crate) fn v128_andnot(a: V128, b: V128) -> V128 {
    V128(a.0 & !b.0)
}

/// `v128.or`. spec: exec/numerics#op-ior
#[inline]
pub(crate) fn v128_or(a: V128, b: V128) -> V128 {
    V128(a.0 | b.0)
}

/// `v128.xor`. spec: exec/numerics#op-ixor
#[inline]
pub(crate) fn v128_xor(a: V128, b: V128) -> V128 {
    V128(a.0 ^ b.0)
}

/// `v128.bitselect`: bits of `a` where the mask `c` has ones, of `b` where it has zeros.
/// spec: exec/numerics#op-ibitselect
#[inline]
pub(crate) fn v128_bitselect(a: V128, b: V128, c: V128) -> V128 {
    V128((a.0 & c.0) | (b.0 & !c.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(result: V128, expect: u128) {
        assert_eq!(result, V128(expect), "{:#034x} instead of {expect:#034x}", result.0);
    }

    #[test]
    fn lane_zero_is_the_lowest() {
        check(V128::from_lanes::<i8, 16>([-1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]), (3 << 120) | 0x02ff);
        check(V128::from_lanes([-2i16, 1, 0, 0, 0, 0, 0, 0]), 0x1_fffe);
        check(V128::from_lanes([1u32, 2, 3, 4]), 0x00000004_00000003_00000002_00000001);
        check(V128::from_lanes([1i64, -1]), 0xffff_ffff_ffff_ffff_0000_0000_0000_0001);
        check(V128::from_lanes([1f64, 0.0]), 0x3ff0_0000_0000_0000);
        check(
            V128::from_le_bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
            0x100f0e0d_0c0b0a09_08070605_04030201,
        );
        assert_eq!(V128(0x0004_0003_0002_0001).to_lanes::<u16, 8>(), [1, 2, 3, 4, 0, 0, 0, 0]);
        assert_eq!(V128(0xff).to_lanes::<i8, 16>()[0], -1);
        assert_eq!(V128(0x0403_0201).to_le_bytes()[..5], [1, 2, 3, 4, 0]);
    }

    #[test]
    fn signalling_nans_survive_taking_apart() {
        let signalling = V128(0x7fa00001_ff800001_7f800001_7fbfffff);
        check(V128::from_lanes(signalling.to_lanes::<f32, 4>()), signalling.0);
    }

    #[test]
    fn bits() {
        let (a, b) = (V128(0b1100), V128(0b1010));
        check(v128_not(a), !0b1100);
        check(v128_and(a, b), 0b1000);
        check(v128_andnot(a, b), 0b0100);
        check(v128_or(a, b), 0b1110);
        check(v128_xor(a, b), 0b0110);
        check(v128_bitselect(a, b, V128(0b0101)), 0b1110);
        check(v128_bitselect(a, b, V128(0)), b.0);
    }
}

//! What vector loads make of the bytes they find, and the bytes that lane stores take out.
//!
//! No address is computed here: callers read and write the bytes, with the bounds checks that belong to it. A whole
//! vector is [`V128::from_le_bytes`] and [`V128::to_le_bytes`]. spec: syntax/instructions#vector-memory-instructions

use super::{V128, convert, lane};

/// Loads of eight bytes whose lanes are extended: rows of the name, and the instruction that does it in a vector.
macro_rules! load_extend {
    ($($name:ident = $extend:expr;)*) => {$(
        /// Eight bytes, each lane extended to twice its width. spec: exec/instructions#exec-vload-pack
        #[inline]
        pub(crate) fn $name(bytes: [u8; 8]) -> V128 {
            $extend(v128_load64_zero(bytes))
        }
    )*};
}

load_extend! {
    v128_load8x8_s = convert::i16x8_extend_low_i8x16_s;
    v128_load8x8_u = convert::i16x8_extend_low_i8x16_u;
    v128_load16x4_s = convert::i32x4_extend_low_i16x8_s;
    v128_load16x4_u = convert::i32x4_extend_low_i16x8_u;
    v128_load32x2_s = convert::i64x2_extend_low_i32x4_s;
    v128_load32x2_u = convert::i64x2_extend_low_i32x4_u;
}

/// `v128.load8_splat`: one byte in every lane. spec: exec/instructions#exec-vload-splat
#[inline]
pub(crate) fn v128_load8_splat(bytes: [u8; 1]) -> V128 {
    lane::i8x16_splat(i32::from(u8::from_le_bytes(bytes)))
}

/// `v128.load16_splat`: two bytes in every lane. spec: exec/instructions#exec-vload-splat
#[inline]
pub(crate) fn v128_load16_splat(bytes: [u8; 2]) -> V128 {
    lane::i16x8_splat(i32::from(u16::from_le_bytes(bytes)))
}

/// `v128.load32_splat`: four bytes in every lane. spec: exec/instructions#exec-vload-splat
#[inline]
pub(crate) fn v128_load32_splat(bytes: [u8; 4]) -> V128 {
    lane::i32x4_splat(i32::from_le_bytes(bytes))
}

/// `v128.load64_splat`: eight bytes in both lanes. spec: exec/instructions#exec-vload-splat
#[inline]
pub(crate) fn v128_load64_splat(bytes: [u8; 8]) -> V128 {
    lane::i64x2_splat(i64::from_le_bytes(bytes))
}

/// `v128.load32_zero`: four bytes in the lowest lane, zero above. spec: exec/instructions#exec-vload-zero
#[inline]
pub(crate) fn v128_load32_zero(bytes: [u8; 4]) -> V128 {
    V128(u128::from(u32::from_le_bytes(bytes)))
}

/// `v128.load64_zero`: eight bytes in the lower lane, zero above. spec: exec/instructions#exec-vload-zero
#[inline]
pub(crate) fn v128_load64_zero(bytes: [u8; 8]) -> V128 {
    V128(u128::from(u64::from_le_bytes(bytes)))
}

/// `v128.load8_lane` and the like, by the lane's bytes: the vector with another value in one lane.
/// spec: exec/instructions#exec-vload-lane
#[inline]
pub(crate) fn v128_replace_bytes<const N: usize>(a: V128, lane: u8, bytes: [u8; N]) -> V128 {
    let mut all = a.to_le_bytes();
    let (lanes, _) = all.as_chunks_mut();
    lanes[usize::from(lane) & (lanes.len() - 1)] = bytes;
    V128::from_le_bytes(all)
}

/// `v128.store8_lane` and the like, by the lane's bytes: one lane. spec: exec/instructions#exec-vstore-lane
#[inline]
pub(crate) fn v128_extract_bytes<const N: usize>(a: V128, lane: u8) -> [u8; N] {
    let all = a.to_le_bytes();
    let (lanes, _) = all.as_chunks();
    lanes[usize::from(lane) & (lanes.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: [u8; 8] = [0x01, 0xff, 0x7f, 0x80, 0x05, 0x06, 0x07, 0x88];
    /// Bytes 0x10 to 0x1f.
    const COUNTED: V128 = V128(0x1f1e1d1c_1b1a1918_17161514_13121110);

    fn check(result: V128, expect: u128) {
        assert_eq!(result, V128(expect), "{:#034x} instead of {expect:#034x}", result.0);
    }

    #[test]
    fn lanes_are_extended() {
        check(v128_load8x8_s(BYTES), 0xff880007_00060005_ff80007f_ffff0001);
        check(v128_load8x8_u(BYTES), 0x00880007_00060005_0080007f_00ff0001);
        check(v128_load16x4_s(BYTES), 0xffff8807_00000605_ffff807f_ffffff01);
        check(v128_load16x4_u(BYTES), 0x00008807_00000605_0000807f_0000ff01);
        check(v128_load32x2_s(BYTES), 0xffffffff_88070605_ffffffff_807fff01);
        check(v128_load32x2_u(BYTES), 0x00000000_88070605_00000000_807fff01);
    }

    #[test]
    fn lanes_are_repeated_or_alone() {
        check(v128_load8_splat([0x88]), 0x88888888_88888888_88888888_88888888);
        check(v128_load16_splat([0x01, 0x82]), 0x82018201_82018201_82018201_82018201);
        check(v128_load32_splat([1, 2, 3, 0x84]), 0x84030201_84030201_84030201_84030201);
        check(v128_load64_splat(BYTES), 0x88070605_807fff01_88070605_807fff01);
        check(v128_load32_zero([1, 2, 3, 0x84]), 0x84030201);
        check(v128_load64_zero(BYTES), 0x88070605_807fff01);
    }

    #[test]
    fn single_lanes() {
        check(v128_replace_bytes(COUNTED, 15, [0xaa]), 0xaa1e1d1c_1b1a1918_17161514_13121110);
        check(v128_replace_bytes(COUNTED, 1, [0xaa, 0xbb]), 0x1f1e1d1c_1b1a1918_17161514_bbaa1110);
        check(v128_replace_bytes(COUNTED, 2, [1, 2, 3, 4]), 0x1f1e1d1c_04030201_17161514_13121110);
        check(v128_replace_bytes(COUNTED, 1, [0; 8]), 0x17161514_13121110);
        assert_eq!(v128_extract_bytes(COUNTED, 16 + 15), [0x1f]);
        assert_eq!(v128_extract_bytes(COUNTED, 7), [0x1e, 0x1f]);
        assert_eq!(v128_extract_bytes(COUNTED, 1), [0x14, 0x15, 0x16, 0x17]);
        assert_eq!(v128_extract_bytes(COUNTED, 1), [0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f]);
    }
}

//! Single lanes, and moving lanes about: splat, extract, replace, shuffle, swizzle.
//!
//! Lanes of 8 and 16 bits travel as `i32` outside of vectors; the bits above are cut off on the way in, and filled by
//! the sign or with zeros on the way out. Lane numbers count modulo the number of lanes, so that none is out of range;
//! validation has refused those that would be. Floats are moved as integers.
//! spec: exec/instructions#vector-instructions

use super::V128;

/// The lane of so many bits, without the lanes above it.
#[inline(always)]
fn extract<const BITS: u32>(a: V128, lane: u8) -> u128 {
    (a.0 >> place::<BITS>(lane)) & ones::<BITS>()
}

/// The vector with another value in the lane of so many bits; the value has no bits beyond.
#[inline(always)]
fn replace<const BITS: u32>(a: V128, lane: u8, value: u128) -> V128 {
    let place = place::<BITS>(lane);
    V128((a.0 & !(ones::<BITS>() << place)) | (value << place))
}

/// The lowest bit of the lane.
#[inline(always)]
fn place<const BITS: u32>(lane: u8) -> u32 {
    BITS * (u32::from(lane) & (u128::BITS / BITS - 1))
}

/// As many ones as a lane has bits.
#[inline(always)]
const fn ones<const BITS: u32>() -> u128 {
    (1 << BITS) - 1
}

/// Instructions with a scalar: rows of the name, the scalar's type, how it becomes a lane's bits, how it comes back.
macro_rules! splat_and_replace {
    ($($splat:ident, $replace:ident: $scalar:ty, $bits:literal, $to_bits:expr;)*) => {$(
        /// `splat`: the operand in every lane. spec: exec/instructions#exec-vsplat
        #[inline]
        pub(crate) fn $splat(a: $scalar) -> V128 {
            V128::from_lanes([$to_bits(a); 128 / $bits])
        }

        /// `replace_lane`: the vector with another value in one lane. spec: exec/instructions#exec-vreplace-lane
        #[inline]
        pub(crate) fn $replace(a: V128, lane: u8, value: $scalar) -> V128 {
            replace::<$bits>(a, lane, u128::from($to_bits(value)))
        }
    )*};
}

splat_and_replace! {
    i8x16_splat, i8x16_replace_lane: i32, 8, |x| x as u8;
    i16x8_splat, i16x8_replace_lane: i32, 16, |x| x as u16;
    i32x4_splat, i32x4_replace_lane: i32, 32, i32::cast_unsigned;
    i64x2_splat, i64x2_replace_lane: i64, 64, i64::cast_unsigned;
    f32x4_splat, f32x4_replace_lane: f32, 32, f32::to_bits;
    f64x2_splat, f64x2_replace_lane: f64, 64, f64::to_bits;
}

/// Instructions that take a lane out: rows of the name, the scalar's type, the lane's width, the scalar of its bits.
macro_rules! extract_lane {
    ($($name:ident: $scalar:ty, $bits:literal, $from_bits:expr;)*) => {$(
        /// `extract_lane`: one lane. spec: exec/instructions#exec-vextract-lane
        #[inline]
        pub(crate) fn $name(a: V128, lane: u8) -> $scalar {
            $from_bits(extract::<$bits>(a, lane))
        }
    )*};
}

extract_lane! {
    i8x16_extract_lane_s: i32, 8, |x| i32::from(x as i8);
    i8x16_extract_lane_u: i32, 8, |x| x as i32;
    i16x8_extract_lane_s: i32, 16, |x| i32::from(x as i16);
    i16x8_extract_lane_u: i32, 16, |x| x as i32;
    i32x4_extract_lane: i32, 32, |x| x as i32;
    i64x2_extract_lane: i64, 64, |x| x as i64;
    f32x4_extract_lane: f32, 32, |x| f32::from_bits(x as u32);
    f64x2_extract_lane: f64, 64, |x| f64::from_bits(x as u64);
}

/// `i8x16.shuffle`: bytes of both operands, the first one's numbered 0 to 15 and the second one's 16 to 31.
/// spec: exec/instructions#exec-vshuffle
#[inline]
pub(crate) fn i8x16_shuffle(a: V128, b: V128, lanes: [u8; 16]) -> V128 {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&a.to_le_bytes());
    bytes[16..].copy_from_slice(&b.to_le_bytes());
    V128::from_le_bytes(lanes.map(|lane| bytes[usize::from(lane & 31)]))
}

/// `i8x16.swizzle`: bytes of `a` by the numbers in `b`; zero for numbers above 15. spec: exec/numerics#op-ivswizzle
#[inline]
pub(crate) fn i8x16_swizzle(a: V128, b: V128) -> V128 {
    let bytes = a.to_le_bytes();
    V128::from_le_bytes(b.to_le_bytes().map(|number| if number < 16 { bytes[usize::from(number & 15)] } else { 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes 0x10 to 0x1f.
    const COUNTED: V128 = V128(0x1f1e1d1c_1b1a1918_17161514_13121110);

    fn check(result: V128, expect: u128) {
        assert_eq!(result, V128(expect), "{:#034x} instead of {expect:#034x}", result.0);
    }

    #[test]
    fn splats_cut_off_what_has_no_room() {
        check(i8x16_splat(0x1234_56fe), 0xfefefefe_fefefefe_fefefefe_fefefefe);
        check(i16x8_splat(-2), 0xfffefffe_fffefffe_fffefffe_fffefffe);
        check(i32x4_splat(-2), 0xfffffffe_fffffffe_fffffffe_fffffffe);
        check(i64x2_splat(1), (1 << 64) | 1);
        check(f32x4_splat(1.0), 0x3f800000_3f800000_3f800000_3f800000);
        check(f64x2_splat(-0.0), (1 << 127) | (1 << 63));
    }

    #[test]
    fn lanes_are_extended_on_the_way_out() {
        let a = V128(0x8000_0000_0000_0000_0000_0000_ff80_7f01);
        assert_eq!((i8x16_extract_lane_s(a, 3), i8x16_extract_lane_u(a, 3)), (-1, 255));
        assert_eq!((i16x8_extract_lane_s(a, 1), i16x8_extract_lane_u(a, 1)), (-128, 0xff80));
        assert_eq!((i32x4_extract_lane(a, 0), i64x2_extract_lane(a, 1)), (0xff80_7f01_u32 as i32, i64::MIN));
        assert_eq!(f64x2_extract_lane(a, 1).to_bits(), 1 << 63);
        assert_eq!(i8x16_extract_lane_s(a, 16 + 3), -1);
    }

    #[test]
    fn replaced_lanes_leave_the_others() {
        check(i8x16_replace_lane(COUNTED, 15, 0x7ff), 0xff1e1d1c_1b1a1918_17161514_13121110);
        check(i16x8_replace_lane(COUNTED, 0, -1), 0x1f1e1d1c_1b1a1918_17161514_1312ffff);
        check(i32x4_replace_lane(COUNTED, 2, 5), 0x1f1e1d1c_00000005_17161514_13121110);
        check(i64x2_replace_lane(COUNTED, 1, -1), 0xffffffff_ffffffff_17161514_13121110);
        check(f64x2_replace_lane(COUNTED, 2, 1.0), 0x1f1e1d1c_1b1a1918_3ff00000_00000000);
    }

    #[test]
    fn signalling_nans_are_moved_unchanged() {
        let signalling = f32::from_bits(0xff80_0001);
        check(f32x4_replace_lane(V128(0), 1, signalling), 0xff800001_00000000);
        check(f32x4_splat(signalling), 0xff800001_ff800001_ff800001_ff800001);
        assert_eq!(f32x4_extract_lane(V128(0xff800001 << 96), 3).to_bits(), 0xff80_0001);
    }

    #[test]
    fn bytes_by_number() {
        let numbers = [31, 0, 16, 15, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1];
        check(i8x16_shuffle(COUNTED, V128(0x55 << 120), numbers), 0x11111111_11111111_11111111_1f001055);
        let numbers = V128::from_le_bytes([15, 16, 127, 128, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        check(i8x16_swizzle(COUNTED, numbers), 0x11101010_10101010_10101000_0000001f);
    }
}

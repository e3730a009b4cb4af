//! Values as scripts write them: arguments to pass, and patterns that results have to match.

use wast::core::{AbstractHeapType, HeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};
use wazero::{ExternRef, Val};

/// The value to pass for an argument.
pub(crate) fn argument(arg: &WastArg<'_>) -> Result<Val, String> {
    let WastArg::Core(arg) = arg else { return Err(format!("argument {arg:?} is of no core type")) };
    Ok(match arg {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(value.bits),
        WastArgCore::F64(value) => Val::F64(value.bits),
        WastArgCore::V128(value) => Val::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Func, .. }) => Val::FuncRef(None),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Extern, .. }) => Val::ExternRef(None),
        WastArgCore::RefExtern(number) => Val::ExternRef(Some(ExternRef::new(*number))),
        other => return Err(format!("argument {other:?} is of a type that is not supported")),
    })
}

/// Whether results are what a script expects: as many, each matching its pattern.
pub(crate) fn all_match(expected: &[WastRet<'_>], actual: &[Val]) -> bool {
    expected.len() == actual.len()
        && expected.iter().zip(actual).all(|(expected, actual)| match expected {
            WastRet::Core(expected) => matches(expected, actual),
            _ => false,
        })
}

fn matches(expected: &WastRetCore<'_>, actual: &Val) -> bool {
    match (expected, actual) {
        (WastRetCore::I32(expected), Val::I32(actual)) => expected == actual,
        (WastRetCore::I64(expected), Val::I64(actual)) => expected == actual,
        (WastRetCore::F32(expected), Val::F32(bits)) => f32_matches(expected, *bits),
        (WastRetCore::F64(expected), Val::F64(bits)) => f64_matches(expected, *bits),
        (WastRetCore::V128(expected), Val::V128(value)) => v128_matches(expected, *value),
        (WastRetCore::RefNull(ty), actual) => null_matches(ty.as_ref(), actual),
        (WastRetCore::RefFunc(_), Val::FuncRef(func)) => func.is_some(),
        (WastRetCore::RefExtern(None), Val::ExternRef(value)) => value.is_some(),
        (WastRetCore::RefExtern(Some(number)), Val::ExternRef(Some(value))) => {
            value.downcast_ref::<u32>() == Some(number)
        }
        (WastRetCore::Either(patterns), actual) => patterns.iter().any(|pattern| matches(pattern, actual)),
        _ => false,
    }
}

fn null_matches(ty: Option<&HeapType<'_>>, actual: &Val) -> bool {
    matches!(
        (ty, actual),
        (None | Some(HeapType::Abstract { ty: AbstractHeapType::Func, .. }), Val::FuncRef(None))
            | (None | Some(HeapType::Abstract { ty: AbstractHeapType::Extern, .. }), Val::ExternRef(None))
    )
}

/// A canonical NaN has only the topmost bit of its payload set, an arithmetic one at least that; signs do not matter.
/// spec: syntax/values#floating-point
fn f32_matches(expected: &NanPattern<F32>, bits: u32) -> bool {
    const CANONICAL: u32 = 0x7fc0_0000;
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff == CANONICAL,
        NanPattern::ArithmeticNan => bits & CANONICAL == CANONICAL,
        NanPattern::Value(expected) => bits == expected.bits,
    }
}

fn f64_matches(expected: &NanPattern<F64>, bits: u64) -> bool {
    const CANONICAL: u64 = 0x7ff8_0000_0000_0000;
    match expected {
        NanPattern::CanonicalNan => bits & 0x7fff_ffff_ffff_ffff == CANONICAL,
        NanPattern::ArithmeticNan => bits & CANONICAL == CANONICAL,
        NanPattern::Value(expected) => bits == expected.bits,
    }
}

fn v128_matches(expected: &V128Pattern, value: u128) -> bool {
    match expected {
        V128Pattern::I8x16(lanes) => lanes_match(lanes, value, |lane, bits| *lane == bits as i8),
        V128Pattern::I16x8(lanes) => lanes_match(lanes, value, |lane, bits| *lane == bits as i16),
        V128Pattern::I32x4(lanes) => lanes_match(lanes, value, |lane, bits| *lane == bits as i32),
        V128Pattern::I64x2(lanes) => lanes_match(lanes, value, |lane, bits| *lane == bits as i64),
        V128Pattern::F32x4(lanes) => lanes_match(lanes, value, |lane, bits| f32_matches(lane, bits as u32)),
        V128Pattern::F64x2(lanes) => lanes_match(lanes, value, |lane, bits| f64_matches(lane, bits as u64)),
    }
}

/// Compares lane by lane. Lane 0 is in the lowest bits; a lane arrives with those of the lanes above it, which the
/// comparison has to cut off.
fn lanes_match<L>(lanes: &[L], value: u128, matches: impl Fn(&L, u128) -> bool) -> bool {
    let lane_bits = 128 / lanes.len();
    lanes.iter().enumerate().all(|(position, lane)| matches(lane, value >> (position * lane_bits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_patterns() {
        for (bits, canonical, arithmetic) in [
            (0x7fc0_0000, true, true),
            (0xffc0_0000, true, true),
            (0x7fc0_0001, false, true),
            (0x7fa0_0000, false, false),
            (0x7f80_0000, false, false),
        ] {
            assert_eq!(f32_matches(&NanPattern::CanonicalNan, bits), canonical, "{bits:#x}");
            assert_eq!(f32_matches(&NanPattern::ArithmeticNan, bits), arithmetic, "{bits:#x}");
        }
    }

    #[test]
    fn lanes_count_from_the_lowest_bits() {
        let value = u128::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert!(v128_matches(&V128Pattern::I8x16([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, -1]), value));
        assert!(v128_matches(&V128Pattern::I64x2([0x0706_0504_0302_0100, 0xff0e_0d0c_0b0a_0908u64 as i64]), value));
        assert!(!v128_matches(&V128Pattern::I32x4([0x0302_0100, 0x0706_0504, 0x0b0a_0908, 0]), value));
    }
}

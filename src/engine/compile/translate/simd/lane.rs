//! Single lanes, and moving lanes about: splat, extract, replace, shuffle, swizzle.
//!
//! Lanes of 8 and 16 bits travel as `i32` outside of vectors; the bits above are cut off on the way in and filled by an
//! explicit extension on the way out. spec: exec/instructions#vector-instructions

use super::{CANONICAL, emit_unary, pop_as, pop2_as, push_unary};
use crate::engine::compile::translate::{FuncTranslator, TranslateResult};
use cranelift_codegen::ir::types::I32;
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};

/// A scalar operand as a lane: `i32` loses the bits that a narrow lane has no room for.
fn to_lane(t: &mut FuncTranslator<'_>, scalar: Value, lanes: Type) -> Value {
    let lane = lanes.lane_type();
    if lane.bits() < I32.bits() { emit_unary(t, Opcode::Ireduce, lane, scalar) } else { scalar }
}

/// `splat`: the operand in every lane.
pub(super) fn splat(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    let scalar = t.pop();
    let lane = to_lane(t, scalar, lanes);
    push_unary(t, Opcode::Splat, lanes, lane);
    Ok(())
}

/// `extract_lane` of lanes that are a type of their own outside of vectors too.
pub(super) fn extract(t: &mut FuncTranslator<'_>, lanes: Type, lane: u8) -> TranslateResult {
    let x = pop_as(t, lanes);
    let scalar = t.builder.ins().extractlane(x, lane);
    t.push(scalar);
    Ok(())
}

/// `extract_lane_s`, `extract_lane_u`: a narrow lane, extended to `i32` by `extension`.
pub(super) fn extract_extended(
    t: &mut FuncTranslator<'_>,
    lanes: Type,
    lane: u8,
    extension: Opcode,
) -> TranslateResult {
    let x = pop_as(t, lanes);
    let scalar = t.builder.ins().extractlane(x, lane);
    push_unary(t, extension, I32, scalar);
    Ok(())
}

/// `replace_lane`
pub(super) fn replace(t: &mut FuncTranslator<'_>, lanes: Type, lane: u8) -> TranslateResult {
    let scalar = t.pop();
    let scalar = to_lane(t, scalar, lanes);
    let x = pop_as(t, lanes);
    let result = t.builder.ins().insertlane(x, scalar, lane);
    t.push(result);
    Ok(())
}

/// `i8x16.shuffle`: bytes of both operands, the first one's numbered 0 to 15 and the second one's 16 to 31.
pub(super) fn shuffle(t: &mut FuncTranslator<'_>, bytes: &[u8; 16]) -> TranslateResult {
    let (x, y) = pop2_as(t, CANONICAL);
    let bytes = t.builder.func.dfg.immediates.push(bytes.as_slice().into());
    let result = t.builder.ins().shuffle(x, y, bytes);
    t.push(result);
    Ok(())
}

/// `i8x16.swizzle`: bytes of the first operand by the numbers in the second; zero for numbers above 15.
pub(super) fn swizzle(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let (x, numbers) = pop2_as(t, CANONICAL);
    let result = t.builder.ins().swizzle(x, numbers);
    t.push(result);
    Ok(())
}

//! Conversions between lane types: extend, narrow, truncate, convert, demote, promote.
//!
//! CLIF has no narrowing of 64-bit lanes in general; it has exactly the pairs of instructions that
//! [`trunc_zero`] makes, with a constant zero for the upper lanes, and back ends match them as one.
//! spec: exec/instructions#vector-instructions

use super::{emit_binary, emit_unary, pop_as, pop2_as, push_unary, zero};
use crate::engine::compile::translate::{FuncTranslator, TranslateResult};
use cranelift_codegen::ir::types::{F32X4, F64X2, I32X4, I64X2};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type};

/// `extend_low`, `extend_high`: half of the lanes, twice as wide. `lanes` is the operand's type.
pub(super) fn extend(t: &mut FuncTranslator<'_>, lanes: Type, widening: Opcode) -> TranslateResult {
    let x = pop_as(t, lanes);
    push_unary(t, widening, lanes, x);
    Ok(())
}

/// `narrow`: the lanes of both operands, signed, saturated to half their width. `lanes` is the operands' type.
pub(super) fn narrow(t: &mut FuncTranslator<'_>, lanes: Type, narrowing: Opcode) -> TranslateResult {
    let (x, y) = pop2_as(t, lanes);
    let result = emit_binary(t, narrowing, lanes, x, y);
    t.push(result);
    Ok(())
}

/// `i32x4.trunc_sat_f32x4`: NaN becomes zero, what does not fit the nearest that does.
pub(super) fn trunc_sat(t: &mut FuncTranslator<'_>, conversion: Opcode) -> TranslateResult {
    let x = pop_as(t, F32X4);
    push_unary(t, conversion, I32X4, x);
    Ok(())
}

/// `i32x4.trunc_sat_f64x2_zero`: the same of two lanes; the upper two of the result are zero.
///
/// Saturating in two steps, to 64 bits and from there to 32, gives what saturating at once does.
pub(super) fn trunc_zero(t: &mut FuncTranslator<'_>, conversion: Opcode, narrowing: Opcode) -> TranslateResult {
    let x = pop_as(t, F64X2);
    let wide = emit_unary(t, conversion, I64X2, x);
    let zero = zero(t, I64X2);
    let result = emit_binary(t, narrowing, I64X2, wide, zero);
    t.push(result);
    Ok(())
}

/// `f32x4.convert_i32x4`
pub(super) fn convert(t: &mut FuncTranslator<'_>, conversion: Opcode) -> TranslateResult {
    let x = pop_as(t, I32X4);
    push_unary(t, conversion, F32X4, x);
    Ok(())
}

/// `f64x2.convert_low_i32x4`: the lower two lanes, which `f64` holds exactly.
pub(super) fn convert_low(t: &mut FuncTranslator<'_>, widening: Opcode, conversion: Opcode) -> TranslateResult {
    let x = pop_as(t, I32X4);
    let wide = emit_unary(t, widening, I32X4, x);
    push_unary(t, conversion, F64X2, wide);
    Ok(())
}

/// `f32x4.demote_f64x2_zero`: both lanes rounded to `f32`; the upper two of the result are zero.
pub(super) fn demote_zero(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let x = pop_as(t, F64X2);
    let result = t.builder.ins().fvdemote(x);
    t.push(result);
    Ok(())
}

/// `f64x2.promote_low_f32x4`: the lower two lanes, exactly.
pub(super) fn promote_low(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let x = pop_as(t, F32X4);
    let result = t.builder.ins().fvpromote_low(x);
    t.push(result);
    Ok(())
}

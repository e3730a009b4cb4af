//! Arithmetic, comparisons and shifts, lane by lane.
//!
//! Most instructions are one CLIF instruction, named by its opcode in the dispatch table. Those of several instructions
//! are spelled in the form that Cranelift's back ends recognise and emit as one machine instruction.
//! spec: exec/instructions#vector-instructions

use super::{emit_binary, emit_unary, pop_as, pop2_as, push_unary, view};
use crate::engine::compile::translate::{FuncTranslator, TranslateResult};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{I16X8, I32};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};

/// One operand, result of the same type.
pub(super) fn unary(t: &mut FuncTranslator<'_>, lanes: Type, opcode: Opcode) -> TranslateResult {
    let x = pop_as(t, lanes);
    push_unary(t, opcode, lanes, x);
    Ok(())
}

/// Two operands, result of the same type.
pub(super) fn binary(t: &mut FuncTranslator<'_>, lanes: Type, opcode: Opcode) -> TranslateResult {
    let (x, y) = pop2_as(t, lanes);
    let result = emit_binary(t, opcode, lanes, x, y);
    t.push(result);
    Ok(())
}

/// `shl`, `shr_s`, `shr_u`: every lane by the same number of bits, modulo the lane's width. CLIF takes that modulo too.
pub(super) fn shift(t: &mut FuncTranslator<'_>, lanes: Type, opcode: Opcode) -> TranslateResult {
    let bits = t.pop();
    let x = pop_as(t, lanes);
    let result = emit_binary(t, opcode, lanes, x, bits);
    t.push(result);
    Ok(())
}

/// Integer comparison: all ones in the lanes for which it holds, else all zeros.
pub(super) fn int_compare(t: &mut FuncTranslator<'_>, lanes: Type, condition: IntCC) -> TranslateResult {
    let (x, y) = pop2_as(t, lanes);
    let result = t.builder.ins().icmp(condition, x, y);
    t.push(result);
    Ok(())
}

/// Float comparison: all ones in the lanes for which it holds, else all zeros. The result is in the integer view.
pub(super) fn float_compare(t: &mut FuncTranslator<'_>, lanes: Type, condition: FloatCC) -> TranslateResult {
    let (x, y) = pop2_as(t, lanes);
    let result = t.builder.ins().fcmp(condition, x, y);
    t.push(result);
    Ok(())
}

/// `all_true`: 1 if no lane is zero.
pub(super) fn all_true(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    let x = pop_as(t, lanes);
    let all = t.builder.ins().vall_true(x);
    push_unary(t, Opcode::Uextend, I32, all);
    Ok(())
}

/// `bitmask`: the sign bit of every lane, the first lane's lowest.
pub(super) fn bitmask(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    let x = pop_as(t, lanes);
    push_unary(t, Opcode::VhighBits, I32, x);
    Ok(())
}

/// `pmin`: the second operand where it is less than the first, else the first. spec: exec/numerics#op-fpmin
pub(super) fn pseudo_min(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    let (x, y) = pop2_as(t, lanes);
    let less = t.builder.ins().fcmp(FloatCC::LessThan, y, x);
    push_second_where(t, lanes, less, x, y)
}

/// `pmax`: the second operand where the first is less, else the first. spec: exec/numerics#op-fpmax
pub(super) fn pseudo_max(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    let (x, y) = pop2_as(t, lanes);
    let less = t.builder.ins().fcmp(FloatCC::LessThan, x, y);
    push_second_where(t, lanes, less, x, y)
}

/// Leaves `y` where the comparison holds, else `x`.
fn push_second_where(
    t: &mut FuncTranslator<'_>,
    lanes: Type,
    comparison: Value,
    x: Value,
    y: Value,
) -> TranslateResult {
    let mask = view(t, comparison, lanes);
    let result = t.builder.ins().bitselect(mask, y, x);
    t.push(result);
    Ok(())
}

/// `extmul`: the product in lanes twice as wide, of the half that `widening` takes.
pub(super) fn extmul(t: &mut FuncTranslator<'_>, lanes: Type, widening: Opcode) -> TranslateResult {
    let (x, y) = pop2_as(t, lanes);
    let result = widened_product(t, lanes, (widening, x), (widening, y));
    t.push(result);
    Ok(())
}

/// The product of two operands, each widened in its own way.
pub(super) fn widened_product(
    t: &mut FuncTranslator<'_>,
    lanes: Type,
    (x_widening, x): (Opcode, Value),
    (y_widening, y): (Opcode, Value),
) -> Value {
    let x = emit_unary(t, x_widening, lanes, x);
    let y = emit_unary(t, y_widening, lanes, y);
    t.builder.ins().imul(x, y)
}

/// `extadd_pairwise`: sums of neighbouring lanes, in lanes twice as wide.
pub(super) fn extadd_pairwise(t: &mut FuncTranslator<'_>, lanes: Type, low: Opcode, high: Opcode) -> TranslateResult {
    let x = pop_as(t, lanes);
    let result = widened_pair_sums(t, lanes, (low, high), x);
    t.push(result);
    Ok(())
}

/// Sums of neighbouring lanes, both halves widened first.
pub(super) fn widened_pair_sums(
    t: &mut FuncTranslator<'_>,
    lanes: Type,
    (low, high): (Opcode, Opcode),
    x: Value,
) -> Value {
    let low = emit_unary(t, low, lanes, x);
    let high = emit_unary(t, high, lanes, x);
    t.builder.ins().iadd_pairwise(low, high)
}

/// `i32x4.dot_i16x8_s`: sums of neighbouring products. Only -32768 four times over does not fit, and wraps.
pub(super) fn dot(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let (x, y) = pop2_as(t, I16X8);
    let low = widened_product(t, I16X8, (Opcode::SwidenLow, x), (Opcode::SwidenLow, y));
    let high = widened_product(t, I16X8, (Opcode::SwidenHigh, x), (Opcode::SwidenHigh, y));
    let result = t.builder.ins().iadd_pairwise(low, high);
    t.push(result);
    Ok(())
}

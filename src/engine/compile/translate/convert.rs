//! Conversions between number types. spec: exec/numerics#conversions
//!
//! CLIF's `fcvt_to_sint` and `fcvt_to_uint` check their operand themselves: NaN traps as a bad conversion, a value out
//! of range as an integer overflow, as the specification's suite tells the two apart.

use super::{FuncTranslator, TranslateResult};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, Opcode};

/// One operand, a result of the type given.
pub(super) fn convert(t: &mut FuncTranslator<'_>, opcode: Opcode, to: ir::Type) -> TranslateResult {
    let operand = t.pop();
    let (inst, dfg) = t.builder.ins().Unary(opcode, to, operand);
    let value = dfg.first_result(inst);
    t.push(value);
    Ok(())
}

/// `extend8_s`, `extend16_s`, `extend32_s`: the low bits of the operand, sign-extended to its own type.
pub(super) fn extend_low(t: &mut FuncTranslator<'_>, low: ir::Type) -> TranslateResult {
    let operand = t.pop();
    let ty = t.builder.func.dfg.value_type(operand);
    let narrow = t.builder.ins().ireduce(low, operand);
    let value = t.builder.ins().sextend(ty, narrow);
    t.push(value);
    Ok(())
}

/// The same bits as another type.
pub(super) fn reinterpret(t: &mut FuncTranslator<'_>, to: ir::Type) -> TranslateResult {
    let operand = t.pop();
    let value = t.builder.ins().bitcast(to, MemFlagsData::new(), operand);
    t.push(value);
    Ok(())
}

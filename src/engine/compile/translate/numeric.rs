//! Constants, arithmetic and comparison of numbers. spec: exec/numerics
//!
//! CLIF's instructions mean what wasm's do, so that a family here is a shape of operands and the table in `dispatch`
//! names the instruction:
//!
//! * shifts and rotations take the amount modulo the width;
//! * `sdiv` traps on zero and on overflow, `srem` on zero only and gives 0 for the least integer by -1;
//! * `fmin` and `fmax` propagate NaN and order the zeros, `nearest` rounds ties to even;
//! * an operation that makes a NaN makes a quiet one, and `fabs`, `fneg` and `fcopysign` touch nothing but the sign.

use super::{FuncTranslator, TranslateResult};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, Opcode, immediates, types};

/// `i32.const`
pub(super) fn i32_const(t: &mut FuncTranslator<'_>, value: i32) -> TranslateResult {
    // CLIF keeps the bits of narrow constants zero-extended.
    let value = t.builder.ins().iconst(types::I32, i64::from(value.cast_unsigned()));
    t.push(value);
    Ok(())
}

/// `i64.const`
pub(super) fn i64_const(t: &mut FuncTranslator<'_>, value: i64) -> TranslateResult {
    let value = t.builder.ins().iconst(types::I64, value);
    t.push(value);
    Ok(())
}

/// `f32.const`
pub(super) fn f32_const(t: &mut FuncTranslator<'_>, value: wasmparser::Ieee32) -> TranslateResult {
    let value = t.builder.ins().f32const(immediates::Ieee32::with_bits(value.bits()));
    t.push(value);
    Ok(())
}

/// `f64.const`
pub(super) fn f64_const(t: &mut FuncTranslator<'_>, value: wasmparser::Ieee64) -> TranslateResult {
    let value = t.builder.ins().f64const(immediates::Ieee64::with_bits(value.bits()));
    t.push(value);
    Ok(())
}

/// One operand, a result of its type.
pub(super) fn unary(t: &mut FuncTranslator<'_>, opcode: Opcode) -> TranslateResult {
    let operand = t.pop();
    let ty = t.builder.func.dfg.value_type(operand);
    let (inst, dfg) = t.builder.ins().Unary(opcode, ty, operand);
    let value = dfg.first_result(inst);
    t.push(value);
    Ok(())
}

/// Two operands, a result of the first one's type.
pub(super) fn binary(t: &mut FuncTranslator<'_>, opcode: Opcode) -> TranslateResult {
    let (first, second) = t.pop2();
    let ty = t.builder.func.dfg.value_type(first);
    let (inst, dfg) = t.builder.ins().Binary(opcode, ty, first, second);
    let value = dfg.first_result(inst);
    t.push(value);
    Ok(())
}

/// `i32.eqz`, `i64.eqz`
pub(super) fn eqz(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let operand = t.pop();
    let flag = t.builder.ins().icmp_imm_u(IntCC::Equal, operand, 0);
    let value = t.builder.ins().uextend(types::I32, flag);
    t.push(value);
    Ok(())
}

/// Comparison of two integers.
pub(super) fn compare(t: &mut FuncTranslator<'_>, condition: IntCC) -> TranslateResult {
    let (first, second) = t.pop2();
    let flag = t.builder.ins().icmp(condition, first, second);
    let value = t.builder.ins().uextend(types::I32, flag);
    t.push(value);
    Ok(())
}

/// Comparison of two floats; false where one is NaN, but true for `NotEqual`.
pub(super) fn compare_floats(t: &mut FuncTranslator<'_>, condition: FloatCC) -> TranslateResult {
    let (first, second) = t.pop2();
    let flag = t.builder.ins().fcmp(condition, first, second);
    let value = t.builder.ins().uextend(types::I32, flag);
    t.push(value);
    Ok(())
}

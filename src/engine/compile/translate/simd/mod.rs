//! `v128` instructions, and how a 128-bit value is typed. spec: syntax/instructions#vector-instructions
//!
//! A `v128` is 128 bits without a lane type; every instruction reads its own lanes into it. CLIF types vectors by their
//! lanes, so each instruction here takes its operands in the *lane view* it needs ([`pop_as`]) and leaves its result in
//! whatever view it made. Going from one view to another is a bitcast, which says little-endian because that is how
//! Wasm numbers lanes; on little-endian machines it costs nothing.
//!
//! ```text
//!  f32x4.add        f32x4.lt          i32x4.add          call
//!     F32X4 ---as F32X4--> I32X4 ---as I32X4--> I32X4 ---canonical---> I8X16
//! ```
//!
//! Where a value meets something that has one type only (a block parameter, a local, a call, a global), it goes there
//! in the one view [`canonical`], `i8x16`. Memory has no types: vectors are stored as they are and loaded in the view
//! at hand.
//!
//! Nothing here may become a call: code that needs the C library could not stand in an artifact. The instructions that
//! Cranelift would make calls of on an old CPU (rounding, shuffles, fused multiplication) are either inline from SSE
//! 4.1 on, which the target demands, or asked for only where the CPU has them.

mod arith;
mod convert;
mod dispatch;
mod lane;
mod memory;
mod relaxed;
#[cfg(all(test, has_compiler))]
mod tests;

pub(super) use dispatch::translate;

use super::{FuncTranslator, TranslateResult};
use cranelift_codegen::ir::types::{I8X16, I32};
use cranelift_codegen::ir::{ConstantData, Endianness, InstBuilder, MemFlagsData, Opcode, Type, Value};
use wasmparser::V128;

/// The lane view in which a `v128` crosses borders.
const CANONICAL: Type = I8X16;

/// A value as it crosses the border of a block, local, call or global; other types than `v128` are left alone.
pub(super) fn canonical(t: &mut FuncTranslator<'_>, value: Value) -> Value {
    if t.builder.func.dfg.value_type(value).is_vector() { view(t, value, CANONICAL) } else { value }
}

/// The same 128 bits with other lanes.
fn view(t: &mut FuncTranslator<'_>, value: Value, lanes: Type) -> Value {
    if t.builder.func.dfg.value_type(value) == lanes {
        return value;
    }
    let flags = MemFlagsData::new().with_endianness(Endianness::Little);
    t.builder.ins().bitcast(lanes, flags, value)
}

/// Takes the topmost operand in a lane view.
fn pop_as(t: &mut FuncTranslator<'_>, lanes: Type) -> Value {
    let value = t.pop();
    view(t, value, lanes)
}

/// Takes two operands in one lane view, the deeper one first.
fn pop2_as(t: &mut FuncTranslator<'_>, lanes: Type) -> (Value, Value) {
    let second = pop_as(t, lanes);
    (pop_as(t, lanes), second)
}

/// Takes three operands in one lane view, the deepest one first.
fn pop3_as(t: &mut FuncTranslator<'_>, lanes: Type) -> (Value, Value, Value) {
    let third = pop_as(t, lanes);
    let (first, second) = pop2_as(t, lanes);
    (first, second, third)
}

/// Leaves the result of a CLIF instruction with one operand; `typing` is its controlling type.
fn push_unary(t: &mut FuncTranslator<'_>, opcode: Opcode, typing: Type, x: Value) {
    let result = emit_unary(t, opcode, typing, x);
    t.push(result);
}

/// A CLIF instruction with one operand; `typing` is its controlling type.
fn emit_unary(t: &mut FuncTranslator<'_>, opcode: Opcode, typing: Type, x: Value) -> Value {
    let (inst, graph) = t.builder.ins().Unary(opcode, typing, x);
    graph.first_result(inst)
}

/// A CLIF instruction with two operands; `typing` is its controlling type.
fn emit_binary(t: &mut FuncTranslator<'_>, opcode: Opcode, typing: Type, x: Value, y: Value) -> Value {
    let (inst, graph) = t.builder.ins().Binary(opcode, typing, x, y);
    graph.first_result(inst)
}

/// All bits zero.
fn zero(t: &mut FuncTranslator<'_>, lanes: Type) -> Value {
    let constant = t.builder.func.dfg.constants.insert(ConstantData::from([0; 16].as_slice()));
    t.builder.ins().vconst(lanes, constant)
}

/// `v128.const`
fn constant(t: &mut FuncTranslator<'_>, value: V128) -> TranslateResult {
    let constant = t.builder.func.dfg.constants.insert(ConstantData::from(value.bytes().as_slice()));
    let result = t.builder.ins().vconst(CANONICAL, constant);
    t.push(result);
    Ok(())
}

/// `v128.not`
fn not(t: &mut FuncTranslator<'_>) -> TranslateResult {
    arith::unary(t, CANONICAL, Opcode::Bnot)
}

/// `v128.and`, `v128.or`, `v128.xor`
fn bitwise(t: &mut FuncTranslator<'_>, opcode: Opcode) -> TranslateResult {
    arith::binary(t, CANONICAL, opcode)
}

/// `v128.andnot`: the first operand without the bits of the second.
fn andnot(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let (x, y) = pop2_as(t, CANONICAL);
    let result = t.builder.ins().band_not(x, y);
    t.push(result);
    Ok(())
}

/// `v128.bitselect`: bits of the first operand where the mask has ones, of the second where it has zeros.
///
/// The mask decides the lane view: a comparison that arrives without a bitcast is known to be all ones or all zeros in
/// each lane, and selecting by it is one blend.
fn bitselect(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let mask = t.pop();
    let lanes = t.builder.func.dfg.value_type(mask);
    let (ones, zeros) = pop2_as(t, lanes);
    let result = t.builder.ins().bitselect(mask, ones, zeros);
    t.push(result);
    Ok(())
}

/// `v128.any_true`
fn any_true(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let x = pop_as(t, CANONICAL);
    let any = t.builder.ins().vany_true(x);
    push_unary(t, Opcode::Uextend, I32, any);
    Ok(())
}

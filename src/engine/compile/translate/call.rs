//! Calls. spec: exec/instructions#control-instructions
//!
//! A call of an own function is a direct jump with the same context. Everything else is a pair of code and context:
//! imported functions have theirs in the caller's context, functions in tables in their element. `call_indirect`
//! compares canonical type ids, which every element keeps; an empty element has an id that equals none, so that one
//! comparison covers null as well and only the cold path asks which of the two it was.

use super::table::{self, ELEMENT_CODE, ELEMENT_CONTEXT, ELEMENT_TYPE_ID};
use super::{FuncTranslator, TranslateResult, control, inline, restart, stack};
use crate::engine::abi::{TrapCode, VMContext, VMImportedFunc};
use crate::engine::compile::CompileError;
use crate::engine::compile::signature::POINTER;
use crate::engine::compile::trap;
use crate::engine::types::{DefinedFuncIdx, FuncIdx, TableIdx, TypeId, TypeIdx};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use std::mem::offset_of;

/// What a call jumps to.
enum Callee {
    /// A function of the module.
    Own(ir::FuncRef),
    /// Code found at run time.
    Found {
        /// Its type, in the module.
        signature: ir::SigRef,
        /// Its address.
        code: ir::Value,
    },
}

/// `call`
pub(super) fn direct(t: &mut FuncTranslator<'_>, func: u32) -> TranslateResult {
    if inline::call(t, FuncIdx(func))? {
        return Ok(());
    }
    let ty = t.module.functions[FuncIdx(func).index()];
    let args = pop_args(t, ty);
    let (callee, context) = function(t, FuncIdx(func));
    emit_call(t, callee, context, args);
    Ok(())
}

/// `call_indirect`
pub(super) fn indirect(t: &mut FuncTranslator<'_>, ty: u32, table: u32) -> TranslateResult {
    let index = t.pop();
    let args = pop_args(t, TypeIdx(ty));
    let (callee, context) = element(t, TypeIdx(ty), TableIdx(table), index)?;
    emit_call(t, callee, context, args);
    Ok(())
}

/// `return_call`
pub(super) fn return_direct(t: &mut FuncTranslator<'_>, func: u32) -> TranslateResult {
    let ty = t.module.functions[FuncIdx(func).index()];
    let args = pop_args(t, ty);
    if let Some(block) = t.start_of(FuncIdx(func)) {
        return restart::again(t, block, &args[1..]);
    }
    let (callee, context) = function(t, FuncIdx(func));
    emit_return_call(t, callee, context, args)
}

/// `return_call_indirect`
pub(super) fn return_indirect(t: &mut FuncTranslator<'_>, ty: u32, table: u32) -> TranslateResult {
    let index = t.pop();
    let args = pop_args(t, TypeIdx(ty));
    let (callee, context) = element(t, TypeIdx(ty), TableIdx(table), index)?;
    emit_return_call(t, callee, context, args)
}

/// Takes the arguments of a call from the stack. The first place is free for the context.
pub(super) fn pop_args(t: &mut FuncTranslator<'_>, ty: TypeIdx) -> Vec<ir::Value> {
    let count = t.func_type(ty).params.len();
    let first = t.stack.len() - count;
    let context = t.context();
    let mut args = Vec::with_capacity(count + 1);
    args.push(context);
    args.extend(t.stack.drain(first..));
    for arg in &mut args[1..] {
        *arg = stack::canonical(t, *arg);
    }
    args
}

/// A function of the index space, with the context to call it with.
fn function(t: &mut FuncTranslator<'_>, func: FuncIdx) -> (Callee, ir::Value) {
    match t.module.defined_func(func) {
        Some(own) if t.target.through_slots && t.near.binary_search(&own).is_err() => return slot(t, own, func),
        Some(_) => return (Callee::Own(t.own_function(func)), t.context()),
        None => {}
    }
    let slot = t.layout.imported_func(func.0);
    let code = t.load_context_pointer(slot + offset_of!(VMImportedFunc, code) as u32);
    let context = t.load_context_pointer(slot + offset_of!(VMImportedFunc, context) as u32);
    let signature = t.type_signature(t.module.functions[func.index()]);
    (Callee::Found { signature, code }, context)
}

/// What the instance says of how an own function is called.
fn slot(t: &mut FuncTranslator<'_>, own: DefinedFuncIdx, func: FuncIdx) -> (Callee, ir::Value) {
    let slots = t.load_context_pointer(offset_of!(VMContext, slots) as u32);
    let slot = own.0 * size_of::<VMImportedFunc>() as u32;
    let code = t.load_state(POINTER, slots, slot + offset_of!(VMImportedFunc, code) as u32);
    let context = t.load_state(POINTER, slots, slot + offset_of!(VMImportedFunc, context) as u32);
    let signature = t.type_signature(t.module.functions[func.index()]);
    (Callee::Found { signature, code }, context)
}

/// The function in a table's element, behind checks of the index and the type.
fn element(
    t: &mut FuncTranslator<'_>,
    ty: TypeIdx,
    table: TableIdx,
    index: ir::Value,
) -> Result<(Callee, ir::Value), CompileError> {
    let element = table::element_address(t, table, index)?;
    let first = table::first_access_flags(t, table, TrapCode::UndefinedElement);
    let actual = t.builder.ins().load(types::I32, first, element, ELEMENT_TYPE_ID);
    let flags = table::element_flags(t, table);
    let expected = t.load_constant(types::I32, t.context(), t.layout.type_id(ty.0));
    check_type(t, actual, expected);
    let code = t.builder.ins().load(POINTER, flags, element, ELEMENT_CODE);
    let context = t.builder.ins().load(POINTER, flags, element, ELEMENT_CONTEXT);
    let signature = t.type_signature(ty);
    Ok((Callee::Found { signature, code }, context))
}

/// Traps unless the types are the same, and says whether there was a function at all.
fn check_type(t: &mut FuncTranslator<'_>, actual: ir::Value, expected: ir::Value) {
    let mismatch = t.builder.create_block();
    let matching = t.builder.create_block();
    t.builder.set_cold_block(mismatch);
    let is_same = t.builder.ins().icmp(IntCC::Equal, actual, expected);
    t.builder.ins().brif(is_same, matching, &[], mismatch, &[]);

    t.builder.switch_to_block(mismatch);
    t.builder.seal_block(mismatch);
    let is_null = t.builder.ins().icmp_imm_u(IntCC::Equal, actual, i64::from(TypeId::NONE.0));
    t.builder.ins().trapnz(is_null, trap::clif(TrapCode::UninitializedElement));
    t.builder.ins().trap(trap::clif(TrapCode::IndirectCallTypeMismatch));

    t.builder.switch_to_block(matching);
    t.builder.seal_block(matching);
}

/// Calls and leaves the results.
fn emit_call(t: &mut FuncTranslator<'_>, callee: Callee, context: ir::Value, mut args: Vec<ir::Value>) {
    args[0] = context;
    let call = match callee {
        Callee::Own(func) => t.builder.ins().call(func, &args),
        Callee::Found { signature, code } => t.builder.ins().call_indirect(signature, code, &args),
    };
    t.stack.extend_from_slice(t.builder.inst_results(call));
}

/// Calls in place of the running function, which ends the block. The rest of an interpreted function calls and returns the
/// results: its frame is the only one more that a chain of tail calls takes.
fn emit_return_call(
    t: &mut FuncTranslator<'_>,
    callee: Callee,
    context: ir::Value,
    mut args: Vec<ir::Value>,
) -> TranslateResult {
    if t.result_frame().is_some() {
        emit_call(t, callee, context, args);
        return control::return_(t);
    }
    args[0] = context;
    match callee {
        Callee::Own(func) => t.builder.ins().return_call(func, &args),
        Callee::Found { signature, code } => t.builder.ins().return_call_indirect(signature, code, &args),
    };
    Ok(())
}

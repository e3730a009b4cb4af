//! Calls of runtime helpers, and what becomes of their verdict.
//!
//! Helpers take references and addresses as `i64` whatever their wasm type, see the table of builtins. They run on the
//! wasm stack like host functions and need room there: a fault inside one is the host's and would end the process.

use super::FuncTranslator;
use crate::engine::abi::{Builtin, TrapCode, VMContext, VMStoreContext};
use crate::engine::compile::signature::POINTER;
use crate::engine::compile::trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use std::mem::offset_of;

/// Calls a helper with the context and `args`, and gives its result. Traps where the stack has no room for it.
pub(super) fn call(t: &mut FuncTranslator<'_>, builtin: Builtin, args: &[ir::Value]) -> ir::Value {
    check_stack(t);
    let signature = t.builtin_signature(builtin);
    let address = t.builtin_address(builtin);
    let mut all = Vec::with_capacity(args.len() + 1);
    all.push(t.context());
    all.extend_from_slice(args);
    let call = t.builder.ins().call_indirect(signature, address, &all);
    t.builder.inst_results(call)[0]
}

/// Calls a helper that returns 0 where it fails, and traps then.
pub(super) fn call_or_trap(t: &mut FuncTranslator<'_>, builtin: Builtin, args: &[ir::Value], code: TrapCode) {
    let succeeded = call(t, builtin, args);
    t.builder.ins().trapz(succeeded, trap::clif(code));
}

/// Traps where a helper would not find the room on the stack that it may count on. The limit changes between
/// activations, so it is read every time.
fn check_stack(t: &mut FuncTranslator<'_>) {
    let store = t.load_context_pointer(offset_of!(VMContext, store) as u32);
    let limit = t.load_state(POINTER, store, offset_of!(VMStoreContext, stack_limit) as u32);
    let stack_pointer = t.builder.ins().get_stack_pointer(POINTER);
    let is_below = t.builder.ins().icmp(IntCC::UnsignedLessThan, stack_pointer, limit);
    t.builder.ins().trapnz(is_below, trap::clif(TrapCode::StackOverflow));
}

/// The number of a memory, table or segment as a helper takes it.
pub(super) fn index(t: &mut FuncTranslator<'_>, index: u32) -> ir::Value {
    t.builder.ins().iconst(types::I32, i64::from(index))
}

/// A 32-bit address, length, position or handle as a helper takes it; 64-bit values as they are.
pub(super) fn widen(t: &mut FuncTranslator<'_>, value: ir::Value) -> ir::Value {
    if t.builder.func.dfg.value_type(value) == types::I64 {
        return value;
    }
    t.builder.ins().uextend(types::I64, value)
}

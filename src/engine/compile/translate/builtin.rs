//! Calls of runtime helpers, and what becomes of their verdict.
//!
//! Helpers take references and addresses as `i64` whatever their wasm type, see the table of builtins.

use super::FuncTranslator;
use crate::engine::abi::{Builtin, TrapCode};
use crate::engine::compile::trap;
use cranelift_codegen::ir::{self, InstBuilder, types};

/// Calls a helper with the context and `args`, and gives its result.
pub(super) fn call(t: &mut FuncTranslator<'_>, builtin: Builtin, args: &[ir::Value]) -> ir::Value {
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

//! Globals. spec: exec/instructions#variable-instructions
//!
//! An own global's value stands in the context itself; for an imported one the context holds the address of the value.
//! Immutable globals got their value before any code of the module runs, so their loads are constants.

use super::{FuncTranslator, TranslateResult, stack};
use crate::engine::compile::signature;
use crate::engine::types::GlobalIdx;
use cranelift_codegen::ir::{self, InstBuilder};

/// `global.get`
pub(super) fn get(t: &mut FuncTranslator<'_>, index: u32) -> TranslateResult {
    let global = GlobalIdx(index);
    let ty = t.module.globals[global.index()];
    let (base, offset) = address(t, global);
    let region = t.global_region(global);
    let mut flags = t.trusted_flags(region);
    if !ty.mutable {
        flags = flags.with_readonly().with_can_move();
    }
    let value = t.builder.ins().load(signature::value_type(ty.content), flags, base, offset);
    t.push(value);
    Ok(())
}

/// `global.set`
pub(super) fn set(t: &mut FuncTranslator<'_>, index: u32) -> TranslateResult {
    let global = GlobalIdx(index);
    let value = t.pop();
    let value = stack::canonical(t, value);
    let (base, offset) = address(t, global);
    let region = t.global_region(global);
    let flags = t.trusted_flags(region);
    t.builder.ins().store(flags, value, base, offset);
    Ok(())
}

/// Where a global's value is.
fn address(t: &mut FuncTranslator<'_>, global: GlobalIdx) -> (ir::Value, i32) {
    match global.0.checked_sub(t.module.imported_globals) {
        Some(own) => (t.context(), t.layout.defined_global(own).cast_signed()),
        None => (t.load_context_pointer(t.layout.imported_global(global.0)), 0),
    }
}

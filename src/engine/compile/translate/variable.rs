//! Locals. spec: exec/instructions#variable-instructions
//!
//! A local is a variable of the function builder, which turns it into SSA values: with the same number, but for those of
//! inlined bodies.

use super::{FuncTranslator, TranslateResult, stack};

/// `local.get`
pub(super) fn get(t: &mut FuncTranslator<'_>, index: u32) -> TranslateResult {
    let local = t.local(index);
    let value = t.builder.use_var(local);
    t.push(value);
    Ok(())
}

/// `local.set`
pub(super) fn set(t: &mut FuncTranslator<'_>, index: u32) -> TranslateResult {
    let value = t.pop();
    let value = stack::canonical(t, value);
    let local = t.local(index);
    t.builder.def_var(local, value);
    Ok(())
}

/// `local.tee`
pub(super) fn tee(t: &mut FuncTranslator<'_>, index: u32) -> TranslateResult {
    let start = stack::canonical_top(t, 1);
    let local = t.local(index);
    t.builder.def_var(local, t.stack[start]);
    Ok(())
}

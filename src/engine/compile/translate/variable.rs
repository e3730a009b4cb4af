//! Locals. spec: exec/instructions#variable-instructions
//!
//! A local is a variable of the function builder, with the same number, which turns it into SSA values.

use super::{FuncTranslator, TranslateResult, stack};
use cranelift_frontend::Variable;

/// `local.get`
pub(super) fn get(t: &mut FuncTranslator<'_>, index: u32) -> TranslateResult {
    let value = t.builder.use_var(Variable::from_u32(index));
    t.push(value);
    Ok(())
}

/// `local.set`
pub(super) fn set(t: &mut FuncTranslator<'_>, index: u32) -> TranslateResult {
    let value = t.pop();
    let value = stack::canonical(t, value);
    t.builder.def_var(Variable::from_u32(index), value);
    Ok(())
}

/// `local.tee`
pub(super) fn tee(t: &mut FuncTranslator<'_>, index: u32) -> TranslateResult {
    let start = stack::canonical_top(t, 1);
    t.builder.def_var(Variable::from_u32(index), t.stack[start]);
    Ok(())
}

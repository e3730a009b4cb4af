//! References. spec: exec/instructions#reference-instructions
//!
//! Null is zero in both representations. A function reference is the address of a `VMFuncRef`, and those of the
//! instance's functions stand in its context at fixed offsets, so `ref.func` is an addition.

use super::{FuncTranslator, TranslateResult};
use crate::engine::compile::CompileError;
use crate::engine::compile::signature;
use crate::engine::types::{FuncIdx, RefType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, types};

/// `ref.null`
pub(super) fn null(t: &mut FuncTranslator<'_>, heap: wasmparser::HeapType) -> TranslateResult {
    let ty = match heap {
        wasmparser::HeapType::FUNC => RefType::FUNCREF,
        wasmparser::HeapType::EXTERN => RefType::EXTERNREF,
        _ => return Err(CompileError::unsupported("references to anything but functions and host values")),
    };
    let value = t.builder.ins().iconst(signature::reference_type(ty), 0);
    t.push(value);
    Ok(())
}

/// `ref.is_null`
pub(super) fn is_null(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let reference = t.pop();
    let is_null = t.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
    let value = t.builder.ins().uextend(types::I32, is_null);
    t.push(value);
    Ok(())
}

/// `ref.func`
pub(super) fn func(t: &mut FuncTranslator<'_>, index: u32) -> TranslateResult {
    let Some(position) = t.module.func_ref(FuncIdx(index)) else {
        return Err(CompileError::bug("`ref.func` of a function without a reference"));
    };
    let offset = t.layout.func_ref(position);
    let context = t.context();
    let value = t.builder.ins().iadd_imm_s(context, i64::from(offset));
    t.push(value);
    Ok(())
}

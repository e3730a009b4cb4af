//! The operand stack at the borders of blocks, the record of an enclosing block, and the parametric instructions.
//!
//! Inside a straight line of code operands are CLIF values in [`FuncTranslator::stack`]. Where control flow joins they
//! become block parameters, whose types are fixed by the block's type: a `v128` crosses every such border as `i8x16`,
//! whatever lane view the instruction that made it left. spec: exec/runtime#stack

use super::{FuncTranslator, TranslateResult};
use crate::engine::compile::CompileError;
use crate::engine::compile::signature::POINTER;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use smallvec::SmallVec;

/// Values on their way into a block; most blocks take few.
pub(super) type BlockArgs = SmallVec<[ir::BlockArg; 4]>;

/// What opened a block. spec: syntax/instructions#control-instructions
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// The function's body, `block`, or the second arm of an `if`: branches go to the end.
    Block,
    /// `loop`: branches go to the start, and its end is reached by falling through only.
    Loop,
    /// `if` before its `else`, where the false condition goes straight to the end. Only without parameters and results,
    /// so that no `else` need ever follow.
    IfToEnd {
        /// The branch, to be turned to the second arm if there is one.
        branch: ir::Inst,
    },
    /// `if` before its `else`, where the false condition has a block of its own. The block's parameters stand on the
    /// operand stack twice: below are the second arm's.
    IfToElse {
        /// The second arm.
        otherwise: ir::Block,
    },
}

/// An enclosing block whose opening instruction can be reached.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine::compile) struct ControlFrame {
    /// What opened it.
    pub(super) kind: FrameKind,
    /// Where branches to it go: a loop's start, otherwise the end, which takes the results.
    pub(super) label: ir::Block,
    /// Number of its parameters.
    pub(super) params: usize,
    /// Number of its results.
    pub(super) results: usize,
    /// Operands below its parameters.
    pub(super) height: usize,
    /// Whether something jumps to `label`; a loop's start always counts.
    pub(super) reached: bool,
}

impl ControlFrame {
    /// How many operands a branch to this block takes along.
    pub(super) fn label_arity(&self) -> usize {
        match self.kind {
            FrameKind::Loop => self.params,
            _ => self.results,
        }
    }
}

/// How generated code holds a value of a type as the binary format names it.
pub(super) fn clif_type(ty: wasmparser::ValType) -> Result<ir::Type, CompileError> {
    Ok(match ty {
        wasmparser::ValType::I32 => types::I32,
        wasmparser::ValType::I64 => types::I64,
        wasmparser::ValType::F32 => types::F32,
        wasmparser::ValType::F64 => types::F64,
        wasmparser::ValType::V128 => types::I8X16,
        wasmparser::ValType::Ref(ty) if ty.is_func_ref() => POINTER,
        wasmparser::ValType::Ref(ty) if ty.is_extern_ref() => types::I32,
        wasmparser::ValType::Ref(ty) => return Err(CompileError::unsupported(format!("reference type `{ty}`"))),
    })
}

/// The value as it crosses the border of a block or function: vectors as `i8x16`, all else as it is.
pub(super) fn canonical(t: &mut FuncTranslator<'_>, value: ir::Value) -> ir::Value {
    let ty = t.builder.func.dfg.value_type(value);
    if !ty.is_vector() || ty == types::I8X16 {
        return value;
    }
    let flags = MemFlagsData::new().with_endianness(ir::Endianness::Little);
    t.builder.ins().bitcast(types::I8X16, flags, value)
}

/// Brings the topmost operands into the form that crosses borders, and gives their position on the stack.
pub(super) fn canonical_top(t: &mut FuncTranslator<'_>, count: usize) -> usize {
    let start = t.stack.len() - count;
    for position in start..t.stack.len() {
        t.stack[position] = canonical(t, t.stack[position]);
    }
    start
}

/// The topmost operands as arguments of a branch; they stay on the stack.
pub(super) fn block_args(t: &mut FuncTranslator<'_>, count: usize) -> BlockArgs {
    let start = canonical_top(t, count);
    t.stack[start..].iter().map(|value| ir::BlockArg::Value(*value)).collect()
}

/// `drop`. spec: exec/instructions#parametric-instructions
pub(super) fn drop(t: &mut FuncTranslator<'_>) -> TranslateResult {
    t.pop();
    Ok(())
}

/// `select`, with or without type.
pub(super) fn select(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let (first, second, condition) = t.pop3();
    let first = canonical(t, first);
    let second = canonical(t, second);
    let value = t.builder.ins().select(condition, first, second);
    t.push(value);
    Ok(())
}

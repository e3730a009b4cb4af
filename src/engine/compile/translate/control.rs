//! Blocks and branches. spec: exec/instructions#control-instructions
//!
//! A block gets one CLIF block for its label. A `block` that nothing branches to, and the end of a `loop`, need no
//! block at all: translation just goes on. Code behind an unconditional branch is validated but not translated; only
//! its blocks are counted, so that the `end` that makes code reachable again is found.
//!
//! ```text
//!   loop                      if                        if (no parameters, no results)
//!     jump header(params)       brif c, then, else(p)     brif c, then, end
//!   header(params):           then:                     then:
//!     ...                       ... jump end(r)           ... jump end
//!     brif c, header(p), next else(p):                  end:
//!   next:                       ... jump end(r)
//!                             end(r):
//! ```

use super::stack::{self, BlockArgs, ControlFrame, FrameKind, clif_type};
use super::{FuncTranslator, TranslateResult, osr};
use crate::engine::abi::TrapCode;
use crate::engine::compile::{signature, trap};
use crate::engine::types::ValType;
use cranelift_codegen::ir::{self, InstBuilder};
use wasmparser::{BlockType, BrTable, Operator};

/// Reads past an operator that cannot be executed.
pub(super) fn skip(t: &mut FuncTranslator<'_>, op: &Operator<'_>) -> TranslateResult {
    match op {
        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
            t.dead_blocks += 1;
            Ok(())
        }
        Operator::Else if t.dead_blocks == 0 => otherwise(t),
        Operator::End if t.dead_blocks == 0 => end(t),
        Operator::End => {
            t.dead_blocks -= 1;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Notes that the next operator cannot be executed.
pub(super) fn leave(t: &mut FuncTranslator<'_>) -> TranslateResult {
    t.reachable = false;
    Ok(())
}

/// `unreachable`
pub(super) fn unreachable(t: &mut FuncTranslator<'_>) -> TranslateResult {
    t.builder.ins().trap(trap::clif(TrapCode::Unreachable));
    leave(t)
}

/// `block`
pub(super) fn block(t: &mut FuncTranslator<'_>, ty: BlockType) -> TranslateResult {
    osr::keep_operands(t, height_below(t, ty));
    let label = t.builder.create_block();
    append_results(t, label, ty)?;
    open(t, FrameKind::Block, label, ty);
    Ok(())
}

/// `loop`
pub(super) fn loop_(t: &mut FuncTranslator<'_>, ty: BlockType) -> TranslateResult {
    let height = height_below(t, ty);
    osr::keep_operands(t, height);
    let header = t.builder.create_block();
    append_params(t, header, ty);
    let args = stack::block_args(t, t.stack.len() - height);
    t.builder.ins().jump(header, &args);
    open(t, FrameKind::Loop, header, ty);
    t.builder.switch_to_block(header);
    replace_operands(t, height, header);
    osr::recall_operands(t, height);
    Ok(())
}

/// `if`
pub(super) fn if_(t: &mut FuncTranslator<'_>, ty: BlockType) -> TranslateResult {
    let condition = t.pop();
    osr::keep_operands(t, height_below(t, ty));
    let then = t.builder.create_block();
    let label = t.builder.create_block();
    append_results(t, label, ty)?;
    let kind = match arity(t, ty) {
        (0, 0) => {
            let branch = t.builder.ins().brif(condition, then, &[], label, &[]);
            FrameKind::IfToEnd { branch }
        }
        (params, _) => {
            let otherwise = t.builder.create_block();
            append_params(t, otherwise, ty);
            let args = stack::block_args(t, params);
            t.builder.ins().brif(condition, then, &[], otherwise, &args);
            t.builder.seal_block(otherwise);
            FrameKind::IfToElse { otherwise }
        }
    };
    open(t, kind, label, ty);
    if let FrameKind::IfToElse { otherwise } = kind {
        // The second arm's parameters wait below the first arm's.
        let start = t.stack.len() - t.builder.block_params(otherwise).len();
        let first = t.stack.drain(start..).collect::<smallvec::SmallVec<[ir::Value; 4]>>();
        t.stack.extend_from_slice(t.builder.block_params(otherwise));
        t.stack.extend(first);
    }
    t.builder.switch_to_block(then);
    t.builder.seal_block(then);
    Ok(())
}

/// `else`
pub(super) fn otherwise(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let mut frame = t.control.pop().expect("validated control stack");
    if t.reachable {
        fall_through(t, &mut frame);
    }
    let arm = match frame.kind {
        FrameKind::IfToElse { otherwise } => otherwise,
        FrameKind::IfToEnd { branch } => {
            let arm = t.builder.create_block();
            t.builder.change_jump_destination(branch, frame.label, arm);
            t.builder.seal_block(arm);
            arm
        }
        FrameKind::Block | FrameKind::Loop => return Err(super::CompileError::bug("`else` without `if`")),
    };
    t.builder.switch_to_block(arm);
    t.stack.truncate(frame.height + frame.params);
    osr::recall_operands(t, frame.height);
    t.reachable = true;
    t.control.push(ControlFrame { kind: FrameKind::Block, ..frame });
    Ok(())
}

/// `end`
pub(super) fn end(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let mut frame = t.control.pop().expect("validated control stack");
    match frame.kind {
        FrameKind::Loop => {
            t.builder.seal_block(frame.label);
            osr::release_operands(t);
            return Ok(());
        }
        FrameKind::IfToEnd { .. } => frame.reached = true,
        FrameKind::IfToElse { otherwise } => {
            if t.reachable {
                fall_through(t, &mut frame);
            }
            // The second arm is empty: its parameters are the results.
            t.builder.switch_to_block(otherwise);
            t.stack.truncate(frame.height + frame.params);
            t.reachable = true;
            frame.reached = true;
        }
        FrameKind::Block => {}
    }
    if frame.reached {
        if t.reachable {
            fall_through(t, &mut frame);
        }
        t.builder.switch_to_block(frame.label);
        t.reachable = true;
        replace_operands(t, frame.height, frame.label);
        osr::recall_operands(t, frame.height);
    }
    osr::release_operands(t);
    t.builder.seal_block(frame.label);
    match t.control.is_empty() {
        true if t.reachable => return_values(t, frame.results),
        _ => Ok(()),
    }
}

/// `br`
pub(super) fn br(t: &mut FuncTranslator<'_>, depth: u32) -> TranslateResult {
    let (label, args) = branch_target(t, depth);
    t.builder.ins().jump(label, &args);
    leave(t)
}

/// `br_if`
pub(super) fn br_if(t: &mut FuncTranslator<'_>, depth: u32) -> TranslateResult {
    let condition = t.pop();
    let (label, args) = branch_target(t, depth);
    let next = t.builder.create_block();
    t.builder.ins().brif(condition, label, &args, next, &[]);
    t.builder.seal_block(next);
    t.builder.switch_to_block(next);
    Ok(())
}

/// `br_table`: every target takes the same number of operands, so one list of arguments serves all edges.
pub(super) fn br_table(t: &mut FuncTranslator<'_>, targets: &BrTable<'_>) -> TranslateResult {
    let index = t.pop();
    let (default, args) = branch_target(t, targets.default());
    if targets.is_empty() {
        t.builder.ins().jump(default, &args);
        return leave(t);
    }
    let default = t.builder.func.dfg.block_call(default, &args);
    let mut calls = Vec::with_capacity(targets.len() as usize);
    for depth in targets.targets() {
        let label = reach(t, depth?).label;
        calls.push(t.builder.func.dfg.block_call(label, &args));
    }
    let table = t.builder.create_jump_table(ir::JumpTableData::new(default, &calls));
    t.builder.ins().br_table(index, table);
    leave(t)
}

/// `return`, which leaves the block of an inlined body.
pub(super) fn return_(t: &mut FuncTranslator<'_>) -> TranslateResult {
    if let Some(block) = t.own_block() {
        return br(t, (t.control.len() - 1 - block) as u32);
    }
    let results = t.control.first().map_or(0, |function| function.results);
    return_values(t, results)
}

fn return_values(t: &mut FuncTranslator<'_>, results: usize) -> TranslateResult {
    let start = stack::canonical_top(t, results);
    match t.result_frame() {
        Some(frame) => osr::return_to_frame(t, frame, start),
        None => {
            t.builder.ins().return_(&t.stack[start..]);
        }
    }
    leave(t)
}

/// Enters a block whose parameters are on the operand stack.
fn open(t: &mut FuncTranslator<'_>, kind: FrameKind, label: ir::Block, ty: BlockType) {
    let (params, results) = arity(t, ty);
    let height = t.stack.len() - params;
    let reached = kind == FrameKind::Loop;
    t.control.push(ControlFrame { kind, label, params, results, height, reached });
}

/// Jumps to a block's end with its results.
fn fall_through(t: &mut FuncTranslator<'_>, frame: &mut ControlFrame) {
    let args = stack::block_args(t, frame.results);
    t.builder.ins().jump(frame.label, &args);
    frame.reached = true;
}

/// Puts a block's parameters in place of all operands above a height.
fn replace_operands(t: &mut FuncTranslator<'_>, height: usize, block: ir::Block) {
    t.stack.truncate(height);
    t.stack.extend_from_slice(t.builder.block_params(block));
}

/// The frame that a branch of that depth leads to, noted as reached.
fn reach(t: &mut FuncTranslator<'_>, depth: u32) -> ControlFrame {
    let position = t.control.len() - 1 - depth as usize;
    let frame = &mut t.control[position];
    frame.reached = true;
    *frame
}

/// Where a branch of that depth goes and what it takes along.
fn branch_target(t: &mut FuncTranslator<'_>, depth: u32) -> (ir::Block, BlockArgs) {
    let frame = reach(t, depth);
    (frame.label, stack::block_args(t, frame.label_arity()))
}

/// Operands below the parameters of a block that is about to be opened.
fn height_below(t: &FuncTranslator<'_>, ty: BlockType) -> usize {
    t.stack.len() - arity(t, ty).0
}

/// How many parameters and results a block type has.
fn arity(t: &FuncTranslator<'_>, ty: BlockType) -> (usize, usize) {
    match ty {
        BlockType::Empty => (0, 0),
        BlockType::Type(_) => (0, 1),
        BlockType::FuncType(index) => {
            let ty = &t.module.types[index as usize];
            (ty.params.len(), ty.results.len())
        }
    }
}

fn append_params(t: &mut FuncTranslator<'_>, block: ir::Block, ty: BlockType) {
    if let BlockType::FuncType(index) = ty {
        append(t, block, &t.module.types[index as usize].params);
    }
}

fn append_results(t: &mut FuncTranslator<'_>, block: ir::Block, ty: BlockType) -> TranslateResult {
    match ty {
        BlockType::Empty => {}
        BlockType::Type(ty) => {
            t.builder.append_block_param(block, clif_type(ty)?);
        }
        BlockType::FuncType(index) => append(t, block, &t.module.types[index as usize].results),
    }
    Ok(())
}

/// Gives a block parameters of these types.
pub(super) fn append(t: &mut FuncTranslator<'_>, block: ir::Block, types: &[ValType]) {
    for ty in types {
        t.builder.append_block_param(block, signature::value_type(*ty));
    }
}

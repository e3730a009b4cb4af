//! Entering a function at one of its loops: on-stack replacement of an interpreted frame.
//!
//! The function is translated once more, in whole, with another entry: it reads locals and operands out of the interpreter's
//! frame and goes to the loop. What comes before the loop is left without an entry, and Cranelift drops it.
//!
//! ```text
//!   entry(context, frame):                      nowhere:
//!     locals = frame[..]                          ... the body up to the loop
//!     jump merge(operands from the frame)         jump merge(operands)
//!   merge(operands):
//!     ... the loop, and the rest of the body; results go to frame[0..]
//! ```
//!
//! The frame has all locals and then all operands in `slots`; `interp::fold` makes sure that they are there where a loop begins.

use super::stack::FrameKind;
use super::{FuncTranslator, TranslateResult};
use crate::engine::compile::{CompileError, signature, slots};
use crate::engine::types::ValType;
use cranelift_codegen::ir::{self, InstBuilder};
use cranelift_frontend::{FunctionBuilder, Variable};

/// How a function is entered at a loop.
#[derive(Debug)]
pub(in crate::engine::compile) struct LoopEntry {
    /// Position of the loop in the module's bytes.
    at: u64,
    /// The block that the function is entered by; it is filled once the loop is reached.
    entry: ir::Block,
    /// Address of the interpreter's frame.
    frame: ir::Value,
    /// Every local with its type, in their order.
    pub(super) locals: Vec<(Variable, ir::Type)>,
    /// Whether the loop has been reached.
    is_filled: bool,
}

impl LoopEntry {
    /// Leaves the entry block open and goes on where nothing leads to.
    pub(super) fn new(
        builder: &mut FunctionBuilder<'_>,
        at: u64,
        entry: ir::Block,
        params: &[ir::Value],
        types: &[ValType],
    ) -> LoopEntry {
        // Functions are entered by their first block, and nothing has been put into it yet.
        builder.func.layout.append_block(entry);
        let nowhere = builder.create_block();
        builder.switch_to_block(nowhere);
        builder.seal_block(nowhere);
        let mut local = |ty: &ValType| {
            let ty = signature::value_type(*ty);
            (builder.declare_var(ty), ty)
        };
        let locals = types.iter().map(&mut local).collect();
        LoopEntry { at, entry, frame: params[1], locals, is_filled: false }
    }
}

/// Called in front of every operator, with its position: joins the entry from the interpreter's frame to the loop there, if it
/// is the one.
pub(in crate::engine::compile) fn enter_at(t: &mut FuncTranslator<'_>, at: u64) {
    let reachable = t.reachable;
    let Some(entry) = t.loop_entry.as_mut().filter(|entry| entry.at == at && reachable) else { return };
    entry.is_filled = true;
    let (block, frame, locals) = (entry.entry, entry.frame, std::mem::take(&mut entry.locals));
    super::stack::canonical_top(t, t.stack.len());
    let copies = else_params(t);
    let positions: Vec<usize> = (0..t.stack.len()).filter(|position| !copies.contains(position)).collect();
    let merge = t.builder.create_block();
    let before: Vec<ir::BlockArg> = positions.iter().map(|position| t.stack[*position].into()).collect();
    let operand_types: Vec<ir::Type> =
        positions.iter().map(|position| t.builder.func.dfg.value_type(t.stack[*position])).collect();
    t.builder.ins().jump(merge, &before);

    t.builder.switch_to_block(block);
    let types: Vec<ir::Type> = locals.iter().map(|(_, ty)| *ty).chain(operand_types.iter().copied()).collect();
    let mut values = slots::load_all(&mut t.builder, frame, &types);
    let operands = values.split_off(locals.len());
    for ((local, _), value) in locals.iter().zip(values) {
        t.builder.def_var(*local, value);
    }
    let from_frame: Vec<ir::BlockArg> = operands.into_iter().map(Into::into).collect();
    t.builder.ins().jump(merge, &from_frame);

    for (position, ty) in positions.iter().zip(&operand_types) {
        t.stack[*position] = t.builder.append_block_param(merge, *ty);
    }
    t.builder.switch_to_block(merge);
    t.builder.seal_block(merge);
}

/// Positions on the operand stack of what waits there for second arms, which the interpreter does not keep.
fn else_params(t: &FuncTranslator<'_>) -> Vec<usize> {
    let waiting = t.control.iter().filter(|frame| matches!(frame.kind, FrameKind::IfToElse { .. }));
    waiting.flat_map(|frame| frame.height..frame.height + frame.params).collect()
}

/// Leaves the function's results in the frame, and ends it. `start` is the position of the first on the operand stack.
pub(super) fn return_to_frame(t: &mut FuncTranslator<'_>, frame: ir::Value, start: usize) {
    slots::store_all(&mut t.builder, frame, &t.stack[start..]);
    t.builder.ins().return_(&[]);
}

impl FuncTranslator<'_> {
    /// The interpreter's frame, where that takes the results.
    pub(super) fn result_frame(&self) -> Option<ir::Value> {
        self.loop_entry.as_ref().map(|entry| entry.frame)
    }

    /// Fails where a loop was to be entered that is not there, or that nothing reaches.
    pub(in crate::engine::compile) fn check_entry(&self) -> TranslateResult {
        match &self.loop_entry {
            Some(entry) if !entry.is_filled => Err(CompileError::bug(format!("no loop at {:#x} is reached", entry.at))),
            _ => Ok(()),
        }
    }
}

//! Entering a function at one of its loops: on-stack replacement of an interpreted frame.
//!
//! The function is translated once more, in whole, with another entry: it reads locals and operands out of the interpreter's
//! frame and goes to the loop. What comes before the loop is left without an entry, and Cranelift drops it.
//!
//! ```text
//!   entry(context, frame):                      nowhere:
//!     locals, operands = frame[..]                ... the body up to the loop
//!     jump merge                                  jump merge
//!   merge:
//!     ... the loop, and the rest of the body; results go to frame[0..]
//! ```
//!
//! Loops around that one lead back to what comes before it, from where it may be reached again or not. An operand that waits
//! below a block around it may thus come from the frame or be newer: it is a variable, as a local is, and is read again
//! wherever ways join.
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
    /// What the operands below the innermost block are kept in, while the loop has not been reached, and those that were below
    /// it then. None for what waits there for second arms, which the interpreter does not keep.
    operands: Vec<Option<Variable>>,
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
        LoopEntry { at, entry, frame: params[1], locals, operands: Vec::new(), is_filled: false }
    }

    /// Whether the loop has been reached.
    pub(super) fn is_filled(&self) -> bool {
        self.is_filled
    }
}

/// Called in front of every operator, with its position: joins the entry from the interpreter's frame to the loop there, if it
/// is the one.
pub(in crate::engine::compile) fn enter_at(t: &mut FuncTranslator<'_>, at: u64) {
    let reachable = t.reachable;
    if !t.loop_entry.as_ref().is_some_and(|entry| entry.at == at && reachable) {
        return;
    }
    keep_operands(t, t.stack.len());
    let merge = t.builder.create_block();
    t.builder.ins().jump(merge, &[]);
    fill_entry(t, merge);
    t.builder.switch_to_block(merge);
    t.builder.seal_block(merge);
    recall_operands(t, t.stack.len());
}

/// The entry: reads locals and operands out of the frame, and goes to a block.
fn fill_entry(t: &mut FuncTranslator<'_>, to: ir::Block) {
    let Some(entry) = &mut t.loop_entry else { return };
    entry.is_filled = true;
    let (block, frame) = (entry.entry, entry.frame);
    let mut variables = std::mem::take(&mut entry.locals);
    for (operand, value) in entry.operands.iter().zip(&t.stack) {
        variables.extend(operand.map(|operand| (operand, t.builder.func.dfg.value_type(*value))));
    }
    let types: Vec<ir::Type> = variables.iter().map(|(_, ty)| *ty).collect();
    t.builder.switch_to_block(block);
    let values = slots::load_all(&mut t.builder, frame, &types);
    for ((variable, _), value) in variables.iter().zip(values) {
        t.builder.def_var(*variable, value);
    }
    t.builder.ins().jump(to, &[]);
}

/// Makes variables of the operands up to a height, which a block is about to be opened at; of those below the blocks around it
/// that has been done.
pub(super) fn keep_operands(t: &mut FuncTranslator<'_>, height: usize) {
    let Some(entry) = &mut t.loop_entry else { return };
    entry.operands.truncate(height);
    if entry.is_filled {
        return;
    }
    let start = entry.operands.len();
    for position in start..height {
        let variable = (!is_copy(t, position)).then(|| {
            let value = super::stack::canonical(t, t.stack[position]);
            let variable = t.builder.declare_var(t.builder.func.dfg.value_type(value));
            t.builder.def_var(variable, value);
            t.stack[position] = value;
            variable
        });
        if let Some(entry) = &mut t.loop_entry {
            entry.operands.push(variable);
        }
    }
}

/// Puts the operands up to a height on the stack as they are here, where ways join: at the start of a loop or arm, and at the
/// end of a block.
pub(super) fn recall_operands(t: &mut FuncTranslator<'_>, height: usize) {
    let Some(entry) = &t.loop_entry else { return };
    for (operand, value) in entry.operands.iter().zip(&mut t.stack[..height]) {
        if let Some(operand) = operand {
            *value = t.builder.use_var(*operand);
        }
    }
}

/// Forgets what operands are kept in that are no longer below a block.
pub(super) fn release_operands(t: &mut FuncTranslator<'_>) {
    let height = t.control.last().map_or(0, |frame| frame.height);
    if let Some(entry) = &mut t.loop_entry {
        entry.operands.truncate(height);
    }
}

/// Whether the operand at a position is one that waits there for a second arm.
fn is_copy(t: &FuncTranslator<'_>, position: usize) -> bool {
    let mut waiting = t.control.iter().filter(|frame| matches!(frame.kind, FrameKind::IfToElse { .. }));
    waiting.any(|frame| (frame.height..frame.height + frame.params).contains(&position))
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

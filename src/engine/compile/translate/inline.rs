//! Small functions translated where they are called.
//!
//! The callee's body becomes a block of the caller: parameters and locals are variables of their own, `return` is a branch to its
//! end. Backtraces name it all the same: an instruction that came from an inlined body has a position behind the module's last
//! byte, and [`Inlined`] says which body that part of the positions stands for, and where it was called.
//!
//! ```text
//!   positions:  0 ....... the module's bytes ....... | first inlined body | second | ...
//! ```
//!
//! Only bodies that are known to be valid are inlined: they are not validated once more.

use super::stack::{ControlFrame, FrameKind, clif_type};
use super::{FuncTranslator, TranslateResult, call, control, translate_operator};
use crate::engine::abi::tunables::{INLINE_BYTES, INLINE_DEPTH, INLINE_LOCALS, INLINE_TOTAL_BYTES};
use crate::engine::compile::artifact::Inlined;
use crate::engine::types::{FuncIdx, ValType};
use cranelift_codegen::ir;
use cranelift_frontend::Variable;
use std::ops::Range;
use wasmparser::{BinaryReader, FunctionBody, Operator, OperatorsReader};

/// What a function has of others in it.
#[derive(Debug, Default)]
pub(super) struct Inlining {
    /// Whether that is wanted at all.
    is_wanted: bool,
    /// Every body that has been inlined, in the order of positions.
    all: Vec<Inlined>,
    /// Those that are being translated, outermost first.
    open: Vec<Open>,
}

/// A body that is being translated.
#[derive(Clone, Copy, Debug)]
struct Open {
    /// Its row.
    row: usize,
    /// The variable that is its first parameter.
    first_local: u32,
    /// Position of its block among the control frames.
    control: usize,
}

impl FuncTranslator<'_> {
    /// Whether small functions are to be inlined, all of which are valid.
    pub(in crate::engine::compile) fn want_inlining(&mut self, is_wanted: bool) {
        self.inlining.is_wanted = is_wanted;
    }

    /// The variable of a local.
    pub(super) fn local(&self, index: u32) -> Variable {
        Variable::from_u32(self.inlining.open.last().map_or(0, |open| open.first_local) + index)
    }

    /// The block that the running body's `return` leaves.
    pub(super) fn own_block(&self) -> Option<usize> {
        self.inlining.open.last().map(|open| open.control)
    }

    /// Notes where in the module's bytes the next instructions come from.
    pub(in crate::engine::compile) fn set_position(&mut self, offset: u64) {
        let position = self.position(offset as u32);
        self.builder.set_srcloc(ir::SourceLoc::new(position));
    }

    /// Where an instruction is, as positions go.
    fn position(&self, offset: u32) -> u32 {
        let row = self.inlining.open.last().map(|open| self.inlining.all[open.row]);
        row.map_or(offset, |row| row.start + (offset - row.body))
    }

    /// What has been inlined.
    pub(in crate::engine::compile) fn take_inlined(&mut self) -> Vec<Inlined> {
        std::mem::take(&mut self.inlining.all)
    }
}

/// Translates a call as the callee's body, if that is small enough. Whether it was.
pub(super) fn call(t: &mut FuncTranslator<'_>, func: FuncIdx) -> Result<bool, super::CompileError> {
    let Some((row, range)) = candidate(t, func) else { return Ok(false) };
    let module = t.module;
    let Some(bytes) = module.bytes.get(range) else { return Ok(false) };
    let body = FunctionBody::new(BinaryReader::new(bytes, u64::from(row.body)));
    let (Some(locals), Ok(operators)) = (few_locals(&body), body.get_operators_reader()) else { return Ok(false) };
    if has_tail_calls(operators.clone()) {
        return Ok(false);
    }
    let ty = module.functions[func.index()];
    let args = call::pop_args(t, ty);
    let first_local = declare(t, &args[1..], &locals)?;
    t.inlining.open.push(Open { row: t.inlining.all.len(), first_local, control: t.control.len() });
    t.inlining.all.push(row);
    open_block(t, &module.types[ty.index()].results);
    translate(t, operators)?;
    t.inlining.open.pop();
    Ok(true)
}

/// Opens the block that is the body: it ends where the caller goes on with the results.
fn open_block(t: &mut FuncTranslator<'_>, results: &[ValType]) {
    let label = t.builder.create_block();
    control::append(t, label, results);
    let (kind, height) = (FrameKind::Block, t.stack.len());
    t.control.push(ControlFrame { kind, label, params: 0, results: results.len(), height, reached: false });
}

/// The row of a function that may be inlined here, and where its body is. Nothing also where positions run out.
fn candidate(t: &FuncTranslator<'_>, func: FuncIdx) -> Option<(Inlined, Range<usize>)> {
    let inlining = &t.inlining;
    // What stands in front of a loop that is to be entered need not be fast: it may never be reached.
    let is_wanted = inlining.is_wanted && t.loop_entry.as_ref().is_none_or(super::osr::LoopEntry::is_filled);
    let own = t.module.defined_func(func).filter(|_| is_wanted)?;
    let range = t.module.bodies.get(own.index())?.clone();
    // A function may be inlined into itself once.
    let is_open = inlining.open.iter().any(|open| inlining.all[open.row].func == func);
    if range.len() > INLINE_BYTES || inlining.open.len() >= INLINE_DEPTH || is_open {
        return None;
    }
    let first = u32::try_from(t.module.bytes.len()).ok()?;
    let start = inlining.all.last().map_or(Some(first), |last| last.start.checked_add(last.len))?;
    let (body, len) = (u32::try_from(range.start).ok()?, u32::try_from(range.len()).ok()?);
    // The last number stands for code from nowhere, and others' rows come behind these.
    let end = start.checked_add(len).filter(|end| *end < u32::MAX / 2)?;
    let is_within = (end - first) as usize <= INLINE_TOTAL_BYTES;
    is_within.then(|| (Inlined { start, len, func, body, call: t.builder.srcloc().bits() }, range))
}

/// The locals of a body behind its parameters, if they are few.
fn few_locals(body: &FunctionBody<'_>) -> Option<Vec<(u32, wasmparser::ValType)>> {
    let groups: Vec<_> = body.get_locals_reader().ok()?.into_iter().collect::<Result<_, _>>().ok()?;
    let count = groups.iter().try_fold(0u32, |sum, (count, _)| sum.checked_add(*count))?;
    (count <= INLINE_LOCALS).then_some(groups)
}

fn has_tail_calls(operators: OperatorsReader<'_>) -> bool {
    operators
        .into_iter()
        .any(|op| matches!(op, Err(_) | Ok(Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. })))
}

/// Makes variables of a body's parameters and locals. Gives the number of the first.
fn declare(
    t: &mut FuncTranslator<'_>,
    params: &[ir::Value],
    locals: &[(u32, wasmparser::ValType)],
) -> Result<u32, super::CompileError> {
    let mut values = params.to_vec();
    for (count, ty) in locals {
        let zero = t.zero(clif_type(*ty)?);
        values.extend((0..*count).map(|_| zero));
    }
    let mut first = None;
    for value in values {
        let variable = t.builder.declare_var(t.builder.func.dfg.value_type(value));
        t.builder.def_var(variable, value);
        first.get_or_insert(variable.as_u32());
    }
    Ok(first.unwrap_or(0))
}

/// Translates a body to its end, where the caller goes on if it is reached.
fn translate(t: &mut FuncTranslator<'_>, mut operators: OperatorsReader<'_>) -> TranslateResult {
    let after = t.builder.srcloc();
    while !operators.eof() {
        let (op, offset) = operators.read_with_offset()?;
        t.set_position(offset);
        translate_operator(t, &op)?;
    }
    t.builder.set_srcloc(after);
    Ok(())
}

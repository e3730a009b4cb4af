//! Blocks and branches. spec: exec/instructions#control-instructions
//!
//! A block's parameters and results have fixed slots: those of the operands at its height. Whoever branches to a label
//! puts the values there first; where they stand already, a branch is one instruction, which may compare as well.
//!
//! ```text
//!   br_if of a comparison           br_if whose values have to move
//!     i32_lt_s  a, b, label           br_unless  condition, next
//!                                     copy ...
//!                                     br  label
//!                                   next:
//! ```
//!
//! Code behind an unconditional branch is not folded; only its blocks are counted.

use super::numeric::Places;
use super::stack::Operand;
use super::{Folder, Op, Size, cell, cell_imm};
use crate::engine::interp::op::{Form, cell as form_cell};
use crate::engine::module::{BlockType, DecodeError};
use crate::engine::types::{FuncType, ValType};
use std::collections::HashMap;
use wasmparser::{BrTable, Operator};

/// A block that has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    kind: Kind,
    params: Widths<'a>,
    results: Widths<'a>,
    /// Operands below the parameters.
    height: usize,
    /// Slot of the first parameter or result.
    base: u32,
    /// Position behind that of the last branch to the end that waits for its place, in `Folder::fixups`; 0 for none.
    branches: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Function,
    Block,
    /// A branch to it leads to this cell.
    Loop(usize),
    /// The branch at this position of `fixups` leads to the other arm.
    If(usize),
}

/// The types of a block's parameters or results, as far as they matter.
#[derive(Clone, Copy, Debug)]
enum Widths<'a> {
    None,
    /// One, and whether it is wide.
    One(bool),
    Many(&'a [ValType]),
}

/// A branch whose target is not folded yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixup {
    cell: usize,
    is_short: bool,
    /// Position behind that of the next one with the same target; 0 for none.
    next: usize,
}

/// What a branch depends on.
#[derive(Clone, Copy, Debug)]
enum Condition {
    /// The slot is not zero.
    Slot(u16),
    /// The comparison holds; its result would go to `to`.
    Compare { op: Op, places: Places, to: u16 },
}

impl Widths<'_> {
    fn len(self) -> usize {
        match self {
            Widths::None => 0,
            Widths::One(_) => 1,
            Widths::Many(types) => types.len(),
        }
    }

    fn get(self, index: usize) -> bool {
        match self {
            Widths::None => false,
            Widths::One(wide) => wide,
            Widths::Many(types) => types.get(index) == Some(&ValType::V128),
        }
    }

    fn slots(self) -> u32 {
        (0..self.len()).map(|index| if self.get(index) { 2 } else { 1 }).sum()
    }
}

impl<'a> Frame<'a> {
    /// The frame around a function's body; its operands begin at slot `base`.
    pub(super) fn function(ty: &'a FuncType, base: u32) -> Frame<'a> {
        let (params, results) = (Widths::None, Widths::Many(&ty.results));
        Frame { kind: Kind::Function, params, results, height: 0, base, branches: 0 }
    }

    /// What a branch to its label takes along.
    fn label(&self) -> Widths<'a> {
        match self.kind {
            Kind::Loop(_) => self.params,
            _ => self.results,
        }
    }
}

/// Reads past an operator that cannot be reached.
pub(super) fn skip(f: &mut Folder<'_>, op: &Operator<'_>) {
    match op {
        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => f.dead_blocks += 1,
        Operator::Else if f.dead_blocks == 0 => otherwise(f),
        Operator::End if f.dead_blocks == 0 => end(f),
        Operator::End => f.dead_blocks -= 1,
        _ => {}
    }
}

/// Notes that the next operator cannot be reached.
pub(super) fn returned(f: &mut Folder<'_>) {
    f.reachable = false;
    f.last = None;
}

/// `unreachable`
pub(super) fn unreachable(f: &mut Folder<'_>) {
    f.emit(&[cell(Op::unreachable, 0, 0, 0)]);
    returned(f);
}

/// `block`
pub(super) fn block(f: &mut Folder<'_>, ty: BlockType) {
    let (params, _) = widths(f, ty);
    f.settle_locals(params.len());
    open(f, Kind::Block, ty);
}

/// `loop`
pub(super) fn loop_(f: &mut Folder<'_>, ty: BlockType) {
    let (params, _) = widths(f, ty);
    // Code that takes the loop over finds every operand in its slot, which has a number: not so in the widest frames.
    let counts = f.functions.has_tiers() && f.size != Size::Wide;
    f.settle(params.len());
    f.settle_locals(0);
    if counts {
        f.put_constants();
    }
    f.last = None;
    open(f, Kind::Loop(f.cells.len()), ty);
    if counts {
        f.emit(&[cell_imm(Op::count_loop, 0, f.offset as u32)]);
    }
}

/// `if`
pub(super) fn if_(f: &mut Folder<'_>, ty: BlockType) {
    let condition = condition(f);
    let (params, _) = widths(f, ty);
    f.settle(params.len());
    f.settle_locals(0);
    let fixup = branch_on(f, condition, false);
    f.last = None;
    open(f, Kind::If(fixup), ty);
}

/// `else`
pub(super) fn otherwise(f: &mut Folder<'_>) {
    let Some(mut frame) = f.control.pop() else { return };
    if f.reachable {
        f.settle(frame.results.len());
        let branch = branch_always(f);
        wait(f, &mut frame, branch);
    }
    if let Kind::If(fixup) = frame.kind {
        lead_here(f, fixup);
    }
    f.truncate(frame.height);
    push_all(f, frame.params);
    f.reachable = true;
    f.control.push(Frame { kind: Kind::Block, ..frame });
}

/// `end`
pub(super) fn end(f: &mut Folder<'_>) {
    let Some(frame) = f.control.pop() else { return };
    if frame.kind == Kind::Function {
        if f.reachable {
            return_values(f, frame.results);
        }
        bind(f, &frame);
        return;
    }
    if f.reachable {
        f.settle(frame.results.len());
    }
    if let Kind::If(fixup) = frame.kind {
        // The other arm is empty: the parameters, in their slots, are the results.
        lead_here(f, fixup);
    }
    bind(f, &frame);
    f.truncate(frame.height);
    push_all(f, frame.results);
    f.reachable = true;
}

/// `br`
pub(super) fn br(f: &mut Folder<'_>, depth: u32) {
    branch(f, depth);
    returned(f);
}

/// `br_if`
pub(super) fn br_if(f: &mut Folder<'_>, depth: u32) {
    let condition = condition(f);
    let frame = target(f, depth);
    if frame.kind != Kind::Function && in_place(f, &frame) {
        f.settle(frame.label().len());
        let fixup = branch_on(f, condition, true);
        resolve(f, depth, fixup);
        return;
    }
    // What is settled here is in its place on both ways.
    if frame.label().len() > 1 {
        f.settle(frame.label().len());
    }
    let over = branch_on(f, condition, false);
    branch(f, depth);
    lead_here(f, over);
}

/// `br_table`
pub(super) fn br_table(f: &mut Folder<'_>, targets: &BrTable<'_>) -> Result<(), DecodeError> {
    let index = f.pop();
    let index = f.hold(index);
    let default = targets.default();
    f.settle(target(f, default).label().len());
    f.emit(&[cell_imm(Op::br_table, index, targets.len())]);
    // A branch for each index; where values have to move, it leads to a stub behind the table, one for each label.
    let mut stubs: Vec<(u32, Vec<usize>)> = Vec::new();
    let mut numbers: HashMap<u32, usize> = HashMap::new();
    for depth in targets.targets().chain([Ok(default)]) {
        let depth = depth?;
        let frame = target(f, depth);
        let fixup = branch_always(f);
        if frame.kind != Kind::Function && in_place(f, &frame) {
            resolve(f, depth, fixup);
            continue;
        }
        let number = *numbers.entry(depth).or_insert_with(|| {
            stubs.push((depth, Vec::new()));
            stubs.len() - 1
        });
        stubs[number].1.push(fixup);
    }
    for (depth, branches) in stubs {
        for fixup in branches {
            lead_here(f, fixup);
        }
        branch(f, depth);
    }
    returned(f);
    Ok(())
}

/// `return`
pub(super) fn return_(f: &mut Folder<'_>) {
    let results = f.control.first().map_or(Widths::None, |function| function.results);
    return_values(f, results);
    returned(f);
}

/// Returns the topmost operands, which stay on the stack.
fn return_values(f: &mut Folder<'_>, results: Widths<'_>) {
    match (results.len(), f.stack.last().copied()) {
        (0, _) => f.emit(&[cell(Op::return_none, 0, 0, 0)]),
        (1, Some(operand)) => {
            let from = f.read(operand);
            f.emit(&[cell(if operand.wide { Op::return_wide } else { Op::return_one }, from, 0, 0)]);
        }
        (count, _) => {
            let first = f.settle(count);
            if f.shifts(first) {
                f.move_slots(0, first, results.slots());
                f.emit(&[cell_imm(Op::return_many, 0, results.slots())]);
            } else {
                let from = f.number(first);
                f.emit(&[cell_imm(Op::return_many, from, results.slots())]);
            }
        }
    }
}

/// Branches to a label, with the topmost operands, which stay on the stack.
fn branch(f: &mut Folder<'_>, depth: u32) {
    let frame = target(f, depth);
    if frame.kind == Kind::Function {
        return return_values(f, frame.results);
    }
    let label = frame.label();
    match (label.len(), f.stack.last().copied()) {
        (0, _) => {}
        (1, Some(operand)) => f.put(frame.base, operand),
        (count, _) => {
            let first = f.settle(count);
            if first != frame.base {
                f.move_slots(frame.base, first, label.slots());
            }
        }
    }
    let fixup = branch_always(f);
    resolve(f, depth, fixup);
}

/// Whether the topmost operands have the slots in which a label expects them.
fn in_place(f: &Folder<'_>, frame: &Frame<'_>) -> bool {
    frame.label().len() == 0 || f.stack.len() == frame.height + frame.label().len()
}

/// Takes the topmost operand as what a branch depends on.
fn condition(f: &mut Folder<'_>) -> Condition {
    let operand: Operand = f.pop();
    if let Some(last) = f.is_last(operand).filter(|_| f.size == Size::Usual) {
        let made = f.cells[last.start];
        let (op, form) = Op::of(made);
        if let Some(operands) = form.operands().filter(|_| op.compares()) {
            let (first, second, to) = ((made >> 32) as u16, (made >> 48) as u16, (made >> 16) as u16);
            let constant = f.cells.get(last.start + 1).copied();
            f.cells.truncate(last.start);
            return Condition::Compare { op, places: Places { operands, first, second, constant }, to };
        }
    }
    Condition::Slot(f.hold(operand))
}

/// Branches if the condition holds, or if it does not. Where to is open: the result is a position in `fixups`.
fn branch_on(f: &mut Folder<'_>, condition: Condition, holds: bool) -> usize {
    let slot = match condition {
        Condition::Slot(slot) => slot,
        Condition::Compare { op, places, to } => {
            let Places { operands, first, second, .. } = places;
            let wanted = if holds { Some(op) } else { op.negated() };
            let start = f.cells.len();
            if let Some(op) = wanted {
                f.emit(&[form_cell(op, Form::branch(operands), first, second, 0)]);
                f.emit(places.further());
                return add_fixup(f, start, true);
            }
            f.emit(&[form_cell(op, Form::of(operands), to, first, second)]);
            f.emit(places.further());
            to
        }
    };
    f.emit(&[cell_imm(if holds { Op::br_if } else { Op::br_unless }, slot, 0)]);
    add_fixup(f, f.cells.len() - 1, false)
}

/// Branches. Where to is open: the result is a position in `fixups`.
fn branch_always(f: &mut Folder<'_>) -> usize {
    f.emit(&[cell_imm(Op::br, 0, 0)]);
    add_fixup(f, f.cells.len() - 1, false)
}

/// Notes that a cell is a branch whose target is open. Whichever way is taken, nothing is known of the last result there.
fn add_fixup(f: &mut Folder<'_>, cell: usize, is_short: bool) -> usize {
    f.last = None;
    f.fixups.push(Fixup { cell, is_short, next: 0 });
    f.fixups.len() - 1
}

/// Makes a branch lead to a label: at once to a loop, which has begun, and otherwise once the block ends.
fn resolve(f: &mut Folder<'_>, depth: u32, fixup: usize) {
    let position = f.control.len() - 1 - depth as usize;
    match f.control[position].kind {
        Kind::Loop(header) => lead(f, fixup, header),
        _ => {
            let mut frame = f.control[position];
            wait(f, &mut frame, fixup);
            f.control[position] = frame;
        }
    }
}

/// Has a branch wait for a block's end.
fn wait(f: &mut Folder<'_>, frame: &mut Frame<'_>, fixup: usize) {
    f.fixups[fixup].next = frame.branches;
    frame.branches = fixup + 1;
}

/// Makes all branches that wait for a block's end lead to the next cell.
fn bind(f: &mut Folder<'_>, frame: &Frame<'_>) {
    let mut next = frame.branches;
    while let Some(fixup) = next.checked_sub(1) {
        next = f.fixups[fixup].next;
        lead_here(f, fixup);
    }
    f.last = None;
}

/// Makes a branch lead to the next cell.
fn lead_here(f: &mut Folder<'_>, fixup: usize) {
    lead(f, fixup, f.cells.len());
    f.last = None;
}

fn lead(f: &mut Folder<'_>, fixup: usize, to: usize) {
    let Fixup { cell, is_short, .. } = f.fixups[fixup];
    let offset = to as i64 - cell as i64;
    let made = &mut f.cells[cell];
    if is_short {
        match i16::try_from(offset) {
            Ok(offset) => *made = *made & !(0xffff << 48) | u64::from(offset as u16) << 48,
            Err(_) => f.is_larger = true,
        }
    } else {
        // A body has at most some millions of cells.
        *made = *made & 0xffff_ffff | u64::from(offset as i32 as u32) << 32;
    }
}

/// The frame that a branch of that depth leads to.
fn target<'a>(f: &Folder<'a>, depth: u32) -> Frame<'a> {
    f.control[f.control.len() - 1 - depth as usize]
}

/// Enters a block whose parameters are on the operand stack.
fn open(f: &mut Folder<'_>, kind: Kind, ty: BlockType) {
    let (params, results) = widths(f, ty);
    let height = f.stack.len() - params.len();
    let base = f.stack.get(height).map_or(f.top, |operand| operand.slot);
    // The results may take more slots than anything in the block does.
    f.frame_slots = f.frame_slots.max(base + results.slots());
    f.control.push(Frame { kind, params, results, height, base, branches: 0 });
}

fn push_all(f: &mut Folder<'_>, widths: Widths<'_>) {
    for index in 0..widths.len() {
        f.push_temp(widths.get(index));
    }
}

/// The widths of a block's parameters and results.
fn widths<'a>(f: &Folder<'a>, ty: BlockType) -> (Widths<'a>, Widths<'a>) {
    match ty {
        BlockType::Empty => (Widths::None, Widths::None),
        BlockType::Value(ty) => (Widths::None, Widths::One(ty == ValType::V128)),
        BlockType::Index(index) => {
            let ty = &f.module.types[index as usize];
            (Widths::Many(&ty.params), Widths::Many(&ty.results))
        }
    }
}

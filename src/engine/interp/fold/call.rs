//! Calls: arguments stand in a row at the top of the operand stack, which is where the callee's frame begins.
//! spec: exec/instructions#exec-call

use super::control::returned;
use super::{Folder, Op, cell, cell_imm};
use crate::engine::interp::exec::slots_of;
use crate::engine::types::{FuncIdx, FuncType, TypeIdx, ValType};

/// `call`
pub(super) fn direct(f: &mut Folder<'_>, function: u32) {
    let (module, index) = (f.module, FuncIdx(function));
    let ty = module.func_type(index);
    let first = f.settle(ty.params.len());
    let from = f.shift_to(first);
    match module.defined_func(index) {
        Some(own) => f.emit(&[cell_imm(Op::call, from, own.0)]),
        None => {
            let place = f.layout.imported_func(function);
            let number = u64::from(module.functions[index.index()].0);
            f.emit(&[cell_imm(Op::call_import, from, place), number]);
        }
    }
    f.unshift(first);
    results(f, ty);
}

/// `call_indirect`
pub(super) fn indirect(f: &mut Folder<'_>, ty: u32, table: u32) {
    let index = f.pop();
    let further = indirect_cells(f, ty, table);
    let module = f.module;
    let ty = &module.types[ty as usize];
    // The index has its own slot where the arguments end: nothing is put there before the call.
    let (first, mut number) = (f.stack.len() - ty.params.len(), 0);
    let first = f.stack.get(first).map_or(f.top, |operand| operand.slot);
    match f.shifts(first) {
        true => f.put(index.slot, index),
        false => number = f.read(index),
    }
    f.settle(ty.params.len());
    f.frame_slots = f.frame_slots.max(f.top + 1);
    let from = f.shift_to(first);
    if f.shifts(first) {
        number = f.number(index.slot - first);
    }
    f.emit(&[cell(Op::call_indirect, from, number, 0), further[0], further[1]]);
    f.unshift(first);
    results(f, ty);
}

/// `return_call`
pub(super) fn return_direct(f: &mut Folder<'_>, function: u32) {
    let (module, index) = (f.module, FuncIdx(function));
    let ty = module.func_type(index);
    let from = arguments_to_replace(f, ty);
    let count = slots_of(&ty.params) as u16;
    match module.defined_func(index) {
        Some(own) => f.emit(&[cell(Op::return_call, from, count, 0), u64::from(own.0)]),
        None => {
            let place = u64::from(f.layout.imported_func(function));
            let number = u64::from(module.functions[index.index()].0);
            f.emit(&[cell(Op::return_call_import, from, count, 0), place, number]);
            room_for_results(f, from, ty);
        }
    }
    returned(f);
}

/// `return_call_indirect`
pub(super) fn return_indirect(f: &mut Folder<'_>, ty: u32, table: u32) {
    let index = f.pop();
    let further = indirect_cells(f, ty, table);
    let module = f.module;
    let ty = &module.types[ty as usize];
    let index = match f.stages.is_some() {
        // Whatever is there, the function ends here; and the arguments do not reach as far.
        true => {
            f.put(ABOVE_ARGUMENTS, index);
            f.number(ABOVE_ARGUMENTS)
        }
        false => f.read(index),
    };
    let from = arguments_to_replace(f, ty);
    f.frame_slots = f.frame_slots.max(f.top + 1);
    let count = slots_of(&ty.params) as u16;
    f.emit(&[cell(Op::return_call_indirect, from, index, count), further[0], further[1]]);
    room_for_results(f, from, ty);
    returned(f);
}

/// A slot that is behind all arguments of a function, which may have 1,000.
const ABOVE_ARGUMENTS: u32 = 60_000;

/// Puts the arguments of a call in tail position in a row, and gives the number of the first one's slot.
fn arguments_to_replace(f: &mut Folder<'_>, ty: &FuncType) -> u16 {
    let first = f.settle(ty.params.len());
    if f.shifts(first) {
        f.move_slots(0, first, slots_of(&ty.params) as u32);
        return 0;
    }
    f.number(first)
}

/// What an indirect call says behind its first cell.
fn indirect_cells(f: &Folder<'_>, ty: u32, table: u32) -> [u64; 2] {
    let expected = f.functions.type_id(TypeIdx(ty));
    [u64::from(expected.0) | u64::from(f.layout.table(table)) << 32, u64::from(ty)]
}

/// Replaces the arguments by the results, which the callee leaves in the same place.
fn results(f: &mut Folder<'_>, ty: &FuncType) {
    let below = f.stack.len().saturating_sub(ty.params.len());
    f.truncate(below);
    for ty in &ty.results {
        f.push_temp(*ty == ValType::V128);
    }
    f.last = None;
}

/// A host function leaves its results where the arguments were, before they are returned.
fn room_for_results(f: &mut Folder<'_>, from: u16, ty: &FuncType) {
    f.frame_slots = f.frame_slots.max(u32::from(from) + slots_of(&ty.results) as u32);
}

//! Locals, globals, constants and references. spec: exec/instructions#variable-instructions

use super::stack::Value;
use super::{Folder, Op, cell, cell_imm};
use crate::engine::types::{GlobalIdx, ValType};

/// `local.get`: nothing is done until the value is used.
pub(super) fn get(f: &mut Folder<'_>, local: u32) {
    let (slot, wide) = f.locals.place(local);
    f.push_local(slot, wide);
}

/// `local.set`: the instruction before computes into the local where it can.
pub(super) fn set(f: &mut Folder<'_>, local: u32) {
    let (slot, _) = f.locals.place(local);
    let operand = f.pop();
    f.preserve(slot);
    if let Some(last) = f.is_last(operand) {
        let number = f.number(slot);
        let cell = &mut f.cells[last.cell];
        *cell = *cell & !(0xffff << last.shift) | u64::from(number) << last.shift;
        f.last = Some(super::Produced { slot, ..last });
    } else {
        f.put(slot, operand);
    }
}

/// `local.tee`
pub(super) fn tee(f: &mut Folder<'_>, local: u32) {
    set(f, local);
    get(f, local);
}

/// `global.get`
pub(super) fn global_get(f: &mut Folder<'_>, global: u32) {
    let (place, form, ty) = global_place(f, global, Op::global_get32, Op::imported_get32);
    f.produce(ty == ValType::V128, |to| cell_imm(form, to, place));
}

/// `global.set`
pub(super) fn global_set(f: &mut Folder<'_>, global: u32) {
    let from = f.pop_slot();
    let (place, form, _) = global_place(f, global, Op::global_set32, Op::imported_set32);
    f.emit(&[cell_imm(form, from, place)]);
}

/// A global's place in the context, the instruction for its width, and its type.
fn global_place(f: &Folder<'_>, global: u32, own: Op, imported: Op) -> (u32, Op, ValType) {
    let ty = f.module.globals[GlobalIdx(global).index()].content;
    let form = match ty {
        ValType::I32 | ValType::F32 | ValType::EXTERNREF => 0,
        ValType::V128 => 2,
        _ => 1,
    };
    match global.checked_sub(f.module.imported_globals) {
        Some(index) => (f.layout.defined_global(index), own.row_behind(form), ty),
        None => (f.layout.imported_global(global), imported.row_behind(form), ty),
    }
}

/// `drop`
pub(super) fn drop(f: &mut Folder<'_>) {
    f.pop();
}

/// `select`
pub(super) fn select(f: &mut Folder<'_>) {
    let (condition, second, first) = (f.pop(), f.pop(), f.pop());
    let wide = first.wide;
    let (first, second, condition) = (f.read(first), f.read(second), f.read(condition));
    let start = f.cells.len();
    let slot = f.push_temp(wide);
    let to = f.number_of_result(slot);
    f.emit(&[cell(if wide { Op::select_wide } else { Op::select }, condition, first, second), u64::from(to)]);
    if f.stages.is_some() {
        return f.unstage(slot, wide);
    }
    f.last = Some(super::Produced { start, cell: start + 1, shift: 0, end: f.cells.len(), slot, kind: None });
}

/// `ref.is_null`
pub(super) fn is_null(f: &mut Folder<'_>) {
    // Null handles are zero in all bits, as references to functions are.
    let from = f.pop_slot();
    f.produce(false, |to| cell(Op::ref_is_null, to, from, 0));
}

/// `ref.func`
pub(super) fn ref_func(f: &mut Folder<'_>, function: u32) {
    let number = f.module.func_ref(crate::engine::types::FuncIdx(function)).unwrap_or_default();
    let place = f.layout.func_ref(number);
    f.produce(false, |to| cell_imm(Op::ref_func, to, place));
}

/// `v128.const`
pub(super) fn v128_const(f: &mut Folder<'_>, bits: u128) {
    f.produce_with(true, None, |to| cell_imm(Op::const_wide, to, 0), &[bits as u64, (bits >> 64) as u64]);
}

/// The constant that an operand is, if it is one.
pub(super) fn constant(value: Value) -> Option<u64> {
    match value {
        Value::Const(bits) => Some(bits),
        _ => None,
    }
}

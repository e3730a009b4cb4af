//! Memories and tables. spec: exec/instructions#memory-instructions

use super::stack::Operand;
use super::variable::constant;
use super::{Folder, Kind, Op, cell, cell_imm};
use crate::engine::interp::op::{Base, Form, Reach, cell as form_cell};
use crate::engine::module::MemArg;
use crate::engine::types::{HeapType, TableIdx};

/// The further cell that names any memory and offset.
fn far(f: &Folder<'_>, memarg: MemArg) -> u64 {
    memarg.offset & 0xffff_ffff | u64::from(f.layout.memory(memarg.memory)) << 32
}

/// How an access names its memory and offset: its reach, the small offset, the further cell.
fn reach(f: &Folder<'_>, memarg: MemArg) -> (Reach, u16, Option<u64>) {
    match (memarg.memory, u16::try_from(memarg.offset)) {
        (0, Ok(offset)) => (Reach::Near, offset, None),
        (0, Err(_)) => (Reach::Large, 0, Some(memarg.offset)),
        _ => (Reach::Far, 0, Some(far(f, memarg))),
    }
}

/// The address of an access to the default memory at a constant place.
fn place(memarg: MemArg, address: Operand) -> Option<u64> {
    constant(address.value).filter(|_| memarg.memory == 0).map(|base| base + memarg.offset)
}

/// A load of a number; `kind` says whether it is a float.
pub(super) fn load(f: &mut Folder<'_>, op: Op, memarg: MemArg, kind: Kind) {
    load_as(f, op, memarg, Some(kind));
}

/// A load of a vector.
pub(super) fn load_wide(f: &mut Folder<'_>, op: Op, memarg: MemArg) {
    load_as(f, op, memarg, None);
}

fn load_as(f: &mut Folder<'_>, op: Op, memarg: MemArg, kind: Option<Kind>) {
    let address = f.pop();
    if let Some(place) = place(memarg, address) {
        let form = Form::access(Reach::Large, Base::None);
        return f.produce_with(kind.is_none(), kind, |to| form_cell(op, form, to, 0, 0), &[place]);
    }
    let (base, number) = match f.is_last_result(address, Kind::Integer) {
        true => (Base::Last, 0),
        false => (Base::Slot, f.read(address)),
    };
    let (reach, offset, further) = reach(f, memarg);
    let form = Form::access(reach, base);
    f.produce_with(kind.is_none(), kind, |to| form_cell(op, form, to, number, offset), further.as_slice());
}

/// A store; `kind` says whether what is stored is a float, and is nothing for a vector.
pub(super) fn store(f: &mut Folder<'_>, op: Op, memarg: MemArg, kind: Option<Kind>) {
    let (value, address) = (f.pop(), f.pop());
    let (mut value_number, mut value_is_last) = (0, false);
    if constant(value.value).is_some() {
        value_number = f.read(value);
    } else if kind.is_some_and(|kind| f.is_last_result(value, kind)) {
        value_is_last = true;
    } else {
        value_number = f.read(value);
    }
    let place = place(memarg, address);
    let (reach, offset, further) = match place {
        Some(place) => (Reach::Large, 0, Some(place)),
        None => reach(f, memarg),
    };
    let (base, address) = match (place, value_is_last) {
        (Some(_), true) => (Base::NoneLastValue, 0),
        (Some(_), false) => (Base::None, 0),
        (None, true) => (Base::LastValue, f.read(address)),
        (None, false) if f.is_last_result(address, Kind::Integer) => (Base::Last, 0),
        (None, false) => (Base::Slot, f.read(address)),
    };
    f.emit(&[form_cell(op, Form::access(reach, base), address, value_number, offset)]);
    f.emit(further.as_slice());
}

/// A load into a lane of a vector.
pub(super) fn load_lane(f: &mut Folder<'_>, op: Op, memarg: MemArg, lane: u8) {
    let (vector, address) = (f.pop(), f.pop());
    let (address, vector) = (f.read(address), f.read(vector));
    let far = far(f, memarg);
    f.produce_with(true, None, |to| cell(op, to, address, vector), &[far, u64::from(lane)]);
}

/// A store of a lane of a vector.
pub(super) fn store_lane(f: &mut Folder<'_>, op: Op, memarg: MemArg, lane: u8) {
    let (vector, address) = (f.pop(), f.pop());
    let (address, vector) = (f.read(address), f.read(vector));
    let far = far(f, memarg);
    f.emit(&[cell(op, address, vector, u16::from(lane)), far]);
}

/// `memory.size`
pub(super) fn size(f: &mut Folder<'_>, memory: u32) {
    let place = f.layout.memory(memory);
    f.produce(false, |to| cell_imm(Op::memory_size, to, place));
}

/// `memory.grow`
pub(super) fn grow(f: &mut Folder<'_>, memory: u32) {
    let delta = f.pop_slot();
    f.produce_with(false, None, |to| cell(Op::memory_grow, to, delta, 0), &[u64::from(memory)]);
}

/// An operation with three operands, and a further cell.
pub(super) fn bulk(f: &mut Folder<'_>, op: Op, low: u32, high: u32) {
    let (third, second, first) = (f.pop(), f.pop(), f.pop());
    let (first, second, third) = (f.read(first), f.read(second), f.read(third));
    f.emit(&[cell(op, first, second, third), u64::from(low) | u64::from(high) << 32]);
}

/// `memory.fill`
pub(super) fn fill(f: &mut Folder<'_>, memory: u32) {
    bulk(f, Op::memory_fill, f.layout.memory(memory), 0);
}

/// `memory.copy`
pub(super) fn copy(f: &mut Folder<'_>, to: u32, from: u32) {
    bulk(f, Op::memory_copy, f.layout.memory(to), f.layout.memory(from));
}

/// `data.drop` and `elem.drop`
pub(super) fn drop_segment(f: &mut Folder<'_>, op: Op, segment: u32) {
    f.emit(&[cell_imm(op, 0, segment)]);
}

/// 0 for a table of functions, 1 for one of host values.
fn kind(f: &Folder<'_>, table: u32) -> u16 {
    u16::from(f.module.tables[TableIdx(table).index()].element.heap == HeapType::Extern)
}

/// `table.get`
pub(super) fn table_get(f: &mut Folder<'_>, table: u32) {
    let index = f.pop_slot();
    let (place, kind) = (u64::from(f.layout.table(table)), kind(f, table));
    f.produce_with(false, None, |to| cell(Op::table_get, to, index, kind), &[place]);
}

/// `table.set`
pub(super) fn table_set(f: &mut Folder<'_>, table: u32) {
    let (value, index) = (f.pop(), f.pop());
    let (index, value) = (f.read(index), f.read(value));
    f.emit(&[cell(Op::table_set, index, value, 0), u64::from(table)]);
}

/// `table.size`
pub(super) fn table_size(f: &mut Folder<'_>, table: u32) {
    let place = f.layout.table(table);
    f.produce(false, |to| cell_imm(Op::table_size, to, place));
}

/// `table.grow`
pub(super) fn table_grow(f: &mut Folder<'_>, table: u32) {
    let (delta, init) = (f.pop(), f.pop());
    let (init, delta) = (f.read(init), f.read(delta));
    f.produce_with(false, None, |to| cell(Op::table_grow, to, init, delta), &[u64::from(table)]);
}

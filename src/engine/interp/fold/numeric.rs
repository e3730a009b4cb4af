//! Arithmetic: which form of an instruction its operands allow. spec: exec/instructions#numeric-instructions

use super::stack::Operand;
use super::variable::constant;
use super::{Folder, Kind, Op};
use crate::engine::interp::op::{Form, Operands, cell, with_op};

/// The type of an instruction's operands, as far as constants in it go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Width {
    /// Integers of 32 bits.
    W32,
    /// Integers of 64 bits.
    W64,
    /// Floats: there is no form with a small constant.
    Float,
}

/// Where the two operands of an instruction are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    pub(super) operands: Operands,
    /// What the cell says of them.
    pub(super) first: u16,
    pub(super) second: u16,
    /// The further cell.
    pub(super) constant: Option<u64>,
}

impl Places {
    /// The further cells of the instruction.
    pub(super) fn further(&self) -> &[u64] {
        self.constant.as_slice()
    }
}

/// An instruction with two operands, and a result of the same type.
pub(super) fn binary(f: &mut Folder<'_>, op: Op, width: Width) {
    let kind = if width == Width::Float { Kind::Float } else { Kind::Integer };
    two_operands(f, op, width, kind);
}

/// A comparison.
pub(super) fn compare(f: &mut Folder<'_>, op: Op, width: Width) {
    two_operands(f, op, width, Kind::Integer);
}

fn two_operands(f: &mut Folder<'_>, op: Op, width: Width, result: Kind) {
    let (mut second, mut first) = (f.pop(), f.pop());
    if constant(first.value).is_some() && is_commutative(op) {
        std::mem::swap(&mut first, &mut second);
    }
    let places = places(f, first, second, width);
    let Places { operands, first, second, .. } = places;
    f.produce_with(false, Some(result), |to| cell(op, Form::of(operands), to, first, second), places.further());
}

/// Finds places for two operands.
fn places(f: &mut Folder<'_>, first: Operand, second: Operand, width: Width) -> Places {
    let kind = if width == Width::Float { Kind::Float } else { Kind::Integer };
    if constant(first.value).is_some() {
        f.read(first);
    }
    let (slot, last, number, constant) = match (constant(second.value), small(second, width)) {
        (_, Some(small)) => (Operands::SlotSmall, Operands::LastSmall, small, None),
        (Some(bits), None) => (Operands::SlotConst, Operands::LastConst, 0, Some(bits)),
        (None, None) if f.is_last_result(second, kind) => {
            return Places { operands: Operands::SlotLast, first: slot_of(f, first), second: 0, constant: None };
        }
        (None, None) => (Operands::SlotSlot, Operands::LastSlot, slot_of(f, second), None),
    };
    match f.is_last_result(first, kind) {
        true => Places { operands: last, first: 0, second: number, constant },
        false => Places { operands: slot, first: slot_of(f, first), second: number, constant },
    }
}

/// The number of the slot that an operand is in; a constant has been put into its own.
fn slot_of(f: &mut Folder<'_>, operand: Operand) -> u16 {
    match constant(operand.value) {
        Some(_) => f.number_of_operand(operand.slot, false),
        None => f.read(operand),
    }
}

/// An instruction with one operand. Both kinds say whether it is a float.
pub(super) fn unary(f: &mut Folder<'_>, op: Op, from: Kind, to: Kind) {
    let operand = f.pop();
    let (operands, number) = match f.is_last_result(operand, from) {
        true => (Operands::LastSlot, 0),
        false => (Operands::SlotSlot, f.read(operand)),
    };
    f.produce_with(false, Some(to), |to| cell(op, Form::of(operands), to, number, 0), &[]);
}

/// `i32.eqz`: of an integer comparison, the opposite one; else a comparison with zero.
pub(super) fn eqz(f: &mut Folder<'_>) {
    let operand = f.pop();
    if let Some(last) = f.is_last(operand) {
        let (op, form) = Op::of(f.cells[last.start]);
        if let Some(negated) = op.negated() {
            f.cells[last.start] = with_op(f.cells[last.start], negated, form);
            f.push_temp(false);
            return;
        }
    }
    compare_with_zero(f, Op::i32_eq, operand);
}

/// `i64.eqz`
pub(super) fn eqz64(f: &mut Folder<'_>) {
    let operand = f.pop();
    compare_with_zero(f, Op::i64_eq, operand);
}

fn compare_with_zero(f: &mut Folder<'_>, op: Op, operand: Operand) {
    let zero = Operand { value: super::stack::Value::Const(0), slot: operand.slot + 1, wide: false };
    let places = places(f, operand, zero, Width::W32);
    let Places { operands, first, second, .. } = places;
    f.produce_with(false, Some(Kind::Integer), |to| cell(op, Form::of(operands), to, first, second), &[]);
}

/// A constant that fits an instruction's operand, extended by its sign.
fn small(operand: Operand, width: Width) -> Option<u16> {
    let bits = constant(operand.value)?;
    let value = match width {
        Width::W32 => i64::from(bits as i32),
        Width::W64 => bits as i64,
        Width::Float => return None,
    };
    i16::try_from(value).ok().map(|value| value as u16)
}

/// Whether the operands may change places. Of floats they may not: which of two NaNs comes out depends on it.
fn is_commutative(op: Op) -> bool {
    matches!(
        op,
        Op::i32_add
            | Op::i32_mul
            | Op::i32_and
            | Op::i32_or
            | Op::i32_xor
            | Op::i32_eq
            | Op::i32_ne
            | Op::i64_add
            | Op::i64_mul
            | Op::i64_and
            | Op::i64_or
            | Op::i64_xor
            | Op::i64_eq
            | Op::i64_ne
    )
}

//! The operand stack while folding: which slot each operand has, and where its value really is.
//!
//! `local.get` and constants put nothing into slots; the operand remembers what it stands for. Two things end that:
//!
//! * The local is about to change: operands that stand for it are put into their slots first.
//! * Something needs the operand in its place: arguments of calls, and values that a branch takes along.
//!
//! Where control flow splits, operands below must not depend on the way that is taken, so that all of them which stand
//! for locals are put into their slots where a block begins.

use super::{Folder, Op, cell, cell_imm};

/// An operand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operand {
    /// Where its value is.
    pub(super) value: Value,
    /// Its own slot.
    pub(super) slot: u32,
    /// Whether it takes two slots.
    pub(super) wide: bool,
}

/// Where an operand's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// In its own slot.
    Temp,
    /// In that slot, which is a local's; `below` is the position behind that of the next operand below that stands for the same
    /// local, or 0.
    Local { slot: u32, below: u32 },
    /// It is this constant; of 32 bits where the upper half is zero.
    Const(u64),
}

impl Folder<'_> {
    /// Pushes an operand whose value will be in its own slot, and gives that.
    pub(super) fn push_temp(&mut self, wide: bool) -> u32 {
        let slot = self.top;
        self.push(Value::Temp, wide);
        slot
    }

    fn push(&mut self, value: Value, wide: bool) {
        self.stack.push(Operand { value, slot: self.top, wide });
        self.top += if wide { 2 } else { 1 };
        self.frame_slots = self.frame_slots.max(self.top);
    }

    /// Pushes a constant.
    pub(super) fn push_const(&mut self, bits: u64) {
        self.push(Value::Const(bits), false);
    }

    /// Pushes an operand that stands for a local.
    pub(super) fn push_local(&mut self, slot: u32, wide: bool) {
        let index = slot as usize;
        if self.pending.len() <= index {
            self.pending.resize(index + 1, 0);
        }
        let below = self.pending[index];
        self.push(Value::Local { slot, below }, wide);
        self.pending[index] = self.stack.len() as u32;
    }

    /// Takes the topmost operand.
    pub(super) fn pop(&mut self) -> Operand {
        let Some(operand) = self.stack.pop() else {
            // Validation has made sure that there is one.
            return Operand { value: Value::Const(0), slot: self.top, wide: false };
        };
        if let Value::Local { slot, below } = operand.value {
            self.pending[slot as usize] = below;
        }
        self.top = operand.slot;
        self.clean = self.clean.min(self.stack.len());
        operand
    }

    /// The number of the slot in which an operand's value is; a constant is put into the operand's own one.
    pub(super) fn read(&mut self, operand: Operand) -> u16 {
        match operand.value {
            Value::Temp => self.number_of_operand(operand.slot, operand.wide),
            Value::Local { slot, .. } => self.number_of_operand(slot, operand.wide),
            Value::Const(bits) => {
                // The operand may have been taken already, but nothing else has its slot before the next result.
                self.frame_slots = self.frame_slots.max(operand.slot + 1);
                self.put_const(operand.slot, bits)
            }
        }
    }

    /// Takes the topmost operand, and gives the number of the slot in which its value is.
    pub(super) fn pop_slot(&mut self) -> u16 {
        let operand = self.pop();
        self.read(operand)
    }

    /// Puts a constant into a slot.
    pub(super) fn put_const(&mut self, slot: u32, bits: u64) -> u16 {
        self.forget_last(slot);
        let number = self.number_of_result(slot);
        match u32::try_from(bits) {
            Ok(small) => self.emit(&[cell_imm(Op::const32, number, small)]),
            Err(_) => self.emit(&[cell_imm(Op::const64, number, 0), bits]),
        }
        if self.stages.is_some() {
            self.unstage(slot, false);
        }
        number
    }

    /// Copies a value between slots.
    pub(super) fn put_copy(&mut self, to: u32, from: u32, wide: bool) {
        self.forget_last(to);
        if to == from {
            return;
        }
        let source = self.number_of_operand(from, wide);
        let target = self.number_of_result(to);
        self.emit(&[cell(if wide { Op::copy_wide } else { Op::copy }, target, source, 0)]);
        if self.stages.is_some() {
            self.unstage(to, wide);
        }
    }

    /// Another value comes into a slot: it is not the last result any more.
    fn forget_last(&mut self, slot: u32) {
        self.last = self.last.filter(|last| last.slot != slot);
    }

    /// Puts an operand's value into a slot.
    pub(super) fn put(&mut self, to: u32, operand: Operand) {
        match operand.value {
            Value::Temp => self.put_copy(to, operand.slot, operand.wide),
            Value::Local { slot, .. } => self.put_copy(to, slot, operand.wide),
            Value::Const(bits) => {
                self.put_const(to, bits);
            }
        }
    }

    /// Puts the topmost operands into their own slots, so that they stand in a row, and gives the first one's slot; that of
    /// the next operand for none.
    pub(super) fn settle(&mut self, count: usize) -> u32 {
        let first = self.stack.len().saturating_sub(count);
        for position in (first.max(self.clean)..self.stack.len()).rev() {
            self.settle_at(position);
        }
        // Below `clean` there may still be constants.
        for position in first..self.clean.min(self.stack.len()) {
            if matches!(self.stack[position].value, Value::Const(_)) {
                self.settle_at(position);
            }
        }
        self.stack.get(first).map_or(self.top, |operand| operand.slot)
    }

    /// Puts an operand into its own slot. Those that stand for the same local above it have to be there already.
    fn settle_at(&mut self, position: usize) {
        let operand = self.stack[position];
        if operand.value == Value::Temp {
            return;
        }
        self.put(operand.slot, operand);
        if let Value::Local { slot, below } = operand.value {
            self.pending[slot as usize] = below;
        }
        self.stack[position].value = Value::Temp;
    }

    /// Puts constants into their own slots, and goes on taking them for constants: where control flow joins, slots do not have
    /// them on every way that leads there.
    pub(super) fn put_constants(&mut self) {
        for position in 0..self.stack.len() {
            if let Operand { value: Value::Const(bits), slot, .. } = self.stack[position] {
                self.put_const(slot, bits);
            }
        }
    }

    /// Puts the operands that stand for a local into their own slots, before it changes.
    pub(super) fn preserve(&mut self, slot: u32) {
        while let Some(position) = self.pending.get(slot as usize).and_then(|behind| behind.checked_sub(1)) {
            self.settle_at(position as usize);
        }
    }

    /// Puts the operands that stand for locals into their own slots, but for so many at the top.
    pub(super) fn settle_locals(&mut self, but: usize) {
        let end = self.stack.len().saturating_sub(but);
        // From above: those that stay are no locals of these, or stand for them and are above.
        for position in (self.clean..end).rev() {
            if let Value::Local { slot, .. } = self.stack[position].value {
                self.preserve(slot);
            }
        }
        self.clean = self.clean.max(end);
    }

    /// Takes operands until there are so many.
    pub(super) fn truncate(&mut self, len: usize) {
        while self.stack.len() > len {
            self.pop();
        }
    }

    /// Whether the last instruction has left its result in this operand's slot and nothing has come since.
    pub(super) fn is_last(&self, operand: Operand) -> Option<super::Produced> {
        let last = self.last.filter(|last| last.end == self.cells.len() && last.slot == operand.slot)?;
        (operand.value == Value::Temp).then_some(last)
    }
}

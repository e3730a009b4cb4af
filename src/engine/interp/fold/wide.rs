//! Functions with more slots than instructions can number: what is far away is staged.
//!
//! Behind the parameters some slots are left free. An operand in a slot without a number is copied to one of these first,
//! by an instruction that says where from in 32 bits, and a result is copied from there. Nothing else is different: such
//! functions are rare, and have other things to worry about than speed.

use super::stack::Operand;
use super::{Folder, Op, cell, cell_imm};

/// The slots that are left free.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stages {
    /// The first of them.
    first: u32,
    /// The pair that was used last. No instruction has more operands than there are pairs.
    used: u32,
}

/// How many pairs of slots are left free.
const PAIRS: u32 = 8;

impl Folder<'_> {
    /// Leaves slots free behind the parameters, which are all that has been declared.
    pub(super) fn reserve_stages(&mut self) {
        self.stages = Some(Stages { first: self.locals.slots, used: 0 });
        self.locals.skip(2 * PAIRS);
    }

    /// The number of a free pair of slots.
    fn stage(&mut self) -> u16 {
        let Some(stages) = &mut self.stages else { return 0 };
        // The first pair is for what is held.
        stages.used = stages.used % (PAIRS - 1) + 1;
        let slot = stages.first + 2 * stages.used;
        self.number(slot)
    }

    /// The number of a slot whose value is read: of its stage, to which it is copied now, where it has none of its own.
    pub(super) fn number_of_operand(&mut self, slot: u32, wide: bool) -> u16 {
        match u16::try_from(slot) {
            Err(_) if self.stages.is_some() => {
                let stage = self.stage();
                self.emit(&[cell_imm(if wide { Op::fetch_wide } else { Op::fetch }, stage, slot)]);
                stage
            }
            _ => self.number(slot),
        }
    }

    /// The number of a slot that gets a value: of its stage where it has none of its own, see `unstage`.
    pub(super) fn number_of_result(&mut self, slot: u32) -> u16 {
        match u16::try_from(slot) {
            Err(_) if self.stages.is_some() => self.stage(),
            _ => self.number(slot),
        }
    }

    /// Copies the result of the last instruction from its stage to a slot without a number.
    pub(super) fn unstage(&mut self, slot: u32, wide: bool) {
        self.last = None;
        if let (Err(_), Some(stages)) = (u16::try_from(slot), self.stages) {
            let stage = self.number(stages.first + 2 * stages.used);
            self.emit(&[cell_imm(if wide { Op::put_away_wide } else { Op::put_away }, stage, slot)]);
        }
    }

    /// The number of a slot with an operand's value that nothing changes until the instruction which the operand is for.
    pub(super) fn hold(&mut self, operand: Operand) -> u16 {
        let number = self.read(operand);
        let Some(stages) = self.stages else { return number };
        // Other operands are put into their places before.
        let held = self.number(stages.first);
        self.emit(&[cell(Op::copy, held, number, 0)]);
        held
    }

    /// Moves a row of slots.
    pub(super) fn move_slots(&mut self, to: u32, from: u32, count: u32) {
        if self.stages.is_some() {
            self.emit(&[cell_imm(Op::move_far, 0, to), u64::from(from) | u64::from(count) << 32]);
        } else {
            let (to, from) = (self.number(to), self.number(from));
            self.emit(&[cell(Op::copy_many, to, from, 0), u64::from(count)]);
        }
    }

    /// Begins an instruction whose arguments begin in a slot: gives the slot's number, for which the frame is shifted where it
    /// has none. `unshift` ends that.
    pub(super) fn shift_to(&mut self, slot: u32) -> u16 {
        match self.shifts(slot) {
            true => {
                self.emit(&[cell_imm(Op::shift, 0, slot)]);
                0
            }
            false => self.number(slot),
        }
    }

    /// Undoes what `shift_to` did for the same slot.
    pub(super) fn unshift(&mut self, slot: u32) {
        if self.shifts(slot) {
            self.emit(&[cell_imm(Op::shift, 0, slot.wrapping_neg())]);
        }
    }

    /// Whether the frame is shifted for arguments in a slot.
    pub(super) fn shifts(&self, slot: u32) -> bool {
        self.stages.is_some() && u16::try_from(slot).is_err()
    }
}

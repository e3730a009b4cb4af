//! The instructions of each family, in all their forms: operands from slots or the last result, the function of the same
//! name, the result into a slot or for the next instruction alone.
//!
//! A family is one function, generic in what is computed, where operands come from and where the result goes; the table
//! of instructions names each combination.

use super::handler;
use super::state::{self, Slot, State};
use crate::engine::abi::TrapCode;

/// What an instruction of two operands computes.
pub(super) trait Binary {
    type Operand: Slot;
    type Result: Slot;
    fn compute(a: Self::Operand, b: Self::Operand) -> Result<Self::Result, TrapCode>;
}

/// What a comparison says.
pub(super) trait Compare {
    type Operand: Slot;
    fn holds(a: Self::Operand, b: Self::Operand) -> bool;
}

/// What an instruction of one operand computes.
pub(super) trait Unary {
    type From: Slot;
    type To: Slot;
    fn compute(a: Self::From) -> Result<Self::To, TrapCode>;
}

/// What a load makes of the bytes, and a store of the value. `N` is their number.
pub(super) trait Access<const N: usize> {
    type Value: Slot;
    fn value(bytes: [u8; N]) -> Self::Value;
    fn bytes(value: Self::Value) -> [u8; N];
}

/// Where two operands come from; `first` and `second` are what the cell says of them.
pub(super) trait Source {
    /// Cells of the instruction.
    const CELLS: usize = 1;
    fn get<T: Slot>(s: &State, first: u16, second: u16) -> (T, T);
}

macro_rules! sources {
    ($($(#[$doc:meta])* $name:ident, $cells:literal: |$s:ident, $a:ident, $b:ident, $ty:ident| $value:expr;)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;

        impl Source for $name {
            const CELLS: usize = $cells;

            #[inline(always)]
            fn get<$ty: Slot>($s: &State, $a: u16, $b: u16) -> ($ty, $ty) {
                $value
            }
        }
    )*};
}

sources! {
    /// `Operands::SlotSlot`
    SlotSlot, 1: |s, a, b, T| (s.get(a), s.get(b));
    /// `Operands::SlotSmall`
    SlotSmall, 1: |s, a, b, T| (s.get(a), T::from_imm(b));
    /// `Operands::LastSlot`
    LastSlot, 1: |s, _a, b, T| (T::from_last(s), s.get(b));
    /// `Operands::LastSmall`
    LastSmall, 1: |s, _a, b, T| (T::from_last(s), T::from_imm(b));
    /// `Operands::SlotLast`
    SlotLast, 1: |s, a, _b, T| (s.get(a), T::from_last(s));
    /// `Operands::SlotConst`
    SlotConst, 2: |s, a, _b, T| (s.get(a), T::from_slots(s.cell_at(1), 0));
    /// `Operands::LastConst`
    LastConst, 2: |s, _a, _b, T| (T::from_last(s), T::from_slots(s.cell_at(1), 0));
}

/// Where one operand comes from.
pub(super) trait Place {
    fn get<T: Slot>(s: &State, number: u16) -> T;
}

/// A slot.
pub(super) struct InSlot;
/// The last result.
pub(super) struct IsLast;

/// Nowhere: it is zero.
pub(super) struct Absent;

impl Place for Absent {
    #[inline(always)]
    fn get<T: Slot>(_: &State, _: u16) -> T {
        T::from_slots(0, 0)
    }
}

impl Place for InSlot {
    #[inline(always)]
    fn get<T: Slot>(s: &State, number: u16) -> T {
        s.get(number)
    }
}

impl Place for IsLast {
    #[inline(always)]
    fn get<T: Slot>(s: &State, _: u16) -> T {
        T::from_last(s)
    }
}

/// Where a result goes, besides to the next instruction.
pub(super) trait Target {
    fn put<T: Slot>(s: &mut State, number: u16, value: T);
}

/// To a slot.
pub(super) struct Stored;
/// To nowhere else.
pub(super) struct Unstored;

impl Target for Stored {
    #[inline(always)]
    fn put<T: Slot>(s: &mut State, number: u16, value: T) {
        s.set(number, value);
        value.to_last(s);
    }
}

impl Target for Unstored {
    #[inline(always)]
    fn put<T: Slot>(s: &mut State, _: u16, value: T) {
        value.to_last(s);
    }
}

/// Which bytes an access is to: where it reads the offset, and which memory it is.
pub(super) trait Reached {
    const CELLS: usize;
    /// The address, and the memory.
    fn place(s: &State, base: u32, near: u16) -> (u64, *mut u8, usize);
}

/// `Reach::Near`
pub(super) struct Near;
/// `Reach::Large`
pub(super) struct Large;
/// `Reach::Far`
pub(super) struct Far;

impl Reached for Near {
    const CELLS: usize = 1;

    #[inline(always)]
    fn place(s: &State, base: u32, near: u16) -> (u64, *mut u8, usize) {
        (u64::from(base) + u64::from(near), s.memory, s.memory_len)
    }
}

impl Reached for Large {
    const CELLS: usize = 2;

    #[inline(always)]
    fn place(s: &State, base: u32, _: u16) -> (u64, *mut u8, usize) {
        (u64::from(base) + s.cell_at(1), s.memory, s.memory_len)
    }
}

impl Reached for Far {
    const CELLS: usize = 2;

    #[inline(always)]
    fn place(s: &State, base: u32, _: u16) -> (u64, *mut u8, usize) {
        let further = s.cell_at(1);
        let (memory, len) = s.memory_at((further >> 32) as u32);
        (u64::from(base) + u64::from(further as u32), memory, len)
    }
}

// `a` becomes what is computed of `b` and `c`.
handler!(binary[O: Binary, S: Source, T: Target](s, cell) {
    let (first, second) = S::get::<O::Operand>(&s, cell.b(), cell.c());
    match O::compute(first, second) {
        Ok(value) => {
            T::put(&mut s, cell.a(), value);
            s.next(S::CELLS)
        }
        Err(code) => s.trap(code),
    }
});

// `a` becomes 1 where the comparison of `b` and `c` holds, and 0 where it does not.
handler!(compare[O: Compare, S: Source, T: Target](s, cell) {
    let (first, second) = S::get::<O::Operand>(&s, cell.b(), cell.c());
    T::put(&mut s, cell.a(), u32::from(O::holds(first, second)));
    s.next(S::CELLS)
});

// Leads `c` cells further where the comparison of `a` and `b` holds.
handler!(branch[O: Compare, S: Source](s, cell) {
    let (first, second) = S::get::<O::Operand>(&s, cell.a(), cell.b());
    if O::holds(first, second) { s.jump(i32::from(cell.c() as i16)) } else { s.next(S::CELLS) }
});

// `a` becomes what is computed of `b`.
handler!(unary[O: Unary, P: Place, T: Target](s, cell) {
    match O::compute(P::get(&s, cell.b())) {
        Ok(value) => {
            T::put(&mut s, cell.a(), value);
            s.next(1)
        }
        Err(code) => s.trap(code),
    }
});

// `a` becomes what is at the address `b` with the offset `c`.
handler!(load[const N: usize, O: Access<N>, R: Reached, P: Place, T: Target](s, cell) {
    let (address, memory, len) = R::place(&s, P::get(&s, cell.b()), cell.c());
    match state::load::<N>(memory, len, address) {
        Some(bytes) => {
            T::put(&mut s, cell.a(), O::value(bytes));
            s.next(R::CELLS)
        }
        None => s.trap(TrapCode::MemoryOutOfBounds),
    }
});

// The bytes at the address `a` with the offset `c` become `b`.
handler!(store[const N: usize, O: Access<N>, R: Reached, A: Place, V: Place](s, cell) {
    let (address, memory, len) = R::place(&s, A::get(&s, cell.a()), cell.c());
    match state::store(memory, len, address, O::bytes(V::get(&s, cell.b()))) {
        true => s.next(R::CELLS),
        false => s.trap(TrapCode::MemoryOutOfBounds),
    }
});

/// The address of an access to any memory, and that memory.
#[inline(always)]
pub(super) fn far(s: &State, base: u16) -> (u64, *mut u8, usize) {
    Far::place(s, s.get(base), 0)
}

//! What an instruction sees: the registers of the interpreter, which travel from one instruction to the next as arguments.
//!
//! What touches cells, slots, memory and contexts, the accessors here and the instructions that have more to do, relies on
//! what folding guarantees of a function's cells, which no guest input can change:
//!
//! * Every instruction has all its cells, and after each that goes on stands another one; branches lead to the first
//!   cell of an instruction of the same function.
//! * Every slot that an instruction names lies in the frame, for which a call has made sure that there is room.
//! * An instruction that names a memory, table, global or function names one that the instance has.
//!
//! In builds with debug assertions slots are compared with the end of the frame's room all the same.

use super::run::Run;
use super::{CONTINUE, Exit, TABLE};
use crate::engine::abi::{TrapCode, VMContext, VMMemory, VMMemorySlot};
use crate::engine::interp::simd::V128;
use std::ptr;

/// An instruction: takes the registers, and goes on to the next one or ends the run.
pub(super) type Handler = extern "C" fn(
    ip: *const u64,
    fp: *mut u64,
    memory: *mut u8,
    memory_len: usize,
    run: *mut Run,
    last: u64,
    last_float: f64,
) -> Exit;

/// The registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// The instruction's first cell.
    pub(super) ip: *const u64,
    /// First slot of the frame.
    pub(super) fp: *mut u64,
    /// First byte of the memory with index 0.
    pub(super) memory: *mut u8,
    /// Its length in bytes.
    pub(super) memory_len: usize,
    /// The run, for what is needed less often.
    pub(super) run: *mut Run,
    /// The result of the instruction before, if it was an integer.
    pub(super) last: u64,
    /// The result of the instruction before, if it was a float; of 32 bits in the lower half.
    pub(super) last_float: f64,
}

/// The first cell of an instruction, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell(*const u64);

impl Cell {
    #[inline(always)]
    pub(super) fn a(self) -> u16 {
        self.quarter(1)
    }

    #[inline(always)]
    pub(super) fn b(self) -> u16 {
        self.quarter(2)
    }

    #[inline(always)]
    pub(super) fn c(self) -> u16 {
        self.quarter(3)
    }

    /// `b` and `c` together.
    #[inline(always)]
    pub(super) fn imm(self) -> u32 {
        // SAFETY: The address is that of a cell.
        (unsafe { self.0.read() } >> 32) as u32
    }

    /// 16 bits of the cell, counted from the lowest: one load each, which is less than a shift of the whole.
    #[inline(always)]
    fn quarter(self, number: usize) -> u16 {
        let position = if cfg!(target_endian = "little") { number } else { 3 - number };
        // SAFETY: A cell has four quarters, and its address is that of a cell.
        unsafe { self.0.cast::<u16>().wrapping_add(position).read() }
    }
}

/// A value that slots hold.
pub(super) trait Slot: Copy {
    /// How many slots it takes.
    const WIDTH: usize;
    /// From its slots.
    fn from_slots(low: u64, high: u64) -> Self;
    /// To its slots; the second is ignored where there is one alone.
    fn to_slots(self) -> (u64, u64);
    /// From a small constant, extended by its sign.
    fn from_imm(imm: u16) -> Self;
    /// From the last result.
    fn from_last(s: &State) -> Self;
    /// To the last result.
    fn to_last(self, s: &mut State);
}

macro_rules! slots {
    ($($ty:ident in $last:ident: $slot:ident => $from:expr, $value:ident => $to:expr, $imm:ident => $small:expr,
        $state:ident => $of_last:expr, $put:expr;)*) => {$(
        impl Slot for $ty {
            const WIDTH: usize = 1;

            #[inline(always)]
            fn from_slots($slot: u64, _: u64) -> Self {
                $from
            }

            #[inline(always)]
            fn to_slots(self) -> (u64, u64) {
                let $value = self;
                ($to, 0)
            }

            #[inline(always)]
            fn from_imm($imm: u16) -> Self {
                $small
            }

            #[inline(always)]
            fn from_last($state: &State) -> Self {
                $of_last
            }

            #[inline(always)]
            fn to_last(self, s: &mut State) {
                let $value = self;
                s.$last = $put;
            }
        }
    )*};
}

slots! {
    i32 in last: s => s as i32, v => u64::from(v as u32), i => i32::from(i as i16), l => l.last as i32, u64::from(v as u32);
    u32 in last: s => s as u32, v => u64::from(v), i => i32::from(i as i16) as u32, l => l.last as u32, u64::from(v);
    i64 in last: s => s as i64, v => v as u64, i => i64::from(i as i16), l => l.last as i64, v as u64;
    u64 in last: s => s, v => v, i => i64::from(i as i16) as u64, l => l.last, v;
    f32 in last_float: s => f32::from_bits(s as u32), v => u64::from(v.to_bits()), i => f32::from(i as i16),
        l => f32::from_bits(l.last_float.to_bits() as u32), f64::from_bits(u64::from(v.to_bits()));
    f64 in last_float: s => f64::from_bits(s), v => v.to_bits(), i => f64::from(i as i16), l => l.last_float, v;
}

impl Slot for V128 {
    const WIDTH: usize = 2;

    #[inline(always)]
    fn from_slots(low: u64, high: u64) -> Self {
        V128(u128::from(low) | u128::from(high) << 64)
    }

    #[inline(always)]
    fn to_slots(self) -> (u64, u64) {
        (self.0 as u64, (self.0 >> 64) as u64)
    }

    #[inline(always)]
    fn from_imm(_: u16) -> Self {
        V128(0)
    }

    #[inline(always)]
    fn from_last(_: &State) -> Self {
        V128(0)
    }

    #[inline(always)]
    fn to_last(self, _: &mut State) {}
}

impl State {
    /// The instruction's first cell.
    #[inline(always)]
    pub(super) fn cell(&self) -> Cell {
        Cell(self.ip)
    }

    /// A further cell of the instruction.
    #[inline(always)]
    pub(super) fn cell_at(&self, position: usize) -> u64 {
        // SAFETY: Folding gave the instruction all its cells, which live as long as the function's module.
        unsafe { self.ip.wrapping_add(position).read() }
    }

    /// Goes on to the instruction behind this one, which has that many cells.
    #[inline(always)]
    pub(super) fn next(self, cells: usize) -> Exit {
        // Folding has put another instruction behind each that goes on.
        let ip = self.ip.wrapping_add(cells);
        State { ip, ..self }.go_on()
    }

    /// Goes on to the instruction so many cells away.
    #[inline(always)]
    pub(super) fn jump(self, offset: i32) -> Exit {
        // Folding has made branches lead to instructions of the same function.
        let ip = self.ip.wrapping_offset(offset as isize);
        State { ip, ..self }.go_on()
    }

    /// Goes on to the instruction at `ip`.
    #[cfg(threaded_dispatch)]
    #[inline(always)]
    pub(super) fn go_on(self) -> Exit {
        self.call(self.handler())
    }

    /// Goes on to the instruction at `ip`, by way of the loop.
    #[cfg(not(threaded_dispatch))]
    #[inline(always)]
    pub(super) fn go_on(self) -> Exit {
        self.run_mut().state = self;
        CONTINUE
    }

    /// Runs from here to the end of the run, and gives the number of the trap, or 0.
    pub(super) fn execute(self) -> Exit {
        let mut state = self;
        loop {
            let exit = state.call(state.handler());
            if exit != CONTINUE {
                return exit;
            }
            state = state.run_mut().state;
        }
    }

    /// The function of the instruction at `ip`.
    #[inline(always)]
    fn handler(&self) -> Handler {
        let number = usize::from(self.cell().quarter(0));
        debug_assert!(number < TABLE.len());
        // SAFETY: Folding puts numbers of instructions into cells, all of which the table has.
        unsafe { *TABLE.as_ptr().wrapping_add(number) }
    }

    /// Goes on with a function that takes the registers.
    #[inline(always)]
    pub(super) fn call(self, handler: Handler) -> Exit {
        handler(self.ip, self.fp, self.memory, self.memory_len, self.run, self.last, self.last_float)
    }

    /// Ends the run with a trap at this instruction.
    #[inline(always)]
    pub(super) fn trap(self, code: TrapCode) -> Exit {
        trap(self.run, self.ip, code as Exit)
    }

    /// The run.
    #[inline(always)]
    pub(super) fn run_mut<'a>(self) -> &'a mut Run {
        // SAFETY: The run stands on the stack of `enter`, which has not returned, and whoever takes this reference uses no
        // other one meanwhile: handlers take it for single statements.
        unsafe { &mut *self.run }
    }

    #[inline(always)]
    fn slot(&self, number: u16, width: usize) -> *mut u64 {
        // SAFETY: Folding has made slots lie in the frame, and frames in the interpreter's stack.
        let slot = unsafe { self.fp.add(usize::from(number)) };
        debug_assert!(slot.addr() + width * 8 <= self.run_mut().shared.calls.addr(), "a slot outside of the frame");
        slot
    }

    /// The value of a slot.
    #[inline(always)]
    pub(super) fn get<T: Slot>(&self, number: u16) -> T {
        read(self.slot(number, T::WIDTH))
    }

    /// Changes a slot.
    #[inline(always)]
    pub(super) fn set<T: Slot>(&self, number: u16, value: T) {
        write(self.slot(number, T::WIDTH), value);
    }

    /// The value of a slot with a large number.
    pub(super) fn get_far<T: Slot>(&self, number: u32) -> T {
        read(self.fp.wrapping_add(number as usize))
    }

    /// Changes a slot with a large number.
    pub(super) fn set_far<T: Slot>(&self, number: u32, value: T) {
        write(self.fp.wrapping_add(number as usize), value);
    }

    /// Moves slots with large numbers, which may overlap.
    pub(super) fn move_far(&self, to: u32, from: u32, count: usize) {
        let (to, from) = (self.fp.wrapping_add(to as usize), self.fp.wrapping_add(from as usize));
        // SAFETY: Both ranges lie in the frame.
        unsafe { ptr::copy(from, to, count) };
    }

    /// Makes a value of one, by a function of its own: what it needs of the stack is gone when the next instruction begins.
    #[inline(always)]
    pub(super) fn apply<A: Slot, R: Slot>(&self, to: u16, from: u16, compute: impl Fn(A) -> R) {
        #[inline(never)]
        fn apply<A: Slot, R: Slot>(to: *mut u64, from: *const u64, compute: impl Fn(A) -> R) {
            write(to, compute(read(from)));
        }
        apply(self.slot(to, R::WIDTH), self.slot(from, A::WIDTH), compute);
    }

    /// As `apply`, of two values.
    #[inline(always)]
    pub(super) fn apply2<A: Slot, B: Slot, R: Slot>(&self, to: u16, from: [u16; 2], compute: impl Fn(A, B) -> R) {
        #[inline(never)]
        fn apply<A: Slot, B: Slot, R: Slot>(to: *mut u64, a: *const u64, b: *const u64, compute: impl Fn(A, B) -> R) {
            write(to, compute(read(a), read(b)));
        }
        apply(self.slot(to, R::WIDTH), self.slot(from[0], A::WIDTH), self.slot(from[1], B::WIDTH), compute);
    }

    /// As `apply`, of three vectors.
    #[inline(always)]
    pub(super) fn apply3(&self, to: u16, from: [u16; 3], compute: impl Fn(V128, V128, V128) -> V128) {
        #[inline(never)]
        fn apply(
            to: *mut u64,
            a: *const u64,
            b: *const u64,
            c: *const u64,
            compute: impl Fn(V128, V128, V128) -> V128,
        ) {
            write(to, compute(read(a), read(b), read(c)));
        }
        apply(self.slot(to, 2), self.slot(from[0], 2), self.slot(from[1], 2), self.slot(from[2], 2), compute);
    }

    /// Moves slots, which may overlap.
    #[inline(always)]
    pub(super) fn copy_slots(&self, to: u16, from: u16, count: usize) {
        // SAFETY: Both ranges lie in the frame.
        unsafe { ptr::copy(self.slot(from, count), self.slot(to, count), count) };
    }

    /// Makes slots zero.
    #[inline(always)]
    pub(super) fn clear_slots(&self, from: u16, count: usize) {
        // SAFETY: The range lies in the frame.
        unsafe { ptr::write_bytes(self.slot(from, count), 0, count) };
    }

    /// The first byte and the length of any memory, by the offset of its slot in the context.
    #[inline(always)]
    pub(super) fn memory_at(&self, offset: u32) -> (*mut u8, usize) {
        // SAFETY: Folding took the offset from the layout of the context, which has that memory.
        let memory = unsafe { (*self.context_at::<VMMemorySlot>(offset)).memory };
        // SAFETY: The memory lives as long as the store; only growing changes its record, and nothing grows it now.
        let memory = unsafe { &*memory };
        (memory.base, memory.len_bytes)
    }

    /// The instance.
    #[inline(always)]
    pub(super) fn context(&self) -> *mut VMContext {
        self.run_mut().context
    }

    /// Goes on with other registers, in an instance.
    #[inline(always)]
    pub(super) fn enter(self, context: *mut VMContext, next: State) -> Exit {
        if context == self.context() {
            return next.go_on();
        }
        self.run_mut().context = context;
        next.reload().go_on()
    }

    /// Takes the default memory's place and size anew: after whatever may have grown it.
    #[inline(always)]
    pub(super) fn reload(mut self) -> State {
        // SAFETY: The context is that of an instance whose store is running.
        let memory: *mut VMMemory = unsafe { (*self.context()).default_memory };
        if memory.is_null() {
            (self.memory, self.memory_len) = (ptr::null_mut(), 0);
        } else {
            // SAFETY: The memory lives as long as the store, and nothing changes its record now.
            let memory = unsafe { &*memory };
            (self.memory, self.memory_len) = (memory.base, memory.len_bytes);
        }
        self
    }

    /// An item of the context that is a value: a global.
    #[inline(always)]
    pub(super) fn context_at<T>(&self, offset: u32) -> *mut T {
        self.context().wrapping_byte_add(offset as usize).cast()
    }
}

/// The value of a slot of a frame.
#[inline(always)]
fn read<T: Slot>(slot: *const u64) -> T {
    // SAFETY: Slots that instructions name lie in the frame. Any bits are a value.
    let low = unsafe { slot.read() };
    // SAFETY: As above; wide values have two slots.
    let high = if T::WIDTH == 2 { unsafe { slot.wrapping_add(1).read() } } else { 0 };
    T::from_slots(low, high)
}

/// Changes a slot of a frame.
#[inline(always)]
fn write<T: Slot>(slot: *mut u64, value: T) {
    let (low, high) = value.to_slots();
    // SAFETY: Slots that instructions name lie in the frame, and nothing refers to frames.
    unsafe { slot.write(low) };
    if T::WIDTH == 2 {
        // SAFETY: As above; wide values have two slots.
        unsafe { slot.wrapping_add(1).write(high) };
    }
}

/// Ends a run with a trap at an instruction.
#[cold]
#[inline(never)]
fn trap(run: *mut Run, ip: *const u64, code: Exit) -> Exit {
    // SAFETY: The run stands on the stack of `enter`, which has not returned.
    unsafe { (*run).shared.ip = ip };
    code
}

/// Bytes of a memory at an address, or nothing beyond its end.
#[inline(always)]
pub(super) fn load<const N: usize>(memory: *mut u8, len: usize, address: u64) -> Option<[u8; N]> {
    if address.wrapping_add(N as u64) > len as u64 || address > u64::MAX - N as u64 {
        return None;
    }
    // SAFETY: The bytes lie in the memory. They may change at any time where threads share it; any bytes are good.
    Some(unsafe { memory.wrapping_add(address as usize).cast::<[u8; N]>().read_unaligned() })
}

/// Changes bytes of a memory at an address; false beyond its end.
#[inline(always)]
pub(super) fn store<const N: usize>(memory: *mut u8, len: usize, address: u64, bytes: [u8; N]) -> bool {
    if address.wrapping_add(N as u64) > len as u64 || address > u64::MAX - N as u64 {
        return false;
    }
    // SAFETY: The bytes lie in the memory, which nobody holds a reference to while wasm runs.
    unsafe { memory.wrapping_add(address as usize).cast::<[u8; N]>().write_unaligned(bytes) };
    true
}

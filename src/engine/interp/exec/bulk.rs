//! Memories and tables as a whole. spec: exec/instructions#memory-instructions
//!
//! What changes more than bytes is done by the runtime's helpers, the same that generated code calls.

use super::call::note_host_call;
use super::handler;
use super::state::State;
use crate::engine::abi::{
    Builtin, TrapCode, VMContext, VMFuncElement, VMTable, VMTableSlot, builtin_type, for_each_builtin,
};
use crate::engine::interp::simd::{self, V128};
use std::mem::transmute;
use std::ptr;

macro_rules! builtin_callers {
    ($($(#[$doc:meta])* $name:ident($($param:ident: $ty:ident),*) -> $result:ident;)*) => {
        /// The runtime's helpers by name.
        #[allow(dead_code, reason = "moves and fills are done here")]
        pub(super) mod helpers {
            use super::{Builtin, VMContext, builtin_type, transmute};

            $(
                $(#[$doc])*
                #[inline(always)]
                pub(in super::super) fn $name(context: *mut VMContext, $($param: builtin_type!($ty)),*) -> builtin_type!($result) {
                    type Helper = unsafe extern "C" fn(*mut VMContext, $(builtin_type!($ty)),*) -> builtin_type!($result);
                    // SAFETY: The context is that of an instance whose store is running.
                    let helpers = unsafe { (*context).builtins };
                    // SAFETY: The table has an address for each helper, in this order.
                    let address = unsafe { helpers.add(Builtin::$name as usize).read() };
                    // SAFETY: The address is that of a function of this shape: both come from the same table.
                    let helper = unsafe { transmute::<*const u8, Helper>(address) };
                    // SAFETY: The context is the caller's, and whatever the instruction names was validated.
                    unsafe { helper(context, $($param),*) }
                }
            )*
        }
    };
}

for_each_builtin!(builtin_callers);

/// The two halves of a further cell.
#[inline(always)]
fn halves(s: &State, position: usize) -> (u32, u32) {
    let cell = s.cell_at(position);
    (cell as u32, (cell >> 32) as u32)
}

/// The address of a range of a memory, or nothing where it leaves it.
#[inline(always)]
fn range((memory, len): (*mut u8, usize), start: u32, count: u32) -> Option<*mut u8> {
    let end = u64::from(start) + u64::from(count);
    (end <= len as u64).then(|| memory.wrapping_add(start as usize))
}

// Pages of the memory whose slot is at offset `imm`.
handler!(memory_size(s, cell) {
    let (_, len) = s.memory_at(cell.imm());
    s.set(cell.a(), (len >> 16) as u32);
    s.next(1)
});

// The memory with the number in the further cell grows by `b` pages.
handler!(memory_grow(s, cell) {
    // What grows a memory is shown in profiles as a helper that was called: by its number, from 1 on.
    note_host_call(s.run, s.ip, s.fp, ptr::without_provenance(Builtin::memory_grow as usize + 1));
    let before = helpers::memory_grow(s.context(), s.cell_at(1) as u32, u64::from(s.get::<u32>(cell.b())));
    s.run_mut().shared.is_outside = false;
    s.set(cell.a(), before as u32);
    s.reload().next(2)
});

// From `a` on, the value `b`, as often as `c`, in the memory that the further cell names.
handler!(memory_fill(s, cell) {
    let (memory, _) = halves(&s, 1);
    let count = s.get::<u32>(cell.c());
    match range(s.memory_at(memory), s.get(cell.a()), count) {
        Some(start) => {
            // SAFETY: The range lies in the memory, which nobody holds a reference to while wasm runs.
            unsafe { ptr::write_bytes(start, s.get::<u32>(cell.b()) as u8, count as usize) };
            s.next(2)
        }
        None => s.trap(TrapCode::MemoryOutOfBounds),
    }
});

// To `a` from `b` on, as many bytes as `c`; the further cell names the memory that is written and the one that is read.
handler!(memory_copy(s, cell) {
    let (to, from) = halves(&s, 1);
    let count = s.get::<u32>(cell.c());
    let to = range(s.memory_at(to), s.get(cell.a()), count);
    let from = range(s.memory_at(from), s.get(cell.b()), count);
    match (to, from) {
        (Some(to), Some(from)) => {
            // SAFETY: Both ranges lie in memories, which nobody holds a reference to while wasm runs. They may overlap.
            unsafe { ptr::copy(from, to, count as usize) };
            s.next(2)
        }
        _ => s.trap(TrapCode::MemoryOutOfBounds),
    }
});

/// The three operands of a bulk operation.
#[inline(always)]
fn operands(s: &State, cell: super::state::Cell) -> (u64, u64, u64) {
    let operand = |slot| u64::from(s.get::<u32>(slot));
    (operand(cell.a()), operand(cell.b()), operand(cell.c()))
}

handler!(memory_init(s, cell) {
    let ((memory, data), (dst, src, len)) = (halves(&s, 1), operands(&s, cell));
    match helpers::memory_init(s.context(), memory, data, dst, src, len) {
        0 => s.trap(TrapCode::MemoryOutOfBounds),
        _ => s.next(2),
    }
});

handler!(data_drop(s, cell) {
    helpers::data_drop(s.context(), cell.imm());
    s.next(1)
});

/// The table whose slot is at an offset of the context.
#[inline(always)]
pub(super) fn table_at<'a>(s: &State, offset: u32) -> &'a VMTable {
    // SAFETY: Folding took the offset from the layout of the context, which has that table.
    let table = unsafe { (*s.context_at::<VMTableSlot>(offset)).table };
    // SAFETY: The table lives as long as the store, and nothing changes its record while this reference is used.
    unsafe { &*table }
}

// The element `b` of the table at the offset in the further cell; `c` is 0 for one of functions.
handler!(table_get(s, cell) {
    let table = table_at(&s, s.cell_at(1) as u32);
    let index = s.get::<u32>(cell.b()) as usize;
    if index >= table.len {
        return s.trap(TrapCode::TableOutOfBounds);
    }
    let element = if cell.c() == 0 {
        let element = table.base.cast::<VMFuncElement>().wrapping_add(index);
        // SAFETY: The element lies in the table, which holds functions.
        unsafe { (*element).func_ref.addr() as u64 }
    } else {
        // SAFETY: The element lies in the table, which holds handles.
        u64::from(unsafe { table.base.cast::<u32>().wrapping_add(index).read() })
    };
    s.set(cell.a(), element);
    s.next(2)
});

// The element `a` of the table with the number in the further cell becomes `b`.
handler!(table_set(s, cell) {
    let index = u64::from(s.get::<u32>(cell.a()));
    match helpers::table_fill(s.context(), s.cell_at(1) as u32, index, s.get(cell.b()), 1) {
        0 => s.trap(TrapCode::TableOutOfBounds),
        _ => s.next(2),
    }
});

// Elements of the table at offset `imm`.
handler!(table_size(s, cell) {
    s.set(cell.a(), table_at(&s, cell.imm()).len as u32);
    s.next(1)
});

// The table with the number in the further cell grows by `c` elements, which become `b`.
handler!(table_grow(s, cell) {
    let delta = u64::from(s.get::<u32>(cell.c()));
    let before = helpers::table_grow(s.context(), s.cell_at(1) as u32, s.get(cell.b()), delta);
    s.set(cell.a(), before as u32);
    s.next(2)
});

// From `a` on, the reference `b`, as often as `c`, in the table with the number in the further cell.
handler!(table_fill(s, cell) {
    let (dst, len) = (u64::from(s.get::<u32>(cell.a())), u64::from(s.get::<u32>(cell.c())));
    match helpers::table_fill(s.context(), s.cell_at(1) as u32, dst, s.get(cell.b()), len) {
        0 => s.trap(TrapCode::TableOutOfBounds),
        _ => s.next(2),
    }
});

handler!(table_copy(s, cell) {
    let ((to, from), (dst, src, len)) = (halves(&s, 1), operands(&s, cell));
    match helpers::table_copy(s.context(), to, from, dst, src, len) {
        0 => s.trap(TrapCode::TableOutOfBounds),
        _ => s.next(2),
    }
});

handler!(table_init(s, cell) {
    let ((table, elem), (dst, src, len)) = (halves(&s, 1), operands(&s, cell));
    match helpers::table_init(s.context(), table, elem, dst, src, len) {
        0 => s.trap(TrapCode::TableOutOfBounds),
        _ => s.next(2),
    }
});

handler!(elem_drop(s, cell) {
    helpers::elem_drop(s.context(), cell.imm());
    s.next(1)
});

// The bytes that the two further cells number, of `b` and `c`. spec: exec/instructions#exec-vec-shuffle
handler!(i8x16_shuffle(s, cell) {
    let lanes = u128::from(s.cell_at(1)) | u128::from(s.cell_at(2)) << 64;
    let shuffle = move |first: V128, second: V128| simd::i8x16_shuffle(first, second, lanes.to_le_bytes());
    s.apply2(cell.a(), [cell.b(), cell.c()], shuffle);
    s.next(3)
});

//! Copies, constants, selections, locals, globals and references. spec: exec/instructions#variable-instructions

use super::handler;
use super::state::State;
use crate::engine::abi::{VMFuncRef, VMGlobal};
use crate::engine::interp::simd::V128;

// `a` becomes `b`.
handler!(copy(s, cell) {
    s.set(cell.a(), s.get::<u64>(cell.b()));
    s.next(1)
});

handler!(copy_wide(s, cell) {
    s.set(cell.a(), s.get::<V128>(cell.b()));
    s.next(1)
});

// The slots from `a` on become those from `b` on, as many as the further cell says.
handler!(copy_many(s, cell) {
    s.copy_slots(cell.a(), cell.b(), s.cell_at(1) as usize);
    s.next(2)
});

// The rest of this row is for functions with more slots than 16 bits number: `a` becomes the slot `imm`, or that becomes `a`.
handler!(fetch(s, cell) {
    s.set(cell.a(), s.get_far::<u64>(cell.imm()));
    s.next(1)
});

handler!(fetch_wide(s, cell) {
    s.set(cell.a(), s.get_far::<V128>(cell.imm()));
    s.next(1)
});

handler!(put_away(s, cell) {
    s.set_far(cell.imm(), s.get::<u64>(cell.a()));
    s.next(1)
});

handler!(put_away_wide(s, cell) {
    s.set_far(cell.imm(), s.get::<V128>(cell.a()));
    s.next(1)
});

// The slots from `imm` on become those that the further cell counts from.
handler!(move_far(s, cell) {
    let from = s.cell_at(1);
    s.move_far(cell.imm(), from as u32, (from >> 32) as usize);
    s.next(2)
});

// The frame begins so many slots further on.
handler!(shift(s, cell) {
    let slots = cell.imm() as i32;
    State { fp: s.fp.wrapping_offset(slots as isize), ..s }.next(1)
});

handler!(const32(s, cell) {
    s.set(cell.a(), cell.imm());
    s.next(1)
});

handler!(const64(s, cell) {
    s.set(cell.a(), s.cell_at(1));
    s.next(2)
});

handler!(const_wide(s, cell) {
    s.set(cell.a(), V128(u128::from(s.cell_at(1)) | u128::from(s.cell_at(2)) << 64));
    s.next(3)
});

// `b` if `a` is not zero, else `c`, into the slot that the further cell names. spec: exec/instructions#exec-select
handler!(select(s, cell) {
    let chosen = if s.get::<u32>(cell.a()) != 0 { s.get::<u64>(cell.b()) } else { s.get(cell.c()) };
    s.set(s.cell_at(1) as u16, chosen);
    s.next(2)
});

handler!(select_wide(s, cell) {
    let chosen = if s.get::<u32>(cell.a()) != 0 { s.get::<V128>(cell.b()) } else { s.get(cell.c()) };
    s.set(s.cell_at(1) as u16, chosen);
    s.next(2)
});

/// The value of an own global, whose offset in the context the instruction gives.
#[inline(always)]
fn own<T>(s: &State, offset: u32) -> *mut T {
    s.context_at::<T>(offset)
}

/// The value of an imported global: the context has its address.
#[inline(always)]
fn imported<T>(s: &State, offset: u32) -> *mut T {
    let place = s.context_at::<*mut VMGlobal>(offset);
    // SAFETY: Folding took the offset from the layout of the context, where the address of a global of the store stands.
    unsafe { place.read() }.cast()
}

macro_rules! globals {
    ($($place:ident: $get:ident $set:ident $ty:ident;)*) => {$(
        handler!($get(s, cell) {
            // SAFETY: The place is that of a global of this width, which nobody holds a reference to.
            let value = unsafe { $place::<$ty>(&s, cell.imm()).read() };
            s.set(cell.a(), value);
            s.next(1)
        });

        handler!($set(s, cell) {
            // SAFETY: The place is that of a global of this width, which nobody holds a reference to.
            unsafe { $place::<$ty>(&s, cell.imm()).write(s.get(cell.a())) };
            s.next(1)
        });
    )*};
}

globals! {
    own: global_get32 global_set32 u32;
    own: global_get64 global_set64 u64;
    imported: imported_get32 imported_set32 u32;
    imported: imported_get64 imported_set64 u64;
}

macro_rules! wide_globals {
    ($($place:ident: $get:ident $set:ident;)*) => {$(
        handler!($get(s, cell) {
            // SAFETY: The place is that of a global, which nobody holds a reference to.
            let value = unsafe { $place::<VMGlobal>(&s, cell.imm()).read() };
            s.set(cell.a(), V128(u128::from_le_bytes(value.bytes)));
            s.next(1)
        });

        handler!($set(s, cell) {
            let bytes = s.get::<V128>(cell.a()).0.to_le_bytes();
            // SAFETY: The place is that of a global, which nobody holds a reference to.
            unsafe { $place::<VMGlobal>(&s, cell.imm()).write(VMGlobal { bytes }) };
            s.next(1)
        });
    )*};
}

wide_globals! {
    own: global_get_wide global_set_wide;
    imported: imported_get_wide imported_set_wide;
}

// Null is zero, of functions and of host values.
handler!(ref_is_null(s, cell) {
    s.set(cell.a(), u32::from(s.get::<u64>(cell.b()) == 0));
    s.next(1)
});

// The reference stands in the context, at the offset given.
handler!(ref_func(s, cell) {
    s.set(cell.a(), s.context_at::<VMFuncRef>(cell.imm()).addr() as u64);
    s.next(1)
});

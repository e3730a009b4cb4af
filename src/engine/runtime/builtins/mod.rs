//! The functions behind `abi::for_each_builtin`: their `extern "C"` entries, and the table of addresses that contexts point to.
//!
//! An entry finds the store and the instance of its caller and hands over to safe code in [`memory`] and [`mod@table`]. Nothing
//! in there panics: every index was validated, every range is checked, all arithmetic is. Only `move_bytes` and
//! `set_bytes` take addresses of the host: generated code has checked their ranges itself, so that small moves, which
//! programs make often, cost little more than the move.

pub(super) mod memory;

pub(super) mod table;

use super::instance::world;
use super::store::{InstanceId, StoreOpaque};
use crate::engine::abi::{Builtin, VMContext, VMStoreContext, builtin_type, for_each_builtin};
use crate::engine::sys::noting_entry;

macro_rules! builtin_entries {
    ($($(#[$doc:meta])* $name:ident($($param:ident: $ty:ident),*) -> $result:ident;)*) => {
        #[allow(unused_unsafe, reason = "rows that take addresses are unsafe, the others are not")]
        mod entries {
            use super::{InstanceId, StoreOpaque, VMContext, builtin_type, rows, world};

            $(
                $(#[$doc])*
                ///
                /// # Safety
                ///
                /// Only generated code may call it, with its own instance's context.
                pub(super) unsafe extern "C" fn $name(
                    context: *mut VMContext,
                    $($param: builtin_type!($ty)),*
                ) -> builtin_type!($result) {
                    // SAFETY: Generated code passes its own context, and nothing else uses the store while wasm runs.
                    let (store, id): (&mut StoreOpaque, InstanceId) = unsafe { world(context) };
                    // SAFETY: Generated code has validated or checked the operands as the row asks.
                    unsafe { rows::$name(store, id, $($param),*) }
                }
            )*
        }

        /// The addresses of all helpers, in the order of the table.
        static TABLE: BuiltinTable = BuiltinTable([$(entries::$name as *const u8),*]);

        /// Entries that leave a frame behind as host trampolines do, for stores with a profiler.
        mod noting {
            use super::{Builtin, VMStoreContext, entries, helper_mark, noting_entry};
            use std::mem::offset_of;

            $(
                noting_entry!(
                    $name => entries::$name,
                    helper_mark(Builtin::$name),
                    offset_of!(VMStoreContext, last_host_fp),
                    offset_of!(VMStoreContext, last_host_func)
                );
            )*
        }

        static NOTING_TABLE: BuiltinTable = BuiltinTable([$(noting::$name as *const u8),*]);
    };
}

for_each_builtin!(builtin_entries);

/// Addresses of functions.
struct BuiltinTable([*const u8; Builtin::ALL.len()]);

// SAFETY: The addresses are of functions, which never change.
unsafe impl Sync for BuiltinTable {}

/// What contexts point to; `noting` for the entries whose callers a profile can find.
pub(super) fn table(noting: bool) -> *const *const u8 {
    if noting { NOTING_TABLE.0.as_ptr() } else { TABLE.0.as_ptr() }
}

// The entries find the store by the first word of their caller's context.
const _: () = assert!(std::mem::offset_of!(VMContext, store) == 0);

/// What stands for a helper where the address of a host function stands otherwise: not null, and no address.
const fn helper_mark(helper: Builtin) -> usize {
    helper as usize + 1
}

/// The helper that an address of a host function stands for, if it is one's mark.
pub(super) fn marked_helper(address: usize) -> Option<Builtin> {
    Builtin::ALL.get(address.checked_sub(1)?).copied()
}

/// The rows of the table by name: operands in their types, outcomes as generated code takes them.
mod rows {
    use super::table::InitError;
    use super::{InstanceId, StoreOpaque, memory, table};
    use crate::engine::runtime::interpreted;
    use crate::engine::types::{DataIdx, ElemIdx, MemoryIdx, TableIdx};

    /// What a failed growth gives.
    const FAILED: u64 = u64::MAX;

    pub(super) fn memory_grow(store: &mut StoreOpaque, id: InstanceId, memory: u32, delta: u64) -> u64 {
        memory::grow(store, id, MemoryIdx(memory), delta).unwrap_or(FAILED)
    }

    /// # Safety
    ///
    /// Both ranges lie in memories of the caller's, which nothing else uses meanwhile.
    pub(super) unsafe fn move_bytes(_: &mut StoreOpaque, _: InstanceId, dst: u64, src: u64, len: u64) -> u32 {
        // SAFETY: The caller has compared both ranges with their memories' lengths. They may overlap.
        unsafe { std::ptr::copy(src as *const u8, dst as *mut u8, len as usize) };
        1
    }

    /// # Safety
    ///
    /// The range lies in a memory of the caller's, which nothing else uses meanwhile.
    pub(super) unsafe fn set_bytes(_: &mut StoreOpaque, _: InstanceId, dst: u64, value: u32, len: u64) -> u32 {
        // SAFETY: The caller has compared the range with its memory's length.
        unsafe { std::ptr::write_bytes(dst as *mut u8, value as u8, len as usize) };
        1
    }

    pub(super) fn memory_init(
        store: &mut StoreOpaque,
        id: InstanceId,
        memory: u32,
        data: u32,
        dst: u64,
        src: u64,
        len: u64,
    ) -> u32 {
        memory::init(store, id, MemoryIdx(memory), DataIdx(data), dst, src, len).is_ok().into()
    }

    pub(super) fn data_drop(store: &mut StoreOpaque, id: InstanceId, data: u32) -> u32 {
        store.instance_mut(id).drop_data(DataIdx(data));
        1
    }

    pub(super) fn table_grow(store: &mut StoreOpaque, id: InstanceId, table: u32, init: u64, delta: u64) -> u64 {
        table::grow(store, id, TableIdx(table), init, delta).unwrap_or(FAILED)
    }

    pub(super) fn table_copy(
        store: &mut StoreOpaque,
        id: InstanceId,
        to: u32,
        from: u32,
        dst: u64,
        src: u64,
        len: u64,
    ) -> u32 {
        table::copy(store, id, (TableIdx(to), TableIdx(from)), dst, src, len).is_ok().into()
    }

    pub(super) fn table_fill(
        store: &mut StoreOpaque,
        id: InstanceId,
        table: u32,
        dst: u64,
        value: u64,
        len: u64,
    ) -> u32 {
        table::fill(store, id, TableIdx(table), dst, value, len).is_ok().into()
    }

    pub(super) fn table_init(
        store: &mut StoreOpaque,
        id: InstanceId,
        table: u32,
        elem: u32,
        dst: u64,
        src: u64,
        len: u64,
    ) -> u32 {
        match table::init(store, id, TableIdx(table), ElemIdx(elem), dst, src, len) {
            Ok(()) => 1,
            Err(InitError::Trap(_) | InitError::Fault(_)) => 0,
        }
    }

    /// # Safety
    ///
    /// The first is the address of the record of a compiled function of the instance, the second that of its frame.
    pub(super) unsafe fn call_compiled(store: &mut StoreOpaque, id: InstanceId, function: u64, frame: u64) -> u32 {
        // SAFETY: The caller vouches for both.
        unsafe { interpreted::call_compiled(store, id, function as usize, frame as usize) }.into()
    }

    /// # Safety
    ///
    /// The first is the address of a reference to a compiled function of the store, the second that of its values.
    pub(super) unsafe fn call_reference(store: &mut StoreOpaque, _: InstanceId, func_ref: u64, values: u64) -> u32 {
        // SAFETY: The caller vouches for both.
        unsafe { interpreted::call_reference(store, func_ref as usize, values as usize) }.into()
    }

    /// # Safety
    ///
    /// The address is that of the record of a function of the instance.
    pub(super) unsafe fn heat_up(store: &mut StoreOpaque, id: InstanceId, function: u64, loop_at: u32) -> u64 {
        // SAFETY: The caller vouches for it.
        unsafe { interpreted::heat_up(store, id, function as usize, loop_at) as u64 }
    }

    /// # Safety
    ///
    /// The first is the address of a loop's code, the second that of the frame of the function which stands there.
    pub(super) unsafe fn call_loop(store: &mut StoreOpaque, id: InstanceId, code: u64, frame: u64) -> u32 {
        // SAFETY: The caller vouches for both.
        unsafe { interpreted::call_loop(store, id, code as usize, frame as usize) }.into()
    }

    pub(super) fn elem_drop(store: &mut StoreOpaque, id: InstanceId, elem: u32) -> u32 {
        store.instance_mut(id).drop_element(ElemIdx(elem));
        1
    }
}

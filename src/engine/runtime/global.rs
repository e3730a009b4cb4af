//! Globals: a type and the address of the value, which stands in an instance's context or in a box of its own.
//! spec: exec/runtime#global-instances

use super::error::Fault;
use super::store::StoreOpaque;
use super::value::Value;
use crate::engine::abi::{VMGlobal, ValRaw};
use crate::engine::types::GlobalType;
use std::ptr::NonNull;

/// A global of a store.
#[derive(Debug)]
pub struct Global {
    ty: GlobalType,
    cell: NonNull<VMGlobal>,
    /// Whether `cell` came from a box of this global's own.
    is_owned: bool,
}

impl Global {
    /// A global that no instance owns.
    pub(super) fn owned(ty: GlobalType, value: ValRaw) -> Global {
        let cell = NonNull::from(Box::leak(Box::new(VMGlobal { bytes: value.bytes })));
        Global { ty, cell, is_owned: true }
    }

    /// A global in the context of an instance, which must live as long as the store.
    pub(super) fn in_context(ty: GlobalType, cell: NonNull<VMGlobal>) -> Global {
        Global { ty, cell, is_owned: false }
    }

    /// Its type.
    pub(crate) fn ty(&self) -> &GlobalType {
        &self.ty
    }

    /// Where its value is.
    pub(super) fn cell(&self) -> NonNull<VMGlobal> {
        self.cell
    }

    /// Its value in memory.
    pub(super) fn get_raw(&self) -> ValRaw {
        // SAFETY: The cell lives as long as the store that this global is borrowed from, and generated code, which also
        // writes it, does not run meanwhile.
        ValRaw { bytes: unsafe { self.cell.read() }.bytes }
    }

    /// Changes its value; `value` must be one of its type.
    pub(super) fn set_raw(&mut self, value: ValRaw) {
        // SAFETY: As for `get_raw`; the borrow is exclusive.
        unsafe { self.cell.write(VMGlobal { bytes: value.bytes }) };
    }
}

impl Drop for Global {
    fn drop(&mut self) {
        if self.is_owned {
            // SAFETY: An owned cell was leaked from a box in `owned` and is freed only here.
            drop(unsafe { Box::from_raw(self.cell.as_ptr()) });
        }
    }
}

/// The memory form of a value for a global of type `ty`; fails where the value is of another type.
pub(super) fn checked_raw(ty: &GlobalType, value: &Value, store: &mut StoreOpaque) -> Result<ValRaw, Fault> {
    if value.ty() != ty.content {
        return Err(Fault::host(format!("a global of type {} was given a value of type {}", ty.content, value.ty())));
    }
    value.to_raw(store).map_err(Fault::host)
}

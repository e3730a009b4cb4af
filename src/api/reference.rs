//! [`ExternRef`]: a host value that wasm code can hold and hand around, but not look into.
//!
//! It belongs to no store: the same value may be passed to several. A store that has seen one keeps it for as long as
//! the store itself lives, because wasm code may have put it anywhere. spec: exec/runtime#references

use crate::engine::runtime::{BoxError, ExternAbi, ExternValue, StoreOpaque, WasmTy};
use crate::engine::types::ValType;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A reference to a host value. Clones refer to the same value.
#[derive(Clone)]
pub struct ExternRef {
    value: ExternValue,
}

impl ExternRef {
    /// Makes a reference to a value of its own.
    pub fn new<V: Any + Send + Sync>(value: V) -> ExternRef {
        ExternRef { value: Arc::new(value) }
    }

    /// The value, if it is a `V`.
    pub fn downcast_ref<V: Any>(&self) -> Option<&V> {
        self.value.downcast_ref()
    }

    /// The value, of whatever type.
    pub fn data(&self) -> &(dyn Any + Send + Sync) {
        &*self.value
    }

    /// Whether two references are to the same value, not merely to equal ones.
    pub fn same(&self, other: &ExternRef) -> bool {
        Arc::ptr_eq(&self.value, &other.value)
    }

    pub(super) fn from_value(value: ExternValue) -> ExternRef {
        ExternRef { value }
    }

    pub(super) fn into_value(self) -> ExternValue {
        self.value
    }
}

impl fmt::Debug for ExternRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternRef").finish_non_exhaustive()
    }
}

impl WasmTy for Option<ExternRef> {
    type Abi = ExternAbi;

    fn val_type() -> ValType {
        ValType::EXTERNREF
    }

    fn from_abi(abi: ExternAbi, store: &mut StoreOpaque) -> Self {
        abi.get(store).map(ExternRef::from_value)
    }

    fn into_abi(self, store: &mut StoreOpaque) -> Result<ExternAbi, BoxError> {
        ExternAbi::new(self.map(ExternRef::into_value), store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_is_not_equality() {
        let (one, other) = (ExternRef::new(1u8), ExternRef::new(1u8));
        assert!(one.same(&one.clone()));
        assert!(!one.same(&other));
        assert_eq!(one.downcast_ref::<u8>(), Some(&1));
        assert_eq!(one.downcast_ref::<i8>(), None);
        assert!(one.data().is::<u8>());
    }
}

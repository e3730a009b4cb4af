//! [`Global`]: a variable that instances and the embedder share. spec: exec/runtime#global-instances

use super::{AsContext, AsContextMut, Error, Result, Val};
use crate::engine::runtime::GlobalId;
use crate::engine::types::GlobalType;

/// A global of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Global {
    id: GlobalId,
}

impl Global {
    /// Makes a global that no instance owns.
    ///
    /// # Errors
    ///
    /// Where the value is of another type or belongs to another store.
    pub fn new(mut store: impl AsContextMut, ty: GlobalType, value: Val) -> Result<Global> {
        let id = store.as_context_mut().opaque().add_global(ty, &value.into_value()).map_err(Error::of_misuse)?;
        Ok(Global { id })
    }

    pub(super) fn from_id(id: GlobalId) -> Global {
        Global { id }
    }

    pub(super) fn id(self) -> GlobalId {
        self.id
    }

    /// Its type.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn ty(self, store: impl AsContext) -> Result<GlobalType> {
        Ok(*store.as_context().owner(self.id.store(), "the global")?.global(self.id).ty())
    }

    /// Its value.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn get(self, store: impl AsContext) -> Result<Val> {
        let store = store.as_context();
        Ok(Val::from_value(store.owner(self.id.store(), "the global")?.global_get(self.id)))
    }

    /// Changes its value.
    ///
    /// # Errors
    ///
    /// Where it is not mutable or belongs to another store, or where the value is of another type or store.
    pub fn set(self, mut store: impl AsContextMut, value: Val) -> Result<()> {
        let store = store.as_context_mut().owner(self.id.store(), "the global")?;
        store.set_global(self.id, &value.into_value()).map_err(Error::of_misuse)
    }
}

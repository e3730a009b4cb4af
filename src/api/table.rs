//! [`Table`]: a list of references that instances and the embedder share. spec: exec/runtime#table-instances

use super::{AsContext, AsContextMut, Error, ErrorKind, Result, Val};
use crate::engine::runtime::TableId;
use crate::engine::types::{TableType, ValType};

/// A table of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    id: TableId,
}

impl Table {
    /// Makes a table that no instance owns, with `init` in every element.
    ///
    /// # Errors
    ///
    /// Where the value is of another type or store, or the store's limits or the host's memory do not suffice.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Val) -> Result<Table> {
        if init.ty() != ValType::Ref(ty.element) {
            return Err(Error::link(format!("a table of {} cannot hold a value of type {}", ty.element, init.ty())));
        }
        let mut store = store.as_context_mut();
        let empty = TableType { min: 0, ..ty };
        let id = store.opaque().add_table(empty).map_err(Error::of_alloc)?;
        let table = Table { id };
        table.grow(store, ty.min, init)?;
        Ok(table)
    }

    pub(super) fn from_id(id: TableId) -> Table {
        Table { id }
    }

    pub(super) fn id(self) -> TableId {
        self.id
    }

    /// Its type; the least size is the current one.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn ty(self, store: impl AsContext) -> Result<TableType> {
        let store = store.as_context();
        let table = store.owner(self.id.store(), "the table")?.table(self.id);
        Ok(TableType { min: table.len() as u64, ..*table.ty() })
    }

    /// Number of elements.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn size(self, store: impl AsContext) -> Result<u64> {
        Ok(self.ty(store)?.min)
    }

    /// An element, or nothing beyond the end or for a table of another store.
    pub fn get(self, store: impl AsContext, index: u64) -> Option<Val> {
        let store = store.as_context();
        let store = store.owner(self.id.store(), "the table").ok()?;
        store.table_get(self.id, index).map(Val::from_value)
    }

    /// Changes an element.
    ///
    /// # Errors
    ///
    /// Beyond the end, where the table belongs to another store, or where the value is of another type or store.
    pub fn set(self, mut store: impl AsContextMut, index: u64, value: Val) -> Result<()> {
        let store = store.as_context_mut().owner(self.id.store(), "the table")?;
        store.set_table(self.id, index, &value.into_value()).map_err(Error::of_misuse)
    }

    /// Appends `delta` elements. Returns how many there were before.
    ///
    /// # Errors
    ///
    /// Where the table's or the store's limit or the host's memory does not suffice, where the table belongs to another
    /// store, or where the value is of another type or store.
    pub fn grow(self, mut store: impl AsContextMut, delta: u64, init: Val) -> Result<u64> {
        let store = store.as_context_mut().owner(self.id.store(), "the table")?;
        let grown = store.grow_table(self.id, delta, &init.into_value());
        grown.ok_or_else(|| Error::new(ErrorKind::Instantiate, format!("the table cannot grow by {delta} elements")))
    }
}

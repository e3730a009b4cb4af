//! [`Instance`]: a module with its memories, tables and globals, ready to be called; and [`Extern`], what it exports.
//! spec: exec/runtime#module-instances

use super::typed::{TypedFunc, WasmParams, WasmResults};
use super::{AsContext, AsContextMut, Error, Func, Global, Linker, Memory, Module, Result, Table};
use crate::engine::runtime::{ExportValue, InstanceId, StoreId};
use crate::engine::types::ExternType;

/// Something that crosses a module's border, as an import's definition or as an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
    /// A global.
    Global(Global),
}

impl Extern {
    /// Its type, with current sizes.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn ty(self, store: impl AsContext) -> Result<ExternType> {
        Ok(match self {
            Extern::Func(func) => ExternType::Func(func.ty(store)?),
            Extern::Table(table) => ExternType::Table(table.ty(store)?),
            Extern::Memory(memory) => ExternType::Memory(memory.ty(store)?),
            Extern::Global(global) => ExternType::Global(global.ty(store)?),
        })
    }

    /// The function, if it is one.
    pub fn into_func(self) -> Option<Func> {
        match self {
            Extern::Func(func) => Some(func),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        match self {
            Extern::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The memory, if it is one.
    pub fn into_memory(self) -> Option<Memory> {
        match self {
            Extern::Memory(memory) => Some(memory),
            _ => None,
        }
    }

    /// The global, if it is one.
    pub fn into_global(self) -> Option<Global> {
        match self {
            Extern::Global(global) => Some(global),
            _ => None,
        }
    }

    /// The store it belongs to.
    pub(super) fn store(self) -> StoreId {
        match self {
            Extern::Func(func) => func.handle().store(),
            Extern::Table(table) => table.id().store(),
            Extern::Memory(memory) => memory.id().store(),
            Extern::Global(global) => global.id().store(),
        }
    }

    pub(super) fn from_runtime(item: ExportValue) -> Extern {
        match item {
            ExportValue::Func(handle) => Extern::Func(Func::from_handle(handle)),
            ExportValue::Table(id) => Extern::Table(Table::from_id(id)),
            ExportValue::Memory(id) => Extern::Memory(Memory::from_id(id)),
            ExportValue::Global(id) => Extern::Global(Global::from_id(id)),
        }
    }

    pub(super) fn into_runtime(self) -> ExportValue {
        match self {
            Extern::Func(func) => ExportValue::Func(func.handle()),
            Extern::Table(table) => ExportValue::Table(table.id()),
            Extern::Memory(memory) => ExportValue::Memory(memory.id()),
            Extern::Global(global) => ExportValue::Global(global.id()),
        }
    }
}

macro_rules! extern_from {
    ($($item:ident)*) => {$(
        impl From<$item> for Extern {
            fn from(item: $item) -> Extern {
                Extern::$item(item)
            }
        }
    )*};
}

extern_from!(Func Table Memory Global);

/// An instance of a module in a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    id: InstanceId,
}

impl Instance {
    /// Instantiates a module that needs no imports. Others need a [`Linker`].
    ///
    /// # Errors
    ///
    /// As for [`Linker::instantiate`].
    pub fn new<C: AsContextMut>(store: C, module: &Module) -> Result<Instance> {
        Linker::<C::Data>::new(module.engine()).instantiate(store, module)
    }

    pub(super) fn from_id(id: InstanceId) -> Instance {
        Instance { id }
    }

    pub(super) fn check_owner(self, store: impl AsContext) -> Result<()> {
        store.as_context().owner(self.id.store(), "the instance").map(drop)
    }

    /// What the instance exports under a name. Nothing also where it belongs to another store.
    pub fn get_export(self, store: impl AsContext, name: &str) -> Option<Extern> {
        let store = store.as_context();
        let store = store.owner(self.id.store(), "the instance").ok()?;
        store.instance(self.id).export(name).map(Extern::from_runtime)
    }

    /// The function that the instance exports under a name.
    pub fn get_func(self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The table that the instance exports under a name.
    pub fn get_table(self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The memory that the instance exports under a name.
    pub fn get_memory(self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The global that the instance exports under a name.
    pub fn get_global(self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }

    /// The function that the instance exports under a name, with its types checked for quick calls.
    ///
    /// # Errors
    ///
    /// Where there is no such function, its type is another, or the instance belongs to another store.
    pub fn get_typed_func<P, R>(self, store: impl AsContext, name: &str) -> Result<TypedFunc<P, R>>
    where
        P: WasmParams,
        R: WasmResults,
    {
        let func = self.get_func(&store, name);
        func.ok_or_else(|| Error::link(format!("no function is exported as {name:?}")))?.typed(store)
    }

    /// Names and items of all exports, in the module's order. Empty for an instance of another store.
    pub fn exports<C: AsContext>(self, store: &C) -> impl Iterator<Item = (&str, Extern)> {
        let store = store.as_context().owner(self.id.store(), "the instance").ok();
        let items = store.map(|store| store.instance(self.id).exports());
        items.into_iter().flatten().map(|(name, item)| (name, Extern::from_runtime(item)))
    }
}

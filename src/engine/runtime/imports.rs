//! Matching what an instance is given with what its module imports. spec: valid/matching#external-types

use super::error::{ImportMismatch, InstantiateError};
use super::func::FuncHandle;
use super::host::HostFunc;
use super::instance::ExportValue;
use super::store::{GlobalId, MemoryId, StoreId, StoreOpaque, TableId};
use crate::engine::module::{ExternIdx, Import};
use crate::engine::pipeline::CompiledModule;
use crate::engine::types::{ExternType, FuncType, MemoryType, TableType};
use std::sync::Arc;

/// What an import is given.
#[derive(Clone, Debug)]
pub enum ImportValue {
    /// A function of the store.
    Func(FuncHandle),
    /// A host function, linked for the importing instance.
    HostFunc(Arc<HostFunc>),
    /// A table of the store.
    Table(TableId),
    /// A memory of the store.
    Memory(MemoryId),
    /// A global of the store.
    Global(GlobalId),
}

impl From<ExportValue> for ImportValue {
    fn from(export: ExportValue) -> Self {
        match export {
            ExportValue::Func(func) => ImportValue::Func(func),
            ExportValue::Table(table) => ImportValue::Table(table),
            ExportValue::Memory(memory) => ImportValue::Memory(memory),
            ExportValue::Global(global) => ImportValue::Global(global),
        }
    }
}

impl ImportValue {
    /// The store that it belongs to; a host function belongs to none.
    fn store(&self) -> Option<StoreId> {
        match self {
            ImportValue::Func(func) => Some(func.store()),
            ImportValue::HostFunc(_) => None,
            ImportValue::Table(table) => Some(table.store()),
            ImportValue::Memory(memory) => Some(memory.store()),
            ImportValue::Global(global) => Some(global.store()),
        }
    }

    /// Its type, sizes as they are now.
    fn ty(&self, store: &StoreOpaque) -> ExternType {
        match self {
            ImportValue::Func(func) => ExternType::Func(FuncType::clone(&func.ty(store))),
            ImportValue::HostFunc(func) => ExternType::Func(func.ty().clone()),
            ImportValue::Table(table) => ExternType::Table(actual_table(*table, store)),
            ImportValue::Memory(memory) => ExternType::Memory(actual_memory(*memory, store)),
            ImportValue::Global(global) => ExternType::Global(*store.global(*global).ty()),
        }
    }
}

/// Compares every import with what it is given, in the module's order.
pub(super) fn match_imports(
    store: &StoreOpaque,
    module: &CompiledModule,
    values: &[ImportValue],
) -> Result<(), InstantiateError> {
    for (position, import) in module.module().imports.iter().enumerate() {
        let expected = || module.module().extern_type(import.item);
        let Import { module: first, name, .. } = import;
        let Some(value) = values.get(position) else {
            let (module, name) = (first.clone(), name.clone());
            return Err(InstantiateError::Missing { module, name, expected: expected() });
        };
        if value.store().is_some_and(|owner| owner != store.id()) {
            let fault =
                super::error::Fault::host(format!("import `{first}.{name}` was given an item of another store"));
            return Err(fault.into());
        }
        if !matches(store, module, import.item, value) {
            let (module, name) = (first.clone(), name.clone());
            let mismatch = ImportMismatch { module, name, expected: expected(), actual: value.ty(store) };
            return Err(InstantiateError::Mismatch(Box::new(mismatch)));
        }
    }
    Ok(())
}

fn matches(store: &StoreOpaque, compiled: &CompiledModule, item: ExternIdx, value: &ImportValue) -> bool {
    let module = compiled.module();
    match (item, value) {
        (ExternIdx::Func(func), ImportValue::Func(given)) => compiled.func_type_id(func) == given.type_id(store),
        (ExternIdx::Func(func), ImportValue::HostFunc(given)) => module.func_type(func) == given.ty(),
        (ExternIdx::Table(table), ImportValue::Table(given)) => {
            table_matches(&actual_table(*given, store), &module.tables[table.index()])
        }
        (ExternIdx::Memory(memory), ImportValue::Memory(given)) => {
            memory_matches(&actual_memory(*given, store), &module.memories[memory.index()])
        }
        (ExternIdx::Global(global), ImportValue::Global(given)) => {
            store.global(*given).ty() == &module.globals[global.index()]
        }
        _ => false,
    }
}

/// A table's type with its size now, which is what imports are matched with. spec: exec/modules#instantiation
fn actual_table(table: TableId, store: &StoreOpaque) -> TableType {
    let table = store.table(table);
    TableType { min: table.len() as u64, ..*table.ty() }
}

/// A memory's type with its size now.
fn actual_memory(memory: MemoryId, store: &StoreOpaque) -> MemoryType {
    let memory = store.memory(memory);
    MemoryType { min: memory.pages(), ..*memory.ty() }
}

fn table_matches(actual: &TableType, expected: &TableType) -> bool {
    actual.element == expected.element
        && actual.table64 == expected.table64
        && limits_match((actual.min, actual.max), (expected.min, expected.max))
}

fn memory_matches(actual: &MemoryType, expected: &MemoryType) -> bool {
    actual.memory64 == expected.memory64
        && actual.shared == expected.shared
        && actual.page_size_log2 == expected.page_size_log2
        && limits_match((actual.min, actual.max), (expected.min, expected.max))
}

/// spec: valid/matching#limits
fn limits_match(actual: (u64, Option<u64>), expected: (u64, Option<u64>)) -> bool {
    let max_fits = match (actual.1, expected.1) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(actual), Some(expected)) => actual <= expected,
    };
    actual.0 >= expected.0 && max_fits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::types::RefType;

    #[test]
    fn limits_are_matched_by_containment() {
        let check =
            |actual, expected, fits| assert_eq!(limits_match(actual, expected), fits, "{actual:?} {expected:?}");
        check((1, None), (1, None), true);
        check((2, None), (1, None), true);
        check((0, None), (1, None), false);
        check((1, None), (1, Some(2)), false);
        check((1, Some(2)), (1, Some(2)), true);
        check((1, Some(3)), (1, Some(2)), false);
        check((1, Some(2)), (1, None), true);
    }

    #[test]
    fn kinds_of_items_are_matched() {
        let table = TableType { element: RefType::FUNCREF, min: 1, max: Some(2), table64: false };
        assert!(!table_matches(&table, &TableType { element: RefType::EXTERNREF, ..table }));
        let memory = MemoryType { min: 1, max: None, memory64: false, shared: false, page_size_log2: 16 };
        assert!(!memory_matches(&memory, &MemoryType { shared: true, ..memory }));
    }
}

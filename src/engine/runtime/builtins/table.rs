//! `table.grow`, `table.copy`, `table.fill`, `table.init` and `elem.drop`. spec: exec/instructions#table-instructions

use crate::engine::abi::TrapCode;
use crate::engine::module::ElementItems;
use crate::engine::runtime::error::Fault;
use crate::engine::runtime::instantiate::{evaluate, reference};
use crate::engine::runtime::store::{InstanceId, StoreOpaque};
use crate::engine::runtime::value::AbiValue;
use crate::engine::types::{ElemIdx, TableIdx};

/// Why a table could not be initialised.
#[derive(Debug)]
pub(in crate::engine::runtime) enum InitError {
    /// A range leaves the table or the segment.
    Trap(TrapCode),
    /// An element could not be evaluated.
    Fault(Fault),
}

/// spec: exec/instructions#exec-table-grow
pub(super) fn grow(store: &mut StoreOpaque, id: InstanceId, table: TableIdx, init: u64, delta: u64) -> Option<u64> {
    let table = store.instance(id).table(table);
    store.grow_table_raw(table, delta, init)
}

/// spec: exec/instructions#exec-table-copy
pub(super) fn copy(
    store: &mut StoreOpaque,
    id: InstanceId,
    (to, from): (TableIdx, TableIdx),
    dst: u64,
    src: u64,
    len: u64,
) -> Result<(), TrapCode> {
    let (to, from) = (store.instance(id).table(to), store.instance(id).table(from));
    match store.two_tables(to, from) {
        Some((to, from)) => to.copy_from(dst, from, src, len),
        None => store.table_mut(to).copy_within(dst, src, len),
    }
}

/// spec: exec/instructions#exec-table-fill
pub(super) fn fill(
    store: &mut StoreOpaque,
    id: InstanceId,
    table: TableIdx,
    dst: u64,
    value: u64,
    len: u64,
) -> Result<(), TrapCode> {
    let table = store.instance(id).table(table);
    store.table_mut(table).fill(dst, value, len)
}

/// spec: exec/instructions#exec-table-init
pub(in crate::engine::runtime) fn init(
    store: &mut StoreOpaque,
    id: InstanceId,
    table: TableIdx,
    elem: ElemIdx,
    dst: u64,
    src: u64,
    len: u64,
) -> Result<(), InitError> {
    let out_of_bounds = InitError::Trap(TrapCode::TableOutOfBounds);
    let instance = store.instance(id);
    let table = instance.table(table);
    let compiled = instance.module().clone();
    let segment = compiled.module().elements.get(elem.index()).filter(|_| !instance.is_element_dropped(elem));
    let items = segment.map(|segment| &segment.items);
    let total = items.map_or(0, ElementItems::len) as u64;
    let Some(end) = src.checked_add(len).filter(|end| *end <= total) else {
        return Err(out_of_bounds);
    };
    store.table(table).range(dst, len).map_err(InitError::Trap)?;
    for position in src..end {
        let element = match items {
            Some(ElementItems::Functions(funcs)) => reference(store, id, funcs[position as usize]),
            Some(ElementItems::Expressions(exprs)) => {
                evaluate(store, id, &exprs[position as usize]).map(|raw| u64::from_raw(&raw))
            }
            None => return Err(out_of_bounds),
        };
        let element = element.map_err(InitError::Fault)?;
        store.table_mut(table).fill(dst + (position - src), element, 1).map_err(InitError::Trap)?;
    }
    Ok(())
}

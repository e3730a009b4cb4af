//! Tables of references. spec: exec/runtime#table-instances
//!
//! Elements stand where generated code expects them: 32-byte [`VMFuncElement`]s for functions, 32-bit handles for host
//! values. Outside, an element is a `u64`: the address of a [`VMFuncRef`], or a handle; 0 is null. Growth may move the
//! elements of a table, except where the type fixes the size.

use super::error::{AllocError, ExceededLimit, Fault, Resource};
use super::store::{StoreLimits, StoreOpaque};
use super::value::{AbiValue, Value};
use crate::engine::abi::{TrapCode, VMFuncElement, VMFuncRef, VMTable, ValRaw};
use crate::engine::types::{HeapType, RefType, TableType, TypeId, ValType};
use std::ops::Range;
use std::ptr::{self, NonNull};

/// Most elements of a table with 32-bit indices.
const MAX_ELEMENTS: u64 = u32::MAX as u64;

/// A table of a store.
#[derive(Debug)]
pub struct Table {
    /// What generated code sees; follows `elements`.
    vm: VMTable,
    ty: TableType,
    elements: Elements,
}

#[derive(Debug)]
enum Elements {
    Funcs(Vec<VMFuncElement>),
    Externs(Vec<u32>),
}

const NULL_FUNC: VMFuncElement = VMFuncElement {
    code: ptr::null(),
    context: ptr::null_mut(),
    func_ref: ptr::null(),
    type_id: TypeId::NONE,
    reserved: 0,
};

/// An element of a table of functions.
fn func_element(reference: u64) -> VMFuncElement {
    let Some(func_ref) = NonNull::new(reference as *mut VMFuncRef) else {
        return NULL_FUNC;
    };
    // SAFETY: References that are not null point to function references of the store, which live as long as it does: they
    // come from `checked_element`, from an instance, or from wasm, which cannot make any itself.
    let target = unsafe { func_ref.read() };
    let VMFuncRef { code, context, type_id, .. } = target;
    VMFuncElement { code, context, func_ref: func_ref.as_ptr(), type_id, reserved: 0 }
}

/// The positions `start..start + len` of a list of `total`, or the trap for a range that leaves it.
fn range(start: u64, len: u64, total: usize) -> Result<Range<usize>, TrapCode> {
    let end = start.checked_add(len).filter(|end| *end <= total as u64).ok_or(TrapCode::TableOutOfBounds)?;
    Ok(start as usize..end as usize)
}

/// Appends `count` items, or says that there is no memory for them.
fn extend<T: Clone>(items: &mut Vec<T>, item: T, count: usize) -> Result<(), AllocError> {
    items.try_reserve_exact(count).map_err(|_| AllocError::OutOfMemory {
        what: "a table",
        bytes: (count as u64).saturating_mul(size_of::<T>() as u64),
        reason: String::new(),
    })?;
    items.resize(items.len() + count, item);
    Ok(())
}

impl Table {
    /// Makes a table of nulls.
    pub(super) fn new(ty: TableType, limits: &StoreLimits, used: &mut StoreLimits) -> Result<Table, AllocError> {
        if ty.table64 {
            return Err(AllocError::Unsupported("a table with 64-bit indices"));
        }
        let elements = match ty.element.heap {
            HeapType::Func => Elements::Funcs(Vec::new()),
            HeapType::Extern => Elements::Externs(Vec::new()),
        };
        let vm = VMTable { base: ptr::dangling_mut::<VMFuncElement>().cast(), len: 0 };
        let mut table = Table { vm, ty, elements };
        table.extend(ty.min, 0, limits, used)?;
        Ok(table)
    }

    /// Its type, with the limits that it was made with.
    pub(crate) fn ty(&self) -> &TableType {
        &self.ty
    }

    /// Number of elements.
    pub(crate) fn len(&self) -> usize {
        match &self.elements {
            Elements::Funcs(items) => items.len(),
            Elements::Externs(items) => items.len(),
        }
    }

    /// What generated code sees. The table must be boxed.
    pub(super) fn vm(&mut self) -> NonNull<VMTable> {
        NonNull::from(&mut self.vm)
    }

    /// An element in memory, for a value of the table's type.
    pub(super) fn get(&self, index: u64) -> Option<ValRaw> {
        let index = usize::try_from(index).ok()?;
        match &self.elements {
            Elements::Funcs(items) => Some((items.get(index)?.func_ref as u64).to_raw()),
            Elements::Externs(items) => Some(items.get(index)?.to_raw()),
        }
    }

    /// Grows by `delta` elements. Returns the number before, or nothing where it cannot grow.
    /// spec: exec/instructions#exec-table-grow
    pub(super) fn grow(
        &mut self,
        delta: u64,
        element: u64,
        limits: &StoreLimits,
        used: &mut StoreLimits,
    ) -> Option<u64> {
        let before = self.len() as u64;
        let after = before.checked_add(delta)?;
        if after > self.ty.max.unwrap_or(MAX_ELEMENTS).min(MAX_ELEMENTS) {
            return None;
        }
        self.extend(delta, element, limits, used).ok()?;
        Some(before)
    }

    fn extend(
        &mut self,
        delta: u64,
        element: u64,
        limits: &StoreLimits,
        used: &mut StoreLimits,
    ) -> Result<(), AllocError> {
        let limit = limits.table_elements;
        let wanted = used.table_elements.saturating_add(delta);
        if wanted > limit && delta > 0 {
            return Err(AllocError::Limit(ExceededLimit { resource: Resource::TableElements, wanted, limit }));
        }
        let count = usize::try_from(delta).map_err(|_| AllocError::Unsupported("a table of this size"))?;
        match &mut self.elements {
            Elements::Funcs(items) => extend(items, func_element(element), count)?,
            Elements::Externs(items) => extend(items, element as u32, count)?,
        }
        used.table_elements = wanted;
        self.vm = match &mut self.elements {
            Elements::Funcs(items) => VMTable { base: items.as_mut_ptr().cast(), len: items.len() },
            Elements::Externs(items) => VMTable { base: items.as_mut_ptr().cast(), len: items.len() },
        };
        Ok(())
    }

    /// Sets `len` elements from `index` on; all or none. spec: exec/instructions#exec-table-fill
    pub(super) fn fill(&mut self, index: u64, element: u64, len: u64) -> Result<(), TrapCode> {
        let range = range(index, len, self.len())?;
        match &mut self.elements {
            Elements::Funcs(items) => items[range].fill(func_element(element)),
            Elements::Externs(items) => items[range].fill(element as u32),
        }
        Ok(())
    }

    /// Takes anew what generated code calls for each function.
    pub(super) fn refresh(&mut self) {
        if let Elements::Funcs(items) = &mut self.elements {
            items.iter_mut().for_each(|item| *item = func_element(item.func_ref as u64));
        }
    }

    /// The positions `start..start + len`, or the trap for a range that leaves the table.
    pub(super) fn range(&self, start: u64, len: u64) -> Result<Range<usize>, TrapCode> {
        range(start, len, self.len())
    }

    /// Copies within the table; the ranges may overlap. spec: exec/instructions#exec-table-copy
    pub(super) fn copy_within(&mut self, dst: u64, src: u64, len: u64) -> Result<(), TrapCode> {
        let src = range(src, len, self.len())?;
        let dst = range(dst, len, self.len())?;
        match &mut self.elements {
            Elements::Funcs(items) => items.copy_within(src, dst.start),
            Elements::Externs(items) => items.copy_within(src, dst.start),
        }
        Ok(())
    }

    /// Copies from another table of the same element type. spec: exec/instructions#exec-table-copy
    pub(super) fn copy_from(&mut self, dst: u64, from: &Table, src: u64, len: u64) -> Result<(), TrapCode> {
        let src = range(src, len, from.len())?;
        let dst = range(dst, len, self.len())?;
        match (&mut self.elements, &from.elements) {
            (Elements::Funcs(to), Elements::Funcs(from)) => to[dst].copy_from_slice(&from[src]),
            (Elements::Externs(to), Elements::Externs(from)) => to[dst].copy_from_slice(&from[src]),
            _ => return Err(TrapCode::TableOutOfBounds),
        }
        Ok(())
    }
}

/// The element form of a value for a table of `ty`; fails where the value is of another type or store.
pub(super) fn checked_element(ty: RefType, value: &Value, store: &mut StoreOpaque) -> Result<u64, Fault> {
    let matches = match value {
        Value::Func(_) => ty.heap == HeapType::Func,
        Value::Extern(_) => ty.heap == HeapType::Extern,
        _ => false,
    };
    if !matches {
        let (ty, actual) = (ValType::Ref(ty), value.ty());
        return Err(Fault::host(format!("a table of {ty} was given a value of type {actual}")));
    }
    let raw = value.to_raw(store).map_err(Fault::host)?;
    Ok(u64::from_raw(&raw))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: StoreLimits = StoreLimits { memory_bytes: 0, table_elements: 20 };

    fn externs(min: u64, max: Option<u64>, used: &mut StoreLimits) -> Result<Table, AllocError> {
        let ty = TableType { element: RefType::EXTERNREF, min, max, table64: false };
        Table::new(ty, &LIMITS, used)
    }

    fn contents(table: &Table) -> Vec<u32> {
        (0..table.len() as u64).map(|index| u32::from_raw(&table.get(index).unwrap())).collect()
    }

    #[test]
    fn grows_to_its_maximum_and_to_the_limit() {
        let mut used = StoreLimits { memory_bytes: 0, table_elements: 0 };
        let mut table = externs(2, Some(4), &mut used).unwrap();
        assert_eq!(table.grow(1, 7, &LIMITS, &mut used), Some(2));
        assert_eq!(table.grow(2, 7, &LIMITS, &mut used), None);
        assert_eq!(table.grow(u64::MAX, 7, &LIMITS, &mut used), None);
        assert_eq!(contents(&table), [0, 0, 7]);
        assert_eq!((table.vm.len, used.table_elements), (3, 3));
        let mut second = externs(10, None, &mut used).unwrap();
        assert_eq!(second.grow(8, 0, &LIMITS, &mut used), None);
        assert_eq!(second.grow(7, 0, &LIMITS, &mut used), Some(10));
        assert_eq!(second.grow(0, 0, &LIMITS, &mut used), Some(17));
        assert!(matches!(
            externs(1, None, &mut used),
            Err(AllocError::Limit(ExceededLimit { wanted: 21, limit: 20, .. }))
        ));
    }

    #[test]
    fn bulk_operations_check_and_overlap() {
        let mut used = StoreLimits { memory_bytes: 0, table_elements: 0 };
        let mut table = externs(5, None, &mut used).unwrap();
        (0..5).for_each(|index| table.fill(index, index + 1, 1).unwrap());
        table.copy_within(1, 0, 4).unwrap();
        assert_eq!(contents(&table), [1, 1, 2, 3, 4]);
        table.copy_within(0, 2, 3).unwrap();
        assert_eq!(contents(&table), [2, 3, 4, 3, 4]);
        assert_eq!(table.copy_within(3, 0, 3), Err(TrapCode::TableOutOfBounds));
        assert_eq!(table.fill(4, 9, 2), Err(TrapCode::TableOutOfBounds));
        assert_eq!(table.fill(u64::MAX, 9, 2), Err(TrapCode::TableOutOfBounds));
        assert_eq!(table.fill(5, 9, 0), Ok(()));
        table.fill(3, 9, 2).unwrap();
        let mut other = externs(3, None, &mut used).unwrap();
        other.copy_from(1, &table, 3, 2).unwrap();
        assert_eq!(contents(&other), [0, 9, 9]);
        assert_eq!(other.copy_from(2, &table, 0, 2), Err(TrapCode::TableOutOfBounds));
    }

    #[test]
    fn null_functions_match_no_type() {
        let mut used = StoreLimits { memory_bytes: 0, table_elements: 0 };
        let ty = TableType { element: RefType::FUNCREF, min: 2, max: None, table64: false };
        let table = Table::new(ty, &LIMITS, &mut used).unwrap();
        let Elements::Funcs(items) = &table.elements else { panic!("not a table of functions") };
        assert!(items.iter().all(|item| item.type_id == TypeId::NONE && item.func_ref.is_null()));
    }
}

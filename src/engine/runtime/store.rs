//! The store: it owns every instance, memory, table, global and host function that can reach each other.
//!
//! ```text
//!  StoreBox<T> --owns--> StoreInner<T> { StoreOpaque { VMStoreContext, ... }, data: T }      (never moves)
//!                                          ^      |
//!                                          |      +-- Vec<Box<Instance>> --> vmctx --> store, memories, tables, ...
//!                            VMStoreContext::store       Vec<Box<LinearMemory>>, Vec<Box<Table>>, ...
//! ```
//!
//! Whatever generated code points to is boxed, so that its address never changes, and lives until the store is dropped.
//! Handles ([`MemoryId`], [`InstanceId`], ...) carry their store's id; with another store they panic.
//! spec: exec/runtime#store

use super::entry::EntryState;
use super::error::{AllocError, Fault};
use super::extern_ref::ExternTable;
use super::func::FuncHandle;
use super::global::Global;
use super::host::{HostFunc, HostRecord};
use super::instance::Instance;
use super::memory::LinearMemory;
use super::profile::Profiler;
use super::table::Table;
use super::value::Value;
use crate::engine::abi::{
    VMContext, VMFrames, VMFuncKind, VMFuncRef, VMHostFunc, VMRunEnd, VMStoreContext, VMTailCall,
};
use crate::engine::pipeline::EngineShared;
use crate::engine::types::{GlobalType, MemoryType, TableType};
use std::any::TypeId as DataTypeId;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Identity of a store, unique in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(u64);

impl StoreId {
    fn next() -> StoreId {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        StoreId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident of $list:ident: $item:ty, $get:ident, $get_mut:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            pub struct $name {
                store: StoreId,
                index: u32,
            }

            impl $name {
                /// The store it belongs to.
                pub(crate) fn store(self) -> StoreId {
                    self.store
                }
            }
        )*

        impl StoreOpaque {
            $(
                /// What the handle stands for.
                ///
                /// # Panics
                ///
                /// Panics where the handle belongs to another store.
                pub(crate) fn $get(&self, id: $name) -> &$item {
                    self.check_owner(id.store);
                    &self.$list[id.index as usize]
                }

                /// What the handle stands for.
                ///
                /// # Panics
                ///
                /// Panics where the handle belongs to another store.
                pub(crate) fn $get_mut(&mut self, id: $name) -> &mut $item {
                    self.check_owner(id.store);
                    &mut self.$list[id.index as usize]
                }
            )*
        }
    };
}

handles! {
    /// A linear memory of a store.
    MemoryId of memories: LinearMemory, memory, memory_mut;
    /// A table of a store.
    TableId of tables: Table, table, table_mut;
    /// A global of a store.
    GlobalId of globals: Global, global, global_mut;
    /// An instance of a store.
    InstanceId of instances: Instance, instance, instance_mut;
}

/// What all memories and tables of a store may take together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreLimits {
    /// Bytes of all linear memories.
    pub memory_bytes: u64,
    /// Elements of all tables.
    pub table_elements: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        StoreLimits { memory_bytes: STORE_MEMORY_BYTES, table_elements: STORE_TABLE_ELEMENTS }
    }
}

/// Default for all memories of a store: as much as one 32-bit memory can have.
const STORE_MEMORY_BYTES: u64 = 4 << 30;

/// Default for all tables of a store: as many elements as the decoder accepts for one table.
const STORE_TABLE_ELEMENTS: u64 = 10_000_000;

/// A store with the embedder's data. The two are together so that host functions reach both by one pointer.
#[derive(Debug)]
#[repr(C)]
pub struct StoreInner<T: 'static> {
    /// Everything but the data. First, so that its address is the store's.
    pub(crate) opaque: StoreOpaque,
    /// The embedder's data.
    pub(crate) data: T,
}

/// Everything of a store that does not depend on the type of its data.
///
/// Fields are dropped in their order: instances, and with them their code, go before the engine.
#[repr(C)]
#[expect(clippy::vec_box, reason = "generated code points to the items, so that they must not move")]
pub struct StoreOpaque {
    /// First, so that its address is the store's.
    vm: VMStoreContext,
    id: StoreId,
    data_type: DataTypeId,
    instances: Vec<Box<Instance>>,
    memories: Vec<Box<LinearMemory>>,
    tables: Vec<Box<Table>>,
    globals: Vec<Global>,
    host_funcs: Vec<Box<HostRecord>>,
    /// Host values behind external references.
    pub(crate) externs: ExternTable,
    /// Bytes of all memories and elements of all tables, never more than `limits`.
    pub(super) used: StoreLimits,
    limits: StoreLimits,
    /// Whether functions that were compiled later run here: then all can be called by generated code.
    pub(super) runs_code: bool,
    /// Why the host function that set `vm.host_failed` failed.
    pending: Option<Fault>,
    /// The wasm stack and what is known of calls that run on it.
    entry: EntryState,
    /// Learns what its guest does, if somebody asked for that.
    profiler: Option<Arc<Profiler>>,
    engine: Arc<EngineShared>,
}

impl fmt::Debug for StoreOpaque {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreOpaque").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Owner of a store whose address never changes.
pub struct StoreBox<T: 'static> {
    inner: NonNull<StoreInner<T>>,
}

// SAFETY: The store owns everything that it points to. All of it is plain memory, `Arc`s of `Send + Sync` values, or boxed
// closures that are `Send + Sync`; only the data may be bound to a thread.
unsafe impl<T: Send> Send for StoreBox<T> {}
// SAFETY: As for `Send`; a shared borrow changes nothing.
unsafe impl<T: Sync> Sync for StoreBox<T> {}

impl<T: 'static> StoreBox<T> {
    /// Makes an empty store.
    pub(crate) fn new(engine: &Arc<EngineShared>, data: T) -> StoreBox<T> {
        let vm = VMStoreContext {
            stack_limit: 0,
            last_host_fp: 0,
            last_host_func: ptr::null(),
            host_failed: 0,
            store: ptr::null_mut(),
            frames: VMFrames { next: ptr::null_mut(), calls: ptr::null_mut() },
            run: ptr::null(),
            run_end: VMRunEnd::none(),
            tail: VMTailCall::NONE,
        };
        let opaque = StoreOpaque {
            vm,
            id: StoreId::next(),
            data_type: DataTypeId::of::<T>(),
            instances: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            host_funcs: Vec::new(),
            externs: ExternTable::default(),
            used: StoreLimits { memory_bytes: 0, table_elements: 0 },
            limits: StoreLimits::default(),
            runs_code: false,
            pending: None,
            entry: EntryState::new(engine.wasm_stack_bytes()),
            profiler: None,
            engine: engine.clone(),
        };
        let inner = Box::into_raw(Box::new(StoreInner { opaque, data }));
        // SAFETY: The allocation has just been made and nobody else knows it.
        unsafe { (*inner).opaque.vm.store = inner.cast() };
        // SAFETY: `Box::into_raw` gives an address that is not null.
        StoreBox { inner: unsafe { NonNull::new_unchecked(inner) } }
    }

    /// Takes the data out and drops the store.
    pub(crate) fn into_data(self) -> T {
        let inner = self.inner.as_ptr();
        std::mem::forget(self);
        // SAFETY: The pointer came from `Box::into_raw`, and the forgotten owner will not free it.
        let inner = unsafe { Box::from_raw(inner) };
        inner.data
    }
}

impl<T: 'static> Drop for StoreBox<T> {
    fn drop(&mut self) {
        // SAFETY: The pointer came from `Box::into_raw` and is freed only here.
        drop(unsafe { Box::from_raw(self.inner.as_ptr()) });
    }
}

impl<T: 'static> Deref for StoreBox<T> {
    type Target = StoreInner<T>;

    fn deref(&self) -> &StoreInner<T> {
        // SAFETY: The allocation lives as long as its owner, which is borrowed.
        unsafe { self.inner.as_ref() }
    }
}

impl<T: 'static> DerefMut for StoreBox<T> {
    fn deref_mut(&mut self) -> &mut StoreInner<T> {
        // SAFETY: The allocation lives as long as its owner, which is borrowed mutably.
        unsafe { self.inner.as_mut() }
    }
}

impl<T: fmt::Debug> fmt::Debug for StoreBox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl StoreOpaque {
    /// Its identity.
    pub(crate) fn id(&self) -> StoreId {
        self.id
    }

    /// The engine that it belongs to.
    pub(crate) fn engine(&self) -> &Arc<EngineShared> {
        &self.engine
    }

    /// What its memories and tables may take.
    pub(crate) fn limits(&self) -> StoreLimits {
        self.limits
    }

    /// Changes what its memories and tables may take, from now on.
    pub(crate) fn set_limits(&mut self, limits: StoreLimits) {
        self.limits = limits;
    }

    /// Has a profiler learn what the store's guest does.
    ///
    /// # Errors
    ///
    /// Where there are instances already, or another store has the profiler.
    pub(crate) fn set_profiler(&mut self, profiler: &Arc<Profiler>) -> Result<(), Fault> {
        if !self.instances.is_empty() || self.profiler.is_some() {
            return Err(Fault::host("a profiler is given to a store before there is anything in it"));
        }
        if !profiler.attach() {
            return Err(Fault::host("a profiler serves one store"));
        }
        self.profiler = Some(profiler.clone());
        Ok(())
    }

    /// Who learns what its guest does.
    pub(super) fn profiler(&self) -> Option<&Arc<Profiler>> {
        self.profiler.as_ref()
    }

    /// Panics unless `store` is this store.
    pub(super) fn check_owner(&self, store: StoreId) {
        assert!(store == self.id, "an item was used with a store that it does not belong to");
    }

    /// The state that generated code shares. The address never changes.
    pub(crate) fn vm(&mut self) -> *mut VMStoreContext {
        &raw mut self.vm
    }

    /// The wasm stack and what is known of calls that run on it.
    pub(super) fn entry(&mut self) -> *mut EntryState {
        &raw mut self.entry
    }

    /// Notes why a host function failed.
    pub(super) fn set_pending(&mut self, fault: Fault) {
        self.pending = Some(fault);
    }

    /// Takes the note of the host function that failed last, and makes the store ready for the next call.
    pub(super) fn take_pending(&mut self) -> Option<Fault> {
        self.vm.host_failed = 0;
        self.pending.take()
    }

    /// Makes a memory of its own, owned by no instance.
    ///
    /// # Errors
    ///
    /// Where the limits or the host's memory do not suffice.
    pub(crate) fn add_memory(&mut self, ty: MemoryType) -> Result<MemoryId, AllocError> {
        let memory = LinearMemory::new(ty, self.engine.guarded_memory(), &self.limits, &mut self.used)?;
        if let Some(profiler) = &self.profiler {
            profiler.note_memory(memory.bytes().len() as u64);
        }
        self.memories.push(Box::new(memory));
        Ok(MemoryId { store: self.id, index: (self.memories.len() - 1) as u32 })
    }

    /// Makes a table of its own, filled with nulls.
    ///
    /// # Errors
    ///
    /// Where the limits or the host's memory do not suffice.
    pub(crate) fn add_table(&mut self, ty: TableType) -> Result<TableId, AllocError> {
        let table = Table::new(ty, &self.limits, &mut self.used)?;
        self.tables.push(Box::new(table));
        Ok(TableId { store: self.id, index: (self.tables.len() - 1) as u32 })
    }

    /// Makes a global of its own.
    ///
    /// # Errors
    ///
    /// Where the value is not of the global's type, or belongs to another store.
    pub(crate) fn add_global(&mut self, ty: GlobalType, value: &Value) -> Result<GlobalId, Fault> {
        let raw = super::global::checked_raw(&ty, value, self)?;
        Ok(self.push_global(Global::owned(ty, raw)))
    }

    pub(super) fn push_global(&mut self, global: Global) -> GlobalId {
        self.globals.push(global);
        GlobalId { store: self.id, index: (self.globals.len() - 1) as u32 }
    }

    pub(super) fn push_instance(
        &mut self,
        make: impl FnOnce(InstanceId) -> Option<Box<Instance>>,
    ) -> Option<InstanceId> {
        let id = InstanceId { store: self.id, index: self.instances.len() as u32 };
        self.instances.push(make(id)?);
        Some(id)
    }

    /// Every instance.
    pub(super) fn instance_ids(&self) -> Vec<InstanceId> {
        (0..self.instances.len() as u32).map(|index| InstanceId { store: self.id, index }).collect()
    }

    /// Has all elements of tables say again what generated code calls for their functions.
    pub(super) fn refresh_tables(&mut self) {
        self.tables.iter_mut().for_each(|table| table.refresh());
    }

    /// Grows a memory by pages. Returns the pages before, or nothing where it cannot grow. spec: exec/modules#growing-memories
    pub(crate) fn grow_memory(&mut self, id: MemoryId, delta_pages: u64) -> Option<u64> {
        self.check_owner(id.store);
        let before = self.used.memory_bytes;
        let pages = self.memories[id.index as usize].grow(delta_pages, &self.limits, &mut self.used)?;
        if let Some(profiler) = self.profiler.as_ref().filter(|_| delta_pages > 0) {
            profiler.note_growth(self.used.memory_bytes - before);
        }
        Some(pages)
    }

    /// Grows a table. Returns the elements before, or nothing where it cannot grow or `init` does not fit.
    /// spec: exec/modules#growing-tables
    pub(crate) fn grow_table(&mut self, id: TableId, delta: u64, init: &Value) -> Option<u64> {
        let element = self.table_element(id, init).ok()?;
        self.grow_table_raw(id, delta, element)
    }

    /// Grows a table as `table.grow` does, with an element that is known to fit.
    pub(super) fn grow_table_raw(&mut self, id: TableId, delta: u64, element: u64) -> Option<u64> {
        self.check_owner(id.store);
        self.tables[id.index as usize].grow(delta, element, &self.limits, &mut self.used)
    }

    /// Two different tables at once; nothing where they are the same.
    pub(super) fn two_tables(&mut self, one: TableId, other: TableId) -> Option<(&mut Table, &mut Table)> {
        self.check_owner(one.store);
        self.check_owner(other.store);
        let [one, other] = self.tables.get_disjoint_mut([one.index as usize, other.index as usize]).ok()?;
        Some((one, other))
    }

    /// Sets an element.
    ///
    /// # Errors
    ///
    /// `TableOutOfBounds`, or where the value is not of the table's type or belongs to another store.
    pub(crate) fn set_table(&mut self, id: TableId, index: u64, value: &Value) -> Result<(), Fault> {
        let element = self.table_element(id, value)?;
        match self.tables[id.index as usize].fill(index, element, 1) {
            Ok(()) => Ok(()),
            Err(_) => Err(Fault::host(format!("the table has no element {index}"))),
        }
    }

    /// An element, or nothing beyond the end.
    pub(crate) fn table_get(&self, id: TableId, index: u64) -> Option<Value> {
        let raw = self.table(id).get(index)?;
        Some(Value::from_raw(&raw, crate::engine::types::ValType::Ref(self.table(id).ty().element), self))
    }

    fn table_element(&mut self, id: TableId, value: &Value) -> Result<u64, Fault> {
        let ty = self.table(id).ty().element;
        super::table::checked_element(ty, value, self)
    }

    /// Sets a global.
    ///
    /// # Errors
    ///
    /// Where it is immutable, or the value is not of its type or belongs to another store.
    pub(crate) fn set_global(&mut self, id: GlobalId, value: &Value) -> Result<(), Fault> {
        let ty = *self.global(id).ty();
        if !ty.mutable {
            return Err(Fault::host("the global is immutable"));
        }
        let raw = super::global::checked_raw(&ty, value, self)?;
        self.global_mut(id).set_raw(raw);
        Ok(())
    }

    /// A global's value.
    pub(crate) fn global_get(&self, id: GlobalId) -> Value {
        let global = self.global(id);
        Value::from_raw(&global.get_raw(), global.ty().content, self)
    }

    /// A host function as a function of this store, called by the embedder or handed to wasm as a reference.
    ///
    /// # Errors
    ///
    /// Where the function was made for stores with other data, or its trampoline cannot be compiled.
    pub(crate) fn add_host_func(&mut self, func: &Arc<HostFunc>) -> Result<FuncHandle, Fault> {
        let code = self.engine.host_trampoline(func.ty(), func.kind()).map_err(Fault::host)?;
        let record = self.link_host_func(func, code, ptr::null_mut(), "", "")?;
        Ok(FuncHandle::new(HostRecord::func_ref_address(record), self.id))
    }

    /// Links a host function for an importing instance, or for none. `code` must be a trampoline of the function's type and
    /// kind which lives as long as the store.
    pub(super) fn link_host_func(
        &mut self,
        func: &Arc<HostFunc>,
        code: *const u8,
        caller: *mut VMContext,
        module: &str,
        name: &str,
    ) -> Result<NonNull<HostRecord>, Fault> {
        if !func.fits(self.data_type) {
            return Err(Fault::host("a host function was used with a store that has other data"));
        }
        let type_id = self.engine.types().intern(func.ty());
        let (call, call_array, data) = (func.shim(), func.array_shim(), func.data());
        let vm =
            VMHostFunc { call, call_array, data, store: self.store_context(), caller, has_effect: func.has_effect() };
        let func_ref = VMFuncRef { code, type_id, kind: VMFuncKind::Host, ..VMFuncRef::NONE };
        let (module, name) = (module.to_owned(), name.to_owned());
        self.host_funcs.push(Box::new(HostRecord { vm, func_ref, func: func.clone(), module, name }));
        let Some(record) = self.host_funcs.last_mut() else {
            return Err(Fault::bug("a host function was not kept"));
        };
        if let Some(profiler) = &self.profiler {
            profiler.note_host((&raw const record.vm).addr(), record.name());
        }
        let address = NonNull::from(&mut **record);
        // SAFETY: The record is boxed in the store, and `address` is the only pointer that is used from here on.
        unsafe { (*address.as_ptr()).func_ref.context = address.as_ptr().cast() };
        Ok(address)
    }

    /// The shared state with the provenance of the whole store, for what outlives this borrow.
    pub(super) fn store_context(&self) -> *mut VMStoreContext {
        self.vm.store.cast()
    }
}

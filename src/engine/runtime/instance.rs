//! An instance: the context that generated code works on, and the runtime's record of it.
//!
//! The context is one allocation, laid out by [`VMLayout`], which never moves. Only this file computes addresses in it;
//! everything is written while the instance is made, except for its own globals. spec: exec/runtime#module-instances

use super::func::FuncHandle;
use super::store::{GlobalId, InstanceId, MemoryId, StoreOpaque, TableId};
use crate::engine::abi::{
    VMContext, VMFuncRef, VMGlobal, VMHostFunc, VMImportedFunc, VMLayout, VMMemory, VMMemorySlot, VMTable, VMTableSlot,
};
use crate::engine::module::ExternIdx;
use crate::engine::pipeline::CompiledModule;
use crate::engine::types::{DataIdx, DefinedFuncIdx, ElemIdx, FuncIdx, GlobalIdx, MemoryIdx, TableIdx, TypeId};
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::mem::offset_of;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// An item that an instance exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportValue {
    /// A function.
    Func(FuncHandle),
    /// A table.
    Table(TableId),
    /// A memory.
    Memory(MemoryId),
    /// A global.
    Global(GlobalId),
}

/// The runtime's record of an instance.
#[derive(Debug)]
pub struct Instance {
    id: InstanceId,
    context: Context,
    /// References to the imported functions.
    pub(super) imported_funcs: Vec<VMFuncRef>,
    /// Every memory, imported or its own.
    pub(super) memories: Vec<MemoryId>,
    /// Every table, imported or its own.
    pub(super) tables: Vec<TableId>,
    /// Every global, imported or its own.
    pub(super) globals: Vec<GlobalId>,
    /// How each own function is called, and what stands for the interpreter there; empty unless calls go through slots.
    pub(super) slots: Slots,
    /// How many of the functions that were compiled later it has taken over.
    pub(super) known_functions: usize,
    /// Element segments that are empty from now on.
    dropped_elements: Vec<bool>,
    /// Data segments that are empty from now on.
    dropped_data: Vec<bool>,
    /// Keeps the code alive; dropped after the context.
    module: Arc<CompiledModule>,
}

impl Instance {
    /// Makes an instance with an empty context, or nothing where the host has not enough memory.
    pub(super) fn new(id: InstanceId, module: Arc<CompiledModule>) -> Option<Instance> {
        let context = Context::new(*module.layout())?;
        let (elements, data) = (module.module().elements.len(), module.module().data.len());
        Some(Instance {
            id,
            context,
            imported_funcs: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            slots: Slots::default(),
            known_functions: 0,
            dropped_elements: vec![false; elements],
            dropped_data: vec![false; data],
            module,
        })
    }

    /// Its handle.
    pub(crate) fn id(&self) -> InstanceId {
        self.id
    }

    /// What it is an instance of.
    pub(crate) fn module(&self) -> &Arc<CompiledModule> {
        &self.module
    }

    /// What generated code works on.
    pub(super) fn context(&self) -> &Context {
        &self.context
    }

    /// What contexts point to: how own functions are called; null where that is not by slots.
    pub(super) fn slots(&self) -> *const VMImportedFunc {
        if self.slots.slots.is_empty() { ptr::null() } else { self.slots.slots.as_ptr() }
    }

    /// How an own function is called, where that is by slots.
    pub(super) fn slot(&self, function: DefinedFuncIdx) -> Option<&VMImportedFunc> {
        self.slots.slots.get(function.index())
    }

    /// The same, to be changed.
    pub(super) fn slot_mut(&mut self, function: DefinedFuncIdx) -> Option<&mut VMImportedFunc> {
        self.slots.slots.get_mut(function.index())
    }

    /// A memory of its index space; validation guarantees that there is one.
    pub(super) fn memory(&self, index: MemoryIdx) -> MemoryId {
        self.memories[index.index()]
    }

    /// A table of its index space.
    pub(super) fn table(&self, index: TableIdx) -> TableId {
        self.tables[index.index()]
    }

    /// A global of its index space.
    pub(super) fn global(&self, index: GlobalIdx) -> GlobalId {
        self.globals[index.index()]
    }

    /// The reference to a function; nothing for one that never becomes a reference.
    pub(super) fn func_ref(&self, func: FuncIdx) -> Option<NonNull<VMFuncRef>> {
        let number = self.module.module().func_ref(func)?;
        Some(self.context.func_ref(number))
    }

    /// Whether a data segment has been dropped.
    pub(super) fn is_data_dropped(&self, index: DataIdx) -> bool {
        self.dropped_data.get(index.index()).copied().unwrap_or(true)
    }

    /// Makes a data segment empty. spec: exec/instructions#exec-data-drop
    pub(super) fn drop_data(&mut self, index: DataIdx) {
        if let Some(dropped) = self.dropped_data.get_mut(index.index()) {
            *dropped = true;
        }
    }

    /// Whether an element segment has been dropped.
    pub(super) fn is_element_dropped(&self, index: ElemIdx) -> bool {
        self.dropped_elements.get(index.index()).copied().unwrap_or(true)
    }

    /// Makes an element segment empty. spec: exec/instructions#exec-elem-drop
    pub(super) fn drop_element(&mut self, index: ElemIdx) {
        if let Some(dropped) = self.dropped_elements.get_mut(index.index()) {
            *dropped = true;
        }
    }

    /// The export with that name.
    pub(crate) fn export(&self, name: &str) -> Option<ExportValue> {
        let export = self.module.module().exports.iter().find(|export| export.name == name)?;
        self.item(export.item)
    }

    /// Every export, in the module's order.
    pub(crate) fn exports(&self) -> impl Iterator<Item = (&str, ExportValue)> {
        let exports = self.module.module().exports.iter();
        exports.filter_map(|export| Some((export.name.as_str(), self.item(export.item)?)))
    }

    /// An item of its index spaces. A function must be one that can become a reference.
    pub(super) fn item(&self, item: ExternIdx) -> Option<ExportValue> {
        Some(match item {
            ExternIdx::Func(func) => ExportValue::Func(FuncHandle::new(self.func_ref(func)?, self.id.store())),
            ExternIdx::Table(table) => ExportValue::Table(*self.tables.get(table.index())?),
            ExternIdx::Memory(memory) => ExportValue::Memory(*self.memories.get(memory.index())?),
            ExternIdx::Global(global) => ExportValue::Global(*self.globals.get(global.index())?),
        })
    }
}

/// The slots of own functions.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// What stands for a host function to the trampolines to the interpreter.
    pub(super) _hosts: Box<[VMHostFunc]>,
    /// Code and context of each function.
    pub(super) slots: Box<[VMImportedFunc]>,
}

/// The memory that generated code sees of one instance.
#[derive(Debug)]
pub(super) struct Context {
    base: NonNull<u8>,
    layout: VMLayout,
}

impl Context {
    /// Allocates a context of zeros.
    fn new(layout: VMLayout) -> Option<Context> {
        let shape = Context::shape(&layout)?;
        // SAFETY: The size is never zero: every context has a header.
        let base = NonNull::new(unsafe { alloc_zeroed(shape) })?;
        Some(Context { base, layout })
    }

    fn shape(layout: &VMLayout) -> Option<Layout> {
        Layout::from_size_align(layout.size() as usize, align_of::<VMContext>()).ok()
    }

    /// What generated code takes as its first argument.
    pub(super) fn as_ptr(&self) -> *mut VMContext {
        self.base.as_ptr().cast()
    }

    /// The item at `offset`, which must come from the layout, for an item of type `T`.
    fn at<T>(&self, offset: u32) -> NonNull<T> {
        debug_assert!(offset as usize + size_of::<T>() <= self.layout.size() as usize);
        // SAFETY: The layout's offsets, plus their items, lie within the allocation.
        let item = unsafe { self.base.add(offset as usize) };
        item.cast()
    }

    fn write<T>(&self, offset: u32, item: T) {
        // SAFETY: `at` gives the address of a `T` in the allocation, aligned by the layout. Nobody holds a reference into
        // a context.
        unsafe { self.at::<T>(offset).write(item) };
    }

    /// Writes the fixed part.
    pub(super) fn set_header(&self, header: VMContext) {
        self.write(0, header);
    }

    /// Writes how own functions are called, where that is by slots only later.
    pub(super) fn set_slots(&self, slots: *const VMImportedFunc) {
        self.write(offset_of!(VMContext, slots) as u32, slots);
    }

    /// Writes the canonical types of the module's types.
    pub(super) fn set_type_ids(&self, types: &[TypeId]) {
        for (index, id) in (0..self.layout.counts().types).zip(types) {
            self.write(self.layout.type_id(index), *id);
        }
    }

    /// Writes what generated code calls for an imported function.
    pub(super) fn set_imported_func(&self, index: u32, func: VMImportedFunc) {
        self.write(self.layout.imported_func(index), func);
    }

    /// Writes a function reference.
    pub(super) fn set_func_ref(&self, number: u32, func_ref: VMFuncRef) {
        self.write(self.layout.func_ref(number), func_ref);
    }

    /// Writes where a memory is.
    pub(super) fn set_memory(&self, index: u32, memory: NonNull<VMMemory>) {
        // SAFETY: The store's memories live as long as the store, and nobody changes them now.
        let base = unsafe { memory.as_ref() }.base;
        self.write(self.layout.memory(index), VMMemorySlot { base, memory: memory.as_ptr() });
    }

    /// Writes where a table is.
    pub(super) fn set_table(&self, index: u32, table: NonNull<VMTable>) {
        // SAFETY: The store's tables live as long as the store, and nobody changes them now.
        let base = unsafe { table.as_ref() }.base;
        self.write(self.layout.table(index), VMTableSlot { base, table: table.as_ptr() });
    }

    /// Writes where an imported global is.
    pub(super) fn set_imported_global(&self, index: u32, global: NonNull<VMGlobal>) {
        self.write(self.layout.imported_global(index), global.as_ptr());
    }

    /// Where an own global is; `index` counts own globals only.
    pub(super) fn defined_global(&self, index: u32) -> NonNull<VMGlobal> {
        self.at(self.layout.defined_global(index))
    }

    /// Where a function reference is.
    pub(super) fn func_ref(&self, number: u32) -> NonNull<VMFuncRef> {
        self.at(self.layout.func_ref(number))
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if let Some(shape) = Context::shape(&self.layout) {
            // SAFETY: The allocation was made with the same shape, and nothing runs on it any more: contexts are dropped
            // with their store.
            unsafe { dealloc(self.base.as_ptr(), shape) };
        }
    }
}

/// The store and the instance of a context, for helpers that generated code calls.
///
/// # Safety
///
/// `context` must be that of an instance whose store runs on this thread, and nothing else may use the store for `'a`.
pub(super) unsafe fn world<'a>(context: *mut VMContext) -> (&'a mut StoreOpaque, InstanceId) {
    // SAFETY: The caller vouches for the context, whose header is complete before any code runs.
    let header = unsafe { &*context };
    // SAFETY: The record outlives its context.
    let id = unsafe { (*header.instance.cast::<Instance>()).id };
    // SAFETY: The shared state lives in the store.
    let store = unsafe { (*header.store).store };
    // SAFETY: `store` is the address of the whole store, whose first part is the `StoreOpaque`; the caller vouches for being
    // the only user.
    let store = unsafe { &mut *store.cast::<StoreOpaque>() };
    (store, id)
}

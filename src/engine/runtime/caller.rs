//! What a host function sees of the world that called it.

use super::store::{InstanceId, StoreInner, StoreOpaque};
use crate::engine::abi::VMContext;
use std::ptr::NonNull;

/// The caller of a host function: its store, the data that the embedder keeps there, and the instance that imports the
/// function. A host function takes it as its first parameter, if it wants it.
#[derive(Debug)]
pub struct Caller<'a, T: 'static> {
    pub(super) store: &'a mut StoreInner<T>,
    /// The importing instance's context; none for a function that the embedder made and passed by itself.
    pub(super) context: Option<NonNull<VMContext>>,
}

impl<T: 'static> Caller<'_, T> {
    /// The embedder's data in the store.
    #[inline]
    pub fn data(&self) -> &T {
        &self.store.data
    }

    /// The embedder's data in the store.
    #[inline]
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.store.data
    }

    /// The memory that the calling instance exports as `memory`, together with the embedder's data. This is one load and
    /// needs no look-up of names. Nothing where the caller has no such memory.
    #[inline]
    pub fn memory_and_data(&mut self) -> Option<(&mut [u8], &mut T)> {
        let context = self.context?;
        // SAFETY: A caller's context is that of an instance of this store, and instances live as long as their store.
        let memory = NonNull::new(unsafe { (*context.as_ptr()).exported_memory })?;
        // SAFETY: The memory belongs to the same store; nobody holds a reference to it while the store is borrowed.
        let memory = unsafe { memory.as_ref() };
        // SAFETY: `len_bytes` bytes from `base` on are accessible and initialised. The borrow of the store keeps wasm,
        // which could grow or move the memory, from running, and memories are no part of `data`.
        let bytes = unsafe { std::slice::from_raw_parts_mut(memory.base, memory.len_bytes) };
        Some((bytes, &mut self.store.data))
    }

    /// The same caller, for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Caller<'_, T> {
        Caller { store: self.store, context: self.context }
    }

    /// The store, with its data.
    pub(crate) fn store(&self) -> &StoreInner<T> {
        self.store
    }

    /// The store, with its data.
    pub(crate) fn store_mut(&mut self) -> &mut StoreInner<T> {
        self.store
    }

    /// The part of the store that knows nothing of its data.
    pub(crate) fn opaque(&mut self) -> &mut StoreOpaque {
        &mut self.store.opaque
    }

    /// The instance that imports the host function.
    pub(crate) fn instance(&self) -> Option<InstanceId> {
        let context = self.context?;
        // SAFETY: A caller's context is that of an instance of this store, and instances live as long as their store.
        let instance = unsafe { (*context.as_ptr()).instance };
        let instance = instance.cast::<super::instance::Instance>();
        // SAFETY: The pointer is to the record that the store owns for this context; it is set before wasm can run.
        Some(unsafe { (*instance).id() })
    }
}

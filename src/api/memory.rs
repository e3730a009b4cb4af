//! [`Memory`]: bytes that instances and the embedder share. spec: exec/runtime#memory-instances
//!
//! A slice of a memory borrows the store, so that no wasm code, which could change or move the bytes, runs meanwhile.

use super::{AsContext, AsContextMut, Error, ErrorKind, Result};
use crate::engine::abi::TrapCode;
use crate::engine::runtime::MemoryId;
use crate::engine::types::MemoryType;

/// A linear memory of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    id: MemoryId,
}

impl Memory {
    /// Makes a memory that no instance owns, all zero.
    ///
    /// # Errors
    ///
    /// Where the type is not supported, or the store's limits or the host's memory do not suffice.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory> {
        let id = store.as_context_mut().opaque().add_memory(ty).map_err(Error::of_alloc)?;
        Ok(Memory { id })
    }

    pub(super) fn from_id(id: MemoryId) -> Memory {
        Memory { id }
    }

    pub(super) fn id(self) -> MemoryId {
        self.id
    }

    /// Its type; the least size is the current one.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn ty(self, store: impl AsContext) -> Result<MemoryType> {
        let store = store.as_context();
        let memory = store.owner(self.id.store(), "the memory")?.memory(self.id);
        Ok(MemoryType { min: memory.pages(), ..*memory.ty() })
    }

    /// Size in pages.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn size(self, store: impl AsContext) -> Result<u64> {
        Ok(self.ty(store)?.min)
    }

    /// Its bytes.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn data<C: AsContext>(self, store: &C) -> Result<&[u8]> {
        Ok(store.as_context().owner(self.id.store(), "the memory")?.memory(self.id).bytes())
    }

    /// Its bytes.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn data_mut<C: AsContextMut>(self, store: &mut C) -> Result<&mut [u8]> {
        Ok(self.data_and_store_mut(store)?.0)
    }

    /// Its bytes, together with the embedder's data in the store.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn data_and_store_mut<C: AsContextMut>(self, store: &mut C) -> Result<(&mut [u8], &mut C::Data)> {
        let (store, data) = store.as_context_mut().owner_and_data(self.id.store(), "the memory")?;
        Ok((store.memory_mut(self.id).bytes_mut(), data))
    }

    /// Copies bytes from address `address` on into `buffer`.
    ///
    /// # Errors
    ///
    /// A [`TrapCode::MemoryOutOfBounds`] trap beyond the end, so that a host function may pass it on as its own; a
    /// memory of another store.
    pub fn read(self, store: impl AsContext, address: usize, buffer: &mut [u8]) -> Result<()> {
        let bytes = self.data(&store)?.get(address..).and_then(|bytes| bytes.get(..buffer.len()));
        buffer.copy_from_slice(bytes.ok_or_else(|| Error::trapped(TrapCode::MemoryOutOfBounds))?);
        Ok(())
    }

    /// Copies `buffer` to address `address` on.
    ///
    /// # Errors
    ///
    /// As for [`Memory::read`].
    pub fn write(self, mut store: impl AsContextMut, address: usize, buffer: &[u8]) -> Result<()> {
        let bytes = self.data_mut(&mut store)?.get_mut(address..).and_then(|bytes| bytes.get_mut(..buffer.len()));
        bytes.ok_or_else(|| Error::trapped(TrapCode::MemoryOutOfBounds))?.copy_from_slice(buffer);
        Ok(())
    }

    /// Appends `delta` pages of zeros. Returns how many pages there were before.
    ///
    /// # Errors
    ///
    /// Where the memory's or the store's limit or the host's memory does not suffice; a memory of another store.
    pub fn grow(self, mut store: impl AsContextMut, delta: u64) -> Result<u64> {
        let store = store.as_context_mut().owner(self.id.store(), "the memory")?;
        let grown = store.grow_memory(self.id, delta);
        grown.ok_or_else(|| Error::new(ErrorKind::Instantiate, format!("the memory cannot grow by {delta} pages")))
    }
}

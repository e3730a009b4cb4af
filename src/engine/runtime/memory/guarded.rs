//! A memory whose address space is reserved whole, so that generated code needs no bounds checks.
//!
//! Exactly the bytes that the memory has are accessible: its pages are multiples of the system's on every host that the
//! compiler serves. The rest, and the guard behind it, faults. The base never changes.

use crate::engine::abi::tunables::{GUARD_BYTES, GUARDED_MEMORY_BYTES, HUGE_PAGES_FROM_BYTES};
use crate::engine::sys::{Mapping, Protection};
use std::io;

/// The reservation of one guarded memory.
#[derive(Debug)]
pub(super) struct GuardedMemory {
    mapping: Mapping,
}

impl GuardedMemory {
    /// Reserves the address space and makes `bytes` of it accessible.
    pub(super) fn new(bytes: usize) -> io::Result<GuardedMemory> {
        let bytes_reserved = usize::try_from(GUARDED_MEMORY_BYTES + GUARD_BYTES);
        let mapping = Mapping::reserve(bytes_reserved.map_err(|_| io::ErrorKind::OutOfMemory)?)?;
        let mut memory = GuardedMemory { mapping };
        memory.grow(0, bytes)?;
        Ok(memory)
    }

    /// First byte.
    pub(super) fn base(&self) -> *mut u8 {
        self.mapping.base()
    }

    /// Makes the bytes from `len` to `new_len` accessible; both are multiples of a wasm page.
    pub(super) fn grow(&mut self, len: usize, new_len: usize) -> io::Result<()> {
        if new_len as u64 > GUARDED_MEMORY_BYTES || new_len < len {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if new_len == len {
            return Ok(());
        }
        self.mapping.protect(len, new_len - len, Protection::ReadWrite)?;
        if len < HUGE_PAGES_FROM_BYTES && new_len >= HUGE_PAGES_FROM_BYTES {
            self.mapping.prefer_huge_pages();
        }
        Ok(())
    }
}

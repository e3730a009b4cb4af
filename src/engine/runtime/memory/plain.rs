//! A memory that takes only a little more address space than it has bytes, and moves when that is used up.
//!
//! For hosts where address space is short (`ulimit -v`). Generated code compares every address with the length and loads
//! the base anew after anything that may grow the memory.

use crate::engine::sys::{Mapping, Protection};
use std::io;
use std::ptr;

/// Spare capacity in bytes that even small memories get, so that the first growths do not move them.
const SPARE_BYTES: usize = 1 << 20;

/// The buffer of one plain memory.
#[derive(Debug)]
pub(super) struct PlainMemory {
    mapping: Mapping,
    /// Bytes that fit before the memory must move.
    capacity: usize,
    /// Bytes that it may ever have.
    max_bytes: usize,
}

impl PlainMemory {
    /// Makes a buffer with `bytes` accessible bytes, which may grow to `max_bytes`.
    pub(super) fn new(bytes: usize, max_bytes: usize) -> io::Result<PlainMemory> {
        let (mapping, capacity) = reserve(bytes, max_bytes)?;
        let mut memory = PlainMemory { mapping, capacity, max_bytes };
        memory.grow(0, bytes)?;
        Ok(memory)
    }

    /// First byte. Changes on growth.
    pub(super) fn base(&self) -> *mut u8 {
        self.mapping.base()
    }

    /// Makes the bytes from `len` to `new_len` accessible; both are multiples of a wasm page. On failure nothing changes.
    pub(super) fn grow(&mut self, len: usize, new_len: usize) -> io::Result<()> {
        if new_len > self.capacity {
            return self.relocate(len, new_len);
        }
        if new_len == len {
            return Ok(());
        }
        self.mapping.protect(len, new_len - len, Protection::ReadWrite)
    }

    fn relocate(&mut self, len: usize, new_len: usize) -> io::Result<()> {
        let (mut mapping, capacity) = reserve(new_len, self.max_bytes)?;
        mapping.protect(0, new_len, Protection::ReadWrite)?;
        // SAFETY: `len` bytes are accessible in the old mapping, and `new_len`, which is more, in the new one. The two are
        // distinct mappings.
        unsafe { ptr::copy_nonoverlapping(self.mapping.base(), mapping.base(), len) };
        (self.mapping, self.capacity) = (mapping, capacity);
        Ok(())
    }
}

/// Reserves half as much again as `bytes` where there is room for it, otherwise as much as needed.
fn reserve(bytes: usize, max_bytes: usize) -> io::Result<(Mapping, usize)> {
    let generous = bytes.saturating_add(bytes / 2).saturating_add(SPARE_BYTES).min(max_bytes).max(bytes);
    let capacity = generous.checked_next_multiple_of(1 << 16).unwrap_or(bytes);
    match Mapping::reserve(capacity.max(1 << 16)) {
        Ok(mapping) => Ok((mapping, capacity)),
        Err(_) => Ok((Mapping::reserve(bytes.max(1 << 16))?, bytes)),
    }
}

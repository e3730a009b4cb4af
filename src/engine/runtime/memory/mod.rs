//! Linear memories: who owns the bytes, and how they grow. spec: exec/runtime#memory-instances
//!
//! ```text
//!  guarded    |<------- 4 GiB, all that a 32-bit index reaches ------->|<-- 2 GiB guard -->|
//!             | len_bytes, accessible |        inaccessible            |    inaccessible   |
//!             base (never changes)
//!
//!  plain      |<------- capacity ------>|
//!             | len_bytes, accessible   |        moves when the capacity is used up
//!             base
//! ```
//!
//! An engine uses one of the two for all its memories, because its generated code relies on it: with guarded memories an
//! access beyond `len_bytes` faults, with plain ones it is compared first. New bytes come from the system and are zero.

mod guarded;
mod plain;

use super::error::{AllocError, ExceededLimit, Resource};
use super::store::StoreLimits;
use crate::engine::abi::{TrapCode, VMMemory};
use crate::engine::types::MemoryType;
use guarded::GuardedMemory;
use plain::PlainMemory;
use std::ops::Range;
use std::ptr::NonNull;
use std::slice;

/// Most pages of a 32-bit memory with pages of 64 KiB.
const MAX_PAGES: u64 = 1 << 16;

/// The page size that memories have unless a proposal says otherwise: log2 of 64 KiB.
const PAGE_SIZE_LOG2: u8 = 16;

/// A linear memory of a store.
#[derive(Debug)]
pub struct LinearMemory {
    /// What generated code sees; follows `backing`.
    vm: VMMemory,
    ty: MemoryType,
    backing: Backing,
}

#[derive(Debug)]
enum Backing {
    Guarded(GuardedMemory),
    Plain(PlainMemory),
}

impl LinearMemory {
    /// Makes a memory of zeros with the smallest size of its type.
    pub(super) fn new(
        ty: MemoryType,
        guarded: bool,
        limits: &StoreLimits,
        used: &mut StoreLimits,
    ) -> Result<LinearMemory, AllocError> {
        if ty.memory64 || ty.shared || ty.page_size_log2 != PAGE_SIZE_LOG2 {
            return Err(AllocError::Unsupported("a memory that is 64-bit, shared or has pages of another size"));
        }
        let all_bytes = ty.min.saturating_mul(ty.page_bytes());
        let bytes = usize::try_from(all_bytes).unwrap_or(usize::MAX);
        let wanted = used.memory_bytes.saturating_add(all_bytes);
        if wanted > limits.memory_bytes && bytes > 0 {
            let (resource, limit) = (Resource::MemoryBytes, limits.memory_bytes);
            return Err(AllocError::Limit(ExceededLimit { resource, wanted, limit }));
        }
        let failed = |error: std::io::Error| AllocError::OutOfMemory {
            what: "a linear memory",
            bytes: all_bytes,
            reason: error.to_string(),
        };
        let max_bytes = ty.max.unwrap_or(MAX_PAGES).min(MAX_PAGES).saturating_mul(ty.page_bytes());
        let backing = if guarded {
            Backing::Guarded(GuardedMemory::new(bytes).map_err(failed)?)
        } else {
            let max_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
            Backing::Plain(PlainMemory::new(bytes, max_bytes).map_err(failed)?)
        };
        used.memory_bytes = wanted;
        let vm = VMMemory { base: backing.base(), len_bytes: bytes };
        Ok(LinearMemory { vm, ty, backing })
    }

    /// Its type, with the limits that it was made with.
    pub(crate) fn ty(&self) -> &MemoryType {
        &self.ty
    }

    /// Its size in pages.
    pub(crate) fn pages(&self) -> u64 {
        self.vm.len_bytes as u64 >> self.ty.page_size_log2
    }

    /// What generated code sees. The memory must be boxed.
    pub(super) fn vm(&mut self) -> NonNull<VMMemory> {
        NonNull::from(&mut self.vm)
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: `len_bytes` bytes from `base` on are mapped and initialised, and wasm, which could change, move or grow
        // them, does not run while the store is borrowed.
        unsafe { slice::from_raw_parts(self.vm.base, self.vm.len_bytes) }
    }

    /// Its bytes.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: As for `bytes`; the borrow is exclusive.
        unsafe { slice::from_raw_parts_mut(self.vm.base, self.vm.len_bytes) }
    }

    /// Grows by `delta` pages. Returns the pages before, or nothing where it cannot grow.
    /// spec: exec/instructions#exec-memory-grow
    pub(super) fn grow(&mut self, delta: u64, limits: &StoreLimits, used: &mut StoreLimits) -> Option<u64> {
        let before = self.pages();
        let after = before.checked_add(delta)?;
        if after > self.ty.max.unwrap_or(MAX_PAGES).min(MAX_PAGES) {
            return None;
        }
        if delta == 0 {
            return Some(before);
        }
        let wanted = used.memory_bytes.checked_add(delta << self.ty.page_size_log2)?;
        if wanted > limits.memory_bytes {
            return None;
        }
        let len = self.vm.len_bytes;
        let new_len = usize::try_from(after << self.ty.page_size_log2).ok()?;
        match &mut self.backing {
            Backing::Guarded(memory) => memory.grow(len, new_len).ok()?,
            Backing::Plain(memory) => memory.grow(len, new_len).ok()?,
        }
        used.memory_bytes = wanted;
        self.vm = VMMemory { base: self.backing.base(), len_bytes: new_len };
        Some(before)
    }

    /// The bytes `start..start + len`, or the trap for a range that leaves the memory.
    pub(super) fn range(&self, start: u64, len: u64) -> Result<Range<usize>, TrapCode> {
        let total = self.vm.len_bytes as u64;
        let end = start.checked_add(len).filter(|end| *end <= total).ok_or(TrapCode::MemoryOutOfBounds)?;
        Ok(start as usize..end as usize)
    }
}

impl Backing {
    fn base(&self) -> *mut u8 {
        match self {
            Backing::Guarded(memory) => memory.base(),
            Backing::Plain(memory) => memory.base(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: usize = 1 << 16;

    fn check_growth(guarded: bool) {
        let limits = StoreLimits { memory_bytes: 5 * PAGE as u64, table_elements: 0 };
        let mut used = StoreLimits { memory_bytes: 0, table_elements: 0 };
        let ty = MemoryType { min: 1, max: Some(4), memory64: false, shared: false, page_size_log2: 16 };
        let mut memory = LinearMemory::new(ty, guarded, &limits, &mut used).unwrap();
        memory.bytes_mut()[PAGE - 1] = 7;
        assert_eq!(memory.grow(0, &limits, &mut used), Some(1));
        assert_eq!(memory.grow(2, &limits, &mut used), Some(1));
        assert_eq!(memory.bytes().len(), 3 * PAGE);
        assert_eq!(memory.bytes()[PAGE - 1], 7);
        assert!(memory.bytes()[PAGE..].iter().all(|byte| *byte == 0));
        memory.bytes_mut()[3 * PAGE - 1] = 9;
        assert_eq!(memory.grow(2, &limits, &mut used), None);
        assert_eq!(memory.grow(u64::MAX, &limits, &mut used), None);
        assert_eq!(used.memory_bytes, 3 * PAGE as u64);
        let mut other = LinearMemory::new(MemoryType { max: None, ..ty }, guarded, &limits, &mut used).unwrap();
        assert_eq!(other.grow(2, &limits, &mut used), None);
        assert_eq!(other.grow(1, &limits, &mut used), Some(1));
        assert_eq!(memory.grow(1, &limits, &mut used), None);
        let third = LinearMemory::new(ty, guarded, &limits, &mut used);
        assert!(matches!(third, Err(AllocError::Limit(_))));
        let empty = LinearMemory::new(MemoryType { min: 0, ..ty }, guarded, &limits, &mut used).unwrap();
        assert!(empty.bytes().is_empty());
    }

    #[cfg(target_pointer_width = "64")]
    #[test]
    fn guarded_memories_grow() {
        check_growth(true);
    }

    #[test]
    fn plain_memories_grow() {
        check_growth(false);
    }

    #[test]
    fn a_plain_memory_survives_many_moves() {
        let limits = StoreLimits::default();
        let mut used = StoreLimits { memory_bytes: 0, table_elements: 0 };
        let ty = MemoryType { min: 0, max: None, memory64: false, shared: false, page_size_log2: 16 };
        let mut memory = LinearMemory::new(ty, false, &limits, &mut used).unwrap();
        for page in 0..200 {
            assert_eq!(memory.grow(1, &limits, &mut used), Some(page));
            memory.bytes_mut()[page as usize * PAGE] = page as u8;
        }
        assert!((0..200).all(|page| memory.bytes()[page * PAGE] == page as u8));
    }

    #[test]
    fn ranges_are_checked_without_overflow() {
        let limits = StoreLimits::default();
        let mut used = StoreLimits { memory_bytes: 0, table_elements: 0 };
        let ty = MemoryType { min: 1, max: None, memory64: false, shared: false, page_size_log2: 16 };
        let memory = LinearMemory::new(ty, false, &limits, &mut used).unwrap();
        assert_eq!(memory.range(PAGE as u64, 0), Ok(PAGE..PAGE));
        assert_eq!(memory.range(PAGE as u64, 1), Err(TrapCode::MemoryOutOfBounds));
        assert_eq!(memory.range(u64::MAX, 2), Err(TrapCode::MemoryOutOfBounds));
    }
}

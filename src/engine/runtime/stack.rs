//! The stack that wasm runs on: a mapping of its own with a guard region below it.
//!
//! ```text
//!  low                                                   top
//!   | guard, inaccessible | room for one host call | wasm |
//!                         ^                        ^
//!                         lowest usable byte       limit: host calls below it trap
//! ```
//!
//! Code has no stack checks; what runs off the lowest usable byte faults in the guard, and the fault becomes a trap.
//! Host functions run on the same stack, and since a fault in one of them would not be a guest's, their trampolines
//! compare the stack pointer with the limit before they call.
//!
//! Where everything is interpreted because there is no compiler, wasm runs further down the thread's own stack. All that
//! counts there is the limit, which the interpreter compares with whenever it is entered.

use crate::engine::abi::tunables::{HOST_CALL_STACK_BYTES, STACK_GUARD_BYTES};
use crate::engine::sys::{Mapping, Protection, page_bytes};
use std::io;
use std::ops::Range;

/// Where a stack's parts are, as addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackBounds {
    /// First byte of the guard.
    pub low: usize,
    /// First usable byte, end of the guard.
    pub usable: usize,
    /// Host calls need the stack pointer to be here or above.
    pub limit: usize,
    /// End of the stack, exclusive; where the stack pointer starts, a multiple of the page size, unless the stack is shared.
    pub top: usize,
}

impl StackBounds {
    /// Of a stack that wasm shares with the thread that it runs on, whose guard is the system's.
    pub fn shared(stack: &Range<usize>) -> StackBounds {
        let room = HOST_CALL_STACK_BYTES.min(stack.len() / 2);
        StackBounds { low: stack.start, usable: stack.start, limit: stack.start + room, top: stack.end }
    }

    /// Whether an address lies in the guard.
    pub fn guards(&self, address: usize) -> bool {
        (self.low..self.usable).contains(&address)
    }

    /// Whether an address lies on the usable part, its end included: where a stack pointer may be.
    pub fn holds(&self, address: usize) -> bool {
        (self.usable..=self.top).contains(&address)
    }

    /// Whether an aligned word at `address` lies on the usable part.
    pub fn holds_word(&self, address: usize) -> bool {
        let word = size_of::<usize>();
        address.is_multiple_of(word) && (self.usable..=self.top.saturating_sub(word)).contains(&address)
    }
}

/// An owned wasm stack.
#[derive(Debug)]
pub struct WasmStack {
    bounds: StackBounds,
    /// Owns the addresses of `bounds`.
    _mapping: Mapping,
}

impl WasmStack {
    /// Reserves a stack of `bytes` usable bytes, rounded up to pages and to the room that one host call needs twice.
    /// Where the address space is too short for that (`ulimit -v`), takes the largest half, quarter, ... that fits.
    ///
    /// # Errors
    ///
    /// The system's, when not even the smallest stack fits.
    pub fn new(bytes: usize) -> io::Result<WasmStack> {
        WasmStack::largest(bytes, WasmStack::with_size)
    }

    /// Makes a stack with that many bytes, or the largest half, quarter, ... that fits.
    ///
    /// # Errors
    ///
    /// As for [`WasmStack::new`].
    pub fn largest<T>(bytes: usize, make: impl Fn(usize) -> io::Result<T>) -> io::Result<T> {
        let smallest = 2 * HOST_CALL_STACK_BYTES;
        let mut bytes = bytes.max(smallest);
        loop {
            match make(bytes) {
                Err(error) if bytes <= smallest => return Err(error),
                Err(_) => bytes = (bytes / 2).max(smallest),
                Ok(stack) => return Ok(stack),
            }
        }
    }

    fn with_size(bytes: usize) -> io::Result<WasmStack> {
        let guard = STACK_GUARD_BYTES.next_multiple_of(page_bytes());
        let too_large = || io::Error::from(io::ErrorKind::OutOfMemory);
        let usable = bytes.checked_next_multiple_of(page_bytes()).ok_or_else(too_large)?;
        let total = usable.checked_add(guard).ok_or_else(too_large)?;
        let mut mapping = Mapping::reserve(total)?;
        mapping.protect(guard, usable, Protection::ReadWrite)?;
        let low = mapping.base().addr();
        let bounds = StackBounds {
            low,
            usable: low + guard,
            limit: low + guard + HOST_CALL_STACK_BYTES.min(usable / 2),
            top: low + total,
        };
        Ok(WasmStack { bounds, _mapping: mapping })
    }

    /// Where its parts are.
    pub fn bounds(&self) -> StackBounds {
        self.bounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_in_order() {
        for bytes in [0, 1, 600 << 10, 8 << 20] {
            let stack = WasmStack::new(bytes).expect("stack");
            let bounds = stack.bounds();
            assert_eq!(bounds.usable - bounds.low, STACK_GUARD_BYTES);
            assert_eq!(bounds.limit - bounds.usable, HOST_CALL_STACK_BYTES);
            assert!(bounds.top - bounds.usable >= bytes);
            assert!(bounds.limit < bounds.top);
            assert!(bounds.guards(bounds.low) && bounds.guards(bounds.usable - 1));
            assert!(!bounds.guards(bounds.usable) && !bounds.guards(bounds.low - 1));
        }
    }

    #[test]
    fn words_lie_on_the_usable_part() {
        let bounds = StackBounds { low: 0x1000, usable: 0x2000, limit: 0x3000, top: 0x4000 };
        assert!(bounds.holds_word(0x2000) && bounds.holds_word(0x3ff8));
        assert!(!bounds.holds_word(0x1ff8) && !bounds.holds_word(0x4000) && !bounds.holds_word(0x2001));
    }

    #[test]
    fn a_stack_is_writable_up_to_its_top() {
        let stack = WasmStack::new(1 << 20).expect("stack");
        for address in [stack.bounds().usable, stack.bounds().top - 1] {
            let byte = std::ptr::with_exposed_provenance_mut::<u8>(address);
            // SAFETY: Both addresses are of the stack's usable part, which is mapped and which nothing else uses.
            unsafe { byte.write_volatile(1) };
        }
    }
}

//! What the interpreter and the runtime share: where the interpreter's frames are, and what it was doing when it stopped.
//!
//! ```text
//!   low                                                        high
//!    | values of outer calls | values | free ...  | call | outer calls |
//!                                     ^           ^
//!                                     next        calls
//! ```
//!
//! Frames hold values alone, in slots of 64 bits; a callee's first slots are the caller's last, where the arguments stand.
//! What returning needs is kept apart from them, in [`VMCall`]s, so that nothing that wasm computes is ever taken for an
//! address to go on at.

use super::vmctx::VMContext;
use std::ptr;

/// A call that has not returned.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct VMCall {
    /// Cell where the caller goes on.
    pub ip: *const u64,
    /// First slot of the caller's frame.
    pub fp: *mut u64,
    /// The caller's instance.
    pub context: *mut VMContext,
    /// The interpreter's record of the function that was called.
    pub function: *const (),
}

/// The part of the interpreter's stack that is free.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct VMFrames {
    /// First free slot.
    pub next: *mut u64,
    /// The innermost call's record: the end of what is free.
    pub calls: *mut VMCall,
}

/// One stretch of interpreted calls, from entering the interpreter until it returns. It stands on the native stack.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct VMRun {
    /// The innermost call's record.
    pub calls: *mut VMCall,
    /// The record of the call that the run began with, inclusive.
    pub first_call: *mut VMCall,
    /// The cell that the innermost function stands at. Kept up to date where something may look: at host calls and traps.
    pub ip: *const u64,
    /// Whether a host function or a helper that the run has called is running.
    pub is_outside: bool,
    /// The frame pointer of the trampoline that generated code entered the run by; 0 where the run was entered otherwise.
    pub entered_from: usize,
}

/// How an entry into the interpreter ended.
#[derive(Debug)]
#[repr(C)]
pub struct VMRunEnd {
    /// Number of the trap; 0 where the function returned, something else where a function could not be folded.
    pub trap: u32,
    /// The interpreter's record of the function that could not be folded.
    pub unfoldable: *const (),
    /// The run, as it was at the trap. Its records are good until the interpreter is entered again.
    pub run: VMRun,
}

impl VMRunEnd {
    /// Before the interpreter was ever entered.
    pub fn none() -> VMRunEnd {
        let run = VMRun {
            calls: ptr::null_mut(),
            first_call: ptr::null_mut(),
            ip: ptr::null(),
            is_outside: false,
            entered_from: 0,
        };
        VMRunEnd { trap: 0, unfoldable: ptr::null(), run }
    }
}

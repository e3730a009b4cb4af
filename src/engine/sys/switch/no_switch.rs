//! Processors that no machine code is made for: calls stay on the thread's stack, and what is said of frames is never asked.
//!
//! The interpreter needs no more. It compares the stack pointer before it is entered anew, and its traps return.

use super::SavedStack;
use crate::engine::sys::system::thread_stack;
use std::io;
use std::mem;
use std::ops::Range;

/// Calls `entry(code, context, values)` on the current stack, whatever `stack` says. Returns 0.
///
/// # Safety
///
/// `entry` takes the three pointers in the C convention and finds what it needs behind them.
pub unsafe extern "C" fn enter(
    _saved: *mut SavedStack,
    _stack: usize,
    entry: *const u8,
    code: *const u8,
    context: *mut (),
    values: *mut (),
) -> u32 {
    // SAFETY: The caller vouches for the function's shape.
    let entry = unsafe { mem::transmute::<*const u8, unsafe extern "C" fn(*const u8, *mut (), *mut ())>(entry) };
    // SAFETY: The caller vouches for the arguments.
    unsafe { entry(code, context, values) };
    0
}

/// Where a call that is left would go on: no fault is ever one of machine code's, so that none is.
pub(super) extern "C" fn leave() {}

/// The stack that this thread's calls stay on: its own, from the lowest usable byte on.
///
/// # Errors
///
/// The system's.
pub fn only_stack() -> io::Result<Option<Range<usize>>> {
    thread_stack().map(Some)
}

/// How many words above the stack pointer a return address stands: there is no code to ask for.
pub fn return_address_word(_code: &[u8], _at: usize) -> Option<usize> {
    None
}

/// Defines `$name` as the address of `$target` itself: a note of machine code's frame would be of none.
macro_rules! noting_entry {
    ($name:ident => $target:path, $number:expr, $fp:expr, $mark:expr) => {
        #[allow(non_upper_case_globals, reason = "elsewhere it is a function")]
        pub(super) const $name: *const u8 = {
            const _: (usize, usize, usize) = ($number, $fp, $mark);
            $target as *const u8
        };
    };
}
pub(crate) use noting_entry;

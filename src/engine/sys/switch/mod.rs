//! Calling a function on another stack, leaving it from anywhere, and what frames look like: one file per processor and
//! calling convention.

#[cfg(target_arch = "x86_64")]
mod amd64;
#[cfg(all(target_arch = "x86_64", windows))]
mod amd64_windows;
#[cfg(target_arch = "aarch64")]
mod arm64;
#[cfg(all(target_arch = "aarch64", windows))]
mod arm64_windows;
#[cfg(not(has_compiler))]
mod no_switch;
#[cfg(target_arch = "riscv64")]
mod riscv64;
#[cfg(target_arch = "s390x")]
mod s390x;

#[cfg(all(target_arch = "x86_64", unix))]
use amd64 as convention;
#[cfg(target_arch = "x86_64")]
use amd64 as processor;
#[cfg(all(target_arch = "x86_64", windows))]
use amd64_windows as convention;
#[cfg(all(target_arch = "aarch64", unix))]
use arm64 as convention;
#[cfg(target_arch = "aarch64")]
use arm64 as processor;
#[cfg(all(target_arch = "aarch64", windows))]
use arm64_windows as convention;
#[cfg(not(has_compiler))]
use no_switch as convention;
#[cfg(not(has_compiler))]
use no_switch as processor;
#[cfg(target_arch = "riscv64")]
use riscv64 as convention;
#[cfg(target_arch = "riscv64")]
use riscv64 as processor;
#[cfg(target_arch = "s390x")]
use s390x as convention;
#[cfg(target_arch = "s390x")]
use s390x as processor;

pub use convention::enter;
use convention::leave;
#[cfg(not(all(target_arch = "aarch64", windows)))]
pub(crate) use convention::noting_entry;
#[cfg(not(has_compiler))]
pub use no_switch::only_stack;
#[cfg(all(target_arch = "aarch64", windows))]
pub(crate) use processor::noting_entry;
pub use processor::return_address_word;
#[cfg(target_arch = "s390x")]
pub use processor::{caller_frame, return_address_place};

use super::Registers;
#[cfg(has_compiler)]
use std::{io, ops::Range};

/// The stack that this thread's calls stay on, where [`enter`] cannot go to another one: nothing, since it can.
///
/// # Errors
///
/// None.
#[cfg(has_compiler)]
pub fn only_stack() -> io::Result<Option<Range<usize>>> {
    Ok(None)
}

/// The caller's frame where the function's own is not set up or not there any more: the frame pointer is still the caller's.
/// The number is what [`return_address_word`] gives.
#[cfg(not(target_arch = "s390x"))]
pub fn caller_frame(registers: &Registers, _words: usize) -> usize {
    registers.fp
}

/// Where the frame record at `fp` keeps the address that is returned to: behind its first word, the caller's frame pointer.
#[cfg(not(target_arch = "s390x"))]
pub fn return_address_place(fp: usize, _caller: usize) -> usize {
    fp.wrapping_add(size_of::<usize>())
}

/// Where the caller's stack was when [`enter`] left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct SavedStack {
    /// Stack pointer.
    #[cfg(unix)]
    sp: usize,
    /// Frame pointer: what the frame record of the function points to that `enter` called.
    pub fp: usize,
    /// First usable byte of the stack that `enter` goes to.
    #[cfg(windows)]
    usable: usize,
    /// First byte of the guard below it.
    #[cfg(windows)]
    low: usize,
}

#[cfg(unix)]
impl SavedStack {
    /// For going to a stack with these lower bounds: the first usable byte, and the first byte of the guard below it. The
    /// system does not want to know.
    pub fn before(_usable: usize, _low: usize) -> SavedStack {
        SavedStack::default()
    }

    /// Points the registers behind the call that saved this, so that `enter` returns 1 once the thread goes on with them.
    pub fn leave(&self, registers: &mut Registers) {
        registers.pc = leave as *const () as usize;
        registers.sp = self.sp;
        registers.fp = self.fp;
    }
}

#[cfg(windows)]
impl SavedStack {
    /// For going to a stack with these lower bounds: the first usable byte, and the first byte of the guard below it.
    pub fn before(usable: usize, low: usize) -> SavedStack {
        SavedStack { usable, low, ..SavedStack::default() }
    }

    /// Points the registers behind the call that saved this, so that `enter` returns 1 once the thread goes on with them.
    /// The stack pointer stays until then: Windows may not let a thread go on outside of the stack that it takes for the
    /// current one.
    pub fn leave(&self, registers: &mut Registers) {
        registers.pc = leave as *const () as usize;
        registers.fp = self.fp;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    extern "C" fn note_stack(code: *const u8, context: *mut (), values: *mut ()) {
        let here = 0u8;
        let seen = values.cast::<[usize; 3]>();
        // SAFETY: The test passes a pointer to three words of its own.
        unsafe { seen.write([(&raw const here).addr(), code.addr(), context.addr()]) };
    }

    #[test]
    fn the_callee_runs_on_the_given_stack() {
        let mut memory = vec![0u128; 4096];
        let range = memory.as_mut_ptr_range();
        let mut seen = [0usize; 3];
        for stack in [range.end.addr(), 0] {
            let mut saved = SavedStack::before(range.start.addr(), range.start.addr());
            let entry = note_stack as *const u8;
            let (code, context) = (std::ptr::without_provenance(1), std::ptr::without_provenance_mut(2));
            // SAFETY: The stack is 0 or the end of memory that only this call uses, and the function has `entry`'s shape.
            let left = unsafe { enter(&raw mut saved, stack, entry, code, context, (&raw mut seen).cast()) };
            assert_eq!(left, 0);
            assert_eq!(seen[1..], [1, 2]);
            let is_there = (range.start.addr()..range.end.addr()).contains(&seen[0]);
            assert_eq!(is_there, stack != 0 && only_stack().expect("known").is_none());
        }
    }
}

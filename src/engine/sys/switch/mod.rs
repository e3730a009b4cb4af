//! Calling a function on another stack, leaving it from anywhere, and what frames look like: one file per processor and
//! calling convention.

#[cfg(all(target_arch = "x86_64", unix))]
mod amd64;
#[cfg(target_arch = "aarch64")]
mod arm64;
#[cfg(target_arch = "riscv64")]
mod riscv64;

#[cfg(all(target_arch = "x86_64", unix))]
use amd64::leave;
#[cfg(all(target_arch = "x86_64", unix))]
pub(crate) use amd64::noting_entry;
#[cfg(all(target_arch = "x86_64", unix))]
pub use amd64::{enter, return_address_word};
#[cfg(target_arch = "aarch64")]
use arm64::leave;
#[cfg(target_arch = "aarch64")]
pub(crate) use arm64::noting_entry;
#[cfg(target_arch = "aarch64")]
pub use arm64::{enter, return_address_word};
#[cfg(target_arch = "riscv64")]
use riscv64::leave;
#[cfg(target_arch = "riscv64")]
pub(crate) use riscv64::noting_entry;
#[cfg(target_arch = "riscv64")]
pub use riscv64::{enter, return_address_word};

use super::Registers;

/// Where the caller's stack was when [`enter`] left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct SavedStack {
    /// Stack pointer.
    pub sp: usize,
    /// Frame pointer: what the frame record of the function points to that `enter` called.
    pub fp: usize,
}

impl SavedStack {
    /// Points the registers behind the call that saved this, so that `enter` returns 1 once the thread goes on with them.
    pub fn leave(&self, registers: &mut Registers) {
        registers.pc = leave as *const () as usize;
        registers.sp = self.sp;
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
            let mut saved = SavedStack::default();
            let entry = note_stack as *const u8;
            let (code, context) = (std::ptr::without_provenance(1), std::ptr::without_provenance_mut(2));
            // SAFETY: The stack is 0 or the end of memory that only this call uses, and the function has `entry`'s shape.
            let left = unsafe { enter(&raw mut saved, stack, entry, code, context, (&raw mut seen).cast()) };
            assert_eq!(left, 0);
            assert_eq!(seen[1..], [1, 2]);
            assert_eq!((range.start.addr()..range.end.addr()).contains(&seen[0]), stack != 0);
            assert!(saved.sp <= saved.fp);
        }
    }
}

//! A stack per thread for the fault handler, which must run when the stack that faulted is used up.
//!
//! Rust gives its threads one too, but of a few pages; the handler and any handler behind it get more. When the thread
//! ends, its own stack is not put back: by then Rust may have unmapped it, and nothing of ours can fault any more.

use super::mmap::{Mapping, Protection, page_bytes};
use std::cell::Cell;
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

/// Usable bytes of the handler's stack; the walk over 31 frames needs a few hundred, older handlers what they need.
const ALTSTACK_BYTES: usize = 128 << 10;

thread_local! {
    /// Whether this thread has a stack that is large enough. Apart from `OWNED`, so that asking costs one load.
    static READY: Cell<bool> = const { Cell::new(false) };
    static OWNED: Cell<Option<AltStack>> = const { Cell::new(None) };
}

/// A signal stack that this module installed on this thread.
struct AltStack {
    mapping: Mapping,
}

/// Makes sure that the fault handler has a stack on this thread. Cheap after the first time.
///
/// # Errors
///
/// The system's, when there is no memory for one.
pub fn prepare_thread() -> io::Result<()> {
    if READY.get() {
        return Ok(());
    }
    let current = current_stack()?;
    if current.ss_flags & libc::SS_DISABLE != 0 || current.ss_size < ALTSTACK_BYTES {
        let stack = AltStack::install()?;
        // A thread that is ending has no place to keep the stack, and wasm cannot be entered there.
        OWNED.try_with(|owned| owned.set(Some(stack))).map_err(io::Error::other)?;
    }
    READY.set(true);
    Ok(())
}

fn current_stack() -> io::Result<libc::stack_t> {
    let mut current = MaybeUninit::<libc::stack_t>::uninit();
    // SAFETY: Asking changes nothing; the second pointer has room for the answer.
    if unsafe { libc::sigaltstack(ptr::null(), current.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: The call succeeded and filled the structure.
    Ok(unsafe { current.assume_init() })
}

impl AltStack {
    fn install() -> io::Result<AltStack> {
        let guard = page_bytes();
        let usable = ALTSTACK_BYTES.next_multiple_of(page_bytes());
        let mut mapping = Mapping::reserve(guard + usable)?;
        mapping.protect(guard, usable, Protection::ReadWrite)?;
        let stack = libc::stack_t { ss_sp: mapping.base().wrapping_add(guard).cast(), ss_flags: 0, ss_size: usable };
        // SAFETY: The memory is mapped, used for nothing else, and stays mapped until `drop` has taken it out of use.
        if unsafe { libc::sigaltstack(&raw const stack, ptr::null_mut()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(AltStack { mapping })
    }
}

impl Drop for AltStack {
    fn drop(&mut self) {
        READY.set(false);
        let ours = self.mapping.base().addr()..self.mapping.base().addr() + self.mapping.len();
        let in_use = current_stack().is_ok_and(|current| ours.contains(&current.ss_sp.addr()));
        if in_use {
            let off = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: ALTSTACK_BYTES };
            // SAFETY: Taking the stack out of use; this code does not run on it.
            let _ = unsafe { libc::sigaltstack(&raw const off, ptr::null_mut()) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_gets_a_large_stack_once() {
        std::thread::spawn(|| {
            prepare_thread().expect("stack");
            let first = current_stack().expect("current");
            assert!(first.ss_size >= ALTSTACK_BYTES && first.ss_flags & libc::SS_DISABLE == 0);
            prepare_thread().expect("stack");
            assert_eq!(current_stack().expect("current").ss_sp, first.ss_sp);
        })
        .join()
        .expect("thread");
    }
}

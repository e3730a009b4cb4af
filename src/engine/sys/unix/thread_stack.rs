//! Where a thread's own stack begins and ends, for processors on which all calls stay there.

use std::cell::Cell;
use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::ptr;

thread_local! {
    /// What this thread was told.
    static KNOWN: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// The stack that the system gave to this thread, from its lowest usable byte on. Cheap after the first time.
///
/// # Errors
///
/// The system's.
pub fn thread_stack() -> io::Result<Range<usize>> {
    if let Some((low, top)) = KNOWN.get() {
        return Ok(low..top);
    }
    let stack = match first_thread() {
        Some(stack) => stack,
        None => attributes()?,
    };
    KNOWN.set(Some((stack.start, stack.end)));
    Ok(stack)
}

/// The stack of the process's first thread, where this is that. The C library would have to read `/proc` for it, or tells how
/// much of it has been used so far. It grows down from the program's arguments until a limit.
#[cfg(target_os = "linux")]
fn first_thread() -> Option<Range<usize>> {
    /// Most bytes that are relied on. The kernel keeps 128 MiB free of mappings, whatever the limit was raised to since.
    const MOST_BYTES: u64 = 64 << 20;
    if rustix::thread::gettid() != rustix::process::getpid() {
        return None;
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
    let bytes = usize::try_from(limit.unwrap_or(MOST_BYTES).min(MOST_BYTES)).ok()?;
    // The path of the program is the last thing on the stack, in its last page.
    let top = rustix::param::linux_execfn().as_ptr().addr();
    let stack = top.checked_sub(bytes)? + rustix::param::page_size()..top;
    // A process that another thread has forked off goes on with that one's stack.
    let here = 0u8;
    stack.contains(&(&raw const here).addr()).then_some(stack)
}

/// The C library knows every thread's stack.
#[cfg(not(target_os = "linux"))]
fn first_thread() -> Option<Range<usize>> {
    None
}

/// What the C library says of this thread.
fn attributes() -> io::Result<Range<usize>> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    checked(fill(&mut attributes))?;
    let (mut low, mut bytes) = (ptr::null_mut(), 0);
    // SAFETY: The attributes are filled, and the pointers have room for the answers.
    let answer = unsafe { libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut low, &raw mut bytes) };
    // SAFETY: The attributes are filled and not used any more.
    unsafe { libc::pthread_attr_destroy(attributes.as_mut_ptr()) };
    checked(answer)?;
    Ok(low.addr()..low.addr() + bytes)
}

#[cfg(target_os = "linux")]
fn fill(attributes: &mut MaybeUninit<libc::pthread_attr_t>) -> libc::c_int {
    // SAFETY: The thread is this one, and the attributes have room for the answer.
    unsafe { libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) }
}

#[cfg(not(target_os = "linux"))]
fn fill(attributes: &mut MaybeUninit<libc::pthread_attr_t>) -> libc::c_int {
    // SAFETY: The attributes have room for the defaults.
    match unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) } {
        // SAFETY: The thread is this one, and the attributes are there.
        0 => unsafe { libc::pthread_attr_get_np(libc::pthread_self(), attributes.as_mut_ptr()) },
        answer => answer,
    }
}

fn checked(answer: libc::c_int) -> io::Result<()> {
    if answer == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(answer)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_knows_the_stack_that_it_was_given() {
        for bytes in [256 << 10, 3 << 20] {
            let on_it = move || {
                let here = 0u8;
                let stack = thread_stack().expect("known");
                assert!(stack.contains(&(&raw const here).addr()), "{stack:x?}");
                assert!((bytes..bytes + (1 << 20)).contains(&stack.len()), "{stack:x?}");
                let lowest = ptr::with_exposed_provenance_mut::<u8>(stack.start);
                // SAFETY: The byte is the stack's last one, far below what is in use.
                unsafe { lowest.write_volatile(1) };
                assert_eq!(thread_stack().expect("known"), stack);
            };
            std::thread::Builder::new().stack_size(bytes).spawn(on_it).expect("a thread").join().expect("no panic");
        }
    }
}

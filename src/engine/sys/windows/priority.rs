//! How urgent a thread is, and where it may run.

use windows_sys::Win32::System::Threading::{GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_BELOW_NORMAL};

/// Has this thread stand back behind others.
pub fn lower_priority() {
    // SAFETY: There is nothing to the call but a handle that stands for this thread.
    let thread = unsafe { GetCurrentThread() };
    // SAFETY: As above. Where it fails the thread is as urgent as before.
    unsafe { SetThreadPriority(thread, THREAD_PRIORITY_BELOW_NORMAL) };
}

/// How many processors this thread may run on.
pub fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

//! How urgent a thread is.

use windows_sys::Win32::System::Threading::{GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_BELOW_NORMAL};

/// Has this thread stand back behind others.
pub fn lower_priority() {
    // SAFETY: There is nothing to the call but a handle that stands for this thread.
    let thread = unsafe { GetCurrentThread() };
    // SAFETY: As above. Where it fails the thread is as urgent as before.
    unsafe { SetThreadPriority(thread, THREAD_PRIORITY_BELOW_NORMAL) };
}

//! Making new instructions visible to the processor's instruction fetch.

use std::io;
use windows_sys::Win32::System::Diagnostics::Debug::FlushInstructionCache;
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// Makes `len` bytes of instructions at `base` visible to every thread, on every processor.
///
/// # Errors
///
/// The system's.
pub fn publish_instructions(base: *const u8, len: usize) -> io::Result<()> {
    // SAFETY: The handle stands for this process and needs no closing.
    let process = unsafe { GetCurrentProcess() };
    // SAFETY: The call changes no memory; a range that is not mapped is an error.
    match unsafe { FlushInstructionCache(process, base.cast(), len) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

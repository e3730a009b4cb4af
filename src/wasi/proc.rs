//! `proc_exit`, `proc_raise` and `sched_yield`.

use super::ctx::WasiCtx;
use super::errno::Errno;
use super::guest::GuestMemory;
use super::sys;
use crate::api::Error;

/// Ends the program: the error that stops the guest without a trap, and carries its exit code to the embedder.
///
/// Parameters: `code`, 0 for success.
///
/// POSIX: [_Exit](https://pubs.opengroup.org/onlinepubs/9799919799/functions/_Exit.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#proc_exit>
pub(super) fn proc_exit(code: u32) -> Error {
    Error::exit(code)
}

/// Would send the program a signal.
///
/// Parameters: `signal`, its number.
///
/// Errors: always `NOSYS`. A guest has no signals; the later snapshots dropped this function.
///
/// POSIX: [raise](https://pubs.opengroup.org/onlinepubs/9799919799/functions/raise.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#proc_raise>
pub(super) fn proc_raise(_ctx: &mut WasiCtx, _memory: &mut GuestMemory<'_>, _signal: u32) -> Result<(), Errno> {
    Err(Errno::Nosys)
}

/// Lets other threads of the machine run.
///
/// POSIX: [sched_yield](https://pubs.opengroup.org/onlinepubs/9799919799/functions/sched_yield.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#sched_yield>
pub(super) fn sched_yield(_ctx: &mut WasiCtx, _memory: &mut GuestMemory<'_>) -> Result<(), Errno> {
    sys::yield_now();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Guest;
    use super::*;

    #[test]
    fn answers() {
        let mut guest = Guest::new(|_| ());
        guest.check(proc_raise, (9,), Err(Errno::Nosys), b"??");
        assert_eq!(sched_yield(&mut guest.ctx, &mut GuestMemory::new(&mut [])), Ok(()));
        assert_eq!(proc_exit(3).exit_code(), Some(3));
    }
}

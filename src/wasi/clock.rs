//! `clock_res_get` and `clock_time_get`: the operating system's clocks, unaltered.

use super::ctx::WasiCtx;
use super::errno::Errno;
use super::guest::GuestMemory;
use super::sys;
use super::types::ClockId;

/// Tells the smallest step of a clock in nanoseconds.
///
/// Parameters: `id`, 0 the time of day, 1 the time since some moment, 2 the processor time of the process, 3 that of the
/// thread; `resolution`, where the 8 bytes go.
///
/// Errors: `INVAL` for another clock; `FAULT` where the result does not fit into memory.
///
/// POSIX: [clock_getres](https://pubs.opengroup.org/onlinepubs/9799919799/functions/clock_getres.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#clock_res_get>
pub(super) fn clock_res_get(
    _ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    id: u32,
    resolution: u32,
) -> Result<(), Errno> {
    memory.write(resolution, sys::clock_resolution(ClockId::from_guest(id)?))
}

/// Tells the time of a clock in nanoseconds; the time of day counts from 1970.
///
/// Parameters: `id`, as with [`clock_res_get`]; `precision`, the error that the guest can do with, in nanoseconds, which
/// is ignored; `time`, where the 8 bytes go.
///
/// Errors: `INVAL` for another clock; `FAULT` where the result does not fit into memory.
///
/// POSIX: [clock_gettime](https://pubs.opengroup.org/onlinepubs/9799919799/functions/clock_gettime.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#clock_time_get>
pub(super) fn clock_time_get(
    _ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    id: u32,
    _precision: u64,
    time: u32,
) -> Result<(), Errno> {
    memory.write(time, sys::clock_time(ClockId::from_guest(id)?))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Guest;
    use super::*;

    #[test]
    fn clocks_go_forward() {
        let mut guest = Guest::new(|_| ());
        for id in 0..4 {
            assert_eq!(guest.call(clock_res_get, (id, 0)), Ok(()));
            let resolution = GuestMemory::new(&mut guest.bytes).read::<u64>(0);
            assert!(resolution.is_ok_and(|nanos| (1..1_000_000_000).contains(&nanos)));
            assert_eq!(guest.call(clock_time_get, (id, 0, 0)), Ok(()));
            assert_eq!(guest.call(clock_time_get, (id, 0, 8)), Ok(()));
            let mut read = |at| GuestMemory::new(&mut guest.bytes).read::<u64>(at).expect("in memory");
            assert!(read(0) <= read(8) || id == 0);
        }
    }

    #[test]
    fn bad_clocks_and_addresses() {
        let mut guest = Guest::new(|_| ());
        guest.check(clock_res_get, (4, 0), Err(Errno::Inval), b"??");
        guest.check(clock_time_get, (u32::MAX, 0, 0), Err(Errno::Inval), b"??");
        guest.check(clock_time_get, (0, 0, Guest::SIZE - 7), Err(Errno::Fault), b"??");
        guest.check(clock_res_get, (0, u32::MAX), Err(Errno::Fault), b"??");
    }
}

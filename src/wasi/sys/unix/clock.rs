//! Clocks and the scheduler of Unix.

use crate::wasi::types::ClockId;
use rustix::time::{ClockId as Host, Timespec, clock_getres, clock_gettime};

/// What the clock shows, in nanoseconds.
pub(in crate::wasi) fn clock_time(clock: ClockId) -> u64 {
    nanos(clock_gettime(host(clock)))
}

/// The smallest step of the clock, in nanoseconds.
pub(in crate::wasi) fn clock_resolution(clock: ClockId) -> u64 {
    nanos(clock_getres(host(clock))).max(1)
}

/// Lets other threads run.
pub(in crate::wasi) fn yield_now() {
    rustix::thread::sched_yield();
}

fn host(clock: ClockId) -> Host {
    match clock {
        ClockId::Realtime => Host::Realtime,
        ClockId::Monotonic => Host::Monotonic,
        ClockId::ProcessCputime => Host::ProcessCPUTime,
        ClockId::ThreadCputime => Host::ThreadCPUTime,
    }
}

/// Nanoseconds of a time; before 1970 and after 2554, which the snapshot cannot say, the nearest that it can.
pub(super) fn nanos(time: Timespec) -> u64 {
    match u64::try_from(time.tv_sec) {
        Ok(seconds) => seconds.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec as u64),
        Err(_) => 0,
    }
}

/// The reverse of [`nanos`].
pub(super) fn timespec(nanos: u64) -> Timespec {
    Timespec { tv_sec: (nanos / 1_000_000_000) as i64, tv_nsec: (nanos % 1_000_000_000) as _ }
}

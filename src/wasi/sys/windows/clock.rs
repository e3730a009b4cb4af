//! Clocks and the scheduler of Windows, which counts time in steps of 100 nanoseconds since 1601.

use crate::wasi::types::ClockId;
use std::sync::OnceLock;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::System::Performance::{QueryPerformanceCounter, QueryPerformanceFrequency};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, GetCurrentThread, GetProcessTimes, GetThreadTimes};

/// Nanoseconds of one step.
const STEP_NANOS: u64 = 100;

/// Steps from 1601 to 1970.
const UNIX_EPOCH_STEPS: u64 = 116_444_736_000_000_000;

const NANOS_PER_SECOND: u128 = 1_000_000_000;

/// What the clock shows, in nanoseconds.
pub(in crate::wasi) fn clock_time(clock: ClockId) -> u64 {
    match clock {
        ClockId::Realtime => {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
        }
        ClockId::Monotonic => {
            let mut ticks = 0;
            // SAFETY: the number is a local variable. The call cannot fail.
            unsafe { QueryPerformanceCounter(&mut ticks) };
            (ticks as u128 * NANOS_PER_SECOND / u128::from(ticks_per_second())) as u64
        }
        ClockId::ProcessCputime => {
            let [mut created, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
            // SAFETY: the call takes no pointer and cannot fail.
            let process = unsafe { GetCurrentProcess() };
            // SAFETY: the process is this one, and the structures are local variables.
            unsafe { GetProcessTimes(process, &mut created, &mut ended, &mut kernel, &mut user) };
            used(kernel, user)
        }
        ClockId::ThreadCputime => {
            let [mut created, mut ended, mut kernel, mut user] = [FILETIME::default(); 4];
            // SAFETY: the call takes no pointer and cannot fail.
            let thread = unsafe { GetCurrentThread() };
            // SAFETY: the thread is this one, and the structures are local variables.
            unsafe { GetThreadTimes(thread, &mut created, &mut ended, &mut kernel, &mut user) };
            used(kernel, user)
        }
    }
}

fn used(kernel: FILETIME, user: FILETIME) -> u64 {
    let steps = |time: FILETIME| super::handle::wide(time.dwHighDateTime, time.dwLowDateTime);
    steps(kernel).saturating_add(steps(user)).saturating_mul(STEP_NANOS)
}

/// The smallest step of the clock, in nanoseconds.
pub(in crate::wasi) fn clock_resolution(clock: ClockId) -> u64 {
    match clock {
        ClockId::Monotonic => (NANOS_PER_SECOND as u64 / ticks_per_second()).max(1),
        ClockId::Realtime | ClockId::ProcessCputime | ClockId::ThreadCputime => STEP_NANOS,
    }
}

/// How often the monotonic clock ticks; fixed when the system starts.
fn ticks_per_second() -> u64 {
    static FREQUENCY: OnceLock<u64> = OnceLock::new();
    *FREQUENCY.get_or_init(|| {
        let mut frequency = 0;
        // SAFETY: the number is a local variable. The call cannot fail.
        unsafe { QueryPerformanceFrequency(&mut frequency) };
        u64::try_from(frequency).unwrap_or(0).max(1)
    })
}

/// Lets other threads run.
pub(in crate::wasi) fn yield_now() {
    thread::yield_now();
}

/// Nanoseconds since 1970 of a time of the system; before 1970 and after 2554, which the snapshot cannot say, the nearest
/// that it can.
pub(super) fn nanos_of_filetime(steps: u64) -> u64 {
    steps.saturating_sub(UNIX_EPOCH_STEPS).saturating_mul(STEP_NANOS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_count_from_1970() {
        for (steps, nanos) in [(0, 0), (UNIX_EPOCH_STEPS, 0), (UNIX_EPOCH_STEPS + 3, 300), (u64::MAX, u64::MAX)] {
            assert_eq!(nanos_of_filetime(steps), nanos);
        }
    }
}

//! A signal after every so much processor time of one thread, for profiles.
//!
//! The signal is `SIGPROF`. Its handler is installed on first use and stays: a signal that is on its way when a timer
//! stops must not end the process. Calls that block are started again by the system where it can; whoever polls or
//! sleeps has to expect an interruption anyway.

use super::altstack::prepare_thread;
use super::context;
use super::signals::{default_action, errno_location};
use crate::engine::sys::{Sample, SampleHandler};
use libc::{c_int, c_void, siginfo_t, ucontext_t};
use std::io;
use std::ptr;
use std::sync::OnceLock;
use std::time::Duration;

pub use timer::SamplingTimer;

static HANDLER: OnceLock<SampleHandler> = OnceLock::new();

impl SamplingTimer {
    /// Has `handler` called on this thread after every `period` of its processor time, or as often as the system can. Only
    /// the first call's handler is installed. It interrupts the thread itself, which therefore needs no address.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn start(period: Duration, handler: SampleHandler, _thread: *const ()) -> io::Result<SamplingTimer> {
        prepare_thread()?;
        install(handler)?;
        SamplingTimer::new(period)
    }
}

fn install(handler: SampleHandler) -> io::Result<()> {
    if HANDLER.set(handler).is_err() {
        return Ok(());
    }
    let mut action = default_action();
    action.sa_sigaction = on_signal as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    // SAFETY: The handler has the three-argument shape that `SA_SIGINFO` announces and is safe in signal context.
    match unsafe { libc::sigaction(libc::SIGPROF, &raw const action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

extern "C" fn on_signal(_: c_int, _: *mut siginfo_t, context: *mut c_void) {
    let errno = errno_location();
    // SAFETY: The location is this thread's `errno`.
    let saved = unsafe { errno.read() };
    if let Some(handler) = HANDLER.get() {
        // SAFETY: The system passes a context that only this handler uses until it returns.
        let registers = context::read(unsafe { &*context.cast::<ucontext_t>() });
        handler(&Sample { registers, cpu_nanos: thread_cpu_nanos(), thread: ptr::null() });
    }
    // SAFETY: As above.
    unsafe { errno.write(saved) };
}

/// Processor time that this thread has used, in nanoseconds. May be called in signal context.
pub fn thread_cpu_nanos() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec.cast_unsigned().wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec.cast_unsigned())
}

/// A timer of the thread's own clock, whose signal goes to the thread.
#[cfg(target_os = "linux")]
mod timer {
    use std::io;
    use std::mem::MaybeUninit;
    use std::ptr;
    use std::time::Duration;

    /// Has the signal sent to one thread; not in every C library's header.
    const SIGEV_THREAD_ID: libc::c_int = 4;

    /// A running timer. Dropping it stops it.
    #[derive(Debug)]
    pub struct SamplingTimer(libc::timer_t);

    // SAFETY: The value names a timer of the process, which any thread may delete.
    unsafe impl Send for SamplingTimer {}
    // SAFETY: As above; a shared borrow does nothing.
    unsafe impl Sync for SamplingTimer {}

    impl SamplingTimer {
        pub(super) fn new(period: Duration) -> io::Result<SamplingTimer> {
            // SAFETY: Zero is good for every field; those that count are set below.
            let mut event = unsafe { MaybeUninit::<libc::sigevent>::zeroed().assume_init() };
            event.sigev_notify = SIGEV_THREAD_ID;
            event.sigev_signo = libc::SIGPROF;
            event.sigev_notify_thread_id = rustix::thread::gettid().as_raw_nonzero().get();
            let mut timer: libc::timer_t = ptr::null_mut();
            // SAFETY: Both pointers are valid for the call.
            let made = unsafe { libc::timer_create(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut event, &raw mut timer) };
            if made != 0 {
                return Err(io::Error::last_os_error());
            }
            let timer = SamplingTimer(timer);
            let step = libc::timespec { tv_sec: period.as_secs() as _, tv_nsec: period.subsec_nanos() as _ };
            let spec = libc::itimerspec { it_interval: step, it_value: step };
            // SAFETY: The timer exists, and the pointer is valid for the call.
            match unsafe { libc::timer_settime(timer.0, 0, &raw const spec, ptr::null_mut()) } {
                0 => Ok(timer),
                _ => Err(io::Error::last_os_error()),
            }
        }
    }

    impl Drop for SamplingTimer {
        fn drop(&mut self) {
            // SAFETY: The timer was created by `new` and is deleted only here.
            let _ = unsafe { libc::timer_delete(self.0) };
        }
    }
}

/// The process's one profiling timer. Its signal goes to a thread that is running.
#[cfg(not(target_os = "linux"))]
mod timer {
    use std::io;
    use std::ptr;
    use std::time::Duration;

    /// A running timer. Dropping it stops it.
    #[derive(Debug)]
    pub struct SamplingTimer(());

    impl SamplingTimer {
        pub(super) fn new(period: Duration) -> io::Result<SamplingTimer> {
            set(period)?;
            Ok(SamplingTimer(()))
        }
    }

    fn set(period: Duration) -> io::Result<()> {
        let step = libc::timeval { tv_sec: period.as_secs() as _, tv_usec: period.subsec_micros() as _ };
        let timer = libc::itimerval { it_interval: step, it_value: step };
        // SAFETY: The pointer is valid for the call.
        match unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, ptr::null_mut()) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    impl Drop for SamplingTimer {
        fn drop(&mut self) {
            let _ = set(Duration::ZERO);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    static SAMPLES: AtomicU32 = AtomicU32::new(0);

    /// Runs in a process of its own where other tests install their handler first; then there is nothing to count.
    #[test]
    fn a_busy_thread_is_sampled_until_the_timer_stops() {
        fn count(_: &Sample) {
            SAMPLES.fetch_add(1, Ordering::Relaxed);
        }
        let timer = SamplingTimer::start(Duration::from_millis(1), count, ptr::null()).expect("timer");
        if !std::ptr::fn_addr_eq(*HANDLER.get().expect("installed"), count as SampleHandler) {
            return;
        }
        let (start, before) = (Instant::now(), thread_cpu_nanos());
        while SAMPLES.load(Ordering::Relaxed) < 3 && start.elapsed() < Duration::from_secs(20) {}
        assert!(SAMPLES.load(Ordering::Relaxed) >= 3 && thread_cpu_nanos() > before);
        drop(timer);
        let stopped = SAMPLES.load(Ordering::Relaxed);
        let end = Instant::now() + Duration::from_millis(30);
        while Instant::now() < end {}
        assert!(SAMPLES.load(Ordering::Relaxed) <= stopped + 1);
    }
}

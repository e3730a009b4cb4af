//! Looks at one thread after every so much of its processor time, for profiles.
//!
//! A thread of our own wakes up at every period, and stops the sampled one for a moment where that has used processor
//! time meanwhile. The system counts a thread's time in steps of its clock, usually 15.6 ms, so that there are hardly more
//! than 64 samples a second; each says what it stands for. While the thread is stopped it may hold any lock, that of the
//! heap too: between stopping and resuming nothing here allocates or waits.

use super::context;
use crate::engine::sys::{Sample, SampleHandler};
use std::io;
use std::mem::MaybeUninit;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use windows_sys::Win32::Foundation::{FILETIME, HANDLE};
use windows_sys::Win32::System::Diagnostics::Debug::{CONTEXT, GetThreadContext};
use windows_sys::Win32::System::Threading::{
    GetCurrentThread, GetCurrentThreadId, GetThreadTimes, OpenThread, ResumeThread, SuspendThread, THREAD_GET_CONTEXT,
    THREAD_QUERY_INFORMATION, THREAD_SUSPEND_RESUME,
};

/// What a failed `SuspendThread` returns.
const NOT_SUSPENDED: u32 = u32::MAX;

/// Sampling that goes on. Dropping it ends it, and waits until no sample is being taken any more.
#[derive(Debug)]
pub struct SamplingTimer {
    stop: Arc<AtomicBool>,
    sampler: Option<JoinHandle<()>>,
}

/// A context as the system wants it aligned.
#[repr(C, align(16))]
struct Aligned(MaybeUninit<CONTEXT>);

impl SamplingTimer {
    /// Has `handler` look at this thread after every `period` of its processor time, or as often as the system can. It
    /// gets `thread` with every sample.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn start(period: Duration, handler: SampleHandler, thread: *const ()) -> io::Result<SamplingTimer> {
        // SAFETY: Asks for the number of this thread.
        let id = unsafe { GetCurrentThreadId() };
        let rights = THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT | THREAD_QUERY_INFORMATION;
        // SAFETY: The number is a thread's that lives; the handle is checked before it is used.
        let handle = unsafe { OpenThread(rights, 0, id) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: The handle was just opened and belongs to nobody else.
        let handle = unsafe { OwnedHandle::from_raw_handle(handle.cast()) };
        let stop = Arc::new(AtomicBool::new(false));
        let sampled = Sampled { handle, address: thread.expose_provenance(), handler };
        let sampler = {
            let stop = stop.clone();
            let sample = move || sampled.until(&stop, period);
            std::thread::Builder::new().name("samples".into()).spawn(sample)?
        };
        Ok(SamplingTimer { stop, sampler: Some(sampler) })
    }
}

impl Drop for SamplingTimer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(sampler) = self.sampler.take() {
            // It cannot have panicked; and if it has, there is nothing to wait for either.
            let _ = sampler.join();
        }
    }
}

/// The thread that is sampled.
struct Sampled {
    handle: OwnedHandle,
    /// The handler's, as an integer.
    address: usize,
    handler: SampleHandler,
}

impl Sampled {
    /// Takes samples until told to stop, or until the thread has ended.
    fn until(&self, stop: &AtomicBool, period: Duration) {
        let step = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX);
        let mut last = cpu_nanos(self.handle.as_raw_handle());
        while !stop.load(Ordering::SeqCst) {
            std::thread::sleep(period);
            let now = cpu_nanos(self.handle.as_raw_handle());
            if now.saturating_sub(last) >= step {
                last = now;
                self.sample(now);
            }
        }
    }

    fn sample(&self, cpu_nanos: u64) {
        let handle: HANDLE = self.handle.as_raw_handle();
        // SAFETY: Zero is good for every field.
        let mut context = Aligned(MaybeUninit::zeroed());
        let context = context.0.as_mut_ptr();
        // SAFETY: The field lies in the structure.
        unsafe { (*context).ContextFlags = context::FLAGS };
        // SAFETY: The handle has the right to do so; the thread is another one than this.
        if unsafe { SuspendThread(handle) } == NOT_SUSPENDED {
            return;
        }
        // SAFETY: The thread stands still, and the structure is aligned and says which parts are wanted.
        if unsafe { GetThreadContext(handle, context) } != 0 {
            // SAFETY: The structure was zero and is filled now.
            let registers = context::read(unsafe { &*context });
            let thread = ptr::with_exposed_provenance(self.address);
            (self.handler)(&Sample { registers, cpu_nanos, thread });
        }
        // SAFETY: It was suspended above.
        unsafe { ResumeThread(handle) };
    }
}

/// Processor time that this thread has used, in nanoseconds.
pub fn thread_cpu_nanos() -> u64 {
    // SAFETY: The handle stands for this thread and needs no closing.
    cpu_nanos(unsafe { GetCurrentThread() })
}

/// Processor time of a thread in nanoseconds; 0 where the system does not tell.
fn cpu_nanos(thread: HANDLE) -> u64 {
    let mut times = [FILETIME::default(); 4];
    let [created, ended, kernel, user] = &mut times;
    // SAFETY: Every pointer has room for its answer; a handle that is no thread's is an error.
    let answered = unsafe { GetThreadTimes(thread, created, ended, kernel, user) };
    if answered == 0 {
        return 0;
    }
    let ticks = |time: &FILETIME| u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    const NANOS_PER_TICK: u64 = 100;
    ticks(kernel).wrapping_add(ticks(user)).wrapping_mul(NANOS_PER_TICK)
}

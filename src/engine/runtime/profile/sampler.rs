//! Samples of a thread's wasm stack at even steps of its processor time.
//!
//! The handler runs wherever the thread happens to be, on it or beside it. In generated code it walks from the registers;
//! where a function's frame is not set up yet, or not there any more, the return address is still on top of the stack. In
//! a host function or a helper it walks from the frame that the trampoline or the noting entry left in the store's context,
//! and in interpreted code from the run that is noted there. Anything else is not the guest's time and leaves no sample.

use super::ring::Ring;
use crate::engine::code::{self, FrameKind};
use crate::engine::runtime::backtrace::{FaultedFrame, FrameSink, walk_code, walk_host_call, walk_outer, walk_run};
use crate::engine::runtime::entry::{self, Activation};
use crate::engine::sys::{Registers, Sample, SamplingTimer, thread_cpu_nanos};
use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Processor time between two samples: 500 a second tell much about short programs and cost less than a percent. Systems
/// whose clocks tick more slowly give fewer; each sample carries the time that it stands for.
pub(super) const PERIOD: Duration = Duration::from_millis(2);

/// Most nanoseconds that one sample stands for, where the signal changes between threads.
const MAX_SAMPLE_NANOS: u64 = 100_000_000;

/// How much longer than a walk the program runs before the next one. Walks of very deep stacks take longer than a period,
/// and the next signal then waits already when the handler returns: without a rest, the program would stand still.
const REST_PER_WALK: u64 = 4;

/// Longest rest in nanoseconds: a clock that counts time in which the whole machine stood still makes walks look long.
const MOST_REST_NANOS: u64 = 50_000_000;

/// Made by the first sampling, never freed: a late signal may still look.
static RING: OnceLock<Ring> = OnceLock::new();
/// Whether somebody samples.
static SAMPLING: AtomicBool = AtomicBool::new(false);
/// The thread's processor time at the last sample.
static LAST: AtomicU64 = AtomicU64::new(0);

/// The thread's processor time before which there is no other sample.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// The one sampling of the process. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Sampling {
    _timer: SamplingTimer,
}

impl Sampling {
    /// Samples this thread from now on.
    ///
    /// # Errors
    ///
    /// `ResourceBusy` while another sampling of the process goes on; otherwise the system's.
    pub(super) fn start() -> io::Result<Sampling> {
        if SAMPLING.swap(true, Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, "another CPU profile is being taken"));
        }
        // What an earlier sampling left is nobody's.
        let ring = RING.get_or_init(Ring::new);
        ring.drain(|_, _| ());
        ring.take_lost();
        LAST.store(thread_cpu_nanos(), Ordering::SeqCst);
        NEXT.store(0, Ordering::SeqCst);
        match SamplingTimer::start(PERIOD, on_sample, entry::current_place()) {
            Ok(timer) => Ok(Sampling { _timer: timer }),
            Err(error) => {
                SAMPLING.store(false, Ordering::SeqCst);
                Err(error)
            }
        }
    }
}

impl Drop for Sampling {
    fn drop(&mut self) {
        SAMPLING.store(false, Ordering::SeqCst);
    }
}

/// The ring, once there is one.
pub(super) fn ring() -> Option<&'static Ring> {
    RING.get()
}

/// The handler: allocates nothing, locks nothing, does not panic.
fn on_sample(sample: &Sample) {
    let Some(ring) = RING.get().filter(|_| SAMPLING.load(Ordering::Relaxed)) else { return };
    let now = sample.cpu_nanos;
    // What is left out now counts with the next sample. Another thread's clock, as it was before `LAST`, is no reason.
    if (LAST.load(Ordering::Relaxed)..NEXT.load(Ordering::Relaxed)).contains(&now) {
        return;
    }
    let nanos = now.saturating_sub(LAST.swap(now, Ordering::Relaxed)).min(MAX_SAMPLE_NANOS);
    let is_this_thread = sample.thread.is_null();
    let activation = match is_this_thread {
        true => entry::current(),
        // SAFETY: It is what `Sampling::start` has passed, of the thread that stands still now.
        false => unsafe { entry::current_at(sample.thread) },
    };
    // SAFETY: The pointer is null or the thread's innermost activation, which ends only after the handler, and whose
    // fields change only on that thread.
    let Some(activation) = (unsafe { activation.as_ref() }) else { return };
    ring.add(nanos, |sink| walk(sink, activation, &sample.registers));
    if is_this_thread {
        let end = thread_cpu_nanos();
        let rest = end.saturating_sub(now).saturating_mul(REST_PER_WALK).min(MOST_REST_NANOS);
        NEXT.store(end + rest, Ordering::Relaxed);
    }
}

fn walk(sink: &mut dyn FrameSink, activation: &Activation, registers: &Registers) {
    let look = |code: &code::Code| Some((code.frame_at(registers.pc)?, code.unframed(registers.pc)));
    // SAFETY: This thread is executing what is at the program counter, and whoever called it owns a share of it.
    let found = unsafe { code::with_code_at(registers.pc, look) };
    match found {
        Some(Some((kind, unframed))) => {
            let kind = match kind {
                FrameKind::Function(..) => FaultedFrame::Wasm,
                FrameKind::Host => FaultedFrame::HostNotCalled,
                FrameKind::Entry => FaultedFrame::Entry,
            };
            walk_code(sink, activation, registers, kind, unframed);
        }
        // Padding between functions is never executed.
        Some(None) => {}
        None => match activation.run() {
            Some(run) if run.is_outside => walk_host_call(sink, activation),
            Some(run) => {
                walk_run(sink, activation, run);
                walk_outer(sink, activation);
            }
            None if is_called_by_wasm(activation, registers) => walk_host_call(sink, activation),
            None => {}
        },
    }
}

/// Whether host code runs on behalf of the activation's wasm: below the frame that was noted last. A note of a call that
/// is over lies below the stack pointer, or the activation has not entered wasm yet.
fn is_called_by_wasm(activation: &Activation, registers: &Registers) -> bool {
    let (fp, _) = activation.last_host_call();
    let stack = activation.stack();
    activation.host_fp() != 0 && stack.holds(registers.sp) && stack.holds(fp) && registers.sp <= fp
}

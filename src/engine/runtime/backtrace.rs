//! Raw backtraces: a walk along frame pointers, from the innermost wasm frame of a thread outwards.
//!
//! Generated code keeps frame pointers; Rust code does not. So each activation (one entry into wasm) is walked on its own,
//! and where one activation was made by a host function that wasm of an outer one had called, the outer walk starts at
//! the frame pointer which the host trampoline left in the store's context. The walk runs in signal handlers too: it
//! allocates nothing, locks nothing, and reads only words that lie on the activation's stack.

use super::builtins::marked_helper;
use super::entry::Activation;
use super::interpreted::{is_interpreter, marked_run, walk_calls};
use super::stack::StackBounds;
use crate::engine::abi::tunables::BACKTRACE_FRAMES;
use crate::engine::abi::{Builtin, VMHostFunc, VMRun};
use crate::engine::sys::{Registers, caller_frame, return_address_place};
use std::ptr;

/// A frame before it has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawFrame {
    /// Generated code: an address within the instruction that is being executed (for callers: within the call).
    Code(usize),
    /// A host function, called from wasm.
    Host(*const VMHostFunc),
    /// A helper of the runtime, called from wasm. Only known in stores with a profiler.
    Helper(Builtin),
    /// An interpreted function: its record, and a cell of the instruction that is being executed.
    Interpreted(*const (), *const u64),
}

/// What a fault happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FaultedFrame {
    /// A wasm function.
    Wasm,
    /// A host trampoline after its host function returned.
    HostReturned,
    /// A host trampoline that has not called its host function.
    HostNotCalled,
    /// An entry trampoline, whose caller is not wasm.
    Entry,
}

/// Where a walk leaves the frames that it finds, innermost first.
pub(super) trait FrameSink {
    /// Takes the next frame.
    fn push(&mut self, frame: RawFrame);

    /// Whether it takes no more, so that the walk can end.
    fn is_full(&self) -> bool;
}

/// The innermost frames of a thread, innermost first. One frame more than is ever shown, to know that there are more.
#[derive(Clone, Copy, Debug)]
pub struct RawBacktrace {
    frames: [RawFrame; BACKTRACE_FRAMES + 1],
    len: usize,
}

impl FrameSink for RawBacktrace {
    fn push(&mut self, frame: RawFrame) {
        if let Some(free) = self.frames.get_mut(self.len) {
            *free = frame;
            self.len += 1;
        }
    }

    fn is_full(&self) -> bool {
        self.len == self.frames.len()
    }
}

impl RawBacktrace {
    /// No frames.
    pub fn empty() -> RawBacktrace {
        RawBacktrace { frames: [RawFrame::Code(0); BACKTRACE_FRAMES + 1], len: 0 }
    }

    /// The frames, innermost first.
    pub fn frames(&self) -> &[RawFrame] {
        self.frames.get(..self.len).unwrap_or_default()
    }

    /// The frames at a fault of the innermost activation's code. While a function sets up its frame, which is where stacks
    /// overflow, the caller's is still the topmost: `unframed` is as for [`walk_code`].
    pub(super) fn of_fault(
        activation: &Activation,
        registers: &Registers,
        faulted: FaultedFrame,
        unframed: Option<usize>,
    ) -> RawBacktrace {
        let mut trace = RawBacktrace::empty();
        walk_code(&mut trace, activation, registers, faulted, unframed);
        trace
    }

    /// The frames as the host function sees them that the innermost activation's code is calling.
    pub(super) fn of_host_call(activation: &Activation) -> RawBacktrace {
        let mut trace = RawBacktrace::empty();
        walk_host_call(&mut trace, activation);
        trace
    }
}

/// Walks from generated code of the innermost activation. `unframed` is set where the frame of the function is not set
/// up or not there any more: the return address stands that many words above the stack pointer.
pub(super) fn walk_code(
    sink: &mut dyn FrameSink,
    activation: &Activation,
    registers: &Registers,
    kind: FaultedFrame,
    unframed: Option<usize>,
) {
    match kind {
        FaultedFrame::Wasm => sink.push(RawFrame::Code(registers.pc)),
        FaultedFrame::HostReturned => push_host(sink, activation.last_host_call().1),
        FaultedFrame::HostNotCalled | FaultedFrame::Entry => {}
    }
    if kind != FaultedFrame::Entry {
        let mut fp = registers.fp;
        if let Some(words) = unframed {
            fp = caller_frame(registers, words);
            push_topmost_caller(sink, activation, registers, fp, words);
        }
        walk(sink, activation, fp);
    }
    walk_outer(sink, activation);
}

/// Walks from the host function or helper that code of the innermost activation has called.
pub(super) fn walk_host_call(sink: &mut dyn FrameSink, activation: &Activation) {
    let (fp, func) = activation.last_host_call();
    push_host(sink, func);
    walk_from(sink, activation, fp);
    walk_outer(sink, activation);
}

/// Adds the frames from what was noted when a host function was called.
fn walk_from(sink: &mut dyn FrameSink, activation: &Activation, fp: usize) {
    match marked_run(fp) {
        Some(run) => {
            // SAFETY: The run stands on the stack of a call that has not returned: the host function was called from it.
            walk_run(sink, activation, unsafe { &*run });
        }
        None => walk(sink, activation, fp),
    }
}

/// Adds the caller of a function without a frame; `fp` is the caller's frame.
fn push_topmost_caller(
    sink: &mut dyn FrameSink,
    activation: &Activation,
    registers: &Registers,
    fp: usize,
    words: usize,
) {
    let stack = activation.stack();
    let place = registers.sp.wrapping_add(words * size_of::<usize>());
    if let Some(return_address) = registers.link.or_else(|| stack.read_word(place))
        && !is_entry_frame(activation, stack, fp)
    {
        sink.push(RawFrame::Code(return_address.wrapping_sub(1)));
    }
}

pub(super) fn push_host(sink: &mut dyn FrameSink, func: *const VMHostFunc) {
    if let Some(helper) = marked_helper(func.addr()) {
        sink.push(RawFrame::Helper(helper));
    } else if !func.is_null() && !is_interpreter(func) {
        sink.push(RawFrame::Host(func));
    }
}

/// Adds the calls of a run, and the frames below it where generated code has entered it.
pub(super) fn walk_run(sink: &mut dyn FrameSink, activation: &Activation, run: &VMRun) {
    walk_calls(sink, run);
    if run.entered_from != 0 {
        walk(sink, activation, run.entered_from);
    }
}

/// Adds the callers of the frame at `fp`, up to the activation's entry trampoline, which is not shown.
fn walk(sink: &mut dyn FrameSink, activation: &Activation, mut fp: usize) {
    let stack = activation.stack();
    while !sink.is_full() && !is_entry_frame(activation, stack, fp) {
        let Some((caller, return_address)) = stack.read_frame(fp) else { return };
        // Callers lie above their callees; anything else is no chain of frames.
        if caller <= fp || is_entry_frame(activation, stack, caller) {
            return;
        }
        sink.push(RawFrame::Code(return_address.wrapping_sub(1)));
        fp = caller;
    }
}

/// Adds the frames of the activations around this one, with the host functions between them.
pub(super) fn walk_outer(sink: &mut dyn FrameSink, mut activation: &Activation) {
    while let Some(outer) = activation.outer()
        && !sink.is_full()
    {
        let (fp, func) = activation.outer_host_call();
        push_host(sink, func);
        walk_from(sink, outer, fp);
        activation = outer;
    }
}

/// Whether the frame at `fp` is the activation's entry trampoline's: its caller is `enter`.
fn is_entry_frame(activation: &Activation, stack: StackBounds, fp: usize) -> bool {
    stack.read_word(fp) == Some(activation.host_fp())
}

impl StackBounds {
    /// The frame record at `fp`: the caller's frame pointer, and the address that is returned to.
    fn read_frame(&self, fp: usize) -> Option<(usize, usize)> {
        let caller = self.read_word(fp)?;
        Some((caller, self.read_word(return_address_place(fp, caller))?))
    }

    /// The word at an address, if it lies on the usable part of this stack.
    fn read_word(&self, address: usize) -> Option<usize> {
        if !self.holds_word(address) {
            return None;
        }
        // SAFETY: The address is aligned and on the usable part of a wasm stack, which stays mapped while an activation
        // uses it and is written by this thread only, which is in this function. Any bytes are a `usize`.
        Some(unsafe { ptr::with_exposed_provenance::<usize>(address).read_volatile() })
    }
}

//! From Rust into wasm and back: the stack switch, and the chain of activations that traps and backtraces follow.
//!
//! ```text
//!   host stack                    wasm stack
//!   call_wasm
//!     Activation  <-- CURRENT
//!     enter -- sp, fp saved -->   entry trampoline
//!                                   wasm ... wasm
//!                                     host trampoline       (its frame pointer: last_host_fp)
//!                                       host function
//!                                         call_wasm
//!                                           Activation      (outer: the one above)
//!                                           enter           stays on this stack
//! ```
//!
//! A call ends in one of two ways: the entry trampoline returns, or the fault handler puts the stack and frame pointers
//! back to what `enter` saved and goes on behind `enter`. Either way every frame between is gone without having run any
//! clean-up, which is sound because only wasm and trampoline frames lie between an activation and its innermost trap:
//! faults of host functions are never traps, and host functions' errors return through them.

use super::backtrace::RawBacktrace;
use super::interpreted;
use super::stack::{StackBounds, WasmStack};
use super::trap::{self, RawTrap};
use crate::engine::abi::{VMFrames, VMFuncKind, VMHostFunc, VMRun, VMStoreContext, ValRaw};
use crate::engine::sys::{Mapping, Protection, Registers, SavedStack, enter, only_stack};
use std::cell::Cell;
use std::fmt;
use std::io;
use std::mem::{self, MaybeUninit, offset_of};
use std::ptr;

thread_local! {
    /// The innermost activation of this thread. Without a destructor and initialised at compile time, so that the fault
    /// handler may read it. (Where thread-locals are allocated on first use, the handler reads it only on threads that have
    /// entered wasm.)
    static CURRENT: Cell<*mut Activation> = const { Cell::new(ptr::null_mut()) };
}

/// One entry into wasm, on the host's stack (or on the wasm stack, for nested ones).
#[derive(Debug)]
#[repr(C)]
pub(super) struct Activation {
    /// Where the host's stack was, saved by `enter`.
    host: SavedStack,
    /// The activation around this one, or null.
    outer: *mut Activation,
    /// The store's shared state.
    vm: *mut VMStoreContext,
    /// The stack that this activation's wasm runs on, perhaps another store's.
    stack: StackBounds,
    /// The frame pointer of the host trampoline that this activation was made behind; meaningless without `outer`.
    outer_host_fp: usize,
    /// The host function that this activation was made in.
    outer_host_func: *const VMHostFunc,
    /// Written by the fault handler before it resumes behind `enter`.
    trap: MaybeUninit<RawTrap>,
}

/// What a store keeps between its entries into wasm.
#[derive(Debug)]
pub struct EntryState {
    /// Made on first use.
    stack: Option<WasmStack>,
    /// Usable bytes of the stack to make.
    stack_bytes: usize,
    /// Where the interpreter's frames are, made when it is first entered.
    frames: Option<Mapping>,
    /// Parameters of the tail call that an interpreted function has left to its trampoline.
    pub(super) tail_values: Vec<ValRaw>,
    /// Activations of this store that have not ended.
    active: u32,
}

/// A wasm function and its arguments.
#[derive(Clone, Copy, Debug)]
pub struct WasmCall {
    /// Entry trampoline for the function's type.
    pub entry: *const u8,
    /// The function in wasm's calling convention.
    pub code: *const u8,
    /// First argument of `code`.
    pub context: *mut (),
    /// Room for as many values as there are parameters or results, whichever is more; holds the parameters before the
    /// call and the results after it.
    pub values: *mut ValRaw,
    /// How the function runs.
    pub kind: VMFuncKind,
}

/// Why a call did not return.
#[derive(Debug)]
pub enum CallFailure {
    /// Wasm trapped, or a host function that it called failed (`HostError`).
    Trap(Box<RawTrap>),
    /// A function is beyond what the interpreter can run, in these words.
    Unfoldable(String),
    /// Wasm was not entered: the system gave no stack, or refused the fault handler.
    System(io::Error),
}

impl EntryState {
    /// For a store whose wasm stack shall have `stack_bytes` usable bytes.
    pub fn new(stack_bytes: usize) -> EntryState {
        EntryState { stack: None, stack_bytes, frames: None, tail_values: Vec::new(), active: 0 }
    }

    /// The stack for an activation that need not stay on the current one, and where on it to start: the store's own, made
    /// now if there was none, or the thread's where the processor cannot leave that.
    fn stack(&mut self) -> io::Result<(StackBounds, usize)> {
        if let Some(stack) = &self.stack {
            return Ok((stack.bounds(), stack.bounds().top));
        }
        if let Some(stack) = only_stack()? {
            return Ok((StackBounds::shared(&stack), 0));
        }
        let stack = WasmStack::new(self.stack_bytes)?;
        let bounds = stack.bounds();
        self.stack = Some(stack);
        Ok((bounds, bounds.top))
    }

    /// Makes the interpreter's stack, all of it free, if there is none.
    pub(super) fn make_frames(&mut self) -> io::Result<Option<VMFrames>> {
        if self.frames.is_some() {
            return Ok(None);
        }
        let mapping = WasmStack::largest(self.stack_bytes, |bytes| {
            let mut mapping = Mapping::reserve(bytes)?;
            mapping.protect(0, mapping.len(), Protection::ReadWrite)?;
            Ok(mapping)
        })?;
        let (base, bytes) = (mapping.base(), mapping.len());
        self.frames = Some(mapping);
        Ok(Some(VMFrames { next: base.cast(), calls: base.wrapping_add(bytes).cast() }))
    }
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallFailure::Trap(trap) => f.write_str(trap.code.message()),
            CallFailure::Unfoldable(why) => f.write_str(why),
            CallFailure::System(error) => write!(f, "cannot set up a stack for wasm: {error}"),
        }
    }
}

impl std::error::Error for CallFailure {}

impl Activation {
    /// The activation around this one.
    pub(super) fn outer(&self) -> Option<&Activation> {
        // SAFETY: Activations are linked by `call_wasm` alone, inner to outer; the outer one's call has not ended while
        // the inner one exists, and nobody changes its fields but its own thread's fault handler.
        unsafe { self.outer.as_ref() }
    }

    /// The stack that its wasm runs on.
    pub(super) fn stack(&self) -> StackBounds {
        self.stack
    }

    /// What the entry trampoline's frame record points to.
    pub(super) fn host_fp(&self) -> usize {
        self.host.fp
    }

    /// The host trampoline and function that this activation's wasm called last.
    pub(super) fn last_host_call(&self) -> (usize, *const VMHostFunc) {
        // Not by reference: a profile's sample may find the thread where it holds one of its own.
        let fp = self.vm.wrapping_byte_add(offset_of!(VMStoreContext, last_host_fp)).cast::<usize>();
        let func = self.vm.wrapping_byte_add(offset_of!(VMStoreContext, last_host_func)).cast::<*const VMHostFunc>();
        // SAFETY: `call_wasm`'s caller promised that the store's context outlives the call.
        let fp = unsafe { fp.read_volatile() };
        // SAFETY: As above.
        let func = unsafe { func.read_volatile() };
        (fp, func)
    }

    /// The interpreter's run that this activation is in, if it is in one.
    pub(super) fn run(&self) -> Option<&VMRun> {
        // Not by reference: a profile's sample may find the thread where it holds one of its own.
        let run = self.vm.wrapping_byte_add(offset_of!(VMStoreContext, run)).cast::<*const VMRun>();
        // SAFETY: `call_wasm`'s caller promised that the store's context outlives the call.
        let run = unsafe { run.read_volatile() };
        // SAFETY: A run is noted only while it stands on the stack of its call, which is within this activation or an
        // outer one. What it says may be in between two instructions, and is then that of before.
        unsafe { run.as_ref() }
    }

    /// The host trampoline and function of the outer activation that this one was made in.
    pub(super) fn outer_host_call(&self) -> (usize, *const VMHostFunc) {
        (self.outer_host_fp, self.outer_host_func)
    }

    /// Notes a trap and points the registers behind `enter`, which then returns 1.
    pub(super) fn end_with(&mut self, trap: RawTrap, registers: &mut Registers) {
        self.trap.write(trap);
        self.host.leave(registers);
    }
}

/// The innermost activation of this thread, or null. Usable in signal context.
pub(super) fn current() -> *mut Activation {
    CURRENT.get()
}

/// Where this thread keeps its innermost activation, for [`current_at`].
pub(super) fn current_place() -> *const () {
    CURRENT.with(|current| current.as_ptr().cast_const().cast())
}

/// The innermost activation of the thread that `place` is of, or null.
///
/// # Safety
///
/// `place` came from [`current_place`] on that thread, which has not ended and stands still.
pub(super) unsafe fn current_at(place: *const ()) -> *mut Activation {
    // SAFETY: The caller vouches that the place is still there and does not change meanwhile.
    unsafe { place.cast::<*mut Activation>().read_volatile() }
}

/// The frames of this thread as a host function sees them that wasm has called; empty when wasm is not running.
pub fn current_backtrace() -> RawBacktrace {
    // SAFETY: The pointer is null or the innermost activation, which ends only after this call.
    match unsafe { CURRENT.get().as_ref() } {
        Some(activation) => RawBacktrace::of_host_call(activation),
        None => RawBacktrace::empty(),
    }
}

/// Calls a wasm function on the store's wasm stack, or further down the current one where wasm of this store is running
/// already.
///
/// # Errors
///
/// [`CallFailure`]. After a trap `values` holds anything.
///
/// # Safety
///
/// `vm` and `state` belong to one store, are valid for the whole call, and no reference to either is held across it.
/// `call` fits together: `entry` serves the function's type, `code` and `context` are one function of an instance of that
/// store, and `values` has room as described. Their code stays published until the call ends.
pub unsafe fn call_wasm(vm: *mut VMStoreContext, state: *mut EntryState, call: &WasmCall) -> Result<(), CallFailure> {
    if call.kind == VMFuncKind::Interpreted {
        // SAFETY: `state` is valid and unborrowed, as the caller promised.
        let frames = unsafe { &mut *state }.make_frames().map_err(CallFailure::System)?;
        if let Some(frames) = frames {
            // SAFETY: `vm` is valid and unborrowed, as the caller promised.
            unsafe { (*vm).frames = frames };
        }
    } else {
        trap::prepare().map_err(CallFailure::System)?;
    }
    let outer = CURRENT.get();
    // SAFETY: `state` is valid and unborrowed, as the caller promised, and this borrow ends before wasm runs.
    let (stack, start) = place(unsafe { &mut *state }, outer).map_err(CallFailure::System)?;
    // SAFETY: `outer` is null or the innermost activation, which ends only after this call.
    let (outer_host_fp, outer_host_func) = match unsafe { outer.as_ref() } {
        Some(outer) => outer.last_host_call(),
        None => (0, ptr::null()),
    };
    let mut activation = Activation {
        host: SavedStack::before(stack.usable, stack.low),
        outer,
        vm,
        stack,
        outer_host_fp,
        outer_host_func,
        trap: MaybeUninit::uninit(),
    };
    let activation = &raw mut activation;
    // SAFETY: `vm` is valid and unborrowed, as the caller promised, and this borrow ends before wasm runs.
    let outer_limit = mem::replace(&mut unsafe { &mut *vm }.stack_limit, stack.limit);
    CURRENT.set(activation);
    let saved = activation.cast::<SavedStack>();
    // SAFETY: The caller promised that `call` fits together; `start` is 0 or the top of an unused wasm stack, and the
    // activation, which begins with its saved stack, is this thread's current one, so a trap ends here.
    let trapped = unsafe { enter(saved, start, call.entry, call.code, call.context, call.values.cast()) };
    CURRENT.set(outer);
    // SAFETY: As above; wasm does not run any more.
    unsafe { (*vm).stack_limit = outer_limit };
    // SAFETY: As above, and nothing else changes the count but calls nested in this one, which have ended.
    unsafe { (*state).active -= 1 };
    // SAFETY: `outer` is null or an activation whose store lives as long as its own call, which has not ended.
    if let Some(outer) = unsafe { outer.as_ref() } {
        restore_host_call(outer, outer_host_fp, outer_host_func);
    }
    if trapped == 0 && call.kind == VMFuncKind::Interpreted {
        // SAFETY: As above.
        let end = unsafe { &mut (*vm).run_end };
        // SAFETY: The activation is this function's own, and is nobody else's any more.
        return interpreted::outcome(unsafe { &*activation }, end);
    }
    if trapped == 0 {
        return Ok(());
    }
    // SAFETY: The activation is this function's own, and is nobody else's any more.
    let trap = unsafe { &*activation }.trap;
    // SAFETY: `enter` returns 1 only after `end_with` has written the trap.
    Err(CallFailure::Trap(Box::new(unsafe { trap.assume_init() })))
}

/// Chooses the stack of a new activation and where on it to start; 0 means where the stack pointer is. A store that is
/// already running stays on the current stack: its own may be in use below any activation of the chain.
fn place(state: &mut EntryState, outer: *mut Activation) -> io::Result<(StackBounds, usize)> {
    // SAFETY: The pointer is null or the innermost activation, which ends only after this call.
    let placed = match unsafe { outer.as_ref() } {
        Some(outer) if state.active > 0 => (outer.stack, 0),
        _ => state.stack()?,
    };
    state.active += 1;
    Ok(placed)
}

/// Makes the host function that an outer activation is in its store's last one again.
fn restore_host_call(outer: &Activation, fp: usize, func: *const VMHostFunc) {
    // SAFETY: The outer activation's store outlives its call, and the host function that runs on its behalf holds no
    // reference to the shared state.
    unsafe { (*outer.vm).last_host_fp = fp };
    // SAFETY: As above.
    unsafe { (*outer.vm).last_host_func = func };
}

//! Entering the interpreter: from the host's calling convention into a run, and out of it again.

use super::Exit;
use super::call::Pending;
use super::function::Function;
use super::state::State;
use crate::engine::abi::{TrapCode, VMCall, VMContext, VMFrames, VMRun, VMStoreContext, ValRaw};
use crate::engine::interp::op::{Form, Op};
use crate::engine::types::{FuncType, ValType};
use std::ptr;

/// One stretch of interpreted calls.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Run {
    /// What backtraces read. First, so that its address is the run's.
    pub(super) shared: VMRun,
    /// The store's shared state.
    pub(super) vm: *mut VMStoreContext,
    /// The instance of the running function.
    pub(super) context: *mut VMContext,
    /// What a call waits for.
    pub(super) pending: Pending,
    /// The registers between two instructions, where the loop dispatches them.
    #[cfg_attr(threaded_dispatch, allow(dead_code, reason = "registers go from one instruction to the next"))]
    pub(super) state: State,
}

/// Where the outermost function of a run returns to.
static EXIT: [u64; 1] = [Op::exit.number(Form::PLAIN) as u64];

/// Calls an interpreted function, as an entry trampoline calls a compiled one: `values` holds the parameters, and then
/// the results. A trap is left in [`VMStoreContext::run_end`].
///
/// # Safety
///
/// `code` is the [`Function`] of the instance that `context` belongs to, whose store is running and whose stack for
/// frames is there; `values` has room for the parameters and the results.
pub unsafe extern "C" fn enter(code: *const u8, context: *mut VMContext, values: *mut ValRaw) {
    // SAFETY: The caller vouches for all of it.
    unsafe { enter_from(code.cast(), context, values, 0) };
}

/// How an entry from compiled code ended.
#[derive(Debug)]
pub enum Entered {
    /// With results.
    Returned,
    /// With a trap, or something like it, in [`VMStoreContext::run_end`].
    Trapped,
    /// With a call of a compiled function in place of its own, whose parameters are among the values.
    TailCall(*const Function, *mut VMContext, Vec<ValRaw>),
}

/// As [`enter`], where generated code calls: `from` is the frame pointer of its trampoline.
///
/// # Safety
///
/// As for [`enter`].
pub unsafe fn enter_from_compiled(
    function: *const Function,
    context: *mut VMContext,
    values: *mut ValRaw,
    from: usize,
) -> Entered {
    // SAFETY: The caller vouches for all of it.
    let (trap, next) = unsafe { enter_from(function, context, values, from) };
    match (trap, next) {
        (0, _) => Entered::Returned,
        (_, Some((function, context, values))) => Entered::TailCall(function, context, values),
        _ => Entered::Trapped,
    }
}

/// A compiled function that is to be called, with its instance and parameters.
type Next = (*const Function, *mut VMContext, Vec<ValRaw>);

/// Enters the interpreter.
///
/// # Safety
///
/// As for [`enter`].
unsafe fn enter_from(
    function: *const Function,
    context: *mut VMContext,
    values: *mut ValRaw,
    from: usize,
) -> (Exit, Option<Next>) {
    // SAFETY: The caller vouches for the function.
    let function = unsafe { &*function };
    // SAFETY: The caller vouches for the context, whose store outlives the call.
    let vm = unsafe { (*context).store };
    // SAFETY: As above; this copy is put back at the end, so that nested entries leave no trace.
    let frames = unsafe { (*vm).frames };
    let ty = function.ty();
    let here = 0u8;
    // Everything below stays this deep on the native stack, host functions but for their own frames.
    // SAFETY: As above.
    let has_room = (&raw const here).addr() >= unsafe { (*vm).stack_limit };
    let (trap, next) = if has_room && hold(&frames, &ty.params) {
        // SAFETY: The caller vouches for the values, and there is room for them.
        unsafe { put(&ty.params, values, frames.next) };
        call(function, context, vm, frames, from)
    } else {
        let calls = frames.calls;
        let ip = ptr::null();
        let nowhere = VMRun { calls, first_call: calls, ip, is_outside: false, entered_from: from };
        (end(vm, TrapCode::StackOverflow as Exit, nowhere), None)
    };
    if trap == 0 {
        // SAFETY: The caller vouches for the room, and the function has left its results at the start of its frame.
        unsafe { take(&ty.results, frames.next, values) };
    }
    // SAFETY: As above; no wasm of this store runs in the frames that this call has used.
    unsafe { (*vm).frames = frames };
    (trap, next)
}

/// Runs the function, whose parameters are in place.
fn call(
    function: &Function,
    context: *mut VMContext,
    vm: *mut VMStoreContext,
    frames: VMFrames,
    from: usize,
) -> (Exit, Option<Next>) {
    let first_call = frames.calls.wrapping_sub(1);
    let shared = VMRun { calls: first_call, first_call, ip: EXIT.as_ptr(), is_outside: false, entered_from: from };
    let state = State {
        ip: EXIT.as_ptr(),
        fp: frames.next,
        memory: ptr::null_mut(),
        memory_len: 0,
        run: ptr::null_mut(),
        last: 0,
        last_float: 0.0,
    };
    let mut run = Run { shared, vm, context, pending: Pending::NONE, state };
    let state = State { run: &raw mut run, ..state };
    let Some(folded) = function.fold() else {
        note_unfoldable(vm, function);
        return (end(vm, super::UNFOLDABLE, run.shared), None);
    };
    let last_byte = frames.next.addr() + folded.frame_slots as usize * 8 + size_of::<VMCall>();
    if last_byte > frames.calls.addr() {
        run.shared.calls = frames.calls;
        run.shared.first_call = frames.calls;
        return (end(vm, TrapCode::StackOverflow as Exit, run.shared), None);
    }
    let record = VMCall { ip: EXIT.as_ptr(), fp: frames.next, context, function: ptr::from_ref(function).cast() };
    // SAFETY: The record lies on the interpreter's stack, for there is room behind the frame, and nothing else uses it.
    unsafe { first_call.write(record) };
    // SAFETY: The store outlives the run, and nobody else uses its shared state now.
    let outer = std::mem::replace(unsafe { &mut (*vm).run }, (&raw const run).cast());
    let trap = State { ip: folded.cells.as_ptr(), ..state }.reload().execute();
    // SAFETY: As above.
    unsafe { (*vm).run = outer };
    match trap {
        0 => (0, None),
        super::TAIL_CALL => {
            // SAFETY: The first call's record is that of the function to be called.
            let next = unsafe { (*first_call).function }.cast::<Function>();
            // SAFETY: Records of functions live as long as their module, which outlives the run.
            let params = &unsafe { &*next }.ty().params;
            let mut values = vec![ValRaw { bytes: [0; 16] }; params.len()];
            // SAFETY: There is room for each of the parameters, which stand at the start of the first frame.
            unsafe { take(params, frames.next, values.as_mut_ptr()) };
            (trap, Some((next, run.context, values)))
        }
        trap => (end(vm, trap, run.shared), None),
    }
}

/// Leaves which function could not be folded.
pub(super) fn note_unfoldable(vm: *mut VMStoreContext, function: &Function) {
    // SAFETY: The store outlives the run, and nobody else uses its shared state now.
    unsafe { (*vm).run_end.unfoldable = ptr::from_ref(function).cast() };
}

/// Leaves how a run ended where the runtime finds it.
fn end(vm: *mut VMStoreContext, trap: Exit, run: VMRun) -> Exit {
    // SAFETY: The store outlives the run, and nobody else uses its shared state now.
    let run_end = unsafe { &mut (*vm).run_end };
    run_end.trap = trap;
    run_end.run = run;
    trap
}

/// Whether the frames leave room for parameters of these types.
fn hold(frames: &VMFrames, types: &[ValType]) -> bool {
    let room = frames.calls.addr().saturating_sub(frames.next.addr());
    types.len().checked_mul(size_of::<ValRaw>()).is_some_and(|bytes| bytes <= room)
}

/// Puts values into their slots, from `slot` on.
///
/// # Safety
///
/// `values` holds that many values, and there is room for their slots.
pub(super) unsafe fn put(types: &[ValType], values: *const ValRaw, mut slot: *mut u64) {
    for (position, ty) in types.iter().enumerate() {
        // SAFETY: The caller vouches for the values.
        let bytes = unsafe { values.wrapping_add(position).read() }.bytes;
        slot = put_value(*ty, bytes, slot);
    }
}

/// Takes values out of their slots, from `slot` on.
///
/// # Safety
///
/// `values` has room for that many values, whose slots are there.
pub(super) unsafe fn take(types: &[ValType], mut slot: *const u64, values: *mut ValRaw) {
    for (position, ty) in types.iter().enumerate() {
        let (value, next) = take_value(*ty, slot);
        slot = next;
        // SAFETY: The caller vouches for the room.
        unsafe { values.wrapping_add(position).write(value) };
    }
}

/// Puts a value into its slots, for which there is room, and gives the slot behind it.
fn put_value(ty: ValType, bytes: [u8; 16], slot: *mut u64) -> *mut u64 {
    let [b0, b1, b2, b3, b4, b5, b6, b7, ..] = bytes;
    let low = match ty {
        ValType::I32 | ValType::F32 | ValType::EXTERNREF => u64::from(u32::from_ne_bytes([b0, b1, b2, b3])),
        ValType::V128 => u128::from_le_bytes(bytes) as u64,
        _ => u64::from_ne_bytes([b0, b1, b2, b3, b4, b5, b6, b7]),
    };
    // SAFETY: The callers have made sure that there is room.
    unsafe { slot.write(low) };
    if ty != ValType::V128 {
        return slot.wrapping_add(1);
    }
    // SAFETY: As above.
    unsafe { slot.wrapping_add(1).write((u128::from_le_bytes(bytes) >> 64) as u64) };
    slot.wrapping_add(2)
}

/// Takes a value out of its slots, and gives the slot behind it.
fn take_value(ty: ValType, slot: *const u64) -> (ValRaw, *const u64) {
    let mut bytes = [0; 16];
    // SAFETY: The callers name slots of values of that type.
    let low = unsafe { slot.read() };
    match ty {
        ValType::I32 | ValType::F32 | ValType::EXTERNREF => bytes[..4].copy_from_slice(&(low as u32).to_ne_bytes()),
        ValType::V128 => {
            // SAFETY: As above.
            let high = unsafe { slot.wrapping_add(1).read() };
            bytes = (u128::from(low) | u128::from(high) << 64).to_le_bytes();
            return (ValRaw { bytes }, slot.wrapping_add(2));
        }
        _ => bytes[..8].copy_from_slice(&low.to_ne_bytes()),
    }
    (ValRaw { bytes }, slot.wrapping_add(1))
}

/// How many slots values of these types take.
pub fn slots_of(types: &[ValType]) -> usize {
    types.iter().map(|ty| if *ty == ValType::V128 { 2 } else { 1 }).sum()
}

/// How many values a host call of this type needs room for.
pub(super) fn widest(ty: &FuncType) -> usize {
    ty.params.len().max(ty.results.len())
}

// Backtraces take a run's address for that of its shared part.
const _: () = assert!(std::mem::offset_of!(Run, shared) == 0);

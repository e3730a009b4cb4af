//! The interpreter's side of the runtime: how a run ended, its calls as frames of backtraces, and calls between it and
//! compiled code in both directions.

use super::backtrace::{FrameSink, RawBacktrace, RawFrame, push_host, walk_outer, walk_run};
use super::entry::{self, Activation, CallFailure, WasmCall};
use super::error::Fault;
use super::func::{self, host_name};
use super::instance::{Slots, world};
use super::promote;
use super::store::{InstanceId, StoreOpaque};
use super::symbolize::Trace;
use super::trap::RawTrap;
use super::value::AbiValue;
use crate::engine::abi::{
    TrapCode, VMFuncKind, VMFuncRef, VMHostFunc, VMImportedFunc, VMRun, VMRunEnd, VMStoreContext, VMTailCall, ValRaw,
};
use crate::engine::compile::TrampolineKind;
use crate::engine::interp::{Entered, Function, RUN_MARK, UNFOLDABLE, calls_compiled, enter_from_compiled};
use crate::engine::pipeline::CompiledModule;
use crate::engine::tier::{LoopCode, Tier};
use crate::engine::types::DefinedFuncIdx;
use std::ptr;

/// The outcome of the run that an activation was made for; takes it out of `end`.
pub(super) fn outcome(activation: &Activation, end: &mut VMRunEnd) -> Result<(), CallFailure> {
    let trap = std::mem::take(&mut end.trap);
    if trap == 0 {
        return Ok(());
    }
    if trap == UNFOLDABLE {
        return Err(CallFailure::Unfoldable(unfoldable(end)));
    }
    let code = trap_code(trap);
    let backtrace = backtrace(activation, code, &end.run);
    Err(CallFailure::Trap(Box::new(RawTrap { code, backtrace })))
}

/// The trap that a run ended with.
fn trap_code(trap: u32) -> TrapCode {
    u8::try_from(trap).ok().and_then(TrapCode::from_number).unwrap_or(TrapCode::Unreachable)
}

/// The frames that led to the end of a run.
fn backtrace(activation: &Activation, code: TrapCode, run: &VMRun) -> RawBacktrace {
    let mut backtrace = RawBacktrace::empty();
    if code == TrapCode::HostError {
        push_host(&mut backtrace, activation.last_host_call().1);
    }
    walk_run(&mut backtrace, activation, run);
    walk_outer(&mut backtrace, activation);
    backtrace
}

/// Why a function could not be folded.
fn unfoldable(end: &VMRunEnd) -> String {
    // SAFETY: The interpreter has left the record of a function whose module belongs to the store.
    let function = unsafe { end.unfoldable.cast::<Function>().as_ref() };
    let why = function.and_then(|function| function.owner().failure());
    why.unwrap_or("bug in wazero: a function was not folded").to_owned()
}

/// Makes the slots of an instance whose functions are called by compiled ones, and may be interpreted: they lead to the
/// interpreter. Nothing happens for others.
pub(super) fn make_slots(store: &mut StoreOpaque, id: InstanceId, module: &CompiledModule) -> Result<(), Fault> {
    let Some(functions) = module.functions() else { return Ok(()) };
    let (vm, caller) = (store.store_context(), store.instance(id).context().as_ptr());
    let call = run_interpreted as *const u8;
    let all = (0..module.module().bodies.len()).map(DefinedFuncIdx::from_usize);
    let data = |index| functions.get(index).map_or(ptr::null(), |function| ptr::from_ref(function).cast());
    let host = |index| VMHostFunc { call, call_array: call, data: data(index), store: vm, caller, has_effect: false };
    let hosts: Box<[VMHostFunc]> = all.clone().map(host).collect();
    let slot = |(index, host): (DefinedFuncIdx, &VMHostFunc)| {
        let ty = module.module().functions[module.module().func_idx(index).index()];
        let code = module.part_trampoline(ty, TrampolineKind::Interpreted);
        let code = code.ok_or_else(|| Fault::host("cannot compile what calls the interpreter"))?;
        Ok(VMImportedFunc { code, context: ptr::from_ref(host).cast_mut().cast(), func_ref: ptr::null() })
    };
    let slots = all.zip(&hosts).map(slot).collect::<Result<_, Fault>>()?;
    store.instance_mut(id).slots = Slots { _hosts: hosts, slots };
    Ok(())
}

/// Whether what stands for a host function is the interpreter.
pub(super) fn is_interpreter(host: *const VMHostFunc) -> bool {
    // SAFETY: What a trampoline has noted is a host function of a store that lives, or stands for one.
    let call = unsafe { (*host).call };
    call == run_interpreted as *const u8
}

/// Called by trampolines to the interpreter: runs the function that `host` stands for.
///
/// # Safety
///
/// `host` is one of an instance's slots, and `values` has room for the function's parameters and results.
unsafe extern "C" fn run_interpreted(host: *const VMHostFunc, values: *mut ValRaw) {
    // SAFETY: The caller vouches for the slot.
    let host = unsafe { &*host };
    let vm = host.store;
    // SAFETY: A slot's store outlives it.
    let store = unsafe { (*vm).store }.cast::<StoreOpaque>();
    // SAFETY: As above.
    let from = unsafe { (*vm).last_host_fp };
    // SAFETY: `caller` is the instance's context, and `store` runs on this thread and is used by nobody else now.
    let (world, id) = unsafe { world(host.caller) };
    if let Err(fault) = promote::take_news(world, id) {
        return fail(world, vm, fault);
    }
    // SAFETY: `store` is the address of the whole store, which is running on this thread and is nobody else's now.
    let entry = unsafe { (*store).entry() };
    // SAFETY: As above.
    match unsafe { (*entry).make_frames() } {
        // SAFETY: As above.
        Ok(Some(frames)) => unsafe { (*vm).frames = frames },
        Ok(None) => {}
        Err(error) => {
            let fault = Fault::host(format!("cannot set up a stack for wasm: {error}"));
            // SAFETY: As above.
            return fail(unsafe { &mut *store }, vm, fault);
        }
    }
    // SAFETY: The slot's function belongs to the instance, and the caller vouches for the values.
    match unsafe { enter_from_compiled(host.data.cast(), host.caller, values, from) } {
        Entered::Returned => {}
        Entered::TailCall(function, context, values) => {
            // SAFETY: Records of functions live as long as their module.
            let Some(compiled) = (unsafe { (*function).compiled() }) else { return };
            // SAFETY: As above. The trampoline reads the values before the interpreter is entered again.
            let kept = unsafe { &mut (*entry).tail_values };
            *kept = values;
            let (trampoline, code, context) = (compiled.tail, compiled.code, context.cast());
            // SAFETY: As above.
            unsafe { (*vm).tail = VMTailCall { trampoline, code, context, values: kept.as_mut_ptr() } };
        }
        Entered::Trapped => {
            // SAFETY: As above.
            let fault = trapped_below_compiled(unsafe { &mut *store });
            // SAFETY: As above.
            fail(unsafe { &mut *store }, vm, fault);
        }
    }
}

/// What ended the run that generated code had entered, with all frames that led there.
#[cold]
fn trapped_below_compiled(store: &mut StoreOpaque) -> Fault {
    // SAFETY: The store's shared state is its own.
    let end = unsafe { &mut (*store.vm()).run_end };
    let (trap, run) = (std::mem::take(&mut end.trap), end.run);
    if trap == UNFOLDABLE {
        return Fault::host(unfoldable(end));
    }
    let code = trap_code(trap);
    // SAFETY: This thread has entered wasm, and its innermost activation does not end before this returns.
    let activation = unsafe { entry::current().as_ref() };
    let frames = activation.map_or_else(RawBacktrace::empty, |activation| backtrace(activation, code, &run));
    let backtrace = Trace::of(&frames, &host_name);
    if code != TrapCode::HostError {
        return Fault::Trap { code, backtrace };
    }
    let fault = store.take_pending().unwrap_or_else(|| Fault::bug("a host function failed without an error"));
    fault.or_backtrace(backtrace)
}

/// Leaves a fault for the trampoline, which traps.
fn fail(store: &mut StoreOpaque, vm: *mut VMStoreContext, fault: Fault) {
    store.set_pending(fault);
    // SAFETY: The store outlives its trampolines' calls, and nobody else uses its shared state now.
    unsafe { (*vm).host_failed = 1 };
}

/// Calls a compiled function for the interpreter. Where it fails the error waits in the store.
///
/// # Safety
///
/// `function` is the address of the record of a function of the instance, and `frame` that of the slots of its parameters and
/// results.
pub(super) unsafe fn call_compiled(store: &mut StoreOpaque, id: InstanceId, function: usize, frame: usize) -> bool {
    // SAFETY: The caller vouches for the record.
    let function = unsafe { &*ptr::with_exposed_provenance::<Function>(function) };
    let Some(compiled) = function.compiled() else {
        return has_returned(store, Err(Fault::bug("a function is not compiled")));
    };
    if let Err(fault) = prepare(store, function) {
        return has_returned(store, Err(fault));
    }
    let context = store.instance(id).context().as_ptr().cast();
    let (entry, code, kind) = (compiled.frame, compiled.code, VMFuncKind::Compiled);
    let values = ptr::with_exposed_provenance_mut(frame);
    // SAFETY: The parts are of one function, and the trampoline takes the frame that the caller vouches for.
    let called = unsafe { func::enter(store, &WasmCall { entry, code, context, values, kind }) };
    has_returned(store, called)
}

/// Calls what a reference points to, for the interpreter. Where it fails the error waits in the store.
///
/// # Safety
///
/// `func_ref` is the address of a reference to a compiled function of the store, and `values` that of room for its parameters
/// and results.
pub(super) unsafe fn call_reference(store: &mut StoreOpaque, func_ref: usize, values: usize) -> bool {
    // SAFETY: The caller vouches for the reference.
    let VMFuncRef { entry, code, context, kind, .. } = unsafe { *ptr::with_exposed_provenance::<VMFuncRef>(func_ref) };
    let values = ptr::with_exposed_provenance_mut(values);
    // SAFETY: The parts are of one function, and the caller vouches for the values.
    let called = unsafe { func::enter(store, &WasmCall { entry, code, context, values, kind }) };
    has_returned(store, called)
}

/// Makes the store ready for a compiled function, where that became one only later.
fn prepare(store: &mut StoreOpaque, function: &Function) -> Result<(), Fault> {
    if function.owner().has_tiers() { promote::activate(store) } else { Ok(()) }
}

/// Leaves the error of a call where it failed.
fn has_returned(store: &mut StoreOpaque, called: Result<(), Fault>) -> bool {
    let Err(fault) = called else { return true };
    let vm = store.vm();
    fail(store, vm, fault);
    false
}

/// Decides what a function goes on as whose count has run out: gives the address of code for its loop, or 0.
///
/// # Safety
///
/// `function` is the address of the record of a function of the instance.
pub(super) unsafe fn heat_up(store: &mut StoreOpaque, id: InstanceId, function: usize, loop_at: u32) -> usize {
    // SAFETY: The caller vouches for the record.
    let function = unsafe { &*ptr::with_exposed_provenance::<Function>(function) };
    let module = store.instance(id).module().clone();
    let Some(tier) = module.tier() else { return 0 };
    let answer = tier.ask(function, (loop_at != u32::MAX).then_some(loop_at));
    function.set_heat(answer.ask_again_after);
    // What goes wrong here will do so again where it can be said.
    let taken = promote::take_news(store, id);
    match answer.loop_code {
        // The module keeps it.
        Some(code) if taken.is_ok() => ptr::from_ref(&*code).expose_provenance(),
        _ => 0,
    }
}

/// Runs the code of a loop in a frame of the interpreter. Where it fails the error waits in the store.
///
/// # Safety
///
/// `code` came from [`heat_up`] for a loop that the function of the frame at `frame` stands at, in this instance.
pub(super) unsafe fn call_loop(store: &mut StoreOpaque, id: InstanceId, code: usize, frame: usize) -> bool {
    // SAFETY: The module keeps the code of its loops.
    let code = unsafe { &*ptr::with_exposed_provenance::<LoopCode>(code) };
    let module = store.instance(id).module().clone();
    let entry = module.tier().and_then(Tier::loop_entry);
    let context = store.instance(id).context().as_ptr().cast();
    let mut values = (frame as u64).to_raw();
    let called = match (promote::activate(store), entry, code.address()) {
        (Err(fault), ..) => Err(fault),
        (Ok(()), Some(entry), Some(code)) => {
            let call = WasmCall { entry, code, context, values: &raw mut values, kind: VMFuncKind::Compiled };
            // SAFETY: The code is of the instance's module, and takes the frame that the caller vouches for.
            unsafe { func::enter(store, &call) }
        }
        _ => Err(Fault::bug("a loop is not compiled")),
    };
    has_returned(store, called)
}

/// The run that a noted frame pointer stands for, if it stands for one.
pub(super) fn marked_run(fp: usize) -> Option<*const VMRun> {
    (fp & RUN_MARK != 0).then(|| ptr::with_exposed_provenance(fp & !RUN_MARK))
}

/// Adds the calls of a run, innermost first.
pub(super) fn walk_calls(sink: &mut dyn FrameSink, run: &VMRun) {
    let (mut call, mut ip) = (run.calls, run.ip);
    // The record of the call that the run began with is the last one.
    while call.addr() <= run.first_call.addr() && !call.is_null() && !sink.is_full() {
        // SAFETY: Records from the innermost one to that of the run's first call are on the interpreter's stack, which only
        // this thread changes, and it is here.
        let record = unsafe { &*call };
        // A compiled function that the run has called has frames of its own.
        if !calls_compiled(ip) {
            sink.push(RawFrame::Interpreted(record.function, ip));
        }
        // What a caller stands at is the cell before the one it goes on at.
        ip = record.ip.wrapping_sub(1);
        call = call.wrapping_add(1);
    }
}

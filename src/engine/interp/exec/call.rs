//! Calls. spec: exec/instructions#exec-call
//!
//! A callee's frame begins where the caller has put the arguments, and the results are left there too. Calling within an
//! instance changes two registers and writes a record; into another instance the memory changes as well. Host functions
//! get their values in an array.

use super::bulk::{helpers, table_at};
use super::function::Function;
use super::run::{Run, note_unfoldable, put, take, widest};
use super::state::State;
use super::{Exit, TAIL_CALL, UNFOLDABLE, handler};
use crate::engine::abi::{
    TrapCode, VMCall, VMContext, VMFuncElement, VMFuncKind, VMFuncRef, VMHostFunc, VMImportedFunc, ValRaw,
};
use crate::engine::types::{FuncType, TypeId};
use std::mem::{MaybeUninit, transmute};
use std::ptr;

/// A function to call, with where its frame begins and where to go on after it.
#[derive(Clone, Copy)]
struct Callee {
    function: *const Function,
    context: *mut VMContext,
    fp: *mut u64,
    back: *const u64,
}

// The own function number `imm`, with arguments from slot `a` on.
handler!(call(s, cell) {
    let function = own(&s, cell.imm());
    let callee = Callee { function, context: s.context(), fp: at(&s, cell.a()), back: behind(&s, 1) };
    begin(s, callee)
});

// The imported function at offset `imm` of the context, whose type the further cell names.
handler!(call_import(s, cell) {
    let func_ref = imported(&s, cell.imm());
    call_reference(s, func_ref, at(&s, cell.a()), s.cell_at(1) as u32, 2)
});

// The function at index `b` of a table, with arguments from slot `a` on. The further cells have the canonical type and
// the offset of the table in the context; then the type's number in the module.
handler!(call_indirect(s, cell) {
    match element(&s, s.get(cell.b())) {
        Ok(func_ref) => call_reference(s, func_ref, at(&s, cell.a()), s.cell_at(2) as u32, 3),
        Err(code) => s.trap(code),
    }
});

// As `call`; the arguments take `b` slots.
handler!(return_call(s, cell) {
    replace(s, own(&s, s.cell_at(1) as u32), s.context(), cell.a(), cell.b())
});

// As `call_import`; the arguments take `b` slots, and the further cells have the offset, and the type's number.
handler!(return_call_import(s, cell) {
    let func_ref = imported(&s, s.cell_at(1) as u32);
    return_call_reference(s, func_ref, cell.a(), cell.b(), s.cell_at(2) as u32)
});

// As `call_indirect`; the arguments take `c` slots.
handler!(return_call_indirect(s, cell) {
    match element(&s, s.get(cell.b())) {
        Ok(func_ref) => return_call_reference(s, func_ref, cell.a(), cell.c(), s.cell_at(2) as u32),
        Err(code) => s.trap(code),
    }
});

/// The address of a slot.
#[inline(always)]
fn at(s: &State, slot: u16) -> *mut u64 {
    s.fp.wrapping_add(usize::from(slot))
}

/// The address of a cell behind the instruction.
#[inline(always)]
fn behind(s: &State, cells: usize) -> *const u64 {
    s.ip.wrapping_add(cells)
}

/// An own function of the instance.
#[inline(always)]
fn own(s: &State, index: u32) -> *const Function {
    // SAFETY: The context is that of an interpreted instance whose store is running.
    let functions = unsafe { (*s.context()).functions }.cast::<Function>();
    functions.wrapping_add(index as usize)
}

/// The reference to an imported function.
#[inline(always)]
fn imported(s: &State, offset: u32) -> *const VMFuncRef {
    // SAFETY: Folding took the offset from the layout of the context, which has that import.
    unsafe { (*s.context_at::<VMImportedFunc>(offset)).func_ref }
}

/// The function at an index of the table that the second cell of the instruction names.
#[inline(always)]
fn element(s: &State, index: u32) -> Result<*const VMFuncRef, TrapCode> {
    let place = s.cell_at(1);
    let (expected, offset) = (TypeId(place as u32), (place >> 32) as u32);
    let table = table_at(s, offset);
    if index as usize >= table.len {
        return Err(TrapCode::UndefinedElement);
    }
    let element = table.base.cast::<VMFuncElement>().wrapping_add(index as usize);
    // SAFETY: The element lies in the table, which holds functions: validation has compared its type.
    let VMFuncElement { func_ref, type_id, .. } = unsafe { element.read() };
    if type_id == expected {
        return Ok(func_ref);
    }
    Err(if func_ref.is_null() { TrapCode::UninitializedElement } else { TrapCode::IndirectCallTypeMismatch })
}

/// Begins a function whose arguments are in place.
#[inline(always)]
fn begin(s: State, callee: Callee) -> Exit {
    // SAFETY: Records of functions live as long as their module, which outlives the run.
    let function = unsafe { &*callee.function };
    let cells = function.cells();
    if cells.is_null() {
        s.run_mut().pending.function = callee.function;
        return s.call(fold);
    }
    let run = s.run_mut();
    let record = run.shared.calls.wrapping_sub(1);
    if !function.fits(callee.fp, run.shared.calls) {
        return s.trap(TrapCode::StackOverflow);
    }
    let call = VMCall { ip: callee.back, fp: s.fp, context: run.context, function: callee.function.cast() };
    // SAFETY: The record lies on the interpreter's stack, where there is room for it behind the callee's frame.
    unsafe { record.write(call) };
    run.shared.calls = record;
    s.enter(callee.context, State { ip: cells, fp: callee.fp, ..s })
}

/// Replaces the running function by another one, whose arguments stand from slot `from` on.
#[inline(always)]
fn replace(s: State, function: *const Function, context: *mut VMContext, from: u16, count: u16) -> Exit {
    // SAFETY: As in `begin`.
    let callee = unsafe { &*function };
    let cells = callee.cells();
    if cells.is_null() {
        s.run_mut().pending.function = function;
        return s.call(fold);
    }
    let record = s.run_mut().shared.calls;
    // The record is there already; comparing as if it were not asks for one too many.
    if !callee.fits(s.fp, record) {
        return s.trap(TrapCode::StackOverflow);
    }
    s.copy_slots(0, from, usize::from(count));
    // SAFETY: The innermost record is that of the running function, which ends here.
    unsafe { (*record).function = function.cast() };
    s.enter(context, State { ip: cells, ..s })
}

// Folds the function that waits, and does the same call once more.
handler!(fold(s, cell) {
    let function = s.run_mut().pending.function;
    if fold_now(s.run, s.ip, function) { s.go_on() } else { UNFOLDABLE }
});

/// Folds a function; false where that cannot be done, which ends the run.
#[cold]
#[inline(never)]
fn fold_now(run: *mut Run, ip: *const u64, function: *const Function) -> bool {
    // SAFETY: Records of functions live as long as their module, which outlives the run.
    let function = unsafe { &*function };
    if function.fold().is_some() {
        return true;
    }
    // SAFETY: The run stands on the stack of `enter`, which has not returned, and no other reference to it is used now.
    let run = unsafe { &mut *run };
    run.shared.ip = ip;
    note_unfoldable(run.vm, function);
    false
}

/// A call of a host function that is about to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    /// A function that has to be folded first.
    function: *const Function,
    host: *const VMHostFunc,
    /// A compiled function, in place of a host function.
    func_ref: *const VMFuncRef,
    /// The first argument's slot; the results go there.
    slots: *mut u64,
    /// The type's number in the running function's module.
    ty: u32,
    /// Cells of the instruction.
    cells: u32,
}

impl Pending {
    /// None.
    pub(super) const NONE: Pending = Pending {
        function: ptr::null(),
        host: ptr::null(),
        func_ref: ptr::null(),
        slots: ptr::null_mut(),
        ty: 0,
        cells: 0,
    };
}

/// Calls what a reference points to. The instruction has that many cells.
#[inline(always)]
fn call_reference(s: State, func_ref: *const VMFuncRef, fp: *mut u64, ty: u32, cells: u32) -> Exit {
    // SAFETY: References of a store live as long as it does.
    let VMFuncRef { context, kind, function, instance, .. } = unsafe { func_ref.read() };
    match kind {
        VMFuncKind::Interpreted => {
            let (function, back) = (function.cast(), behind(&s, cells as usize));
            begin(s, Callee { function, context: instance, fp, back })
        }
        VMFuncKind::Host => {
            s.run_mut().pending = Pending { host: context.cast(), slots: fp, ty, cells, ..Pending::NONE };
            s.call(host)
        }
        VMFuncKind::Compiled => {
            s.run_mut().pending = Pending { func_ref, slots: fp, ty, cells, ..Pending::NONE };
            s.call(compiled)
        }
    }
}

/// Replaces the running function by what a reference points to, whose arguments take `count` slots from `from` on.
#[inline(always)]
fn return_call_reference(s: State, func_ref: *const VMFuncRef, from: u16, count: u16, ty: u32) -> Exit {
    // SAFETY: References of a store live as long as it does.
    let VMFuncRef { context, kind, function, instance, .. } = unsafe { func_ref.read() };
    match kind {
        VMFuncKind::Interpreted => replace(s, function.cast(), instance, from, count),
        VMFuncKind::Host => {
            s.run_mut().pending = Pending { host: context.cast(), slots: at(&s, from), ty, ..Pending::NONE };
            s.call(host_and_return)
        }
        VMFuncKind::Compiled => {
            s.run_mut().pending = Pending { func_ref, slots: at(&s, from), ty, ..Pending::NONE };
            s.call(compiled_and_return)
        }
    }
}

// Calls the host function that waits, and goes on behind the instruction.
handler!(host(s, cell) {
    let Pending { host, slots, ty, cells, .. } = s.run_mut().pending;
    if !may_call(s.run, s.ip, host) {
        return UNFOLDABLE;
    }
    match call_host(s.run, s.ip, s.fp, host, slots, ty) {
        0 => s.reload().next(cells as usize),
        trap => trap,
    }
});

// Calls the host function that waits, and returns its results. Host functions call nothing in tail position, so that this
// is what a tail call of one comes to.
handler!(host_and_return(s, cell) {
    let Pending { host, slots, ty, .. } = s.run_mut().pending;
    if !may_call(s.run, s.ip, host) {
        return UNFOLDABLE;
    }
    match call_host(s.run, s.ip, s.fp, host, slots, ty) {
        0 => return_results(s, slots, ty),
        trap => trap,
    }
});

// Calls the compiled function that waits, of a module that is not interpreted, and goes on behind the instruction.
handler!(compiled(s, cell) {
    let Pending { func_ref, slots, ty, cells, .. } = s.run_mut().pending;
    match call_other(s.run, s.ip, s.fp, s.context(), func_ref, slots, ty) {
        0 => s.reload().next(cells as usize),
        trap => trap,
    }
});

// Calls the compiled function that waits, and returns its results. The run stays, so that the stack bounds a chain of such calls.
handler!(compiled_and_return(s, cell) {
    let Pending { func_ref, slots, ty, .. } = s.run_mut().pending;
    match call_other(s.run, s.ip, s.fp, s.context(), func_ref, slots, ty) {
        0 => return_results(s, slots, ty),
        trap => trap,
    }
});

/// Returns the results of a call in tail position, which stand from `slots` on.
#[inline(always)]
fn return_results(s: State, slots: *mut u64, ty: u32) -> Exit {
    let results = super::slots_of(&type_of(s.run, ty).results);
    // SAFETY: The results stand in the frame, where folding has left room for them at the start as well.
    unsafe { ptr::copy(slots, s.fp, results) };
    super::control::leave(s.reload())
}

// What a compiled function has for cells: calls it with the arguments at the start of the frame. In place of a run's first
// function, which generated code has called, that is left to the trampoline which did.
handler!(enter_compiled(s, cell) {
    let run = s.run_mut();
    if run.shared.calls == run.shared.first_call && run.shared.entered_from != 0 {
        return TAIL_CALL;
    }
    match call_compiled(s.run, s.ip, s.fp, s.context()) {
        0 => super::control::leave(s.reload()),
        trap => trap,
    }
});

/// Calls the running function, which is compiled, with the values from `slots` on, and leaves its results there.
#[inline(never)]
fn call_compiled(run: *mut Run, ip: *const u64, slots: *mut u64, context: *mut VMContext) -> Exit {
    let function = ptr::from_ref(running(run)).expose_provenance();
    note_host_call(run, ip, slots, ptr::null());
    let called = helpers::call_compiled(context, function as u64, slots.expose_provenance() as u64);
    // SAFETY: The run stands on the stack of `enter`, which has not returned, and no other reference to it is used now.
    unsafe { (*run).shared.is_outside = false };
    if called == 0 { TrapCode::HostError as Exit } else { 0 }
}

/// Calls a compiled function of another module with the values from `slots` on, and leaves its results there.
#[inline(never)]
fn call_other(
    run: *mut Run,
    ip: *const u64,
    fp: *mut u64,
    context: *mut VMContext,
    func_ref: *const VMFuncRef,
    slots: *mut u64,
    ty: u32,
) -> Exit {
    let ty = type_of(run, ty);
    note_host_call(run, ip, fp, ptr::null());
    let func_ref = func_ref.expose_provenance() as u64;
    let called = with_values(ty, slots, |values| {
        helpers::call_reference(context, func_ref, values.expose_provenance() as u64) != 0
    });
    // SAFETY: The run stands on the stack of `enter`, which has not returned, and no other reference to it is used now.
    unsafe { (*run).shared.is_outside = false };
    if called { 0 } else { TrapCode::HostError as Exit }
}

/// How many values are passed without an allocation.
const FEW: usize = 10;

/// Hands the arguments of a function to a call in an array, with room for the results, and takes these back where the call
/// says that it has left them.
#[inline(always)]
fn with_values(ty: &FuncType, slots: *mut u64, call: impl FnOnce(*mut ValRaw) -> bool) -> bool {
    let mut few = [const { MaybeUninit::<ValRaw>::uninit() }; FEW];
    let mut many = Vec::new();
    let values = if widest(ty) <= FEW {
        few.as_mut_ptr().cast()
    } else {
        many.resize(widest(ty), ValRaw { bytes: [0; 16] });
        many.as_mut_ptr()
    };
    // SAFETY: There is room for each, and the caller has put them into their slots.
    unsafe { take(&ty.params, slots, values) };
    if !call(values) {
        return false;
    }
    // SAFETY: The callee has left a value for each, and the frame has room for them.
    unsafe { put(&ty.results, values, slots) };
    true
}

/// A type of the running function's module.
fn type_of<'a>(run: *const Run, ty: u32) -> &'a FuncType {
    &running(run).owner().module().types[ty as usize]
}

/// The function that is running.
#[inline(always)]
pub(super) fn running<'a>(run: *const Run) -> &'a Function {
    // SAFETY: The run stands on the stack of `enter`, which has not returned.
    let record = unsafe { (*run).shared.calls };
    // SAFETY: The innermost record is that of the running function.
    let function = unsafe { (*record).function };
    // SAFETY: Records of functions live as long as their module, which outlives the run.
    unsafe { &*function.cast::<Function>() }
}

/// Whether a host function may be called: if calls of it have an effect, the module has to be valid. Else the run ends.
#[inline(always)]
fn may_call(run: *mut Run, ip: *const u64, host: *const VMHostFunc) -> bool {
    // SAFETY: The record of the host function lives as long as the store.
    running(run).owner().is_validated() || !unsafe { (*host).has_effect } || is_valid(run, ip)
}

/// Waits until the running function's module is known to be valid, or not, which is then what ends the run.
#[cold]
#[inline(never)]
fn is_valid(run: *mut Run, ip: *const u64) -> bool {
    let function = running(run);
    if function.owner().wait_until_validated() {
        return true;
    }
    // SAFETY: The run stands on the stack of `enter`, which has not returned, and no other reference to it is used now.
    let run = unsafe { &mut *run };
    run.shared.ip = ip;
    note_unfoldable(run.vm, function);
    false
}

/// The host's code of a function.
type HostCall = unsafe extern "C" fn(*const VMHostFunc, *mut ValRaw);

/// Calls a host function with the values from `slots` on, and leaves its results there. Gives 0, or the trap.
#[inline(never)]
fn call_host(run: *mut Run, ip: *const u64, fp: *mut u64, host: *const VMHostFunc, slots: *mut u64, ty: u32) -> Exit {
    let ty = type_of(run, ty);
    note_host_call(run, ip, fp, host);
    // SAFETY: The record of the host function lives as long as the store.
    let call = unsafe { (*host).call_array };
    // SAFETY: That is what stands there.
    let call = unsafe { transmute::<*const u8, HostCall>(call) };
    // SAFETY: The run stands on the stack of `enter`, which has not returned, and its store outlives it.
    let vm = unsafe { (*run).vm };
    let called = with_values(ty, slots, |values| {
        // SAFETY: The host function is one of this store, and there is a value for each parameter and result.
        unsafe { call(host, values) };
        // SAFETY: As above; nobody uses the store's shared state now.
        unsafe { (*vm).host_failed == 0 }
    });
    // SAFETY: As above, and no other reference to the run is used now.
    unsafe { (*run).shared.is_outside = false };
    if called { 0 } else { TrapCode::HostError as Exit }
}

/// Notes where the run is before the host or a helper does something, for backtraces and for entries that it makes.
pub(super) fn note_host_call(run: *mut Run, ip: *const u64, fp: *mut u64, host: *const VMHostFunc) {
    let frame_bytes = running(run).frame_bytes();
    let address = run.expose_provenance();
    // SAFETY: The run stands on the stack of `enter`, which has not returned, and no other reference to it is used now.
    let run = unsafe { &mut *run };
    run.shared.ip = ip;
    run.shared.is_outside = true;
    // SAFETY: The store outlives the run, and nobody uses its shared state now.
    let vm = unsafe { &mut *run.vm };
    vm.last_host_fp = address | RUN_MARK;
    vm.last_host_func = host;
    vm.frames.next = fp.wrapping_byte_add(frame_bytes);
    vm.frames.calls = run.shared.calls;
}

/// What tells the address of a run from a frame pointer, which is aligned, in `VMStoreContext::last_host_fp`.
pub const RUN_MARK: usize = 1;

// A run's address has to be one of something aligned.
const _: () = assert!(align_of::<Run>() > RUN_MARK);

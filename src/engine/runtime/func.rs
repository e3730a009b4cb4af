//! Functions as the embedder holds them, and calls from Rust into them. spec: exec/modules#invocation

use super::entry::{self, CallFailure, WasmCall};
use super::error::Fault;
use super::host::{self, HostFunc, HostRecord};
use super::instantiate;
use super::promote;
use super::store::{InstanceId, StoreId, StoreOpaque};
use super::symbolize::{Backtrace, HostName, Trace};
use crate::engine::abi::{TrapCode, VMFuncKind, VMFuncRef, VMHostFunc, ValRaw};
use crate::engine::interp::{self, Compiled, Function};
use crate::engine::types::{FuncIdx, FuncType, TypeId};
use std::ptr::NonNull;
use std::sync::Arc;

/// A function of one store. Handles are equal when they are the same reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FuncHandle {
    /// Lives as long as the store.
    func_ref: NonNull<VMFuncRef>,
    store: StoreId,
}

// SAFETY: The pointer is only followed together with a borrow of the store that owns its target (`FuncHandle::read`), and
// what it points to never changes once a handle exists.
unsafe impl Send for FuncHandle {}
// SAFETY: As for `Send`.
unsafe impl Sync for FuncHandle {}

impl FuncHandle {
    /// A handle for a reference that belongs to the store.
    pub(super) fn new(func_ref: NonNull<VMFuncRef>, store: StoreId) -> FuncHandle {
        FuncHandle { func_ref, store }
    }

    /// The store it belongs to.
    pub(crate) fn store(&self) -> StoreId {
        self.store
    }

    pub(super) fn as_ptr(&self) -> *mut VMFuncRef {
        self.func_ref.as_ptr()
    }

    /// A copy of what the reference points to.
    ///
    /// # Panics
    ///
    /// Panics where the function belongs to another store.
    pub(super) fn read(&self, store: &StoreOpaque) -> VMFuncRef {
        store.check_owner(self.store);
        // SAFETY: The reference belongs to this store (checked above), whose function references live as long as it does
        // and are written before handles to them exist.
        unsafe { *self.func_ref.as_ptr() }
    }

    /// The function's type, for comparisons.
    ///
    /// # Panics
    ///
    /// Panics where the function belongs to another store.
    pub(crate) fn type_id(&self, store: &StoreOpaque) -> TypeId {
        self.read(store).type_id
    }

    /// The function's type.
    ///
    /// # Panics
    ///
    /// Panics where the function belongs to another store.
    pub(crate) fn ty(&self, store: &StoreOpaque) -> Arc<FuncType> {
        store.engine().func_type(self.type_id(store))
    }

    /// The host function behind the handle, if it is one.
    pub(super) fn host_func(&self, store: &StoreOpaque) -> Option<Arc<HostFunc>> {
        let func_ref = self.read(store);
        if func_ref.kind != VMFuncKind::Host {
            return None;
        }
        // SAFETY: The context of a host function's reference is the `VMHostFunc` of a record of the same store.
        let record = unsafe { HostRecord::from_vm(func_ref.context.cast()) };
        Some(record.func.clone())
    }
}

/// A function with the number of values that a call needs room for: looked up once, called often.
#[derive(Clone, Copy, Debug)]
pub struct PreparedCall {
    func: FuncHandle,
    values: usize,
}

impl PreparedCall {
    /// Prepares calls of a function.
    ///
    /// # Panics
    ///
    /// Panics where the function belongs to another store.
    pub(crate) fn new(store: &StoreOpaque, func: FuncHandle) -> PreparedCall {
        let ty = func.ty(store);
        PreparedCall { func, values: ty.params.len().max(ty.results.len()) }
    }

    /// How many values the parameters and the results take at most.
    pub(crate) fn values_len(&self) -> usize {
        self.values
    }

    /// Calls the function: `values` holds the parameters and then the results. References among the parameters must come
    /// from `Value::to_raw` or `WasmTy::into_abi` of the same store.
    ///
    /// # Errors
    ///
    /// Why the function did not return.
    ///
    /// # Panics
    ///
    /// Panics where the function belongs to another store.
    pub(crate) fn call(&self, store: &mut StoreOpaque, values: &mut [ValRaw]) -> Result<(), Fault> {
        if values.len() < self.values {
            return Err(Fault::bug("a call has fewer values than its function's type"));
        }
        let target = self.func.read(store);
        // SAFETY: The reference belongs to this store, and there is room for all values.
        unsafe { call_target(store, &target, values.as_mut_ptr()) }
    }
}

/// Calls what a reference points to.
///
/// # Safety
///
/// The reference must belong to this store, and `values` must have room for its parameters and results.
unsafe fn call_target(store: &mut StoreOpaque, target: &VMFuncRef, values: *mut ValRaw) -> Result<(), Fault> {
    if target.kind == VMFuncKind::Host {
        // SAFETY: The context of a host function's reference is its `VMHostFunc`, which the store owns; the caller vouches
        // for the values.
        return unsafe { host::call_host(store, target.context.cast(), values) };
    }
    let VMFuncRef { code, context, entry, kind, function, instance, .. } = *target;
    let call = if kind == VMFuncKind::Interpreted {
        // SAFETY: A reference to an interpreted function has its record.
        let (entry, code, kind) = match unsafe { promoted(function.cast()) } {
            Some(compiled) => {
                promote::activate(store)?;
                (compiled.entry, compiled.code, VMFuncKind::Compiled)
            }
            None => (interp::enter as *const u8, function.cast(), kind),
        };
        WasmCall { entry, code, context: instance.cast(), values, kind }
    } else {
        WasmCall { entry, code, context, values, kind }
    };
    // SAFETY: A reference's parts belong together; the caller vouches for the values.
    unsafe { enter(store, &call) }
}

/// How a function is called that was interpreted at first and is compiled by now.
///
/// # Safety
///
/// The record must be that of a function whose module lives.
unsafe fn promoted<'a>(function: *const Function) -> Option<&'a Compiled> {
    // SAFETY: The caller vouches for the record.
    let function = unsafe { &*function };
    function.compiled().filter(|_| function.owner().has_tiers())
}

/// Calls a start function, which has neither parameters nor results.
pub(super) fn call_start(store: &mut StoreOpaque, id: InstanceId, func: FuncIdx) -> Result<(), Fault> {
    let instance = store.instance(id);
    let target = match instance.imported_funcs.get(func.index()) {
        Some(imported) => *imported,
        None => instantiate::own_func_ref(instance, func)?,
    };
    // SAFETY: The reference is that of a function of this instance, and there are no values.
    unsafe { call_target(store, &target, NonNull::dangling().as_ptr()) }
}

/// Runs wasm code and turns a trap into a [`Fault`].
///
/// # Safety
///
/// The parts of `call` must fit together and belong to this store.
pub(super) unsafe fn enter(store: &mut StoreOpaque, call: &WasmCall) -> Result<(), Fault> {
    let (vm, state) = (store.vm(), store.entry());
    // SAFETY: The caller vouches for the call; both pointers are of this store, which is not touched before it ends.
    match unsafe { entry::call_wasm(vm, state, call) } {
        Ok(()) => Ok(()),
        Err(failure) => Err(fault_of(store, failure)),
    }
}

/// The fault that a failed call stands for: what the host function reported, or the trap, with the frames that led there.
#[cold]
fn fault_of(store: &mut StoreOpaque, failure: CallFailure) -> Fault {
    let trap = match failure {
        CallFailure::Trap(trap) => trap,
        CallFailure::Unfoldable(why) => return Fault::host(why),
        CallFailure::System(error) => return Fault::host(format!("cannot set up a stack for wasm: {error}")),
    };
    let backtrace = Trace::of(&trap.backtrace, &host_name);
    if trap.code != TrapCode::HostError {
        return Fault::Trap { code: trap.code, backtrace };
    }
    let fault = store.take_pending().unwrap_or_else(|| Fault::bug("a host function failed without an error"));
    fault.or_backtrace(backtrace)
}

/// The wasm frames of this thread, as a host function sees them.
pub(crate) fn current_backtrace() -> Backtrace {
    Trace::of(&entry::current_backtrace(), &host_name).symbolize()
}

pub(super) fn host_name(host: *const VMHostFunc) -> Option<HostName> {
    if host.is_null() {
        return None;
    }
    // SAFETY: Frames name host functions of stores that are running on this thread; their records live as long as they do.
    let record = unsafe { HostRecord::from_vm(host) };
    Some(record.name())
}

//! Host functions: Rust closures that wasm calls through trampolines.
//!
//! A [`HostFunc`] is the closure with its type and two shims, independent of any store's identity. Linking it into a store
//! makes a [`HostRecord`], whose first field is the [`VMHostFunc`] that trampolines pass to the shim. The shims stand in
//! `shim`; a panic or an error never leaves them, it waits in the store until the trampoline has trapped.

use super::error::{BoxError, Fault};
use super::store::{StoreInner, StoreOpaque};
use super::symbolize::HostName;
use crate::engine::abi::{VMFuncRef, VMHostFunc, ValRaw};
use crate::engine::compile::TrampolineKind;
use crate::engine::types::{FuncType, ValType};
use std::any::{Any, TypeId as DataTypeId};
use std::fmt;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shim for calls with an array of values.
pub(super) type ArrayShim = unsafe extern "C" fn(host: *const VMHostFunc, values: *mut ValRaw);

/// A Rust closure that wasm can call, for stores with one type of data.
pub struct HostFunc {
    ty: FuncType,
    /// Shim for direct trampolines, for types that are eligible for them; its shape follows from the type.
    direct: Option<*const u8>,
    array: ArrayShim,
    /// Owns the closure; calls reach it through `data`.
    _closure: Box<dyn Any + Send + Sync>,
    /// Address of the closure.
    data: *const (),
    /// The type of store data that the shims expect.
    data_type: DataTypeId,
    /// Whether a call may change something that is seen from outside of the program.
    has_effect: AtomicBool,
}

// SAFETY: The pointers are to code, and to the closure, which is `Send`.
unsafe impl Send for HostFunc {}
// SAFETY: The pointers are to code, and to the closure, which is `Sync`.
unsafe impl Sync for HostFunc {}

impl fmt::Debug for HostFunc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostFunc").field("ty", &self.ty).field("direct", &self.direct.is_some()).finish_non_exhaustive()
    }
}

impl HostFunc {
    /// Puts a closure together with its shims.
    ///
    /// # Safety
    ///
    /// The shims must be for closures of type `F`, stores with data of type `T`, and functions of type `ty`.
    pub(super) unsafe fn from_parts<T: 'static, F: Send + Sync + 'static>(
        ty: FuncType,
        closure: F,
        direct: Option<*const u8>,
        array: ArrayShim,
    ) -> Arc<HostFunc> {
        let closure = Box::new(closure);
        let data = (&raw const *closure).cast();
        let (data_type, has_effect) = (DataTypeId::of::<T>(), AtomicBool::new(true));
        Arc::new(HostFunc { ty, direct, array, _closure: closure, data, data_type, has_effect })
    }

    /// Whether a call may change something that is seen from outside of the program.
    pub(super) fn has_effect(&self) -> bool {
        self.has_effect.load(Ordering::Relaxed)
    }

    /// Says that no call changes anything that is seen from outside of the program, for instances that import it from now on.
    pub(crate) fn set_without_effect(&self) {
        self.has_effect.store(false, Ordering::Relaxed);
    }

    /// The function's type.
    pub(crate) fn ty(&self) -> &FuncType {
        &self.ty
    }

    /// The kind of trampoline that calls it at the least cost.
    pub(crate) fn kind(&self) -> TrampolineKind {
        match self.direct {
            Some(_) => TrampolineKind::HostDirect,
            None => TrampolineKind::HostArray,
        }
    }

    /// Whether stores with this type of data can hold it.
    pub(super) fn fits(&self, data_type: DataTypeId) -> bool {
        self.data_type == data_type
    }

    /// The shim for trampolines of [`HostFunc::kind`].
    pub(super) fn shim(&self) -> *const u8 {
        self.direct.unwrap_or(self.array as *const u8)
    }

    /// The shim for calls with an array of values.
    pub(super) fn array_shim(&self) -> *const u8 {
        self.array as *const u8
    }

    pub(super) fn data(&self) -> *const () {
        self.data
    }
}

/// Whether direct trampolines exist for a type: no `v128`, and at most one result.
pub(crate) fn is_direct(ty: &FuncType) -> bool {
    let mut types = ty.params.iter().chain(&ty.results);
    ty.results.len() <= 1 && types.all(|ty| *ty != ValType::V128)
}

/// A host function as linked into one store, for one importing instance or for the embedder alone. Its address is stable.
#[derive(Debug)]
#[repr(C)]
pub struct HostRecord {
    /// What trampolines and shims see. First, so that its address is the record's.
    pub(super) vm: VMHostFunc,
    /// The reference to the function.
    pub(super) func_ref: VMFuncRef,
    /// Keeps the closure alive.
    pub(super) func: Arc<HostFunc>,
    /// First name that it was imported by; empty for a function of the embedder alone.
    pub(super) module: String,
    /// Second name that it was imported by.
    pub(super) name: String,
}

impl HostRecord {
    /// `module.name`, or a stand-in for a function that was never imported by name.
    pub(crate) fn display_name(&self) -> String {
        if self.module.is_empty() && self.name.is_empty() {
            "host.func".to_owned()
        } else {
            format!("{}.{}", self.module, self.name)
        }
    }

    /// What backtraces call it.
    pub(super) fn name(&self) -> HostName {
        let (module, func) = (self.module.clone(), self.name.clone());
        HostName { module, func, signature: self.func.ty.to_string() }
    }

    /// The type of the function.
    pub(super) fn ty(&self) -> &FuncType {
        &self.func.ty
    }

    /// The reference to the function of a record of a store that lives.
    pub(super) fn func_ref_address(record: NonNull<HostRecord>) -> NonNull<VMFuncRef> {
        // SAFETY: The field lies within the record.
        unsafe { record.byte_add(offset_of!(HostRecord, func_ref)) }.cast()
    }

    /// The record around what a trampoline knows of a host function.
    ///
    /// # Safety
    ///
    /// `host` must point to the `vm` of a record, and the record's store must live for `'a`.
    pub(crate) unsafe fn from_vm<'a>(host: *const VMHostFunc) -> &'a HostRecord {
        // SAFETY: `vm` is the first field of a `repr(C)` struct, and the caller vouches that there is one, and for how long.
        unsafe { &*host.cast::<HostRecord>() }
    }
}

/// Calls a host function from Rust, without any trampoline.
///
/// # Safety
///
/// `host` must point to the `vm` of a record of this store, and `values` must have room for the parameters and results.
pub(super) unsafe fn call_host(
    store: &mut StoreOpaque,
    host: *const VMHostFunc,
    values: *mut ValRaw,
) -> Result<(), Fault> {
    // SAFETY: The caller vouches for the record; its store is borrowed here.
    let shim = unsafe { HostRecord::from_vm(host) }.func.array;
    let vm = store.vm();
    // SAFETY: The shim belongs to the record's function, whose values there is room for. The store is not touched here
    // while the shim runs and takes it from the record.
    unsafe { shim(host, values) };
    // SAFETY: `vm` is the context of the borrowed store.
    let failed = unsafe { (*vm).host_failed } != 0;
    if !failed {
        return Ok(());
    }
    Err(store.take_pending().unwrap_or_else(|| Fault::bug("a host function failed without an error")))
}

/// Notes in the store why a host function failed, so that its trampoline traps.
#[cold]
pub(super) fn fail(host: &VMHostFunc, failure: Failure) {
    // SAFETY: A record's store outlives it, and its host function, the only one that borrows the store now, has returned.
    let vm = unsafe { &mut *host.store };
    vm.host_failed = 1;
    let store = vm.store.cast::<StoreOpaque>();
    // SAFETY: `store` is the record of the store that `vm` belongs to, with the provenance of the whole store.
    let store = unsafe { &mut *store };
    store.set_pending(match failure {
        Failure::Error(error) => Fault::host(error),
        Failure::Panic(payload) => {
            // SAFETY: Every `VMHostFunc` that a shim gets is the first field of a record of a store that lives.
            let record = unsafe { HostRecord::from_vm(host) };
            let message = panic_message(&*payload);
            let name = record.display_name();
            Fault::Bug {
                message: format!("bug in wazero: host function `{name}` panicked: {message}"),
                backtrace: None,
            }
        }
    });
}

/// How a host function ended, other than by returning.
pub(super) enum Failure {
    /// With an error.
    Error(BoxError),
    /// With a panic, of this payload.
    Panic(Box<dyn Any + Send>),
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    if let Some(message) = payload.downcast_ref::<&str>() {
        message
    } else if let Some(message) = payload.downcast_ref::<String>() {
        message
    } else {
        "no message"
    }
}

/// Reaches the store of a host function.
///
/// # Safety
///
/// `host` must belong to a record of a store with data of type `T`, and nothing else may use the store while `'a` lasts.
#[inline]
pub(super) unsafe fn store_of<'a, T>(host: &VMHostFunc) -> &'a mut StoreInner<T> {
    // SAFETY: A record's store outlives it.
    let store = unsafe { (*host.store).store };
    // SAFETY: `VMStoreContext::store` is the address of the whole `StoreInner<T>`, with its provenance, and the caller
    // vouches for `T` and for being the only user.
    unsafe { &mut *store.cast::<StoreInner<T>>() }
}

//! The typed shims between trampolines and closures: one `extern "C"` function per closure type and trampoline kind.
//!
//! The direct shim is the path of every WASI call. It converts nothing but register forms, allocates nothing, takes no lock,
//! and leaves the function only through its end: panics are caught, errors are noted by [`fail`].

use super::caller::Caller;
use super::error::BoxError;
use super::host::{Failure, HostFunc, HostRecord, fail, is_direct, store_of};
use super::store::{StoreInner, StoreOpaque};
use super::value::{AbiValue, WasmTy};
use crate::engine::abi::{VMContext, VMHostFunc, ValRaw};
use crate::engine::types::{FuncType, ValType};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::NonNull;
use std::slice;
use std::sync::Arc;

/// A closure that can become a host function: `Fn(Caller<'_, T>, A...) -> R` or `Fn(A...) -> R` with at most 16
/// parameters, each a [`WasmTy`], and a [`HostReturn`].
pub trait IntoFunc<T: 'static, Params, R>: Send + Sync + 'static {
    /// The parameters, without the caller.
    #[doc(hidden)]
    type Args: HostArgs;

    /// Calls the closure.
    #[doc(hidden)]
    fn invoke(&self, caller: Caller<'_, T>, args: Self::Args) -> R;
}

/// The parameters of a host function, as a tuple.
pub trait HostArgs: Sized {
    /// The wasm types.
    #[doc(hidden)]
    fn val_types() -> Vec<ValType>;

    /// From memory; fails where there are fewer values than types.
    #[doc(hidden)]
    fn from_values(values: &[ValRaw], store: &mut StoreOpaque) -> Option<Self>;

    /// The shim for direct trampolines of functions with these parameters.
    #[doc(hidden)]
    fn direct_shim<T: 'static, F, P, R>() -> *const u8
    where
        F: IntoFunc<T, P, R, Args = Self>,
        R: HostReturn;
}

/// What a host function may return: nothing, one value, a tuple of values, or a `Result` of one of these.
pub trait HostReturn: Sized {
    /// The register form; `()` for none and for several.
    #[doc(hidden)]
    type Abi: Copy;

    /// What a failed call returns in the register.
    #[doc(hidden)]
    const ZERO: Self::Abi;

    /// The wasm types.
    #[doc(hidden)]
    fn val_types() -> Vec<ValType>;

    /// To a register. Only called for at most one value.
    #[doc(hidden)]
    fn into_abi(self, store: &mut StoreOpaque) -> Result<Self::Abi, BoxError>;

    /// To memory, with room for as many values as there are types.
    #[doc(hidden)]
    fn into_values(self, store: &mut StoreOpaque, values: &mut [ValRaw]) -> Result<(), BoxError>;
}

impl<A: WasmTy> HostReturn for A {
    type Abi = A::Abi;

    const ZERO: A::Abi = <A::Abi as AbiValue>::ZERO;

    fn val_types() -> Vec<ValType> {
        vec![A::val_type()]
    }

    #[inline]
    fn into_abi(self, store: &mut StoreOpaque) -> Result<A::Abi, BoxError> {
        WasmTy::into_abi(self, store)
    }

    fn into_values(self, store: &mut StoreOpaque, values: &mut [ValRaw]) -> Result<(), BoxError> {
        let raw = WasmTy::into_abi(self, store)?.to_raw();
        if let Some(value) = values.first_mut() {
            *value = raw;
        }
        Ok(())
    }
}

impl<R: HostReturn, E: Into<BoxError>> HostReturn for Result<R, E> {
    type Abi = R::Abi;

    const ZERO: R::Abi = R::ZERO;

    fn val_types() -> Vec<ValType> {
        R::val_types()
    }

    #[inline]
    fn into_abi(self, store: &mut StoreOpaque) -> Result<R::Abi, BoxError> {
        self.map_err(Into::into)?.into_abi(store)
    }

    fn into_values(self, store: &mut StoreOpaque, values: &mut [ValRaw]) -> Result<(), BoxError> {
        self.map_err(Into::into)?.into_values(store, values)
    }
}

macro_rules! tuple_returns {
    ($(($($item:ident)*))*) => {$(
        #[allow(non_snake_case, unused_variables, unused_mut, reason = "tuples of every length share one text")]
        impl<$($item: WasmTy),*> HostReturn for ($($item,)*) {
            type Abi = ();

            const ZERO: () = ();

            fn val_types() -> Vec<ValType> {
                vec![$($item::val_type()),*]
            }

            #[inline]
            fn into_abi(self, store: &mut StoreOpaque) -> Result<(), BoxError> {
                Ok(())
            }

            fn into_values(self, store: &mut StoreOpaque, values: &mut [ValRaw]) -> Result<(), BoxError> {
                let ($($item,)*) = self;
                let mut values = values.iter_mut();
                $(
                    let raw = $item.into_abi(store)?.to_raw();
                    if let Some(value) = values.next() {
                        *value = raw;
                    }
                )*
                Ok(())
            }
        }
    )*};
}

tuple_returns! {
    () (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
}

impl HostFunc {
    /// Makes a host function of a closure.
    pub(crate) fn wrap<T: 'static, P, R: HostReturn, F: IntoFunc<T, P, R>>(closure: F) -> Arc<HostFunc> {
        let ty = FuncType::new(F::Args::val_types(), R::val_types());
        let direct = is_direct(&ty).then(F::Args::direct_shim::<T, F, P, R>);
        // SAFETY: Both shims are made for `F` and `T`, and the type is made of the same parameters and results.
        unsafe { HostFunc::from_parts::<T, F>(ty, closure, direct, array_shim::<T, F, P, R>) }
    }

    /// Makes a host function of a closure that gets its parameters as an array and leaves its results in it. The array has
    /// as many values as there are parameters or results, whichever are more.
    pub(crate) fn dynamic<T: 'static, F>(ty: FuncType, closure: F) -> Arc<HostFunc>
    where
        F: Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<(), BoxError> + Send + Sync + 'static,
    {
        // SAFETY: The shim is made for `F` and `T`, and takes the number of values from the type.
        unsafe { HostFunc::from_parts::<T, F>(ty, closure, None, dynamic_shim::<T, F>) }
    }
}

/// Runs a host function's code; nothing gets out but a value.
///
/// # Safety
///
/// `host` must belong to a record of a store with data of type `T` and a closure of type `F`, and nothing else may use the
/// store during the call.
#[inline]
unsafe fn run<T: 'static, F, V>(
    host: *const VMHostFunc,
    zero: V,
    code: impl FnOnce(&F, &mut StoreInner<T>, Option<NonNull<VMContext>>) -> Result<V, BoxError>,
) -> V {
    // SAFETY: Records live as long as their store, which is running.
    let host = unsafe { &*host };
    // SAFETY: `data` is the address of the closure, which the record keeps alive; the caller vouches for its type.
    let closure = unsafe { &*host.data.cast::<F>() };
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        // SAFETY: The caller vouches for `T`. Whoever entered wasm does not touch the store before the call returns.
        let store = unsafe { store_of::<T>(host) };
        code(closure, store, NonNull::new(host.caller))
    }));
    match outcome {
        Ok(Ok(value)) => value,
        Ok(Err(error)) => {
            fail(host, Failure::Error(error));
            zero
        }
        Err(payload) => {
            fail(host, Failure::Panic(payload));
            zero
        }
    }
}

/// Called by array trampolines, and by the embedder without a trampoline.
///
/// # Safety
///
/// As for [`run`]; `values` must have room for the parameters and the results of the closure.
unsafe extern "C" fn array_shim<T: 'static, F, P, R>(host: *const VMHostFunc, values: *mut ValRaw)
where
    F: IntoFunc<T, P, R>,
    R: HostReturn,
{
    let len = F::Args::val_types().len().max(R::val_types().len());
    let code = |closure: &F, store: &mut StoreInner<T>, context| {
        // SAFETY: The caller vouches for the room, and nothing else uses the values during the call.
        let values = unsafe { slice::from_raw_parts_mut(values, len) };
        let args = F::Args::from_values(values, &mut store.opaque).ok_or("too few values")?;
        let result = closure.invoke(Caller { store, context }, args);
        result.into_values(&mut store.opaque, values)
    };
    // SAFETY: The caller vouches for the record, its closure and its store.
    unsafe { run::<T, F, ()>(host, (), code) }
}

/// Called by array trampolines for closures that take the array themselves.
///
/// # Safety
///
/// As for [`array_shim`].
unsafe extern "C" fn dynamic_shim<T: 'static, F>(host: *const VMHostFunc, values: *mut ValRaw)
where
    F: Fn(Caller<'_, T>, &mut [ValRaw]) -> Result<(), BoxError>,
{
    // SAFETY: The caller vouches for the record.
    let ty = unsafe { HostRecord::from_vm(host) }.ty();
    let len = ty.params.len().max(ty.results.len());
    let code = |closure: &F, store: &mut StoreInner<T>, context| {
        // SAFETY: The caller vouches for the room, and nothing else uses the values during the call.
        let values = unsafe { slice::from_raw_parts_mut(values, len) };
        closure(Caller { store, context }, values)
    };
    // SAFETY: The caller vouches for the record, its closure and its store.
    unsafe { run::<T, F, ()>(host, (), code) }
}

/// Everything that depends on the number of parameters.
macro_rules! arities {
    ($(($($param:ident)*))*) => {$(
        #[allow(non_snake_case, unused_variables, unused_mut, reason = "every number of parameters shares one text")]
        impl<$($param: WasmTy),*> HostArgs for ($($param,)*) {
            fn val_types() -> Vec<ValType> {
                vec![$($param::val_type()),*]
            }

            fn from_values(values: &[ValRaw], store: &mut StoreOpaque) -> Option<Self> {
                let mut values = values.iter();
                Some(($($param::from_abi(AbiValue::from_raw(values.next()?), store),)*))
            }

            fn direct_shim<T: 'static, F, P, R>() -> *const u8
            where
                F: IntoFunc<T, P, R, Args = Self>,
                R: HostReturn,
            {
                /// # Safety
                ///
                /// As for [`run`]; the parameters must be those of the closure.
                unsafe extern "C" fn direct<T: 'static, F, P, R, $($param: WasmTy),*>(
                    host: *const VMHostFunc,
                    $($param: $param::Abi),*
                ) -> R::Abi
                where
                    F: IntoFunc<T, P, R, Args = ($($param,)*)>,
                    R: HostReturn,
                {
                    let code = |closure: &F, store: &mut StoreInner<T>, context| {
                        let args = ($($param::from_abi($param, &mut store.opaque),)*);
                        let result = closure.invoke(Caller { store, context }, args);
                        result.into_abi(&mut store.opaque)
                    };
                    // SAFETY: The caller vouches for the record, its closure and its store.
                    unsafe { run::<T, F, R::Abi>(host, R::ZERO, code) }
                }
                direct::<T, F, P, R, $($param),*> as *const u8
            }
        }

        #[allow(non_snake_case, reason = "every number of parameters shares one text")]
        impl<T: 'static, F, R, $($param: WasmTy),*> IntoFunc<T, ($($param,)*), R> for F
        where
            F: Fn($($param),*) -> R + Send + Sync + 'static,
        {
            type Args = ($($param,)*);

            #[inline]
            fn invoke(&self, _: Caller<'_, T>, ($($param,)*): Self::Args) -> R {
                self($($param),*)
            }
        }

        #[allow(non_snake_case, reason = "every number of parameters shares one text")]
        impl<T: 'static, F, R, $($param: WasmTy),*> IntoFunc<T, (Caller<'_, T>, $($param,)*), R> for F
        where
            F: Fn(Caller<'_, T>, $($param),*) -> R + Send + Sync + 'static,
        {
            type Args = ($($param,)*);

            #[inline]
            fn invoke(&self, caller: Caller<'_, T>, ($($param,)*): Self::Args) -> R {
                self(caller, $($param),*)
            }
        }
    )*};
}

arities! {
    () (A1) (A1 A2) (A1 A2 A3) (A1 A2 A3 A4) (A1 A2 A3 A4 A5) (A1 A2 A3 A4 A5 A6) (A1 A2 A3 A4 A5 A6 A7)
    (A1 A2 A3 A4 A5 A6 A7 A8) (A1 A2 A3 A4 A5 A6 A7 A8 A9) (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11) (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13) (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14)
    (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15) (A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15 A16)
}

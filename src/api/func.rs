//! [`Func`]: a function of a store, wasm's or the host's, and calls whose types are known only at run time.
//!
//! A host function that panics does not unwind through wasm code: the call that led to it ends with a
//! [`Bug`](super::ErrorKind::Bug). spec: exec/runtime#function-instances

use super::typed::{TypedFunc, WasmParams, WasmResults};
use super::{AsContext, AsContextMut, Error, Result, Val};
use crate::engine::abi::ValRaw;
use crate::engine::runtime::{
    BoxError, Caller, FuncAbi, FuncHandle, HostFunc, HostReturn, IntoFunc, PreparedCall, StoreOpaque, Value, WasmTy,
};
use crate::engine::types::{FuncType, ValType};
use std::sync::Arc;

/// A function of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Func {
    handle: FuncHandle,
}

impl Func {
    /// Makes a function of a closure whose types are wasm's: `Fn(Caller<'_, T>, A...) -> R` or `Fn(A...) -> R` with up
    /// to 16 parameters. See [`WasmTy`] for the types and [`HostReturn`] for what may be returned.
    ///
    /// # Errors
    ///
    /// Where the code that leads to the closure cannot be made.
    pub fn wrap<C: AsContextMut, P, R: HostReturn>(store: C, closure: impl IntoFunc<C::Data, P, R>) -> Result<Func> {
        Func::from_host(store, &HostFunc::wrap(closure))
    }

    /// Makes a function of a closure that gets its parameters and leaves its results as lists. The results are zero or
    /// null before.
    ///
    /// # Errors
    ///
    /// Where the code that leads to the closure cannot be made.
    pub fn new<C: AsContextMut>(
        store: C,
        ty: FuncType,
        closure: impl Fn(Caller<'_, C::Data>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<Func> {
        Func::from_host(store, &dynamic(ty, closure))
    }

    pub(super) fn from_host(mut store: impl AsContextMut, func: &Arc<HostFunc>) -> Result<Func> {
        let handle = store.as_context_mut().opaque().add_host_func(func).map_err(Error::of_misuse)?;
        Ok(Func { handle })
    }

    pub(super) fn from_handle(handle: FuncHandle) -> Func {
        Func { handle }
    }

    pub(super) fn handle(self) -> FuncHandle {
        self.handle
    }

    /// Its type.
    ///
    /// # Errors
    ///
    /// Where it belongs to another store.
    pub fn ty(self, store: impl AsContext) -> Result<FuncType> {
        let store = store.as_context();
        Ok(FuncType::clone(&self.handle.ty(store.owner(self.handle.store(), "the function")?)))
    }

    /// Calls the function. `results` is overwritten and must be as long as the function's type says.
    ///
    /// # Errors
    ///
    /// Where parameters or results do not fit the type, where something belongs to another store, and why the function
    /// did not return.
    pub fn call(self, mut store: impl AsContextMut, params: &[Val], results: &mut [Val]) -> Result<()> {
        let store = store.as_context_mut().owner(self.handle.store(), "the function")?;
        let ty = self.handle.ty(store);
        check_arguments(&ty, params, results.len())?;
        let call = PreparedCall::new(store, self.handle);
        let mut values = vec![ValRaw { bytes: [0; 16] }; call.values_len()];
        for (param, value) in params.iter().zip(&mut values) {
            *value = param.clone().into_value().to_raw(store).map_err(Error::of_argument)?;
        }
        call.call(store, &mut values).map_err(Error::of_fault)?;
        for ((result, value), ty) in results.iter_mut().zip(&values).zip(&ty.results) {
            *result = Val::from_value(Value::from_raw(value, *ty, store));
        }
        Ok(())
    }

    /// The function with its types checked once, for quick calls.
    ///
    /// # Errors
    ///
    /// Where `P` or `R` are not the function's parameters or results, or it belongs to another store.
    pub fn typed<P: WasmParams, R: WasmResults>(self, store: impl AsContext) -> Result<TypedFunc<P, R>> {
        let store = store.as_context();
        TypedFunc::new(store.owner(self.handle.store(), "the function")?, self.handle)
    }
}

fn check_arguments(ty: &FuncType, params: &[Val], results: usize) -> Result<()> {
    if params.len() != ty.params.len() {
        return Err(Error::link(format!("expected {} params, but passed {}", ty.params.len(), params.len())));
    }
    if results != ty.results.len() {
        return Err(Error::link(format!("the function has {} results, not {results}", ty.results.len())));
    }
    for (position, (param, ty)) in params.iter().zip(&ty.params).enumerate() {
        if param.ty() != *ty {
            return Err(Error::link(format!("parameter {position} is of type {ty}, not {}", param.ty())));
        }
    }
    Ok(())
}

/// A host function of a closure that works on lists of values.
pub(super) fn dynamic<T: 'static>(
    ty: FuncType,
    closure: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
) -> Arc<HostFunc> {
    let own_ty = ty.clone();
    HostFunc::dynamic(ty, move |mut caller: Caller<'_, T>, values: &mut [ValRaw]| {
        let store = caller.opaque();
        let params = own_ty.params.iter().zip(&*values);
        let params: Vec<Val> = params.map(|(ty, raw)| Val::from_value(Value::from_raw(raw, *ty, store))).collect();
        let mut results: Vec<Val> = own_ty.results.iter().map(|ty| Val::zero(*ty)).collect();
        closure(caller.reborrow(), &params, &mut results)?;
        leave_results(caller.opaque(), &own_ty, results, values)
    })
}

fn leave_results(
    store: &mut StoreOpaque,
    ty: &FuncType,
    results: Vec<Val>,
    values: &mut [ValRaw],
) -> std::result::Result<(), BoxError> {
    for (position, ((result, ty), value)) in results.into_iter().zip(&ty.results).zip(values).enumerate() {
        if result.ty() != *ty {
            return Err(format!("result {position} of a host function is of type {ty}, not {}", result.ty()).into());
        }
        *value = result.into_value().to_raw(store)?;
    }
    Ok(())
}

impl WasmTy for Option<Func> {
    type Abi = FuncAbi;

    fn val_type() -> ValType {
        ValType::FUNCREF
    }

    fn from_abi(abi: FuncAbi, store: &mut StoreOpaque) -> Self {
        abi.get(store).map(Func::from_handle)
    }

    fn into_abi(self, store: &mut StoreOpaque) -> std::result::Result<FuncAbi, BoxError> {
        FuncAbi::new(self.map(Func::handle), store)
    }
}

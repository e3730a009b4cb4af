//! [`TypedFunc`]: a function whose types were checked once, so that a call only stores values, enters and loads values.
//!
//! Parameters and results travel in an array on the host's stack; a call allocates nothing.

use super::{AsContextMut, Error, Result};
use crate::engine::abi::ValRaw;
use crate::engine::runtime::{AbiValue, BoxError, FuncHandle, PreparedCall, StoreOpaque, WasmTy};
use crate::engine::types::{FuncType, ValType};
use std::fmt;
use std::marker::PhantomData;

/// Most parameters or results of a typed call.
const MOST_VALUES: usize = 16;

/// Up to this many values, a call uses a smaller array. Nearly all functions have so few.
const FEW_VALUES: usize = 4;

/// A function of a store with parameters `P` and results `R`.
pub struct TypedFunc<P, R> {
    call: PreparedCall,
    handle: FuncHandle,
    types: PhantomData<fn(P) -> R>,
}

impl<P, R> Clone for TypedFunc<P, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, R> Copy for TypedFunc<P, R> {}

impl<P, R> fmt::Debug for TypedFunc<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedFunc").field("handle", &self.handle).finish_non_exhaustive()
    }
}

impl<P: WasmParams, R: WasmResults> TypedFunc<P, R> {
    /// Checks the types. The caller has checked the store.
    pub(super) fn new(store: &StoreOpaque, handle: FuncHandle) -> Result<TypedFunc<P, R>> {
        let wanted = FuncType::new(P::val_types(), R::val_types());
        let actual = handle.ty(store);
        if *actual != wanted {
            return Err(Error::link(format!("the function has type {actual}, not {wanted}")));
        }
        Ok(TypedFunc { call: PreparedCall::new(store, handle), handle, types: PhantomData })
    }

    /// Calls the function.
    ///
    /// # Errors
    ///
    /// Where the function or a reference among the parameters belongs to another store, and why the function did not
    /// return.
    #[inline]
    pub fn call(&self, mut store: impl AsContextMut, params: P) -> Result<R> {
        let store = store.as_context_mut().owner(self.handle.store(), "the function")?;
        if P::COUNT <= FEW_VALUES && R::COUNT <= FEW_VALUES {
            self.call_with::<FEW_VALUES>(store, params)
        } else {
            self.call_with::<MOST_VALUES>(store, params)
        }
    }

    #[inline]
    fn call_with<const LEN: usize>(&self, store: &mut StoreOpaque, params: P) -> Result<R> {
        let mut values = [ValRaw { bytes: [0; 16] }; LEN];
        params.store_in(&mut values, store).map_err(Error::of_argument)?;
        self.call.call(store, &mut values).map_err(Error::of_fault)?;
        R::load_from(&values, store).ok_or_else(|| Error::bug("a typed call has too few values"))
    }
}

/// Parameters of a [`TypedFunc`]: one [`WasmTy`], or a tuple of up to 16.
pub trait WasmParams {
    /// How many there are.
    #[doc(hidden)]
    const COUNT: usize;

    /// The wasm types.
    #[doc(hidden)]
    fn val_types() -> Vec<ValType>;

    /// Stores them, as far as there is room.
    #[doc(hidden)]
    fn store_in(self, values: &mut [ValRaw], store: &mut StoreOpaque) -> std::result::Result<(), BoxError>;
}

/// Results of a [`TypedFunc`]: one [`WasmTy`], or a tuple of up to 16.
pub trait WasmResults: Sized {
    /// How many there are.
    #[doc(hidden)]
    const COUNT: usize;

    /// The wasm types.
    #[doc(hidden)]
    fn val_types() -> Vec<ValType>;

    /// Loads them; nothing where there are fewer.
    #[doc(hidden)]
    fn load_from(values: &[ValRaw], store: &mut StoreOpaque) -> Option<Self>;
}

impl<A: WasmTy> WasmParams for A {
    const COUNT: usize = 1;

    fn val_types() -> Vec<ValType> {
        vec![A::val_type()]
    }

    #[inline]
    fn store_in(self, values: &mut [ValRaw], store: &mut StoreOpaque) -> std::result::Result<(), BoxError> {
        (self,).store_in(values, store)
    }
}

impl<A: WasmTy> WasmResults for A {
    const COUNT: usize = 1;

    fn val_types() -> Vec<ValType> {
        vec![A::val_type()]
    }

    #[inline]
    fn load_from(values: &[ValRaw], store: &mut StoreOpaque) -> Option<A> {
        <(A,)>::load_from(values, store).map(|(value,)| value)
    }
}

macro_rules! count {
    () => { 0 };
    ($first:ident $($rest:ident)*) => { 1 + count!($($rest)*) };
}

macro_rules! tuples {
    ($(($($item:ident)*))*) => {$(
        #[allow(non_snake_case, unused_variables, unused_mut, reason = "tuples of every length share one text")]
        impl<$($item: WasmTy),*> WasmParams for ($($item,)*) {
            const COUNT: usize = count!($($item)*);

            fn val_types() -> Vec<ValType> {
                vec![$($item::val_type()),*]
            }

            #[inline]
            fn store_in(self, values: &mut [ValRaw], store: &mut StoreOpaque) -> std::result::Result<(), BoxError> {
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

        #[allow(non_snake_case, unused_variables, unused_mut, reason = "tuples of every length share one text")]
        impl<$($item: WasmTy),*> WasmResults for ($($item,)*) {
            const COUNT: usize = count!($($item)*);

            fn val_types() -> Vec<ValType> {
                vec![$($item::val_type()),*]
            }

            #[inline]
            fn load_from(values: &[ValRaw], store: &mut StoreOpaque) -> Option<Self> {
                let mut values = values.iter();
                Some(($($item::from_abi(AbiValue::from_raw(values.next()?), store),)*))
            }
        }
    )*};
}

tuples! {
    () (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) (A B C D E F G H I)
    (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L) (A B C D E F G H I J K L M)
    (A B C D E F G H I J K L M N) (A B C D E F G H I J K L M N O) (A B C D E F G H I J K L M N O P)
}

//! Values on their way between the host and wasm: typed ([`Value`]), in memory ([`ValRaw`]) and in registers
//! ([`AbiValue`]).
//!
//! References cannot be forged by safe code: the register forms [`FuncAbi`] and [`ExternAbi`] are opaque, and a
//! [`FuncHandle`] knows its store. spec: exec/runtime#values

use super::error::BoxError;
use super::extern_ref::ExternValue;
use super::func::FuncHandle;
use super::store::StoreOpaque;
use crate::engine::abi::{VMFuncRef, ValRaw};
use crate::engine::types::{HeapType, RefType, ValType};
use std::ptr::NonNull;

/// A value of any type. Floats are their bits, so that every NaN survives.
#[derive(Clone, Debug)]
pub enum Value {
    /// `i32`
    I32(i32),
    /// `i64`
    I64(i64),
    /// `f32`, the bits.
    F32(u32),
    /// `f64`, the bits.
    F64(u64),
    /// `v128`, little-endian.
    V128(u128),
    /// `funcref`
    Func(Option<FuncHandle>),
    /// `externref`
    Extern(Option<ExternValue>),
}

impl Value {
    /// The zero or null of a type. spec: exec/runtime#default-val
    pub(crate) fn zero(ty: ValType) -> Value {
        match ty {
            ValType::I32 => Value::I32(0),
            ValType::I64 => Value::I64(0),
            ValType::F32 => Value::F32(0),
            ValType::F64 => Value::F64(0),
            ValType::V128 => Value::V128(0),
            ValType::Ref(RefType { heap: HeapType::Func, .. }) => Value::Func(None),
            ValType::Ref(RefType { heap: HeapType::Extern, .. }) => Value::Extern(None),
        }
    }

    /// The value's type; references are nullable.
    pub(crate) fn ty(&self) -> ValType {
        match self {
            Value::I32(_) => ValType::I32,
            Value::I64(_) => ValType::I64,
            Value::F32(_) => ValType::F32,
            Value::F64(_) => ValType::F64,
            Value::V128(_) => ValType::V128,
            Value::Func(_) => ValType::FUNCREF,
            Value::Extern(_) => ValType::EXTERNREF,
        }
    }

    /// The value in memory. Fails for a function of another store, and where external handles are used up.
    pub(crate) fn to_raw(&self, store: &mut StoreOpaque) -> Result<ValRaw, BoxError> {
        Ok(match self {
            Value::I32(value) => value.to_raw(),
            Value::I64(value) => value.to_raw(),
            Value::F32(bits) => bits.to_raw(),
            Value::F64(bits) => bits.to_raw(),
            Value::V128(value) => ValRaw { bytes: value.to_le_bytes() },
            Value::Func(func) => FuncAbi::new(*func, store)?.to_raw(),
            Value::Extern(value) => ExternAbi::new(value.clone(), store)?.to_raw(),
        })
    }

    /// The value of type `ty` that wasm left in memory.
    pub(crate) fn from_raw(raw: &ValRaw, ty: ValType, store: &StoreOpaque) -> Value {
        match ty {
            ValType::I32 => Value::I32(i32::from_raw(raw)),
            ValType::I64 => Value::I64(i64::from_raw(raw)),
            ValType::F32 => Value::F32(u32::from_raw(raw)),
            ValType::F64 => Value::F64(u64::from_raw(raw)),
            ValType::V128 => Value::V128(u128::from_le_bytes(raw.bytes)),
            ValType::Ref(RefType { heap: HeapType::Func, .. }) => Value::Func(FuncAbi::from_raw(raw).get(store)),
            ValType::Ref(RefType { heap: HeapType::Extern, .. }) => Value::Extern(ExternAbi::from_raw(raw).get(store)),
        }
    }
}

/// A value as the C convention passes it.
pub trait AbiValue: Copy + 'static {
    /// Zero or null.
    const ZERO: Self;
    /// The value that stands in memory.
    fn from_raw(raw: &ValRaw) -> Self;
    /// The value in memory; the bytes behind it are zero.
    fn to_raw(self) -> ValRaw;
}

macro_rules! plain_abi_values {
    ($($ty:ident = $zero:literal),*) => {$(
        impl AbiValue for $ty {
            const ZERO: Self = $zero;

            fn from_raw(raw: &ValRaw) -> Self {
                let mut bytes = [0; size_of::<$ty>()];
                bytes.copy_from_slice(&raw.bytes[..size_of::<$ty>()]);
                $ty::from_ne_bytes(bytes)
            }

            fn to_raw(self) -> ValRaw {
                let mut bytes = [0; 16];
                bytes[..size_of::<$ty>()].copy_from_slice(&self.to_ne_bytes());
                ValRaw { bytes }
            }
        }
    )*};
}

plain_abi_values!(i32 = 0, u32 = 0, i64 = 0, u64 = 0, f32 = 0.0, f64 = 0.0);

/// A `funcref` in a register: the address of its `VMFuncRef`, or 0.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct FuncAbi(u64);

impl FuncAbi {
    /// The register form of a function; fails where it belongs to another store.
    pub(crate) fn new(func: Option<FuncHandle>, store: &StoreOpaque) -> Result<FuncAbi, BoxError> {
        match func {
            None => Ok(FuncAbi::ZERO),
            Some(func) if func.store() == store.id() => Ok(FuncAbi(func.as_ptr() as u64)),
            Some(_) => Err("a function was passed to a store that it does not belong to".into()),
        }
    }

    /// The function, of the store whose guest or global the reference came from.
    pub(crate) fn get(self, store: &StoreOpaque) -> Option<FuncHandle> {
        NonNull::new(self.0 as *mut VMFuncRef).map(|func_ref| FuncHandle::new(func_ref, store.id()))
    }
}

impl AbiValue for FuncAbi {
    const ZERO: Self = FuncAbi(0);

    fn from_raw(raw: &ValRaw) -> Self {
        FuncAbi(u64::from_raw(raw))
    }

    fn to_raw(self) -> ValRaw {
        self.0.to_raw()
    }
}

/// An `externref` in a register: its handle, or 0.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct ExternAbi(u32);

impl ExternAbi {
    /// The register form of a host value; fails where the store's handles are used up.
    pub(crate) fn new(value: Option<ExternValue>, store: &mut StoreOpaque) -> Result<ExternAbi, BoxError> {
        match value {
            None => Ok(ExternAbi::ZERO),
            Some(value) => match store.externs.insert(value) {
                Some(handle) => Ok(ExternAbi(handle)),
                None => Err("too many external references in one store".into()),
            },
        }
    }

    /// The host value.
    pub(crate) fn get(self, store: &StoreOpaque) -> Option<ExternValue> {
        store.externs.get(self.0).cloned()
    }
}

impl AbiValue for ExternAbi {
    const ZERO: Self = ExternAbi(0);

    fn from_raw(raw: &ValRaw) -> Self {
        ExternAbi(u32::from_raw(raw))
    }

    fn to_raw(self) -> ValRaw {
        self.0.to_raw()
    }
}

/// A Rust type that stands for a wasm value type: the parameters and results of host functions and typed calls. They are
/// `i32` and `u32`, `i64` and `u64`, `f32`, `f64`, and options of [`Func`](crate::Func) and
/// [`ExternRef`](crate::ExternRef) for references.
pub trait WasmTy: Sized + 'static {
    /// How the C convention passes it.
    #[doc(hidden)]
    type Abi: AbiValue;

    /// The wasm type.
    #[doc(hidden)]
    fn val_type() -> ValType;

    /// From wasm.
    #[doc(hidden)]
    fn from_abi(abi: Self::Abi, store: &mut StoreOpaque) -> Self;

    /// To wasm; fails for references that the store cannot hold.
    #[doc(hidden)]
    fn into_abi(self, store: &mut StoreOpaque) -> Result<Self::Abi, BoxError>;
}

/// One type in registers for both: callers do not know which of them a host function is written in, and some C conventions
/// fill the registers of each in another way.
impl WasmTy for i32 {
    type Abi = u32;

    fn val_type() -> ValType {
        ValType::I32
    }

    #[inline]
    fn from_abi(abi: u32, _: &mut StoreOpaque) -> i32 {
        abi.cast_signed()
    }

    #[inline]
    fn into_abi(self, _: &mut StoreOpaque) -> Result<u32, BoxError> {
        Ok(self.cast_unsigned())
    }
}

macro_rules! plain_wasm_types {
    ($($ty:ident is $val_type:ident),*) => {$(
        impl WasmTy for $ty {
            type Abi = $ty;

            fn val_type() -> ValType {
                ValType::$val_type
            }

            #[inline]
            fn from_abi(abi: $ty, _: &mut StoreOpaque) -> $ty {
                abi
            }

            #[inline]
            fn into_abi(self, _: &mut StoreOpaque) -> Result<$ty, BoxError> {
                Ok(self)
            }
        }
    )*};
}

plain_wasm_types!(u32 is I32, i64 is I64, u64 is I64, f32 is F32, f64 is F64);

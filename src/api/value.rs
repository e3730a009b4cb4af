//! [`Val`]: a value of any type, for calls whose types are known only at run time. spec: exec/runtime#values

use super::{ExternRef, Func};
use crate::engine::runtime::Value;
use crate::engine::types::ValType;

/// A wasm value. Floats are held as their bits, so that every NaN survives.
#[derive(Clone, Debug)]
pub enum Val {
    /// `i32`; unsigned values are the same bits.
    I32(i32),
    /// `i64`; unsigned values are the same bits.
    I64(i64),
    /// `f32`, the bits.
    F32(u32),
    /// `f64`, the bits.
    F64(u64),
    /// `v128`; lane 0 is in the lowest bits.
    V128(u128),
    /// `funcref`
    FuncRef(Option<Func>),
    /// `externref`
    ExternRef(Option<ExternRef>),
}

impl Val {
    /// The zero or the null of a type. spec: exec/runtime#default-val
    pub fn zero(ty: ValType) -> Val {
        Val::from_value(Value::zero(ty))
    }

    /// The value's type.
    pub fn ty(&self) -> ValType {
        match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(_) => ValType::FUNCREF,
            Val::ExternRef(_) => ValType::EXTERNREF,
        }
    }

    /// The `i32`, if it is one.
    pub fn i32(&self) -> Option<i32> {
        match self {
            Val::I32(value) => Some(*value),
            _ => None,
        }
    }

    /// The `i64`, if it is one.
    pub fn i64(&self) -> Option<i64> {
        match self {
            Val::I64(value) => Some(*value),
            _ => None,
        }
    }

    /// The `f32`, if it is one.
    pub fn f32(&self) -> Option<f32> {
        match self {
            Val::F32(bits) => Some(f32::from_bits(*bits)),
            _ => None,
        }
    }

    /// The `f64`, if it is one.
    pub fn f64(&self) -> Option<f64> {
        match self {
            Val::F64(bits) => Some(f64::from_bits(*bits)),
            _ => None,
        }
    }

    /// The `v128`, if it is one.
    pub fn v128(&self) -> Option<u128> {
        match self {
            Val::V128(value) => Some(*value),
            _ => None,
        }
    }

    /// The function reference, if it is one; the inner option is empty for null.
    pub fn func_ref(&self) -> Option<Option<Func>> {
        match self {
            Val::FuncRef(func) => Some(*func),
            _ => None,
        }
    }

    /// The external reference, if it is one; the inner option is empty for null.
    pub fn extern_ref(&self) -> Option<Option<&ExternRef>> {
        match self {
            Val::ExternRef(value) => Some(value.as_ref()),
            _ => None,
        }
    }

    pub(super) fn from_value(value: Value) -> Val {
        match value {
            Value::I32(value) => Val::I32(value),
            Value::I64(value) => Val::I64(value),
            Value::F32(bits) => Val::F32(bits),
            Value::F64(bits) => Val::F64(bits),
            Value::V128(value) => Val::V128(value),
            Value::Func(func) => Val::FuncRef(func.map(Func::from_handle)),
            Value::Extern(value) => Val::ExternRef(value.map(ExternRef::from_value)),
        }
    }

    pub(super) fn into_value(self) -> Value {
        match self {
            Val::I32(value) => Value::I32(value),
            Val::I64(value) => Value::I64(value),
            Val::F32(bits) => Value::F32(bits),
            Val::F64(bits) => Value::F64(bits),
            Val::V128(value) => Value::V128(value),
            Val::FuncRef(func) => Value::Func(func.map(|func| func.handle())),
            Val::ExternRef(value) => Value::Extern(value.map(ExternRef::into_value)),
        }
    }
}

macro_rules! val_from {
    ($($ty:ty, $value:ident => $val:expr;)*) => {$(
        impl From<$ty> for Val {
            fn from($value: $ty) -> Val {
                $val
            }
        }
    )*};
}

val_from! {
    i32, value => Val::I32(value);
    u32, value => Val::I32(value.cast_signed());
    i64, value => Val::I64(value);
    u64, value => Val::I64(value.cast_signed());
    f32, value => Val::F32(value.to_bits());
    f64, value => Val::F64(value.to_bits());
    u128, value => Val::V128(value);
    Func, func => Val::FuncRef(Some(func));
    Option<Func>, func => Val::FuncRef(func);
    ExternRef, value => Val::ExternRef(Some(value));
    Option<ExternRef>, value => Val::ExternRef(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_zeros() {
        let types = [
            ValType::I32,
            ValType::I64,
            ValType::F32,
            ValType::F64,
            ValType::V128,
            ValType::FUNCREF,
            ValType::EXTERNREF,
        ];
        for ty in types {
            assert_eq!(Val::zero(ty).ty(), ty);
        }
        assert_eq!(Val::zero(ValType::F64).f64(), Some(0.0));
    }

    #[test]
    fn rust_values_convert() {
        assert_eq!(Val::from(u32::MAX).i32(), Some(-1));
        assert_eq!(Val::from(1.5f32).f32(), Some(1.5));
        assert_eq!(Val::from(7i64).i32(), None);
    }
}

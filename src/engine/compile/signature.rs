//! Signatures of everything that generated code calls or is called by.
//!
//! Two conventions meet here: wasm functions use `tail`, with the callee's context in front of the wasm parameters;
//! everything in Rust uses the platform's C convention. Pointers are `i64` on every target that code is made for.

use crate::engine::abi::{Builtin, BuiltinType};
use crate::engine::types::{FuncType, HeapType, RefType, ValType};
use cranelift_codegen::ir::{self, AbiParam, types};
use cranelift_codegen::isa::CallConv;

/// The type of addresses.
pub(super) const POINTER: ir::Type = types::I64;

/// How generated code holds a wasm value.
pub(super) fn value_type(ty: ValType) -> ir::Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
        ValType::Ref(ty) => reference_type(ty),
    }
}

/// How generated code holds a reference: functions by address, host values by handle.
pub(super) fn reference_type(ty: RefType) -> ir::Type {
    match ty.heap {
        HeapType::Func => POINTER,
        HeapType::Extern => types::I32,
    }
}

/// A wasm function: `tail(context, parameters...) -> results...`.
pub(super) fn wasm_signature(ty: &FuncType) -> ir::Signature {
    let mut signature = ir::Signature::new(CallConv::Tail);
    signature.params.push(AbiParam::new(POINTER));
    signature.params.extend(abi_params(&ty.params));
    signature.returns.extend(abi_params(&ty.results));
    signature
}

/// A runtime helper: `extern "C" fn(context, parameters...) -> result`.
pub(super) fn builtin_signature(builtin: Builtin, c_convention: CallConv) -> ir::Signature {
    let (params, result) = builtin.signature();
    let mut signature = ir::Signature::new(c_convention);
    signature.params.push(AbiParam::new(POINTER));
    signature.params.extend(params.iter().map(|ty| AbiParam::new(builtin_type(*ty))));
    signature.returns.push(AbiParam::new(builtin_type(result)));
    signature
}

/// An entry trampoline: `extern "C" fn(code, context, values)`.
pub(super) fn entry_signature(c_convention: CallConv) -> ir::Signature {
    let mut signature = ir::Signature::new(c_convention);
    signature.params.extend([AbiParam::new(POINTER); 3]);
    signature
}

/// A host function behind a direct trampoline: `extern "C" fn(host, parameters...) -> result`.
pub(super) fn host_direct_signature(ty: &FuncType, c_convention: CallConv) -> ir::Signature {
    let mut signature = ir::Signature::new(c_convention);
    signature.params.push(AbiParam::new(POINTER));
    signature.params.extend(abi_params(&ty.params));
    signature.returns.extend(abi_params(&ty.results));
    signature
}

/// A host function behind an array trampoline: `extern "C" fn(host, values)`.
pub(super) fn host_array_signature(c_convention: CallConv) -> ir::Signature {
    let mut signature = ir::Signature::new(c_convention);
    signature.params.extend([AbiParam::new(POINTER); 2]);
    signature
}

/// Whether a type can pass through a direct host trampoline: the C convention has neither `v128` nor several results.
pub(super) fn is_direct(ty: &FuncType) -> bool {
    ty.results.len() <= 1 && !ty.params.iter().chain(&ty.results).any(|ty| *ty == ValType::V128)
}

fn abi_params(types: &[ValType]) -> impl Iterator<Item = AbiParam> {
    types.iter().map(|ty| AbiParam::new(value_type(*ty)))
}

fn builtin_type(ty: BuiltinType) -> ir::Type {
    match ty {
        BuiltinType::I32 => types::I32,
        BuiltinType::I64 => types::I64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_signature_has_the_context_in_front() {
        let ty = FuncType::new([ValType::I32, ValType::V128], [ValType::FUNCREF, ValType::EXTERNREF]);
        let signature = wasm_signature(&ty);
        assert_eq!(signature.to_string(), "(i64, i32, i8x16) -> i64, i32 tail");
    }

    #[test]
    fn builtins_take_the_context_and_their_row() {
        let signature = builtin_signature(Builtin::set_bytes, CallConv::SystemV);
        assert_eq!(signature.to_string(), "(i64, i64, i32, i64) -> i32 system_v");
    }

    #[test]
    fn vectors_and_several_results_need_an_array() {
        assert!(is_direct(&FuncType::new([ValType::I64, ValType::FUNCREF], [ValType::F32])));
        assert!(!is_direct(&FuncType::new([ValType::V128], [])));
        assert!(!is_direct(&FuncType::new([], [ValType::I32, ValType::I32])));
    }
}

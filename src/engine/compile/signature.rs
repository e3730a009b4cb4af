//! Signatures of everything that generated code calls or is called by.
//!
//! Two conventions meet here: wasm functions use `tail`, with the callee's context in front of the wasm parameters;
//! everything in Rust uses the platform's C convention. Pointers are `i64` on every target that code is made for.
//!
//! Where the C convention has callers fill registers, what is narrower is extended: on RISC-V every `i32` by its sign, on
//! s390x by its type in C. Rust's side takes all of them as `u32`.

use crate::engine::abi::{Builtin, BuiltinType};
use crate::engine::types::{FuncType, HeapType, RefType, ValType};
use cranelift_codegen::ir::{self, AbiParam, ArgumentExtension, types};
use cranelift_codegen::isa::{CallConv, TargetIsa};

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

/// The C convention of a machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct CConvention {
    call_conv: CallConv,
    /// What fills the rest of a register with an `i32`.
    extension: ArgumentExtension,
}

impl CConvention {
    /// The machine's.
    pub(super) fn of(isa: &dyn TargetIsa) -> CConvention {
        let extension = match isa.name() {
            "riscv64" => ArgumentExtension::Sext,
            "s390x" => ArgumentExtension::Uext,
            _ => ArgumentExtension::None,
        };
        CConvention { call_conv: isa.default_call_conv(), extension }
    }

    fn signature(self) -> ir::Signature {
        ir::Signature::new(self.call_conv)
    }

    fn param(self, ty: ir::Type) -> AbiParam {
        let extension = if ty == types::I32 { self.extension } else { ArgumentExtension::None };
        AbiParam { extension, ..AbiParam::new(ty) }
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

/// The rest of a wasm function from a loop on: `tail(context, frame)`, which leaves the results in the frame.
pub(super) fn loop_signature() -> ir::Signature {
    let mut signature = ir::Signature::new(CallConv::Tail);
    signature.params.extend([AbiParam::new(POINTER); 2]);
    signature
}

/// A runtime helper: `extern "C" fn(context, parameters...) -> result`.
pub(super) fn builtin_signature(builtin: Builtin, c_convention: CConvention) -> ir::Signature {
    let (params, result) = builtin.signature();
    let mut signature = c_convention.signature();
    signature.params.push(AbiParam::new(POINTER));
    signature.params.extend(params.iter().map(|ty| c_convention.param(builtin_type(*ty))));
    signature.returns.push(AbiParam::new(builtin_type(result)));
    signature
}

/// An entry trampoline: `extern "C" fn(code, context, values)`.
pub(super) fn entry_signature(c_convention: CConvention) -> ir::Signature {
    let mut signature = c_convention.signature();
    signature.params.extend([AbiParam::new(POINTER); 3]);
    signature
}

/// A tail trampoline: `tail(code, context, values) -> results...`.
pub(super) fn tail_signature(ty: &FuncType) -> ir::Signature {
    let mut signature = ir::Signature::new(CallConv::Tail);
    signature.params.extend([AbiParam::new(POINTER); 3]);
    signature.returns.extend(abi_params(&ty.results));
    signature
}

/// A host function behind a direct trampoline: `extern "C" fn(host, parameters...) -> result`.
pub(super) fn host_direct_signature(ty: &FuncType, c_convention: CConvention) -> ir::Signature {
    let mut signature = c_convention.signature();
    signature.params.push(AbiParam::new(POINTER));
    signature.params.extend(ty.params.iter().map(|ty| c_convention.param(value_type(*ty))));
    signature.returns.extend(abi_params(&ty.results));
    signature
}

/// A host function behind an array trampoline: `extern "C" fn(host, values)`.
pub(super) fn host_array_signature(c_convention: CConvention) -> ir::Signature {
    let mut signature = c_convention.signature();
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
        let c_convention = |extension| CConvention { call_conv: CallConv::SystemV, extension };
        let signature = builtin_signature(Builtin::set_bytes, c_convention(ArgumentExtension::None));
        assert_eq!(signature.to_string(), "(i64, i64, i32, i64) -> i32 system_v");
        let signature = builtin_signature(Builtin::set_bytes, c_convention(ArgumentExtension::Sext));
        assert_eq!(signature.to_string(), "(i64, i64, i32 sext, i64) -> i32 system_v");
    }

    #[test]
    fn vectors_and_several_results_need_an_array() {
        assert!(is_direct(&FuncType::new([ValType::I64, ValType::FUNCREF], [ValType::F32])));
        assert!(!is_direct(&FuncType::new([ValType::V128], [])));
        assert!(!is_direct(&FuncType::new([], [ValType::I32, ValType::I32])));
    }
}

//! Why a module could not be compiled.

use crate::engine::module::DecodeError;
use crate::engine::types::FuncIdx;
use cranelift_codegen::CodegenError;
use std::fmt;
use std::panic::Location;

/// Why a module could not be compiled.
#[derive(Debug)]
#[non_exhaustive]
pub enum CompileError {
    /// A function body is malformed or does not validate.
    Invalid(DecodeError),
    /// This machine, or a construct that the compiler does not translate.
    Unsupported(String),
    /// A function is beyond what the code generator can hold.
    FunctionTooLarge(FuncIdx),
    /// The module's machine code would not fit into one text, whose calls reach 2 GiB.
    ModuleTooLarge,
    /// The compiler broke one of its own rules.
    Bug(String),
}

impl CompileError {
    /// Something that is valid but cannot be compiled.
    pub(super) fn unsupported(what: impl Into<String>) -> CompileError {
        CompileError::Unsupported(what.into())
    }

    /// A state that validated input cannot lead to; the place of the call becomes part of the message.
    #[track_caller]
    pub(super) fn bug(what: impl fmt::Display) -> CompileError {
        let place = Location::caller();
        CompileError::Bug(format!("{what} ({}:{})", place.file(), place.line()))
    }

    /// What Cranelift says of a function.
    pub(super) fn codegen(func: Option<FuncIdx>, error: CodegenError) -> CompileError {
        match (error, func) {
            (CodegenError::CodeTooLarge | CodegenError::ImplLimitExceeded, Some(func)) => {
                CompileError::FunctionTooLarge(func)
            }
            (CodegenError::Unsupported(what), _) => CompileError::Unsupported(what),
            (CodegenError::Verifier(errors), func) => CompileError::bug(format!("{}: {errors}", named(func))),
            (error, func) => CompileError::bug(format!("{}: {error}", named(func))),
        }
    }
}

fn named(func: Option<FuncIdx>) -> String {
    func.map_or_else(|| "trampoline".to_owned(), |func| format!("function {}", func.0))
}

impl From<wasmparser::BinaryReaderError> for CompileError {
    fn from(error: wasmparser::BinaryReaderError) -> CompileError {
        CompileError::Invalid(DecodeError::from(error))
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CompileError::Invalid(error) => error.fmt(f),
            CompileError::Unsupported(what) => write!(f, "{what} is not supported"),
            CompileError::FunctionTooLarge(func) => write!(f, "function {} is too large to compile", func.0),
            CompileError::ModuleTooLarge => f.write_str("the module is too large to compile: its code exceeds 2 GiB"),
            CompileError::Bug(what) => write!(f, "bug in wazero: {what}"),
        }
    }
}

impl std::error::Error for CompileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CompileError::Invalid(error) => Some(error),
            _ => None,
        }
    }
}

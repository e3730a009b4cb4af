//! Why a call or an instantiation ended early, as data. The api layer turns it into its one `Error`.

use super::symbolize::Trace;
use crate::engine::abi::TrapCode;
use crate::engine::types::{ExternType, FuncIdx};
use std::error::Error;
use std::fmt;

/// Any error of the embedder's.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a call did not return.
#[derive(Debug)]
pub enum Fault {
    /// The guest trapped.
    Trap {
        /// Why.
        code: TrapCode,
        /// Where, innermost frame first.
        backtrace: Trace,
    },
    /// A host function returned an error.
    Host {
        /// The error as the host function made it.
        error: BoxError,
        /// The wasm frames that led to the host function; none where it was called by the embedder.
        backtrace: Option<Trace>,
    },
    /// The runner or a host function broke a rule of its own.
    Bug {
        /// A sentence that begins with `bug in wazero`.
        message: String,
        /// The wasm frames that led there, where there are any.
        backtrace: Option<Trace>,
    },
}

impl Fault {
    /// A fault for a state that cannot occur.
    #[track_caller]
    pub(crate) fn bug(what: impl fmt::Display) -> Fault {
        let place = std::panic::Location::caller();
        Fault::Bug { message: format!("bug in wazero: {what} ({}:{})", place.file(), place.line()), backtrace: None }
    }

    /// A fault for an embedder's error that no wasm frame led to.
    pub(crate) fn host(error: impl Into<BoxError>) -> Fault {
        Fault::Host { error: error.into(), backtrace: None }
    }

    /// The same fault, with the wasm frames that led to it where it has none. It has them where it passed the interpreter.
    pub(crate) fn or_backtrace(self, frames: Trace) -> Fault {
        match self {
            Fault::Trap { .. } => self,
            Fault::Host { error, backtrace } => Fault::Host { error, backtrace: backtrace.or(Some(frames)) },
            Fault::Bug { message, backtrace } => Fault::Bug { message, backtrace: backtrace.or(Some(frames)) },
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Trap { code, .. } => f.write_str(code.message()),
            Fault::Host { error, .. } => error.fmt(f),
            Fault::Bug { message, .. } => f.write_str(message),
        }
    }
}

/// What a store counts over all its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resource {
    /// Bytes of linear memories.
    MemoryBytes,
    /// Elements of tables.
    TableElements,
}

/// A limit of a store that an item would have exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceededLimit {
    /// What is limited.
    pub resource: Resource,
    /// How much all items would have had together.
    pub wanted: u64,
    /// How much they may have.
    pub limit: u64,
}

impl fmt::Display for ExceededLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ExceededLimit { wanted, limit, .. } = self;
        match self.resource {
            Resource::MemoryBytes => write!(f, "memories of {wanted} bytes are wanted, the limit is {limit}"),
            Resource::TableElements => write!(f, "tables of {wanted} elements are wanted, the limit is {limit}"),
        }
    }
}

/// Why a memory or a table could not be made or grown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AllocError {
    /// The store's limit would be exceeded.
    Limit(ExceededLimit),
    /// The host has not enough memory or address space.
    OutOfMemory {
        /// What the memory was for.
        what: &'static str,
        /// How many bytes were asked for.
        bytes: u64,
        /// What the operating system said, if anything.
        reason: String,
    },
    /// The type asks for something that this build cannot run.
    Unsupported(&'static str),
}

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AllocError::Limit(exceeded) => exceeded.fmt(f),
            AllocError::OutOfMemory { what, bytes, reason } if reason.is_empty() => {
                write!(f, "out of memory: cannot get {bytes} bytes for {what}")
            }
            AllocError::OutOfMemory { what, bytes, reason } => {
                write!(f, "out of memory: cannot get {bytes} bytes for {what}: {reason}")
            }
            AllocError::Unsupported(what) => write!(f, "{what} is not supported"),
        }
    }
}

impl Error for AllocError {}

/// An import that was given something that does not match its type. spec: exec/modules#instantiation
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportMismatch {
    /// First name of the import.
    pub module: String,
    /// Second name of the import.
    pub name: String,
    /// What the module asks for.
    pub expected: ExternType,
    /// What it was given, with current sizes.
    pub actual: ExternType,
}

/// Why a module could not be instantiated.
#[derive(Debug)]
pub enum InstantiateError {
    /// An import was not given.
    Missing {
        /// First name of the import.
        module: String,
        /// Second name of the import.
        name: String,
        /// What the module asks for.
        expected: ExternType,
    },
    /// An import was given, but does not match.
    Mismatch(Box<ImportMismatch>),
    /// A memory or a table could not be made.
    Alloc(AllocError),
    /// A segment did not fit.
    Fault(Fault),
    /// The start function did not return.
    Start {
        /// The start function.
        func: FuncIdx,
        /// Why it did not return.
        fault: Fault,
    },
}

impl From<AllocError> for InstantiateError {
    fn from(error: AllocError) -> Self {
        InstantiateError::Alloc(error)
    }
}

impl From<Fault> for InstantiateError {
    fn from(fault: Fault) -> Self {
        InstantiateError::Fault(fault)
    }
}

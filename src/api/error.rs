//! [`Error`]: what goes wrong anywhere in this crate, one boxed word wide.
//!
//! The kind says which stage failed, so that an embedder decides without reading text; the message is for people and
//! may change. A trap carries the wasm stack, an ended program its exit code, a failed host function the error that it
//! returned, and an import that does not resolve a whole [`ImportError`].

use super::link_error::{ImportError, ImportProblem};
use crate::engine::abi::TrapCode;
use crate::engine::runtime::{
    AllocError, Backtrace, BoxError, ExceededLimit, Fault, ImportMismatch, InstantiateError, Trace,
};
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// A result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Which stage failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The module's file could not be read.
    Read,
    /// The bytes are no valid module, or need something that is not supported.
    Compile,
    /// Things do not fit together: an import without a definition, a definition of another type, a handle of another
    /// store, arguments of other types than the parameters.
    Link,
    /// An instance could not be made, for lack of memory or because of a limit.
    Instantiate,
    /// Wasm code stopped with a trap.
    Trap(TrapCode),
    /// The program ended itself with this exit code (`proc_exit`). Zero is success.
    Exit(u32),
    /// A host function returned an error.
    Host,
    /// Something that cannot happen did, in this crate or in a host function that panicked.
    Bug,
}

/// What went wrong. As wide as one pointer, so that a `Result` of a small value stays small.
pub struct Error {
    inner: Box<ErrorInner>,
}

struct ErrorInner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    cause: Option<Cause>,
    backtrace: Option<Backtrace>,
    start_function: Option<u32>,
}

/// What stands behind an error.
enum Cause {
    /// An embedder's own error.
    Host(Box<dyn StdError + Send + Sync>),
    /// An import without a fitting definition.
    Import(ImportError),
    /// A memory or table beyond what the store may have.
    Limit(ExceededLimit),
}

impl Error {
    /// An error of a chosen kind.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
        Error {
            inner: Box::new(ErrorInner {
                kind,
                message: message.into(),
                cause: None,
                backtrace: None,
                start_function: None,
            }),
        }
    }

    /// A host function's error that is only a message.
    pub fn msg(message: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Host, message.to_string())
    }

    /// A host function's error that wraps another; [`Error::downcast_ref`] gives it back.
    pub fn host(cause: impl StdError + Send + Sync + 'static) -> Error {
        let mut error = Error::msg(&cause);
        error.inner.cause = Some(Cause::Host(Box::new(cause)));
        error
    }

    /// Ends the program: a host function that returns this stops the wasm code that called it, without a trap.
    pub fn exit(code: u32) -> Error {
        Error::new(ErrorKind::Exit(code), format!("exit code {code}"))
    }

    /// A trap, as a host function may raise it. The call that ends with it adds the backtrace.
    pub fn trapped(code: TrapCode) -> Error {
        Error::new(ErrorKind::Trap(code), code.message())
    }

    /// Why a call did not return. A host function's [`Error`] comes out as it went in.
    pub(super) fn of_fault(fault: Fault) -> Error {
        match fault {
            Fault::Trap { code, backtrace } => Error::trapped(code).or_backtrace(Some(backtrace)),
            Fault::Host { error, backtrace } => Error::of_box(error).or_backtrace(backtrace),
            Fault::Bug { message, backtrace } => Error::new(ErrorKind::Bug, message).or_backtrace(backtrace),
        }
    }

    /// Why an operation on a store's item was refused: a value that does not fit.
    pub(super) fn of_misuse(fault: Fault) -> Error {
        match fault {
            Fault::Host { error, .. } => Error::of_argument(error),
            other => Error::of_fault(other),
        }
    }

    /// Why a value cannot be passed to a store.
    pub(super) fn of_argument(error: BoxError) -> Error {
        Error::link(error.to_string())
    }

    /// Why a memory or table could not be made.
    pub(super) fn of_alloc(error: AllocError) -> Error {
        let mut wrapped = Error::new(ErrorKind::Instantiate, error.to_string());
        if let AllocError::Limit(exceeded) = error {
            wrapped.inner.cause = Some(Cause::Limit(exceeded));
        }
        wrapped
    }

    /// Why an instance could not be made.
    pub(super) fn of_instantiation(error: InstantiateError) -> Error {
        match error {
            InstantiateError::Missing { module, name, expected } => {
                Error::import(ImportError { module, name, expected, problem: ImportProblem::UnknownName })
            }
            InstantiateError::Mismatch(mismatch) => {
                let ImportMismatch { module, name, expected, actual } = *mismatch;
                Error::import(ImportError { module, name, expected, problem: ImportProblem::Mismatch { actual } })
            }
            InstantiateError::Alloc(error) => Error::of_alloc(error),
            InstantiateError::Start { func, fault } => {
                let mut error = Error::of_fault(fault);
                error.inner.start_function = Some(func.0);
                error
            }
            InstantiateError::Fault(fault) => Error::of_fault(fault),
        }
    }

    fn of_box(error: BoxError) -> Error {
        match error.downcast::<Error>() {
            Ok(error) => *error,
            Err(cause) => {
                let mut error = Error::msg(&cause);
                error.inner.cause = Some(Cause::Host(cause));
                error
            }
        }
    }

    pub(super) fn import(cause: ImportError) -> Error {
        let mut error = Error::new(ErrorKind::Link, cause.to_string());
        error.inner.cause = Some(Cause::Import(cause));
        error
    }

    pub(super) fn link(message: impl Into<Cow<'static, str>>) -> Error {
        Error::new(ErrorKind::Link, message)
    }

    pub(super) fn bug(message: impl fmt::Display) -> Error {
        Error::new(ErrorKind::Bug, format!("bug in wazero: {message}"))
    }

    /// A handle met a store that it does not belong to.
    pub(super) fn wrong_store(what: &str) -> Error {
        Error::link(format!("{what} belongs to another store"))
    }

    /// Notes the wasm stack, unless an inner call already did, whose stack is the longer one. That of a program which ends
    /// itself is never shown, so its names are not even read.
    fn or_backtrace(mut self, trace: Option<Trace>) -> Error {
        if self.inner.backtrace.is_none() && !matches!(self.inner.kind, ErrorKind::Exit(_)) {
            self.inner.backtrace = trace.map(|trace| trace.symbolize());
        }
        self
    }

    /// Which stage failed.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The exit code, where the program ended itself.
    pub fn exit_code(&self) -> Option<u32> {
        match self.inner.kind {
            ErrorKind::Exit(code) => Some(code),
            _ => None,
        }
    }

    /// The trap, where wasm code stopped with one.
    pub fn trap(&self) -> Option<TrapCode> {
        match self.inner.kind {
            ErrorKind::Trap(code) => Some(code),
            _ => None,
        }
    }

    /// The wasm stack at the moment of a trap or of a host function's failure, innermost frame first.
    pub fn backtrace(&self) -> Option<&Backtrace> {
        self.inner.backtrace.as_ref()
    }

    /// The import that did not resolve.
    pub fn import_error(&self) -> Option<&ImportError> {
        match &self.inner.cause {
            Some(Cause::Import(cause)) => Some(cause),
            _ => None,
        }
    }

    /// The limit of the store that a memory or table would have exceeded while it was made.
    pub fn exceeded_limit(&self) -> Option<ExceededLimit> {
        match &self.inner.cause {
            Some(Cause::Limit(cause)) => Some(*cause),
            _ => None,
        }
    }

    /// Index of the start function, where the error left it while an instance was made.
    pub fn start_function(&self) -> Option<u32> {
        self.inner.start_function
    }

    /// The error that [`Error::host`] wrapped, if it is an `E`.
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        match &self.inner.cause {
            Some(Cause::Host(cause)) => cause.downcast_ref(),
            _ => None,
        }
    }
}

/// The message alone, without kind, causes or backtrace.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

/// Kind, message and, on lines of their own, the wasm stack: what a test that unwraps wants to see.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.inner.kind, self.inner.message)?;
        match &self.inner.backtrace {
            Some(backtrace) => write!(f, "\n{backtrace}"),
            None => Ok(()),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.inner.cause {
            Some(Cause::Host(cause)) => cause.source(),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(cause: std::io::Error) -> Error {
        Error::host(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_word() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        assert_eq!(size_of::<Result<()>>(), size_of::<usize>());
    }

    #[test]
    fn a_wrapped_error_comes_back() {
        let error = Error::from(std::io::Error::from_raw_os_error(2));
        assert_eq!(error.kind(), ErrorKind::Host);
        let cause = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::raw_os_error);
        assert_eq!(cause, Some(2));
    }

    #[test]
    fn kinds_answer_for_themselves() {
        assert_eq!(Error::exit(7).exit_code(), Some(7));
        assert_eq!(Error::exit(7).trap(), None);
        let trap = Error::trapped(TrapCode::Unreachable);
        assert_eq!(trap.trap(), Some(TrapCode::Unreachable));
        assert_eq!(trap.to_string(), "unreachable");
    }
}

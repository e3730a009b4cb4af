//! How errors, traps and backtraces are printed: on stderr, after everything the guest wrote.

use crate::api::{Error, ErrorKind};
use std::io::Write;

/// Writes `text` to stderr. A closed stderr is no error.
pub(crate) fn print(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A trap or another error of a running program, with its wasm stack where it has one.
pub(crate) fn program_error(error: &Error) -> String {
    let message = match error.kind() {
        // A stack overflow has never had the prefix, and scripts match on that.
        ErrorKind::Trap(code) if code != crate::api::TrapCode::StackOverflow => format!("wasm error: {error}"),
        _ => error.to_string(),
    };
    match error.backtrace() {
        Some(backtrace) if !backtrace.frames.is_empty() => format!("{message}\n{backtrace}"),
        _ => message,
    }
}

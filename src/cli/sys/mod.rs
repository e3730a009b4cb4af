//! The only code of the command line that knows the operating system: its errors, and signals that end the process.

#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub(super) use unix::*;

/// Elsewhere no process is spared signals for being the first.
#[cfg(not(unix))]
pub(super) fn end_as_first_process(_last_words: impl Fn() + Send + 'static) {}

//! The only code of the command line that knows the operating system: its errors, and signals that end the process.

#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub(super) use unix::*;

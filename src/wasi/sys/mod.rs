//! The only code of WASI that knows the operating system.
//!
//! The contract that each system's module fills: reading, writing and describing what a host descriptor names; opening
//! below a directory; clocks; waiting; sockets; and [`errno_from_raw`], the table of the system's error numbers. All of it
//! is safe code on top of rustix and cap-std. Every call that may block starts again when a signal interrupts it, and
//! every outcome is already an [`Errno`](super::errno::Errno).

#[cfg(unix)]
mod unix;

#[cfg(unix)]
pub(super) use unix::*;

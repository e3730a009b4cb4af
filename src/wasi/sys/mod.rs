//! The only code of WASI that knows the operating system.
//!
//! The contract that each system's module fills: reading, writing and describing what a host descriptor names; opening,
//! listing and changing names below a directory, which no path leaves; clocks; waiting; sockets; and [`errno_from_raw`],
//! the table of the system's error numbers. On Unix all of it is safe code on top of rustix and cap-std, on Windows a thin
//! layer over the system's own calls. Every call that may block starts again when a signal interrupts it, and what goes
//! wrong is an [`Errno`](super::errno::Errno), or for paths an error of the standard library: there the refusal to leave
//! the directory is a denied permission without a number of the host.

mod contract;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

pub(super) use contract::{InodeKind, OpenRequest, Readiness, SetTime};
#[cfg(unix)]
pub(super) use unix::*;
#[cfg(windows)]
pub(super) use windows::*;

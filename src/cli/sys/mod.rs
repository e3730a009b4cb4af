//! The only code of the command line that knows the operating system: its errors, where its users keep their files, and
//! how a process is ended from outside.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::*;
#[cfg(windows)]
pub(super) use windows::*;

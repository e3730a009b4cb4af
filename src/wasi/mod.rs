//! WASI preview 1, the operating system as a WebAssembly module sees it, as an ordinary embedder of [`crate::api`].
//!
//! ```text
//! guest calls "fd_write"(1, iovs, 2, nwritten)
//!   linker.rs      the table's line: memory and context of the caller, then the handler
//!   fd.rs          the handler: looks up descriptor 1, asks for the right, moves bytes
//!   guest.rs       the two buffers of the list, checked, in place
//!   stdio.rs       where descriptor 1 leads
//!   sys/           one writev(2)
//!   errno.rs       what went wrong, as the guest's number
//! ```
//!
//! A handler is a function of the context, the guest's memory and the parameters; its error is an errno, never a trap. It
//! checks where its result goes before it does what cannot be undone. Nothing here panics for what a guest does, and no
//! path of a guest reaches the host but through cap-std, or what does its work on Windows.
//!
//! | functions | file |
//! | --- | --- |
//! | `args_*`, `environ_*` | [`args`] |
//! | `clock_*` | [`clock`] |
//! | `fd_read`, `fd_write`, `fd_pread`, `fd_pwrite`, `fd_seek`, `fd_tell`, `fd_close`, `fd_renumber`, `fd_sync`, `fd_datasync`, `fd_advise`, `fd_allocate` | [`fd`] |
//! | `fd_fdstat_*`, `fd_filestat_*`, `fd_prestat_*` | [`fd_stat`] |
//! | `fd_readdir` | [`readdir`] |
//! | `path_open` | [`path`] |
//! | the other `path_*` | [`path_ops`] |
//! | `poll_oneoff` | [`poll`] |
//! | `proc_*`, `sched_yield` | [`proc`] |
//! | `random_get` | [`random`] |
//! | `sock_*` | [`sock`] |
//!
//! What is followed is the last text of the snapshot:
//! spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md>

mod args;
mod clock;
mod ctx;
mod denied;
mod descriptor;
mod errno;
mod fd;
mod fd_stat;
mod fd_table;
mod guest;
mod linker;
mod mount;
mod mount_plan;
mod path;
mod path_ops;
mod poll;
mod proc;
mod random;
mod readdir;
mod resolve;
mod signature;
mod sock;
mod stdio;
mod sys;
mod terminal;
mod trace;
mod types;
mod unstable;

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod escape;
#[cfg(test)]
mod testing;

pub use ctx::{DirAccess, WasiCtx, WasiCtxBuilder};
pub use denied::{DeniedPath, DeniedReason};
pub use linker::{add_to_linker, add_to_linker_for};
pub use mount_plan::is_special_fs;
pub use stdio::OutputBuffer;
pub use terminal::TerminalModes;
pub use trace::{HostLog, LogScopes};

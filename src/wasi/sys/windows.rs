//! Windows: handles, sockets and consoles, and paths that are opened name by name below a directory's handle.
//!
//! cap-std puts a directory's path and the name below it together again on this system, and asks for the result: what lies
//! on the way can be exchanged in between, and so can the directory itself. Here nothing is ever asked for by a whole path.
//! [`nt`] opens one name below one handle without following a link, [`walk`] strings such steps together, and a link on the
//! way is handed back to the rest of WASI, which walks it in the mount. [`name`] refuses what Windows would understand as
//! something else than a name. Everything else in the folder is safe code, but for calls that the standard library lacks.

#![allow(unsafe_code, reason = "calls of the system")]

mod clock;
mod console;
mod dir;
mod entries;
mod errno;
mod fd;
mod file;
mod handle;
mod inode;
#[cfg(test)]
pub(in crate::wasi) mod kernel;
mod links;
mod name;
mod nt;
mod poll;
#[cfg(test)]
mod pretend;
mod reparse;
mod socket;
mod standard;
mod walk;

pub(in crate::wasi) use clock::{clock_resolution, clock_time, yield_now};
pub(in crate::wasi) use dir::{
    create_directory, duplicate, filestat_at, into_dir, is_absolute, open, open_dir, path_from_bytes, remove_directory,
    remove_file, set_dir_times, set_times_at, sync_dir,
};
pub(in crate::wasi) use entries::list_directory;
pub(in crate::wasi) use errno::errno_from_raw;
pub(in crate::wasi) use fd::{AsFd, BorrowedFd, OwnedFd};
pub(in crate::wasi) use file::{
    advise, allocate, available, datasync, filestat, flags, is_terminal, read, read_at, restore_terminal, seek,
    set_flags, set_size, set_times, stderr, stdin, stdout, sync, write, write_at,
};
pub(in crate::wasi) use inode::{
    Inode, in_special_file_system, inode, let_block, open_location, strip_set_id, wait_for_writer,
};
pub(in crate::wasi) use links::{hard_link, read_link, rename, symlink};
pub(in crate::wasi) use poll::{PollSet, Waiter};
pub(in crate::wasi) use socket::{accept, receive, send, shutdown};

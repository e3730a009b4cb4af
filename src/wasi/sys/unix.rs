//! Unix: descriptors are numbers, everything is rustix. Linux and macOS; what only one of them has stands behind a `cfg`
//! on a whole item.

mod clock;
mod dir;
mod errno;
mod file;
mod inode;
#[cfg(test)]
pub(in crate::wasi) mod kernel;
mod poll;
mod socket;

pub(in crate::wasi) use clock::{clock_resolution, clock_time, yield_now};
pub(in crate::wasi) use dir::{
    OpenRequest, create_directory, filestat_of, list_directory, open, path_bytes, path_from_bytes, set_dir_times,
    sync_dir,
};
pub(in crate::wasi) use errno::errno_from_raw;
pub(in crate::wasi) use file::{
    SetTime, advise, allocate, available, datasync, filestat, flags, is_terminal, read, read_at, seek, set_flags,
    set_size, set_times, stderr, stdin, stdout, sync, write, write_at,
};
pub(in crate::wasi) use inode::{
    Inode, InodeKind, in_special_file_system, inode, let_block, open_location, strip_set_id, wait_for_writer,
};
pub(in crate::wasi) use poll::{PollSet, Readiness, Waiter};
pub(in crate::wasi) use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
pub(in crate::wasi) use socket::{accept, receive, send, shutdown};

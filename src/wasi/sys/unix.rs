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
#[cfg(test)]
mod special;

pub(in crate::wasi) use clock::{clock_resolution, clock_time, yield_now};
pub(in crate::wasi) use dir::{
    create_directory, duplicate, filestat_at, hard_link, into_dir, is_absolute, list_directory, open, open_dir,
    path_from_bytes, read_link, remove_directory, remove_file, rename, set_dir_times, set_times_at, symlink, sync_dir,
};
pub(in crate::wasi) use errno::errno_from_raw;
pub(in crate::wasi) use file::{
    advise, allocate, available, datasync, filestat, flags, is_terminal, read, read_at, restore_terminal, seek,
    set_flags, set_size, set_times, stderr, stdin, stdout, sync, write, write_at,
};
pub(in crate::wasi) use inode::{
    Inode, in_special_file_system, inode, let_block, open_location, strip_set_id, wait_for_writer,
};
pub(in crate::wasi) use poll::{PollSet, Waiter};
pub(in crate::wasi) use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
pub(in crate::wasi) use socket::{accept, receive, send, shutdown};

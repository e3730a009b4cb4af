//! The words in which the rest of WASI asks a system for something, the same on every system.

use crate::wasi::types::FdFlags;

/// How a path is opened.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::wasi) struct OpenRequest {
    pub(in crate::wasi) read: bool,
    pub(in crate::wasi) write: bool,
    pub(in crate::wasi) create: bool,
    /// With `create`: what exists is an error.
    pub(in crate::wasi) exclusive: bool,
    /// Only a directory will do.
    pub(in crate::wasi) directory: bool,
    /// A link in the last place is followed, else it is `LOOP`.
    pub(in crate::wasi) follow: bool,
    pub(in crate::wasi) flags: FdFlags,
}

/// A time of a file that is to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasi) enum SetTime {
    Keep,
    Now,
    /// Nanoseconds since 1970.
    To(u64),
}

/// What an inode is, as far as opening it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasi) enum InodeKind {
    File,
    Directory,
    Fifo,
    /// `/dev/null` and `/dev/zero`, the devices that every program may have: they hold nothing and do nothing.
    #[allow(dead_code, reason = "Windows has no devices among its files")]
    Empty,
    /// Another character or block device.
    Device,
    Other,
}

/// What happened to a descriptor that was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasi) struct Readiness {
    /// The other end is closed.
    pub(in crate::wasi) hangup: bool,
    /// The number names no open descriptor of the host.
    pub(in crate::wasi) invalid: bool,
}

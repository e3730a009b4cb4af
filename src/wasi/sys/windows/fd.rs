//! What a guest's descriptor is on the host.
//!
//! Windows has handles and sockets, which are asked by different calls, and consoles, which are handles with a language of
//! their own. It keeps no flags for any of them: `APPEND` and `NONBLOCK` stand here, and are heeded by who reads and writes.

use super::standard::Standard;
use crate::wasi::types::FdFlags;
use cap_std::fs::Dir;
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::os::windows::io::{AsHandle, BorrowedHandle};
use std::sync::atomic::{AtomicU16, Ordering};

/// Something that is open, with the flags that the guest gave it.
#[derive(Debug)]
pub(in crate::wasi) struct OwnedFd {
    pub(super) host: Host,
    /// The bits of [`FdFlags`].
    flags: AtomicU16,
}

/// What is open.
#[derive(Debug)]
pub(super) enum Host {
    File(File),
    Listener(TcpListener),
    Stream(TcpStream),
}

/// Something that is open, and is closed by somebody else.
#[derive(Clone, Copy, Debug)]
pub(in crate::wasi) enum BorrowedFd<'a> {
    Opened(&'a OwnedFd),
    /// A directory of cap-std's.
    Dir(BorrowedHandle<'a>),
    /// A standard stream of the process.
    Standard(&'static Standard),
}

/// What can be borrowed.
pub(in crate::wasi) trait AsFd {
    /// Borrows it.
    fn as_fd(&self) -> BorrowedFd<'_>;
}

impl AsFd for OwnedFd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        BorrowedFd::Opened(self)
    }
}

impl AsFd for Dir {
    fn as_fd(&self) -> BorrowedFd<'_> {
        BorrowedFd::Dir(self.as_handle())
    }
}

impl OwnedFd {
    /// A file or directory.
    pub(super) fn file(file: File, flags: FdFlags) -> OwnedFd {
        OwnedFd::new(Host::File(file), flags)
    }

    pub(super) fn new(host: Host, flags: FdFlags) -> OwnedFd {
        OwnedFd { host, flags: AtomicU16::new(flags.bits()) }
    }

    /// The file, if it is one.
    pub(super) fn into_file(self) -> Option<File> {
        match self.host {
            Host::File(file) => Some(file),
            Host::Listener(_) | Host::Stream(_) => None,
        }
    }

    pub(super) fn flags(&self) -> FdFlags {
        FdFlags::from_guest(self.flags.load(Ordering::Relaxed).into()).unwrap_or(FdFlags::NONE)
    }

    pub(super) fn set_flags(&self, flags: FdFlags) {
        self.flags.store(flags.bits(), Ordering::Relaxed);
    }
}

impl From<TcpListener> for OwnedFd {
    fn from(listener: TcpListener) -> OwnedFd {
        OwnedFd::new(Host::Listener(listener), FdFlags::NONE)
    }
}

impl<'a> BorrowedFd<'a> {
    /// The handle, if it is no socket, and there is one.
    pub(super) fn handle(self) -> Option<BorrowedHandle<'a>> {
        match self {
            BorrowedFd::Opened(opened) => match &opened.host {
                Host::File(file) => Some(file.as_handle()),
                Host::Listener(_) | Host::Stream(_) => None,
            },
            BorrowedFd::Dir(handle) => Some(handle),
            BorrowedFd::Standard(standard) => standard.handle(),
        }
    }

    /// What tells it from others that are waited for.
    pub(super) fn identity(self) -> usize {
        match self {
            BorrowedFd::Opened(opened) => std::ptr::from_ref(opened).addr(),
            BorrowedFd::Dir(handle) => {
                use std::os::windows::io::AsRawHandle;
                handle.as_raw_handle().addr()
            }
            BorrowedFd::Standard(standard) => std::ptr::from_ref(standard).addr(),
        }
    }
}

//! Waiting for descriptors: poll(2).

use super::clock::timespec;
use crate::wasi::errno::Errno;
use rustix::event::{PollFd, PollFlags};
use rustix::fd::BorrowedFd;
use rustix::io;

/// Descriptors that are waited for together.
pub(in crate::wasi) struct PollSet<'a> {
    fds: Vec<PollFd<'a>>,
}

/// What happened to a descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasi) struct Readiness {
    /// The other end is closed.
    pub(in crate::wasi) hangup: bool,
    /// The number names no open descriptor of the host.
    pub(in crate::wasi) invalid: bool,
}

impl<'a> PollSet<'a> {
    pub(in crate::wasi) fn new() -> PollSet<'a> {
        PollSet { fds: Vec::new() }
    }

    /// Adds a descriptor and gives its place in the set.
    pub(in crate::wasi) fn add(&mut self, fd: BorrowedFd<'a>, to_write: bool) -> usize {
        self.fds.push(PollFd::from_borrowed_fd(fd, if to_write { PollFlags::OUT } else { PollFlags::IN }));
        self.fds.len() - 1
    }

    /// Waits until a descriptor is ready or `timeout_nanos` have passed; without a timeout for as long as it takes. A
    /// signal ends the wait early, with nothing ready.
    pub(in crate::wasi) fn wait(&mut self, timeout_nanos: Option<u64>) -> Result<(), Errno> {
        let timeout = timeout_nanos.map(timespec);
        match rustix::event::poll(&mut self.fds, timeout.as_ref()) {
            // An interrupted call leaves the set as the call before it did: nothing ready.
            Ok(_) | Err(io::Errno::INTR) => Ok(()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// What the last wait found at this place, if anything.
    pub(in crate::wasi) fn ready(&self, place: usize) -> Option<Readiness> {
        let found = self.fds[place].revents();
        if found.is_empty() {
            return None;
        }
        Some(Readiness {
            hangup: found.intersects(PollFlags::HUP | PollFlags::ERR),
            invalid: found.contains(PollFlags::NVAL),
        })
    }
}

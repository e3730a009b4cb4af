//! Waiting for descriptors: poll(2).

use super::clock::timespec;
use crate::wasi::errno::Errno;
use crate::wasi::sys::Readiness;
use rustix::event::{PollFd, PollFlags};
use rustix::fd::{AsRawFd, BorrowedFd, RawFd};
use rustix::io;
use std::collections::HashMap;

/// Descriptors that are waited for together. One that is added twice is asked for once: the system takes no more of them
/// than a process may have open.
pub(in crate::wasi) struct PollSet<'a> {
    fds: Vec<PollFd<'a>>,
    /// What each is waited for, and its place.
    places: HashMap<RawFd, (PollFlags, usize)>,
}

/// What a guest waits for, in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasi) struct Waiter {
    place: usize,
    flags: PollFlags,
}

impl<'a> PollSet<'a> {
    pub(in crate::wasi) fn new() -> PollSet<'a> {
        PollSet { fds: Vec::new(), places: HashMap::new() }
    }

    /// Adds a descriptor to be read, or written.
    pub(in crate::wasi) fn add(&mut self, fd: BorrowedFd<'a>, to_write: bool) -> Waiter {
        let flags = if to_write { PollFlags::OUT } else { PollFlags::IN };
        let next = self.fds.len();
        let (all, place) = self.places.entry(fd.as_raw_fd()).or_insert((flags, next));
        *all |= flags;
        let polled = PollFd::from_borrowed_fd(fd, *all);
        match self.fds.get_mut(*place) {
            Some(known) => *known = polled,
            None => self.fds.push(polled),
        }
        Waiter { place: *place, flags }
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

    /// What the last wait found, if anything.
    pub(in crate::wasi) fn ready(&self, waiter: Waiter) -> Option<Readiness> {
        let found = self.fds.get(waiter.place)?.revents();
        if !found.intersects(waiter.flags | PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return None;
        }
        Some(Readiness {
            hangup: found.intersects(PollFlags::HUP | PollFlags::ERR),
            invalid: found.contains(PollFlags::NVAL),
        })
    }
}

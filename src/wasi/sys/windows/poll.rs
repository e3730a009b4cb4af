//! Waiting for descriptors.
//!
//! Windows waits for sockets with one call, for consoles with another, and for pipes with none. Where only sockets are waited
//! for, or nothing is, the system does it. Else all are asked in turn, at first often and then every few milliseconds.

use super::console;
use super::fd::{BorrowedFd, Host};
use super::handle::{Kind, bytes_in_pipe};
use super::standard::{STDIN, Standard};
use crate::wasi::errno::Errno;
use crate::wasi::sys::Readiness;
use std::collections::HashMap;
use std::io;
use std::os::windows::io::{AsRawSocket, RawSocket};
use std::thread;
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION};
use windows_sys::Win32::Networking::WinSock::{
    POLLERR, POLLHUP, POLLNVAL, POLLRDNORM, POLLWRNORM, SOCKET, WSAPOLLFD, WSAPoll,
};

/// The first and the longest wait between two looks at what the system does not wait for.
const FIRST_NAP: Duration = Duration::from_micros(200);
const LONGEST_NAP: Duration = Duration::from_millis(10);

/// Longest wait for sockets at a time, as the system counts it.
const LONGEST_WAIT_MILLIS: u128 = i32::MAX as u128;

/// Descriptors that are waited for together. One that is added twice is asked for once.
pub(in crate::wasi) struct PollSet<'a> {
    entries: Vec<Entry<'a>>,
    /// The place of each.
    places: HashMap<usize, usize>,
}

struct Entry<'a> {
    fd: BorrowedFd<'a>,
    /// What is waited for: to read, to write.
    wanted: [bool; 2],
    /// What the last look found of both.
    found: [Option<Readiness>; 2],
}

/// What a guest waits for, in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::wasi) struct Waiter {
    place: usize,
    to_write: bool,
}

impl<'a> PollSet<'a> {
    pub(in crate::wasi) fn new() -> PollSet<'a> {
        PollSet { entries: Vec::new(), places: HashMap::new() }
    }

    /// Adds a descriptor to be read, or written.
    pub(in crate::wasi) fn add(&mut self, fd: BorrowedFd<'a>, to_write: bool) -> Waiter {
        let next = self.entries.len();
        let place = *self.places.entry(fd.identity()).or_insert(next);
        if place == next {
            self.entries.push(Entry { fd, wanted: [false; 2], found: [None; 2] });
        }
        if let Some(entry) = self.entries.get_mut(place) {
            entry.wanted[usize::from(to_write)] = true;
        }
        Waiter { place, to_write }
    }

    /// Waits until a descriptor is ready or `timeout_nanos` have passed; without a timeout for as long as it takes.
    pub(in crate::wasi) fn wait(&mut self, timeout_nanos: Option<u64>) -> Result<(), Errno> {
        let start = Instant::now();
        let timeout = timeout_nanos.map(Duration::from_nanos);
        let only_sockets = !self.entries.is_empty() && self.entries.iter().all(|entry| entry.socket().is_some());
        let mut nap = FIRST_NAP;
        loop {
            let left = timeout.map(|timeout| timeout.saturating_sub(start.elapsed()));
            let is_over = left == Some(Duration::ZERO);
            if only_sockets {
                if self.ask_sockets(left)? || is_over {
                    return Ok(());
                }
                continue;
            }
            if self.look()? || is_over {
                return Ok(());
            }
            match left {
                Some(left) if self.entries.is_empty() => thread::sleep(left),
                left => {
                    thread::sleep(left.map_or(nap, |left| left.min(nap)));
                    nap = (nap * 2).min(LONGEST_NAP);
                }
            }
        }
    }

    /// Asks all descriptors, and tells whether any is ready.
    fn look(&mut self) -> Result<bool, Errno> {
        let mut any = self.ask_sockets(Some(Duration::ZERO))?;
        for entry in self.entries.iter_mut().filter(|entry| entry.socket().is_none()) {
            let [reads, writes] = entry.wanted;
            entry.found = [reads.then(|| is_ready(entry.fd, false)), writes.then(|| is_ready(entry.fd, true))]
                .map(Option::flatten);
            any |= entry.found != [None; 2];
        }
        Ok(any)
    }

    /// Asks the sockets, and tells whether any is ready.
    fn ask_sockets(&mut self, timeout: Option<Duration>) -> Result<bool, Errno> {
        let sockets = self.entries.iter_mut().filter_map(|entry| {
            let [reads, writes] = entry.wanted;
            let events = if reads { POLLRDNORM } else { 0 } | if writes { POLLWRNORM } else { 0 };
            let fd = entry.socket()? as SOCKET;
            Some((entry, WSAPOLLFD { fd, events, revents: 0 }))
        });
        let (mut entries, mut polled): (Vec<_>, Vec<_>) = sockets.unzip();
        if polled.is_empty() {
            return Ok(false);
        }
        let millis = match timeout {
            // A wait of less than a millisecond is one of a millisecond, not none.
            Some(timeout) => timeout.as_nanos().div_ceil(1_000_000).min(LONGEST_WAIT_MILLIS) as i32,
            None => -1,
        };
        // SAFETY: the array is as long as it is said to be; its sockets belong to borrowed descriptors, and are thus open.
        let count = unsafe { WSAPoll(polled.as_mut_ptr(), polled.len() as u32, millis) };
        if count < 0 {
            return Err(io::Error::last_os_error().into());
        }
        for (entry, polled) in entries.iter_mut().zip(&polled) {
            let gone = Readiness {
                hangup: polled.revents & (POLLHUP | POLLERR) != 0,
                invalid: polled.revents & POLLNVAL != 0,
            };
            let found = |events| (polled.revents & (events | POLLHUP | POLLERR | POLLNVAL) != 0).then_some(gone);
            entry.found = [found(POLLRDNORM), found(POLLWRNORM)];
        }
        Ok(count > 0)
    }

    /// What the last wait found, if anything.
    pub(in crate::wasi) fn ready(&self, waiter: Waiter) -> Option<Readiness> {
        self.entries.get(waiter.place)?.found[usize::from(waiter.to_write)]
    }
}

impl Entry<'_> {
    fn socket(&self) -> Option<RawSocket> {
        match self.fd {
            BorrowedFd::Opened(opened) => match &opened.host {
                Host::Listener(listener) => Some(listener.as_raw_socket()),
                Host::Stream(stream) => Some(stream.as_raw_socket()),
                Host::File(_) => None,
            },
            BorrowedFd::Dir(_) | BorrowedFd::Standard(_) => None,
        }
    }
}

/// Whether what is no socket can be read or written without waiting. Of a pipe that is written nobody knows; it is said to be
/// ready.
fn is_ready(fd: BorrowedFd<'_>, to_write: bool) -> Option<Readiness> {
    let now = Readiness { hangup: false, invalid: false };
    match fd {
        BorrowedFd::Standard(standard) if !to_write => is_input_ready(standard),
        _ => Some(now),
    }
}

fn is_input_ready(standard: &Standard) -> Option<Readiness> {
    let now = Readiness { hangup: false, invalid: false };
    let Some(open) = standard.open() else { return Some(now) };
    if open.is_console && std::ptr::eq(standard, &STDIN) {
        let is_ready = standard.console().typed_bytes() > 0 || console::has_key(&open.file).unwrap_or(true);
        return is_ready.then_some(now);
    }
    if open.kind != Kind::Pipe {
        return Some(now);
    }
    match bytes_in_pipe(std::os::windows::io::AsHandle::as_handle(&open.file)) {
        Ok(0) => None,
        Ok(_) => Some(now),
        // An end that is only written, or no pipe but a socket: nothing is known, and nobody waits.
        Err(error)
            if [ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION]
                .map(|number| Some(number as i32))
                .contains(&error.raw_os_error()) =>
        {
            Some(now)
        }
        Err(_) => Some(Readiness { hangup: true, invalid: false }),
    }
}

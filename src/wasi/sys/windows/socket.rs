//! Sockets of Windows: those of the standard library, since a guest only ever has listeners and their connections.

use super::fd::{BorrowedFd, Host, OwnedFd};
use crate::wasi::errno::Errno;
use crate::wasi::types::{FdFlags, RiFlags, SdFlags};
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::windows::io::AsRawSocket;
use windows_sys::Win32::Networking::WinSock::{FIONREAD, ioctlsocket};

/// A connection, or why there is none.
fn stream(fd: BorrowedFd<'_>) -> Result<&TcpStream, Errno> {
    match fd {
        BorrowedFd::Opened(opened) => match &opened.host {
            Host::Stream(stream) => Ok(stream),
            Host::Listener(_) => Err(Errno::Notconn),
            Host::File(_) => Err(Errno::Notsock),
        },
        BorrowedFd::Dir(_) | BorrowedFd::Standard(_) => Err(Errno::Notsock),
    }
}

fn listener(fd: BorrowedFd<'_>) -> Result<&TcpListener, Errno> {
    match fd {
        BorrowedFd::Opened(opened) => match &opened.host {
            Host::Listener(listener) => Ok(listener),
            Host::Stream(_) => Err(Errno::Inval),
            Host::File(_) => Err(Errno::Notsock),
        },
        BorrowedFd::Dir(_) | BorrowedFd::Standard(_) => Err(Errno::Notsock),
    }
}

/// Takes the next connection of a listener.
pub(in crate::wasi) fn accept(fd: BorrowedFd<'_>, flags: FdFlags) -> Result<OwnedFd, Errno> {
    let (stream, _) = listener(fd)?.accept()?;
    // A connection has its listener's way of waiting until it is told another.
    stream.set_nonblocking(flags.contains(FdFlags::NONBLOCK))?;
    Ok(OwnedFd::new(Host::Stream(stream), flags))
}

/// Receives, and tells how many bytes came. A stream has no messages that could be longer than the room for them.
pub(in crate::wasi) fn receive(
    fd: BorrowedFd<'_>,
    slices: &mut [IoSliceMut<'_>],
    flags: RiFlags,
) -> Result<(usize, bool), Errno> {
    let mut stream = stream(fd)?;
    if flags.contains(RiFlags::RECV_PEEK) {
        return peek(stream, slices);
    }
    if !flags.contains(RiFlags::RECV_WAITALL) {
        return Ok((stream.read_vectored(slices)?, false));
    }
    let mut total = 0;
    for slice in slices {
        let mut filled = 0;
        while filled < slice.len() {
            match stream.read(&mut slice[filled..]) {
                Ok(0) => return Ok((total, false)),
                Ok(count) => {
                    filled += count;
                    total += count;
                }
                Err(_) if total > 0 => return Ok((total, false)),
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok((total, false))
}

/// Looks at what is there, for all buffers at once, since looking does not move on.
fn peek(stream: &TcpStream, slices: &mut [IoSliceMut<'_>]) -> Result<(usize, bool), Errno> {
    let mut bytes = vec![0; slices.iter().map(|slice| slice.len()).sum()];
    let count = stream.peek(&mut bytes)?;
    let mut rest = &bytes[..count];
    for slice in slices {
        let (here, later) = rest.split_at(rest.len().min(slice.len()));
        slice[..here.len()].copy_from_slice(here);
        rest = later;
    }
    Ok((count, false))
}

/// Sends, and tells how many bytes went.
pub(in crate::wasi) fn send(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
    match stream(fd) {
        // As on Linux, where a listener is a stream that nobody reads.
        Err(Errno::Notconn) => Err(Errno::Pipe),
        stream => Ok(stream?.write_vectored(slices)?),
    }
}

/// Ends one or both directions of a connection.
pub(in crate::wasi) fn shutdown(fd: BorrowedFd<'_>, how: SdFlags) -> Result<(), Errno> {
    let stream = stream(fd)?;
    let host = match (how.contains(SdFlags::RD), how.contains(SdFlags::WR)) {
        (true, true) => Shutdown::Both,
        (true, false) => Shutdown::Read,
        (false, true) => Shutdown::Write,
        (false, false) => return Err(Errno::Inval),
    };
    Ok(stream.shutdown(host)?)
}

/// Bytes that a read gives without waiting.
pub(super) fn bytes_in_socket(stream: &TcpStream) -> u64 {
    let mut count = 0;
    // SAFETY: the socket is borrowed, and thus open; the number is a local variable.
    let failed = unsafe { ioctlsocket(stream.as_raw_socket() as usize, FIONREAD, &mut count) };
    if failed == 0 { count.into() } else { 0 }
}

//! Sockets of Unix. The operating system itself answers `NOTSOCK` for other descriptors.

use crate::wasi::errno::Errno;
use crate::wasi::types::{FdFlags, RiFlags, SdFlags};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::{FdFlags as HostFdFlags, retry_on_intr};
use rustix::net::{self, RecvFlags, ReturnFlags, SendFlags, Shutdown};
use std::io::{IoSlice, IoSliceMut};

/// Takes the next connection of a listener.
pub(in crate::wasi) fn accept(listener: BorrowedFd<'_>, flags: FdFlags) -> Result<OwnedFd, Errno> {
    let stream = retry_on_intr(|| net::accept(listener))?;
    rustix::io::fcntl_setfd(&stream, HostFdFlags::CLOEXEC)?;
    super::set_flags(stream.as_fd(), flags)?;
    Ok(stream)
}

/// Receives, and tells how many bytes came and whether the message was longer than the room for it.
pub(in crate::wasi) fn receive(
    socket: BorrowedFd<'_>,
    slices: &mut [IoSliceMut<'_>],
    flags: RiFlags,
) -> Result<(usize, bool), Errno> {
    let mut host = RecvFlags::empty();
    host.set(RecvFlags::PEEK, flags.contains(RiFlags::RECV_PEEK));
    host.set(RecvFlags::WAITALL, flags.contains(RiFlags::RECV_WAITALL));
    let message = retry_on_intr(|| net::recvmsg(socket, slices, &mut net::RecvAncillaryBuffer::default(), host))?;
    Ok((message.bytes, message.flags.contains(ReturnFlags::TRUNC)))
}

/// Sends, and tells how many bytes went.
pub(in crate::wasi) fn send(socket: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
    Ok(retry_on_intr(|| net::sendmsg(socket, slices, &mut net::SendAncillaryBuffer::default(), SendFlags::empty()))?)
}

/// Ends one or both directions of a connection.
pub(in crate::wasi) fn shutdown(socket: BorrowedFd<'_>, how: SdFlags) -> Result<(), Errno> {
    let host = match (how.contains(SdFlags::RD), how.contains(SdFlags::WR)) {
        (true, true) => Shutdown::Both,
        (true, false) => Shutdown::Read,
        (false, true) => Shutdown::Write,
        (false, false) => return Err(Errno::Inval),
    };
    Ok(net::shutdown(socket, host)?)
}

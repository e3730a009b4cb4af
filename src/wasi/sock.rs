//! The `sock_` functions. A guest cannot open a socket; it gets listeners from its embedder and accepts connections on
//! them. On any other descriptor each function is `NOTSOCK`.

use super::ctx::WasiCtx;
use super::descriptor::Object;
use super::errno::Errno;
use super::guest::GuestMemory;
use super::sys::{self, AsFd, BorrowedFd};
use super::types::{FdFlags, RiFlags, Rights, SdFlags};

/// `roflags::recv_data_truncated`: the message was longer than the room for it.
const RECV_DATA_TRUNCATED: u16 = 1;

/// Takes the next connection of a listener, and waits for one.
///
/// Parameters: `fd`, the listener; `flags`, `NONBLOCK` for the connection; `connection`, where its number goes, 4 bytes.
///
/// Errors: `BADF` for a number that is not open; `NOTSOCK`; `INVAL` for another flag, or a connection instead of a
/// listener; `AGAIN` where the listener has `NONBLOCK` and nobody waits; `MFILE`; `NOTCAPABLE` for a right that was given
/// up; `FAULT` where the result does not fit into memory.
///
/// POSIX: [accept](https://pubs.opengroup.org/onlinepubs/9799919799/functions/accept.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#sock_accept>
pub(super) fn sock_accept(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    connection: u32,
) -> Result<(), Errno> {
    let flags = FdFlags::from_guest(flags)?;
    if !FdFlags::NONBLOCK.contains(flags) {
        return Err(Errno::Inval);
    }
    memory.check(connection, 4)?;
    let listener = socket(ctx, fd, Rights::SOCK_ACCEPT)?;
    let accepted = ctx.table.get(fd)?.connection(sys::accept(listener, flags)?);
    let number = ctx.table.insert(accepted)?;
    memory.write(connection, number)
}

/// Receives from a connection.
///
/// Parameters: `fd`; `ri_data` and `ri_data_len`, a list of buffers as with `fd_read`; `ri_flags`, 1 to leave the data
/// there for the next call, 2 to wait until the buffers are full; `ro_datalen`, where the number of bytes goes, 4 bytes;
/// `ro_flags`, where 2 bytes go, 1 if the message was longer.
///
/// Errors: as `fd_read`; `NOTSOCK`; `INVAL` for an unknown flag; `NOTCONN` on a listener.
///
/// POSIX: [recvmsg](https://pubs.opengroup.org/onlinepubs/9799919799/functions/recvmsg.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#sock_recv>
pub(super) fn sock_recv(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    ri_data: u32,
    ri_data_len: u32,
    ri_flags: u32,
    ro_datalen: u32,
    ro_flags: u32,
) -> Result<(), Errno> {
    let flags = RiFlags::from_guest(ri_flags)?;
    memory.check(ro_datalen, 4)?;
    memory.check(ro_flags, 2)?;
    let socket = socket(ctx, fd, Rights::FD_READ)?;
    let (count, truncated) = memory.scatter(ri_data, ri_data_len, |slices| sys::receive(socket, slices, flags))?;
    memory.write(ro_datalen, count as u32)?;
    memory.write(ro_flags, if truncated { RECV_DATA_TRUNCATED } else { 0 })
}

/// Sends to a connection.
///
/// Parameters: `fd`; `si_data` and `si_data_len`, a list of buffers as with `fd_write`; `si_flags`, 0; `so_datalen`, where
/// the number of bytes goes, 4 bytes.
///
/// Errors: as `fd_write`; `NOTSOCK`; `INVAL` for a flag, of which the snapshot has none; `NOTCONN` on a listener.
///
/// POSIX: [sendmsg](https://pubs.opengroup.org/onlinepubs/9799919799/functions/sendmsg.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#sock_send>
pub(super) fn sock_send(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    si_data: u32,
    si_data_len: u32,
    si_flags: u32,
    so_datalen: u32,
) -> Result<(), Errno> {
    memory.check(so_datalen, 4)?;
    let socket = socket(ctx, fd, Rights::FD_WRITE)?;
    if si_flags != 0 {
        return Err(Errno::Inval);
    }
    let count = memory.gather(si_data, si_data_len, |slices| sys::send(socket, slices))?;
    memory.write(so_datalen, count as u32)
}

/// Ends one or both directions of a connection.
///
/// Parameters: `fd`; `how`, 1 receiving, 2 sending, 3 both.
///
/// Errors: `BADF` for a number that is not open; `NOTSOCK`; `INVAL` for no direction or an unknown one; `NOTCONN` where
/// there is no connection any more; `NOTCAPABLE` for a right that was given up.
///
/// POSIX: [shutdown](https://pubs.opengroup.org/onlinepubs/9799919799/functions/shutdown.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#sock_shutdown>
pub(super) fn sock_shutdown(ctx: &mut WasiCtx, _memory: &mut GuestMemory<'_>, fd: u32, how: u32) -> Result<(), Errno> {
    let socket = socket(ctx, fd, Rights::SOCK_SHUTDOWN)?;
    sys::shutdown(socket, SdFlags::from_guest(how)?)
}

/// The host's descriptor of a socket. A standard stream may be one too: the host itself says whether it is.
fn socket(ctx: &WasiCtx, fd: u32, right: Rights) -> Result<BorrowedFd<'_>, Errno> {
    let descriptor = ctx.table.get(fd)?;
    let host = match &descriptor.object {
        Object::Socket(socket) => socket.as_fd(),
        Object::Stream(stream) => stream.host().ok_or(Errno::Notsock)?,
        Object::File(_) | Object::Dir(_) => return Err(Errno::Notsock),
    };
    descriptor.require(right)?;
    Ok(host)
}

#[cfg(test)]
mod tests {
    use super::super::fd::{fd_close, fd_read, fd_write};
    use super::super::testing::Guest;
    use super::*;
    use Errno::{Again, Badf, Fault, Inval, Notconn, Notsock};
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};

    /// A guest with a listener as descriptor 3, and someone who connects to it.
    fn guest() -> (Guest, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        (Guest::new(|builder| _ = builder.preopened_listener(listener)), stream)
    }

    #[test]
    fn a_connection_carries_bytes_both_ways() {
        let (mut guest, mut peer) = guest();
        guest.check(sock_accept, (3, 0, 1), Ok(()), b"?\x04\0\0\0?");
        peer.write_all(b"hello").expect("sent");
        let (iovs, len) = guest.iovec(0, 5);
        assert_eq!(guest.call(sock_recv, (4, iovs, len, 3, 8, 12)), Ok(()));
        assert_eq!(&guest.bytes[..15], b"hello???\x05\0\0\0\0\0?");
        guest.put(0, b"?????");
        assert_eq!(guest.call(fd_read, (4, iovs, len, 8)), Ok(()));
        assert_eq!(guest.call(sock_send, (4, iovs, len, 0, 8)), Ok(()));
        assert_eq!(guest.call(fd_write, (4, iovs, len, 8)), Ok(()));
        guest.check(sock_shutdown, (4, 2), Ok(()), b"");
        let mut echo = String::new();
        peer.read_to_string(&mut echo).expect("received");
        assert_eq!(echo, "hellohello");
        guest.check(fd_close, (4,), Ok(()), b"");
    }

    #[test]
    fn listeners_and_flags() {
        let (mut guest, _peer) = guest();
        guest.check(sock_accept, (3, 1, 0), Err(Inval), b"??");
        guest.check(sock_accept, (3, 0, Guest::SIZE - 3), Err(Fault), b"??");
        guest.check(sock_accept, (3, 4, 0), Ok(()), b"\x04\0\0\0?");
        let (iovs, len) = guest.iovec(0, 5);
        assert_eq!(guest.call(sock_recv, (4, iovs, len, 0, 8, 12)), Err(Again));
        assert_eq!(guest.call(sock_recv, (4, iovs, len, 4, 8, 12)), Err(Inval));
        assert_eq!(guest.call(sock_send, (4, iovs, len, 1, 8)), Err(Inval));
        assert_eq!(guest.call(sock_recv, (3, iovs, len, 0, 8, 12)), Err(Notconn));
        guest.check(sock_shutdown, (4, 0), Err(Inval), b"");
        guest.check(sock_shutdown, (4, 4), Err(Inval), b"");
        guest.check(sock_accept, (4, 0, 0), Err(Inval), b"??");
    }

    #[test]
    fn what_is_no_socket() {
        let mut guest = Guest::with_dir();
        guest.host().write("f", "").expect("a file");
        assert_eq!(guest.open("f", Rights::ALL), Ok(5));
        for (fd, errno) in [(0, Notsock), (1, Notsock), (3, Notsock), (5, Notsock), (9, Badf)] {
            let (iovs, len) = guest.iovec(0, 5);
            assert_eq!(guest.call(sock_accept, (fd, 0, 0)), Err(errno));
            assert_eq!(guest.call(sock_recv, (fd, iovs, len, 0, 8, 12)), Err(errno));
            assert_eq!(guest.call(sock_send, (fd, iovs, len, 0, 8)), Err(errno));
            assert_eq!(guest.call(sock_shutdown, (fd, 3)), Err(errno));
        }
    }
}

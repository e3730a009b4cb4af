//! `wasi_unstable`, the snapshot of 2019 that toolchains before `wasi_snapshot_preview1` compiled for.
//!
//! It has the same functions but `sock_accept`, and nearly the same types. What differs is adapted here, and nothing else
//! knows of it: the numbers of `whence`, the width of `nlink` in a [`Filestat`], and an `identifier` in the clock's arm of
//! a [`Subscription`], which moves what stands behind it. A module may import from both snapshots; descriptors and all
//! other state are one.
//!
//! spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview0/docs.md>

use super::ctx::WasiCtx;
use super::errno::Errno;
use super::guest::GuestMemory;
use super::types::{Scalar, Whence, record};
use super::{fd, fd_stat, path_ops, poll, types};

record! {
    /// `filestat`, 56 bytes instead of 64.
    Filestat: 56 {
        dev: u64 = 0,
        ino: u64 = 8,
        /// A [`FileType`](types::FileType).
        filetype: u8 = 16,
        nlink: u32 = 20,
        /// In bytes; for a link the length of its target.
        size: u64 = 24,
        atim: u64 = 32,
        mtim: u64 = 40,
        ctim: u64 = 48,
    }
}

impl From<types::Filestat> for Filestat {
    /// A number of links that does not fit becomes the largest one.
    fn from(stat: types::Filestat) -> Filestat {
        let types::Filestat { dev, ino, filetype, nlink, size, atim, mtim, ctim } = stat;
        let nlink = u32::try_from(nlink).unwrap_or(u32::MAX);
        Filestat { dev, ino, filetype, nlink, size, atim, mtim, ctim }
    }
}

impl From<Filestat> for types::Filestat {
    fn from(stat: Filestat) -> types::Filestat {
        let Filestat { dev, ino, filetype, nlink, size, atim, mtim, ctim } = stat;
        types::Filestat { dev, ino, filetype, nlink: nlink.into(), size, atim, mtim, ctim }
    }
}

record! {
    /// `subscription`, 56 bytes instead of 48.
    Subscription: 56 {
        userdata: u64 = 0,
        tag: u8 = 8,
        /// The clock's arm: a number of the guest's own, which nothing asks for. The other arms have the descriptor in its
        /// low half.
        identifier_or_fd: u64 = 16,
        clock: u32 = 24,
        timeout: u64 = 32,
        precision: u64 = 40,
        flags: u16 = 48,
    }
}

impl From<Subscription> for types::Subscription {
    fn from(subscription: Subscription) -> types::Subscription {
        let Subscription { userdata, tag, identifier_or_fd, clock, timeout, precision, flags } = subscription;
        let is_clock = tag == types::EventType::Clock as u8;
        let clock_or_fd = if is_clock { clock } else { identifier_or_fd as u32 };
        types::Subscription { userdata, tag, padding: 0, clock_or_fd, timeout, precision, flags }
    }
}

/// As [`fd_stat::fd_filestat_get`], with the 56 bytes of this snapshot's [`Filestat`].
///
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview0/docs.md#fd_filestat_get>
pub(super) fn fd_filestat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    filestat: u32,
) -> Result<(), Errno> {
    memory.write_bytes(filestat, &Filestat::from(fd_stat::filestat(ctx, fd)?).encode())
}

/// As [`path_ops::path_filestat_get`], with the 56 bytes of this snapshot's [`Filestat`].
///
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview0/docs.md#path_filestat_get>
pub(super) fn path_filestat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
    filestat: u32,
) -> Result<(), Errno> {
    let stat = path_ops::filestat(ctx, memory, fd, flags, path, path_len)?;
    memory.write_bytes(filestat, &Filestat::from(stat).encode())
}

/// As [`fd::fd_seek`], with `whence` counted from the position for 0, the end for 1 and the beginning for 2.
///
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview0/docs.md#fd_seek>
pub(super) fn fd_seek(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    offset: i64,
    whence: u32,
    newoffset: u32,
) -> Result<(), Errno> {
    let whence = match whence {
        0 => Whence::Cur as u32,
        1 => Whence::End as u32,
        2 => Whence::Set as u32,
        other => other,
    };
    fd::fd_seek(ctx, memory, fd, offset, whence, newoffset)
}

/// As [`poll::poll_oneoff`], with this snapshot's [`Subscription`]. Events are the same.
///
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview0/docs.md#poll_oneoff>
pub(super) fn poll_oneoff(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    subscriptions: u32,
    events: u32,
    nsubscriptions: u32,
    nevents: u32,
) -> Result<(), Errno> {
    poll::poll(ctx, memory, subscriptions, events, nsubscriptions, nevents, Subscription::SIZE, |memory, at| {
        Ok(Subscription::decode(memory.array(at)?).into())
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::Guest;
    use super::super::types::{FileType, Rights};
    use super::*;

    fn guest() -> Guest {
        let mut guest = Guest::with_dir();
        guest.host().write("f", "wazero").expect("a file");
        assert_eq!(guest.open("f", Rights::ALL), Ok(5));
        guest
    }

    #[test]
    fn a_filestat_has_56_bytes() {
        let mut guest = guest();
        guest.bytes.fill(b'?');
        assert_eq!(guest.call(fd_filestat_get, (5, 1)), Ok(()));
        let stat = Filestat::decode(guest.bytes[1..].first_chunk().expect("56 bytes"));
        assert_eq!((stat.filetype, stat.nlink, stat.size), (FileType::RegularFile as u8, 1, 6));
        assert_eq!((guest.bytes[0], guest.bytes[57]), (b'?', b'?'));
        let (path, len) = guest.text("f");
        assert_eq!(guest.call(path_filestat_get, (3, 1, path, len, 100)), Ok(()));
        assert_eq!(guest.bytes[1..57], guest.bytes[100..156]);
        assert_eq!(guest.bytes[156], b'?');
        assert_eq!(guest.call(fd_filestat_get, (5, Guest::SIZE - 55)), Err(Errno::Fault));
        let many = types::Filestat { nlink: 1 << 40, ..types::Filestat::default() };
        assert_eq!(Filestat::from(many).nlink, u32::MAX);
    }

    #[test]
    fn whence_has_other_numbers() {
        let mut guest = guest();
        guest.check(fd_seek, (5, 2, 2, 0), Ok(()), b"\x02\0\0\0\0\0\0\0?");
        guest.check(fd_seek, (5, 1, 0, 0), Ok(()), b"\x03\0\0\0\0\0\0\0?");
        guest.check(fd_seek, (5, -1, 1, 0), Ok(()), b"\x05\0\0\0\0\0\0\0?");
        guest.check(fd_seek, (5, 0, 3, 0), Err(Errno::Inval), b"??");
    }

    #[test]
    fn subscriptions_have_an_identifier() {
        let mut guest = guest();
        let clock =
            Subscription { userdata: 7, identifier_or_fd: u64::MAX, clock: 1, timeout: 1, ..Subscription::default() };
        let read = Subscription { userdata: 8, tag: 1, identifier_or_fd: 5, ..Subscription::default() };
        let wrong = Subscription { userdata: 9, tag: 2, identifier_or_fd: 99, ..Subscription::default() };
        for (subscription, errno, nbytes) in
            [(clock, Errno::Success, 0), (read, Errno::Success, 6), (wrong, Errno::Badf, 0)]
        {
            guest.put(1001, &subscription.encode());
            assert_eq!(guest.call(poll_oneoff, (1001, 1, 1, 900)), Ok(()));
            let event = types::Event::decode(guest.bytes[1..].first_chunk().expect("32 bytes"));
            assert_eq!((event.userdata, event.error, event.nbytes), (subscription.userdata, errno as u16, nbytes));
        }
    }
}

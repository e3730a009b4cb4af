//! What is known about a descriptor: the `fd_fdstat_`, `fd_filestat_` and `fd_prestat_` functions.

use super::ctx::WasiCtx;
use super::descriptor::{Object, RightsPair};
use super::errno::Errno;
use super::guest::GuestMemory;
use super::sys::{self, AsFd, SetTime};
use super::types::{FdFlags, Fdstat, Filestat, FstFlags, Prestat, Rights};

/// Tells what a descriptor is, how it behaves and what may be done with it.
///
/// Parameters: `fd`; `stat`, where the 24 bytes of [`Fdstat`] go.
///
/// Errors: `BADF` for a number that is not open; `FAULT` where the result does not fit into memory.
///
/// A terminal as standard output, of which a C library knows by the missing rights `FD_SEEK` and `FD_TELL`:
///
/// ```text
/// offset 0         1  2 3    4 5 6 7  8..16        16..24
///        2         ?  0 0    ? ? ? ?  rights_base  rights_inheriting
///        filetype     flags
/// ```
///
/// POSIX: `F_GETFL` of [fcntl](https://pubs.opengroup.org/onlinepubs/9799919799/functions/fcntl.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_fdstat_get>
pub(super) fn fd_fdstat_get(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, fd: u32, stat: u32) -> Result<(), Errno> {
    let descriptor = ctx.table.get_mut(fd)?;
    let rights = descriptor.rights();
    let (filetype, flags) = descriptor.type_and_flags()?;
    let fdstat = Fdstat {
        filetype,
        flags: flags.bits(),
        rights_base: rights.base.bits(),
        rights_inheriting: rights.inheriting.bits(),
    };
    memory.write_bytes(stat, &fdstat.encode())
}

/// Sets how a descriptor behaves: `APPEND` and `NONBLOCK`, for a standard stream only `NONBLOCK`. A directory takes any
/// flag and heeds none.
///
/// Parameters: `fd`; `flags`, all of them.
///
/// Errors: `BADF` for a number that is not open; `INVAL` for an unknown flag; `NOTSUP` for a flag that cannot be set any
/// more, as the synchronous ones; `NOTCAPABLE` for a right that was given up.
///
/// POSIX: `F_SETFL` of [fcntl](https://pubs.opengroup.org/onlinepubs/9799919799/functions/fcntl.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_fdstat_set_flags>
pub(super) fn fd_fdstat_set_flags(
    ctx: &mut WasiCtx,
    _memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.table.get_mut(fd)?;
    descriptor.require(Rights::FD_FDSTAT_SET_FLAGS)?;
    descriptor.set_flags(FdFlags::from_guest(flags)?)
}

/// Gives up rights.
///
/// Parameters: `fd`; `fs_rights_base` and `fs_rights_inheriting`, what is kept.
///
/// Errors: `BADF` for a number that is not open; `NOTCAPABLE` for a right that is not there.
///
/// POSIX has nothing of the kind; it is FreeBSD's
/// [cap_rights_limit](https://man.freebsd.org/cgi/man.cgi?query=cap_rights_limit&sektion=2).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_fdstat_set_rights>
pub(super) fn fd_fdstat_set_rights(
    ctx: &mut WasiCtx,
    _memory: &mut GuestMemory<'_>,
    fd: u32,
    fs_rights_base: u64,
    fs_rights_inheriting: u64,
) -> Result<(), Errno> {
    ctx.table.get_mut(fd)?.narrow(RightsPair {
        base: Rights::from_bits(fs_rights_base),
        inheriting: Rights::from_bits(fs_rights_inheriting),
    })
}

/// Tells what is known of an open file.
///
/// Parameters: `fd`; `stat`, where the 64 bytes of [`Filestat`] go.
///
/// Errors: `BADF` for a number that is not open; `NOTCAPABLE` for a right that was given up; `FAULT` where the result does
/// not fit into memory.
///
/// ```text
/// offset 0..8  8..16  16        17..24  24..32  32..40  40..48  48..56  56..64
///        dev   ino    filetype  ?       nlink   size    atim    mtim    ctim
/// ```
///
/// POSIX: [fstat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/fstat.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_filestat_get>
pub(super) fn fd_filestat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    stat: u32,
) -> Result<(), Errno> {
    memory.write_bytes(stat, &filestat(ctx, fd)?.encode())
}

/// What is known of an open file, however it is then written.
pub(super) fn filestat(ctx: &WasiCtx, fd: u32) -> Result<Filestat, Errno> {
    let descriptor = ctx.table.get(fd)?;
    descriptor.require(Rights::FD_FILESTAT_GET)?;
    descriptor.filestat()
}

/// Makes a file longer, by zeros, or shorter.
///
/// Parameters: `fd`; `size` in bytes.
///
/// Errors: `BADF` for a number that is not open, or not for writing; `ISDIR` for a directory; `INVAL` for what is no
/// file; `FBIG` from 2^63 bytes on, or what the file system cannot hold; `NOTCAPABLE` for a right that was given up.
///
/// POSIX: [ftruncate](https://pubs.opengroup.org/onlinepubs/9799919799/functions/ftruncate.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_filestat_set_size>
pub(super) fn fd_filestat_set_size(
    ctx: &mut WasiCtx,
    _memory: &mut GuestMemory<'_>,
    fd: u32,
    size: u64,
) -> Result<(), Errno> {
    let descriptor = ctx.table.get(fd)?;
    let file = descriptor.host(Errno::Inval)?;
    descriptor.require(Rights::FD_FILESTAT_SET_SIZE)?;
    descriptor.require(Rights::FD_WRITE)?;
    sys::set_size(file, size)
}

/// Sets when a file was last read and changed.
///
/// Parameters: `fd`; `atim` and `mtim`, nanoseconds since 1970; `fst_flags`, which of them count: 1 `atim` as given, 2 the
/// present instead, 4 `mtim` as given, 8 the present instead.
///
/// Errors: `BADF` for a number that is not open; `INVAL` for unknown flags, or both a time and the present; `ROFS` in a
/// read-only mount; `PERM` or `ACCES` for another user's file; `NOTCAPABLE` for a right that was given up.
///
/// POSIX: [futimens](https://pubs.opengroup.org/onlinepubs/9799919799/functions/futimens.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_filestat_set_times>
pub(super) fn fd_filestat_set_times(
    ctx: &mut WasiCtx,
    _memory: &mut GuestMemory<'_>,
    fd: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> Result<(), Errno> {
    let (atim, mtim) = times(atim, mtim, fst_flags)?;
    let descriptor = ctx.table.get(fd)?;
    descriptor.require(Rights::FD_FILESTAT_SET_TIMES)?;
    descriptor.writable()?;
    match &descriptor.object {
        Object::Dir(dir) => sys::set_dir_times(dir.host().ok_or(Errno::Rofs)?.as_fd(), atim, mtim),
        _ => sys::set_times(descriptor.host(Errno::Notsup)?, atim, mtim),
    }
}

/// What the flags say about two times.
pub(super) fn times(atim: u64, mtim: u64, fst_flags: u32) -> Result<(SetTime, SetTime), Errno> {
    let flags = FstFlags::from_guest(fst_flags)?;
    let one = |time, given, now| match (flags.contains(given), flags.contains(now)) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(SetTime::To(time)),
        (false, true) => Ok(SetTime::Now),
        (false, false) => Ok(SetTime::Keep),
    };
    Ok((one(atim, FstFlags::ATIM, FstFlags::ATIM_NOW)?, one(mtim, FstFlags::MTIM, FstFlags::MTIM_NOW)?))
}

/// Tells whether a descriptor was open before the guest began, and how long its name is. C libraries ask from 3 upward
/// until the answer is `BADF`.
///
/// Parameters: `fd`; `prestat`, where the 8 bytes of [`Prestat`] go.
///
/// Errors: `BADF` for a number that is not open, or was opened by the guest; `FAULT` where the result does not fit into
/// memory.
///
/// ```text
/// offset 0    1 2 3  4 5 6 7
///        tag  ? ? ?  name_len
/// ```
///
/// POSIX has nothing of the kind.
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_prestat_get>
pub(super) fn fd_prestat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    prestat: u32,
) -> Result<(), Errno> {
    // This is how C libraries find their directories: from 3 on, until there is none.
    ctx.lacked_directories |= fd == 3 && ctx.table.get(fd).is_err();
    let name_len = preopen_name(ctx, fd)?.len() as u32;
    memory.write_bytes(prestat, &Prestat { tag: Prestat::DIR, name_len }.encode())
}

/// Writes the name of a directory that was open before the guest began, without a NUL behind it.
///
/// Parameters: `fd`; `path`, where it goes; `path_len`, the room there, of which as much is used as the name is long.
///
/// Errors: `BADF` for a number that is not open, or was opened by the guest; `NAMETOOLONG` for less room than it needs;
/// `FAULT` where the room does not lie in memory.
///
/// POSIX has nothing of the kind.
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_prestat_dir_name>
pub(super) fn fd_prestat_dir_name(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let name = preopen_name(ctx, fd)?;
    let room = memory.slice_mut(path, path_len)?;
    room.get_mut(..name.len()).ok_or(Errno::Nametoolong)?.copy_from_slice(name);
    Ok(())
}

fn preopen_name(ctx: &WasiCtx, fd: u32) -> Result<&[u8], Errno> {
    let dir = ctx.table.get(fd)?.dir().map_err(|_| Errno::Badf)?;
    if dir.is_preopen { Ok(&dir.mount.name) } else { Err(Errno::Badf) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Guest;
    use super::super::types::{FileType, OFlags};
    use super::*;
    use Errno::{Badf, Fault, Fbig, Inval, Isdir, Nametoolong, Notcapable, Notsup, Rofs};

    /// A guest whose descriptor 5 is the file `f` of 6 bytes, and 6 the same, opened through the read-only mount.
    fn guest() -> Guest {
        let mut guest = Guest::with_dir();
        guest.host().write("f", "wazero").expect("a file");
        assert_eq!(guest.open("f", Rights::ALL), Ok(5));
        assert_eq!(guest.open_with(4, "f", OFlags::NONE, Rights::FD_READ), Ok(6));
        guest
    }

    fn stat(guest: &mut Guest, fd: u32) -> Filestat {
        assert_eq!(guest.call(fd_filestat_get, (fd, 0)), Ok(()));
        Filestat::decode(guest.bytes.first_chunk().expect("64 bytes"))
    }

    fn fdstat(guest: &mut Guest, fd: u32) -> Fdstat {
        assert_eq!(guest.call(fd_fdstat_get, (fd, 0)), Ok(()));
        Fdstat::decode(guest.bytes.first_chunk().expect("24 bytes"))
    }

    #[test]
    fn descriptors_describe_themselves() {
        let mut guest = guest();
        let file = fdstat(&mut guest, 5);
        assert_eq!((file.filetype, file.flags), (FileType::RegularFile as u8, 0));
        assert_ne!(file.rights_base & Rights::FD_SEEK.bits(), 0);
        assert_eq!(file.rights_base & Rights::PATH_OPEN.bits(), 0);
        let dir = fdstat(&mut guest, 3);
        assert_eq!((dir.filetype, dir.flags), (FileType::Directory as u8, 0));
        assert_eq!(dir.rights_base & Rights::FD_SEEK.bits(), 0);
        assert_ne!(dir.rights_inheriting & Rights::FD_WRITE.bits(), 0);
        assert_eq!(fdstat(&mut guest, 1).filetype, FileType::Unknown as u8);
        guest.check(fd_fdstat_get, (9, 0), Err(Badf), b"??");
        guest.check(fd_fdstat_get, (5, Guest::SIZE - 23), Err(Fault), b"??");
    }

    #[test]
    fn flags_take_effect() {
        let mut guest = guest();
        for flags in [0, 1, 4, 5, 0] {
            guest.check(fd_fdstat_set_flags, (5, flags), Ok(()), b"??");
            assert_eq!(u32::from(fdstat(&mut guest, 5).flags), flags);
        }
        guest.check(fd_fdstat_set_flags, (5, 16), Err(Notsup), b"??");
        guest.check(fd_fdstat_set_flags, (5, 32), Err(Inval), b"??");
        guest.check(fd_fdstat_set_flags, (1, 1), Err(Notsup), b"??");
        guest.check(fd_fdstat_set_flags, (3, 4), Ok(()), b"??");
        guest.check(fd_fdstat_set_flags, (9, 0), Err(Badf), b"??");
    }

    #[test]
    fn rights_narrow() {
        let mut guest = guest();
        let before = fdstat(&mut guest, 5);
        let base = before.rights_base & !Rights::FD_WRITE.bits();
        guest.check(fd_fdstat_set_rights, (5, base, 0), Ok(()), b"");
        assert_eq!(fdstat(&mut guest, 5).rights_base, base);
        guest.check(fd_fdstat_set_rights, (5, before.rights_base, 0), Err(Notcapable), b"");
        guest.check(fd_fdstat_set_rights, (5, base, 1), Err(Notcapable), b"");
        guest.check(fd_filestat_set_size, (5, 0), Err(Notcapable), b"");
        guest.check(fd_fdstat_set_rights, (9, 0, 0), Err(Badf), b"");
    }

    #[test]
    fn sizes() {
        let mut guest = guest();
        let before = stat(&mut guest, 5);
        assert_eq!((before.size, before.nlink, before.filetype), (6, 1, FileType::RegularFile as u8));
        guest.check(fd_filestat_set_size, (5, 100), Ok(()), b"??");
        assert_eq!(stat(&mut guest, 5).size, 100);
        guest.check(fd_filestat_set_size, (5, u64::MAX), Err(Fbig), b"??");
        guest.check(fd_filestat_set_size, (6, 0), Err(Badf), b"??");
        guest.check(fd_filestat_set_size, (3, 0), Err(Isdir), b"??");
        guest.check(fd_filestat_set_size, (1, 0), Err(Inval), b"??");
        guest.check(fd_filestat_get, (9, 0), Err(Badf), b"??");
        guest.check(fd_filestat_get, (5, Guest::SIZE - 63), Err(Fault), b"??");
        assert_eq!(stat(&mut guest, 3).filetype, FileType::Directory as u8);
    }

    #[test]
    fn file_times() {
        let mut guest = guest();
        for fd in [3, 5] {
            guest.check(fd_filestat_set_times, (fd, 1_000_000_100, 2_000_000_200, 5), Ok(()), b"");
            let set = stat(&mut guest, fd);
            assert_eq!((set.atim, set.mtim), (1_000_000_100, 2_000_000_200));
            guest.check(fd_filestat_set_times, (fd, 7, 7, 8), Ok(()), b"");
            let now = stat(&mut guest, fd);
            assert!(now.atim == 1_000_000_100 && now.mtim > 1_600_000_000_000_000_000);
            guest.check(fd_filestat_set_times, (fd, 0, 0, 3), Err(Inval), b"");
            guest.check(fd_filestat_set_times, (fd, 0, 0, 12), Err(Inval), b"");
            guest.check(fd_filestat_set_times, (fd, 0, 0, 16), Err(Inval), b"");
        }
        guest.check(fd_filestat_set_times, (4, 0, 0, 5), Err(Rofs), b"");
        guest.check(fd_filestat_set_times, (6, 0, 0, 5), Err(Rofs), b"");
        guest.check(fd_filestat_set_times, (1, 0, 0, 5), Err(Notsup), b"");
    }

    #[test]
    fn preopened_directories_have_names() {
        let mut guest = guest();
        guest.check(fd_prestat_get, (4, 1), Ok(()), b"?\0\0\0\0\x02\0\0\0?");
        guest.check(fd_prestat_dir_name, (4, 1, 2), Ok(()), b"?ro?");
        guest.check(fd_prestat_dir_name, (4, 1, 9), Ok(()), b"?ro?");
        guest.check(fd_prestat_dir_name, (4, 1, 1), Err(Nametoolong), b"???");
        guest.check(fd_prestat_dir_name, (4, Guest::SIZE, 2), Err(Fault), b"???");
        for fd in [0, 5, 9, u32::MAX] {
            guest.check(fd_prestat_get, (fd, 0), Err(Badf), b"??");
            guest.check(fd_prestat_dir_name, (fd, 0, 9), Err(Badf), b"??");
        }
    }
}

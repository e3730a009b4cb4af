//! What a Unix descriptor can be asked, and the standard streams.

use super::clock::{nanos, timespec};
use crate::wasi::errno::Errno;
use crate::wasi::sys::SetTime;
use crate::wasi::types::{Advice, FdFlags, FileType, Filestat, Whence};
use cap_fs_ext::SystemTimeSpec;
use cap_std::time::SystemTime;
use rustix::fd::BorrowedFd;
use rustix::fs::{OFlags, SeekFrom, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::{self, retry_on_intr};
use std::io::{IoSlice, IoSliceMut};
use std::time::{Duration, UNIX_EPOCH};

fn host_time(time: SetTime) -> Timespec {
    match time {
        SetTime::Keep => Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        SetTime::Now => Timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        SetTime::To(nanos) => timespec(nanos),
    }
}

/// A time as cap-std wants it.
pub(super) fn for_path(time: SetTime) -> Option<SystemTimeSpec> {
    match time {
        SetTime::Keep => None,
        SetTime::Now => Some(SystemTimeSpec::SymbolicNow),
        SetTime::To(nanos) => {
            let time = UNIX_EPOCH + Duration::from_nanos(nanos);
            Some(SystemTimeSpec::Absolute(SystemTime::from_std(time)))
        }
    }
}

pub(super) fn timestamps(atim: SetTime, mtim: SetTime) -> Timestamps {
    Timestamps { last_access: host_time(atim), last_modification: host_time(mtim) }
}

pub(in crate::wasi) fn stdin() -> BorrowedFd<'static> {
    rustix::stdio::stdin()
}

pub(in crate::wasi) fn stdout() -> BorrowedFd<'static> {
    rustix::stdio::stdout()
}

pub(in crate::wasi) fn stderr() -> BorrowedFd<'static> {
    rustix::stdio::stderr()
}

pub(in crate::wasi) fn read(fd: BorrowedFd<'_>, slices: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
    Ok(retry_on_intr(|| match slices {
        [slice] => io::read(fd, &mut **slice),
        _ => io::readv(fd, slices),
    })?)
}

pub(in crate::wasi) fn write(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
    Ok(retry_on_intr(|| match slices {
        [slice] => io::write(fd, slice),
        _ => io::writev(fd, slices),
    })?)
}

/// Reads from `offset`; the descriptor's own position stays.
pub(in crate::wasi) fn read_at(fd: BorrowedFd<'_>, slices: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
    Ok(retry_on_intr(|| io::preadv(fd, slices, offset))?)
}

/// Writes to `offset`; the descriptor's own position stays. Linux appends whatever the offset, where the descriptor does.
pub(in crate::wasi) fn write_at(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
    Ok(retry_on_intr(|| io::pwritev(fd, slices, offset))?)
}

/// Moves the position and tells it, in bytes from the file's beginning.
pub(in crate::wasi) fn seek(fd: BorrowedFd<'_>, offset: i64, whence: Whence) -> Result<u64, Errno> {
    let to = match whence {
        Whence::Set => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        Whence::Cur => SeekFrom::Current(offset),
        Whence::End => SeekFrom::End(offset),
    };
    Ok(rustix::fs::seek(fd, to)?)
}

pub(in crate::wasi) fn is_terminal(fd: BorrowedFd<'_>) -> bool {
    rustix::termios::isatty(fd)
}

/// A terminal keeps nothing that would have to be put back.
pub(in crate::wasi) fn restore_terminal(_fd: BorrowedFd<'_>) {}

/// The flags that the operating system keeps for a descriptor.
pub(in crate::wasi) fn flags(fd: BorrowedFd<'_>) -> Result<FdFlags, Errno> {
    let host = rustix::fs::fcntl_getfl(fd)?;
    let sync = host.contains(OFlags::SYNC);
    Ok(FdFlags::NONE
        .with(FdFlags::APPEND, host.contains(OFlags::APPEND))
        .with(FdFlags::NONBLOCK, host.contains(OFlags::NONBLOCK))
        .with(FdFlags::SYNC, sync)
        .with(FdFlags::DSYNC, !sync && host.contains(OFlags::DSYNC)))
}

/// Sets `APPEND` and `NONBLOCK` as given. The synchronous flags are fixed when a file is opened: asking for one that is
/// not there is `NOTSUP`, leaving one out changes nothing, as with `fcntl`.
pub(in crate::wasi) fn set_flags(fd: BorrowedFd<'_>, flags: FdFlags) -> Result<(), Errno> {
    let before = self::flags(fd)?;
    let wanted_sync = flags.intersection(FdFlags::SYNC.union(FdFlags::DSYNC).union(FdFlags::RSYNC));
    let has_sync =
        before.intersects(FdFlags::SYNC) || before.intersects(FdFlags::DSYNC) && !wanted_sync.intersects(FdFlags::SYNC);
    if wanted_sync != FdFlags::NONE && !has_sync {
        return Err(Errno::Notsup);
    }
    let mut host = rustix::fs::fcntl_getfl(fd)?;
    host.set(OFlags::APPEND, flags.contains(FdFlags::APPEND));
    host.set(OFlags::NONBLOCK, flags.contains(FdFlags::NONBLOCK));
    Ok(rustix::fs::fcntl_setfl(fd, host)?)
}

pub(super) fn file_type(host: rustix::fs::FileType) -> FileType {
    match host {
        rustix::fs::FileType::RegularFile => FileType::RegularFile,
        rustix::fs::FileType::Directory => FileType::Directory,
        rustix::fs::FileType::Symlink => FileType::SymbolicLink,
        rustix::fs::FileType::CharacterDevice => FileType::CharacterDevice,
        rustix::fs::FileType::BlockDevice => FileType::BlockDevice,
        rustix::fs::FileType::Socket => FileType::SocketStream,
        _ => FileType::Unknown,
    }
}

#[allow(clippy::unnecessary_cast, reason = "the fields have other widths on macOS")]
pub(in crate::wasi) fn filestat(fd: BorrowedFd<'_>) -> Result<Filestat, Errno> {
    let stat = rustix::fs::fstat(fd)?;
    let time = |seconds, nanoseconds| nanos(Timespec { tv_sec: seconds as i64, tv_nsec: nanoseconds as _ });
    Ok(Filestat {
        dev: stat.st_dev as u64,
        ino: stat.st_ino as u64,
        filetype: file_type(rustix::fs::FileType::from_raw_mode(stat.st_mode)) as u8,
        nlink: stat.st_nlink as u64,
        size: stat.st_size as u64,
        atim: time(stat.st_atime, stat.st_atime_nsec),
        mtim: time(stat.st_mtime, stat.st_mtime_nsec),
        ctim: time(stat.st_ctime, stat.st_ctime_nsec),
    })
}

pub(in crate::wasi) fn set_times(fd: BorrowedFd<'_>, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
    Ok(rustix::fs::futimens(fd, &timestamps(atim, mtim))?)
}

pub(in crate::wasi) fn set_size(fd: BorrowedFd<'_>, size: u64) -> Result<(), Errno> {
    i64::try_from(size).map_err(|_| Errno::Fbig)?;
    Ok(retry_on_intr(|| rustix::fs::ftruncate(fd, size))?)
}

/// Makes room for `len` bytes from `offset`, and the file at least that long. Where the file system cannot reserve
/// room, only the length is made.
#[cfg(target_os = "linux")]
pub(in crate::wasi) fn allocate(fd: BorrowedFd<'_>, offset: u64, len: u64) -> Result<(), Errno> {
    let end = checked_end(offset, len)?;
    match retry_on_intr(|| rustix::fs::fallocate(fd, rustix::fs::FallocateFlags::empty(), offset, len)) {
        Err(io::Errno::OPNOTSUPP | io::Errno::NOSYS) => grow(fd, end),
        other => Ok(other?),
    }
}

/// Makes the file at least `offset + len` bytes long; macOS has no call that reserves a range.
#[cfg(not(target_os = "linux"))]
pub(in crate::wasi) fn allocate(fd: BorrowedFd<'_>, offset: u64, len: u64) -> Result<(), Errno> {
    grow(fd, checked_end(offset, len)?)
}

fn checked_end(offset: u64, len: u64) -> Result<u64, Errno> {
    if len == 0 {
        return Err(Errno::Inval);
    }
    offset.checked_add(len).filter(|&end| i64::try_from(end).is_ok()).ok_or(Errno::Fbig)
}

fn grow(fd: BorrowedFd<'_>, end: u64) -> Result<(), Errno> {
    if filestat(fd)?.size < end { set_size(fd, end) } else { Ok(()) }
}

/// Tells the operating system how a range will be used; 0 bytes mean up to the end.
#[cfg(target_os = "linux")]
pub(in crate::wasi) fn advise(fd: BorrowedFd<'_>, offset: u64, len: u64, advice: Advice) -> Result<(), Errno> {
    let host = match advice {
        Advice::Normal => rustix::fs::Advice::Normal,
        Advice::Sequential => rustix::fs::Advice::Sequential,
        Advice::Random => rustix::fs::Advice::Random,
        Advice::WillNeed => rustix::fs::Advice::WillNeed,
        Advice::DontNeed => rustix::fs::Advice::DontNeed,
        Advice::NoReuse => rustix::fs::Advice::NoReuse,
    };
    if i64::try_from(offset).is_err() || i64::try_from(len).is_err() {
        return Err(Errno::Inval);
    }
    Ok(rustix::fs::fadvise(fd, offset, std::num::NonZeroU64::new(len), host)?)
}

/// macOS has no such call; advice may be ignored.
#[cfg(not(target_os = "linux"))]
pub(in crate::wasi) fn advise(_fd: BorrowedFd<'_>, _offset: u64, _len: u64, _advice: Advice) -> Result<(), Errno> {
    Ok(())
}

pub(in crate::wasi) fn sync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    Ok(retry_on_intr(|| rustix::fs::fsync(fd))?)
}

#[cfg(target_os = "linux")]
pub(in crate::wasi) fn datasync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    Ok(retry_on_intr(|| rustix::fs::fdatasync(fd))?)
}

/// macOS has no weaker call than `fsync`.
#[cfg(not(target_os = "linux"))]
pub(in crate::wasi) fn datasync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    sync(fd)
}

/// Bytes that a read would give at once, as far as the operating system tells.
pub(in crate::wasi) fn available(fd: BorrowedFd<'_>) -> u64 {
    let stat = filestat(fd).unwrap_or_default();
    if stat.filetype == FileType::RegularFile as u8 {
        let position = seek(fd, 0, Whence::Cur).unwrap_or(0);
        return stat.size.saturating_sub(position);
    }
    io::ioctl_fionread(fd).unwrap_or(0)
}

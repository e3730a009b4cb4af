//! What a descriptor of Windows can be asked, and the standard streams.
//!
//! Files are the standard library's. Their position is the system's, and reading or writing at a place moves it, so that it
//! is put back. `APPEND` is heeded with each write, by the offset that means the end, which the file system finds and writes
//! at in one step.

use super::dir::set_times_of;
use super::fd::{BorrowedFd, Host};
use super::handle::{self, Kind};
use super::standard::{STDERR, STDIN, STDOUT};
use crate::wasi::errno::Errno;
use crate::wasi::sys::SetTime;
use crate::wasi::types::{Advice, FdFlags, FileType, Filestat, Whence};
use std::fs::{File, FileTimes};
use std::io::{self, IoSlice, IoSliceMut, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::windows::fs::FileExt;
use std::os::windows::io::AsHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use windows_sys::Win32::Foundation::ERROR_ACCESS_DENIED;

/// The offset that stands for the end of a file: `FILE_WRITE_TO_END_OF_FILE`.
const END_OF_FILE: u64 = u64::MAX;

/// Bytes of several buffers that are put together, so that they are written at once.
const GATHERED_BYTES: usize = 64 << 10;

pub(in crate::wasi) fn stdin() -> BorrowedFd<'static> {
    BorrowedFd::Standard(&STDIN)
}

pub(in crate::wasi) fn stdout() -> BorrowedFd<'static> {
    BorrowedFd::Standard(&STDOUT)
}

pub(in crate::wasi) fn stderr() -> BorrowedFd<'static> {
    BorrowedFd::Standard(&STDERR)
}

/// A file on a disk, or why there is none.
fn disk_file(fd: BorrowedFd<'_>, otherwise: Errno) -> Result<&File, Errno> {
    match fd {
        BorrowedFd::Opened(opened) => match &opened.host {
            Host::File(file) => Ok(file),
            Host::Listener(_) | Host::Stream(_) => Err(otherwise),
        },
        BorrowedFd::Dir(_) => Err(Errno::Isdir),
        BorrowedFd::Standard(standard) => {
            standard.open().filter(|open| open.kind == Kind::Disk).map(|open| &open.file).ok_or(otherwise)
        }
    }
}

pub(in crate::wasi) fn read(fd: BorrowedFd<'_>, slices: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
    match fd {
        BorrowedFd::Opened(opened) => match &opened.host {
            Host::File(file) => Ok(read_file(file, slices, true)?),
            Host::Stream(stream) => Ok((&*stream).read_vectored(slices)?),
            Host::Listener(_) => Err(Errno::Notconn),
        },
        BorrowedFd::Standard(standard) => standard.read(slices),
        BorrowedFd::Dir(_) => Err(Errno::Isdir),
    }
}

/// Fills the buffers one after the other; what is no file on a disk fills one at most, lest it wait with bytes in hand.
pub(super) fn read_file(mut file: &File, slices: &mut [IoSliceMut<'_>], is_disk: bool) -> io::Result<usize> {
    let mut total = 0;
    for slice in slices.iter_mut().filter(|slice| !slice.is_empty()) {
        match file.read(slice) {
            Ok(count) => {
                total += count;
                if count < slice.len() || !is_disk {
                    break;
                }
            }
            Err(_) if total > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

pub(in crate::wasi) fn write(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
    match fd {
        BorrowedFd::Opened(opened) => match &opened.host {
            Host::File(file) => Ok(write_file(file, slices, opened.flags())?),
            Host::Stream(stream) => Ok((&*stream).write_vectored(slices)?),
            Host::Listener(_) => Err(Errno::Pipe),
        },
        BorrowedFd::Standard(standard) => standard.write(slices),
        BorrowedFd::Dir(_) => Err(Errno::Badf),
    }
}

/// Writes with one call, and thus at most so many bytes of several buffers as are put together.
pub(super) fn write_file(mut file: &File, slices: &[IoSlice<'_>], flags: FdFlags) -> io::Result<usize> {
    gathered(slices, |bytes| {
        if flags.contains(FdFlags::APPEND) { file.seek_write(bytes, END_OF_FILE) } else { file.write(bytes) }
    })
}

/// Does something with the bytes of all buffers, or with as many of them as are put together.
fn gathered(slices: &[IoSlice<'_>], act: impl FnOnce(&[u8]) -> io::Result<usize>) -> io::Result<usize> {
    let mut full = slices.iter().filter(|slice| !slice.is_empty());
    let (Some(first), rest) = (full.next(), full) else { return Ok(0) };
    if first.len() >= GATHERED_BYTES || rest.clone().next().is_none() {
        return act(first);
    }
    let mut bytes = first.to_vec();
    for slice in rest {
        let room = GATHERED_BYTES - bytes.len();
        bytes.extend_from_slice(&slice[..slice.len().min(room)]);
    }
    act(&bytes)
}

/// Does something that moves the position, and puts it back.
fn keeping_position<T>(mut file: &File, act: impl FnOnce() -> io::Result<T>) -> Result<T, Errno> {
    let position = file.stream_position()?;
    let outcome = act();
    file.seek(SeekFrom::Start(position))?;
    Ok(outcome?)
}

/// Reads from `offset`; the descriptor's own position stays.
pub(in crate::wasi) fn read_at(fd: BorrowedFd<'_>, slices: &mut [IoSliceMut<'_>], offset: u64) -> Result<usize, Errno> {
    let file = disk_file(fd, Errno::Spipe)?;
    keeping_position(file, || {
        let mut total = 0;
        for slice in slices.iter_mut().filter(|slice| !slice.is_empty()) {
            let count = file.seek_read(slice, offset + total as u64)?;
            total += count;
            if count < slice.len() {
                break;
            }
        }
        Ok(total)
    })
}

/// Writes to `offset`; the descriptor's own position stays. As on Linux, a descriptor that appends does so at any offset.
pub(in crate::wasi) fn write_at(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>], offset: u64) -> Result<usize, Errno> {
    let file = disk_file(fd, Errno::Spipe)?;
    let appends = flags(fd)?.contains(FdFlags::APPEND);
    let offset = if appends { END_OF_FILE } else { offset };
    keeping_position(file, || gathered(slices, |bytes| file.seek_write(bytes, offset)))
}

/// Moves the position and tells it, in bytes from the file's beginning.
pub(in crate::wasi) fn seek(fd: BorrowedFd<'_>, offset: i64, whence: Whence) -> Result<u64, Errno> {
    let to = match whence {
        Whence::Set => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
        Whence::Cur => SeekFrom::Current(offset),
        Whence::End => SeekFrom::End(offset),
    };
    Ok(disk_file(fd, Errno::Spipe)?.seek(to)?)
}

/// Whether this is a console, or one of those pipes that stand for one with the terminals that came from Unix.
pub(in crate::wasi) fn is_terminal(fd: BorrowedFd<'_>) -> bool {
    matches!(fd, BorrowedFd::Standard(standard) if standard.open().is_some_and(|open| open.file.is_terminal()))
}

/// Leaves a console as it was before the guest wrote to it.
pub(in crate::wasi) fn restore_terminal(fd: BorrowedFd<'_>) {
    if let BorrowedFd::Standard(standard) = fd {
        standard.restore();
    }
}

/// The flags of a descriptor. The system keeps none; those of a standard stream are not known.
pub(in crate::wasi) fn flags(fd: BorrowedFd<'_>) -> Result<FdFlags, Errno> {
    match fd {
        BorrowedFd::Opened(opened) => Ok(opened.flags()),
        BorrowedFd::Dir(_) | BorrowedFd::Standard(_) => Ok(FdFlags::NONE),
    }
}

/// Sets `APPEND` and `NONBLOCK` as given. The synchronous flags are fixed when a file is opened: asking for one that is
/// not there is `NOTSUP`, leaving one out changes nothing.
pub(in crate::wasi) fn set_flags(fd: BorrowedFd<'_>, flags: FdFlags) -> Result<(), Errno> {
    let BorrowedFd::Opened(opened) = fd else { return Err(Errno::Notsup) };
    let synchronous = FdFlags::SYNC.union(FdFlags::DSYNC).union(FdFlags::RSYNC);
    let kept = opened.flags().intersection(synchronous);
    if flags.intersects(synchronous) && kept == FdFlags::NONE {
        return Err(Errno::Notsup);
    }
    let nonblock = flags.contains(FdFlags::NONBLOCK);
    match &opened.host {
        Host::File(_) => {}
        Host::Listener(listener) => listener.set_nonblocking(nonblock)?,
        Host::Stream(stream) => stream.set_nonblocking(nonblock)?,
    }
    opened.set_flags(flags.without(synchronous).union(kept));
    Ok(())
}

pub(in crate::wasi) fn filestat(fd: BorrowedFd<'_>) -> Result<Filestat, Errno> {
    let of_type = |filetype: FileType| Filestat { filetype: filetype as u8, nlink: 1, ..Filestat::default() };
    match fd {
        BorrowedFd::Opened(opened) => match &opened.host {
            Host::File(file) => Ok(handle::filestat(file.as_handle())?),
            Host::Listener(_) | Host::Stream(_) => Ok(of_type(FileType::SocketStream)),
        },
        BorrowedFd::Dir(dir) => Ok(handle::filestat(dir)?),
        BorrowedFd::Standard(standard) => match standard.open() {
            Some(open) if open.kind == Kind::Disk => Ok(handle::filestat(open.file.as_handle())?),
            Some(open) if open.kind == Kind::Pipe => Ok(of_type(FileType::Unknown)),
            _ => Ok(of_type(FileType::CharacterDevice)),
        },
    }
}

/// Times as the standard library wants them.
pub(super) fn file_times(atim: SetTime, mtim: SetTime) -> FileTimes {
    let time = |time| match time {
        SetTime::Keep => None,
        SetTime::Now => Some(SystemTime::now()),
        SetTime::To(nanos) => Some(UNIX_EPOCH + Duration::from_nanos(nanos)),
    };
    let mut times = FileTimes::new();
    if let Some(atim) = time(atim) {
        times = times.set_accessed(atim);
    }
    if let Some(mtim) = time(mtim) {
        times = times.set_modified(mtim);
    }
    times
}

/// Sets times, also through a descriptor that is open for reading alone.
pub(in crate::wasi) fn set_times(fd: BorrowedFd<'_>, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
    let file = disk_file(fd, Errno::Notsup)?;
    match file.set_times(file_times(atim, mtim)) {
        Err(denied) if denied.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32) => {
            Ok(set_times_of(file.as_handle(), atim, mtim)?)
        }
        set => Ok(set?),
    }
}

pub(in crate::wasi) fn set_size(fd: BorrowedFd<'_>, size: u64) -> Result<(), Errno> {
    i64::try_from(size).map_err(|_| Errno::Fbig)?;
    Ok(disk_file(fd, Errno::Inval)?.set_len(size)?)
}

/// Makes the file at least `offset + len` bytes long; NTFS then has room for them, but in a sparse file.
pub(in crate::wasi) fn allocate(fd: BorrowedFd<'_>, offset: u64, len: u64) -> Result<(), Errno> {
    let file = disk_file(fd, Errno::Spipe)?;
    if len == 0 {
        return Err(Errno::Inval);
    }
    let end = offset.checked_add(len).filter(|&end| i64::try_from(end).is_ok()).ok_or(Errno::Fbig)?;
    if handle::filestat(file.as_handle())?.size < end { set_size(fd, end) } else { Ok(()) }
}

/// The system takes advice only when a file is opened; it may be ignored.
pub(in crate::wasi) fn advise(fd: BorrowedFd<'_>, offset: u64, len: u64, _advice: Advice) -> Result<(), Errno> {
    disk_file(fd, Errno::Spipe)?;
    if i64::try_from(offset).is_err() || i64::try_from(len).is_err() {
        return Err(Errno::Inval);
    }
    Ok(())
}

/// Writes to the disk. Through a descriptor that is open for reading alone nothing was written.
pub(in crate::wasi) fn sync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    match disk_file(fd, Errno::Inval)?.sync_all() {
        Err(denied) if denied.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32) => Ok(()),
        synced => Ok(synced?),
    }
}

/// There is no weaker call than that of [`sync`].
pub(in crate::wasi) fn datasync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    sync(fd)
}

/// Bytes that a read would give at once, as far as the system tells.
pub(in crate::wasi) fn available(fd: BorrowedFd<'_>) -> u64 {
    if let Ok(mut file) = disk_file(fd, Errno::Spipe) {
        let size = handle::filestat(file.as_handle()).unwrap_or_default().size;
        return size.saturating_sub(file.stream_position().unwrap_or(0));
    }
    match fd {
        BorrowedFd::Opened(opened) => match &opened.host {
            Host::Stream(stream) => super::socket::bytes_in_socket(stream),
            Host::File(_) | Host::Listener(_) => 0,
        },
        BorrowedFd::Standard(standard) => match standard.open() {
            Some(open) if open.kind == Kind::Pipe => handle::bytes_in_pipe(open.file.as_handle()).unwrap_or(0).into(),
            Some(open) if open.is_console => standard.console().typed_bytes() as u64,
            _ => 0,
        },
        BorrowedFd::Dir(_) => 0,
    }
}

//! Reading, writing and moving: the `fd_` functions that act on an open descriptor.
//!
//! Data goes straight between guest memory and the operating system, one system call a call. The position of a file is
//! the operating system's; nothing is buffered here. What is known *about* a descriptor stands in [`super::fd_stat`].

use super::ctx::WasiCtx;
use super::descriptor::Object;
use super::errno::Errno;
use super::guest::GuestMemory;
use super::stdio::Stream;
use super::sys::{self, AsFd, BorrowedFd};
use super::types::{Advice, Rights, Whence};
use std::mem;

/// Reads from a descriptor, from its position on.
///
/// Parameters: `fd`; `iovs`, a list of buffers to fill, 8 bytes each: pointer and length; `iovs_len`, how many;
/// `nread`, where the number of bytes goes, 4 bytes. 0 bytes mean the end.
///
/// Errors: `BADF` for a number that is not open, or not for reading; `ISDIR` for a directory; `FAULT` where a buffer, the
/// list or the result does not fit into memory; `AGAIN` with `NONBLOCK` and nothing to read; whatever the host answers.
///
/// With a list of two buffers, of 2 bytes at 18 and of 4 at 22, and the input `wazero`:
///
/// ```text
/// iovs  18 0 0 0  2 0 0 0  22 0 0 0  4 0 0 0
/// 18    'w' 'a' ? ? 'z' 'e' 'r' 'o' ?
/// nread 6 0 0 0
/// ```
///
/// POSIX: [readv](https://pubs.opengroup.org/onlinepubs/9799919799/functions/readv.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_read>
pub(super) fn fd_read(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nread: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.table.get_mut(fd)?;
    if let Object::Dir(_) = descriptor.object {
        return Err(Errno::Isdir);
    }
    descriptor.require(Rights::FD_READ)?;
    memory.check(nread, 4)?;
    descriptor.before_read()?;
    let count = memory.scatter(iovs, iovs_len, |slices| match &mut descriptor.object {
        Object::File(file) | Object::Socket(file) => sys::read(file.as_fd(), slices),
        Object::Stream(stream) => stream.read(slices),
        Object::Dir(_) => Err(Errno::Isdir),
    })?;
    memory.write(nread, count as u32)
}

/// Reads from a place in a file; its position stays.
///
/// Parameters: as [`fd_read`], with `offset` in bytes from the file's beginning.
///
/// Errors: as [`fd_read`]; `SPIPE` for what has no places; `INVAL` for an offset of 2^63 or more.
///
/// POSIX: [pread](https://pubs.opengroup.org/onlinepubs/9799919799/functions/pread.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_pread>
pub(super) fn fd_pread(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nread: u32,
) -> Result<(), Errno> {
    let file = file(ctx, fd, Rights::FD_READ)?;
    memory.check(nread, 4)?;
    check_offset(offset)?;
    let count = memory.scatter(iovs, iovs_len, |slices| sys::read_at(file, slices, offset))?;
    memory.write(nread, count as u32)
}

/// Writes to a descriptor, at its position or, with `APPEND`, at the end.
///
/// Parameters: `fd`; `iovs`, a list of buffers, 8 bytes each: pointer and length; `iovs_len`, how many; `nwritten`, where
/// the number of bytes goes, 4 bytes. It may be less than there were.
///
/// Errors: `BADF` for a number that is not open, or not for writing; `FAULT` where a buffer, the list or the result does
/// not fit into memory; `PIPE` when nobody reads any more, once for a standard stream, whose next write ends the program; `NOSPC`, `DQUOT`, `FBIG` for what they say; `AGAIN` with
/// `NONBLOCK` and no room; whatever the host answers.
///
/// POSIX: [writev](https://pubs.opengroup.org/onlinepubs/9799919799/functions/writev.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_write>
pub(super) fn fd_write(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    nwritten: u32,
) -> Result<(), Errno> {
    let descriptor = ctx.table.get_mut(fd)?;
    descriptor.require(Rights::FD_WRITE)?;
    memory.check(nwritten, 4)?;
    let written = memory.gather(iovs, iovs_len, |slices| match &mut descriptor.object {
        Object::File(file) | Object::Socket(file) => sys::write(file.as_fd(), slices),
        Object::Stream(stream) => stream.write(slices),
        Object::Dir(_) => Err(Errno::Badf),
    });
    match written {
        Ok(count) => memory.write(nwritten, count as u32),
        Err(errno) => Err(unwritten(ctx, fd, errno)),
    }
}

/// Why a write failed. That nobody reads one of the process's streams is told once: a guest that handles it stops writing
/// there, and any other is ended at its next attempt, as SIGPIPE ends programs that never check.
#[cold]
fn unwritten(ctx: &mut WasiCtx, fd: u32, errno: Errno) -> Errno {
    let Ok(Object::Stream(Stream::Inherited(stream))) = ctx.table.get_mut(fd).map(|found| &mut found.object) else {
        return errno;
    };
    if errno != Errno::Pipe {
        return errno;
    }
    ctx.lost_its_reader = true;
    if mem::replace(&mut stream.lost_its_reader, true) { Errno::Sigpipe } else { Errno::Pipe }
}

/// Writes to a place in a file; its position stays.
///
/// Parameters: as [`fd_write`], with `offset` in bytes from the file's beginning.
///
/// Errors: as [`fd_write`]; `ISDIR` for a directory; `SPIPE` for what has no places; `INVAL` for an offset of 2^63 or more.
///
/// POSIX: [pwrite](https://pubs.opengroup.org/onlinepubs/9799919799/functions/pwrite.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_pwrite>
pub(super) fn fd_pwrite(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    iovs: u32,
    iovs_len: u32,
    offset: u64,
    nwritten: u32,
) -> Result<(), Errno> {
    let file = file(ctx, fd, Rights::FD_WRITE)?;
    memory.check(nwritten, 4)?;
    check_offset(offset)?;
    let count = memory.gather(iovs, iovs_len, |slices| sys::write_at(file, slices, offset))?;
    memory.write(nwritten, count as u32)
}

/// The host's descriptor of something with places. An embedder's reader or writer has none.
fn file(ctx: &WasiCtx, fd: u32, right: Rights) -> Result<BorrowedFd<'_>, Errno> {
    let descriptor = ctx.table.get(fd)?;
    let host = descriptor.host(Errno::Spipe)?;
    descriptor.require(right)?;
    Ok(host)
}

fn check_offset(offset: u64) -> Result<(), Errno> {
    i64::try_from(offset).map(|_| ()).map_err(|_| Errno::Inval)
}

/// Moves the position of a descriptor.
///
/// Parameters: `fd`; `offset`, signed, in bytes; `whence`, from where it counts: 0 the beginning, 1 the position, 2 the
/// end; `newoffset`, where the new position goes, 8 bytes, counted from the beginning.
///
/// Errors: `BADF` for a number that is not open; `ISDIR` for a directory; `SPIPE` for a pipe, a terminal or a socket;
/// `INVAL` for another `whence` or a position before the beginning; `FAULT` where the result does not fit into memory.
///
/// POSIX: [lseek](https://pubs.opengroup.org/onlinepubs/9799919799/functions/lseek.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_seek>
pub(super) fn fd_seek(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    offset: i64,
    whence: u32,
    newoffset: u32,
) -> Result<(), Errno> {
    // Guests ask at times only where they are, which needs no more than the right to know.
    let asks = offset == 0 && whence == Whence::Cur as u32;
    let file = file(ctx, fd, if asks { Rights::FD_TELL } else { Rights::FD_SEEK })?;
    memory.check(newoffset, 8)?;
    let position = sys::seek(file, offset, Whence::from_guest(whence)?)?;
    memory.write(newoffset, position)
}

/// Tells the position of a descriptor.
///
/// Parameters: `fd`; `offset`, where the position goes, 8 bytes, counted from the beginning.
///
/// Errors: as [`fd_seek`].
///
/// POSIX: [lseek](https://pubs.opengroup.org/onlinepubs/9799919799/functions/lseek.html) by 0 from the position.
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_tell>
pub(super) fn fd_tell(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, fd: u32, offset: u32) -> Result<(), Errno> {
    fd_seek(ctx, memory, fd, 0, Whence::Cur as u32, offset)
}

/// Closes a descriptor. Its number is free from then on. A standard stream closes for the guest alone.
///
/// Parameters: `fd`.
///
/// Errors: `BADF` for a number that is not open.
///
/// POSIX: [close](https://pubs.opengroup.org/onlinepubs/9799919799/functions/close.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_close>
pub(super) fn fd_close(ctx: &mut WasiCtx, _memory: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
    ctx.table.remove(fd).map(|_| ())
}

/// Moves a descriptor to another number, whose descriptor is closed.
///
/// Parameters: `fd`, which is free afterwards; `to`, which must be open. Both may be the same number.
///
/// Errors: `BADF` where either is not open.
///
/// POSIX: [dup2](https://pubs.opengroup.org/onlinepubs/9799919799/functions/dup2.html) and close in one.
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_renumber>
pub(super) fn fd_renumber(ctx: &mut WasiCtx, _memory: &mut GuestMemory<'_>, fd: u32, to: u32) -> Result<(), Errno> {
    ctx.table.renumber(fd, to)
}

/// Waits until what was written is on the disk, with all that is known about the file. A stream in memory always is.
///
/// Parameters: `fd`.
///
/// Errors: `BADF` for a number that is not open; `INVAL` for a pipe or a terminal; `IO`, `NOSPC`, `DQUOT` for what could
/// not be written.
///
/// POSIX: [fsync](https://pubs.opengroup.org/onlinepubs/9799919799/functions/fsync.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_sync>
pub(super) fn fd_sync(ctx: &mut WasiCtx, _memory: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
    let descriptor = ctx.table.get(fd)?;
    descriptor.require(Rights::FD_SYNC)?;
    match (&descriptor.object, descriptor.host(Errno::Nosys)) {
        (Object::Dir(dir), _) => dir.host().map_or(Ok(()), |dir| sys::sync_dir(dir.as_fd())),
        (_, Ok(file)) => sys::sync(file),
        (_, Err(_)) => Ok(()),
    }
}

/// Waits until what was written is on the disk, with what is needed to read it.
///
/// Parameters and errors: as [`fd_sync`].
///
/// POSIX: [fdatasync](https://pubs.opengroup.org/onlinepubs/9799919799/functions/fdatasync.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_datasync>
pub(super) fn fd_datasync(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, fd: u32) -> Result<(), Errno> {
    let descriptor = ctx.table.get(fd)?;
    descriptor.require(Rights::FD_DATASYNC)?;
    match descriptor.host(Errno::Nosys) {
        Ok(file) => sys::datasync(file),
        Err(_) => fd_sync(ctx, memory, fd),
    }
}

/// Tells the host how a range of a file will be used. It may take the advice or not.
///
/// Parameters: `fd`; `offset` and `len`, the range in bytes, where 0 means up to the end; `advice`, 0 to 5.
///
/// Errors: `BADF` for a number that is not open, or a directory; `SPIPE` for a pipe; `INVAL` for another advice or a range
/// from 2^63 on.
///
/// POSIX: [posix_fadvise](https://pubs.opengroup.org/onlinepubs/9799919799/functions/posix_fadvise.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_advise>
pub(super) fn fd_advise(
    ctx: &mut WasiCtx,
    _memory: &mut GuestMemory<'_>,
    fd: u32,
    offset: u64,
    len: u64,
    advice: u32,
) -> Result<(), Errno> {
    let advice = Advice::from_guest(advice)?;
    match file(ctx, fd, Rights::FD_ADVISE) {
        Ok(file) => sys::advise(file, offset, len, advice),
        Err(Errno::Isdir) => Err(Errno::Badf),
        Err(errno) => Err(errno),
    }
}

/// Makes room on the disk for a range of a file, and the file at least that long.
///
/// Parameters: `fd`; `offset` and `len`, the range in bytes.
///
/// Errors: `BADF` for a number that is not open, or not for writing, or a directory; `INVAL` for an empty range; `FBIG`
/// for one that ends behind 2^63; `NOSPC` where there is no room; `SPIPE` or `NODEV` for what is no file.
///
/// POSIX: [posix_fallocate](https://pubs.opengroup.org/onlinepubs/9799919799/functions/posix_fallocate.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_allocate>
pub(super) fn fd_allocate(
    ctx: &mut WasiCtx,
    _memory: &mut GuestMemory<'_>,
    fd: u32,
    offset: u64,
    len: u64,
) -> Result<(), Errno> {
    let descriptor = ctx.table.get(fd)?;
    descriptor.require(Rights::FD_ALLOCATE)?;
    if descriptor.dir().is_ok() {
        return Err(Errno::Badf);
    }
    sys::allocate(file(ctx, fd, Rights::FD_WRITE)?, offset, len)
}

#[cfg(test)]
#[path = "fd/tests.rs"]
mod tests;

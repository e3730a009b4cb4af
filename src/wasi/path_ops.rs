//! The `path_` functions that act on a path without opening it.
//!
//! What changes a directory asks for a mount that may be changed, else it is `ROFS`. A path from one mount and one from
//! another do not meet: that is `XDEV`, upon which tools copy instead. How a path is looked up stands in [`super::path`].

use super::ctx::WasiCtx;
use super::descriptor::DirHandle;
use super::errno::Errno;
use super::fd_stat::times;
use super::guest::GuestMemory;
use super::path::locate;
use super::resolve::{Entry, Stop};
use super::sys;
use super::types::{FileType, Filestat, LookupFlags, Rights};

/// Where a path lies in guest memory: address and length.
type Span = (u32, u32);

/// Makes a directory.
///
/// Parameters: `fd`, the directory that the path starts from; `path` and `path_len`.
///
/// Errors: `BADF` for a number that is not open; `NOTDIR` for one that is no directory, or a file on the way; `EXIST`;
/// `NOENT` for an empty path or a missing directory on the way; `INVAL` for a NUL in the path; `PERM` for a path that
/// leads out of the directory; `ROFS` in a read-only mount; `NOTCAPABLE` for a right that was given up; `FAULT` where the
/// path does not lie in memory; whatever the host answers.
///
/// POSIX: [mkdirat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/mkdir.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_create_directory>
pub(super) fn path_create_directory(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let outcome = create_directory(ctx, memory, fd, (path, path_len));
    ctx.note(memory, (fd, path, path_len), outcome)
}

fn create_directory(ctx: &WasiCtx, memory: &GuestMemory<'_>, fd: u32, path: Span) -> Result<(), Stop> {
    let dir = ctx.table.dir_to_change(fd, Rights::PATH_CREATE_DIRECTORY)?;
    let new = locate(dir, memory.slice(path.0, path.1)?)?.entry()?;
    let (parent, name) = new.to_create()?;
    Ok(sys::create_directory(parent, name)?)
}

/// Tells what is known of a file.
///
/// Parameters: `fd`, the directory that the path starts from; `flags`, 1 to follow a link in the last place; `path` and
/// `path_len`; `stat`, where the 64 bytes go, as with `fd_filestat_get`.
///
/// Errors: as [`path_create_directory`], but not `EXIST` and `ROFS`; `LOOP` for links that lead in a circle.
///
/// POSIX: [fstatat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/fstatat.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_filestat_get>
pub(super) fn path_filestat_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
    stat: u32,
) -> Result<(), Errno> {
    memory.write_bytes(stat, &filestat(ctx, memory, fd, flags, path, path_len)?.encode())
}

/// What is known of a file, however it is then written.
pub(super) fn filestat(
    ctx: &mut WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
) -> Result<Filestat, Errno> {
    let follow = follows(flags)?;
    let outcome = look_up(ctx, memory, fd, (path, path_len), follow);
    ctx.note(memory, (fd, path, path_len), outcome)
}

fn look_up(ctx: &WasiCtx, memory: &GuestMemory<'_>, fd: u32, path: Span, follow: bool) -> Result<Filestat, Stop> {
    let dir = ctx.table.dir(fd, Rights::PATH_FILESTAT_GET)?;
    locate(dir, memory.slice(path.0, path.1)?)?.filestat(follow)
}

fn follows(flags: u32) -> Result<bool, Errno> {
    Ok(LookupFlags::from_guest(flags)?.contains(LookupFlags::SYMLINK_FOLLOW))
}

/// Sets when a file was last read and changed.
///
/// Parameters: `fd`, the directory that the path starts from; `flags`, 1 to follow a link in the last place, else the
/// link's own times are set; `path` and `path_len`; `atim`, `mtim` and `fst_flags` as with `fd_filestat_set_times`.
///
/// Errors: as [`path_create_directory`], but not `EXIST`; `INVAL` for unknown flags, or both a time and the present.
///
/// POSIX: [utimensat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/utimensat.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_filestat_set_times>
pub(super) fn path_filestat_set_times(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    path_len: u32,
    atim: u64,
    mtim: u64,
    fst_flags: u32,
) -> Result<(), Errno> {
    let (atim, mtim) = times(atim, mtim, fst_flags)?;
    let follow = follows(flags)?;
    let outcome = set_times(ctx, memory, fd, (path, path_len), follow, (atim, mtim));
    ctx.note(memory, (fd, path, path_len), outcome)
}

fn set_times(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    path: Span,
    follow: bool,
    (atim, mtim): (sys::SetTime, sys::SetTime),
) -> Result<(), Stop> {
    let dir = ctx.table.dir_to_change(fd, Rights::PATH_FILESTAT_SET_TIMES)?;
    locate(dir, memory.slice(path.0, path.1)?)?.set_times(follow, atim, mtim)
}

/// Gives a file a second name.
///
/// Parameters: `old_fd`, `old_path` and `old_path_len`, the file; `old_flags`, 1 to follow a link in the last place, else
/// the link gets the second name; `new_fd`, `new_path` and `new_path_len`, the name.
///
/// Errors: as [`path_create_directory`]; `PERM` also for a directory; `XDEV` for two mounts.
///
/// POSIX: [linkat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/link.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_link>
pub(super) fn path_link(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    old_fd: u32,
    old_flags: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let follow = follows(old_flags)?;
    let (old, new) = ((old_path, old_path_len), (new_path, new_path_len));
    let outcome = link(ctx, memory, (old_fd, old), (new_fd, new), follow);
    ctx.note(memory, (old_fd, old_path, old_path_len), outcome)
}

fn link(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    (old_fd, old): (u32, Span),
    (new_fd, new): (u32, Span),
    follow: bool,
) -> Result<(), Stop> {
    let old_dir = ctx.table.dir_to_change(old_fd, Rights::PATH_LINK_SOURCE)?;
    let new_dir = ctx.table.dir_to_change(new_fd, Rights::PATH_LINK_TARGET)?;
    let old = locate(old_dir, memory.slice(old.0, old.1)?)?;
    let new = locate(new_dir, memory.slice(new.0, new.1)?)?;
    if old_dir.mount.number != new_dir.mount.number {
        return Err(Errno::Xdev.into());
    }
    if old.directory {
        old.filestat(true)?;
        return Err(Errno::Perm.into());
    }
    let new_entry = new.entry()?;
    refuse_directory_name(new.directory, &new_entry)?;
    let old = old.reach(follow)?;
    if old.file.is_some() {
        return Err(Errno::Xdev.into());
    }
    let (old_parent, old_name) = old.to_read()?;
    let (new_parent, new_name) = new_entry.to_create()?;
    Ok(sys::hard_link(old_parent, old_name, new_parent, new_name)?)
}

/// Refuses a name with a slash behind it for what will be no directory.
fn refuse_directory_name(slash: bool, new: &Entry<'_>) -> Result<(), Stop> {
    if !slash {
        return Ok(());
    }
    Err(if new.is_directory()? { Errno::Exist } else { Errno::Notdir }.into())
}

/// Tells where a link leads, as it was written, without a NUL behind it.
///
/// Parameters: `fd`, the directory that the path starts from; `path` and `path_len`; `buf` and `buf_len`, the buffer, into
/// which goes as much as fits; `bufused`, where the number of bytes goes, 4 bytes.
///
/// Errors: as [`path_create_directory`], but not `EXIST` and `ROFS`; `INVAL` for what is no link.
///
/// POSIX: [readlinkat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/readlink.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_readlink>
pub(super) fn path_readlink(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
    buf: u32,
    buf_len: u32,
    bufused: u32,
) -> Result<(), Errno> {
    memory.check(bufused, 4)?;
    memory.check(buf, buf_len)?;
    let outcome = read_link(ctx, memory, fd, (path, path_len));
    let target = ctx.note(memory, (fd, path, path_len), outcome)?;
    let used = target.len().min(buf_len as usize);
    memory.write_bytes(buf, &target[..used])?;
    memory.write(bufused, used as u32)
}

fn read_link(ctx: &WasiCtx, memory: &GuestMemory<'_>, fd: u32, path: Span) -> Result<Vec<u8>, Stop> {
    let dir = ctx.table.dir(fd, Rights::PATH_READLINK)?;
    let location = locate(dir, memory.slice(path.0, path.1)?)?;
    let link = location.entry()?;
    if location.directory || link.file.is_some() || link.is_folder() {
        location.filestat(true)?;
        return Err(Errno::Inval.into());
    }
    let (parent, name) = link.to_read()?;
    Ok(sys::read_link(parent, name)?)
}

/// Removes an empty directory.
///
/// Parameters: `fd`, the directory that the path starts from; `path` and `path_len`.
///
/// Errors: as [`path_create_directory`], but not `EXIST`; `NOTDIR` for what is no directory; `NOTEMPTY`; `INVAL` for `.`.
///
/// POSIX: [rmdir](https://pubs.opengroup.org/onlinepubs/9799919799/functions/rmdir.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_remove_directory>
pub(super) fn path_remove_directory(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let outcome = remove_directory(ctx, memory, fd, (path, path_len));
    ctx.note(memory, (fd, path, path_len), outcome)
}

fn remove_directory(ctx: &WasiCtx, memory: &GuestMemory<'_>, fd: u32, path: Span) -> Result<(), Stop> {
    let dir = ctx.table.dir_to_change(fd, Rights::PATH_REMOVE_DIRECTORY)?;
    let old = locate(dir, memory.slice(path.0, path.1)?)?.entry()?;
    if old.file.is_some() {
        return Err(Errno::Notdir.into());
    }
    let (parent, name) = old.to_remove()?;
    Ok(sys::remove_directory(parent, name)?)
}

/// Gives a file or directory another name. What had the new name is replaced.
///
/// Parameters: `fd`, `old_path` and `old_path_len`, what is renamed; `new_fd`, `new_path` and `new_path_len`, its new name.
///
/// Errors: as [`path_create_directory`]; `NOTDIR` for a file with a slash behind either path, or a directory over a file;
/// `ISDIR` for a file over a directory; `NOTEMPTY` for a directory over one with entries; `INVAL` for a directory into
/// itself; `XDEV` for two mounts.
///
/// POSIX: [renameat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/rename.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_rename>
pub(super) fn path_rename(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    old_path: u32,
    old_path_len: u32,
    new_fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let (old, new) = ((old_path, old_path_len), (new_path, new_path_len));
    let outcome = rename(ctx, memory, (fd, old), (new_fd, new));
    ctx.note(memory, (fd, old_path, old_path_len), outcome)
}

fn rename(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    (old_fd, old): (u32, Span),
    (new_fd, new): (u32, Span),
) -> Result<(), Stop> {
    let old_dir = ctx.table.dir_to_change(old_fd, Rights::PATH_RENAME_SOURCE)?;
    let new_dir = ctx.table.dir_to_change(new_fd, Rights::PATH_RENAME_TARGET)?;
    let old = locate(old_dir, memory.slice(old.0, old.1)?)?;
    let new = locate(new_dir, memory.slice(new.0, new.1)?)?;
    if old_dir.mount.number != new_dir.mount.number {
        return Err(Errno::Xdev.into());
    }
    let (old_entry, new_entry) = (old.entry()?, new.entry()?);
    if (old.directory || new.directory) && !old_entry.is_directory()? {
        return Err(Errno::Notdir.into());
    }
    let (old_parent, old_name) = old_entry.to_remove()?;
    let (new_parent, new_name) = match new_entry.file {
        Some(_) => return Err(Errno::Busy.into()),
        None => new_entry.to_create()?,
    };
    Ok(sys::rename(old_parent, old_name, new_parent, new_name)?)
}

/// Makes a symbolic link.
///
/// Parameters: `old_path` and `old_path_len`, where it leads, which need not exist; `fd`, `new_path` and `new_path_len`,
/// its name.
///
/// Errors: as [`path_create_directory`]; `NOENT` also for a link to nothing; `PERM` also for a link to an absolute path,
/// as the conformance suite wants it.
///
/// POSIX: [symlinkat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/symlink.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_symlink>
pub(super) fn path_symlink(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    old_path: u32,
    old_path_len: u32,
    fd: u32,
    new_path: u32,
    new_path_len: u32,
) -> Result<(), Errno> {
    let outcome = symlink(ctx, memory, (old_path, old_path_len), fd, (new_path, new_path_len));
    ctx.note(memory, (fd, new_path, new_path_len), outcome)
}

fn symlink(ctx: &WasiCtx, memory: &GuestMemory<'_>, target: Span, fd: u32, new: Span) -> Result<(), Stop> {
    let dir = ctx.table.dir_to_change(fd, Rights::PATH_SYMLINK)?;
    let target = memory.slice(target.0, target.1)?;
    let new = locate(dir, memory.slice(new.0, new.1)?)?;
    if target.is_empty() {
        return Err(Errno::Noent.into());
    }
    if target.contains(&0) {
        return Err(Errno::Inval.into());
    }
    let path = sys::path_from_bytes(target)?;
    if sys::is_absolute(path) {
        return Err(Errno::Perm.into());
    }
    let entry = new.entry()?;
    refuse_directory_name(new.directory, &entry)?;
    let (parent, name) = entry.to_create()?;
    Ok(sys::symlink(path, parent, name, || leads_to_directory(dir, new.path, target))?)
}

/// Whether a link at `path` with these contents leads to a directory, for the systems that write that down.
fn leads_to_directory(dir: &DirHandle, path: &[u8], target: &[u8]) -> bool {
    let name_start = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let place = [&path[..name_start], target].concat();
    let found = locate(dir, &place).and_then(|place| place.filestat(true));
    found.is_ok_and(|stat| stat.filetype == FileType::Directory as u8)
}

/// Removes a file, or a link itself.
///
/// Parameters: `fd`, the directory that the path starts from; `path` and `path_len`.
///
/// Errors: as [`path_create_directory`], but not `EXIST`; `ISDIR` for a directory; `NOTDIR` for a file with a slash behind
/// its path.
///
/// POSIX: [unlinkat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/unlink.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_unlink_file>
pub(super) fn path_unlink_file(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: u32,
    path_len: u32,
) -> Result<(), Errno> {
    let outcome = unlink(ctx, memory, fd, (path, path_len));
    ctx.note(memory, (fd, path, path_len), outcome)
}

fn unlink(ctx: &WasiCtx, memory: &GuestMemory<'_>, fd: u32, path: Span) -> Result<(), Stop> {
    let dir = ctx.table.dir_to_change(fd, Rights::PATH_UNLINK_FILE)?;
    let location = locate(dir, memory.slice(path.0, path.1)?)?;
    let old = location.entry()?;
    if location.directory {
        return Err(if old.is_directory()? { Errno::Isdir } else { Errno::Notdir }.into());
    }
    if old.is_folder() {
        return Err(Errno::Isdir.into());
    }
    let (parent, name) = old.to_remove()?;
    Ok(sys::remove_file(parent, name)?)
}

#[cfg(test)]
#[path = "path_ops/tests.rs"]
mod tests;

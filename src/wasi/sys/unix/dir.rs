//! Opening and listing below a directory of Unix. Every path goes through cap-std, which does not leave the directory.

use super::clock::nanos;
use super::file::{file_type, for_path, timestamps};
use super::inode::above_standard_streams;
use crate::wasi::errno::Errno;
use crate::wasi::sys::{OpenRequest, SetTime};
use crate::wasi::types::{FdFlags, FileType, Filestat};
use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, Timespec};
use rustix::io;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

/// Permissions of a new file, before the umask: other users have no business with what a guest writes.
const FILE_MODE: u32 = 0o600;

/// Permissions of a new directory, before the umask.
const DIRECTORY_MODE: u32 = 0o700;

/// The path of these bytes, unchanged: Unix asks for no encoding.
pub(in crate::wasi) fn path_from_bytes(bytes: &[u8]) -> Result<&Path, Errno> {
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// Whether a link of this contents, as the guest gives it, begins at a root.
pub(in crate::wasi) fn is_absolute(target: &Path) -> bool {
    target.is_absolute()
}

/// Opens `path`, which has no slash at its end. It never waits: what is opened is always `NONBLOCK`, which means nothing to
/// a file, and which the caller takes from everything else. The number is above those of the standard streams.
pub(in crate::wasi) fn open(dir: &Dir, path: &Path, request: OpenRequest) -> std::io::Result<OwnedFd> {
    if request.directory {
        return open_directory(dir, path, request.follow);
    }
    // The creation and status flags go past cap-std's own settings, which tie them to write access: POSIX creates files
    // that are open only for reading. Truncation is left to the caller, who first looks at what was opened.
    let mut host = OFlags::NOCTTY | OFlags::NONBLOCK;
    host.set(OFlags::CREATE, request.create);
    host.set(OFlags::EXCL, request.create && request.exclusive);
    host.set(OFlags::APPEND, request.flags.contains(FdFlags::APPEND));
    host.set(OFlags::DSYNC, request.flags.intersects(FdFlags::DSYNC.union(FdFlags::RSYNC)));
    host.set(OFlags::SYNC, request.flags.contains(FdFlags::SYNC));
    let mut options = OpenOptions::new();
    options.read(request.read).write(request.write).mode(FILE_MODE).custom_flags(host.bits() as i32);
    options.follow(if request.follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
    above_standard_streams(dir.open_with(path, &options)?.into_std().into())
}

/// Opens a directory, for listing where it may be listed.
fn open_directory(dir: &Dir, path: &Path, follow: bool) -> std::io::Result<OwnedFd> {
    let found = if follow { dir.open_dir(path) } else { dir.open_dir_nofollow(path) }?;
    above_standard_streams(match reopen(found.as_fd()) {
        Err(io::Errno::ACCESS) => found.into_std_file().into(),
        reopened => reopened?,
    })
}

/// Opens a directory once more, for reading: cap-std's own may be a mere location (`O_PATH`), which cannot be listed.
fn reopen(dir: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    rustix::fs::openat(dir, ".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

pub(in crate::wasi) fn create_directory(dir: &Dir, path: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.mode(DIRECTORY_MODE);
    dir.create_dir_with(path, &builder)
}

/// Calls `entry` with name, inode and type of each entry in the host's order, `.` and `..` among them where the host has
/// them.
pub(in crate::wasi) fn list_directory(
    dir: BorrowedFd<'_>,
    mut entry: impl FnMut(&[u8], u64, FileType),
) -> Result<(), Errno> {
    let mut entries = rustix::fs::Dir::new(reopen(dir)?)?;
    while let Some(found) = entries.read() {
        let found = found?;
        let filetype = match found.file_type() {
            rustix::fs::FileType::Unknown => type_by_name(dir, found.file_name()),
            known => file_type(known),
        };
        entry(found.file_name().to_bytes(), found.ino(), filetype);
    }
    Ok(())
}

/// The type of an entry on file systems whose listings have none.
fn type_by_name(dir: BorrowedFd<'_>, name: &std::ffi::CStr) -> FileType {
    match rustix::fs::statat(dir, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => file_type(rustix::fs::FileType::from_raw_mode(stat.st_mode)),
        Err(_) => FileType::Unknown,
    }
}

/// The directory that was opened.
pub(in crate::wasi) fn into_dir(opened: OwnedFd) -> std::io::Result<Dir> {
    Ok(Dir::from_std_file(File::from(opened)))
}

/// The same open file once more.
pub(in crate::wasi) fn duplicate(fd: BorrowedFd<'_>) -> std::io::Result<OwnedFd> {
    fd.try_clone_to_owned()
}

/// Opens a directory to look for names in it, following links.
pub(in crate::wasi) fn open_dir(dir: &Dir, path: &Path) -> std::io::Result<Dir> {
    dir.open_dir(path)
}

/// What is known of the file at a path, through a link in the last place if `follow`.
pub(in crate::wasi) fn filestat_at(dir: &Dir, path: &Path, follow: bool) -> std::io::Result<Filestat> {
    let found = if follow { dir.metadata(path) } else { dir.symlink_metadata(path) };
    Ok(filestat_of(&found?))
}

/// Where a link leads, as it was written.
pub(in crate::wasi) fn read_link(dir: &Dir, path: &Path) -> std::io::Result<Vec<u8>> {
    Ok(dir.read_link_contents(path)?.into_os_string().into_vec())
}

/// Makes a link. Whether its target is a directory makes no difference here.
pub(in crate::wasi) fn symlink(
    target: &Path,
    dir: &Dir,
    name: &Path,
    _leads_to_directory: impl FnOnce() -> bool,
) -> std::io::Result<()> {
    DirExt::symlink(dir, target, name)
}

/// Gives a file a second name.
pub(in crate::wasi) fn hard_link(old_dir: &Dir, old: &Path, new_dir: &Dir, new: &Path) -> std::io::Result<()> {
    old_dir.hard_link(old, new_dir, new)
}

/// Gives a name to something else, replacing what had it.
pub(in crate::wasi) fn rename(old_dir: &Dir, old: &Path, new_dir: &Dir, new: &Path) -> std::io::Result<()> {
    old_dir.rename(old, new_dir, new)
}

/// Removes an empty directory.
pub(in crate::wasi) fn remove_directory(dir: &Dir, name: &Path) -> std::io::Result<()> {
    dir.remove_dir(name)
}

/// Removes a file, or a link itself.
pub(in crate::wasi) fn remove_file(dir: &Dir, name: &Path) -> std::io::Result<()> {
    dir.remove_file_or_symlink(name)
}

/// Sets the times of what has this name, and not of where a link leads.
pub(in crate::wasi) fn set_times_at(dir: &Dir, name: &Path, atim: SetTime, mtim: SetTime) -> std::io::Result<()> {
    dir.set_symlink_times(name, for_path(atim), for_path(mtim))
}

/// What cap-std found out about a path.
#[allow(clippy::unnecessary_cast, reason = "a mode has another width on macOS")]
fn filestat_of(metadata: &Metadata) -> Filestat {
    let time = |seconds, nanoseconds| nanos(Timespec { tv_sec: seconds, tv_nsec: nanoseconds });
    Filestat {
        dev: metadata.dev(),
        ino: metadata.ino(),
        filetype: file_type(rustix::fs::FileType::from_raw_mode(metadata.mode() as _)) as u8,
        nlink: metadata.nlink(),
        size: metadata.size(),
        atim: time(metadata.atime(), metadata.atime_nsec()),
        mtim: time(metadata.mtime(), metadata.mtime_nsec()),
        ctim: time(metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// Sets the times of the directory itself; a location cannot be asked by `futimens`.
pub(in crate::wasi) fn set_dir_times(dir: BorrowedFd<'_>, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
    Ok(rustix::fs::utimensat(dir, ".", &timestamps(atim, mtim), AtFlags::empty())?)
}

/// Writes the directory's entries to the disk.
pub(in crate::wasi) fn sync_dir(dir: BorrowedFd<'_>) -> Result<(), Errno> {
    match rustix::fs::fsync(dir) {
        Err(io::Errno::BADF) => Ok(rustix::fs::fsync(reopen(dir)?)?),
        synced => Ok(synced?),
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::timespec;
    use super::*;

    #[test]
    fn times_survive_the_round_trip() {
        for time in [0, 1, 999_999_999, 1_000_000_000, u64::MAX] {
            assert_eq!(nanos(timespec(time)), time);
        }
        assert_eq!(nanos(Timespec { tv_sec: -1, tv_nsec: 5 }), 0);
    }
}

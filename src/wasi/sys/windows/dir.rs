//! Opening, making and removing below a directory, always by a handle and one name.

use super::fd::{BorrowedFd, OwnedFd};
use super::file::file_times;
use super::handle::{Nature, filestat};
use super::links::delete;
use super::nt::{How, open_child};
use super::reparse::Reparse;
use super::walk::{Place, error, outside, refuse, walk};
use crate::wasi::errno::Errno;
use crate::wasi::sys::{OpenRequest, SetTime};
use crate::wasi::types::{FdFlags, Filestat};
use cap_std::fs::Dir;
use std::fs::File;
use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::path::{Component, Path};
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_CREATE, FILE_DIRECTORY_FILE, FILE_OPEN, FILE_OPEN_IF, FILE_WRITE_THROUGH,
};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, ERROR_BUSY, ERROR_DIRECTORY, ERROR_DIRECTORY_NOT_SUPPORTED,
    ERROR_INVALID_PARAMETER,
};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_LIST_DIRECTORY, FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES,
};

/// The path of these bytes. Names of this system are text: bytes that are no UTF-8 are `ILSEQ`.
pub(in crate::wasi) fn path_from_bytes(bytes: &[u8]) -> Result<&Path, Errno> {
    Ok(Path::new(std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?))
}

/// Whether a link of this contents, as the guest gives it, begins at a root, or at a drive.
pub(in crate::wasi) fn is_absolute(target: &Path) -> bool {
    matches!(target.components().next(), Some(Component::RootDir | Component::Prefix(_)))
}

/// Opens `path`, which has no slash at its end. What is there is only opened; it is emptied, if at all, once the caller has
/// looked at it.
pub(in crate::wasi) fn open(dir: &Dir, path: &Path, request: OpenRequest) -> io::Result<OwnedFd> {
    let place = walk(dir, path)?;
    let access = match (request.read, request.write) {
        (true, false) => FILE_GENERIC_READ,
        (false, true) => FILE_GENERIC_WRITE | FILE_READ_ATTRIBUTES,
        _ => FILE_GENERIC_READ | FILE_GENERIC_WRITE,
    };
    let disposition = match (request.create, request.exclusive) {
        (false, _) => FILE_OPEN,
        (true, false) => FILE_OPEN_IF,
        (true, true) => FILE_CREATE,
    };
    let synchronous = FdFlags::SYNC.union(FdFlags::DSYNC).union(FdFlags::RSYNC);
    let options = if request.flags.intersects(synchronous) { FILE_WRITE_THROUGH } else { 0 };
    if place.is_start() && request.create {
        return Err(error(if request.exclusive { ERROR_ALREADY_EXISTS } else { ERROR_DIRECTORY_NOT_SUPPORTED }));
    }
    let opened = open_child(place.dir(), &place.name, How { access, disposition, options, itself: true });
    let found = match opened {
        // A link may not be writable where the file behind it is, and a directory never is.
        Err(refused) if is_denied(&refused) => return Err(denied(&place, request).unwrap_or(refused)),
        opened => opened?,
    };
    let nature = super::handle::nature(found.as_handle())?;
    let (found, is_directory) = match nature {
        Nature::Reparse(Reparse::Data) => (place.open_data(&found, access)?, is_directory(&found)?),
        Nature::Reparse(other) => return Err(refuse(other, request.follow)),
        Nature::File | Nature::Directory => (found, nature == Nature::Directory),
    };
    if is_directory && request.create {
        return Err(error(ERROR_DIRECTORY_NOT_SUPPORTED));
    }
    if !is_directory && request.directory {
        return Err(error(ERROR_DIRECTORY));
    }
    Ok(OwnedFd::file(File::from(found), request.flags))
}

fn is_denied(error: &io::Error) -> bool {
    error.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32)
}

/// What a denied access really means, if it is something else.
fn denied(place: &Place<'_>, request: OpenRequest) -> Option<io::Error> {
    match place.open_itself(0).ok()?.1 {
        Nature::Directory if request.write => Some(error(ERROR_DIRECTORY_NOT_SUPPORTED)),
        Nature::Reparse(found @ (Reparse::Symlink | Reparse::Junction)) => Some(refuse(found, request.follow)),
        _ => None,
    }
}

/// The directory that was opened.
pub(in crate::wasi) fn into_dir(opened: OwnedFd) -> io::Result<Dir> {
    opened.into_file().map(Dir::from_std_file).ok_or_else(|| error(ERROR_DIRECTORY))
}

/// The same open file once more.
pub(in crate::wasi) fn duplicate(fd: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let handle = fd.handle().ok_or_else(|| error(ERROR_INVALID_PARAMETER))?;
    Ok(OwnedFd::file(File::from(handle.try_clone_to_owned()?), FdFlags::NONE))
}

/// Opens a directory to look for names in it. A link in the last place is left to the caller.
pub(in crate::wasi) fn open_dir(dir: &Dir, path: &Path) -> io::Result<Dir> {
    let place = walk(dir, path)?;
    // Whoever may not list a directory may still know names in it; going through asks for no right of its own.
    let (found, nature) = match place.open_itself(FILE_LIST_DIRECTORY) {
        Err(refused) if is_denied(&refused) => place.open_itself(0)?,
        opened => opened?,
    };
    match nature {
        Nature::Directory => Ok(Dir::from_std_file(File::from(found))),
        Nature::File => Err(error(ERROR_DIRECTORY)),
        Nature::Reparse(Reparse::Data) if is_directory(&found)? => {
            Ok(Dir::from_std_file(File::from(place.open_data(&found, FILE_LIST_DIRECTORY)?)))
        }
        Nature::Reparse(Reparse::Data) => Err(error(ERROR_DIRECTORY)),
        Nature::Reparse(other) => Err(refuse(other, true)),
    }
}

/// What is known of the file at a path. A link in the last place is left to the caller if `follow`.
pub(in crate::wasi) fn filestat_at(dir: &Dir, path: &Path, follow: bool) -> io::Result<Filestat> {
    let place = walk(dir, path)?;
    if place.is_start() {
        return filestat(place.dir());
    }
    let (found, nature) = place.open_itself(0)?;
    match nature {
        Nature::Reparse(Reparse::Symlink | Reparse::Junction) if follow => Err(outside()),
        _ => filestat(found.as_handle()),
    }
}

pub(in crate::wasi) fn create_directory(dir: &Dir, path: &Path) -> io::Result<()> {
    let place = walk(dir, path)?;
    if place.is_start() {
        return Err(error(ERROR_ALREADY_EXISTS));
    }
    let how =
        How { access: FILE_READ_ATTRIBUTES, disposition: FILE_CREATE, options: FILE_DIRECTORY_FILE, itself: true };
    open_child(place.dir(), &place.name, how).map(|_| ())
}

/// Removes an empty directory.
pub(in crate::wasi) fn remove_directory(dir: &Dir, name: &Path) -> io::Result<()> {
    let place = walk(dir, name)?;
    if place.is_start() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    match place.open_itself(DELETE)? {
        (found, Nature::Directory) => delete(found.as_handle()),
        (found, Nature::Reparse(Reparse::Data)) if is_directory(&found)? => delete(found.as_handle()),
        _ => Err(error(ERROR_DIRECTORY)),
    }
}

/// Removes a file, or a link itself.
pub(in crate::wasi) fn remove_file(dir: &Dir, name: &Path) -> io::Result<()> {
    let place = walk(dir, name)?;
    if place.is_start() {
        return Err(error(ERROR_DIRECTORY_NOT_SUPPORTED));
    }
    match place.open_itself(DELETE)? {
        (_, Nature::Directory) => Err(error(ERROR_DIRECTORY_NOT_SUPPORTED)),
        (found, Nature::Reparse(Reparse::Data)) if is_directory(&found)? => Err(error(ERROR_DIRECTORY_NOT_SUPPORTED)),
        (found, _) => delete(found.as_handle()),
    }
}

pub(super) fn is_directory(found: &OwnedHandle) -> io::Result<bool> {
    Ok(filestat(found.as_handle())?.filetype == crate::wasi::types::FileType::Directory as u8)
}

/// Sets the times of what has this name, and not of where a link leads.
pub(in crate::wasi) fn set_times_at(dir: &Dir, name: &Path, atim: SetTime, mtim: SetTime) -> io::Result<()> {
    let place = walk(dir, name)?;
    if place.is_start() {
        return set_times_of(place.dir(), atim, mtim);
    }
    File::from(place.open_itself(FILE_WRITE_ATTRIBUTES)?.0).set_times(file_times(atim, mtim))
}

/// Sets the times of what a handle is open on, which may be open for less.
pub(super) fn set_times_of(handle: BorrowedHandle<'_>, atim: SetTime, mtim: SetTime) -> io::Result<()> {
    let how = How { access: FILE_WRITE_ATTRIBUTES, disposition: FILE_OPEN, options: 0, itself: true };
    File::from(open_child(handle, &[], how)?).set_times(file_times(atim, mtim))
}

/// Sets the times of the directory itself.
pub(in crate::wasi) fn set_dir_times(dir: BorrowedFd<'_>, atim: SetTime, mtim: SetTime) -> Result<(), Errno> {
    Ok(set_times_of(dir.handle().ok_or(Errno::Notdir)?, atim, mtim)?)
}

/// The file system keeps its own journal of names, and has no call for it.
pub(in crate::wasi) fn sync_dir(_dir: BorrowedFd<'_>) -> Result<(), Errno> {
    Ok(())
}

/// What a directory that somebody uses answers: not for now.
pub(super) fn busy() -> io::Error {
    error(ERROR_BUSY)
}

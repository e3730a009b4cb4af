//! Names that change: links, renaming, and removing.
//!
//! Windows 10 can do both as POSIX has it: a file that is open loses its name at once, and a new name replaces what is open.
//! A file system that does not know how is asked the old way.

use super::dir::{busy, is_directory};
use super::handle::{Nature, filestat};
use super::name;
use super::nt::{How, Record, open_child, set_information};
use super::reparse::{self, Reparse};
use super::walk::{Place, error, outside, walk};
use crate::wasi::types::{FileType, Filestat};
use cap_std::fs::Dir;
use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::path::Path;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_CREATE, FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE, FileDispositionInformation,
    FileDispositionInformationEx, FileLinkInformation, FileRenameInformation, FileRenameInformationEx,
};
use windows_sys::Win32::Foundation::{
    ERROR_ALREADY_EXISTS, ERROR_CALL_NOT_IMPLEMENTED, ERROR_DIR_NOT_EMPTY, ERROR_DIRECTORY,
    ERROR_DIRECTORY_NOT_SUPPORTED, ERROR_FILE_NOT_FOUND, ERROR_INVALID_FUNCTION, ERROR_INVALID_LEVEL,
    ERROR_INVALID_PARAMETER, ERROR_NOT_A_REPARSE_POINT, ERROR_NOT_SUPPORTED, ERROR_PRIVILEGE_NOT_HELD,
};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_DISPOSITION_FLAG_DELETE, FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE,
    FILE_DISPOSITION_FLAG_POSIX_SEMANTICS, FILE_WRITE_ATTRIBUTES,
};

/// `FILE_RENAME_REPLACE_IF_EXISTS`, `FILE_RENAME_POSIX_SEMANTICS` and `FILE_RENAME_IGNORE_READONLY_ATTRIBUTE`. The first is
/// also the whole of the older structure's field.
const REPLACE: u32 = 1;
const POSIX: u32 = 2;
const IGNORE_READONLY: u32 = 0x40;

/// Where a link leads, as it was written, with `/` between the names.
///
/// # Errors
///
/// [`outside`] for a junction, and for a link to a drive or a share.
pub(in crate::wasi) fn read_link(dir: &Dir, path: &Path) -> io::Result<Vec<u8>> {
    let place = walk(dir, path)?;
    if place.is_start() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    match place.open_itself(0)? {
        (found, Nature::Reparse(Reparse::Symlink)) => reparse::target(found.as_handle()),
        (_, Nature::Reparse(Reparse::Junction)) => Err(outside()),
        _ => Err(error(ERROR_NOT_A_REPARSE_POINT)),
    }
}

/// Makes a link. Windows wants to know whether it leads to a directory; a link to nothing is one to a file.
///
/// The target is held to the rules of names, since other programs will follow it.
pub(in crate::wasi) fn symlink(
    target: &Path,
    dir: &Dir,
    name: &Path,
    leads_to_directory: impl FnOnce() -> bool,
) -> io::Result<()> {
    let target = target.to_str().ok_or(io::ErrorKind::InvalidInput)?;
    let mut units = Vec::new();
    for (index, step) in target.split('/').enumerate() {
        if index > 0 {
            units.push(u16::from(b'\\'));
        }
        match step {
            "" => {}
            "." | ".." => units.extend(step.encode_utf16()),
            _ => units.extend(name::encode(step)?),
        }
    }
    let place = walk(dir, name)?;
    if place.is_start() {
        return Err(error(ERROR_ALREADY_EXISTS));
    }
    // What stands in for a link in tests holds its target, as only a file can.
    let kind = if leads_to_directory() && !cfg!(test) { FILE_DIRECTORY_FILE } else { FILE_NON_DIRECTORY_FILE };
    let how = How { access: DELETE | FILE_WRITE_ATTRIBUTES, disposition: FILE_CREATE, options: kind, itself: true };
    let made = open_child(place.dir(), &place.name, how)?;
    super::inode::let_make_links();
    reparse::make_symlink(made.as_handle(), &units).inspect_err(|_| {
        // What is left without it is an empty file. The first error is the one that tells something.
        let _ = delete(made.as_handle());
    })
}

/// Gives a file a second name.
pub(in crate::wasi) fn hard_link(old_dir: &Dir, old: &Path, new_dir: &Dir, new: &Path) -> io::Result<()> {
    let (old, new) = (walk(old_dir, old)?, walk(new_dir, new)?);
    let (file, nature) = old.open_itself(FILE_WRITE_ATTRIBUTES)?;
    if new.is_start() || new.open_itself(0).is_ok() {
        return Err(error(ERROR_ALREADY_EXISTS));
    }
    if old.is_start() || nature == Nature::Directory || is_directory(&file)? {
        return Err(error(ERROR_PRIVILEGE_NOT_HELD));
    }
    set_information(file.as_handle(), FileLinkInformation, &Record::new_name(0, new.dir(), &new.name))
}

/// Gives a name to something else, replacing what had it.
pub(in crate::wasi) fn rename(old_dir: &Dir, old: &Path, new_dir: &Dir, new: &Path) -> io::Result<()> {
    let (old, new) = (walk(old_dir, old)?, walk(new_dir, new)?);
    if old.is_start() || new.is_start() {
        return Err(busy());
    }
    let (file, _) = old.open_itself(DELETE)?;
    let stat = filestat(file.as_handle())?;
    let replaced = match new.open_itself(0) {
        Ok((found, _)) => Some(filestat(found.as_handle())?),
        Err(missing) if is(&missing, &[ERROR_FILE_NOT_FOUND]) => None,
        // What it is, the system will find out.
        Err(_) => None,
    };
    if let Some(replaced) = replaced {
        let same = (stat.dev, stat.ino) == (replaced.dev, replaced.ino);
        if same && stat.nlink > 1 {
            // Two names of one file: there is nothing to be done.
            return Ok(());
        }
        match (is_dir(&stat), is_dir(&replaced)) {
            (false, true) => return Err(error(ERROR_DIRECTORY_NOT_SUPPORTED)),
            (true, false) => return Err(error(ERROR_DIRECTORY)),
            (true, true) if !same => return replace_directory(&file, &new),
            _ => {}
        }
    }
    move_to(file.as_handle(), &new)
}

fn is_dir(stat: &Filestat) -> bool {
    stat.filetype == FileType::Directory as u8
}

/// Moves a directory to the name of another one, which must be empty and is removed before: Windows does not replace one.
fn replace_directory(file: &OwnedHandle, new: &Place<'_>) -> io::Result<()> {
    match new.open_itself(DELETE)? {
        (found, Nature::Directory) => delete(found.as_handle())?,
        _ => return Err(error(ERROR_DIR_NOT_EMPTY)),
    }
    move_to(file.as_handle(), new)
}

fn move_to(file: BorrowedHandle<'_>, new: &Place<'_>) -> io::Result<()> {
    let posix = Record::new_name(REPLACE | POSIX | IGNORE_READONLY, new.dir(), &new.name);
    let moved = match set_information(file, FileRenameInformationEx, &posix) {
        Err(unknown) if is_unknown(&unknown) => {
            set_information(file, FileRenameInformation, &Record::new_name(REPLACE, new.dir(), &new.name))
        }
        moved => moved,
    };
    match moved {
        // A directory into itself; the system has no better word for it.
        Err(refused) if is(&refused, &[ERROR_INVALID_PARAMETER]) => Err(io::ErrorKind::InvalidInput.into()),
        moved => moved,
    }
}

/// Removes what a handle is open on, which must be open for that.
pub(super) fn delete(file: BorrowedHandle<'_>) -> io::Result<()> {
    let flags = FILE_DISPOSITION_FLAG_DELETE
        | FILE_DISPOSITION_FLAG_POSIX_SEMANTICS
        | FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE;
    match set_information(file, FileDispositionInformationEx, &Record::new(&flags.to_ne_bytes())) {
        Err(unknown) if is_unknown(&unknown) => set_information(file, FileDispositionInformation, &Record::new(&[1])),
        deleted => deleted,
    }
}

/// Whether a file system did not understand what it was asked.
fn is_unknown(error: &io::Error) -> bool {
    let numbers = [
        ERROR_INVALID_PARAMETER,
        ERROR_INVALID_FUNCTION,
        ERROR_NOT_SUPPORTED,
        ERROR_INVALID_LEVEL,
        ERROR_CALL_NOT_IMPLEMENTED,
    ];
    is(error, &numbers)
}

fn is(error: &io::Error, numbers: &[u32]) -> bool {
    error.raw_os_error().is_some_and(|number| numbers.contains(&(number as u32)))
}

//! From a directory to a name below it, one handle after the other.
//!
//! Each directory on the way is opened below the one before it, without following a link, and looked at before the next name
//! is asked of it. A handle stays with its directory wherever that is moved, so that nothing can be exchanged underneath. A
//! link on the way, and a `..`, end the walk with [`outside`]: `src/wasi/resolve.rs` then finds out where they lead in the
//! mount, and comes back with a path that has neither.

use super::handle::{Nature, nature};
use super::name;
use super::nt::{How, open_child};
use super::reparse::Reparse;
use cap_std::fs::Dir;
use std::io;
use std::os::windows::io::{AsHandle, BorrowedHandle, OwnedHandle};
use std::path::Path;
use windows_sys::Wdk::Storage::FileSystem::FILE_OPEN;
use windows_sys::Win32::Foundation::{ERROR_CANT_ACCESS_FILE, ERROR_CANT_RESOLVE_FILENAME, ERROR_DIRECTORY};
use windows_sys::Win32::Storage::FileSystem::FILE_READ_ATTRIBUTES;

/// A directory on the way, and a name in it.
pub(super) struct Place<'d> {
    dir: Way<'d>,
    /// What the system is asked for; empty for the directory itself.
    pub(super) name: Vec<u16>,
}

/// The directory from which the walk began, or one that it came to.
enum Way<'d> {
    Start(BorrowedHandle<'d>),
    Below(OwnedHandle),
}

impl Way<'_> {
    fn handle(&self) -> BorrowedHandle<'_> {
        match self {
            Way::Start(handle) => *handle,
            Way::Below(handle) => handle.as_handle(),
        }
    }
}

/// The refusal to leave a directory, as cap-std has it too: a denied permission without a number of the system.
pub(super) fn outside() -> io::Error {
    io::ErrorKind::PermissionDenied.into()
}

/// An error with a number of the system.
pub(super) fn error(number: u32) -> io::Error {
    io::Error::from_raw_os_error(number as i32)
}

/// Walks to the directory around what `path` names. Names are separated by `/` alone.
pub(super) fn walk<'d>(dir: &'d Dir, path: &Path) -> io::Result<Place<'d>> {
    let path = path.to_str().ok_or(io::ErrorKind::InvalidInput)?;
    let mut place = Place { dir: Way::Start(dir.as_handle()), name: Vec::new() };
    for step in path.split('/') {
        match step {
            "" | "." => {}
            ".." => return Err(outside()),
            _ => {
                // All names are looked at before one is asked for.
                let next = name::encode(step)?;
                place = Place { dir: place.into_directory()?, name: next };
            }
        }
    }
    Ok(place)
}

impl<'d> Place<'d> {
    /// The directory around it.
    pub(super) fn dir(&self) -> BorrowedHandle<'_> {
        self.dir.handle()
    }

    /// Whether it is the directory itself from which the walk began.
    pub(super) fn is_start(&self) -> bool {
        self.name.is_empty()
    }

    /// Goes into what the name stands for, which must be a directory.
    fn into_directory(self) -> io::Result<Way<'d>> {
        if self.is_start() {
            return Ok(self.dir);
        }
        let (found, nature) = self.open_itself(FILE_READ_ATTRIBUTES)?;
        match nature {
            Nature::Directory => Ok(Way::Below(found)),
            Nature::File => Err(error(ERROR_DIRECTORY)),
            Nature::Reparse(Reparse::Data) => Ok(Way::Below(self.open_data(&found, FILE_READ_ATTRIBUTES)?)),
            Nature::Reparse(Reparse::Symlink | Reparse::Junction) => Err(outside()),
            Nature::Reparse(Reparse::Other) => Err(error(ERROR_CANT_ACCESS_FILE)),
        }
    }

    /// Opens what has the name, a link itself, and tells what it is.
    pub(super) fn open_itself(&self, access: u32) -> io::Result<(OwnedHandle, Nature)> {
        let how = How { access: access | FILE_READ_ATTRIBUTES, disposition: FILE_OPEN, options: 0, itself: true };
        let found = open_child(self.dir(), &self.name, how)?;
        let nature = nature(found.as_handle())?;
        Ok((found, nature))
    }

    /// Opens once more what is stored elsewhere, so that whoever stored it brings it. It is asked for by its own handle, and
    /// is thus no other file than the one that was looked at.
    pub(super) fn open_data(&self, found: &OwnedHandle, access: u32) -> io::Result<OwnedHandle> {
        let how = How { access, disposition: FILE_OPEN, options: 0, itself: false };
        open_child(found.as_handle(), &[], how)
    }
}

/// Answers for a link, or what else stands for another file, where the file itself is wanted: a link is to be walked by who
/// asked, if it is to be `follow`ed.
pub(super) fn refuse(found: Reparse, follow: bool) -> io::Error {
    match found {
        Reparse::Symlink | Reparse::Junction if follow => outside(),
        Reparse::Symlink | Reparse::Junction => error(ERROR_CANT_RESOLVE_FILENAME),
        Reparse::Data | Reparse::Other => error(ERROR_CANT_ACCESS_FILE),
    }
}

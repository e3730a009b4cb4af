//! For tests: files that stand in for links where the system has none, as Wine 8 has not, or gives none to this user.
//!
//! A file with the attribute of the system's own files is taken for a symbolic link whose target it holds, and with the one
//! of hidden files besides for a junction. Everything above the two places that ask for a link's kind and target does what
//! it does with real ones. Where real symbolic links can be made, they are made.

use super::nt::{How, open_child};
use super::reparse::Reparse;
use super::walk::{outside, walk};
use cap_std::fs::Dir;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle};
use std::path::Path;
use windows_sys::Wdk::Storage::FileSystem::{FILE_CREATE, FILE_NON_DIRECTORY_FILE, FILE_OPEN};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_HIDDEN, FILE_ATTRIBUTE_SYSTEM, FILE_BASIC_INFO, FILE_GENERIC_READ,
    FILE_GENERIC_WRITE, FileBasicInfo, SetFileInformationByHandle,
};

/// What a file with these attributes stands for.
pub(super) fn nature(attributes: u32) -> Option<Reparse> {
    let marks = FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_HIDDEN;
    match attributes & (marks | FILE_ATTRIBUTE_DIRECTORY) {
        FILE_ATTRIBUTE_SYSTEM => Some(Reparse::Symlink),
        both if both == marks => Some(Reparse::Junction),
        _ => None,
    }
}

/// Where such a file leads.
pub(super) fn target(handle: BorrowedHandle<'_>) -> io::Result<Vec<u8>> {
    let how = How { access: FILE_GENERIC_READ, disposition: FILE_OPEN, options: 0, itself: true };
    let mut target = String::new();
    File::from(open_child(handle, &[], how)?).read_to_string(&mut target)?;
    if target.contains([':', '\\']) || target.starts_with("//") { Err(outside()) } else { Ok(target.into_bytes()) }
}

/// Makes a link, or a file that stands in for one, with any target, also such as no guest may give it. The name `junction`
/// in it makes a junction.
pub(super) fn make_link(dir: &Dir, target: &str, name: &str) {
    let place = walk(dir, Path::new(name)).expect("a directory");
    let how =
        How { access: FILE_GENERIC_WRITE, disposition: FILE_CREATE, options: FILE_NON_DIRECTORY_FILE, itself: true };
    let made = open_child(place.dir(), &place.name, how).expect("a new file");
    let junction = if name.contains("junction") { FILE_ATTRIBUTE_HIDDEN } else { 0 };
    write(made.as_handle(), target, FILE_ATTRIBUTE_SYSTEM | junction).expect("a link");
}

/// Makes a new file stand for a symbolic link.
pub(super) fn make_symlink(handle: BorrowedHandle<'_>, target: &[u16]) -> io::Result<()> {
    let target = String::from_utf16_lossy(target).replace('\\', "/");
    let how = How { access: FILE_GENERIC_WRITE, disposition: FILE_OPEN, options: 0, itself: true };
    write(open_child(handle, &[], how)?.as_handle(), &target, FILE_ATTRIBUTE_SYSTEM)
}

fn write(handle: BorrowedHandle<'_>, target: &str, attributes: u32) -> io::Result<()> {
    File::from(handle.try_clone_to_owned()?).write_all(target.as_bytes())?;
    let info = FILE_BASIC_INFO { FileAttributes: attributes, ..FILE_BASIC_INFO::default() };
    // SAFETY: the handle is borrowed, and thus open; the structure is a local variable, and as long as it is said to be.
    let done = unsafe {
        let at = (&raw const info).cast();
        SetFileInformationByHandle(handle.as_raw_handle(), FileBasicInfo, at, size_of::<FILE_BASIC_INFO>() as u32)
    };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

//! Listing a directory.
//!
//! Names are given as UTF-8. One that is not valid UTF-16, which NTFS allows, appears as WTF-8, as with Go; a guest that
//! asks for it is told `ILSEQ`.

use super::fd::BorrowedFd;
use super::nt::{How, open_child};
use super::reparse::Reparse;
use crate::wasi::errno::Errno;
use crate::wasi::types::FileType;
use std::ffi::OsString;
use std::io;
use std::mem::offset_of;
use std::os::windows::ffi::OsStringExt;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle};
use windows_sys::Wdk::Storage::FileSystem::FILE_OPEN;
use windows_sys::Win32::Foundation::{ERROR_FILE_NOT_FOUND, ERROR_NO_MORE_FILES};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT, FILE_ID_BOTH_DIR_INFO, FILE_LIST_DIRECTORY,
    FileIdBothDirectoryInfo, GetFileInformationByHandleEx,
};

/// Bytes of entries that are asked for at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// Calls `entry` with name, inode and type of each entry in the host's order, `.` and `..` among them where the host has
/// them.
pub(in crate::wasi) fn list_directory(
    dir: BorrowedFd<'_>,
    mut entry: impl FnMut(&[u8], u64, FileType),
) -> Result<(), Errno> {
    let handle = dir.handle().ok_or(Errno::Notdir)?;
    // A handle has a place in its directory, and may remember what it saw there.
    let how = How { access: FILE_LIST_DIRECTORY, disposition: FILE_OPEN, options: 0, itself: true };
    let again = open_child(handle, &[], how)?;
    let mut buffer = vec![0u64; BUFFER_BYTES / 8];
    while fill(again.as_handle(), &mut buffer)? {
        let bytes: Vec<u8> = buffer.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let mut at = 0;
        while let Some(found) = bytes.get(at..).and_then(Found::read) {
            let name = OsString::from_wide(&found.name);
            entry(name.as_encoded_bytes(), found.ino, found.filetype);
            if found.next == 0 {
                break;
            }
            at += found.next;
        }
    }
    Ok(())
}

/// Fills the buffer with the next entries, and tells whether there were any.
fn fill(dir: BorrowedHandle<'_>, buffer: &mut [u64]) -> io::Result<bool> {
    // SAFETY: the handle is borrowed, and thus open; the buffer is aligned for the structure and as long as it is said to be.
    let done = unsafe {
        let (at, size) = (buffer.as_mut_ptr().cast(), size_of_val(buffer) as u32);
        GetFileInformationByHandleEx(dir.as_raw_handle(), FileIdBothDirectoryInfo, at, size)
    };
    if done != 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    // Some file systems say of the root of an empty disk that there is nothing, not even an end.
    match error.raw_os_error().map(|number| number as u32) {
        Some(ERROR_NO_MORE_FILES | ERROR_FILE_NOT_FOUND) => Ok(false),
        _ => Err(error),
    }
}

/// An entry in the system's form.
struct Found {
    /// Bytes to the next one, 0 for the last.
    next: usize,
    ino: u64,
    filetype: FileType,
    name: Vec<u16>,
}

impl Found {
    /// Reads the entry at the beginning of these bytes.
    fn read(bytes: &[u8]) -> Option<Found> {
        let number = |at: usize| Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?));
        let attributes = number(offset_of!(FILE_ID_BOTH_DIR_INFO, FileAttributes))?;
        let name_length = number(offset_of!(FILE_ID_BOTH_DIR_INFO, FileNameLength))? as usize;
        let name = bytes.get(offset_of!(FILE_ID_BOTH_DIR_INFO, FileName)..)?.get(..name_length)?;
        // Of what stands for another file, this field tells the kind.
        let tag = number(offset_of!(FILE_ID_BOTH_DIR_INFO, EaSize))?;
        let stands_for_other = attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0;
        let kind = stands_for_other.then(|| Reparse::of_tag(tag));
        #[cfg(test)]
        let kind = kind.or_else(|| super::pretend::nature(attributes));
        let filetype = match kind {
            Some(Reparse::Symlink | Reparse::Junction) => FileType::SymbolicLink,
            Some(Reparse::Other) => FileType::Unknown,
            _ if attributes & FILE_ATTRIBUTE_DIRECTORY != 0 => FileType::Directory,
            _ => FileType::RegularFile,
        };
        Some(Found {
            next: number(offset_of!(FILE_ID_BOTH_DIR_INFO, NextEntryOffset))? as usize,
            ino: u64::from_ne_bytes(*bytes.get(offset_of!(FILE_ID_BOTH_DIR_INFO, FileId)..)?.first_chunk()?),
            filetype,
            name: name.chunks_exact(2).map(|unit| u16::from_ne_bytes([unit[0], unit[1]])).collect(),
        })
    }
}

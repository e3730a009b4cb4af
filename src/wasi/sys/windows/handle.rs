//! What a handle of a file tells about it.

use super::clock::nanos_of_filetime;
use super::reparse::{self, Reparse};
use crate::wasi::types::{FileType, Filestat};
use std::io;
use std::mem::size_of;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_REPARSE_POINT, FILE_ATTRIBUTE_TAG_INFO,
    FILE_BASIC_INFO, FILE_ID_INFO, FILE_INFO_BY_HANDLE_CLASS, FILE_STANDARD_INFO, FILE_TYPE_CHAR, FILE_TYPE_DISK,
    FILE_TYPE_PIPE, FileAttributeTagInfo, FileBasicInfo, FileIdInfo, FileStandardInfo, GetFileInformationByHandle,
    GetFileInformationByHandleEx, GetFileType,
};
use windows_sys::Win32::System::Pipes::PeekNamedPipe;

/// What kind of thing a handle is open on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Disk,
    Pipe,
    /// The null device, a console, a serial line.
    Device,
    Unknown,
}

/// What a handle is open on.
pub(super) fn kind(handle: BorrowedHandle<'_>) -> Kind {
    // SAFETY: the handle is borrowed, and thus open.
    match unsafe { GetFileType(handle.as_raw_handle()) } {
        FILE_TYPE_DISK => Kind::Disk,
        FILE_TYPE_PIPE => Kind::Pipe,
        FILE_TYPE_CHAR => Kind::Device,
        _ => Kind::Unknown,
    }
}

/// What a file that was opened without following a link turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    File,
    Directory,
    /// Something that stands for another file.
    Reparse(Reparse),
}

/// What lies behind a handle.
pub(super) fn nature(handle: BorrowedHandle<'_>) -> io::Result<Nature> {
    let info: FILE_ATTRIBUTE_TAG_INFO = information(handle, FileAttributeTagInfo)?;
    #[cfg(test)]
    if let Some(pretended) = super::pretend::nature(info.FileAttributes) {
        return Ok(Nature::Reparse(pretended));
    }
    if info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Ok(Nature::Reparse(Reparse::of_tag(info.ReparseTag)));
    }
    Ok(if info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY != 0 { Nature::Directory } else { Nature::File })
}

/// What is known of a file on a disk. The length of a link is that of where it leads, as on Unix.
pub(super) fn filestat(handle: BorrowedHandle<'_>) -> io::Result<Filestat> {
    let basic: FILE_BASIC_INFO = information(handle, FileBasicInfo)?;
    let standard: FILE_STANDARD_INFO = information(handle, FileStandardInfo)?;
    let (dev, ino) = identity(handle)?;
    let mut size = standard.EndOfFile as u64;
    let mut filetype = FileType::RegularFile;
    if basic.FileAttributes & FILE_ATTRIBUTE_DIRECTORY != 0 {
        (filetype, size) = (FileType::Directory, 0);
    }
    if (basic.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT != 0 || cfg!(test))
        && let Nature::Reparse(found) = nature(handle)?
    {
        filetype = match found {
            Reparse::Data => filetype,
            Reparse::Symlink | Reparse::Junction => FileType::SymbolicLink,
            Reparse::Other => FileType::Unknown,
        };
        if found == Reparse::Symlink {
            size = reparse::target(handle).map_or(0, |target| target.len() as u64);
        }
    }
    Ok(Filestat {
        dev,
        ino,
        filetype: filetype as u8,
        nlink: standard.NumberOfLinks.into(),
        size,
        atim: nanos_of_filetime(basic.LastAccessTime as u64),
        mtim: nanos_of_filetime(basic.LastWriteTime as u64),
        ctim: nanos_of_filetime(basic.ChangeTime as u64),
    })
}

/// The numbers of the volume and of the file on it. A file system that numbers with 128 bits, as ReFS, has both halves in
/// the one that guests see; one that knows only the older numbers is asked for these.
fn identity(handle: BorrowedHandle<'_>) -> io::Result<(u64, u64)> {
    if let Ok(info) = information::<FILE_ID_INFO>(handle, FileIdInfo) {
        let id = u128::from_le_bytes(info.FileId.Identifier);
        return Ok((info.VolumeSerialNumber, id as u64 ^ (id >> 64) as u64));
    }
    let mut info = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is borrowed, and thus open; the structure is a local variable.
    if unsafe { GetFileInformationByHandle(handle.as_raw_handle(), &mut info) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((info.dwVolumeSerialNumber.into(), wide(info.nFileIndexHigh, info.nFileIndexLow)))
}

pub(super) fn wide(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// Structures that the system fills in: any bytes are a value of them.
trait Information: Default {}
impl Information for FILE_ATTRIBUTE_TAG_INFO {}
impl Information for FILE_BASIC_INFO {}
impl Information for FILE_STANDARD_INFO {}
impl Information for FILE_ID_INFO {}

/// Asks for one structure.
fn information<T: Information>(handle: BorrowedHandle<'_>, class: FILE_INFO_BY_HANDLE_CLASS) -> io::Result<T> {
    let mut info = T::default();
    // SAFETY: the handle is borrowed, and thus open; the structure is as long as it is said to be, and holds numbers only,
    // which any bytes are.
    let done = unsafe {
        let at = (&raw mut info).cast();
        GetFileInformationByHandleEx(handle.as_raw_handle(), class, at, size_of::<T>() as u32)
    };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(info) }
}

/// Bytes that wait in a pipe.
///
/// # Errors
///
/// That the other end is closed, or that it is no pipe that one reads from.
pub(super) fn bytes_in_pipe(handle: BorrowedHandle<'_>) -> io::Result<u32> {
    let mut available = 0;
    let nothing = std::ptr::null_mut::<u32>;
    // SAFETY: the handle is borrowed, and thus open; no buffer is given, and the number is a local variable.
    let done =
        unsafe { PeekNamedPipe(handle.as_raw_handle(), nothing().cast(), 0, nothing(), &mut available, nothing()) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(available) }
}

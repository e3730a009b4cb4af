//! The calls that take a handle instead of a path: opening, linking and renaming below a directory.
//!
//! A name that comes here is one name: [`super::name`] made it, and nothing else can.
//! NtCreateFile: <https://learn.microsoft.com/en-us/windows/win32/api/winternl/nf-winternl-ntcreatefile>

use super::errno::error_of_status;
use std::ffi::c_void;
use std::io;
use std::mem::{offset_of, size_of};
use std::os::windows::io::{AsRawHandle, BorrowedHandle, FromRawHandle, OwnedHandle};
use std::ptr::{null, null_mut};
use windows_sys::Wdk::Foundation::OBJECT_ATTRIBUTES;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_INFORMATION_CLASS, FILE_LINK_INFORMATION, FILE_OPEN_REPARSE_POINT, FILE_RENAME_INFORMATION,
    FILE_SYNCHRONOUS_IO_NONALERT, NTCREATEFILE_CREATE_DISPOSITION, NtCreateFile, NtSetInformationFile,
};
use windows_sys::Win32::Foundation::{OBJ_CASE_INSENSITIVE, UNICODE_STRING};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_NORMAL, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, SYNCHRONIZE,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;

/// How a name is opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// What the handle may be used for; waiting for it always.
    pub(super) access: u32,
    /// Whether something must be there, or must not.
    pub(super) disposition: NTCREATEFILE_CREATE_DISPOSITION,
    /// Besides those that every handle gets.
    pub(super) options: u32,
    /// Whether a link, or whatever else stands for another file, is opened itself.
    pub(super) itself: bool,
}

/// Opens `name` below `dir`; with an empty name `dir` itself, once more. A link is opened itself, if `how` says so: then
/// nothing but the directory `dir` is ever looked at. Others may do with the file what they like meanwhile, as on Unix.
pub(super) fn open_child(dir: BorrowedHandle<'_>, name: &[u16], how: How) -> io::Result<OwnedHandle> {
    let length = (name.len() * size_of::<u16>()) as u16;
    let name = UNICODE_STRING { Length: length, MaximumLength: length, Buffer: name.as_ptr().cast_mut() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        RootDirectory: dir.as_raw_handle(),
        ObjectName: &name,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: null(),
        SecurityQualityOfService: null(),
    };
    let itself = if how.itself { FILE_OPEN_REPARSE_POINT } else { 0 };
    let mut block = IO_STATUS_BLOCK::default();
    let mut handle = null_mut();
    // SAFETY: every pointer leads to a local variable or to the caller's slice, which outlive the call; the name is at most
    // 255 units long, so that its length in bytes fits; `dir` is borrowed, and thus open.
    let status = unsafe {
        NtCreateFile(
            &mut handle,
            how.access | SYNCHRONIZE,
            &attributes,
            &mut block,
            null(),
            FILE_ATTRIBUTE_NORMAL,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            how.disposition,
            how.options | itself | FILE_SYNCHRONOUS_IO_NONALERT,
            null(),
            0,
        )
    };
    if status < 0 {
        return Err(error_of_status(status));
    }
    // SAFETY: the call succeeded, so that the handle is open, and nobody else knows it.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) })
}

/// Sets what `class` says of an open file.
pub(super) fn set_information(
    file: BorrowedHandle<'_>,
    class: FILE_INFORMATION_CLASS,
    information: &Record,
) -> io::Result<()> {
    let mut block = IO_STATUS_BLOCK::default();
    // SAFETY: the record is as long as it says and aligned for every structure of the system; the other pointers lead to
    // local variables; the handle is borrowed, and thus open.
    let status = unsafe {
        let (at, length) = (information.as_ptr(), information.len() as u32);
        NtSetInformationFile(file.as_raw_handle(), &mut block, at, length, class)
    };
    if status < 0 { Err(error_of_status(status)) } else { Ok(()) }
}

/// A structure for the system, aligned as the strictest of them wants it.
#[derive(Debug)]
pub(super) struct Record {
    words: Vec<u64>,
    length: usize,
}

impl Record {
    /// A structure of these bytes.
    pub(super) fn new(bytes: &[u8]) -> Record {
        let word = |chunk: &[u8]| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_ne_bytes(word)
        };
        Record { words: bytes.chunks(8).map(word).collect(), length: bytes.len() }
    }

    /// Where it begins.
    pub(super) fn as_ptr(&self) -> *const c_void {
        self.words.as_ptr().cast()
    }

    /// Its length in bytes.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The new name of a file, to be renamed or linked: `name` below `dir`. The two structures are laid out alike.
    pub(super) fn new_name(flags: u32, dir: BorrowedHandle<'_>, name: &[u16]) -> Record {
        const {
            assert!(
                offset_of!(FILE_RENAME_INFORMATION, RootDirectory) == offset_of!(FILE_LINK_INFORMATION, RootDirectory)
            );
            assert!(offset_of!(FILE_RENAME_INFORMATION, FileName) == offset_of!(FILE_LINK_INFORMATION, FileName));
        }
        let name_bytes: Vec<u8> = name.iter().flat_map(|unit| unit.to_ne_bytes()).collect();
        let name_at = offset_of!(FILE_RENAME_INFORMATION, FileName);
        // The system wants to see at least the whole structure, which has room for one unit and for what aligns it.
        let mut bytes = vec![0; (name_at + name_bytes.len()).max(size_of::<FILE_RENAME_INFORMATION>())];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &flags.to_ne_bytes());
        put(offset_of!(FILE_RENAME_INFORMATION, RootDirectory), &(dir.as_raw_handle() as usize).to_ne_bytes());
        put(offset_of!(FILE_RENAME_INFORMATION, FileNameLength), &(name_bytes.len() as u32).to_ne_bytes());
        put(name_at, &name_bytes);
        Record::new(&bytes)
    }
}

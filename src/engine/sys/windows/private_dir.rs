//! Folders whose files nobody but this user can have written, and what tells files apart.
//!
//! A folder or file counts only where this user owns it and its access list lets nobody else change it, see
//! [`security`](super::security). Links and junctions are not followed. The folder is held open so that it can be neither
//! renamed nor removed while it is in use. A file appears whole or not at all: it is written under a random name in the
//! folder `tmp`, open to nobody else meanwhile, and then renamed. What a writer that was killed leaves there can be opened
//! again, and goes at the next [`PrivateDir::clean`]; a writer whose file a cleaner takes between closing and renaming
//! begins anew.

use super::security::{Forbidden, create_own_dir, create_own_file, require_own};
use crate::engine::sys::TEMPORARY;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use windows_sys::Win32::Foundation::{ERROR_DIRECTORY, ERROR_SHARING_VIOLATION, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, DELETE, FILE_ATTRIBUTE_REPARSE_POINT, FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS,
    FILE_FLAG_OPEN_REPARSE_POINT, FILE_GENERIC_READ, FILE_ID_INFO, FILE_INFO_BY_HANDLE_CLASS, FILE_READ_DATA,
    FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_TYPE_DISK, FileBasicInfo, FileIdInfo,
    GetFileInformationByHandle, GetFileInformationByHandleEx, GetFileType, MoveFileExW, ReOpenFile,
};

/// A file that changed less than this ago may change again without looking different: some file systems count time in
/// steps of two seconds.
const SETTLING_TIME: Duration = Duration::from_secs(3);

/// How often a file is begun anew that a cleaner took away from its writer.
const WRITE_ATTEMPTS: usize = 3;

/// A folder of this user's own.
#[derive(Debug)]
pub struct PrivateDir {
    path: PathBuf,
    /// Keeps the folder where it is.
    _held: File,
}

/// What to do with a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// The new one takes its place.
    Replace,
    /// It stays, and the new one is dropped.
    Keep,
}

impl PrivateDir {
    /// Opens the folder at `path`; makes it, and those above it, where it does not exist.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` for a folder that others own or can write to; otherwise the system's.
    pub fn open(path: &Path) -> io::Result<PrivateDir> {
        let path = std::path::absolute(path)?;
        let held = match open_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create_private_dir(&path)?;
                open_dir(&path)?
            }
            other => other?,
        };
        require_own(&held, Forbidden::Changing)?;
        Ok(PrivateDir { path, _held: held })
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` for what others can have written, `InvalidInput` for what is no regular file; otherwise the
    /// system's.
    pub fn open_file(&self, name: &str) -> io::Result<File> {
        self.open_checked(name, Forbidden::Changing)
    }

    /// Opens a file that nobody else can have read either.
    ///
    /// # Errors
    ///
    /// As for [`PrivateDir::open_file`].
    pub fn open_secret(&self, name: &str) -> io::Result<File> {
        self.open_checked(name, Forbidden::Anything)
    }

    fn open_checked(&self, name: &str, forbidden: Forbidden) -> io::Result<File> {
        let flags = FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS;
        let file = OpenOptions::new()
            .access_mode(FILE_GENERIC_READ)
            .share_mode(FILE_SHARE_READ | FILE_SHARE_DELETE)
            .custom_flags(flags)
            .open(self.path.join(name))?;
        require_own(&file, forbidden)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || !is_on_disk(&file) || metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(file)
    }

    /// Makes a file of the parts, for this user alone, at once.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` where there is one that is to be kept; otherwise the system's. Nothing is left behind.
    pub fn write(&self, name: &str, parts: &[&[u8]], existing: Existing) -> io::Result<()> {
        let temporary = self.temporary_dir()?;
        let mut result = Err(io::ErrorKind::Interrupted.into());
        for _ in 0..WRITE_ATTEMPTS {
            result = self.try_write(&temporary, name, parts, existing);
            match &result {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                _ => break,
            }
        }
        result
    }

    fn try_write(&self, temporary: &Path, name: &str, parts: &[&[u8]], existing: Existing) -> io::Result<()> {
        let from = temporary.join(random_name()?);
        let mut file = create_own_file(&from)?;
        let result = parts.iter().try_for_each(|part| file.write_all(part));
        drop(file);
        let result = result.and_then(|()| self.put(&from, name, existing));
        if result.is_err() {
            // Perhaps a cleaner has taken it.
            let _ = fs::remove_file(&from);
        }
        result
    }

    /// Gives a file that is whole its name.
    fn put(&self, from: &Path, name: &str, existing: Existing) -> io::Result<()> {
        let to = self.path.join(name);
        if existing == Existing::Keep {
            return rename_without_replacing(from, &to);
        }
        match fs::rename(from, &to) {
            Err(_) if open_dir(&to).is_ok() => {
                fs::remove_dir(&to)?;
                fs::rename(from, &to)
            }
            // Some file systems replace nothing that somebody reads, but let it be put aside. Who looks for the file just
            // now finds none and does without.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let aside = from.with_file_name(random_name()?);
                fs::rename(&to, &aside)?;
                let result = fs::rename(from, &to);
                // Where it stays because somebody reads it, it goes at the next cleaning.
                let _ = fs::remove_file(&aside);
                result
            }
            result => result,
        }
    }

    /// The folder for temporary files.
    fn temporary_dir(&self) -> io::Result<PathBuf> {
        let path = self.path.join(TEMPORARY);
        match create_own_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => {
                // A link in its place would lead elsewhere.
                open_dir(&path)?;
                Ok(path)
            }
        }
    }

    /// The regular files in it, with their sizes in bytes and when they were written or noted to be used.
    pub fn files(&self) -> Vec<(OsString, u64, SystemTime)> {
        let Ok(entries) = fs::read_dir(&self.path) else { return Vec::new() };
        let facts = |entry: fs::DirEntry| {
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((entry.file_name(), metadata.len(), metadata.modified().ok()?))
        };
        entries.flatten().filter_map(facts).collect()
    }

    /// Removes a file. Errors are nobody's concern.
    pub fn remove(&self, name: &OsStr) {
        let _ = fs::remove_file(self.path.join(name));
    }

    /// Removes what writers left that were killed. Errors are nobody's concern.
    pub fn clean(&self) {
        let path = self.path.join(TEMPORARY);
        let Ok(_held) = open_dir(&path) else { return };
        let Ok(entries) = fs::read_dir(&path) else { return };
        for entry in entries.flatten() {
            let path = entry.path();
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            // Whoever is writing to it shares it with nobody.
            let alone = || OpenOptions::new().access_mode(DELETE).share_mode(0).open(&path);
            if is_file && alone().is_ok() {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// Makes a folder, and those above it, for this user alone.
///
/// # Errors
///
/// `NotADirectory` where there is something else; otherwise the system's.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    match create_own_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).ok_or(error)?;
            create_private_dir(parent)?;
            existing_is_fine(path, create_own_dir(path))
        }
        result => existing_is_fine(path, result),
    }
}

fn existing_is_fine(path: &Path, result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match path.is_dir() {
            true => Ok(()),
            false => Err(io::Error::from_raw_os_error(ERROR_DIRECTORY.cast_signed())),
        },
        result => result,
    }
}

/// Opens a folder that is none by way of a link, so that it stays where it is.
fn open_dir(path: &Path) -> io::Result<File> {
    let dir = OpenOptions::new()
        .access_mode(FILE_GENERIC_READ)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
        .custom_flags(FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)?;
    let metadata = dir.metadata()?;
    if metadata.is_dir() && metadata.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT == 0 {
        Ok(dir)
    } else {
        Err(io::ErrorKind::NotADirectory.into())
    }
}

/// Renames a file, or fails with `AlreadyExists` where there is one of that name.
fn rename_without_replacing(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide(from)?, wide(to)?);
    // SAFETY: Both paths end in a zero.
    match unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), 0) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// A path as the system takes it: in the form that is not limited to 260 characters, and with a zero at its end.
pub(super) fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let path = std::path::absolute(path)?;
    let plain: Vec<u16> = path.as_os_str().encode_wide().collect();
    if plain.contains(&0) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let starts = |prefix: &str| prefix.encode_utf16().zip(&plain).filter(|(a, b)| a == *b).count() == prefix.len();
    let (prefix, rest) = match () {
        () if starts(r"\\?\") || starts(r"\\.\") => ("", &plain[..]),
        () if starts(r"\\") => (r"\\?\UNC\", &plain[2..]),
        () => (r"\\?\", &plain[..]),
    };
    Ok(prefix.encode_utf16().chain(rest.iter().copied()).chain([0]).collect())
}

fn random_name() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

/// What tells a regular file with its present contents from all others on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    /// Volume, number of the file (two words), size, then times of creation, of the last change of contents and of the last
    /// change at all, in 100 ns since 1601.
    numbers: [u64; 7],
}

impl FileIdentity {
    /// The identity as bytes: equal exactly for equal identities.
    pub fn to_bytes(self) -> [u8; 56] {
        let mut bytes = [0; 56];
        for (slot, number) in bytes.chunks_exact_mut(8).zip(self.numbers) {
            slot.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// Length of the contents in bytes.
    pub fn len(&self) -> usize {
        usize::try_from(self.numbers[3]).unwrap_or(usize::MAX)
    }

    /// Whether a change of the contents from now on would make another identity: the last change is long enough ago for
    /// the next one to get another time.
    pub fn is_settled(&self) -> bool {
        const TICKS_PER_SECOND: u64 = 10_000_000;
        const SECONDS_FROM_1601_TO_1970: u64 = 11_644_473_600;
        let seconds = (self.numbers[5].max(self.numbers[6]) / TICKS_PER_SECOND).checked_sub(SECONDS_FROM_1601_TO_1970);
        let changed = seconds.and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        changed.is_some_and(|time| time.elapsed().is_ok_and(|age| age > SETTLING_TIME))
    }
}

/// The identity of an open file; nothing for what is no regular file. Nothing either while somebody has the file open for
/// writing: Windows may note the time of a change only when the writer closes the file.
///
/// # Errors
///
/// The system's.
pub fn file_identity(file: &File) -> io::Result<Option<FileIdentity>> {
    if !is_on_disk(file) || !file.metadata()?.is_file() || has_writer(file)? {
        return Ok(None);
    }
    let mut info = BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: The file is open, and the pointer has room for the answer.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut info) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let join = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
    let mut times = FILE_BASIC_INFO::default();
    query(file, FileBasicInfo, &mut times)?;
    let mut id = FILE_ID_INFO::default();
    // Only newer systems have numbers of 128 bits, and only some file systems need them.
    let (volume, id) = match query(file, FileIdInfo, &mut id) {
        Ok(()) => (id.VolumeSerialNumber, u128::from_le_bytes(id.FileId.Identifier)),
        Err(_) => (info.dwVolumeSerialNumber.into(), join(info.nFileIndexHigh, info.nFileIndexLow).into()),
    };
    let numbers = [
        volume,
        id as u64,
        (id >> 64) as u64,
        join(info.nFileSizeHigh, info.nFileSizeLow),
        times.CreationTime.cast_unsigned(),
        times.LastWriteTime.cast_unsigned(),
        times.ChangeTime.cast_unsigned(),
    ];
    Ok(Some(FileIdentity { numbers }))
}

/// Asks for one kind of information about an open file.
fn query<T>(file: &File, class: FILE_INFO_BY_HANDLE_CLASS, into: &mut T) -> io::Result<()> {
    let room = size_of::<T>() as u32;
    // SAFETY: The file is open, there is as much room as the call is told, and any bytes are a `T`, a structure of numbers.
    match unsafe { GetFileInformationByHandleEx(file.as_raw_handle(), class, (&raw mut *into).cast(), room) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// Whether the handle is of a file on a disk, and not of a pipe, console or device.
fn is_on_disk(file: &File) -> bool {
    // SAFETY: The file is open.
    unsafe { GetFileType(file.as_raw_handle()) == FILE_TYPE_DISK }
}

/// Whether somebody has the file open for writing: then it cannot be opened without sharing that.
fn has_writer(file: &File) -> io::Result<bool> {
    let share = FILE_SHARE_READ | FILE_SHARE_DELETE;
    // SAFETY: The file is open.
    let again = unsafe { ReOpenFile(file.as_raw_handle(), FILE_READ_DATA, share, 0) };
    if again != INVALID_HANDLE_VALUE {
        // SAFETY: The handle was just opened and belongs to nobody else.
        drop(unsafe { OwnedHandle::from_raw_handle(again) });
        return Ok(false);
    }
    let error = io::Error::last_os_error();
    if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION.cast_signed()) { Ok(true) } else { Err(error) }
}

/// Fills `bytes` with what stands at `offset` in a file. Its position is afterwards where it was.
///
/// # Errors
///
/// `UnexpectedEof` where the file ends before; otherwise the system's.
pub fn read_exact_at(mut file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    // Windows moves the position with every read.
    let position = file.stream_position()?;
    let result = fill_at(file, bytes, offset);
    file.seek(SeekFrom::Start(position))?;
    result
}

fn fill_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.seek_read(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                bytes = &mut bytes[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

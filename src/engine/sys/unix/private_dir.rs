//! Folders whose files nobody but this user can have written, and what tells files apart.
//!
//! A folder or file counts only where this user owns it and nobody else may write to it. Links are not followed, and
//! nothing here waits for anything but the disk: a FIFO in place of a file is refused like any other file that is none.
//! A file appears whole or not at all: it is written under a random name in the folder `tmp`, locked as long as its
//! writer lives, and then renamed. What a writer that was killed leaves there has no lock, and goes at the next
//! [`PrivateDir::clean`]. The folder goes with its last file, so that mostly there is nothing to look through.

use crate::engine::sys::TEMPORARY;
use rustix::fs::{self as posix, AtFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, geteuid, getrlimit};
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// Mode bits by which others may change a file.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// Mode bits by which others may do anything with a file.
const OPEN_TO_OTHERS: u32 = 0o077;

/// A file that changed less than this ago may change again without looking different: clocks of file systems are coarse.
const SETTLING_TIME: Duration = Duration::from_secs(2);

/// On file systems without locks, what is this old has no writer any more.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// How often a file is begun anew that a cleaner, or another writer that is done, took away from its writer.
const WRITE_ATTEMPTS: usize = 8;

/// A folder of this user's own.
#[derive(Debug)]
pub struct PrivateDir {
    dir: OwnedFd,
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
        let dir = match open_dir(posix::CWD, path) {
            Err(Errno::NOENT) => {
                create_private_dir(path)?;
                open_dir(posix::CWD, path)?
            }
            other => other?,
        };
        let dir = File::from(dir);
        require_own(&dir.metadata()?, WRITABLE_BY_OTHERS)?;
        Ok(PrivateDir { dir: dir.into() })
    }

    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// `PermissionDenied` for what others can have written, `InvalidInput` for what is no regular file; otherwise the
    /// system's.
    pub fn open_file(&self, name: &str) -> io::Result<File> {
        self.open_checked(name, WRITABLE_BY_OTHERS)
    }

    /// Opens a file that nobody else can have read either.
    ///
    /// # Errors
    ///
    /// As for [`PrivateDir::open_file`].
    pub fn open_secret(&self, name: &str) -> io::Result<File> {
        self.open_checked(name, OPEN_TO_OTHERS)
    }

    fn open_checked(&self, name: &str, forbidden: u32) -> io::Result<File> {
        let file = open_file(&self.dir, name)?;
        let metadata = file.metadata()?;
        require_own(&metadata, forbidden)?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(file)
    }

    /// Makes a file of the parts, readable by this user alone, at once.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` where there is one that is to be kept; otherwise the system's. Nothing is left behind.
    pub fn write(&self, name: &str, parts: &[&[u8]], existing: Existing) -> io::Result<()> {
        let len = parts.iter().map(|part| part.len() as u64).sum();
        // The system would end the process by a signal.
        if getrlimit(Resource::Fsize).current.is_some_and(|limit| limit < len) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut result = Err(io::ErrorKind::Interrupted.into());
        for _ in 0..WRITE_ATTEMPTS {
            let temporary = self.temporary_dir();
            result = temporary.and_then(|temporary| self.try_write(&temporary, name, parts, existing));
            match &result {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::NotFound) => {}
                _ => break,
            }
        }
        self.remove_temporary_dir();
        result
    }

    fn try_write(&self, temporary: &OwnedFd, name: &str, parts: &[&[u8]], existing: Existing) -> io::Result<()> {
        let temporary_name = random_name()?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(posix::openat(temporary, &*temporary_name, flags, Mode::from_raw_mode(0o600))?);
        let result = lock(&file)
            .and_then(|()| parts.iter().try_for_each(|part| file.write_all(part)))
            .and_then(|()| self.put(temporary, &temporary_name, name, existing));
        if result.is_err() || existing == Existing::Keep {
            // Already gone where it was renamed, or a cleaner's.
            let _ = posix::unlinkat(temporary, &*temporary_name, AtFlags::empty());
        }
        result
    }

    /// Gives a file that is whole its name. Until then its lock is held.
    fn put(&self, temporary: &OwnedFd, temporary_name: &str, name: &str, existing: Existing) -> io::Result<()> {
        if existing == Existing::Keep {
            return Ok(posix::linkat(temporary, temporary_name, &self.dir, name, AtFlags::empty())?);
        }
        match posix::renameat(temporary, temporary_name, &self.dir, name) {
            Err(Errno::ISDIR | Errno::NOTEMPTY | Errno::EXIST) => {
                posix::unlinkat(&self.dir, name, AtFlags::REMOVEDIR)?;
                Ok(posix::renameat(temporary, temporary_name, &self.dir, name)?)
            }
            result => Ok(result?),
        }
    }

    fn temporary_dir(&self) -> io::Result<OwnedFd> {
        match posix::mkdirat(&self.dir, TEMPORARY, Mode::from_raw_mode(0o700)) {
            Ok(()) | Err(Errno::EXIST) => Ok(open_dir(&self.dir, TEMPORARY)?),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the folder of files that are not whole, if there is none in it.
    fn remove_temporary_dir(&self) {
        let _ = posix::unlinkat(&self.dir, TEMPORARY, AtFlags::REMOVEDIR);
    }

    /// The regular files in it, with their sizes in bytes and when they were written or noted to be used.
    pub fn files(&self) -> Vec<(OsString, u64, SystemTime)> {
        let Ok(entries) = posix::Dir::read_from(&self.dir) else { return Vec::new() };
        let facts = |entry: posix::DirEntry| {
            let file = open_file(&self.dir, entry.file_name()).ok()?;
            let metadata = file.metadata().ok().filter(Metadata::is_file)?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes()).to_owned();
            Some((name, metadata.len(), metadata.modified().ok()?))
        };
        entries.flatten().filter_map(facts).collect()
    }

    /// Removes a file. Errors are nobody's concern.
    pub fn remove(&self, name: &OsStr) {
        let _ = posix::unlinkat(&self.dir, name, AtFlags::empty());
    }

    /// Removes what writers left that were killed. Errors are nobody's concern.
    pub fn clean(&self) {
        let Ok(temporary) = open_dir(&self.dir, TEMPORARY) else { return };
        let Ok(entries) = posix::Dir::read_from(&temporary) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_bytes().starts_with(b".") {
                continue;
            }
            if open_file(&temporary, name).is_ok_and(|file| is_abandoned(&file)) {
                let _ = posix::unlinkat(&temporary, name, AtFlags::empty());
            }
        }
        self.remove_temporary_dir();
    }
}

/// Makes a folder, and those above it, for this user alone.
///
/// # Errors
///
/// The system's.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn open_dir(at: impl AsFd, path: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    posix::openat(at, path, flags, Mode::empty())
}

fn open_file(at: impl AsFd, name: impl rustix::path::Arg) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(posix::openat(at, name, flags, Mode::empty())?.into())
}

fn require_own(metadata: &Metadata, forbidden: u32) -> io::Result<()> {
    if metadata.uid() == geteuid().as_raw() && metadata.mode() & forbidden == 0 {
        Ok(())
    } else {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

/// Locks a file that was just made. Where the file system has no locks, age has to do.
fn lock(file: &File) -> io::Result<()> {
    match posix::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Err(io::ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}

/// Whether the writer of a temporary file is gone.
fn is_abandoned(file: &File) -> bool {
    match posix::flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => true,
        Err(Errno::WOULDBLOCK) => false,
        Err(_) => {
            let modified = file.metadata().and_then(|metadata| metadata.modified());
            modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED_AFTER))
        }
    }
}

fn random_name() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

/// What tells a regular file with its present contents from all others on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileIdentity {
    /// Device, inode, size, then seconds and nanoseconds of the last change of contents and of the last change at all.
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
        usize::try_from(self.numbers[2]).unwrap_or(usize::MAX)
    }

    /// Whether a change of the contents from now on would make another identity: the last change is long enough ago for
    /// the next one to get another time.
    pub fn is_settled(&self) -> bool {
        let changed = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.numbers[3].max(self.numbers[5])));
        changed.is_some_and(|time| time.elapsed().is_ok_and(|age| age > SETTLING_TIME))
    }
}

/// The identity of an open file; nothing for what is no regular file.
///
/// # Errors
///
/// The system's.
pub fn file_identity(file: &File) -> io::Result<Option<FileIdentity>> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    let numbers = [
        metadata.dev(),
        metadata.ino(),
        metadata.size(),
        metadata.mtime().cast_unsigned(),
        metadata.mtime_nsec().cast_unsigned(),
        metadata.ctime().cast_unsigned(),
        metadata.ctime_nsec().cast_unsigned(),
    ];
    Ok(Some(FileIdentity { numbers }))
}

/// Fills `bytes` with what stands at `offset` in a file, without moving its position.
///
/// # Errors
///
/// `UnexpectedEof` where the file ends before; otherwise the system's.
pub fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    file.read_exact_at(bytes, offset)
}

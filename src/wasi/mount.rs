//! [`Mount`], a part of the host's tree that a guest sees, and what all its directories share.
//!
//! A mount is a directory of the host, or a folder that exists for the guest alone and holds single files. Single files
//! may also lie in a directory's mount, over what the host has under that name. Whatever a guest reaches, it reaches
//! through cap-std, or its like, from the mount's root; [`super::resolve`] says how a path gets there.
//!
//! Some file systems are not storage but the kernel's own doors: `/proc/self/mem` is this process's memory. They and device
//! nodes are refused unless the embedder lets them through. What a file lies in is known by its device number, which every
//! open asks for anyway; each number is looked into once.

use super::ctx::DirAccess;
use super::errno::Errno;
use super::resolve::Stop;
use super::sys::{self, AsFd, BorrowedFd, Inode, InodeKind, OpenRequest, OwnedFd};
use super::types::{FileType, Filestat};
use cap_std::fs::Dir;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A part of the guest's tree.
pub(super) struct Mount {
    /// Its place in the order of mounts. Files are not moved or linked between mounts.
    pub(super) number: u32,
    /// The guest's name for it, as the embedder gave it.
    pub(super) name: Vec<u8>,
    /// The directory of the host; none for a folder of single files.
    pub(super) root: Option<Dir>,
    /// Single files in this mount.
    pub(super) files: Vec<MountedFile>,
    /// Whether device nodes and the kernel's file systems are let through.
    special_allowed: bool,
    /// Device numbers of file systems that hold ordinary files.
    ordinary: Mutex<Vec<u64>>,
}

/// A single file of the host, shown to the guest under a name of its own.
pub(super) struct MountedFile {
    /// The guest's directory that it lies in, by device and inode; none in a folder of single files.
    pub(super) within: Option<(u64, u64)>,
    /// Its name for the guest.
    pub(super) name: Vec<u8>,
    /// Whether the guest may change it.
    pub(super) access: DirAccess,
    /// The host's directory around it, of which the guest sees nothing else.
    folder: Dir,
    /// Its name for the host: one component, and no link.
    host_name: PathBuf,
}

impl Mount {
    /// A mount of a directory, or of nothing yet.
    pub(super) fn new(number: u32, name: Vec<u8>, root: Option<Dir>, special_allowed: bool) -> Mount {
        Mount { number, name, root, files: Vec::new(), special_allowed, ordinary: Mutex::default() }
    }

    /// Refuses a device node, and whatever lies in a file system of the kernel's own. `fd` is what `inode` describes.
    pub(super) fn admit(&self, inode: &Inode, fd: BorrowedFd<'_>) -> Result<(), Stop> {
        match inode.kind {
            _ if self.special_allowed => Ok(()),
            InodeKind::Empty => Ok(()),
            InodeKind::Device => Err(Stop::Special),
            _ => self.admit_file_system(inode.dev, || Ok(sys::duplicate(fd)?)),
        }
    }

    /// Refuses a file system of the kernel's own. `open` gives something that lies in it, and is asked only where the
    /// number is new.
    pub(super) fn admit_file_system(&self, dev: u64, open: impl FnOnce() -> Result<OwnedFd, Stop>) -> Result<(), Stop> {
        if self.special_allowed || self.ordinary().contains(&dev) {
            return Ok(());
        }
        let found = open()?;
        if sys::in_special_file_system(found.as_fd())? {
            return Err(Stop::Special);
        }
        // What was opened by its path may be another file by now, which says nothing about the one that was looked at.
        if sys::inode(found.as_fd())?.dev != dev {
            return Err(Stop::Escape);
        }
        self.ordinary().push(dev);
        Ok(())
    }

    fn ordinary(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        self.ordinary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The single file of this name in a directory.
    pub(super) fn file(&self, within: Option<(u64, u64)>, name: &[u8]) -> Option<&MountedFile> {
        self.files.iter().find(|file| file.within == within && file.name == name)
    }

    /// What is known of a folder that the host does not have.
    pub(super) fn folder_stat(&self) -> Filestat {
        Filestat {
            ino: u64::from(self.number) + 1,
            filetype: FileType::Directory as u8,
            nlink: 1,
            ..Filestat::default()
        }
    }
}

impl MountedFile {
    /// The file `host_name` in the host's directory `folder`.
    pub(super) fn new(folder: Dir, host_name: PathBuf, name: Vec<u8>, access: DirAccess) -> MountedFile {
        MountedFile { within: None, name, access, folder, host_name }
    }

    /// Opens the file. If a link has taken its place by now, that is not followed.
    pub(super) fn open(&self, request: OpenRequest) -> Result<OwnedFd, Stop> {
        if request.directory {
            return Err(Errno::Notdir.into());
        }
        if request.create && request.exclusive {
            return Err(Errno::Exist.into());
        }
        let request = OpenRequest { create: false, follow: false, ..request };
        Ok(sys::open(&self.folder, &self.host_name, request)?)
    }

    pub(super) fn filestat(&self) -> Result<Filestat, Stop> {
        Ok(sys::filestat_at(&self.folder, &self.host_name, false)?)
    }

    pub(super) fn set_times(&self, atim: sys::SetTime, mtim: sys::SetTime) -> Result<(), Stop> {
        if self.access == DirAccess::ReadOnly {
            return Err(Errno::Rofs.into());
        }
        Ok(sys::set_times_at(&self.folder, &self.host_name, atim, mtim)?)
    }
}

/// A guest path in the form in which two of them are compared: without `./`, and without slashes around it.
pub(super) fn identity(guest: &[u8]) -> Vec<u8> {
    let names: Vec<&[u8]> =
        guest.split(|&byte| byte == b'/').filter(|name| !name.is_empty() && *name != b".").collect();
    names.join(&b'/')
}

/// What is left of `path` below `folder`, both in the form of [`identity`].
pub(super) fn below<'p>(path: &'p [u8], folder: &[u8]) -> Option<&'p [u8]> {
    let rest = path.strip_prefix(folder)?;
    if folder.is_empty() || rest.is_empty() { Some(rest) } else { rest.strip_prefix(b"/") }
}

/// Number of the directory `path` below `root`, where there is one.
pub(super) fn directory_number(root: &Dir, path: &[u8]) -> Option<(u64, u64)> {
    let path = if path.is_empty() { Path::new(".") } else { sys::path_from_bytes(path).ok()? };
    let stat = sys::filestat_at(root, path, true).ok()?;
    (stat.filetype == FileType::Directory as u8).then_some((stat.dev, stat.ino))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guest_paths_are_compared_by_their_names() {
        for (path, expect) in [("/a/b", "a/b"), ("./a//b/", "a/b"), ("/", ""), (".", ""), ("../a", "../a")] {
            assert_eq!(identity(path.as_bytes()), expect.as_bytes(), "{path}");
        }
        assert_eq!(below(b"a/b", b"a"), Some(b"b".as_slice()));
        assert_eq!(below(b"a", b"a"), Some(b"".as_slice()));
        assert_eq!(below(b"a", b""), Some(b"a".as_slice()));
        assert_eq!(below(b"ab", b"a"), None);
    }
}

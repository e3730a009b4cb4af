//! `path_open`, and how a guest's path is looked up.
//!
//! Every path of a guest is relative to a directory that it has open, and goes through [`locate`], the one place that
//! turns its bytes into something for the host. From there on cap-std, or on Windows `src/wasi/sys/windows/walk.rs`, walks
//! it without ever leaving the directory, and [`super::resolve`] where a link does lead above it. A path that is typed so
//! that it leaves the directory is `PERM`. A slash at the end is never passed down; it is remembered as "must be a
//! directory".

use super::ctx::{DirAccess, WasiCtx};
use super::descriptor::{Descriptor, DirHandle, Object, Quirk, RightsPair};
use super::errno::Errno;
use super::guest::GuestMemory;
use super::mount::MountedFile;
use super::resolve::{Entry, Stop, entry, followed, retrying, without_slashes};
use super::sys::{self, AsFd, InodeKind, OpenRequest, OwnedFd};
use super::types::{FdFlags, FileType, Filestat, LookupFlags, OFlags, Rights};
use cap_std::fs::Dir;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a path at most, as on Linux with its final NUL; on every way that a path may take.
const MOST_PATH_BYTES: usize = 4095;

/// A guest's path, ready to be looked up.
pub(super) struct Location<'a> {
    /// The directory that the path starts from.
    pub(super) dir: &'a DirHandle,
    /// Without a slash at its end; never empty.
    pub(super) path: &'a [u8],
    /// Whether there was a slash at the end: only a directory will do.
    pub(super) directory: bool,
}

/// Checks a guest's path.
///
/// The bytes reach the host unchanged, in whatever encoding they are. An empty path is `NOENT`, as POSIX has it, and one
/// with a NUL byte, which no host can be given, `INVAL`.
pub(super) fn locate<'a>(dir: &'a DirHandle, path: &'a [u8]) -> Result<Location<'a>, Stop> {
    if path.is_empty() {
        return Err(Errno::Noent.into());
    }
    if path.len() > MOST_PATH_BYTES {
        return Err(Errno::Nametoolong.into());
    }
    if path.contains(&0) {
        return Err(Errno::Inval.into());
    }
    if path[0] == b'/' {
        return Err(Stop::Outside);
    }
    let end = without_slashes(path).len();
    Ok(Location { dir, path: &path[..end], directory: end < path.len() })
}

impl<'a> Location<'a> {
    /// The entry of its directory that the path names. A link in the last place is the entry itself.
    pub(super) fn entry(&self) -> Result<Entry<'a>, Stop> {
        entry(self.dir, self.path)
    }

    /// The entry that the path leads to, through a link in the last place if `follow`, or if a slash stood behind it.
    pub(super) fn reach(&self, follow: bool) -> Result<Entry<'a>, Stop> {
        let found = self.entry()?;
        if (follow || self.directory) && found.is_link() { followed(self.dir, self.path) } else { Ok(found) }
    }

    /// The host's directory and path, where cap-std may be asked with one call: no single file can be meant.
    fn direct(&self) -> Result<Option<(&'a Dir, &'a Path)>, Stop> {
        let host = self.dir.host().filter(|_| self.dir.mount.files.is_empty());
        Ok(host.zip(Some(sys::path_from_bytes(self.path)?)))
    }

    /// What is known of the file there. A link in the last place is followed if asked for, or if a slash stood behind it.
    pub(super) fn filestat(&self, follow: bool) -> Result<Filestat, Stop> {
        let stat = match self.direct_filestat(follow || self.directory)? {
            Some(stat) => stat,
            None => self.reach(follow)?.filestat()?,
        };
        if self.directory && stat.filetype != FileType::Directory as u8 {
            return Err(Errno::Notdir.into());
        }
        Ok(stat)
    }

    /// What one call finds out, if one call is enough.
    fn direct_filestat(&self, follow: bool) -> Result<Option<Filestat>, Stop> {
        let Some((dir, path)) = self.direct()? else { return Ok(None) };
        match sys::filestat_at(dir, path, follow).map_err(Stop::from) {
            Ok(stat) => {
                let mount = &self.dir.mount;
                match mount.admit_file_system(stat.dev, || Ok(sys::open_location(dir, path, follow)?)) {
                    Ok(()) => Ok(Some(stat)),
                    // The file was exchanged between the two.
                    Err(Stop::Escape) => Ok(None),
                    Err(stop) => Err(stop),
                }
            }
            Err(Stop::Escape) => Ok(None),
            Err(stop) => Err(stop),
        }
    }

    /// Sets times, through a link in the last place if `follow`. The file itself is not opened for that: opening a pipe
    /// would wait.
    pub(super) fn set_times(&self, follow: bool, atim: sys::SetTime, mtim: sys::SetTime) -> Result<(), Stop> {
        if follow || self.directory {
            self.filestat(true)?;
        }
        self.reach(follow)?.set_times(atim, mtim)
    }
}

/// Opens a file or directory below a directory.
///
/// Parameters: `fd`, the directory; `dirflags`, 1 to follow a link in the last place; `path` and `path_len`;
/// `oflags`, 1 create, 2 only a directory will do, 4 what exists is an error, 8 make it empty; `fs_rights_base`, of which
/// `FD_READ` and `FD_WRITE` decide how it is opened; `fs_rights_inheriting`, for what is opened through it; `fdflags`;
/// `opened_fd`, where the new number goes, 4 bytes: the lowest that is free.
///
/// Errors: `BADF` for a number that is not open; `NOTDIR` for one that is no directory, or a file where a directory is
/// asked for; `INVAL` for unknown flags, creating a directory, or a NUL in the path; `NOENT` for an empty path or one that
/// leads nowhere; `PERM` for one that leads out of the directory; `LOOP` for a link that is not to be followed; `EXIST`;
/// `ISDIR` for a directory that is to be written; `ACCES`, also for devices and the kernel's file systems; `NXIO` for a
/// pipe without a reader that is to be written; `ROFS` for changing a read-only mount; `MFILE`; `NOTCAPABLE` for a right
/// that was given up; `FAULT` where path or result do not fit into memory; whatever the host answers.
///
/// Opening never waits. A read from a pipe that nobody has opened for writing yet waits for that instead. A file that is
/// opened for writing loses its set-id bits.
///
/// POSIX: [openat](https://pubs.opengroup.org/onlinepubs/9799919799/functions/open.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#path_open>
pub(super) fn path_open(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    dirflags: u32,
    path: u32,
    path_len: u32,
    oflags: u32,
    fs_rights_base: u64,
    fs_rights_inheriting: u64,
    fdflags: u32,
    opened_fd: u32,
) -> Result<(), Errno> {
    let asked = Asked {
        rights: RightsPair {
            base: Rights::from_bits(fs_rights_base),
            inheriting: Rights::from_bits(fs_rights_inheriting),
        },
        oflags: OFlags::from_guest(oflags)?,
        follow: LookupFlags::from_guest(dirflags)?.contains(LookupFlags::SYMLINK_FOLLOW),
        flags: FdFlags::from_guest(fdflags)?,
    };
    memory.check(opened_fd, 4)?;
    let outcome = open(ctx, memory, fd, (path, path_len), asked);
    let child = ctx.note(memory, (fd, path, path_len), outcome)?;
    let number = ctx.table.insert(child)?;
    memory.write(opened_fd, number)
}

/// What the guest asks of a file to be opened.
#[derive(Clone, Copy)]
struct Asked {
    rights: RightsPair,
    oflags: OFlags,
    follow: bool,
    flags: FdFlags,
}

/// Opens a path and makes a descriptor of what is there.
fn open(
    ctx: &WasiCtx,
    memory: &GuestMemory<'_>,
    fd: u32,
    (path, path_len): (u32, u32),
    asked: Asked,
) -> Result<Descriptor, Stop> {
    let descriptor = ctx.table.get(fd)?;
    let dir = ctx.table.dir(fd, Rights::PATH_OPEN)?;
    if asked.oflags.contains(OFlags::CREAT) {
        descriptor.require(Rights::PATH_CREATE_FILE)?;
    }
    if asked.oflags.contains(OFlags::TRUNC) {
        descriptor.require(Rights::PATH_FILESTAT_SET_SIZE)?;
    }
    let location = locate(dir, memory.slice(path, path_len)?)?;
    let mut request = request(&location, asked)?;
    let file = single_file(&location, request.follow)?;
    let access = file.map_or(descriptor.access, |file| file.access);
    if access == DirAccess::ReadOnly {
        refuse_changes(&location, request)?;
        request.create = false;
    }
    let (object, quirk, is_device) = match file {
        Some(file) => admit(&location, file.open(request)?, request, asked.oflags)?,
        None => match open_host(&location, request)? {
            Some(opened) => admit(&location, opened, request, asked.oflags)?,
            None => (Object::Dir(DirHandle::root(Arc::clone(&dir.mount), false)), Quirk::None, false),
        },
    };
    let mut child = descriptor.child(object, asked.rights);
    (child.access, child.quirk) = (access, quirk);
    if is_device {
        child.recognise_terminal();
    }
    Ok(child)
}

/// What the guest's flags and rights ask of the host.
fn request(location: &Location<'_>, asked: Asked) -> Result<OpenRequest, Errno> {
    let create = asked.oflags.contains(OFlags::CREAT);
    if create && asked.oflags.contains(OFlags::DIRECTORY) {
        return Err(Errno::Inval);
    }
    if create && location.directory {
        return Err(Errno::Isdir);
    }
    let rights = asked.rights.base;
    let writes = rights.contains(Rights::FD_WRITE);
    Ok(OpenRequest {
        // What is opened for neither is opened for reading: the host has no third way that works everywhere.
        read: rights.intersects(Rights::FD_READ.union(Rights::FD_READDIR)) || !writes,
        write: writes || asked.oflags.contains(OFlags::TRUNC),
        create,
        exclusive: asked.oflags.contains(OFlags::EXCL),
        directory: asked.oflags.contains(OFlags::DIRECTORY) || location.directory,
        follow: asked.follow || location.directory,
        flags: asked.flags,
    })
}

/// The single file that is meant, if one is.
fn single_file<'a>(location: &Location<'a>, follow: bool) -> Result<Option<&'a MountedFile>, Stop> {
    if location.dir.mount.files.is_empty() {
        return Ok(None);
    }
    match location.reach(follow) {
        Ok(entry) => Ok(entry.file),
        // What is wrong with the path is found again by who opens it.
        Err(Stop::Errno(_)) => Ok(None),
        Err(stop) => Err(stop),
    }
}

/// Answers for a read-only mount what a read-only file system would.
fn refuse_changes(location: &Location<'_>, request: OpenRequest) -> Result<(), Stop> {
    if !request.write && !request.create {
        return Ok(());
    }
    match location.filestat(request.follow) {
        Ok(_) if request.create && request.exclusive => Err(Errno::Exist.into()),
        Ok(stat) if request.write && stat.filetype == FileType::Directory as u8 => Err(Errno::Isdir.into()),
        Ok(_) if request.write => Err(Errno::Rofs.into()),
        Ok(_) => Ok(()),
        Err(Stop::Errno(Errno::Noent)) if request.create => Err(Errno::Rofs.into()),
        Err(stop) => Err(stop),
    }
}

/// Opens what is there; none for a folder of single files.
///
/// What is to be created is created in a directory that was looked at before, and never by following a link: a path may
/// lead into one of the kernel's file systems, where a new file does something.
fn open_host(location: &Location<'_>, request: OpenRequest) -> Result<Option<OwnedFd>, Stop> {
    if let Some((dir, path)) = location.direct()?
        && !request.create
    {
        match sys::open(dir, path, request).map_err(Stop::from) {
            Err(Stop::Escape) => {}
            opened => return opened.map(Some),
        }
    }
    retrying(|| {
        let found = location.entry()?;
        if found.is_folder() {
            return if request.write || request.create { Err(Errno::Isdir.into()) } else { Ok(None) };
        }
        match found.open(request) {
            // With `DIRECTORY`, a link is at first only something else than a directory.
            Err(Stop::Errno(Errno::Loop | Errno::Notdir)) if request.follow && found.is_link() => {
                match followed(location.dir, location.path)?.open(request) {
                    Err(Stop::Errno(Errno::Loop)) => Err(Stop::Escape),
                    opened => opened.map(Some),
                }
            }
            opened => opened.map(Some),
        }
    })
}

/// Looks at what was opened, and only then changes it. Tells how the host's descriptor differs from what was asked for,
/// and whether it is a device.
fn admit(
    location: &Location<'_>,
    opened: OwnedFd,
    request: OpenRequest,
    oflags: OFlags,
) -> Result<(Object, Quirk, bool), Stop> {
    let inode = sys::inode(opened.as_fd())?;
    location.dir.mount.admit(&inode, opened.as_fd())?;
    let nonblock = request.flags.contains(FdFlags::NONBLOCK);
    let mut quirk = Quirk::None;
    match inode.kind {
        InodeKind::Directory if request.write => return Err(Errno::Isdir.into()),
        InodeKind::Directory => {
            let dir = location.dir.opened(sys::into_dir(opened)?, location.path);
            return Ok((Object::Dir(dir), quirk, false));
        }
        InodeKind::File => {
            if request.write {
                sys::strip_set_id(opened.as_fd(), &inode)?;
            }
            if oflags.contains(OFlags::TRUNC) {
                sys::set_size(opened.as_fd(), 0)?;
            }
            if !nonblock {
                quirk = Quirk::HiddenNonblock;
            }
        }
        InodeKind::Fifo if request.read && !request.write => quirk = Quirk::AwaitsWriter,
        _ => {}
    }
    if inode.kind != InodeKind::File && !nonblock {
        sys::let_block(opened.as_fd())?;
    }
    Ok((Object::File(opened), quirk, inode.kind == InodeKind::Device))
}

#[cfg(test)]
#[path = "path/tests.rs"]
mod tests;

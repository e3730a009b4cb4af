//! `path_open`, and how a guest's path is looked up.
//!
//! Every path of a guest is relative to a directory that it has open, and goes through [`locate`], the one place that
//! turns its bytes into something for the host. From there on cap-std walks it without ever leaving the directory: an
//! absolute path, a `..` too many and a link that leads outside are `PERM`. A slash at the end is never passed down; it is
//! remembered as "must be a directory".

use super::ctx::{DirAccess, WasiCtx};
use super::descriptor::{DirHandle, Object, RightsPair};
use super::errno::Errno;
use super::guest::GuestMemory;
use super::sys::{self, AsFd, OpenRequest};
use super::types::{FdFlags, FileType, Filestat, LookupFlags, OFlags, Rights};
use cap_fs_ext::DirExt;
use cap_std::fs::Dir;
use std::fs::File;
use std::path::Path;

/// A guest's path, ready for cap-std.
pub(super) struct Location<'a> {
    /// The directory that the path starts from.
    pub(super) dir: &'a Dir,
    /// Without a slash at its end; never empty.
    pub(super) path: &'a Path,
    /// Whether there was a slash at the end: only a directory will do.
    pub(super) directory: bool,
}

/// Resolves a guest's path against a directory.
///
/// The bytes reach the host unchanged, in whatever encoding they are. An empty path is `NOENT`, as POSIX has it, and one
/// with a NUL byte, which no host can be given, `INVAL`.
pub(super) fn locate<'a>(dir: &'a DirHandle, path: &'a [u8]) -> Result<Location<'a>, Errno> {
    if path.is_empty() {
        return Err(Errno::Noent);
    }
    if path.contains(&0) {
        return Err(Errno::Inval);
    }
    // A path of nothing but slashes stays one of them, which cap-std refuses as absolute.
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(1, |last| last + 1);
    Ok(Location { dir: &dir.dir, path: sys::path_from_bytes(&path[..end])?, directory: end < path.len() })
}

impl Location<'_> {
    /// What is known of the file there. A link in the last place is followed if asked for, or if a slash stood behind it.
    pub(super) fn filestat(&self, follow: bool) -> Result<Filestat, Errno> {
        let metadata =
            if follow || self.directory { self.dir.metadata(self.path) } else { self.dir.symlink_metadata(self.path) };
        let stat = sys::filestat_of(&metadata?);
        if self.directory && stat.filetype != FileType::Directory as u8 {
            return Err(Errno::Notdir);
        }
        Ok(stat)
    }

    /// Whether there is a directory, and no mere link to one.
    pub(super) fn is_directory(&self) -> Result<bool, Errno> {
        Ok(self.dir.symlink_metadata(self.path)?.is_dir())
    }

    /// Sets times as [`DirExt::set_symlink_times`] does, through a link in the last place if `follow`. The file itself is
    /// not opened for that: opening a pipe would wait.
    pub(super) fn set_times(&self, follow: bool, atim: sys::SetTime, mtim: sys::SetTime) -> Result<(), Errno> {
        let (atim, mtim) = (atim.for_path(), mtim.for_path());
        if follow || self.directory {
            self.filestat(true)?;
            Ok(self.dir.set_symlink_times(self.dir.canonicalize(self.path)?, atim, mtim)?)
        } else {
            Ok(self.dir.set_symlink_times(self.path, atim, mtim)?)
        }
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
/// `ISDIR` for a directory that is to be written; `ACCES`; `ROFS` for changing a read-only mount; `MFILE`; `NOTCAPABLE`
/// for a right that was given up; `FAULT` where path or result do not fit into memory; whatever the host answers.
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
    let asked =
        RightsPair { base: Rights::from_bits(fs_rights_base), inheriting: Rights::from_bits(fs_rights_inheriting) };
    let oflags = OFlags::from_guest(oflags)?;
    let follow = LookupFlags::from_guest(dirflags)?.contains(LookupFlags::SYMLINK_FOLLOW);
    let flags = FdFlags::from_guest(fdflags)?;
    memory.check(opened_fd, 4)?;

    let descriptor = ctx.table.get(fd)?;
    let dir = ctx.table.dir(fd, Rights::PATH_OPEN)?;
    if oflags.contains(OFlags::CREAT) {
        descriptor.require(Rights::PATH_CREATE_FILE)?;
    }
    if oflags.contains(OFlags::TRUNC) {
        descriptor.require(Rights::PATH_FILESTAT_SET_SIZE)?;
    }
    let location = locate(dir, memory.slice(path, path_len)?)?;
    let mut request = request(&location, asked.base, oflags, follow, flags)?;
    if descriptor.access == DirAccess::ReadOnly {
        refuse_changes(&location, request)?;
        request.create = false;
    }
    let object = open_object(dir, &location, request, oflags.contains(OFlags::TRUNC))?;
    let child = descriptor.child(object, asked);
    let number = ctx.table.insert(child)?;
    memory.write(opened_fd, number)
}

/// What the guest's flags and rights ask of the host.
fn request(
    location: &Location<'_>,
    rights: Rights,
    oflags: OFlags,
    follow: bool,
    flags: FdFlags,
) -> Result<OpenRequest, Errno> {
    let create = oflags.contains(OFlags::CREAT);
    if create && oflags.contains(OFlags::DIRECTORY) {
        return Err(Errno::Inval);
    }
    if create && location.directory {
        return Err(Errno::Isdir);
    }
    let writes = rights.contains(Rights::FD_WRITE);
    Ok(OpenRequest {
        // What is opened for neither is opened for reading: the host has no third way that works everywhere.
        read: rights.intersects(Rights::FD_READ.union(Rights::FD_READDIR)) || !writes,
        write: writes || oflags.contains(OFlags::TRUNC),
        create,
        exclusive: oflags.contains(OFlags::EXCL),
        directory: oflags.contains(OFlags::DIRECTORY) || location.directory,
        follow: follow || location.directory,
        flags,
    })
}

/// Answers for a read-only mount what a read-only file system would.
fn refuse_changes(location: &Location<'_>, request: OpenRequest) -> Result<(), Errno> {
    if !request.write && !request.create {
        return Ok(());
    }
    match location.filestat(request.follow) {
        Ok(_) if request.create && request.exclusive => Err(Errno::Exist),
        Ok(stat) if request.write && stat.filetype == FileType::Directory as u8 => Err(Errno::Isdir),
        Ok(_) if request.write => Err(Errno::Rofs),
        Ok(_) => Ok(()),
        Err(Errno::Noent) if request.create => Err(Errno::Rofs),
        Err(errno) => Err(errno),
    }
}

/// Opens, looks at what was opened, and only then empties it.
fn open_object(
    dir: &DirHandle,
    location: &Location<'_>,
    request: OpenRequest,
    truncate: bool,
) -> Result<Object, Errno> {
    let opened = sys::open(location.dir, location.path, request)?;
    let filetype = sys::filestat(opened.as_fd())?.filetype;
    if filetype == FileType::Directory as u8 {
        if request.write {
            return Err(Errno::Isdir);
        }
        let dir = DirHandle {
            dir: Dir::from_std_file(File::from(opened)),
            mount: dir.mount,
            preopen_name: None,
            listing: None,
        };
        return Ok(Object::Dir(dir));
    }
    if truncate && filetype == FileType::RegularFile as u8 {
        sys::set_size(opened.as_fd(), 0)?;
    }
    Ok(Object::File(opened))
}

#[cfg(test)]
mod tests {
    use super::super::testing::Guest;
    use super::*;
    use Errno::{Badf, Exist, Fault, Inval, Isdir, Loop, Noent, Notdir, Perm, Rofs};

    const READ: Rights = Rights::FD_READ;
    const WRITE: Rights = Rights::FD_WRITE;
    const NONE: OFlags = OFlags::NONE;
    const CREAT: OFlags = OFlags::CREAT;
    const EXCL: OFlags = OFlags::CREAT.union(OFlags::EXCL);
    const DIRECTORY: OFlags = OFlags::DIRECTORY;
    const TRUNC: OFlags = OFlags::TRUNC;

    /// A guest with the file `f`, the directory `d` with the file `d/g`, and links to them, to nowhere and outside.
    fn guest() -> Guest {
        let guest = Guest::with_dir();
        let host = guest.host();
        host.write("f", "content").expect("a file");
        host.create_dir("d").expect("a directory");
        host.write("d/g", "").expect("a file");
        for (target, link) in [("f", "to-f"), ("d", "to-d"), ("nowhere", "to-nowhere"), ("../..", "out")] {
            host.symlink_contents(target, link).expect("a link");
        }
        host.symlink_contents("/etc/passwd", "absolute").expect("a link");
        guest
    }

    #[track_caller]
    fn check(dir: u32, path: &str, oflags: OFlags, rights: Rights, expect: Result<u32, Errno>) {
        assert_eq!(guest().open_with(dir, path, oflags, rights), expect, "{path:?}");
    }

    #[test]
    fn opens_what_exists() {
        for path in ["f", "to-f", "d", "d/", "d//", "d/g", "to-d/g", "d/../f", "./f", ".", "d/.", "to-d/"] {
            check(3, path, NONE, READ, Ok(5));
        }
        for path in ["d", "d/", "to-d", ".", "to-d/."] {
            check(3, path, DIRECTORY, READ, Ok(5));
        }
        check(3, "f", NONE, Rights::NONE, Ok(5));
        check(3, "f", NONE, Rights::ALL, Ok(5));
    }

    #[test]
    fn refuses_with_the_reason() {
        check(9, "f", NONE, READ, Err(Badf));
        check(0, "f", NONE, READ, Err(Notdir));
        check(3, "", NONE, READ, Err(Noent));
        check(3, "f\0", NONE, READ, Err(Inval));
        check(3, "missing", NONE, READ, Err(Noent));
        check(3, "to-nowhere", NONE, READ, Err(Noent));
        check(3, "f/", NONE, READ, Err(Notdir));
        check(3, "f/x", NONE, READ, Err(Notdir));
        check(3, "f", DIRECTORY, READ, Err(Notdir));
        check(3, "d", NONE, WRITE, Err(Isdir));
        check(3, "d", DIRECTORY, READ.union(WRITE), Err(Isdir));
        check(3, "d", DIRECTORY.union(CREAT), READ, Err(Inval));
        check(3, "new/", CREAT, READ, Err(Isdir));
        check(3, "f", EXCL, READ, Err(Exist));
        check(3, "to-nowhere", EXCL, READ, Err(Exist));
    }

    #[test]
    fn never_leaves_the_directory() {
        for path in ["/", "/f", "..", "../", "d/../../x", "out", "out/", "out/etc", "absolute", "///"] {
            check(3, path, NONE, READ, Err(Perm));
            check(3, path, DIRECTORY, READ, Err(Perm));
            check(4, path, NONE, READ, Err(Perm));
        }
        for path in ["/new", "../new", "out/new"] {
            check(3, path, CREAT, READ.union(WRITE), Err(Perm));
        }
    }

    #[test]
    fn creates_and_empties() {
        for (path, oflags) in [("new", CREAT), ("new", EXCL), ("d/new", CREAT), ("to-nowhere", CREAT), ("f", CREAT)] {
            check(3, path, oflags, READ, Ok(5));
            check(3, path, oflags, WRITE, Ok(5));
        }
        let mut guest = guest();
        assert_eq!(guest.open_with(3, "f", CREAT, READ), Ok(5));
        assert_eq!(guest.host().read("f").expect("a file"), b"content");
        assert_eq!(guest.open_with(3, "to-f", TRUNC, Rights::NONE), Ok(6));
        assert_eq!(guest.host().read("f").expect("a file"), b"");
    }

    #[test]
    fn a_read_only_mount_stays_as_it_is() {
        check(4, "f", NONE, READ, Ok(5));
        check(4, "f", CREAT, READ, Ok(5));
        check(4, "f", NONE, WRITE, Err(Rofs));
        check(4, "f", TRUNC, READ, Err(Rofs));
        check(4, "f", EXCL, READ, Err(Exist));
        check(4, "new", CREAT, READ, Err(Rofs));
        check(4, "missing", NONE, WRITE, Err(Noent));
        check(4, "d", NONE, WRITE, Err(Isdir));
        check(4, "to-nowhere", CREAT, READ, Err(Rofs));
        let mut guest = guest();
        assert_eq!(guest.open_with(4, "d", DIRECTORY, READ), Ok(5));
        assert_eq!(guest.open_with(5, "g", NONE, WRITE), Err(Rofs));
    }

    #[test]
    fn links_and_flags() {
        let mut guest = guest();
        let mut open = |dirflags, path: &str, oflags: u32, fdflags, result| {
            let (path, len) = guest.text(path);
            let mut memory = GuestMemory::new(&mut guest.bytes);
            path_open(&mut guest.ctx, &mut memory, 3, dirflags, path, len, oflags, 2, 0, fdflags, result)
        };
        assert_eq!(open(0, "to-f", 0, 0, 0), Err(Loop));
        assert_eq!(open(0, "to-nowhere", 0, 0, 0), Err(Loop));
        assert_eq!(open(0, "to-d/", 0, 0, 0), Ok(()));
        assert!(matches!(open(0, "to-d", 2, 0, 0), Err(Loop | Notdir)));
        assert_eq!(open(2, "f", 0, 0, 0), Err(Inval));
        assert_eq!(open(1, "f", 16, 0, 0), Err(Inval));
        assert_eq!(open(1, "f", 0, 32, 0), Err(Inval));
        assert_eq!(open(1, "f", 0, 31, 0), Ok(()));
        assert_eq!(open(1, "f", 1, 0, Guest::SIZE - 3), Err(Fault));
        let mut memory = GuestMemory::new(&mut guest.bytes);
        assert_eq!(path_open(&mut guest.ctx, &mut memory, 3, 1, u32::MAX, 9, 0, 2, 0, 0, 0), Err(Fault));
    }

    #[test]
    fn rights_that_were_given_up_stay_lost() {
        let mut guest = guest();
        let rights = guest.ctx.table.get(3).expect("open").rights();
        let fewer = RightsPair {
            base: rights.base.without(Rights::PATH_CREATE_FILE).without(Rights::PATH_FILESTAT_SET_SIZE),
            inheriting: rights.inheriting.without(WRITE),
        };
        assert_eq!(guest.ctx.table.get_mut(3).expect("open").narrow(fewer), Ok(()));
        assert_eq!(guest.open_with(3, "f", CREAT, READ), Err(Errno::Notcapable));
        assert_eq!(guest.open_with(3, "f", TRUNC, READ), Err(Errno::Notcapable));
        assert_eq!(guest.open_with(3, "f", NONE, Rights::ALL), Ok(5));
        assert_eq!(guest.ctx.table.get(5).expect("open").require(WRITE), Err(Errno::Notcapable));
    }
}

//! Where a path leads within its mount.
//!
//! A mount is to its links what `/` is to a process after chroot: a link to `/etc/passwd` leads to `etc/passwd` below the
//! mount's root, and a link with more `..` than there are directories stays at the root. A path that the *guest* types is
//! held to its descriptor instead: absolute, or with a `..` in the descriptor's own directory, it is refused.
//!
//! ```text
//! mount /            guest has descriptor 4 open on "a"
//!   a/to-b -> ../b     4, "to-b/x"     a link leads above "a": b/x
//!   a/to-c -> /c       4, "to-c"       an absolute link begins at the mount's root: c
//!   a/up -> ../../..   4, "up/b/x"     too many "..": b/x
//!   b/x                4, "../b/x"     typed: refused
//! ```
//!
//! cap-std, and what stands for it on Windows, knows no such root: it refuses every link that is absolute or leads above
//! the directory that it starts from. So it is asked first, which is one system call for nearly every path, and where it refuses, the path is [walked](walk)
//! here: name by name from the mount's root, each looked at through cap-std, into a path without links. Then cap-std is
//! asked again, with that path and the mount's root. Nothing that is found out here opens anything: if a directory becomes
//! a link in the meantime, cap-std refuses once more, and the walk starts anew, a few times.
//!
//! The parent of an open directory is never asked of the host: a directory that was moved out of the mount would lead
//! there. A descriptor below the mount's root remembers how it was reached instead ([`Stand`]), and before that is used, it
//! must lead to the same inode.

use super::descriptor::DirHandle;
use super::errno::Errno;
use super::mount::{Mount, MountedFile};
use super::sys::{self, AsFd, OpenRequest, OwnedFd};
use super::types::{FileType, Filestat};
use cap_std::fs::Dir;
use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// Links that one path may lead through, as on Linux.
const MOST_LINKS: u32 = 40;

/// Walks until a path that changes under them is given up.
const MOST_ATTEMPTS: u32 = 16;

/// Bytes of the way to a directory that a descriptor remembers at most.
const MOST_STAND_BYTES: usize = 4096;

/// Why something was not done to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// cap-std refused to leave the directory. Not an answer yet: a walk may find that the path leads to within the mount.
    Escape,
    /// It leads out of the mount, or was typed so that it leaves its descriptor's directory.
    Outside,
    /// It is a device, or lies in a file system of the kernel's own.
    Special,
    Errno(Errno),
}

impl From<Errno> for Stop {
    fn from(errno: Errno) -> Stop {
        Stop::Errno(errno)
    }
}

impl From<io::Error> for Stop {
    /// cap-std's refusal is the one denial of permission that has no number of the host.
    fn from(error: io::Error) -> Stop {
        if error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none() {
            return Stop::Escape;
        }
        Stop::Errno(error.into())
    }
}

impl From<Stop> for Errno {
    fn from(stop: Stop) -> Errno {
        match stop {
            Stop::Escape | Stop::Outside => Errno::Perm,
            Stop::Special => Errno::Acces,
            Stop::Errno(errno) => errno,
        }
    }
}

/// The way to an open directory from its mount's root, as it was typed: names, links and `..`.
#[derive(Clone, Debug, Default)]
pub(super) struct Stand(Option<Vec<u8>>);

impl Stand {
    /// The mount's root.
    pub(super) fn root() -> Stand {
        Stand(Some(Vec::new()))
    }

    /// What was opened by this path. A very long way is not remembered; links that lead above such a directory are refused.
    pub(super) fn then(&self, path: &[u8]) -> Stand {
        let way = self.0.as_ref().filter(|way| way.len() + path.len() < MOST_STAND_BYTES);
        Stand(way.map(|way| {
            let mut way = way.clone();
            append(&mut way, path);
            way
        }))
    }

    /// The way, if it is known.
    pub(super) fn path(&self) -> Option<&[u8]> {
        self.0.as_deref()
    }
}

fn append(path: &mut Vec<u8>, more: &[u8]) {
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(more);
}

/// Does something that cap-std may refuse because the path changed since it was walked, until it does not.
pub(super) fn retrying<T>(mut attempt: impl FnMut() -> Result<T, Stop>) -> Result<T, Stop> {
    for _ in 0..MOST_ATTEMPTS {
        match attempt() {
            Err(Stop::Escape) => {}
            answer => return answer,
        }
    }
    Err(Stop::Outside)
}

/// A walk from a mount's root.
struct Walk<'m> {
    mount: &'m Mount,
    root: &'m Dir,
    /// Where it has come to: names without links, none at the root.
    at: Vec<u8>,
    /// Names that are still to be walked, the next one last.
    todo: Vec<Step>,
    links: u32,
}

struct Step {
    name: Vec<u8>,
    /// Whether the guest typed it, rather than finding it in a link.
    typed: bool,
}

/// Where `path`, typed at this descriptor, leads: a path without links from the mount's root, empty for the root itself.
/// What it names need not exist, but the directory around it does. A link in the last place is followed if `follow`.
///
/// A file system of the kernel's own on the way is refused, so that no path tells what is in it.
pub(super) fn walk(dir: &DirHandle, path: &[u8], follow: bool) -> Result<Vec<u8>, Stop> {
    let root = dir.mount.root.as_ref().ok_or(Stop::Outside)?;
    let mut walk = Walk { mount: &dir.mount, root, at: Vec::new(), todo: Vec::new(), links: 0 };
    if let Some(below) = dir.below_root() {
        walk.push(dir.stand.path().ok_or(Stop::Outside)?, false);
        walk.run(None, true)?;
        let here = sys::filestat_at(root, walk.path()?, false)?;
        let there = sys::inode(below.as_fd())?;
        if (here.dev, here.ino) != (there.dev, there.ino) {
            return Err(Stop::Outside);
        }
    }
    let start = walk.at.clone();
    walk.push(path, true);
    walk.run(Some(&start), follow)?;
    Ok(walk.at)
}

impl Walk<'_> {
    /// Puts a path in front of what is still to be walked. An empty name, where there are two slashes or one at the end,
    /// is as good as `.`.
    fn push(&mut self, path: &[u8], typed: bool) {
        let steps = path.split(|&byte| byte == b'/').rev();
        self.todo.extend(steps.map(|name| Step { name: name.to_vec(), typed }));
    }

    /// Walks what is to be walked. A typed `..` in the directory `start` is refused.
    fn run(&mut self, start: Option<&[u8]>, follow: bool) -> Result<(), Stop> {
        while let Some(step) = self.todo.pop() {
            match step.name.as_slice() {
                b"" | b"." => {}
                b".." if step.typed && start == Some(&self.at) => return Err(Stop::Outside),
                b".." => self.at.truncate(self.at.iter().rposition(|&byte| byte == b'/').unwrap_or(0)),
                _ => self.enter(step.name, follow)?,
            }
        }
        Ok(())
    }

    /// Goes to a name in the directory that the walk has come to, or on to where a link of this name leads.
    fn enter(&mut self, name: Vec<u8>, follow: bool) -> Result<(), Stop> {
        let is_last = self.todo.is_empty();
        let before = self.at.len();
        append(&mut self.at, &name);
        let found = match sys::filestat_at(self.root, self.path()?, false) {
            Ok(found) => found,
            // What is to be created.
            Err(error) if is_last && error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let location = || Ok(sys::open_location(self.root, self.path()?, false)?);
        self.mount.admit_file_system(found.dev, location)?;
        if found.filetype != FileType::SymbolicLink as u8 {
            return if is_last || found.filetype == FileType::Directory as u8 {
                Ok(())
            } else {
                Err(Errno::Notdir.into())
            };
        }
        if is_last && !follow {
            return Ok(());
        }
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(Errno::Loop.into());
        }
        let target = sys::read_link(self.root, self.path()?)?;
        self.at.truncate(if target.starts_with(b"/") { 0 } else { before });
        self.push(&target, false);
        Ok(())
    }

    fn path(&self) -> Result<&Path, Errno> {
        host_path(&self.at)
    }
}

/// A path from a mount's root, as cap-std wants it.
fn host_path(path: &[u8]) -> Result<&Path, Errno> {
    if path.is_empty() { Ok(Path::new(".")) } else { sys::path_from_bytes(path) }
}

/// A directory that is borrowed from a descriptor, or open for one call.
pub(super) enum Parent<'a> {
    Borrowed(&'a Dir),
    Owned(Dir),
}

impl Deref for Parent<'_> {
    type Target = Dir;

    fn deref(&self) -> &Dir {
        match self {
            Parent::Borrowed(dir) => dir,
            Parent::Owned(dir) => dir,
        }
    }
}

/// One name in a directory, for functions that change the directory or must not follow a link: nothing that they do to it
/// can leave the directory.
pub(super) struct Entry<'a> {
    mount: &'a Mount,
    /// The directory; none in a folder of single files.
    parent: Option<Parent<'a>>,
    /// A single name, or `.`.
    name: PathBuf,
    /// The single file that is mounted there.
    pub(super) file: Option<&'a MountedFile>,
}

/// The entry that `path` names. A link in its last place is the entry itself.
pub(super) fn entry<'a>(dir: &'a DirHandle, path: &[u8]) -> Result<Entry<'a>, Stop> {
    let Some(host) = dir.host() else { return folder_entry(dir, path) };
    let (parent, name) = split(path);
    if parent.is_empty() {
        return Entry::new(&dir.mount, Parent::Borrowed(host), name);
    }
    let parent = match sys::open_dir(host, sys::path_from_bytes(parent)?).map_err(Stop::from) {
        Err(Stop::Escape) => retrying(|| open_from_root(dir, &walk(dir, parent, true)?))?,
        opened => Parent::Owned(opened?),
    };
    Entry::new(&dir.mount, parent, name)
}

/// The entry that `path` leads to, through a link in its last place too.
pub(super) fn followed<'a>(dir: &'a DirHandle, path: &[u8]) -> Result<Entry<'a>, Stop> {
    if dir.host().is_none() {
        return folder_entry(dir, path);
    }
    retrying(|| {
        let place = walk(dir, path, true)?;
        let (parent, name) = split(&place);
        let entry = Entry::new(&dir.mount, open_from_root(dir, parent)?, name)?;
        // Something may have put a link there since.
        if entry.file.is_none() && entry.is_link() { Err(Stop::Escape) } else { Ok(entry) }
    })
}

/// Opens a directory by a path without links.
fn open_from_root<'a>(dir: &'a DirHandle, path: &[u8]) -> Result<Parent<'a>, Stop> {
    let root = dir.mount.root.as_ref().ok_or(Stop::Outside)?;
    if path.is_empty() { Ok(Parent::Borrowed(root)) } else { Ok(Parent::Owned(sys::open_dir(root, host_path(path)?)?)) }
}

/// The entry of a folder that holds nothing but single files.
fn folder_entry<'a>(dir: &'a DirHandle, path: &[u8]) -> Result<Entry<'a>, Stop> {
    let mut names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty() && *name != b".");
    let name = names.next().unwrap_or(b".");
    let file = dir.mount.file(None, name);
    match (names.next(), file) {
        _ if name == b".." => Err(Stop::Outside),
        (Some(_), Some(_)) => Err(Errno::Notdir.into()),
        (Some(_), None) => Err(Errno::Noent.into()),
        (None, file) => {
            Ok(Entry { mount: &dir.mount, parent: None, name: sys::path_from_bytes(name)?.to_owned(), file })
        }
    }
}

/// Splits a path into the directory and the name in it, neither with a slash at its end. Where the last name is `..`, or
/// there is none, the directory is the whole path and the name `.`.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let path = without_slashes(path);
    let name_start = path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    match &path[name_start..] {
        b".." | b"" => (path, b"."),
        name => (without_slashes(&path[..name_start]), name),
    }
}

/// A path without the slashes at its end.
pub(super) fn without_slashes(path: &[u8]) -> &[u8] {
    &path[..path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1)]
}

impl<'a> Entry<'a> {
    fn new(mount: &'a Mount, parent: Parent<'a>, name: &[u8]) -> Result<Entry<'a>, Stop> {
        // A descriptor's own directory was looked at when it was opened.
        let is_new = matches!(parent, Parent::Owned(_));
        let mut file = None;
        if is_new || !mount.files.is_empty() {
            let inode = sys::inode(parent.as_fd())?;
            mount.admit(&inode, parent.as_fd())?;
            file = mount.file(Some((inode.dev, inode.ino)), name);
        }
        Ok(Entry { mount, parent: Some(parent), name: sys::path_from_bytes(name)?.to_owned(), file })
    }

    /// Where something new may be made. A single file is in the way, and a folder of them takes nothing else.
    pub(super) fn to_create(&self) -> Result<(&Dir, &Path), Stop> {
        match &self.parent {
            _ if self.file.is_some() => Err(Errno::Exist.into()),
            Some(parent) => Ok((parent, &self.name)),
            None if self.is_folder() => Err(Errno::Exist.into()),
            None => Err(Errno::Rofs.into()),
        }
    }

    /// What may be removed or renamed, or replaced by something renamed. A single file stays where it is mounted, as a
    /// mount point does.
    pub(super) fn to_remove(&self) -> Result<(&Dir, &Path), Stop> {
        match &self.parent {
            _ if self.file.is_some() => Err(Errno::Busy.into()),
            Some(parent) => Ok((parent, &self.name)),
            None if self.is_folder() => Err(Errno::Busy.into()),
            None => Err(Errno::Noent.into()),
        }
    }

    /// What may be looked at on the host; not for a single file.
    pub(super) fn to_read(&self) -> Result<(&Dir, &Path), Stop> {
        let parent = self.parent.as_ref().ok_or(Errno::Noent)?;
        Ok((parent, &self.name))
    }

    /// Whether this is the folder of single files itself.
    pub(super) fn is_folder(&self) -> bool {
        self.parent.is_none() && self.file.is_none() && self.name == Path::new(".")
    }

    /// Whether there is a link.
    pub(super) fn is_link(&self) -> bool {
        let link = FileType::SymbolicLink as u8;
        let found = self.parent.as_ref().map(|dir| sys::filestat_at(dir, &self.name, false));
        matches!(found, Some(Ok(found)) if found.filetype == link)
    }

    /// What is known of the entry, and not of where a link leads.
    pub(super) fn filestat(&self) -> Result<Filestat, Stop> {
        if let Some(file) = self.file {
            return file.filestat();
        }
        if self.is_folder() {
            return Ok(self.mount.folder_stat());
        }
        let (dir, name) = self.to_read()?;
        let stat = sys::filestat_at(dir, name, false)?;
        self.mount.admit_file_system(stat.dev, || Ok(sys::open_location(dir, name, false)?))?;
        Ok(stat)
    }

    pub(super) fn is_directory(&self) -> Result<bool, Stop> {
        Ok(self.filestat()?.filetype == FileType::Directory as u8)
    }

    /// Opens the entry, not following a link. A folder of single files has nothing to open.
    pub(super) fn open(&self, request: OpenRequest) -> Result<OwnedFd, Stop> {
        match (self.file, &self.parent) {
            (Some(file), _) => file.open(request),
            (None, Some(dir)) => Ok(sys::open(dir, &self.name, OpenRequest { follow: false, ..request })?),
            (None, None) if request.create => Err(Errno::Rofs.into()),
            (None, None) => Err(Errno::Noent.into()),
        }
    }

    /// Sets the times of the entry, and not of where a link leads.
    pub(super) fn set_times(&self, atim: sys::SetTime, mtim: sys::SetTime) -> Result<(), Stop> {
        if let Some(file) = self.file {
            return file.set_times(atim, mtim);
        }
        if self.is_folder() {
            return Err(Errno::Rofs.into());
        }
        self.filestat()?;
        let (dir, name) = self.to_read()?;
        Ok(sys::set_times_at(dir, name, atim, mtim)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_split_before_their_last_name() {
        let rows = [
            ("a", "", "a"),
            ("a/b", "a", "b"),
            ("a//b", "a", "b"),
            ("..", "..", "."),
            ("a/..", "a/..", "."),
            (".", "", "."),
            ("a/.", "a", "."),
            ("", "", "."),
        ];
        for (path, parent, name) in rows {
            assert_eq!(split(path.as_bytes()), (parent.as_bytes(), name.as_bytes()), "{path:?}");
        }
    }

    #[test]
    fn the_way_to_a_directory_has_a_limit() {
        let stand = Stand::root().then(b"a").then(b"../b");
        assert_eq!(stand.path(), Some(b"a/../b".as_slice()));
        assert_eq!(stand.then(&[b'x'; MOST_STAND_BYTES]).path(), None);
        assert_eq!(stand.then(&[b'x'; MOST_STAND_BYTES]).then(b"a").path(), None);
    }
}

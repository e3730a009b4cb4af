//! Tests of the boundary: what a guest does in a mount reaches nothing outside, on every kernel.
//!
//! A [`Tree`] is a mount full of links that lead out of it, with secrets around it. The [matrix] tries every function on
//! every path, the [race] does so while the tree changes under it, [read_only] changes what may not be changed, and
//! [special] asks for what is no ordinary file. The first two run with openat2, and where it is missing or forbidden.

mod matrix;
mod race;
mod read_only;
mod special;

use super::sys::kernel::{make_link, mode};
use super::sys::{self, AsFd};
use super::testing::Guest;
use super::types::Filestat;
use super::{DirAccess, WasiCtxBuilder};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempDir;

/// What a file outside the mount holds.
const SECRET: &[u8] = b"nobody inside may read this";

/// A folder with a mount in it, and things that the guest must not reach.
pub(in crate::wasi) struct Tree {
    pub(in crate::wasi) folder: TempDir,
    host: Dir,
}

impl Tree {
    pub(in crate::wasi) fn new() -> Tree {
        let folder = TempDir::new().expect("a temporary directory");
        let host = Dir::open_ambient_dir(folder.path(), ambient_authority()).expect("the directory opens");
        for dir in ["outside", "outside/dir", "outside/empty", "mount"] {
            host.create_dir(dir).expect("a directory");
        }
        for file in ["secret", "outside/secret", "outside/dir/x"] {
            host.write(file, SECRET).expect("a file");
        }
        make_link(&host, "secret", "outside/link");
        Tree { folder, host }
    }

    pub(in crate::wasi) fn mount(&self) -> Dir {
        self.host.open_dir("mount").expect("the mount")
    }

    /// The folder's own path.
    fn path(&self) -> &str {
        self.folder.path().to_str().expect("a path in UTF-8")
    }

    /// A guest with the mount as descriptor 3, read-only as descriptor 4, and whatever else is added.
    pub(in crate::wasi) fn guest(&self, more: impl FnOnce(&mut WasiCtxBuilder)) -> Guest {
        Guest::new(|builder| {
            builder.preopened_dir(self.mount(), "/", DirAccess::ReadWrite);
            builder.preopened_dir(self.mount(), "/ro", DirAccess::ReadOnly);
            more(builder);
        })
    }

    /// All that is known of everything outside the mount.
    fn outside(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let folder = sys::filestat(self.host.as_fd()).expect("the folder");
        lines.push(format!("{:o} {} {}", mode(&self.host, "."), folder.nlink, folder.mtim));
        digest(&self.host, "", &mut lines);
        lines
    }
}

/// What is known of an entry, and not of where a link leads.
fn known(dir: &Dir, name: &str) -> Option<Filestat> {
    sys::filestat_at(dir, Path::new(name), false).ok()
}

/// Adds a line for each entry below `dir`, except for the mount.
fn digest(dir: &Dir, path: &str, lines: &mut Vec<String>) {
    for entry in dir.entries().expect("a directory").flatten() {
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let path = format!("{path}/{name}");
        let kind = entry.file_type().expect("a type");
        let known = known(dir, &name).expect("an entry");
        if path == "/mount" {
            continue;
        }
        let content = if kind.is_file() { dir.read(&name).expect("a file") } else { Vec::new() };
        let mode = mode(dir, &name);
        lines.push(format!("{path} {mode:o} {} {} {} {content:?}", known.ino, known.nlink, known.mtim));
        if kind.is_dir() {
            digest(&dir.open_dir(&name).expect("a directory"), &path, lines);
        }
    }
    lines.sort();
}

/// The inodes of a directory and everything below it.
fn inodes(dir: &Dir, found: &mut BTreeSet<u64>) {
    found.insert(sys::filestat(dir.as_fd()).expect("a directory").ino);
    for entry in dir.entries().expect("a directory").flatten() {
        let name = entry.file_name();
        let Some(known) = name.to_str().and_then(|name| known(dir, name)) else { continue };
        found.insert(known.ino);
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            inodes(&dir.open_dir(&name).expect("a directory"), found);
        }
    }
}

//! Tests of the boundary: what a guest does in a mount reaches nothing outside, on every kernel.
//!
//! A [`Tree`] is a mount full of links that lead out of it, with secrets around it. The [matrix] tries every function on
//! every path, the [race] does so while the tree changes under it, [read_only] changes what may not be changed, and
//! [special] asks for what is no ordinary file. The first two run with openat2, and where it is missing or forbidden.

mod matrix;
mod race;
mod read_only;
mod special;

use super::testing::Guest;
use super::{DirAccess, WasiCtxBuilder};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt};
use std::collections::BTreeSet;
use tempfile::TempDir;

/// What a file outside the mount holds.
const SECRET: &[u8] = b"nobody inside may read this";

/// A folder with a mount in it, and things that the guest must not reach.
struct Tree {
    folder: TempDir,
    host: Dir,
}

impl Tree {
    fn new() -> Tree {
        let folder = TempDir::new().expect("a temporary directory");
        let host = Dir::open_ambient_dir(folder.path(), ambient_authority()).expect("the directory opens");
        for dir in ["outside", "outside/dir", "outside/empty", "mount"] {
            host.create_dir(dir).expect("a directory");
        }
        for file in ["secret", "outside/secret", "outside/dir/x"] {
            host.write(file, SECRET).expect("a file");
        }
        host.symlink_contents("secret", "outside/link").expect("a link");
        Tree { folder, host }
    }

    fn mount(&self) -> Dir {
        self.host.open_dir("mount").expect("the mount")
    }

    /// The folder's own path.
    fn path(&self) -> &str {
        self.folder.path().to_str().expect("a path in UTF-8")
    }

    /// A guest with the mount as descriptor 3, read-only as descriptor 4, and whatever else is added.
    fn guest(&self, more: impl FnOnce(&mut WasiCtxBuilder)) -> Guest {
        Guest::new(|builder| {
            builder.preopened_dir(self.mount(), "/", DirAccess::ReadWrite);
            builder.preopened_dir(self.mount(), "/ro", DirAccess::ReadOnly);
            more(builder);
        })
    }

    /// All that is known of everything outside the mount.
    fn outside(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let folder = self.host.dir_metadata().expect("the folder");
        lines.push(format!("{:o} {} {}", folder.mode(), folder.nlink(), folder.mtime_nsec()));
        digest(&self.host, "", &mut lines);
        lines
    }
}

/// Adds a line for each entry below `dir`, except for the mount.
fn digest(dir: &Dir, path: &str, lines: &mut Vec<String>) {
    for entry in dir.entries().expect("a directory").flatten() {
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let path = format!("{path}/{name}");
        let known = dir.symlink_metadata(&name).expect("an entry");
        if path == "/mount" {
            continue;
        }
        let content = if known.is_file() { dir.read(&name).expect("a file") } else { Vec::new() };
        let times = (known.mtime(), known.mtime_nsec());
        lines.push(format!("{path} {:o} {} {} {times:?} {content:?}", known.mode(), known.ino(), known.nlink()));
        if known.is_dir() {
            digest(&dir.open_dir(&name).expect("a directory"), &path, lines);
        }
    }
    lines.sort();
}

/// The inodes of a directory and everything below it.
fn inodes(dir: &Dir, found: &mut BTreeSet<u64>) {
    found.insert(dir.dir_metadata().expect("a directory").ino());
    for entry in dir.entries().expect("a directory").flatten() {
        let name = entry.file_name();
        let Ok(known) = dir.symlink_metadata(&name) else { continue };
        found.insert(known.ino());
        if known.is_dir() {
            inodes(&dir.open_dir(&name).expect("a directory"), found);
        }
    }
}

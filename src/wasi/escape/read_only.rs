//! Every function that changes something, on every ordered pair of mounts of which one is read-only.

use super::super::errno::Errno;
use super::super::fd::{fd_allocate, fd_pwrite, fd_write};
use super::super::fd_stat::{fd_filestat_set_size, fd_filestat_set_times};
use super::super::path_ops::*;
use super::super::sys::kernel::make_link;
use super::super::testing::Guest;
use super::super::types::{OFlags, Rights};
use super::super::{DirAccess, WasiCtxBuilder};
use super::{Tree, digest};
use Errno::{Badf, Rofs, Xdev};
use cap_std::fs::Dir;

/// Two mounts, of which descriptor 5 is the first and 6 the second.
fn guest(tree: &Tree, access: [DirAccess; 2]) -> Guest {
    tree.guest(|builder: &mut WasiCtxBuilder| {
        for (name, access) in ["a", "b"].into_iter().zip(access) {
            builder.preopened_dir(side(tree, name), format!("/{name}"), access);
        }
    })
}

fn side(tree: &Tree, name: &str) -> Dir {
    tree.mount().open_dir(name).expect("a directory")
}

fn tree() -> Tree {
    let tree = Tree::new();
    for name in ["a", "b"] {
        tree.mount().create_dir(name).expect("a directory");
        let side = side(&tree, name);
        side.write("f", "content").expect("a file");
        side.create_dir("d").expect("a directory");
        make_link(&side, "f", "l");
        make_link(&side, "/f", "abs");
    }
    tree
}

fn content(tree: &Tree, name: &str) -> Vec<String> {
    let mut lines = Vec::new();
    digest(&side(tree, name), "", &mut lines);
    lines
}

#[test]
fn one_path_in_a_read_only_mount() {
    let tree = tree();
    let before = content(&tree, "a");
    let mut guest = guest(&tree, [DirAccess::ReadOnly, DirAccess::ReadWrite]);
    for path in ["f", "d", "l", "abs", "new", "d/new", "d/../f"] {
        let (at, len) = guest.text(path);
        assert_eq!(guest.call(path_create_directory, (5, at, len)), Err(Rofs), "{path}");
        assert_eq!(guest.call(path_remove_directory, (5, at, len)), Err(Rofs), "{path}");
        assert_eq!(guest.call(path_unlink_file, (5, at, len)), Err(Rofs), "{path}");
        for follow in [0, 1] {
            assert_eq!(guest.call(path_filestat_set_times, (5, follow, at, len, 0, 0, 10)), Err(Rofs), "{path}");
        }
        let (target, target_len) = guest.text2("f");
        assert_eq!(guest.call(path_symlink, (target, target_len, 5, at, len)), Err(Rofs), "{path}");
    }
    for path in ["f", "l", "abs"] {
        for (oflags, rights) in [(OFlags::NONE, Rights::FD_WRITE), (OFlags::TRUNC, Rights::FD_READ)] {
            assert_eq!(guest.open_with(5, path, oflags, rights), Err(Rofs), "{path}");
        }
    }
    for oflags in [OFlags::CREAT, OFlags::CREAT.union(OFlags::EXCL), OFlags::CREAT.union(OFlags::TRUNC)] {
        assert_eq!(guest.open_with(5, "new", oflags, Rights::ALL), Err(Rofs));
    }
    assert_eq!(content(&tree, "a"), before);
}

#[test]
fn an_open_file_of_a_read_only_mount() {
    let tree = tree();
    let before = content(&tree, "a");
    let mut guest = guest(&tree, [DirAccess::ReadOnly, DirAccess::ReadWrite]);
    let file = guest.open_with(5, "f", OFlags::NONE, Rights::FD_READ).expect("a file");
    let dir = guest.open_with(5, "d", OFlags::DIRECTORY, Rights::FD_READ).expect("a directory");
    let (iovs, len) = guest.iovec(600, 5);
    assert_eq!(guest.call(fd_write, (file, iovs, len, 0)), Err(Badf));
    assert_eq!(guest.call(fd_pwrite, (file, iovs, len, 0, 0)), Err(Badf));
    assert_eq!(guest.call(fd_filestat_set_size, (file, 0)), Err(Badf));
    assert_eq!(guest.call(fd_allocate, (file, 0, 100)), Err(Badf));
    for fd in [file, dir, 5] {
        assert_eq!(guest.call(fd_filestat_set_times, (fd, 0, 0, 10)), Err(Rofs));
    }
    let (at, len) = guest.text("new");
    assert_eq!(guest.call(path_create_directory, (dir, at, len)), Err(Rofs));
    assert_eq!(guest.open_with(dir, "new", OFlags::CREAT, Rights::ALL), Err(Rofs));
    assert_eq!(content(&tree, "a"), before);
}

#[test]
fn two_paths_in_every_pair_of_mounts() {
    use DirAccess::{ReadOnly, ReadWrite};
    for access in [[ReadOnly, ReadOnly], [ReadOnly, ReadWrite], [ReadWrite, ReadOnly], [ReadWrite, ReadWrite]] {
        let tree = tree();
        let before = ["a", "b"].map(|name| content(&tree, name));
        let mut guest = guest(&tree, access);
        let expect = if access == [ReadWrite, ReadWrite] { Xdev } else { Rofs };
        for (from, to) in [(5, 6), (6, 5)] {
            for old_path in ["f", "d", "l", "abs", "missing"] {
                for new_path in ["new", "f", "d", "d/new"] {
                    let ((old, old_len), (new, new_len)) = (guest.text(old_path), guest.text2(new_path));
                    let renamed = guest.call(path_rename, (from, old, old_len, to, new, new_len));
                    assert_eq!(renamed, Err(expect), "{access:?}: {old_path} to {new_path}");
                    for follow in [0, 1] {
                        let linked = guest.call(path_link, (from, follow, old, old_len, to, new, new_len));
                        assert_eq!(linked, Err(expect), "{access:?}: {old_path} to {new_path}");
                    }
                }
            }
        }
        assert_eq!(["a", "b"].map(|name| content(&tree, name)), before);
    }
}

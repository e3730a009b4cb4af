//! Single files of the host, and what a guest was denied. Devices, pipes and the kernel's file systems are a matter of
//! each system: `src/wasi/sys/unix/special.rs`.

use super::super::errno::Errno;
use super::super::fd::fd_read;
use super::super::fd_stat::{fd_prestat_dir_name, fd_prestat_get};
use super::super::path_ops::*;
use super::super::readdir::fd_readdir;
use super::super::sys::kernel::make_link;
use super::super::testing::Guest;
use super::super::types::{OFlags, Rights};
use super::super::{DeniedReason, DirAccess};
use super::Tree;
use Errno::{Busy, Exist, Inval, Isdir, Noent, Notdir, Perm, Rofs, Xdev};
use cap_std::fs::DirBuilder;

const NONE: OFlags = OFlags::NONE;
const READ: Rights = Rights::FD_READ;
const WRITE: Rights = Rights::FD_WRITE;

/// A guest with the single files `a.txt` and `b.txt`, read-only, in `/data`, and `over.txt` in the directory `/dir`, where
/// the host has another of that name.
fn with_files(tree: &Tree) -> Guest {
    let outside = || tree.host.open_dir("outside").expect("a directory");
    tree.host.write("outside/a.txt", "the file a").expect("a file");
    tree.host.write("outside/b.txt", "the file b").expect("a file");
    tree.mount().create_dir_with("dir", &DirBuilder::new()).expect("a directory");
    tree.mount().write("dir/over.txt", "hidden").expect("a file");
    tree.mount().write("dir/other.txt", "plain").expect("a file");
    make_link(&tree.mount(), "/over.txt", "dir/link");
    tree.guest(|builder| {
        builder.preopened_file(outside(), "a.txt", "/data/a.txt", DirAccess::ReadWrite);
        builder.preopened_file(outside(), "a.txt", "/mnt/dir/over.txt", DirAccess::ReadOnly);
        builder.preopened_dir(tree.mount().open_dir("dir").expect("a directory"), "/mnt/dir", DirAccess::ReadWrite);
        builder.preopened_file(outside(), "b.txt", "data/b.txt", DirAccess::ReadOnly);
    })
}

/// Reads a file from its beginning.
fn read(guest: &mut Guest, fd: u32, path: &str) -> Result<String, Errno> {
    let opened = guest.open_with(fd, path, NONE, READ)?;
    let (iovs, len) = guest.iovec(600, 100);
    guest.call(fd_read, (opened, iovs, len, 400))?;
    let end = 600 + guest.number(400) as usize;
    Ok(String::from_utf8_lossy(&guest.bytes[600..end]).into_owned())
}

fn list(guest: &mut Guest, fd: u32) -> Vec<String> {
    assert_eq!(guest.call(fd_readdir, (fd, 0, 900, 0, 3000)), Ok(()));
    let used = guest.number(3000) as usize;
    let (mut names, mut at) = (Vec::new(), 0);
    while at < used {
        let len = usize::from(guest.bytes[at + 16]);
        names.push(String::from_utf8_lossy(&guest.bytes[at + 24..at + 24 + len]).into_owned());
        at += 24 + len;
    }
    names.sort();
    names
}

#[test]
fn single_files_are_in_a_folder_of_their_own() {
    let tree = Tree::new();
    let mut guest = with_files(&tree);
    assert_eq!(guest.call(fd_prestat_get, (5, 0)), Ok(()));
    guest.check(fd_prestat_dir_name, (5, 0, 5), Ok(()), b"/data?");
    assert_eq!(list(&mut guest, 5), [".", "..", "a.txt", "b.txt"]);
    assert_eq!(read(&mut guest, 5, "a.txt").as_deref(), Ok("the file a"));
    assert_eq!(read(&mut guest, 5, "./b.txt").as_deref(), Ok("the file b"));
    let rows = [
        ("secret", NONE, READ, Noent),
        ("dir/x", NONE, READ, Noent),
        ("..", NONE, READ, Perm),
        ("a.txt/..", NONE, READ, Notdir),
        ("a.txt/", NONE, READ, Notdir),
        ("a.txt", OFlags::DIRECTORY, READ, Notdir),
        ("a.txt", OFlags::CREAT.union(OFlags::EXCL), WRITE, Exist),
        ("b.txt", NONE, WRITE, Rofs),
        ("new", OFlags::CREAT, WRITE, Rofs),
        (".", NONE, WRITE, Isdir),
    ];
    for (path, oflags, rights, errno) in rows {
        assert_eq!(guest.open_with(5, path, oflags, rights), Err(errno), "{path}");
    }
    let again = guest.open_with(5, ".", OFlags::DIRECTORY, READ).expect("the folder");
    assert_eq!(list(&mut guest, again), [".", "..", "a.txt", "b.txt"]);
    assert!(guest.open_with(again, "a.txt", OFlags::TRUNC, WRITE).is_ok());
    assert_eq!(tree.host.read("outside/a.txt").expect("a file"), b"");
}

#[test]
fn the_folder_of_single_files_does_not_change() {
    let tree = Tree::new();
    let mut guest = with_files(&tree);
    let (new, new_len) = guest.text2("new");
    for (path, unlinked, made) in [("a.txt", Busy, Exist), ("missing", Noent, Rofs), (".", Isdir, Exist)] {
        let (at, len) = guest.text(path);
        assert_eq!(guest.call(path_unlink_file, (5, at, len)), Err(unlinked), "{path}");
        assert_eq!(guest.call(path_create_directory, (5, at, len)), Err(made), "{path}");
        assert_eq!(guest.call(path_symlink, (new, new_len, 5, at, len)), Err(made), "{path}");
    }
    let (at, len) = guest.text("a.txt");
    assert_eq!(guest.call(path_rename, (5, at, len, 5, new, new_len)), Err(Busy));
    assert_eq!(guest.call(path_link, (5, 0, at, len, 5, new, new_len)), Err(Xdev));
    assert_eq!(guest.call(path_rename, (5, at, len, 3, new, new_len)), Err(Xdev));
    assert_eq!(guest.call(path_remove_directory, (5, at, len)), Err(Notdir));
    assert_eq!(guest.call(path_readlink, (5, at, len, 0, 9, 20)), Err(Inval));
    assert_eq!(guest.call(path_filestat_set_times, (5, 1, at, len, 0, 7, 4)), Ok(()));
    let (at, len) = guest.text("b.txt");
    assert_eq!(guest.call(path_filestat_set_times, (5, 1, at, len, 0, 7, 4)), Err(Rofs));
    assert_eq!(guest.call(path_filestat_get, (5, 1, at, len, 0)), Ok(()));
}

#[test]
fn a_single_file_lies_over_a_directory() {
    let tree = Tree::new();
    let mut guest = with_files(&tree);
    assert_eq!(list(&mut guest, 6), [".", "..", "link", "other.txt", "over.txt"]);
    for path in ["over.txt", "./over.txt", "link", "link/../over.txt"] {
        let expect = if path.contains("/../") { Err(Notdir) } else { Ok("the file a".to_owned()) };
        assert_eq!(read(&mut guest, 6, path), expect, "{path}");
    }
    assert_eq!(read(&mut guest, 6, "other.txt").as_deref(), Ok("plain"));
    assert_eq!(guest.open_with(6, "over.txt", NONE, WRITE), Err(Rofs));
    assert_eq!(guest.open_with(6, "link", OFlags::TRUNC, WRITE), Err(Rofs));
    assert!(guest.open_with(6, "new", OFlags::CREAT, WRITE).is_ok());
    let ((at, len), (other, other_len)) = (guest.text("over.txt"), guest.text2("other.txt"));
    assert_eq!(guest.call(path_unlink_file, (6, at, len)), Err(Busy));
    assert_eq!(guest.call(path_rename, (6, at, len, 6, other, other_len)), Err(Busy));
    assert_eq!(guest.call(path_rename, (6, other, other_len, 6, at, len)), Err(Busy));
    assert_eq!(guest.call(path_link, (6, 0, other, other_len, 6, at, len)), Err(Exist));
    assert_eq!(tree.mount().read("dir/over.txt").expect("a file"), b"hidden");
}

#[test]
fn what_was_denied_is_remembered() {
    let tree = Tree::new();
    let mut guest = tree.guest(|_| {});
    assert_eq!(guest.ctx.denied_path(), None);
    let rows = [
        (3, "missing", NONE, READ, Noent, "/missing", DeniedReason::Missing),
        (3, "../x", NONE, READ, Perm, "/../x", DeniedReason::Outside),
        (4, "new", OFlags::CREAT, WRITE, Rofs, "/ro/new", DeniedReason::ReadOnly),
    ];
    for (fd, path, oflags, rights, errno, full, reason) in rows {
        assert_eq!(guest.open_with(fd, path, oflags, rights), Err(errno));
        let denied = guest.ctx.denied_path().expect("a denied path");
        assert_eq!((denied.path.as_slice(), denied.reason), (full.as_bytes(), reason));
    }
    assert!(!guest.ctx.lacked_directories());
    let mut guest = Guest::new(|_| {});
    assert_eq!(guest.call(fd_prestat_get, (3, 0)), Err(Errno::Badf));
    assert!(guest.ctx.lacked_directories());
}

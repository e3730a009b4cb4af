//! What is no ordinary file: devices, pipes, the kernel's file systems, set-id files, and single files of the host.

use super::super::errno::Errno;
use super::super::fd::{fd_close, fd_read};
use super::super::fd_stat::{fd_fdstat_get, fd_prestat_dir_name, fd_prestat_get};
use super::super::path_ops::*;
use super::super::readdir::fd_readdir;
use super::super::testing::Guest;
use super::super::types::{OFlags, Rights};
use super::super::{DeniedReason, DirAccess};
use super::Tree;
use Errno::{Acces, Busy, Exist, Inval, Isdir, Noent, Notdir, Nxio, Perm, Rofs, Xdev};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, MetadataExt, Permissions, PermissionsExt};

const NONE: OFlags = OFlags::NONE;
const READ: Rights = Rights::FD_READ;
const WRITE: Rights = Rights::FD_WRITE;

/// A guest that has the whole system, as with `-mount=/:/`.
fn system(special: bool) -> Guest {
    Guest::new(|builder| {
        let root = Dir::open_ambient_dir("/", ambient_authority()).expect("the root directory");
        builder.preopened_dir(root, "/", DirAccess::ReadWrite).allow_special_fs(special);
    })
}

#[test]
fn devices_are_refused() {
    let mut guest = system(false);
    for path in ["dev/random", "dev/full"] {
        assert_eq!(guest.open_with(3, path, NONE, READ), Err(Acces), "{path}");
        assert_eq!(guest.open_with(3, path, OFlags::CREAT, WRITE), Err(Acces), "{path}");
    }
    assert_eq!(guest.open_with(3, "dev/null", OFlags::CREAT.union(OFlags::TRUNC), READ.union(WRITE)), Ok(4));
    assert_eq!(guest.open_with(3, "dev/zero", NONE, READ), Ok(5));
    assert_eq!(guest.call(fd_fdstat_get, (4, 0)), Ok(()));
    let mut guest = system(true);
    assert_eq!(guest.open_with(3, "dev/random", NONE, READ), Ok(4));
}

#[test]
fn the_kernels_file_systems_are_refused() {
    let paths = [
        "proc",
        "proc/",
        "proc/version",
        "proc/self/mem",
        "proc/self/exe",
        "proc/self/root/etc",
        "proc/self/fd/0",
        "sys",
        "sys/kernel",
        "dev/../proc/version",
        "dev/pts",
        "proc/self/cwd",
        "proc/self/environ",
    ];
    let mut guest = system(false);
    // Another system has no such directories.
    if !guest
        .ctx
        .table
        .get(3)
        .is_ok_and(|root| root.dir().is_ok_and(|dir| dir.host().is_some_and(|root| root.exists("proc/version"))))
    {
        return;
    }
    for path in paths {
        for (oflags, rights) in [(NONE, READ), (OFlags::CREAT, WRITE), (OFlags::DIRECTORY, READ)] {
            let opened = guest.open_with(3, path, oflags, rights);
            // What is no directory, or a link that jumps, is refused before it is looked at.
            assert!(matches!(opened, Err(Acces | Notdir | Isdir | Errno::Loop)), "{path}: {opened:?}");
        }
        let (at, len) = guest.text(path);
        for follow in [0, 1] {
            let told = guest.call(path_filestat_get, (3, follow, at, len, 0));
            assert!(matches!(told, Err(Acces | Errno::Loop)), "{path}: {told:?}");
            let set = guest.call(path_filestat_set_times, (3, follow, at, len, 0, 0, 10));
            assert!(matches!(set, Err(Acces | Errno::Loop)), "{path}: {set:?}");
        }
    }
    for path in ["proc/self", "proc/self/exe", "proc/mounts", "sys/new", "proc/new"] {
        let (at, len) = guest.text(path);
        assert_eq!(guest.call(path_readlink, (3, at, len, 0, 100, 200)), Err(Acces), "{path}");
        assert_eq!(guest.call(path_create_directory, (3, at, len)), Err(Acces), "{path}");
        assert_eq!(guest.call(path_unlink_file, (3, at, len)), Err(Acces), "{path}");
    }
    let denied = guest.ctx.denied_path().expect("a denied path");
    assert_eq!((denied.path.as_slice(), denied.reason), (b"/proc/new".as_slice(), DeniedReason::Special));
    assert!(system(true).open_with(3, "proc/version", NONE, READ).is_ok());
}

#[test]
fn a_read_waits_for_the_first_writer() {
    let tree = Tree::new();
    let mut guest = tree.guest(|_| {});
    guest.make_fifo_in(&tree.mount(), "pipe");
    assert_eq!(guest.open_with(3, "pipe", NONE, WRITE), Err(Nxio));
    let fd = guest.open_with(3, "pipe", NONE, READ).expect("opening does not wait");
    let path = tree.folder.path().join("mount/pipe");
    let writer = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(50));
        let mut pipe = std::fs::OpenOptions::new().write(true).open(path).expect("a reader is there");
        std::io::Write::write_all(&mut pipe, b"hello").expect("written");
    });
    let (iovs, len) = guest.iovec(600, 100);
    assert_eq!(guest.call(fd_read, (fd, iovs, len, 400)), Ok(()));
    assert_eq!((guest.number(400), &guest.bytes[600..605]), (5, b"hello".as_slice()));
    writer.join().expect("the writer ends");
    assert_eq!(guest.call(fd_read, (fd, iovs, len, 400)), Ok(()));
    assert_eq!(guest.number(400), 0);
    assert_eq!(guest.call(fd_close, (fd,)), Ok(()));
}

#[test]
fn set_id_bits_go_when_a_file_is_opened_for_writing() {
    let tree = Tree::new();
    let mode = |name: &str| tree.mount().metadata(name).expect("a file").mode() & 0o7777;
    tree.mount().write("tool", "content").expect("a file");
    let mut guest = tree.guest(|_| {});
    tree.mount().set_permissions("tool", Permissions::from_mode(0o6755)).expect("permissions");
    assert!(guest.open_with(3, "tool", NONE, READ).is_ok());
    assert_eq!(mode("tool"), 0o6755);
    assert!(guest.open_with(3, "tool", NONE, WRITE).is_ok());
    assert_eq!(mode("tool"), 0o755);
    assert!(guest.open_with(3, "new", OFlags::CREAT, WRITE).is_ok());
    assert_eq!(mode("new") & 0o7000, 0);
}

/// A guest with the single files `a.txt` and `b.txt`, read-only, in `/data`, and `over.txt` in the directory `/dir`, where
/// the host has another of that name.
fn with_files(tree: &Tree) -> Guest {
    let outside = || tree.host.open_dir("outside").expect("a directory");
    tree.host.write("outside/a.txt", "the file a").expect("a file");
    tree.host.write("outside/b.txt", "the file b").expect("a file");
    tree.mount().create_dir_with("dir", &DirBuilder::new()).expect("a directory");
    tree.mount().write("dir/over.txt", "hidden").expect("a file");
    tree.mount().write("dir/other.txt", "plain").expect("a file");
    tree.mount().symlink_contents("/over.txt", "dir/link").expect("a link");
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

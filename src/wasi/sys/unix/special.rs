//! Tests of what is no ordinary file: devices, pipes, the kernel's file systems, and set-id files.

use super::kernel::make_fifo;
use crate::wasi::errno::Errno;
use crate::wasi::escape::Tree;
use crate::wasi::fd::{fd_close, fd_read};
use crate::wasi::fd_stat::fd_fdstat_get;
use crate::wasi::path_ops::*;
use crate::wasi::testing::Guest;
use crate::wasi::types::{FdFlags, OFlags, Rights};
use crate::wasi::{DeniedReason, DirAccess};
use Errno::{Acces, Isdir, Notdir, Nxio};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, MetadataExt, Permissions, PermissionsExt};

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
    make_fifo(&tree.mount(), "pipe");
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

#[test]
fn pipes_and_devices_do_not_block() {
    let mut guest = Guest::with_dir();
    guest.host().write("f", "content").expect("a file");
    make_fifo(&guest.host(), "pipe");
    assert_eq!(guest.open_with(3, "pipe", NONE, READ), Ok(5));
    assert_eq!(guest.open_with(3, "pipe", NONE, WRITE), Ok(6));
    drop(guest.ctx.table.remove(5));
    drop(guest.ctx.table.remove(6));
    assert_eq!(guest.open_with(3, "pipe", NONE, WRITE), Err(Nxio));
    assert_eq!(guest.open_with(3, "pipe", NONE, READ), Ok(5));
    assert_eq!(guest.ctx.table.get(5).and_then(|file| file.flags()), Ok(FdFlags::NONE));
    assert_eq!(guest.open_with(3, "f", NONE, READ), Ok(6));
    assert_eq!(guest.ctx.table.get(6).and_then(|file| file.flags()), Ok(FdFlags::NONE));
}

//! Tests of opening: rows of path, flags and outcome.

use super::super::sys::kernel::make_link;
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
        make_link(&host, target, link);
    }
    make_link(&host, "/etc/passwd", "absolute");
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
    for path in ["/", "/f", "..", "../", "d/../../x", "out/..", "to-d/../..", "///"] {
        check(3, path, NONE, READ, Err(Perm));
        check(3, path, DIRECTORY, READ, Err(Perm));
        check(4, path, NONE, READ, Err(Perm));
    }
    for path in ["/new", "../new", "out/../new"] {
        check(3, path, CREAT, READ.union(WRITE), Err(Perm));
    }
    for path in ["absolute", "out/etc", "out/etc/passwd"] {
        check(3, path, NONE, READ, Err(Noent));
    }
}

#[test]
fn links_lead_where_they_would_after_chroot() {
    let links = [
        ("/f", "abs"),
        ("/.//d/", "abs-d"),
        ("/", "root"),
        ("../../../f", "up"),
        ("../f", "d/up"),
        ("/abs", "d/chain"),
        ("/nowhere/new", "no-dir"),
        ("/new", "new-link"),
        ("/circle", "circle"),
        ("/f/", "f-slash"),
    ];
    let with_links = || {
        let guest = guest();
        for (target, link) in links {
            make_link(&guest.host(), target, link);
        }
        guest
    };
    let rows = [
        ("abs", NONE, Ok(5)),
        ("abs-d/g", NONE, Ok(5)),
        ("abs-d", DIRECTORY, Ok(5)),
        ("abs-d/", NONE, Ok(5)),
        ("root/root/abs-d/../f", NONE, Ok(5)),
        ("root", DIRECTORY, Ok(5)),
        ("root/..", NONE, Err(Perm)),
        ("up", NONE, Ok(5)),
        ("up", EXCL, Err(Exist)),
        ("up", DIRECTORY, Err(Notdir)),
        ("d/up", NONE, Ok(5)),
        ("d/chain", NONE, Ok(5)),
        ("no-dir", CREAT, Err(Noent)),
        ("new-link", CREAT, Ok(5)),
        ("new-link", EXCL, Err(Exist)),
        ("new-link", NONE, Err(Noent)),
        ("circle", NONE, Err(Loop)),
        ("circle/x", NONE, Err(Loop)),
        ("f-slash", NONE, Err(Notdir)),
        ("abs/x", NONE, Err(Notdir)),
    ];
    for (path, oflags, expect) in rows {
        assert_eq!(with_links().open_with(3, path, oflags, READ), expect, "{path:?}");
    }
    let mut guest = with_links();
    assert_eq!(guest.open_with(3, "new-link", CREAT, WRITE), Ok(5));
    assert!(guest.host().metadata("new").is_ok());
    assert_eq!(guest.open_with(3, "to-d", DIRECTORY, READ), Ok(6));
    for (path, expect) in [("up", Ok(7)), ("chain", Ok(8)), ("../f", Err(Perm)), ("..", Err(Perm))] {
        assert_eq!(guest.open_with(6, path, NONE, READ), expect, "{path:?}");
    }
    // A directory that was moved is not found any more where it was, and nothing else is asked.
    guest.host().rename("d", &guest.host(), "moved").expect("renamed");
    assert_eq!(guest.open_with(6, "g", NONE, READ), Ok(9));
    assert_eq!(guest.open_with(6, "up", NONE, READ), Err(Noent));
    guest.host().create_dir("d").expect("a directory");
    assert_eq!(guest.open_with(6, "up", NONE, READ), Err(Perm));
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

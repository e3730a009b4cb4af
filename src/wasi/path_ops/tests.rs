//! Tests of the functions on paths: rows of path and outcome.

use super::super::sys::kernel::make_link;
use super::super::testing::Guest;
use super::super::types::{FileType, Filestat};
use super::*;
use Errno::{Badf, Exist, Fault, Inval, Isdir, Loop, Noent, Notdir, Notempty, Perm, Rofs, Xdev};

/// A guest with the file `f`, the directory `d` with the file `d/g`, the empty directory `e`, and links.
fn guest() -> Guest {
    let guest = Guest::with_dir();
    let host = guest.host();
    host.write("f", "content").expect("a file");
    host.create_dir("d").expect("a directory");
    host.create_dir("e").expect("a directory");
    host.write("d/g", "").expect("a file");
    for (target, link) in [("f", "to-f"), ("d", "to-d"), ("nowhere", "to-nowhere"), ("../..", "out"), ("loop", "loop")]
    {
        make_link(&host, target, link);
    }
    guest
}

/// Paths that lead out of the mount, through which nothing may happen.
const OUTSIDE: [&str; 5] = ["/", "/f", "../f", "d/../../f", "out/../f"];

/// A function of one path.
type OnPath = fn(&mut WasiCtx, &mut GuestMemory<'_>, u32, u32, u32) -> Result<(), Errno>;

/// Calls a function of one path in a fresh guest.
#[track_caller]
fn check(function: OnPath, fd: u32, path: &str, expect: Result<(), Errno>) {
    let mut guest = guest();
    let (path_at, len) = guest.text(path);
    assert_eq!(guest.call(function, (fd, path_at, len)), expect, "{path:?}");
}

#[test]
fn directories_are_made() {
    for path in ["new", "new/", "new//", "d/new", "to-d/new", "d/../new"] {
        check(path_create_directory, 3, path, Ok(()));
        check(path_create_directory, 4, path, Err(Rofs));
    }
    for (path, errno) in [
        ("d", Exist),
        ("f", Exist),
        ("to-nowhere", Exist),
        (".", Exist),
        ("x/new", Noent),
        ("f/new", Notdir),
        ("", Noent),
        ("a\0", Inval),
    ] {
        check(path_create_directory, 3, path, Err(errno));
    }
    check(path_create_directory, 1, "new", Err(Notdir));
    check(path_create_directory, 9, "new", Err(Badf));
}

#[test]
fn directories_are_removed() {
    check(path_remove_directory, 3, "e", Ok(()));
    check(path_remove_directory, 3, "e/", Ok(()));
    check(path_remove_directory, 4, "e", Err(Rofs));
    for (path, errno) in [("d", Notempty), ("f", Notdir), ("f/", Notdir), ("to-d", Notdir), ("x", Noent), (".", Inval)]
    {
        check(path_remove_directory, 3, path, Err(errno));
    }
}

#[test]
fn files_are_removed() {
    for path in ["f", "to-f", "to-d", "to-nowhere", "d/g"] {
        check(path_unlink_file, 3, path, Ok(()));
        check(path_unlink_file, 4, path, Err(Rofs));
    }
    for (path, errno) in [("d", Isdir), ("d/", Isdir), ("f/", Notdir), ("x", Noent), ("x/", Noent), ("", Noent)] {
        check(path_unlink_file, 3, path, Err(errno));
    }
    let mut guest = guest();
    guest.check(path_unlink_file, (3, Guest::SIZE, 1), Err(Fault), b"??");
    guest.check(path_unlink_file, (3, 1, u32::MAX), Err(Fault), b"??");
}

#[test]
fn nothing_happens_outside() {
    for path in OUTSIDE {
        check(path_create_directory, 3, path, Err(Perm));
        check(path_remove_directory, 3, path, Err(Perm));
        check(path_unlink_file, 3, path, Err(Perm));
        check_stat(path, 0, Err(Perm));
        check_stat(path, 1, Err(Perm));
        check_two("f", path, [Err(Perm); 2]);
        check_two(path, "new", [Err(Perm); 2]);
    }
}

#[track_caller]
fn check_stat(path: &str, flags: u32, expect: Result<FileType, Errno>) {
    let mut guest = guest();
    let (path_at, len) = guest.text(path);
    let got = guest
        .call(path_filestat_get, (3, flags, path_at, len, 0))
        .map(|()| Filestat::decode(guest.bytes.first_chunk().expect("64 bytes")).filetype);
    assert_eq!(got, expect.map(|filetype| filetype as u8), "{path:?}");
}

#[test]
fn files_are_described() {
    check_stat("f", 0, Ok(FileType::RegularFile));
    check_stat("d/", 0, Ok(FileType::Directory));
    check_stat(".", 0, Ok(FileType::Directory));
    check_stat("to-d", 0, Ok(FileType::SymbolicLink));
    check_stat("to-d", 1, Ok(FileType::Directory));
    check_stat("to-d/", 0, Ok(FileType::Directory));
    check_stat("to-nowhere", 0, Ok(FileType::SymbolicLink));
    check_stat("to-nowhere", 1, Err(Noent));
    check_stat("loop", 1, Err(Loop));
    check_stat("f/", 0, Err(Notdir));
    check_stat("to-f/", 1, Err(Notdir));
    check_stat("x", 0, Err(Noent));
    check_stat("f", 2, Err(Inval));
    let mut guest = guest();
    let (path, len) = guest.text("f");
    assert_eq!(guest.call(path_filestat_get, (3, 0, path, len, Guest::SIZE - 63)), Err(Fault));
}

#[test]
fn times_are_set() {
    let mut guest = guest();
    let mut set = |fd, flags, path: &str, fst_flags| {
        let (path, len) = guest.text(path);
        guest.call(path_filestat_set_times, (fd, flags, path, len, 1_000_000_100, 2_000_000_200, fst_flags))
    };
    assert_eq!(set(3, 1, "to-f", 5), Ok(()));
    assert_eq!(set(3, 0, "d/", 5), Ok(()));
    assert_eq!(set(3, 1, ".", 5), Ok(()));
    assert_eq!(set(3, 0, "to-nowhere", 5), Ok(()));
    assert_eq!(set(3, 1, "to-nowhere", 5), Err(Noent));
    assert_eq!(set(3, 0, "f/", 5), Err(Notdir));
    assert_eq!(set(3, 0, "f", 3), Err(Inval));
    assert_eq!(set(3, 2, "f", 1), Err(Inval));
    assert_eq!(set(3, 1, "out/x", 5), Err(Noent));
    assert_eq!(set(3, 1, "../x", 5), Err(Perm));
    assert_eq!(set(3, 1, "to-d/../../x", 5), Err(Perm));
    assert_eq!(set(4, 0, "f", 5), Err(Rofs));
    for path in ["f", "d", ".", "to-nowhere"] {
        let (at, len) = guest.text(path);
        assert_eq!(guest.call(path_filestat_get, (3, 0, at, len, 0)), Ok(()));
        let stat = Filestat::decode(guest.bytes.first_chunk().expect("64 bytes"));
        assert_eq!(stat.mtim, 2_000_000_200, "{path:?}");
    }
}

/// Calls `path_rename` and `path_link`, each in a fresh guest.
#[track_caller]
fn check_two(old: &str, new: &str, expect: [Result<(), Errno>; 2]) {
    let mut guest_1 = guest();
    let ((old_at, old_len), (new_at, new_len)) = (guest_1.text(old), guest_1.text2(new));
    let renamed = guest_1.call(path_rename, (3, old_at, old_len, 3, new_at, new_len));
    let mut guest_2 = guest();
    let ((old_at, old_len), (new_at, new_len)) = (guest_2.text(old), guest_2.text2(new));
    let linked = guest_2.call(path_link, (3, 0, old_at, old_len, 3, new_at, new_len));
    assert_eq!([renamed, linked], expect, "{old:?} to {new:?}");
}

#[test]
fn files_are_renamed_and_linked() {
    check_two("f", "new", [Ok(()), Ok(())]);
    check_two("d/g", "to-d/new", [Ok(()), Ok(())]);
    check_two("to-nowhere", "new", [Ok(()), Ok(())]);
    check_two("f", "to-nowhere", [Ok(()), Err(Exist)]);
    check_two("f", "d/g", [Ok(()), Err(Exist)]);
    check_two("f", "f", [Ok(()), Err(Exist)]);
    check_two("d", "new", [Ok(()), Err(Perm)]);
    check_two("d/", "new/", [Ok(()), Err(Perm)]);
    check_two("d", "e", [Ok(()), Err(Exist)]);
    check_two("e", "d", [Err(Notempty), Err(Exist)]);
    check_two("d", "f", [Err(Notdir), Err(Exist)]);
    check_two("f", "e", [Err(Isdir), Err(Exist)]);
    check_two("f", "new/", [Err(Notdir), Err(Noent)]);
    check_two("f", "e/", [Err(Notdir), Err(Exist)]);
    check_two("f/", "new", [Err(Notdir), Err(Notdir)]);
    check_two("d", "d/inside", [Err(Inval), Err(Perm)]);
    check_two("x", "new", [Err(Noent), Err(Noent)]);
    check_two("", "new", [Err(Noent), Err(Noent)]);
    check_two("f", "", [Err(Noent), Err(Noent)]);
}

#[test]
fn mounts_do_not_mix() {
    let mut guest = Guest::with_dirs();
    guest.host().write("f", "").expect("a file");
    let ((old, old_len), (new, new_len)) = (guest.text("f"), guest.text2("new"));
    assert_eq!(guest.call(path_rename, (3, old, old_len, 5, new, new_len)), Err(Xdev));
    assert_eq!(guest.call(path_link, (3, 0, old, old_len, 5, new, new_len)), Err(Xdev));
    assert_eq!(guest.call(path_rename, (3, old, old_len, 4, new, new_len)), Err(Rofs));
    assert_eq!(guest.call(path_link, (4, 0, old, old_len, 3, new, new_len)), Err(Rofs));
}

#[test]
fn links_are_made_and_read() {
    let mut guest = guest();
    let mut link = |target: &str, fd, name: &str| {
        let ((old, old_len), (new, new_len)) = (guest.text(target), guest.text2(name));
        guest.call(path_symlink, (old, old_len, fd, new, new_len))
    };
    assert_eq!(link("any/where", 3, "new"), Ok(()));
    assert_eq!(link("../up", 3, "up"), Ok(()));
    assert_eq!(link("/", 3, "new2"), Err(Perm));
    assert_eq!(link("", 3, "new2"), Err(Noent));
    assert_eq!(link("a\0", 3, "new2"), Err(Inval));
    assert_eq!(link("x", 3, "new2/"), Err(Noent));
    assert_eq!(link("x", 3, "d/"), Err(Exist));
    assert_eq!(link("x", 3, "f/"), Err(Notdir));
    assert_eq!(link("x", 3, "f"), Err(Exist));
    assert_eq!(link("x", 3, "/new2"), Err(Perm));
    assert_eq!(link("x", 4, "new2"), Err(Rofs));

    let mut read = |path: &str, room| {
        guest.bytes.fill(b'?');
        let (path, len) = guest.text(path);
        guest.call(path_readlink, (3, path, len, 0, room, 20))?;
        Ok(guest.bytes[..25].escape_ascii().to_string())
    };
    assert_eq!(read("new", 20).as_deref(), Ok("any/where???????????\\t\\x00\\x00\\x00?"));
    assert_eq!(read("new", 3).as_deref(), Ok("any?????????????????\\x03\\x00\\x00\\x00?"));
    assert_eq!(read("out", 9).as_deref(), Ok("../..???????????????\\x05\\x00\\x00\\x00?"));
    assert_eq!(read("f", 9), Err(Inval));
    assert_eq!(read("to-d/", 9), Err(Inval));
    assert_eq!(read("x", 9), Err(Noent));
    assert_eq!(read("new", Guest::SIZE + 1), Err(Fault));
}

#[test]
fn links_on_the_way_stay_in_the_mount() {
    let with_links = || {
        let guest = guest();
        for (target, link) in [("/", "root"), ("/d", "abs-d"), ("../../f", "up-f"), ("/missing", "dangling")] {
            make_link(&guest.host(), target, link);
        }
        guest
    };
    let one = |function: OnPath, path: &str| {
        let mut guest = with_links();
        let (path_at, len) = guest.text(path);
        guest.call(function, (3, path_at, len))
    };
    for way in ["root", "abs-d/..", "out", "root/root/out/d/.."] {
        let rows: [(&str, OnPath); 4] = [
            ("new", path_create_directory),
            ("e", path_remove_directory),
            ("f", path_unlink_file),
            ("dangling", path_unlink_file),
        ];
        for (name, function) in rows {
            assert_eq!(one(function, &format!("{way}/{name}")), Ok(()), "{way}/{name}");
        }
    }
    assert_eq!(one(path_create_directory, "dangling"), Err(Exist));
    assert_eq!(one(path_remove_directory, "root"), Err(Notdir));

    let mut guest = with_links();
    let mut two = |old: &str, new: &str| {
        let ((old_at, old_len), (new_at, new_len)) = (guest.text(old), guest.text2(new));
        let linked = guest.call(path_link, (3, 1, old_at, old_len, 3, new_at, new_len));
        let ((old_at, old_len), (new_at, new_len)) = (guest.text("root/d"), guest.text2("out/d2"));
        linked.and_then(|()| guest.call(path_rename, (3, old_at, old_len, 3, new_at, new_len)))
    };
    assert_eq!(two("up-f", "abs-d/linked"), Ok(()));
    let host = guest.host();
    assert_eq!(host.read("d2/linked").expect("a file"), b"content");
    let ((target, target_len), (new, new_len)) = (guest.text("x"), guest.text2("root/e/link"));
    assert_eq!(guest.call(path_symlink, (target, target_len, 3, new, new_len)), Ok(()));
    let (path, len) = guest.text("out/e/link");
    assert_eq!(guest.call(path_readlink, (3, path, len, 0, 9, 20)), Ok(()));
    assert_eq!(guest.number(20), 1);
    let (path, len) = guest.text("up-f");
    assert_eq!(guest.call(path_filestat_set_times, (3, 1, path, len, 0, 700, 4)), Ok(()));
    let (path, len) = guest.text("f");
    assert_eq!(guest.call(path_filestat_get, (3, 0, path, len, 0)), Ok(()));
    assert_eq!(Filestat::decode(guest.bytes.first_chunk().expect("64 bytes")).mtim, 700);
}

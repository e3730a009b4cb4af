//! What the contract promises on every system: mappings, private folders, identities of files.

use super::{Existing, Mapping, PrivateDir, Protection, file_identity, page_bytes, read_exact_at};
use std::io;
use std::path::Path;
use std::time::Duration;

#[test]
fn sizes_are_rounded_up_to_pages() {
    let page = page_bytes();
    for (asked, given) in [(0, 0), (1, page), (page, page), (page + 1, 2 * page)] {
        assert_eq!(Mapping::reserve(asked).expect("mapping").len(), given);
    }
    assert!(Mapping::reserve(usize::MAX).is_err());
}

#[test]
fn opened_pages_are_zero() {
    let page = page_bytes();
    let mut mapping = Mapping::reserve(4 * page).expect("mapping");
    mapping.protect(page, page, Protection::ReadWrite).expect("open");
    let byte = mapping.base().wrapping_add(page);
    // SAFETY: The page was just made accessible and is used only here.
    assert_eq!(unsafe { byte.replace(7) }, 0);
}

#[test]
fn ranges_are_pages_inside() {
    let page = page_bytes();
    let mut mapping = Mapping::reserve(2 * page).expect("mapping");
    for (offset, len) in [(1, page), (0, 1), (page, 2 * page), (usize::MAX - page + 1, page)] {
        let error = mapping.protect(offset, len, Protection::ReadWrite).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
    mapping.protect(2 * page, 0, Protection::ReadWrite).expect("nothing to do");
}

#[test]
fn private_folders_keep_what_is_written_whole() {
    let around = tempfile::tempdir().expect("a temporary folder");
    let dir = PrivateDir::open(&around.path().join("a").join("own")).expect("a private folder");
    let read = |name: &str| -> io::Result<String> { io::read_to_string(dir.open_secret(name)?) };
    assert_eq!(read("f").expect_err("nothing is there").kind(), io::ErrorKind::NotFound);
    dir.write("f", &[b"fi", b"rst"], Existing::Keep).expect("written");
    assert_eq!(read("f").expect("a file"), "first");
    let kept = dir.write("f", &[b"second"], Existing::Keep).expect_err("kept");
    assert_eq!((kept.kind(), read("f").expect("a file").as_str()), (io::ErrorKind::AlreadyExists, "first"));
    // Who reads an old file goes on with it.
    let open = dir.open_file("f").expect("a file");
    dir.write("f", &[b"second"], Existing::Replace).expect("replaced");
    assert_eq!(read("f").expect("a file"), "second");
    assert_eq!(io::read_to_string(open).expect("still there"), "first");
    dir.clean();
    let again = PrivateDir::open(&around.path().join("a").join("own")).expect("the same folder");
    assert!(again.open_file("f").is_ok());
    super::create_private_dir(&around.path().join("a/own/folder")).expect("made");
    assert_eq!(again.open_file("folder").expect_err("no file").kind(), io::ErrorKind::InvalidInput);
}

#[test]
#[allow(clippy::disallowed_methods, reason = "tests write their own files")]
fn files_have_identities_while_nobody_writes_to_them() {
    let around = tempfile::tempdir().expect("a temporary folder");
    let (one, other) = (around.path().join("1"), around.path().join("2"));
    let identity = |path: &Path| {
        let file = std::fs::File::open(path).expect("a file");
        file_identity(&file).expect("asked").expect("an identity")
    };
    std::fs::write(&one, "same").expect("written");
    std::fs::write(&other, "same").expect("written");
    let first = identity(&one);
    assert_eq!((first, first.len(), first.is_settled()), (identity(&one), 4, false));
    assert_ne!(first.to_bytes(), identity(&other).to_bytes());
    std::thread::sleep(Duration::from_millis(20));
    std::fs::write(&one, "changed").expect("written");
    assert_ne!(identity(&one).to_bytes(), first.to_bytes());
}

#[test]
#[allow(clippy::disallowed_methods, reason = "tests write their own files")]
fn reading_at_an_offset_leaves_the_position() {
    let around = tempfile::tempdir().expect("a temporary folder");
    let path = around.path().join("f");
    std::fs::write(&path, "0123456789").expect("written");
    let file = std::fs::File::open(&path).expect("a file");
    let mut bytes = [0; 3];
    read_exact_at(&file, &mut bytes, 5).expect("read");
    assert_eq!(&bytes, b"567");
    let end = read_exact_at(&file, &mut bytes, 8).expect_err("too short");
    assert_eq!(end.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(io::read_to_string(file).expect("read"), "0123456789");
}

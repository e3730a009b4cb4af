//! What every system's mappings do.

use super::{Mapping, Protection, page_bytes};
use std::io;

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

//! Bytes in pages of their own: filled while they are writable, then frozen, with a part of them executable.
//!
//! The two states are two types, so that nobody can write to what may run, or run what may be written to. What a
//! [`Frozen`] holds never changes: no file stands behind its pages.

use super::{Mapping, Protection, page_bytes, publish_instructions};
use std::fmt;
use std::io;
use std::ops::Range;
use std::slice;

/// From this many bytes on, buffers are better made of larger pages than of many small ones that are taken at once.
const LARGE: usize = 4 << 20;

/// Bytes that are being filled. They begin at a page.
pub struct Buffer {
    mapping: Mapping,
    len: usize,
}

/// Bytes that stay as they are, some of which may be executable.
pub struct Frozen {
    mapping: Mapping,
    len: usize,
}

impl Buffer {
    /// Makes `len` bytes of zeros.
    ///
    /// # Errors
    ///
    /// The system's, when memory or a limit on it is used up.
    pub fn new(len: usize) -> io::Result<Buffer> {
        let mut mapping = Mapping::reserve(len)?;
        mapping.protect(0, mapping.len(), Protection::ReadWrite)?;
        if len < LARGE {
            mapping.populate();
        } else {
            mapping.prefer_huge_pages();
        }
        Ok(Buffer { mapping, len })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: `len` bytes are mapped, readable and initialised (with zeros by the system), and the borrow keeps
        // `bytes_mut` away.
        unsafe { slice::from_raw_parts(self.mapping.base(), self.len) }
    }

    /// The bytes, to be filled.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: As for `bytes`; the pages are writable and the borrow is exclusive.
        unsafe { slice::from_raw_parts_mut(self.mapping.base(), self.len) }
    }

    /// Takes the right to write away, and makes the pages that `code` covers executable.
    ///
    /// # Errors
    ///
    /// `InvalidInput` where `code` is not made of whole pages inside; otherwise the system's, which may forbid executable
    /// memory.
    pub fn freeze(self, code: Range<usize>) -> io::Result<Frozen> {
        let Buffer { mut mapping, len } = self;
        let code_len = code.end.checked_sub(code.start).ok_or(io::ErrorKind::InvalidInput)?;
        if !code.end.is_multiple_of(page_bytes()) || code.end > mapping.len() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        mapping.protect(0, code.start, Protection::Read)?;
        mapping.protect(code.end, mapping.len() - code.end, Protection::Read)?;
        mapping.protect(code.start, code_len, Protection::ReadExecute)?;
        publish_instructions(mapping.base().wrapping_add(code.start), code_len)?;
        Ok(Frozen { mapping, len })
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl AsRef<[u8]> for Frozen {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: `len` bytes are mapped, readable and initialised, and nothing can write to them any more.
        unsafe { slice::from_raw_parts(self.mapping.base(), self.len) }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("len", &self.len).finish_non_exhaustive()
    }
}

impl fmt::Debug for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frozen").field("len", &self.len).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_stays_when_frozen() {
        let page = page_bytes();
        let mut buffer = Buffer::new(3 * page + 5).expect("memory");
        assert!(buffer.bytes().iter().all(|byte| *byte == 0));
        buffer.bytes_mut().fill(7);
        let code = if cfg!(has_compiler) { page..2 * page } else { page..page };
        let frozen = buffer.freeze(code).expect("executable memory");
        assert_eq!(frozen.as_ref(), vec![7; 3 * page + 5]);
    }

    #[test]
    fn code_is_whole_pages_inside() {
        let page = page_bytes();
        #[allow(clippy::reversed_empty_ranges, reason = "that is what is to be refused")]
        for code in [1..page, 0..1, 0..3 * page, page..0] {
            let error = Buffer::new(2 * page).expect("memory").freeze(code).expect_err("refused");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
        assert!(Buffer::new(2 * page).expect("memory").freeze(page..page).is_ok());
        assert!(Buffer::new(0).expect("memory").freeze(0..0).expect("nothing to do").as_ref().is_empty());
    }
}

//! The layout of an image.
//!
//! ```text
//!  0      header          identity, module, tables, data      text            | addresses, wasm
//!  | magic | format | seal | digest | lengths, cold digest, sections |  ...   | ...   |   ...          |
//!  |<------------------------- hot: read at start ----------------------------------->|<---- cold ---->|
//! ```
//!
//! The *hot* part is what running needs: the decoded module, the tables that the fault handler reads, the binary's data
//! segments and, from a multiple of the target's largest page on, the machine code. The *cold* part is what backtraces
//! and the compiler need: from where in the binary code came, and the rest of the binary. Where some functions have no code,
//! nothing of the binary is in it: whoever runs it has the binary, whose hash is part of the identity. The digest covers the
//! hot part but the seal and itself; the cold part has a digest of its own, which stands in the hot part. All numbers are
//! little-endian.

use super::digest::{HASH_BYTES, Hash, digest, hash_parts};
use std::ops::Range;

/// What an image begins with.
pub const IMAGE_MAGIC: [u8; 8] = *b"\x7fwazero\0";

/// Changes with the header, since the binary is also taken from images of other builds. Code never is.
const FORMAT: u32 = 4;

/// Where the seal and the digest stand, in bytes from the start.
const SEAL_AT: usize = 16;
const DIGEST_AT: usize = SEAL_AT + HASH_BYTES;
const LENGTHS_AT: usize = DIGEST_AT + HASH_BYTES;

/// Numbers behind the digest: lengths of the hot part, of the file, of the binary; position of the data in the binary.
const LENGTHS: usize = 4;

const COLD_DIGEST_AT: usize = LENGTHS_AT + LENGTHS * 8;
const SECTIONS_AT: usize = COLD_DIGEST_AT + HASH_BYTES;

/// Length of a header in bytes.
pub(super) const HEADER_BYTES: usize = SECTIONS_AT + SECTION_COUNT * 16;

/// Sections begin at multiples of this many bytes.
const SECTION_ALIGNMENT: usize = 64;

/// A part of an image. Hot ones come first, the text last among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Section {
    /// What it was made from, by what, for what.
    Identity,
    /// The decoded module.
    Module,
    /// Where bodies are in the binary, of a module that is interpreted in part.
    Bodies,
    /// Tables of the code.
    Functions,
    Parts,
    Trampolines,
    TrapOffsets,
    TrapCodes,
    /// The part of the binary that holds the data segments.
    Data,
    /// The machine code.
    Text,
    /// Tables from code to positions in the binary.
    AddressCode,
    AddressWasm,
    /// Which positions stand for inlined bodies.
    Inlined,
    /// The binary before and behind the data.
    WasmBefore,
    WasmAfter,
}

const SECTION_COUNT: usize = Section::WasmAfter as usize + 1;

/// The first cold section.
const FIRST_COLD: usize = Section::AddressCode as usize;

/// What a header says, with every range inside the file.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// Who vouches for the digest.
    pub(super) seal: Hash,
    /// The digest of the hot part.
    pub(super) digest: Hash,
    /// Length of the hot part.
    pub(super) hot_len: usize,
    /// Length of the image.
    pub(super) file_len: usize,
    /// Length of the binary.
    pub(super) wasm_len: usize,
    /// Position in the binary of the data section's bytes.
    pub(super) data_start: usize,
    /// The digest of the cold part.
    pub(super) cold_digest: Hash,
    sections: [(usize, usize); SECTION_COUNT],
}

impl Header {
    /// Reads the header of an image of `file_len` bytes. Nothing where it is none, or of another format.
    pub(super) fn parse(bytes: &[u8; HEADER_BYTES], file_len: u64) -> Option<Header> {
        let number = |at: usize| -> Option<usize> {
            let bytes = bytes.get(at..at + 8)?.try_into().ok()?;
            usize::try_from(u64::from_le_bytes(bytes)).ok()
        };
        let hash = |at: usize| -> Option<Hash> { bytes.get(at..at + HASH_BYTES)?.try_into().ok() };
        let is_ours = bytes.starts_with(&IMAGE_MAGIC) && bytes[8..SEAL_AT] == u64::from(FORMAT).to_le_bytes();
        let mut sections = [(0, 0); SECTION_COUNT];
        for (section, at) in sections.iter_mut().zip((SECTIONS_AT..).step_by(16)) {
            *section = (number(at)?, number(at + 8)?);
        }
        let header = Header {
            seal: hash(SEAL_AT)?,
            digest: hash(DIGEST_AT)?,
            hot_len: number(LENGTHS_AT)?,
            file_len: number(LENGTHS_AT + 8)?,
            wasm_len: number(LENGTHS_AT + 16)?,
            data_start: number(LENGTHS_AT + 24)?,
            cold_digest: hash(COLD_DIGEST_AT)?,
            sections,
        };
        (is_ours && header.file_len as u64 == file_len && header.is_consistent()).then_some(header)
    }

    /// Whether the parts lie where they belong and the binary's parts make a binary.
    fn is_consistent(&self) -> bool {
        let inside = |sections: &[(usize, usize)], range: Range<usize>| {
            sections.iter().all(|(start, len)| {
                *start >= range.start && start.checked_add(*len).is_some_and(|end| end <= range.end)
            })
        };
        let len = |section: Section| self.sections[section as usize].1;
        let wasm = [len(Section::WasmBefore), len(Section::Data), len(Section::WasmAfter)];
        self.hot_len >= HEADER_BYTES
            && self.hot_len <= self.file_len
            && inside(&self.sections[..FIRST_COLD], HEADER_BYTES..self.hot_len)
            && inside(&self.sections[FIRST_COLD..], self.hot_len..self.file_len)
            && wasm.iter().try_fold(0usize, |sum, len| sum.checked_add(*len)) == Some(self.wasm_len)
            && self.data_start == len(Section::WasmBefore)
    }

    /// Where a section is in the image.
    pub(super) fn range(&self, section: Section) -> Range<usize> {
        let (start, len) = self.sections[section as usize];
        start..start + len
    }
}

/// Makes digests independent of what they are not to cover.
pub(super) fn blank_seal(first_bytes: &mut [u8]) {
    if let Some(covered) = first_bytes.get_mut(SEAL_AT..LENGTHS_AT) {
        covered.fill(0);
    }
}

/// An image being put together.
pub(super) struct Layout<'a> {
    /// The contents of each section.
    pub(super) sections: [&'a [u8]; SECTION_COUNT],
    /// Alignment of the text: no machine of the target has larger pages.
    pub(super) text_alignment: usize,
}

impl Layout<'_> {
    /// The hot part with everything but the seal, which is a function of the digest that comes with it, and the cold
    /// part.
    pub(super) fn write(&self, seal: impl FnOnce(&Hash) -> Hash) -> (Vec<u8>, Vec<&[u8]>) {
        let (hot, cold) = self.sections.split_at(FIRST_COLD);
        let mut bytes = vec![0; HEADER_BYTES];
        let mut places = Vec::with_capacity(SECTION_COUNT);
        for (number, contents) in hot.iter().enumerate() {
            let is_text = number == Section::Text as usize;
            let alignment = if is_text { self.text_alignment } else { SECTION_ALIGNMENT };
            bytes.resize(bytes.len().next_multiple_of(alignment), 0);
            places.push((bytes.len(), contents.len()));
            bytes.extend_from_slice(contents);
        }
        bytes.resize(bytes.len().next_multiple_of(self.text_alignment), 0);
        let hot_len = bytes.len();
        let mut end = hot_len;
        for contents in cold {
            places.push((end, contents.len()));
            end += contents.len();
        }
        let len = |section: Section| self.sections[section as usize].len();
        let data_start = len(Section::WasmBefore);
        let wasm_len = data_start + len(Section::Data) + len(Section::WasmAfter);
        bytes[..8].copy_from_slice(&IMAGE_MAGIC);
        bytes[8..SEAL_AT].copy_from_slice(&u64::from(FORMAT).to_le_bytes());
        let places = places.into_iter().flat_map(|(start, len)| [start, len]);
        let numbers = [(LENGTHS_AT, vec![hot_len, end, wasm_len, data_start]), (SECTIONS_AT, places.collect())];
        for (at, numbers) in numbers {
            for (at, number) in (at..).step_by(8).zip(numbers) {
                bytes[at..at + 8].copy_from_slice(&(number as u64).to_le_bytes());
            }
        }
        bytes[COLD_DIGEST_AT..COLD_DIGEST_AT + HASH_BYTES].copy_from_slice(&hash_parts(cold));
        let digest = digest(&bytes);
        bytes[SEAL_AT..DIGEST_AT].copy_from_slice(&seal(&digest));
        bytes[DIGEST_AT..LENGTHS_AT].copy_from_slice(&digest);
        (bytes, cold.to_vec())
    }
}

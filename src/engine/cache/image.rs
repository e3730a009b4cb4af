//! An image: a module ready to run, and how it is written, read and doubted.
//!
//! With code of all functions it holds the whole binary. With code of some it is what a run keeps at its end, and does without:
//! whoever finds it has the binary at hand, which the others are interpreted from.
//!
//! Reading goes from what costs least to what is trusted least: the header's ranges, then the seal of its digest, then
//! that digest over every hot byte, then whether it is for this build, machine and module, and only then the contents.
//! Whatever does not fit makes an image as good as absent. It is read into memory of this process alone, where nobody can
//! change it after it has been checked.

use super::digest::{Hash, hash_parts, read_and_digest};
use super::format::{HEADER_BYTES, Header, IMAGE_MAGIC, Layout, Section, blank_seal};
use super::identity::Identity;
use super::key::{Key, Purpose};
use crate::engine::compile::{AddressTable, Tables};
use crate::engine::module::{Module, Rest, WasmBytes};
use crate::engine::sys::{Buffer, page_bytes, read_exact_at};
use bytes::Bytes;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Cold parts of at most this many bytes are checked at once, larger ones when they are needed.
const SMALL_COLD_BYTES: usize = 1 << 20;

/// Largest page of a machine with that architecture, in bytes.
fn largest_page(target: &str) -> usize {
    if target.starts_with("x86_64") { 4 << 10 } else { 64 << 10 }
}

/// What an image is made of.
#[derive(Debug)]
pub struct ImageParts<'a> {
    /// By what it was compiled, and from what.
    pub identity: Identity<'a>,
    /// The decoded module with its binary.
    pub module: &'a Module,
    /// The machine code.
    pub text: &'a [u8],
    /// Its tables.
    pub tables: &'a Tables,
    /// Where code came from.
    pub addresses: &'a AddressTable,
    /// Whether there is code of some functions only, and the others are interpreted.
    pub is_part: bool,
}

impl ImageParts<'_> {
    /// What of the binary running needs: the data segments.
    fn data(&self) -> Range<usize> {
        let segments = self.module.data.iter().map(|segment| segment.bytes.clone());
        segments.reduce(|one, other| one.start.min(other.start)..one.end.max(other.end)).unwrap_or(0..0)
    }

    /// The image, in parts that follow each other. Without a key it has no seal, and runs only for those who trust it
    /// blindly. Nothing where the binary cannot be had any more.
    pub(super) fn write<R>(&self, key: Option<&Key>, use_parts: impl FnOnce(&[&[u8]]) -> R) -> Option<R> {
        let (identity, module) = (self.identity.to_bytes(), self.module.to_flat());
        let bodies = if self.is_part { self.module.flat_bodies() } else { Vec::new() };
        let wasm = if bodies.is_empty() { self.module.bytes.split(self.data())? } else { [&[][..]; 3] };
        let [before, data, after] = wasm;
        let layout = Layout {
            sections: [
                &identity,
                &module,
                &bodies,
                &self.tables.functions,
                &self.tables.parts,
                &self.tables.trampolines,
                &self.tables.trap_offsets,
                &self.tables.trap_codes,
                data,
                self.text,
                &self.addresses.code,
                &self.addresses.wasm,
                &self.addresses.inlined,
                before,
                after,
            ],
            text_alignment: largest_page(self.identity.target),
        };
        let (hot, cold) = layout.write(|digest| key.map_or([0; 32], |key| key.seal(Purpose::Image, digest)));
        let parts: Vec<&[u8]> = std::iter::once(&*hot).chain(cold).collect();
        Some(use_parts(&parts))
    }
}

/// Where an image comes from.
#[derive(Debug)]
pub enum ImageSource<'a> {
    /// An open file.
    File(File),
    /// Memory.
    Bytes(&'a [u8]),
}

impl ImageSource<'_> {
    /// The same source once more.
    ///
    /// # Errors
    ///
    /// The system's, where the process has too many open files.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(match self {
            ImageSource::File(file) => ImageSource::File(file.try_clone()?),
            ImageSource::Bytes(bytes) => ImageSource::Bytes(bytes),
        })
    }

    fn len(&self) -> Option<u64> {
        match self {
            ImageSource::File(file) => file.metadata().ok().map(|metadata| metadata.len()),
            ImageSource::Bytes(bytes) => Some(bytes.len() as u64),
        }
    }

    fn read_at(&self, into: &mut [u8], offset: usize) -> Option<()> {
        match self {
            ImageSource::File(file) => read_exact_at(file, into, offset as u64).ok(),
            ImageSource::Bytes(bytes) => {
                into.copy_from_slice(bytes.get(offset..offset.checked_add(into.len())?)?);
                Some(())
            }
        }
    }

    fn header(&self) -> Option<Header> {
        let mut bytes = [0; HEADER_BYTES];
        self.read_at(&mut bytes, 0)?;
        Header::parse(&bytes, self.len()?)
    }

    /// Reads the hot part and gives its digest.
    fn read_hot(&self, into: &mut [u8]) -> Option<Hash> {
        match self {
            ImageSource::File(file) => read_and_digest(file, into, blank_seal),
            ImageSource::Bytes(_) => {
                self.read_at(into, 0)?;
                blank_seal(into);
                Some(super::digest::digest(into))
            }
        }
    }

    /// The binary in an image, whatever else is wrong with it. It has not been checked in any way.
    pub fn wasm(&self) -> Option<Vec<u8>> {
        let header = self.header()?;
        let mut wasm = zeros(header.wasm_len)?;
        let mut rest = &mut *wasm;
        for section in [Section::WasmBefore, Section::Data, Section::WasmAfter] {
            let range = header.range(section);
            let (part, others) = rest.split_at_mut_checked(range.len())?;
            self.read_at(part, range.start)?;
            rest = others;
        }
        Some(wasm)
    }
}

/// So many zeros. Nothing where there is no memory for them: files with holes are as large as their maker likes.
fn zeros(len: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(len).ok()?;
    bytes.resize(len, 0);
    Some(bytes)
}

/// Whether bytes begin as an image does.
pub fn is_image(bytes: &[u8]) -> bool {
    bytes.starts_with(&IMAGE_MAGIC)
}

/// Who must have made an image for it to run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Trust<'a> {
    /// The owner of this key.
    Sealed(&'a Key),
    /// Anybody.
    Anybody,
}

/// An image that is whole and that somebody vouches for. Nothing in it is executable yet.
#[derive(Debug)]
pub struct Image {
    buffer: Buffer,
    header: Header,
    cold: Arc<Cold>,
}

/// An image that can run.
#[derive(Debug)]
pub struct RunnableImage {
    /// The hot part, with the text executable.
    pub bytes: Bytes,
    /// Where the text is in `bytes`.
    pub text: Range<usize>,
    /// Its tables.
    pub tables: Tables,
    /// What it was compiled from. Its bodies are known where some functions have no code, and then only.
    pub module: Module,
    /// Where code came from.
    pub cold: Arc<Cold>,
}

impl Image {
    /// Reads an image that was made for `wanted`.
    pub(super) fn read(source: ImageSource<'_>, trust: Trust<'_>, wanted: &Identity<'_>) -> Option<Image> {
        let header = source.header()?;
        let is_sealed = match trust {
            Trust::Sealed(key) => key.has_sealed(Purpose::Image, &header.digest, &header.seal),
            Trust::Anybody => true,
        };
        // Before anything is read for a digest that nobody vouches for.
        if !is_sealed {
            return None;
        }
        let mut buffer = Buffer::new(header.hot_len).ok()?;
        if source.read_hot(buffer.bytes_mut())? != header.digest {
            return None;
        }
        // Memory was not what the header was read from, if somebody wrote to the file meanwhile.
        let header = Header::parse(buffer.bytes().first_chunk()?, header.file_len as u64)?;
        if header.hot_len != buffer.bytes().len() {
            return None;
        }
        let identity = Identity::from_bytes(buffer.bytes().get(header.range(Section::Identity))?)?;
        if !identity.serves(wanted) {
            return None;
        }
        let mut cold = Cold::new(source, &header)?;
        if header.file_len - header.hot_len <= SMALL_COLD_BYTES {
            cold.bytes()?;
            cold.file = None;
        }
        Some(Image { buffer, header, cold: Arc::new(cold) })
    }

    /// Whether there is code of some functions only, and the binary is elsewhere.
    pub fn is_part(&self) -> bool {
        !self.header.range(Section::Bodies).is_empty()
    }

    /// Decodes the module and makes the text executable. `binary` is what the image was made of, where that is not in it.
    ///
    /// # Errors
    ///
    /// `InvalidData` where the contents make no sense although somebody vouches for them; otherwise the system's, which
    /// may refuse executable memory.
    pub fn into_runnable(self, binary: Option<Bytes>) -> io::Result<RunnableImage> {
        let is_part = self.is_part();
        let Image { buffer, header, cold } = self;
        let text = header.range(Section::Text);
        let frozen = buffer.freeze(text.start..text.end.next_multiple_of(page_bytes()))?;
        let bytes = Bytes::from_owner(frozen);
        let part = |section| bytes.slice(header.range(section));
        let tables = Tables {
            functions: part(Section::Functions),
            parts: part(Section::Parts),
            trampolines: part(Section::Trampolines),
            trap_offsets: part(Section::TrapOffsets),
            trap_codes: part(Section::TrapCodes),
        };
        let wasm = if is_part {
            WasmBytes::from(binary.ok_or(io::ErrorKind::InvalidData)?)
        } else {
            WasmBytes::new(header.wasm_len, header.data_start, part(Section::Data), cold.clone())
        };
        let mut module = Module::from_flat(&part(Section::Module), wasm).ok_or(io::ErrorKind::InvalidData)?;
        let own_functions = module.functions.len() - module.imported_funcs as usize;
        let bodies = part(Section::Bodies);
        let fits = if is_part {
            let all_fit = module.take_bodies(&bodies) && tables.parts_are_below(own_functions);
            all_fit && module.bodies.iter().all(|body| module.bytes.get(body.clone()).is_some())
        } else {
            tables.parts.is_empty() && tables.function_count() == own_functions
        };
        if !fits {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(RunnableImage { bytes, text, tables, module, cold })
    }
}

/// The part of an image that running does not need, read and checked when it is asked for.
#[derive(Debug)]
pub struct Cold {
    /// Nothing where the bytes are here already.
    file: Option<File>,
    /// Where the part is in the file.
    range: Range<usize>,
    digest: Hash,
    addresses: [Range<usize>; 3],
    wasm: [Range<usize>; 2],
    bytes: OnceLock<Option<Bytes>>,
}

impl Cold {
    fn new(source: ImageSource<'_>, header: &Header) -> Option<Cold> {
        let range = header.hot_len..header.file_len;
        let inside = |section| {
            let Range { start, end } = header.range(section);
            start - range.start..end - range.start
        };
        let digest = header.cold_digest;
        let addresses = [Section::AddressCode, Section::AddressWasm, Section::Inlined].map(inside);
        let wasm = [inside(Section::WasmBefore), inside(Section::WasmAfter)];
        let (file, bytes) = match source {
            ImageSource::File(file) => (Some(file), OnceLock::new()),
            ImageSource::Bytes(bytes) => {
                let bytes = Bytes::copy_from_slice(bytes.get(range.clone())?);
                (None, OnceLock::from(Some(bytes).filter(|bytes| hash_parts(&[bytes]) == digest)))
            }
        };
        Some(Cold { file, range, digest, addresses, wasm, bytes })
    }

    /// The whole part. Nothing where it is not what the image was made with.
    fn bytes(&self) -> Option<&Bytes> {
        self.bytes.get_or_init(|| self.read()).as_ref()
    }

    fn read(&self) -> Option<Bytes> {
        let mut bytes = zeros(self.range.len())?;
        read_exact_at(self.file.as_ref()?, &mut bytes, self.range.start as u64).ok()?;
        (hash_parts(&[&bytes]) == self.digest).then(|| bytes.into())
    }

    /// From where in the binary code came. Nothing where that cannot be had any more.
    pub fn addresses(&self) -> Option<AddressTable> {
        if self.addresses.iter().all(Range::is_empty) {
            return Some(AddressTable::default());
        }
        let bytes = self.bytes()?;
        let [code, wasm, inlined] = self.addresses.clone().map(|range| bytes.slice(range));
        Some(AddressTable { code, wasm, inlined })
    }
}

impl Rest for Cold {
    fn parts(&self) -> Option<(&[u8], &[u8])> {
        let bytes = self.bytes()?;
        let [before, after] = self.wasm.clone();
        Some((bytes.get(before)?, bytes.get(after)?))
    }
}

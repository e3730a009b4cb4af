//! L5 · From an [`Artifact`] to code that can run: published once, never changed, and found again by address.
//!
//! Publishing copies the text into memory that is writable then and executable afterwards, never both, through
//! cranelift-jit's module; the text of an image is made executable where it was read to. The tables stay as they are;
//! everything is looked up by offset in the text.
#![allow(
    unsafe_code,
    reason = "code is found by address and read by signal handlers; every block says why it is sound"
)]

mod lookup;
mod memory;
mod registry;

pub use lookup::FrameKind;
pub use registry::{code_at, with_code_at};

use crate::engine::cache::{Cold, Image};
use crate::engine::compile::{AddressTable, Artifact, CodeRange, Tables, TrampolineKind};
use crate::engine::module::Module;
use crate::engine::sys::Mapping;
use crate::engine::types::{DefinedFuncIdx, TypeIdx};
use bytes::Bytes;
use cranelift_codegen::ir;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Module as _, default_libcall_names};
use memory::TextSlot;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// Alignment of a text in bytes: a cache line. Memory of its own starts at a page anyway.
const TEXT_ALIGNMENT: u64 = 64;

/// Published code. Whoever runs it holds a share; it is unpublished when the last one is dropped.
#[derive(Debug)]
pub struct Code {
    text: Text,
    tables: Tables,
    addresses: Addresses,
    trampolines: HashMap<(TypeIdx, TrampolineKind), CodeRange>,
    module: Option<Arc<Module>>,
}

/// Where a text is: readable and executable, and nothing else.
#[derive(Debug)]
enum Text {
    /// An artifact without text.
    Empty,
    /// In pages of its own, of which it fills that many bytes.
    Own(Mapping, usize),
    /// In memory that was made executable with everything around it.
    Shared(Bytes),
}

/// Where the table from code to wasm instructions is.
#[derive(Debug)]
enum Addresses {
    Here(AddressTable),
    /// In a part of an image that may not have been read yet.
    Cold(Arc<Cold>, OnceLock<AddressTable>),
}

/// Why code could not be published: the system gave no memory, or did not let it be executable.
#[derive(Debug)]
pub struct PublishError(String);

impl Code {
    /// Makes an artifact's code executable. `isa` is what it was compiled for, `module` what it was compiled from, or
    /// nothing for a trampoline made on demand.
    ///
    /// # Errors
    ///
    /// [`PublishError`], also for an artifact whose tables do not fit its text.
    pub fn publish(
        isa: OwnedTargetIsa,
        artifact: Artifact,
        module: Option<Arc<Module>>,
    ) -> Result<Arc<Code>, PublishError> {
        let bytes = &artifact.text;
        let text = if bytes.is_empty() { Text::Empty } else { Text::Own(publish_text(isa, bytes)?, bytes.len()) };
        let addresses = Addresses::Here(AddressTable::new(&artifact));
        Code::register(text, Tables::new(&artifact), addresses, module)
    }

    /// Makes the code of an image executable where it is.
    ///
    /// # Errors
    ///
    /// [`PublishError`], also for an image whose contents do not fit each other.
    pub fn publish_image(image: Image, binary: Option<Bytes>) -> Result<(Arc<Code>, Arc<Module>), PublishError> {
        let image = image.into_runnable(binary).map_err(|error| PublishError(error.to_string()))?;
        let text = if image.text.is_empty() { Text::Empty } else { Text::Shared(image.bytes.slice(image.text)) };
        let module = Arc::new(image.module);
        let addresses = Addresses::Cold(image.cold, OnceLock::new());
        let code = Code::register(text, image.tables, addresses, Some(module.clone()))?;
        Ok((code, module))
    }

    fn register(
        text: Text,
        tables: Tables,
        addresses: Addresses,
        module: Option<Arc<Module>>,
    ) -> Result<Arc<Code>, PublishError> {
        check_ranges(&tables, text.len())?;
        let trampolines = tables.trampolines().map(|row| ((row.ty, row.kind), row.range)).collect();
        let code = Arc::new(Code { text, tables, addresses, trampolines, module });
        if code.text.len() > 0 {
            registry::register(&code);
        }
        Ok(code)
    }

    /// A function of the module in wasm's calling convention, or nothing for an index that the module does not have. The code
    /// must be of a whole module.
    pub fn function(&self, function: DefinedFuncIdx) -> Option<*const u8> {
        self.part(function.index())
    }

    /// What stands at a position among the functions of the artifact.
    pub fn part(&self, position: usize) -> Option<*const u8> {
        self.tables.function(position).map(|range| self.address(range))
    }

    /// The trampoline of that kind for a type, if the artifact has it.
    pub fn trampoline(&self, ty: TypeIdx, kind: TrampolineKind) -> Option<*const u8> {
        self.trampolines.get(&(ty, kind)).map(|range| self.address(*range))
    }

    /// The text and the tables of several codes in one, as if they had been compiled together. Nothing where it is too large.
    pub fn joined(codes: &[Arc<Code>]) -> Option<(Vec<u8>, Tables, AddressTable)> {
        let mut text = Vec::new();
        let mut starts = Vec::with_capacity(codes.len());
        for code in codes {
            text.resize(text.len().next_multiple_of(TEXT_ALIGNMENT as usize), 0);
            starts.push(u32::try_from(text.len()).ok()?);
            text.extend_from_slice(code.text());
        }
        u32::try_from(text.len()).ok()?;
        let tables: Vec<_> = starts.iter().copied().zip(codes.iter().map(|code| code.tables())).collect();
        let addresses: Vec<_> = starts.iter().copied().zip(codes.iter().map(|code| code.addresses())).collect();
        Some((text, Tables::joined(&tables), AddressTable::joined(&addresses)))
    }

    /// What the code was compiled from.
    pub fn module(&self) -> Option<&Arc<Module>> {
        self.module.as_ref()
    }

    /// The addresses of the text.
    pub fn range(&self) -> Range<usize> {
        let start = self.base().addr();
        start..start + self.text.len()
    }

    fn base(&self) -> *const u8 {
        self.text.base()
    }

    fn address(&self, range: CodeRange) -> *const u8 {
        self.base().wrapping_add(range.start as usize)
    }

    /// The machine code.
    pub fn text(&self) -> &[u8] {
        match &self.text {
            Text::Empty => &[],
            // SAFETY: So many bytes of the mapping are readable and were written before it was published; nobody writes
            // to them any more.
            Text::Own(mapping, len) => unsafe { std::slice::from_raw_parts(mapping.base(), *len) },
            Text::Shared(bytes) => bytes,
        }
    }

    /// The tables that running needs.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// The table from code to wasm instructions; empty where there is none, or it cannot be had any more. May read a
    /// file.
    pub fn addresses(&self) -> &AddressTable {
        match &self.addresses {
            Addresses::Here(table) => table,
            Addresses::Cold(cold, table) => table.get_or_init(|| cold.addresses().unwrap_or_default()),
        }
    }

    /// The machine code of a function or trampoline.
    fn bytes(&self, range: CodeRange) -> Option<&[u8]> {
        let start = range.start as usize;
        self.text().get(start..start.checked_add(range.len as usize)?)
    }

    /// The offset of an address in the text.
    fn offset_of(&self, pc: usize) -> Option<u32> {
        let offset = pc.checked_sub(self.base().addr())?;
        if offset < self.text.len() { u32::try_from(offset).ok() } else { None }
    }
}

impl Text {
    fn len(&self) -> usize {
        match self {
            Text::Empty => 0,
            Text::Own(_, len) => *len,
            Text::Shared(bytes) => bytes.len(),
        }
    }

    /// First byte, which is also valid as an integer.
    fn base(&self) -> *const u8 {
        match self {
            Text::Empty => std::ptr::null(),
            Text::Own(mapping, _) => mapping.base(),
            Text::Shared(bytes) => {
                bytes.as_ptr().expose_provenance();
                bytes.as_ptr()
            }
        }
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        if self.text.len() > 0 {
            registry::unregister(&self.range());
        }
    }
}

/// Every function and trampoline lies inside the text, so that no address handed out points anywhere else.
fn check_ranges(tables: &Tables, text_len: usize) -> Result<(), PublishError> {
    let trampolines: Vec<CodeRange> = tables.trampolines().map(|row| row.range).collect();
    let is_whole = trampolines.len() == tables.trampoline_count();
    let inside = |range: CodeRange| {
        let end = range.start as usize + range.len as usize;
        range.len > 0 && end <= text_len
    };
    let mut functions = (0..tables.function_count()).filter_map(|index| tables.function(index));
    if is_whole && functions.all(inside) && trampolines.into_iter().all(inside) {
        Ok(())
    } else {
        Err(PublishError("bug in wazero: a function lies outside its text".to_owned()))
    }
}

fn publish_text(isa: OwnedTargetIsa, bytes: &[u8]) -> Result<Mapping, PublishError> {
    // cranelift-jit insists on this.
    if isa.flags().is_pic() {
        return Err(PublishError("bug in wazero: code was compiled for position-independent linking".to_owned()));
    }
    let slot = TextSlot::default();
    let mut builder = JITBuilder::with_isa(isa, default_libcall_names());
    builder.memory_provider(Box::new(slot.provider()));
    let mut module = JITModule::new(builder);
    let name = module.declare_anonymous_function(&ir::Signature::new(module.isa().default_call_conv()))?;
    module.define_function_bytes(name, TEXT_ALIGNMENT, bytes, &[])?;
    module.finalize_definitions()?;
    slot.take().ok_or_else(|| PublishError("bug in wazero: published text has no memory".to_owned()))
}

impl From<cranelift_module::ModuleError> for PublishError {
    fn from(error: cranelift_module::ModuleError) -> Self {
        PublishError(error.to_string())
    }
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot make code executable: {}", self.0)
    }
}

impl std::error::Error for PublishError {}

#[cfg(all(test, has_compiler))]
mod tests;

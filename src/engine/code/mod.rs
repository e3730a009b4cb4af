//! L5 · From an [`Artifact`] to code that can run: published once, never changed, and found again by address.
//!
//! Publishing copies the text into memory that is writable then and executable afterwards, never both, through
//! cranelift-jit's module. The tables stay as they are; everything is looked up by offset in the text.
#![allow(
    unsafe_code,
    reason = "code is found by address and read by signal handlers; every block says why it is sound"
)]

mod lookup;
mod memory;
mod registry;

pub use lookup::FrameKind;
pub use registry::{code_at, with_code_at};

use crate::engine::compile::{Artifact, CodeRange, TrampolineKind};
use crate::engine::module::Module;
use crate::engine::sys::Mapping;
use crate::engine::types::{DefinedFuncIdx, TypeIdx};
use cranelift_codegen::ir;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Module as _, default_libcall_names};
use memory::TextSlot;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// Alignment of a text in bytes: a cache line. Memory of its own starts at a page anyway.
const TEXT_ALIGNMENT: u64 = 64;

/// Published code. Whoever runs it holds a share; it is unpublished when the last one is dropped.
#[derive(Debug)]
pub struct Code {
    /// The text, readable and executable; nothing for an artifact without text.
    text: Option<Mapping>,
    /// The tables. The text is dropped here once it is published.
    artifact: Artifact,
    /// Bytes of the text.
    text_len: usize,
    trampolines: HashMap<(TypeIdx, TrampolineKind), CodeRange>,
    module: Option<Arc<Module>>,
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
        mut artifact: Artifact,
        module: Option<Arc<Module>>,
    ) -> Result<Arc<Code>, PublishError> {
        check_ranges(&artifact)?;
        let bytes = std::mem::take(&mut artifact.text);
        let text = if bytes.is_empty() { None } else { Some(publish_text(isa, &bytes)?) };
        let trampolines = artifact.trampolines.iter().map(|row| ((row.ty, row.kind), row.range)).collect();
        let code = Arc::new(Code { text, artifact, text_len: bytes.len(), trampolines, module });
        if code.text.is_some() {
            registry::register(&code);
        }
        Ok(code)
    }

    /// A function of the module in wasm's calling convention, or nothing for an index that the module does not have.
    pub fn function(&self, function: DefinedFuncIdx) -> Option<*const u8> {
        self.artifact.functions.get(function.index()).map(|range| self.address(*range))
    }

    /// The trampoline of that kind for a type, if the artifact has it.
    pub fn trampoline(&self, ty: TypeIdx, kind: TrampolineKind) -> Option<*const u8> {
        self.trampolines.get(&(ty, kind)).map(|range| self.address(*range))
    }

    /// What the code was compiled from.
    pub fn module(&self) -> Option<&Arc<Module>> {
        self.module.as_ref()
    }

    /// The addresses of the text.
    pub fn range(&self) -> Range<usize> {
        let start = self.base().addr();
        start..start + self.text_len
    }

    fn base(&self) -> *const u8 {
        self.text.as_ref().map_or(std::ptr::null(), |mapping| mapping.base().cast_const())
    }

    fn address(&self, range: CodeRange) -> *const u8 {
        self.base().wrapping_add(range.start as usize)
    }

    /// The machine code of a function or trampoline.
    fn bytes(&self, range: CodeRange) -> &[u8] {
        // SAFETY: `publish` has checked that every range lies in the text, which is readable and does not change as long
        // as it is published.
        unsafe { std::slice::from_raw_parts(self.address(range), range.len as usize) }
    }

    fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The offset of an address in the text.
    fn offset_of(&self, pc: usize) -> Option<u32> {
        let offset = pc.checked_sub(self.base().addr())?;
        if offset < self.text_len { u32::try_from(offset).ok() } else { None }
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        if self.text.is_some() {
            registry::unregister(&self.range());
        }
    }
}

/// Every function and trampoline lies inside the text, so that no address handed out points anywhere else.
fn check_ranges(artifact: &Artifact) -> Result<(), PublishError> {
    let trampolines = artifact.trampolines.iter().map(|row| row.range);
    let inside = |range: CodeRange| {
        let end = range.start as usize + range.len as usize;
        range.len > 0 && end <= artifact.text.len()
    };
    if artifact.functions.iter().copied().chain(trampolines).all(inside) {
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

#[cfg(test)]
mod tests;

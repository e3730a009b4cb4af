//! Joins the code of functions and trampolines into one text and resolves the calls inside it.
//!
//! Own functions come first, in their order, so that a function's number is its label. Callees too far away for the
//! machine's call instruction are reached through veneers, which Cranelift's text builder inserts.

use super::CompileError;
use super::artifact::{AddressEntry, Artifact, CodeRange, Trampoline, TrampolineKind, TrapSite};
use super::function::CompiledFunction;
use super::isa::Target;
use crate::engine::types::TypeIdx;
use cranelift_codegen::TextSectionBuilder;
use cranelift_codegen::control::ControlPlane;

/// Most bytes of one text: distances inside it must fit into 32 bits with sign.
const MAX_TEXT_BYTES: u64 = i32::MAX as u64;

/// A text being put together.
pub(super) struct Linker {
    builder: Box<dyn TextSectionBuilder>,
    artifact: Artifact,
    /// How many imports precede the own functions in the function space.
    imported_funcs: u32,
    /// Upper bound of the text's bytes so far.
    size: u64,
}

impl Linker {
    /// A linker for a module with that many own functions.
    pub(super) fn new(target: &Target, imported_funcs: u32, own_funcs: usize) -> Linker {
        let artifact = Artifact { functions: Vec::with_capacity(own_funcs), ..Artifact::default() };
        Linker { builder: target.isa.text_section_builder(own_funcs), artifact, imported_funcs, size: 0 }
    }

    /// Adds the next own function.
    pub(super) fn add_function(&mut self, function: &CompiledFunction) -> Result<(), CompileError> {
        let range = self.append(true, function)?;
        self.artifact.functions.push(range);
        Ok(())
    }

    /// Adds a trampoline, which serves several types where these are equal.
    pub(super) fn add_trampoline(
        &mut self,
        types: &[TypeIdx],
        kind: TrampolineKind,
        code: &CompiledFunction,
    ) -> Result<(), CompileError> {
        let range = self.append(false, code)?;
        self.artifact.trampolines.extend(types.iter().map(|ty| Trampoline { ty: *ty, kind, range }));
        Ok(())
    }

    /// The finished artifact. All own functions must have been added.
    pub(super) fn finish(mut self) -> Artifact {
        self.artifact.text = self.builder.finish(&mut ControlPlane::default());
        self.artifact.traps.sort_unstable_by_key(|site| site.offset);
        self.artifact
    }

    fn append(&mut self, own: bool, function: &CompiledFunction) -> Result<CodeRange, CompileError> {
        let CompiledFunction { code, alignment, calls, traps, addresses } = function;
        self.size += code.len() as u64 + u64::from(*alignment);
        if self.size > MAX_TEXT_BYTES {
            return Err(CompileError::ModuleTooLarge);
        }
        let start = self.builder.append(own, code, *alignment, &mut ControlPlane::default());
        for call in calls {
            let label = call.target.0.checked_sub(self.imported_funcs).map(|own| own as usize);
            let resolved = label.is_some_and(|label| {
                self.builder.resolve_reloc(start + u64::from(call.offset), call.kind, call.addend, label)
            });
            if !resolved {
                return Err(CompileError::bug(format!("call of {:?} encoded as {}", call.target, call.kind)));
            }
        }
        let start = u32::try_from(start).map_err(|_| CompileError::ModuleTooLarge)?;
        let at = |offset: u32| start + offset;
        self.artifact.traps.extend(traps.iter().map(|site| TrapSite { offset: at(site.offset), ..*site }));
        let entries = addresses.iter().map(|entry| AddressEntry { code: at(entry.code), ..*entry });
        self.artifact.addresses.extend(entries);
        Ok(CodeRange { start, len: code.len() as u32 })
    }
}

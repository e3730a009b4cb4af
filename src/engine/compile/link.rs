//! Joins the code of functions and trampolines into one text and resolves the calls inside it.
//!
//! Own functions come first, in their order, so that a function's number is its label. Callees too far away for the
//! machine's call instruction are reached through veneers, which Cranelift's text builder inserts.

use super::CompileError;
use super::artifact::{AddressEntry, Artifact, CodeRange, Part, Shift, Trampoline, TrampolineKind, TrapSite};
use super::function::CompiledFunction;
use super::isa::Target;
use crate::engine::types::{DefinedFuncIdx, TypeIdx};
use cranelift_codegen::TextSectionBuilder;
use cranelift_codegen::control::ControlPlane;

/// Most bytes of one text: distances inside it must fit into 32 bits with sign.
const MAX_TEXT_BYTES: u64 = i32::MAX as u64;

/// Bytes of text from which on a call may not reach its callee by itself: half of what AArch64's instruction does, the
/// shortest of all, so that no function is the first beyond it.
const VENEERS_FROM_BYTES: u64 = 64 << 20;

/// A text being put together.
pub(super) struct Linker {
    builder: Box<dyn TextSectionBuilder>,
    artifact: Artifact,
    /// How many imports precede the own functions in the function space.
    imported_funcs: u32,
    /// Upper bound of the text's bytes so far, without veneers.
    size: u64,
    /// Alignment without which the machine does not run a function.
    least_alignment: u32,
}

impl Linker {
    /// A linker for a module with that many own functions.
    pub(super) fn new(target: &Target, imported_funcs: u32, own_funcs: usize) -> Linker {
        let artifact = Artifact { functions: Vec::with_capacity(own_funcs), ..Artifact::default() };
        Linker {
            builder: target.isa.text_section_builder(own_funcs),
            artifact,
            imported_funcs,
            size: 0,
            least_alignment: target.isa.function_alignment().minimum,
        }
    }

    /// A linker for parts of a module, in this order. Calls are of functions among them.
    pub(super) fn of_parts(target: &Target, imported_funcs: u32, parts: Vec<Part>) -> Linker {
        let mut linker = Linker::new(target, imported_funcs, parts.len());
        linker.artifact.parts = parts;
        linker
    }

    /// The label of an own function: the position of its code.
    fn label(&self, function: DefinedFuncIdx) -> Option<usize> {
        match self.artifact.parts.as_slice() {
            [] => Some(function.index()),
            parts => parts.iter().position(|part| *part == Part::Function(function)),
        }
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
        let CompiledFunction { code, alignment, calls, traps, addresses, inlined } = function;
        self.size += code.len() as u64 + u64::from(*alignment);
        if self.size > MAX_TEXT_BYTES {
            return Err(CompileError::ModuleTooLarge);
        }
        let start = self.place(own, code, *alignment);
        for call in calls {
            let label = call.target.0.checked_sub(self.imported_funcs).and_then(|own| self.label(DefinedFuncIdx(own)));
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
        let shift = Shift::behind(&self.artifact.inlined, inlined);
        let moved = |entry: &AddressEntry| AddressEntry { code: at(entry.code), wasm: shift.position(entry.wasm) };
        self.artifact.addresses.extend(addresses.iter().map(moved));
        self.artifact.inlined.extend(inlined.iter().map(|row| shift.row(row)));
        Ok(CodeRange { start, len: code.len() as u32 })
    }

    /// Puts code behind what there is and says where.
    ///
    /// The text builder puts veneers where calls only just reach them, but takes no account of the bytes by which it
    /// aligns what follows (as of Cranelift 0.135), and panics where a veneer is out of reach for them. So a long text is
    /// aligned by bytes that it does count. Code right behind veneers then has the least alignment that is allowed.
    fn place(&mut self, own: bool, code: &[u8], alignment: u32) -> u64 {
        if self.size <= VENEERS_FROM_BYTES {
            return self.builder.append(own, code, alignment, &mut ControlPlane::default());
        }
        let end = self.builder.append(false, &[], 1, &mut ControlPlane::default());
        let padding = end.next_multiple_of(u64::from(alignment)) - end;
        self.builder.append(false, &vec![0; padding as usize], 1, &mut ControlPlane::default());
        self.builder.append(own, code, self.least_alignment, &mut ControlPlane::default())
    }
}

#[cfg(all(test, has_compiler))]
mod tests {
    use super::*;
    use crate::engine::compile::function::CallSite;
    use crate::engine::types::FuncIdx;
    use cranelift_codegen::binemit::Reloc;

    /// `bl`, with a distance of 0 to be filled in.
    const BL: u32 = 0x9400_0000;

    /// A function of `bytes` bytes that calls the functions at its beginning.
    fn function(bytes: usize, callees: &[u32]) -> CompiledFunction {
        let mut code: Vec<u8> = callees.iter().flat_map(|_| BL.to_le_bytes()).collect();
        code.resize(bytes, 0);
        let call = |(word, callee): (usize, &u32)| CallSite {
            offset: word as u32 * 4,
            kind: Reloc::Arm64Call,
            addend: 0,
            target: FuncIdx(*callee),
        };
        CompiledFunction {
            code,
            alignment: 32,
            calls: callees.iter().enumerate().map(call).collect(),
            traps: Vec::new(),
            addresses: Vec::new(),
            inlined: Vec::new(),
        }
    }

    fn link(functions: &[CompiledFunction]) -> Artifact {
        let target = Target::named("aarch64-linux", true).expect("a known machine");
        let mut linker = Linker::new(&target, 0, functions.len());
        for function in functions {
            linker.add_function(function).expect("linked");
        }
        linker.finish()
    }

    fn word(artifact: &Artifact, at: i64) -> u32 {
        let at = usize::try_from(at).expect("inside the text");
        artifact.text[at..at + 4].try_into().map(u32::from_le_bytes).expect("four bytes")
    }

    /// Where the call at `at` arrives, through a veneer (`ldrsw x16; adr x17; add x16, x16, x17; br x16`) or not.
    fn arrival(artifact: &Artifact, at: i64) -> i64 {
        let call = word(artifact, at);
        assert_eq!(call & 0xfc00_0000, BL);
        let hop = at + i64::from((call << 6).cast_signed() >> 4);
        let veneer = [0, 4, 8, 12].map(|offset| word(artifact, hop + offset));
        let is_veneer = veneer == [0x9800_0090, 0x1000_0071, 0x8b11_0210, 0xd61f_0200];
        if is_veneer { hop + 16 + i64::from(word(artifact, hop + 16).cast_signed()) } else { hop }
    }

    /// A call instruction of AArch64 reaches 128 MiB in either direction.
    #[test]
    fn calls_arrive_however_far_they_go() {
        const MIB: usize = 1 << 20;
        let functions = [
            function(64, &[1, 2, 3]),
            function(100 * MIB, &[0, 3]),
            function(100 * MIB, &[0, 1, 3]),
            function(64, &[0, 1, 2]),
        ];
        let artifact = link(&functions);
        let mut far = 0;
        for (caller, range) in functions.iter().zip(&artifact.functions) {
            for call in &caller.calls {
                let at = i64::from(range.start + call.offset);
                let callee = i64::from(artifact.functions[call.target.index()].start);
                assert_eq!(arrival(&artifact, at), callee);
                far += usize::from((callee - at).unsigned_abs() > 128 << 20);
            }
        }
        assert_eq!(far, 4);
    }

    /// The space that aligning a function takes counts, where a veneer only just still reaches.
    #[test]
    fn veneers_are_in_reach_for_every_length_of_what_lies_between() {
        for short_by in [24, 28, 32, 36] {
            let functions = [function(4, &[2]), function((1 << 27) - short_by, &[]), function(16, &[])];
            let artifact = link(&functions);
            assert_eq!(arrival(&artifact, 0), i64::from(artifact.functions[2].start), "{short_by}");
        }
    }
}

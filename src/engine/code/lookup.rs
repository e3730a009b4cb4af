//! From an address in published code to what stands there: binary searches over the artifact's tables.
//!
//! Everything here runs in signal handlers too: no allocation, no lock, no panic.

use super::Code;
use crate::engine::abi::TrapCode;
use crate::engine::compile::{CodeRange, TrampolineKind};
use crate::engine::sys::return_address_word;
use crate::engine::types::DefinedFuncIdx;

/// What an address in code belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// A function of the module, and the wasm instruction as a position in the module's bytes, where that is known.
    Function(DefinedFuncIdx, Option<u32>),
    /// A trampoline from host to wasm.
    Entry,
    /// A trampoline from wasm to host.
    Host,
}

impl Code {
    /// The trap that the instruction at exactly `pc` was listed with.
    pub fn trap_at(&self, pc: usize) -> Option<TrapCode> {
        let offset = self.offset_of(pc)?;
        let traps = &self.artifact().traps;
        let position = traps.binary_search_by_key(&offset, |site| site.offset).ok()?;
        traps.get(position).map(|site| site.code)
    }

    /// What `pc` belongs to; nothing for padding and for addresses outside.
    pub fn frame_at(&self, pc: usize) -> Option<FrameKind> {
        let offset = self.offset_of(pc)?;
        if let Some(function) = self.function_at(offset) {
            return Some(FrameKind::Function(DefinedFuncIdx::from_usize(function), self.wasm_offset(offset)));
        }
        let trampoline = self.artifact().trampolines.iter().find(|trampoline| contains(trampoline.range, offset))?;
        Some(match trampoline.kind {
            TrampolineKind::Entry => FrameKind::Entry,
            TrampolineKind::HostDirect | TrampolineKind::HostArray => FrameKind::Host,
        })
    }

    /// Whether `pc` is the first instruction of a function or trampoline.
    pub fn is_start(&self, pc: usize) -> bool {
        self.offset_of(pc).is_some_and(|offset| {
            let artifact = self.artifact();
            artifact.functions.binary_search_by_key(&offset, |range| range.start).is_ok()
                || artifact.trampolines.iter().any(|trampoline| trampoline.range.start == offset)
        })
    }

    /// Where the return address stands at `pc` if the frame of the function or trampoline there is not set up, in words
    /// above the stack pointer; see [`return_address_word`].
    pub fn unframed(&self, pc: usize) -> Option<usize> {
        let offset = self.offset_of(pc)?;
        let artifact = self.artifact();
        let range = match self.function_at(offset) {
            Some(function) => *artifact.functions.get(function)?,
            None => artifact.trampolines.iter().map(|row| row.range).find(|range| contains(*range, offset))?,
        };
        return_address_word(self.bytes(range), (offset - range.start) as usize)
    }

    /// Position of the function that `offset` belongs to. Functions stand in the text in their order.
    fn function_at(&self, offset: u32) -> Option<usize> {
        let functions = &self.artifact().functions;
        let position = functions.partition_point(|range| range.start <= offset).checked_sub(1)?;
        functions.get(position).is_some_and(|range| contains(*range, offset)).then_some(position)
    }

    fn wasm_offset(&self, offset: u32) -> Option<u32> {
        let addresses = &self.artifact().addresses;
        let position = addresses.partition_point(|entry| entry.code <= offset).checked_sub(1)?;
        addresses.get(position).map(|entry| entry.wasm).filter(|wasm| *wasm != u32::MAX)
    }
}

fn contains(range: CodeRange, offset: u32) -> bool {
    offset >= range.start && offset - range.start < range.len
}

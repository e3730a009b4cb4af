//! From an address in published code to what stands there: binary searches over the artifact's tables.
//!
//! Everything here but [`Code::origins_at`] runs in signal handlers too: no allocation, no lock, no panic.

use super::Code;
use crate::engine::abi::TrapCode;
use crate::engine::compile::{Origin, TrampolineKind};
use crate::engine::sys::return_address_word;
use crate::engine::types::DefinedFuncIdx;

/// What an address in code belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// A function of the module.
    Function(DefinedFuncIdx),
    /// A trampoline from host to wasm.
    Entry,
    /// A trampoline from wasm to host.
    Host,
}

impl Code {
    /// The trap that the instruction at exactly `pc` was listed with.
    pub fn trap_at(&self, pc: usize) -> Option<TrapCode> {
        let offset = self.offset_of(pc)?;
        self.tables.trap_at(offset)
    }

    /// What `pc` belongs to; nothing for padding and for addresses outside.
    pub fn frame_at(&self, pc: usize) -> Option<FrameKind> {
        let offset = self.offset_of(pc)?;
        if let Some(function) = self.tables.function_at(offset) {
            return Some(FrameKind::Function(self.tables.part(function).function()));
        }
        let trampoline = self.tables.trampolines().find(|trampoline| trampoline.range.contains(offset))?;
        Some(match trampoline.kind {
            TrampolineKind::Entry | TrampolineKind::Frame => FrameKind::Entry,
            TrampolineKind::HostDirect
            | TrampolineKind::HostArray
            | TrampolineKind::Interpreted
            | TrampolineKind::Tail => FrameKind::Host,
        })
    }

    /// The wasm instruction that the code at `pc` came from, and the inlined calls around it, outwards, where that is known.
    /// May read a file, so this alone is not for signal handlers.
    pub fn origins_at(&self, pc: usize) -> Vec<Origin> {
        self.offset_of(pc).map(|offset| self.addresses().origins(offset)).unwrap_or_default()
    }

    /// Where the return address stands at `pc` if the frame of the function or trampoline there is not set up, in words
    /// above the stack pointer; see [`return_address_word`].
    pub fn unframed(&self, pc: usize) -> Option<usize> {
        let offset = self.offset_of(pc)?;
        let range = match self.tables.function_at(offset) {
            Some(function) => self.tables.function(function)?,
            None => self.tables.trampolines().map(|row| row.range).find(|range| range.contains(offset))?,
        };
        return_address_word(self.bytes(range)?, (offset - range.start) as usize)
    }
}

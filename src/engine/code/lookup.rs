//! From an address in published code to what stands there: binary searches over the artifact's tables.
//!
//! Everything here but [`Code::wasm_offset_at`] runs in signal handlers too: no allocation, no lock, no panic.

use super::Code;
use crate::engine::abi::TrapCode;
use crate::engine::compile::TrampolineKind;
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
            return Some(FrameKind::Function(DefinedFuncIdx::from_usize(function)));
        }
        let trampoline = self.tables.trampolines().find(|trampoline| trampoline.range.contains(offset))?;
        Some(match trampoline.kind {
            TrampolineKind::Entry => FrameKind::Entry,
            TrampolineKind::HostDirect | TrampolineKind::HostArray => FrameKind::Host,
        })
    }

    /// Whether `pc` is the first instruction of a function or trampoline.
    pub fn is_start(&self, pc: usize) -> bool {
        self.offset_of(pc).is_some_and(|offset| {
            let function = self.tables.function_at(offset).and_then(|position| self.tables.function(position));
            function.is_some_and(|range| range.start == offset)
                || self.tables.trampolines().any(|trampoline| trampoline.range.start == offset)
        })
    }

    /// The wasm instruction that the code at `pc` came from, as a position in the module's bytes, where that is known.
    /// May read a file, so this alone is not for signal handlers.
    pub fn wasm_offset_at(&self, pc: usize) -> Option<u32> {
        self.addresses().wasm_offset(self.offset_of(pc)?)
    }
}

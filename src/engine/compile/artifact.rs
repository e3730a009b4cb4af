//! What compiling a module makes: position-independent code and its tables, all keyed by offset into one text.
//!
//! An artifact holds no address and no pointer; the same bytes serve in any process on any machine with the CPU
//! features it was compiled for.

use crate::engine::abi::TrapCode;
use crate::engine::types::{DefinedFuncIdx, FuncIdx, TypeIdx};

/// Compiled code of a module with its tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Artifact {
    /// Machine code: own functions, then trampolines. Calls between them are already resolved.
    pub text: Vec<u8>,
    /// Where each own function's code is, by `DefinedFuncIdx`; where not all of a module is there, in the order of `parts`.
    pub functions: Vec<CodeRange>,
    /// What there is code of, in the order of the text; empty for a whole module.
    pub parts: Vec<Part>,
    /// Trampolines for the types of functions that cross the module's border.
    pub trampolines: Vec<Trampoline>,
    /// Instructions that may trap, ascending by offset.
    pub traps: Vec<TrapSite>,
    /// Which wasm instruction code came from, ascending by offset: for modules with DWARF, and where bodies are inlined.
    pub addresses: Vec<AddressEntry>,
    /// Bodies that are inlined, in the order of their positions.
    pub inlined: Vec<Inlined>,
}

/// What can be compiled alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// A function.
    Function(DefinedFuncIdx),
    /// The rest of a function from a loop on, which stands at that position in the module's bytes.
    Loop(DefinedFuncIdx, u32),
}

impl Part {
    /// The function that it is, or is in.
    pub fn function(self) -> DefinedFuncIdx {
        match self {
            Part::Function(function) | Part::Loop(function, _) => function,
        }
    }
}

/// Bytes of the text, end exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeRange {
    /// First byte.
    pub start: u32,
    /// Number of bytes.
    pub len: u32,
}

/// Code between the host's and wasm's calling convention, see the `abi` chapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trampoline {
    /// The function type it serves.
    pub ty: TypeIdx,
    /// Its direction and shape.
    pub kind: TrampolineKind,
    /// Its code.
    pub range: CodeRange,
}

/// Direction and shape of a trampoline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrampolineKind {
    /// Host to wasm.
    Entry,
    /// Wasm to host, parameters and the one result in the C convention. Only for types without `v128` and with at most
    /// one result.
    HostDirect,
    /// Wasm to host, parameters and results in an array.
    HostArray,
    /// Wasm to the interpreter, in the same way.
    Interpreted,
    /// Wasm to wasm in tail position, parameters in an array.
    Tail,
    /// The interpreter to wasm, parameters and results in its frame.
    Frame,
}

impl TrampolineKind {
    /// Every kind.
    pub const ALL: [TrampolineKind; 6] = [
        TrampolineKind::Entry,
        TrampolineKind::HostDirect,
        TrampolineKind::HostArray,
        TrampolineKind::Interpreted,
        TrampolineKind::Tail,
        TrampolineKind::Frame,
    ];
}

/// An instruction that may trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrapSite {
    /// Offset of the instruction's first byte.
    pub offset: u32,
    /// Why it traps.
    pub code: TrapCode,
}

/// The code from here to the next entry came from one wasm instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddressEntry {
    /// Offset in the text.
    pub code: u32,
    /// Position of the wasm instruction: its offset in the module's bytes, or behind these, in an [`Inlined`]; `u32::MAX` for
    /// code that came from none.
    pub wasm: u32,
}

/// A body that was translated where it is called. Positions behind the module's bytes stand for its instructions there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inlined {
    /// The position that stands for the body's first byte.
    pub start: u32,
    /// Bytes of the body.
    pub len: u32,
    /// The function.
    pub func: FuncIdx,
    /// Offset of the body in the module's bytes.
    pub body: u32,
    /// Position of the call that it replaces.
    pub call: u32,
}

/// How positions move where bodies that were inlined apart from each other come together: each counts them from the module's
/// end on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shift {
    /// Where positions begin that stand for inlined bodies.
    base: u32,
    /// By how much these move.
    by: u32,
}

impl Shift {
    /// What brings `own` behind `others`.
    pub(super) fn behind(others: &[Inlined], own: &[Inlined]) -> Shift {
        let base = own.first().map_or(u32::MAX, |first| first.start);
        let by = others.last().map_or(0, |last| last.start.saturating_add(last.len).saturating_sub(base));
        Shift { base, by }
    }

    /// The position moved; `u32::MAX`, which stands for none, stays.
    pub(super) fn position(self, position: u32) -> u32 {
        if position < self.base { position } else { position.saturating_add(self.by) }
    }

    /// The row with its positions moved.
    pub(super) fn row(self, row: &Inlined) -> Inlined {
        Inlined { start: self.position(row.start), call: self.position(row.call), ..*row }
    }
}

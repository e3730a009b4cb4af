//! L3 · Bytes to [`Module`]: decoded, everything but function bodies validated, nothing compiled or allocated for running.
//!
//! Bodies are validated by the compiler while it reads them, on its worker threads, or by [`Validation`]. spec: syntax/modules

mod accept;
mod bytes;
mod const_expr;
mod decode;
mod error;
mod features;
mod flat;
mod names;
mod reader;
mod segment;
#[cfg(test)]
mod tests;
mod validation;
mod width;

pub use bytes::{Rest, WasmBytes};
pub use const_expr::{ConstExpr, ConstOp};
pub use decode::{BodyValidator, Decoded, body_validator, decode};
pub use error::DecodeError;
pub use features::{WasmVersion, features, first_vector};
pub use names::{DebugSections, FunctionNames};
pub use reader::{BlockType, CodeReader, MemArg};
pub use segment::{DataMode, DataSegment, ElementItems, ElementMode, ElementSegment};
pub use validation::Validation;
pub use width::Width;

use crate::engine::abi::{VMCounts, VMLayout};
use crate::engine::types::{
    DefinedFuncIdx, ExternType, FuncIdx, FuncType, GlobalIdx, GlobalType, MemoryIdx, MemoryType, TableIdx, TableType,
    TypeIdx,
};
use std::ops::Range;

/// A decoded module. Lists of an index space hold the imports first, then the definitions.
#[derive(Debug)]
pub struct Module {
    /// The whole binary; ranges below are positions in it.
    pub bytes: WasmBytes,
    /// The module's own name, from the name section. spec: appendix/custom#name-section
    pub name: Option<String>,
    /// The type section.
    pub types: Vec<FuncType>,
    /// Imports in their order.
    pub imports: Vec<Import>,
    /// Exports in their order; names are unique.
    pub exports: Vec<Export>,
    /// Type of every function.
    pub functions: Vec<TypeIdx>,
    /// Every table's type.
    pub tables: Vec<TableType>,
    /// First value of the elements of each own table; none means null.
    pub table_inits: Vec<Option<ConstExpr>>,
    /// Every memory's type.
    pub memories: Vec<MemoryType>,
    /// Every global's type.
    pub globals: Vec<GlobalType>,
    /// First value of each own global.
    pub global_inits: Vec<ConstExpr>,
    /// The start function.
    pub start: Option<FuncIdx>,
    /// Element segments.
    pub elements: Vec<ElementSegment>,
    /// Data segments.
    pub data: Vec<DataSegment>,
    /// Bytes of each own function's body, from its locals on, without the length. Empty where the module came from an
    /// image, whose bodies are compiled already.
    pub bodies: Vec<Range<usize>>,
    /// Position of the code section's contents in `bytes`, for DWARF, whose addresses count from there.
    pub code_section: Range<usize>,
    /// Functions that can become references (exported, in element segments, in `ref.func`, in global initialisers), in
    /// ascending order. A position in this list is the number of its `VMFuncRef`.
    pub func_refs: Vec<FuncIdx>,
    /// Name, contents of custom sections in their order.
    pub custom_sections: Vec<(String, Range<usize>)>,
    /// How many entries of `functions` are imported.
    pub imported_funcs: u32,
    /// How many entries of `tables` are imported.
    pub imported_tables: u32,
    /// How many entries of `memories` are imported.
    pub imported_memories: u32,
    /// How many entries of `globals` are imported.
    pub imported_globals: u32,
}

/// An import. spec: syntax/modules#imports
#[derive(Clone, Debug)]
pub struct Import {
    /// First name: the module asked for.
    pub module: String,
    /// Second name: the item in it.
    pub name: String,
    /// What it must be; the index is the one the import gets in its own space.
    pub item: ExternIdx,
}

/// An export. spec: syntax/modules#exports
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    pub item: ExternIdx,
}

/// An item of one of the index spaces that cross a module's border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExternIdx {
    /// A function.
    Func(FuncIdx),
    /// A table.
    Table(TableIdx),
    /// A memory.
    Memory(MemoryIdx),
    /// A global.
    Global(GlobalIdx),
}

impl Module {
    /// The type of a function.
    pub fn func_type(&self, func: FuncIdx) -> &FuncType {
        &self.types[self.functions[func.index()].index()]
    }

    /// The type of an item that crosses the module's border.
    pub fn extern_type(&self, item: ExternIdx) -> ExternType {
        match item {
            ExternIdx::Func(func) => ExternType::Func(self.func_type(func).clone()),
            ExternIdx::Table(table) => ExternType::Table(self.tables[table.index()]),
            ExternIdx::Memory(memory) => ExternType::Memory(self.memories[memory.index()]),
            ExternIdx::Global(global) => ExternType::Global(self.globals[global.index()]),
        }
    }

    /// The index among own functions, or nothing for an import.
    pub fn defined_func(&self, func: FuncIdx) -> Option<DefinedFuncIdx> {
        func.0.checked_sub(self.imported_funcs).map(DefinedFuncIdx)
    }

    /// The index in the whole function space.
    pub fn func_idx(&self, func: DefinedFuncIdx) -> FuncIdx {
        FuncIdx(func.0 + self.imported_funcs)
    }

    /// The number of a function's `VMFuncRef`, or nothing for a function that never becomes a reference.
    pub fn func_ref(&self, func: FuncIdx) -> Option<u32> {
        self.func_refs.binary_search(&func).ok().map(|position| position as u32)
    }

    /// The layout of this module's instances.
    pub fn layout(&self) -> VMLayout {
        VMLayout::new(VMCounts {
            types: self.types.len() as u32,
            imported_funcs: self.imported_funcs,
            func_refs: self.func_refs.len() as u32,
            tables: self.tables.len() as u32,
            memories: self.memories.len() as u32,
            imported_globals: self.imported_globals,
            defined_globals: self.globals.len() as u32 - self.imported_globals,
        })
    }
}

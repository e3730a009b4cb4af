//! Types of memories, tables, globals, and of what a module imports and exports. spec: syntax/types#external-types

use super::{FuncType, RefType, ValType};

/// A linear memory's type. Sizes are in pages of `1 << page_size_log2` bytes. spec: syntax/types#memory-types
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// Pages at the start.
    pub min: u64,
    /// Most pages it may ever have, inclusive.
    pub max: Option<u64>,
    /// Whether addresses are 64 bits wide.
    pub memory64: bool,
    /// Whether threads share it.
    pub shared: bool,
    /// 16 for the ordinary 64 KiB page.
    pub page_size_log2: u8,
}

impl MemoryType {
    /// A page's size in bytes.
    pub fn page_bytes(&self) -> u64 {
        1 << self.page_size_log2
    }
}

/// A table's type. Sizes are in elements. spec: syntax/types#table-types
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// Type of every element.
    pub element: RefType,
    /// Elements at the start.
    pub min: u64,
    /// Most elements it may ever have, inclusive.
    pub max: Option<u64>,
    /// Whether indices are 64 bits wide.
    pub table64: bool,
}

impl TableType {
    /// Whether the table can never change its size, so that compiled code may take base and length as constants.
    pub fn is_fixed_size(&self) -> bool {
        self.max == Some(self.min)
    }
}

/// A global's type. spec: syntax/types#global-types
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// Type of the value.
    pub content: ValType,
    /// Whether `global.set` is allowed.
    pub mutable: bool,
}

/// The type of something imported or exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
}

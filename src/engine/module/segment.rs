//! Element and data segments. spec: syntax/modules#element-segments

use super::ConstExpr;
use crate::engine::types::{FuncIdx, MemoryIdx, TableIdx};
use std::ops::Range;

/// An element segment. Its type is the validator's concern alone: what is copied from it fits where it goes.
#[derive(Debug)]
pub struct ElementSegment {
    /// The elements.
    pub items: ElementItems,
    /// When they are used.
    pub mode: ElementMode,
}

/// The elements of a segment.
#[derive(Debug)]
pub enum ElementItems {
    /// Plain function indices, as compilers of C-like languages emit them.
    Functions(Vec<FuncIdx>),
    /// Constant expressions.
    Expressions(Vec<ConstExpr>),
}

impl ElementItems {
    /// How many elements there are.
    pub fn len(&self) -> usize {
        match self {
            ElementItems::Functions(items) => items.len(),
            ElementItems::Expressions(items) => items.len(),
        }
    }
}

/// When an element segment is used.
#[derive(Debug)]
pub enum ElementMode {
    /// Copied into a table at instantiation, then dropped.
    Active {
        /// The table.
        table: TableIdx,
        /// First position.
        offset: ConstExpr,
    },
    /// By `table.init`.
    Passive,
    /// Never; only declares functions for `ref.func`.
    Declared,
}

/// A data segment.
#[derive(Debug)]
pub struct DataSegment {
    /// When it is used.
    pub mode: DataMode,
    /// Its bytes, a range of `Module::bytes`.
    pub bytes: Range<usize>,
}

/// When a data segment is used.
#[derive(Debug)]
pub enum DataMode {
    /// Copied into a memory at instantiation, then dropped.
    Active {
        /// The memory.
        memory: MemoryIdx,
        /// First address.
        offset: ConstExpr,
    },
    /// By `memory.init`.
    Passive,
}

//! L1 · The specification's vocabulary as plain data: indices, value types, entity types. spec: syntax/types

mod composite;
mod entity;
mod index;
mod registry;
mod value;

pub use composite::FuncType;
pub use entity::{ExternType, GlobalType, MemoryType, TableType};
pub use index::{DataIdx, DefinedFuncIdx, ElemIdx, FuncIdx, GlobalIdx, MemoryIdx, TableIdx, TypeIdx};
pub use registry::{TypeId, TypeRegistry};
pub use value::{HeapType, RefType, ValType};

//! Typed indices of the specification's index spaces.
//!
//! An index counts imports first, then definitions, as the specification does. `DefinedFuncIdx` is the one exception:
//! it counts only the functions that have a body in the module, which is what code and its metadata are keyed by.
//! spec: syntax/modules#indices

macro_rules! index_types {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// Makes an index from a position in a list. Lists of more than `u32::MAX` items cannot be decoded.
            pub fn from_usize(position: usize) -> Self {
                $name(u32::try_from(position).unwrap_or(u32::MAX))
            }

            /// The position in a list indexed by this space.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index_types! {
    /// A type of the module's type section.
    TypeIdx
    /// A function: imports first, then definitions.
    FuncIdx
    /// A function with a body in this module, counted from the first body.
    DefinedFuncIdx
    /// A table: imports first.
    TableIdx
    /// A linear memory: imports first.
    MemoryIdx
    /// A global: imports first.
    GlobalIdx
    /// An element segment.
    ElemIdx
    /// A data segment.
    DataIdx
}

//! Types of one byte each, and a module's function types made of them.

use crate::engine::module::Module;
use crate::engine::types::{FuncType, HeapType, RefType, ValType};

/// The type of a value. References are those that can be null: others are not decided here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Ty {
    I32,
    I64,
    F32,
    F64,
    V128,
    FuncRef,
    ExternRef,
}

/// Parameters and results.
pub(super) type Signature<'a> = (&'a [Ty], &'a [Ty]);

impl Ty {
    /// Nothing for a reference that cannot be null.
    pub(super) fn of(ty: ValType) -> Option<Ty> {
        Some(match ty {
            ValType::I32 => Ty::I32,
            ValType::I64 => Ty::I64,
            ValType::F32 => Ty::F32,
            ValType::F64 => Ty::F64,
            ValType::V128 => Ty::V128,
            ValType::Ref(RefType { nullable: true, heap: HeapType::Func }) => Ty::FuncRef,
            ValType::Ref(RefType { nullable: true, heap: HeapType::Extern }) => Ty::ExternRef,
            ValType::Ref(RefType { nullable: false, .. }) => return None,
        })
    }

    pub(super) fn is_reference(self) -> bool {
        matches!(self, Ty::FuncRef | Ty::ExternRef)
    }

    /// A list of this type alone.
    pub(super) fn alone(self) -> &'static [Ty] {
        match self {
            Ty::I32 => &[Ty::I32],
            Ty::I64 => &[Ty::I64],
            Ty::F32 => &[Ty::F32],
            Ty::F64 => &[Ty::F64],
            Ty::V128 => &[Ty::V128],
            Ty::FuncRef => &[Ty::FuncRef],
            Ty::ExternRef => &[Ty::ExternRef],
        }
    }
}

/// Parameters and results of a module's function types.
#[derive(Debug)]
pub(in crate::engine::module) struct Signatures {
    /// Those of all types, one after the other.
    types: Vec<Ty>,
    /// Where each type's parameters begin in `types`, where its results do, and where they end.
    places: Vec<[u32; 3]>,
}

impl Signatures {
    /// Of a module; nothing for one with 64-bit addresses, or with types that are not decided here.
    pub(in crate::engine::module) fn of(module: &Module) -> Option<Signatures> {
        let is_wide = module.memories.iter().any(|memory| memory.memory64) || module.tables.iter().any(|t| t.table64);
        (!is_wide).then_some(())?;
        let mut types = Vec::new();
        let places = module.types.iter().map(|ty| add_signature(&mut types, ty)).collect::<Option<_>>()?;
        Some(Signatures { types, places })
    }

    /// A type's parameters and results.
    #[inline(always)]
    pub(super) fn get(&self, ty: usize) -> Option<Signature<'_>> {
        let [params, results, end] = self.places.get(ty)?.map(|position| position as usize);
        Some((self.types.get(params..results)?, self.types.get(results..end)?))
    }
}

/// Adds a type to the list of all, and gives where it is.
fn add_signature(types: &mut Vec<Ty>, ty: &FuncType) -> Option<[u32; 3]> {
    let mut position = |list: &[ValType]| {
        for ty in list {
            types.push(Ty::of(*ty)?);
        }
        u32::try_from(types.len()).ok()
    };
    Some([position(&[])?, position(&ty.params)?, position(&ty.results)?])
}

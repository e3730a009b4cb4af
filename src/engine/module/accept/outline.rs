//! What the bodies of a module refer to, with types of one byte each.

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

/// What bodies refer to.
#[derive(Debug)]
pub(in crate::engine::module) struct Outline {
    /// Parameters and results of all types, one after the other.
    types: Vec<Ty>,
    /// Where each type's parameters begin in `types`, where its results do, and where they end.
    signatures: Vec<[u32; 3]>,
    /// Each function's type.
    functions: Vec<u32>,
    /// Each global's type, and whether it can change.
    globals: Vec<(Ty, bool)>,
    /// For each table whether it holds functions.
    tables: Vec<bool>,
    has_memory: bool,
}

impl Outline {
    /// Of a module; nothing for one with 64-bit addresses, or with types that are not decided here.
    pub(in crate::engine::module) fn of(module: &Module) -> Option<Outline> {
        let (mut types, mut signatures) = (Vec::new(), Vec::with_capacity(module.types.len()));
        for ty in &module.types {
            signatures.push(add_signature(&mut types, ty)?);
        }
        let globals = module.globals.iter().map(|global| Some((Ty::of(global.content)?, global.mutable)));
        let is_wide = module.memories.iter().any(|memory| memory.memory64) || module.tables.iter().any(|t| t.table64);
        (!is_wide).then_some(())?;
        Some(Outline {
            types,
            signatures,
            functions: module.functions.iter().map(|ty| ty.0).collect(),
            globals: globals.collect::<Option<_>>()?,
            tables: module.tables.iter().map(|table| table.element == RefType::FUNCREF).collect(),
            has_memory: !module.memories.is_empty(),
        })
    }

    /// A type's parameters and results.
    #[inline(always)]
    pub(super) fn signature(&self, ty: u32) -> Option<Signature<'_>> {
        let [params, results, end] = self.signatures.get(ty as usize)?.map(|position| position as usize);
        Some((self.types.get(params..results)?, self.types.get(results..end)?))
    }

    /// A function's parameters and results, by its index among all functions.
    #[inline(always)]
    pub(super) fn function(&self, func: usize) -> Option<Signature<'_>> {
        self.signature(*self.functions.get(func)?)
    }

    #[inline(always)]
    pub(super) fn global(&self, global: u32) -> Option<(Ty, bool)> {
        self.globals.get(global as usize).copied()
    }

    pub(super) fn is_funcref_table(&self, table: u32) -> bool {
        self.tables.get(table as usize).copied().unwrap_or(false)
    }

    #[inline(always)]
    pub(super) fn has_memory(&self) -> bool {
        self.has_memory
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

//! Canonical function types: two types are equal exactly when their `TypeId`s are.
//!
//! One registry serves a whole engine, so that a function made by one module can be called through a table by another
//! after one comparison. Ids are assigned at run time and never stand in generated code, which reads them from its
//! instance (see the `abi` layer).

use super::FuncType;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

/// A canonical function type of one engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct TypeId(pub u32);

impl TypeId {
    /// Equal to no function type: what an empty table element carries.
    pub const NONE: TypeId = TypeId(u32::MAX);
}

/// Interns function types for the life of an engine.
#[derive(Debug, Default)]
pub struct TypeRegistry {
    inner: RwLock<Interned>,
}

#[derive(Debug, Default)]
struct Interned {
    by_type: HashMap<Arc<FuncType>, TypeId>,
    types: Vec<Arc<FuncType>>,
}

impl TypeRegistry {
    /// The id of `ty`, the same for equal types.
    pub fn intern(&self, ty: &FuncType) -> TypeId {
        let mut inner = self.inner.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(id) = inner.by_type.get(ty) {
            return *id;
        }
        let id = TypeId(u32::try_from(inner.types.len()).unwrap_or(u32::MAX - 1));
        let ty = Arc::new(ty.clone());
        inner.types.push(ty.clone());
        inner.by_type.insert(ty, id);
        id
    }

    /// The type behind an id that this registry gave out.
    pub fn lookup(&self, id: TypeId) -> Option<Arc<FuncType>> {
        let inner = self.inner.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        inner.types.get(id.0 as usize).cloned()
    }
}

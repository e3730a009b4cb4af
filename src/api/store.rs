//! [`Store`]: everything that can reach each other while it runs, with the embedder's data; and the borrows of it.
//!
//! Handles such as [`Func`](super::Func) or [`Memory`](super::Memory) are small copies that name an item of one store;
//! what they do takes a borrow of that store. Functions that need one are generic over [`AsContext`] or
//! [`AsContextMut`], so that a store, a borrow of it and a host function's [`Caller`] all serve.
//! spec: exec/runtime#store

use super::{Engine, Error, Profiler, Result};
use crate::engine::runtime::{Caller, StoreBox, StoreId, StoreInner, StoreLimits, StoreOpaque};

/// Owner of instances, memories, tables, globals, functions, and of the embedder's data. What is made in a store lives
/// until the store is dropped.
#[derive(Debug)]
pub struct Store<T: 'static> {
    inner: StoreBox<T>,
    engine: Engine,
}

impl<T: 'static> Store<T> {
    /// Makes an empty store around the embedder's data.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        Store { inner: StoreBox::new(engine.shared(), data), engine: engine.clone() }
    }

    /// The engine that it belongs to.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.inner.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.inner.data
    }

    /// Drops everything but the embedder's data.
    pub fn into_data(self) -> T {
        self.inner.into_data()
    }

    /// Has a profiler learn what the guest in this store does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Link`](super::ErrorKind::Link) where the store has instances already, or the profiler another store.
    pub fn set_profiler(&mut self, profiler: &Profiler) -> Result<()> {
        self.inner.opaque.set_profiler(profiler.shared()).map_err(Error::of_misuse)
    }

    /// What all memories and tables of the store may take together.
    pub fn limits(&self) -> StoreLimits {
        self.inner.opaque.limits()
    }

    /// Changes what memories and tables may take. What is there already stays, even above the limits.
    pub fn set_limits(&mut self, limits: StoreLimits) {
        self.inner.opaque.set_limits(limits);
    }
}

/// A shared borrow of a store.
#[derive(Debug)]
pub struct StoreContext<'a, T: 'static> {
    inner: &'a StoreInner<T>,
}

/// An exclusive borrow of a store.
#[derive(Debug)]
pub struct StoreContextMut<'a, T: 'static> {
    inner: &'a mut StoreInner<T>,
}

impl<T: 'static> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static> Copy for StoreContext<'_, T> {}

impl<'a, T: 'static> StoreContext<'a, T> {
    /// The embedder's data.
    pub fn data(&self) -> &'a T {
        &self.inner.data
    }

    pub(super) fn opaque(&self) -> &'a StoreOpaque {
        &self.inner.opaque
    }

    /// The store without its data, if it is the one an item belongs to.
    pub(super) fn owner(&self, item: StoreId, what: &str) -> Result<&'a StoreOpaque> {
        let store = self.opaque();
        if store.id() == item { Ok(store) } else { Err(Error::wrong_store(what)) }
    }
}

impl<'a, T: 'static> StoreContextMut<'a, T> {
    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.inner.data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.inner.data
    }

    pub(super) fn opaque(&mut self) -> &mut StoreOpaque {
        &mut self.inner.opaque
    }

    /// The store without its data, if it is the one an item belongs to.
    pub(super) fn owner(self, item: StoreId, what: &str) -> Result<&'a mut StoreOpaque> {
        self.owner_and_data(item, what).map(|(store, _)| store)
    }

    /// The store's two parts, if it is the one an item belongs to.
    pub(super) fn owner_and_data(self, item: StoreId, what: &str) -> Result<(&'a mut StoreOpaque, &'a mut T)> {
        let StoreInner { opaque, data } = self.inner;
        if opaque.id() == item { Ok((opaque, data)) } else { Err(Error::wrong_store(what)) }
    }
}

/// What gives a shared borrow of a store.
pub trait AsContext {
    /// The embedder's data in the store.
    type Data: 'static;

    /// Borrows the store.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// What gives an exclusive borrow of a store.
pub trait AsContextMut: AsContext {
    /// Borrows the store.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

impl<T: 'static> AsContext for Store<T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: &self.inner }
    }
}

impl<T: 'static> AsContextMut for Store<T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: &mut self.inner }
    }
}

impl<T: 'static> AsContext for StoreContext<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        *self
    }
}

impl<T: 'static> AsContext for StoreContextMut<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: self.inner }
    }
}

impl<T: 'static> AsContextMut for StoreContextMut<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: self.inner }
    }
}

impl<T: 'static> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: self.store() }
    }
}

impl<T: 'static> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: self.store_mut() }
    }
}

impl<C: AsContext> AsContext for &C {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        (**self).as_context()
    }
}

impl<C: AsContext> AsContext for &mut C {
    type Data = C::Data;

    fn as_context(&self) -> StoreContext<'_, C::Data> {
        (**self).as_context()
    }
}

impl<C: AsContextMut> AsContextMut for &mut C {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, C::Data> {
        (**self).as_context_mut()
    }
}

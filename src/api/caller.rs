//! What [`Caller`] gives besides the store's data and the caller's memory: the caller's exports and the wasm stack.

use super::{Extern, Instance};
use crate::engine::runtime::Caller;

impl<T: 'static> Caller<'_, T> {
    /// What the calling instance exports under a name. Nothing also where the embedder called the function by itself.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        Instance::from_id(self.instance()?).get_export(self, name)
    }
}

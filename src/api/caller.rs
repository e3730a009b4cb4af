//! What [`Caller`] gives besides the store's data and the caller's memory: the caller's exports and the wasm stack.

use super::{Backtrace, Extern, Instance};
use crate::engine::runtime::{Caller, current_backtrace};

impl<T: 'static> Caller<'_, T> {
    /// What the calling instance exports under a name. Nothing also where the embedder called the function by itself.
    pub fn get_export(&self, name: &str) -> Option<Extern> {
        Instance::from_id(self.instance()?).get_export(self, name)
    }

    /// The calls of wasm and of host functions that led here, innermost first.
    pub fn backtrace(&self) -> Backtrace {
        current_backtrace()
    }
}

//! Host values behind `externref`: a store's table from 32-bit handles to values. spec: exec/runtime#syntax-ref-extern
//!
//! Handle 0 is null. A handle is never given to another value while its store lives, because the guest may keep it in
//! any local, global or table, where nothing tracks it. A value that is handed in again gets the handle it had, so that
//! passing one value back and forth does not fill the table.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

/// A host value that a guest can hold but not look into.
pub type ExternValue = Arc<dyn Any + Send + Sync>;

/// The values of one store's external references.
#[derive(Default)]
pub(crate) struct ExternTable {
    /// The value of handle `position + 1`.
    values: Vec<ExternValue>,
    /// Handles by the address of the value, which cannot be another's while the table holds it.
    handles: HashMap<usize, u32>,
}

impl ExternTable {
    /// The handle of a value, or nothing where all handles are used up.
    pub(crate) fn insert(&mut self, value: ExternValue) -> Option<u32> {
        let address = Arc::as_ptr(&value).cast::<()>() as usize;
        if let Some(handle) = self.handles.get(&address) {
            return Some(*handle);
        }
        let handle = u32::try_from(self.values.len() + 1).ok()?;
        self.values.push(value);
        self.handles.insert(address, handle);
        Some(handle)
    }

    /// The value behind a handle; nothing for null.
    pub(crate) fn get(&self, handle: u32) -> Option<&ExternValue> {
        self.values.get((handle as usize).checked_sub(1)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_stable_and_never_zero() {
        let mut table = ExternTable::default();
        let (one, two): (ExternValue, ExternValue) = (Arc::new(1u32), Arc::new(()));
        let first = table.insert(one.clone()).unwrap();
        let second = table.insert(two).unwrap();
        assert_eq!((first, second), (1, 2));
        assert_eq!(table.insert(one), Some(first));
        assert_eq!(table.get(first).unwrap().downcast_ref::<u32>(), Some(&1));
        assert!(table.get(0).is_none());
        assert!(table.get(3).is_none());
    }
}

//! Memory for published text: one mapping of the right size, writable until it is finished, then readable and executable.

use crate::engine::sys::{Mapping, Protection, page_bytes, publish_instructions};
use cranelift_jit::{BranchProtection, JITMemoryKind, JITMemoryProvider};
use cranelift_module::{ModuleError, ModuleResult};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

/// Where a [`TextProvider`] leaves a text's memory for its owner.
#[derive(Clone, Debug, Default)]
pub(super) struct TextSlot(Arc<Mutex<Option<Mapping>>>);

/// Hands out memory for exactly one text to cranelift-jit.
pub(super) struct TextProvider(TextSlot);

impl TextSlot {
    /// A provider that fills this slot.
    pub(super) fn provider(&self) -> TextProvider {
        TextProvider(self.clone())
    }

    /// The memory, out of the provider's reach.
    pub(super) fn take(&self) -> Option<Mapping> {
        self.with(Option::take)
    }

    fn with<R>(&self, use_mapping: impl FnOnce(&mut Option<Mapping>) -> R) -> R {
        use_mapping(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl JITMemoryProvider for TextProvider {
    fn allocate(&mut self, size: usize, align: u64, kind: JITMemoryKind) -> io::Result<*mut u8> {
        if !matches!(kind, JITMemoryKind::Executable) || align > page_bytes() as u64 {
            return Err(io::Error::other("only page-aligned text is ever allocated"));
        }
        let mut mapping = Mapping::reserve(size)?;
        mapping.protect(0, mapping.len(), Protection::ReadWrite)?;
        let base = mapping.base();
        self.0.with(|slot| match slot {
            Some(_) => Err(io::Error::other("text was allocated before")),
            None => {
                *slot = Some(mapping);
                Ok(base)
            }
        })
    }

    unsafe fn free_memory(&mut self) {
        self.0.with(|slot| *slot = None);
    }

    fn finalize(&mut self, _branch_protection: BranchProtection) -> ModuleResult<()> {
        self.0
            .with(|slot| match slot {
                Some(mapping) => {
                    mapping.protect(0, mapping.len(), Protection::ReadExecute)?;
                    publish_instructions(mapping.base(), mapping.len())
                }
                None => Ok(()),
            })
            .map_err(|err| ModuleError::Allocation { err })
    }
}

//! `memory.grow` and `memory.init`. spec: exec/instructions#memory-instructions
//!
//! The store may run on memories that overlap with nothing but themselves, so every operation is safe code on byte slices.

use crate::engine::abi::TrapCode;
use crate::engine::runtime::store::{InstanceId, StoreOpaque};
use crate::engine::types::{DataIdx, MemoryIdx};

/// spec: exec/instructions#exec-memory-grow
pub(in crate::engine::runtime) fn grow(
    store: &mut StoreOpaque,
    id: InstanceId,
    memory: MemoryIdx,
    delta_pages: u64,
) -> Option<u64> {
    let memory = store.instance(id).memory(memory);
    store.grow_memory(memory, delta_pages)
}

/// spec: exec/instructions#exec-memory-init
pub(in crate::engine::runtime) fn init(
    store: &mut StoreOpaque,
    id: InstanceId,
    memory: MemoryIdx,
    data: DataIdx,
    dst: u64,
    src: u64,
    len: u64,
) -> Result<(), TrapCode> {
    let instance = store.instance(id);
    let memory = instance.memory(memory);
    let compiled = instance.module().clone();
    let bytes = match compiled.module().data.get(data.index()) {
        Some(segment) if !instance.is_data_dropped(data) => compiled.module().bytes.get(segment.bytes.clone()),
        _ => None,
    };
    let bytes = bytes.unwrap_or_default();
    let end = src.checked_add(len).filter(|end| *end <= bytes.len() as u64).ok_or(TrapCode::MemoryOutOfBounds)?;
    let memory = store.memory_mut(memory);
    let range = memory.range(dst, len)?;
    memory.bytes_mut()[range].copy_from_slice(&bytes[src as usize..end as usize]);
    Ok(())
}

//! The one place that turns a wasm address into a machine address.
//!
//! **Warning.** A mistake here lets a module read and write the whole process. Nothing else computes heap addresses, and
//! a change to this file needs a second reader and the tests of out-of-bounds accesses in both modes.
//!
//! An access of `n` bytes at `index + offset` is allowed exactly when `index + offset + n <= length`, computed without
//! wrapping. spec: exec/instructions#memory-instructions. There are two ways to keep that:
//!
//! *Guarded* memories reserve address space for everything that a 32-bit index and a small static offset can reach, and
//! make the part behind the length inaccessible, so that the hardware does the comparison:
//!
//! ```text
//!  base             base + length                base + 4 GiB        base + 4 GiB + GUARD_BYTES
//!  | accessible bytes | inaccessible              | guard, inaccessible |
//!  |<---- every index is in here: 32 bits ------>|
//!                      ... + offset + n <= GUARD_BYTES ...-------->|
//! ```
//!
//! The index is zero-extended, so it is below 4 GiB whatever the upper half of its register holds; the offset and size
//! add at most `GUARD_BYTES`; so the access ends inside the reservation. The rare larger offset is compared explicitly.
//! The base never changes and may be kept in a register for the whole function.
//!
//! *Checked* memories live where address space is scarce. Base and length are read at every access, because growth may
//! change both, and the end of the access is compared with the length. `index`, `offset` and `n` are below `2^33`
//! together, so the 64-bit sum cannot wrap.
//!
//! Every heap access carries the trap code for its fault, also where a comparison has gone before.

use super::FuncTranslator;
use crate::engine::abi::tunables::GUARD_BYTES;
use crate::engine::abi::{TrapCode, VMMemory};
use crate::engine::compile::CompileError;
use crate::engine::compile::signature::POINTER;
use crate::engine::compile::trap;
use crate::engine::types::{MemoryIdx, MemoryType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use std::mem::offset_of;

/// Where an access goes: `base + offset`, with the flags that it must have.
#[derive(Clone, Copy)]
pub(super) struct HeapAddress {
    /// Base of the memory plus the index.
    pub(super) base: ir::Value,
    /// Static offset, never negative.
    pub(super) offset: i32,
    /// Little-endian, in the memory's alias region, trapping with `MemoryOutOfBounds`.
    pub(super) flags: ir::MemFlagsData,
}

/// The address of an access of `access_bytes` bytes at `index + offset`. A trap happens here or at the access itself.
pub(super) fn heap_address(
    t: &mut FuncTranslator<'_>,
    memory: MemoryIdx,
    index: ir::Value,
    offset: u64,
    access_bytes: u32,
) -> Result<HeapAddress, CompileError> {
    let index = extended_index(t, memory, index)?;
    if offset > u64::from(u32::MAX) {
        return Err(CompileError::bug("a static offset of more than 32 bits in a 32-bit memory"));
    }
    let end = offset + u64::from(access_bytes);
    let base = if t.target.guarded_memory {
        if end > GUARD_BYTES {
            check_end(t, memory, index, end);
        }
        t.slot_memory_base(memory)
    } else {
        check_end(t, memory, index, end);
        moving_base(t, memory)
    };
    let base = t.builder.ins().iadd(base, index);
    Ok(with_offset(t, memory, base, offset))
}

/// The address of `len` bytes at `index`, all of which are accessible behind this: what an operation needs that must not
/// write anything before it traps.
pub(super) fn checked_range(
    t: &mut FuncTranslator<'_>,
    memory: MemoryIdx,
    index: ir::Value,
    len: u32,
) -> Result<HeapAddress, CompileError> {
    let index = extended_index(t, memory, index)?;
    check_end(t, memory, index, u64::from(len));
    let base = if t.target.guarded_memory { t.slot_memory_base(memory) } else { moving_base(t, memory) };
    let base = t.builder.ins().iadd(base, index);
    Ok(with_offset(t, memory, base, 0))
}

/// The host's address of `len` bytes at `index`, all of which are accessible behind this; `len` is an `i64` below `2^32`.
pub(super) fn checked_dynamic_range(
    t: &mut FuncTranslator<'_>,
    memory: MemoryIdx,
    index: ir::Value,
    len: ir::Value,
) -> Result<ir::Value, CompileError> {
    let index = extended_index(t, memory, index)?;
    let length = length_bytes(t, memory);
    let end = t.builder.ins().iadd(index, len);
    trap_beyond(t, end, length);
    let base = if t.target.guarded_memory { t.slot_memory_base(memory) } else { moving_base(t, memory) };
    Ok(t.builder.ins().iadd(base, index))
}

/// The memory's length in bytes at this moment, as `i64`.
pub(super) fn length_bytes(t: &mut FuncTranslator<'_>, memory: MemoryIdx) -> ir::Value {
    let record = t.memory_record(memory);
    t.load_state(POINTER, record, offset_of!(VMMemory, len_bytes) as u32)
}

/// The type of a memory whose addresses this file can compute: 32-bit indices and ordinary pages.
pub(super) fn supported_memory(t: &FuncTranslator<'_>, memory: MemoryIdx) -> Result<MemoryType, CompileError> {
    let ty = t.module.memories[memory.index()];
    if ty.memory64 {
        return Err(CompileError::unsupported("memories with 64-bit addresses"));
    }
    if ty.shared {
        return Err(CompileError::unsupported("shared memories"));
    }
    if ty.page_size_log2 != 16 {
        return Err(CompileError::unsupported("memories with a page size of their own"));
    }
    Ok(ty)
}

/// The index as `i64`. It must be extended here and nowhere else: the upper half of an `i32`'s register is undefined.
fn extended_index(t: &mut FuncTranslator<'_>, memory: MemoryIdx, index: ir::Value) -> Result<ir::Value, CompileError> {
    supported_memory(t, memory)?;
    if t.builder.func.dfg.value_type(index) != types::I32 {
        return Err(CompileError::bug("an index of a 32-bit memory that is not an i32"));
    }
    Ok(t.builder.ins().uextend(types::I64, index))
}

/// Traps unless `index + end <= length`. `index` is below `2^32` and `end` below `2^33`.
fn check_end(t: &mut FuncTranslator<'_>, memory: MemoryIdx, index: ir::Value, end: u64) {
    let length = length_bytes(t, memory);
    let end = t.builder.ins().iadd_imm_s(index, end.cast_signed());
    trap_beyond(t, end, length);
}

/// Traps unless `end <= length`.
fn trap_beyond(t: &mut FuncTranslator<'_>, end: ir::Value, length: ir::Value) {
    let outside = t.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, length);
    t.builder.ins().trapnz(outside, trap::clif(TrapCode::MemoryOutOfBounds));
}

/// The base of a memory that may move when it grows.
fn moving_base(t: &mut FuncTranslator<'_>, memory: MemoryIdx) -> ir::Value {
    let record = t.memory_record(memory);
    t.load_state(POINTER, record, offset_of!(VMMemory, base) as u32)
}

/// The static offset as an immediate where it fits, and added otherwise.
fn with_offset(t: &mut FuncTranslator<'_>, memory: MemoryIdx, base: ir::Value, offset: u64) -> HeapAddress {
    let region = t.memory_region(memory);
    let flags = t
        .region_flags(region)
        .with_endianness(ir::Endianness::Little)
        .with_trap_code(Some(trap::clif(TrapCode::MemoryOutOfBounds)));
    match i32::try_from(offset) {
        Ok(offset) => HeapAddress { base, offset, flags },
        Err(_) => {
            let base = t.builder.ins().iadd_imm_s(base, offset.cast_signed());
            HeapAddress { base, offset: 0, flags }
        }
    }
}

#[cfg(all(test, has_compiler))]
mod tests {
    use crate::engine::compile::{Target, explain};
    use crate::engine::module::{Decoded, WasmVersion, decode};

    /// Whether an access is compared with the length, for an instruction on a memory of one page.
    fn is_compared(guarded_memory: bool, instruction: &str) -> bool {
        let text = format!("(module (memory 1) (func (param i32) local.get 0 {instruction} drop))");
        let bytes = wat::parse_str(text).unwrap();
        let Decoded { module, bodies } = decode(bytes.into(), WasmVersion::Latest).unwrap();
        let target = Target::host(guarded_memory).unwrap();
        let clif = explain::clif(&target, &module, &bodies, false).unwrap();
        clif[0].contains("trapnz")
    }

    #[test]
    fn guarded_memories_compare_only_what_could_leave_the_guard() {
        for (instruction, expected) in [
            ("i32.load", false),
            ("i32.load offset=0x7ffffffc", false),
            ("i32.load offset=0x7ffffffd", true),
            ("i32.load8_u offset=0x7fffffff", false),
            ("i32.load16_u offset=0x7fffffff", true),
            ("i64.load offset=0x7ffffff8", false),
            ("v128.load offset=0x7ffffff0", false),
            ("v128.load offset=0x7ffffff1", true),
            ("v128.load64_splat offset=0x7ffffff8", false),
            ("v128.load8x8_s offset=0x7ffffff9", true),
            ("i32.load8_u offset=0xffffffff", true),
        ] {
            assert_eq!(is_compared(true, instruction), expected, "{instruction}");
        }
    }

    #[test]
    fn checked_memories_compare_everything() {
        for instruction in ["i32.load", "i32.load8_u offset=1", "v128.load offset=0xffffffff"] {
            assert!(is_compared(false, instruction), "{instruction}");
        }
    }
}

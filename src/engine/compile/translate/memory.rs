//! Linear memories. spec: exec/instructions#memory-instructions
//!
//! Loads and stores ask `bounds` for their address and are one machine instruction behind it. Bulk operations are calls
//! of runtime helpers, but for short copies and fills of a length known here: compilers emit those for structs, and a
//! call costs more than the bytes.

use super::bounds::{self, HeapAddress};
use super::{FuncTranslator, TranslateResult, builtin};
use crate::engine::abi::tunables::INLINE_BULK_BYTES;
use crate::engine::abi::{Builtin, TrapCode};
use crate::engine::compile::CompileError;
use crate::engine::compile::signature::POINTER;
use crate::engine::types::MemoryIdx;
use cranelift_codegen::ir::{self, InstBuilder, Opcode, types};
use wasmparser::{MemArg, MemArgTarget};

/// A load that leaves a value of type `ty`; `opcode` says how many bytes it reads and how it extends them.
pub(super) fn load(t: &mut FuncTranslator<'_>, memarg: &MemArg, opcode: Opcode, ty: ir::Type) -> TranslateResult {
    let from = address(t, memarg, load_bytes(opcode, ty)?)?;
    let value = match opcode {
        Opcode::Load => t.builder.ins().load(ty, from.flags, from.base, from.offset),
        _ => extending_load(t, from, opcode, ty)?,
    };
    t.push(value);
    Ok(())
}

/// A store of the topmost operand; `opcode` says how many of its bytes.
pub(super) fn store(t: &mut FuncTranslator<'_>, memarg: &MemArg, opcode: Opcode) -> TranslateResult {
    let value = t.pop();
    let ty = t.builder.func.dfg.value_type(value);
    let bytes = match opcode {
        Opcode::Store => ty.bytes(),
        Opcode::Istore8 => 1,
        Opcode::Istore16 => 2,
        Opcode::Istore32 => 4,
        _ => return Err(CompileError::bug(format!("{opcode} is not a store"))),
    };
    let to = address(t, memarg, bytes)?;
    match opcode {
        Opcode::Istore8 => t.builder.ins().istore8(to.flags, value, to.base, to.offset),
        Opcode::Istore16 => t.builder.ins().istore16(to.flags, value, to.base, to.offset),
        Opcode::Istore32 => t.builder.ins().istore32(to.flags, value, to.base, to.offset),
        _ => t.builder.ins().store(to.flags, value, to.base, to.offset),
    };
    Ok(())
}

/// The address of an access: takes the index from the stack.
fn address(t: &mut FuncTranslator<'_>, memarg: &MemArg, access_bytes: u32) -> Result<HeapAddress, CompileError> {
    let MemArgTarget::Memory(memory) = memarg.target else {
        return Err(CompileError::unsupported("accesses to arrays of the garbage-collected heap"));
    };
    let index = t.pop();
    bounds::heap_address(t, MemoryIdx(memory), index, memarg.offset, access_bytes)
}

/// A plain load of a type, which the caller goes on with. Takes the index from the stack.
pub(super) fn load_raw(t: &mut FuncTranslator<'_>, memarg: &MemArg, ty: ir::Type) -> Result<ir::Value, CompileError> {
    let from = address(t, memarg, ty.bytes())?;
    Ok(t.builder.ins().load(ty, from.flags, from.base, from.offset))
}

/// A plain store of a value. Takes the index from the stack.
pub(super) fn store_raw(t: &mut FuncTranslator<'_>, memarg: &MemArg, value: ir::Value) -> TranslateResult {
    let bytes = t.builder.func.dfg.value_type(value).bytes();
    let to = address(t, memarg, bytes)?;
    t.builder.ins().store(to.flags, value, to.base, to.offset);
    Ok(())
}

/// `memory.size`
pub(super) fn size(t: &mut FuncTranslator<'_>, memory: u32) -> TranslateResult {
    let memory = MemoryIdx(memory);
    let ty = bounds::supported_memory(t, memory)?;
    let length = bounds::length_bytes(t, memory);
    let pages = t.builder.ins().ushr_imm_u(length, i64::from(ty.page_size_log2));
    let pages = t.builder.ins().ireduce(types::I32, pages);
    t.push(pages);
    Ok(())
}

/// `memory.grow`
pub(super) fn grow(t: &mut FuncTranslator<'_>, memory: u32) -> TranslateResult {
    bounds::supported_memory(t, MemoryIdx(memory))?;
    let delta = t.pop();
    let delta = builtin::widen(t, delta);
    let memory = builtin::index(t, memory);
    let before = builtin::call(t, Builtin::memory_grow, &[memory, delta]);
    // The helper's `u64::MAX` becomes the -1 that the specification wants.
    let before = t.builder.ins().ireduce(types::I32, before);
    t.push(before);
    Ok(())
}

/// `memory.copy`
pub(super) fn copy(t: &mut FuncTranslator<'_>, dst_memory: u32, src_memory: u32) -> TranslateResult {
    let (dst, src, len) = t.pop3();
    if let Some(len) = inline_len(t, len) {
        return copy_inline(t, (MemoryIdx(dst_memory), dst), (MemoryIdx(src_memory), src), len);
    }
    let len = builtin::widen(t, len);
    let dst = bounds::checked_dynamic_range(t, MemoryIdx(dst_memory), dst, len)?;
    let src = bounds::checked_dynamic_range(t, MemoryIdx(src_memory), src, len)?;
    builtin::call(t, Builtin::move_bytes, &[dst, src, len]);
    Ok(())
}

/// `memory.fill`
pub(super) fn fill(t: &mut FuncTranslator<'_>, memory: u32) -> TranslateResult {
    let (dst, value, len) = t.pop3();
    if let Some(len) = inline_len(t, len) {
        return fill_inline(t, MemoryIdx(memory), dst, value, len);
    }
    let len = builtin::widen(t, len);
    let dst = bounds::checked_dynamic_range(t, MemoryIdx(memory), dst, len)?;
    builtin::call(t, Builtin::set_bytes, &[dst, value, len]);
    Ok(())
}

/// `memory.init`
pub(super) fn init(t: &mut FuncTranslator<'_>, data: u32, memory: u32) -> TranslateResult {
    let (dst, src, len) = t.pop3();
    let args = [
        builtin::index(t, memory),
        builtin::index(t, data),
        builtin::widen(t, dst),
        builtin::widen(t, src),
        builtin::widen(t, len),
    ];
    builtin::call_or_trap(t, Builtin::memory_init, &args, TrapCode::MemoryOutOfBounds);
    Ok(())
}

/// `data.drop`
pub(super) fn data_drop(t: &mut FuncTranslator<'_>, data: u32) -> TranslateResult {
    let data = builtin::index(t, data);
    builtin::call(t, Builtin::data_drop, &[data]);
    Ok(())
}

/// How many bytes a load reads.
fn load_bytes(opcode: Opcode, ty: ir::Type) -> Result<u32, CompileError> {
    Ok(match opcode {
        Opcode::Load => ty.bytes(),
        Opcode::Uload8 | Opcode::Sload8 => 1,
        Opcode::Uload16 | Opcode::Sload16 => 2,
        Opcode::Uload32 | Opcode::Sload32 => 4,
        Opcode::Uload8x8 | Opcode::Sload8x8 => 8,
        Opcode::Uload16x4 | Opcode::Sload16x4 => 8,
        Opcode::Uload32x2 | Opcode::Sload32x2 => 8,
        _ => return Err(CompileError::bug(format!("{opcode} is not a load"))),
    })
}

/// A load that widens what it reads. The narrow ones are generic in their result, the others in their address.
fn extending_load(
    t: &mut FuncTranslator<'_>,
    from: HeapAddress,
    opcode: Opcode,
    ty: ir::Type,
) -> Result<ir::Value, CompileError> {
    let generic_in = match opcode {
        Opcode::Uload8 | Opcode::Sload8 | Opcode::Uload16 | Opcode::Sload16 => ty,
        _ => POINTER,
    };
    let Ok(flags) = t.builder.func.dfg.mem_flags.insert(from.flags) else {
        return Err(CompileError::bug("too many kinds of memory accesses in one function"));
    };
    let (inst, dfg) = t.builder.ins().Load(opcode, generic_in, flags, from.offset.into(), from.base);
    Ok(dfg.first_result(inst))
}

/// The length, where it is a constant small enough to spend instructions on instead of a call.
fn inline_len(t: &FuncTranslator<'_>, len: ir::Value) -> Option<u32> {
    let dfg = &t.builder.func.dfg;
    let inst = dfg.value_def(len).inst()?;
    let ir::InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } = dfg.insts[inst] else { return None };
    let len = u64::from(imm.bits() as u32);
    (len <= INLINE_BULK_BYTES).then_some(len as u32)
}

/// Both ranges are known to be accessible before the first byte is written, and everything is read before, so that the
/// ranges may overlap either way.
fn copy_inline(
    t: &mut FuncTranslator<'_>,
    (dst_memory, dst): (MemoryIdx, ir::Value),
    (src_memory, src): (MemoryIdx, ir::Value),
    len: u32,
) -> TranslateResult {
    let dst = bounds::checked_range(t, dst_memory, dst, len)?;
    let src = bounds::checked_range(t, src_memory, src, len)?;
    let pieces: Vec<(i32, ir::Value)> = pieces(len, t.target.has_vectors())
        .map(|(position, ty)| (position, t.builder.ins().load(ty, src.flags, src.base, src.offset + position)))
        .collect();
    for (position, value) in pieces {
        t.builder.ins().store(dst.flags, value, dst.base, dst.offset + position);
    }
    Ok(())
}

/// The range is known to be accessible before the first byte is written.
fn fill_inline(
    t: &mut FuncTranslator<'_>,
    memory: MemoryIdx,
    dst: ir::Value,
    value: ir::Value,
    len: u32,
) -> TranslateResult {
    let dst = bounds::checked_range(t, memory, dst, len)?;
    let byte = t.builder.ins().ireduce(types::I8, value);
    let byte = t.builder.ins().uextend(types::I64, byte);
    let eight = t.builder.ins().imul_imm_s(byte, 0x0101_0101_0101_0101);
    for (position, ty) in pieces(len, t.target.has_vectors()) {
        let piece = match ty {
            types::I8X16 => t.builder.ins().splat(types::I64X2, eight),
            types::I64 => eight,
            narrow => t.builder.ins().ireduce(narrow, eight),
        };
        t.builder.ins().store(dst.flags, piece, dst.base, dst.offset + position);
    }
    Ok(())
}

/// Cuts `len` bytes into the widest accesses that the machine has, from the first byte on.
fn pieces(len: u32, has_vectors: bool) -> impl Iterator<Item = (i32, ir::Type)> {
    let mut position = 0;
    std::iter::from_fn(move || {
        let ty = match len - position {
            0 => return None,
            1 => types::I8,
            2..4 => types::I16,
            4..8 => types::I32,
            16.. if has_vectors => types::I8X16,
            _ => types::I64,
        };
        let at = position.cast_signed();
        position += ty.bytes();
        Some((at, ty))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_every_byte_once() {
        for (len, has_vectors) in (0..=INLINE_BULK_BYTES as u32).flat_map(|len| [(len, false), (len, true)]) {
            let mut end = 0;
            for (position, ty) in pieces(len, has_vectors) {
                assert_eq!(position, end);
                assert!(has_vectors || !ty.is_vector());
                end += ty.bytes().cast_signed();
            }
            assert_eq!(end, len.cast_signed());
        }
    }
}

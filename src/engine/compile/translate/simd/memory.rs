//! Loads and stores of vectors and of single lanes. spec: syntax/instructions#vector-memory-instructions
//!
//! No address is computed here: every form is a scalar or whole-vector access of the parent's `memory` family, with the
//! bounds check that belongs to it, and lane arithmetic around it. Back ends fold the two into one instruction where
//! there is one.

use super::{CANONICAL, pop_as, push_unary};
use crate::engine::compile::translate::memory::{load as load_value, load_raw, store as store_value, store_raw};
use crate::engine::compile::translate::{FuncTranslator, TranslateResult};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type};
use wasmparser::MemArg;

/// `v128.load`
pub(super) fn load(t: &mut FuncTranslator<'_>, memarg: &MemArg) -> TranslateResult {
    load_value(t, memarg, Opcode::Load, CANONICAL)
}

/// `v128.store`: any lane view, the bytes are the same.
pub(super) fn store(t: &mut FuncTranslator<'_>, memarg: &MemArg) -> TranslateResult {
    store_value(t, memarg, Opcode::Store)
}

/// `v128.load8x8_s` and the like: eight bytes of memory, each lane extended to twice its width. `lanes` is the result.
pub(super) fn load_extend(t: &mut FuncTranslator<'_>, memarg: &MemArg, opcode: Opcode, lanes: Type) -> TranslateResult {
    load_value(t, memarg, opcode, lanes)
}

/// `v128.load8_splat` and the like: one lane of memory in every lane.
pub(super) fn load_splat(t: &mut FuncTranslator<'_>, memarg: &MemArg, lanes: Type) -> TranslateResult {
    let lane = load_raw(t, memarg, lanes.lane_type())?;
    push_unary(t, Opcode::Splat, lanes, lane);
    Ok(())
}

/// `v128.load32_zero`, `v128.load64_zero`: one lane of memory in the lowest lane, zero in the others.
pub(super) fn load_zero(t: &mut FuncTranslator<'_>, memarg: &MemArg, lanes: Type) -> TranslateResult {
    let lane = load_raw(t, memarg, lanes.lane_type())?;
    push_unary(t, Opcode::ScalarToVector, lanes, lane);
    Ok(())
}

/// `v128.load8_lane` and the like: the operand with one lane from memory.
pub(super) fn load_lane(t: &mut FuncTranslator<'_>, memarg: &MemArg, lanes: Type, lane: u8) -> TranslateResult {
    let vector = pop_as(t, lanes);
    let loaded = load_raw(t, memarg, lanes.lane_type())?;
    let result = t.builder.ins().insertlane(vector, loaded, lane);
    t.push(result);
    Ok(())
}

/// `v128.store8_lane` and the like: one lane of the operand.
pub(super) fn store_lane(t: &mut FuncTranslator<'_>, memarg: &MemArg, lanes: Type, lane: u8) -> TranslateResult {
    let vector = pop_as(t, lanes);
    let stored = t.builder.ins().extractlane(vector, lane);
    store_raw(t, memarg, stored)
}

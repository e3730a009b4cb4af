//! Relaxed SIMD: instructions whose result the specification leaves open in corner cases, and what is chosen for each.
//! spec: exec/relaxed
//!
//! Every choice depends on the CPU compiled for and on nothing else, so that a program sees one behaviour from start to
//! end, whichever function an instruction stands in. The rule is to take what the CPU does in one instruction, else
//! what the strict instruction of the same name does, which is always among the allowed results.
//!
//! | instruction | x86-64 | elsewhere |
//! | --- | --- | --- |
//! | `relaxed_swizzle` | `pshufb`: numbers 16 to 127 count modulo 16 | as `swizzle`: zero |
//! | `relaxed_trunc` signed | `cvttps2dq`: NaN and what does not fit become -2^31 | as `trunc_sat` |
//! | `relaxed_trunc` unsigned | as `trunc_sat` | as `trunc_sat` |
//! | `relaxed_madd`, `nmadd` | rounded once with FMA, else twice | as on x86-64 |
//! | `relaxed_laneselect` | 8, 32, 64 bits: by the mask's top bit in each lane; 16 bits: bit by bit | bit by bit |
//! | `relaxed_min`, `max` | as `pmin`, `pmax` | as `min`, `max` |
//! | `relaxed_q15mulr` | `pmulhrsw`: -32768 times itself is -32768 | as `q15mulr_sat`: 32767 |
//! | `relaxed_dot` | second operand's bytes unsigned, `i16` sums saturate | signed, sums wrap |
//! | `relaxed_dot_add` | likewise; with VNNI sums are exact | signed, sums are exact |

use super::arith::{self, widened_pair_sums, widened_product};
use super::{CANONICAL, convert, lane, pop_as, pop2_as, pop3_as};
use crate::engine::compile::translate::{FuncTranslator, TranslateResult};
use cranelift_codegen::ir::types::{I8X16, I16X8, I32X4};
use cranelift_codegen::ir::{InstBuilder, Opcode, Type, Value};
use target_lexicon::Architecture;

/// Both halves of a vector, signed.
const SIGNED: (Opcode, Opcode) = (Opcode::SwidenLow, Opcode::SwidenHigh);
/// Both halves of a vector, unsigned.
const UNSIGNED: (Opcode, Opcode) = (Opcode::UwidenLow, Opcode::UwidenHigh);

/// Whether the code is for x86-64.
fn is_x86_64(t: &FuncTranslator<'_>) -> bool {
    t.target.isa.triple().architecture == Architecture::X86_64
}

/// Whether x86-64 has the byte dot product that adds up in `i32`, and Cranelift will use it.
fn has_vnni(t: &FuncTranslator<'_>) -> bool {
    let features = t.target.isa.isa_flags();
    let has = |name| features.iter().any(|feature| feature.name == name && feature.as_bool() == Some(true));
    (has("has_avx") && has("has_avx_vnni")) || (has("has_avx512vl") && has("has_avx512vnni"))
}

/// `i8x16.relaxed_swizzle`
pub(super) fn swizzle(t: &mut FuncTranslator<'_>) -> TranslateResult {
    if !t.target.isa.has_x86_pshufb_lowering() {
        return lane::swizzle(t);
    }
    arith::binary(t, CANONICAL, Opcode::X86Pshufb)
}

/// `i32x4.relaxed_trunc_f32x4_s`
pub(super) fn trunc_f32x4_s(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let conversion = signed_truncation(t);
    convert::trunc_sat(t, conversion)
}

/// `i32x4.relaxed_trunc_f64x2_s_zero`
pub(super) fn trunc_f64x2_s_zero(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let conversion = signed_truncation(t);
    convert::trunc_zero(t, conversion, Opcode::Snarrow)
}

/// The CLIF instruction that truncates to signed lanes.
fn signed_truncation(t: &FuncTranslator<'_>) -> Opcode {
    if is_x86_64(t) { Opcode::X86Cvtt2dq } else { Opcode::FcvtToSintSat }
}

/// `relaxed_madd`: the first times the second, plus the third.
pub(super) fn madd(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    let (x, y, z) = pop3_as(t, lanes);
    push_multiply_add(t, x, y, z)
}

/// `relaxed_nmadd`: the third minus the first times the second.
pub(super) fn nmadd(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    let (x, y, z) = pop3_as(t, lanes);
    let x = t.builder.ins().fneg(x);
    push_multiply_add(t, x, y, z)
}

/// Leaves `x * y + z`. Without the CPU's instruction a fused CLIF instruction would be a call.
fn push_multiply_add(t: &mut FuncTranslator<'_>, x: Value, y: Value, z: Value) -> TranslateResult {
    let result = if t.target.isa.has_native_fma() {
        t.builder.ins().fma(x, y, z)
    } else {
        let product = t.builder.ins().fmul(x, y);
        t.builder.ins().fadd(product, z)
    };
    t.push(result);
    Ok(())
}

/// `relaxed_laneselect`: lanes of the first operand where the mask has ones, of the second where it has zeros.
pub(super) fn laneselect(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    let (ones, zeros, mask) = pop3_as(t, lanes);
    let result = if t.target.isa.has_blendv_lowering(lanes) {
        t.builder.ins().blendv(mask, ones, zeros)
    } else {
        t.builder.ins().bitselect(mask, ones, zeros)
    };
    t.push(result);
    Ok(())
}

/// `relaxed_min`
pub(super) fn min(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    if is_x86_64(t) { arith::pseudo_min(t, lanes) } else { arith::binary(t, lanes, Opcode::Fmin) }
}

/// `relaxed_max`
pub(super) fn max(t: &mut FuncTranslator<'_>, lanes: Type) -> TranslateResult {
    if is_x86_64(t) { arith::pseudo_max(t, lanes) } else { arith::binary(t, lanes, Opcode::Fmax) }
}

/// `i16x8.relaxed_q15mulr_s`
pub(super) fn q15mulr(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let has_pmulhrsw = t.target.isa.has_x86_pmulhrsw_lowering();
    arith::binary(t, I16X8, if has_pmulhrsw { Opcode::X86Pmulhrsw } else { Opcode::SqmulRoundSat })
}

/// `i16x8.relaxed_dot_i8x16_i7x16_s`
pub(super) fn dot(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let (x, y) = pop2_as(t, I8X16);
    let result = if t.target.isa.has_x86_pmaddubsw_lowering() {
        t.builder.ins().x86_pmaddubsw(x, y)
    } else {
        let (low, high) = byte_products(t, x, (SIGNED, y));
        t.builder.ins().iadd_pairwise(low, high)
    };
    t.push(result);
    Ok(())
}

/// `i32x4.relaxed_dot_i8x16_i7x16_add_s`: sums of four neighbouring products, plus the third operand.
pub(super) fn dot_add(t: &mut FuncTranslator<'_>) -> TranslateResult {
    let addend = pop_as(t, I32X4);
    let (x, y) = pop2_as(t, I8X16);
    let sums = if !t.target.isa.has_x86_pmaddubsw_lowering() {
        exact_dot(t, x, (SIGNED, y))
    } else if has_vnni(t) {
        exact_dot(t, x, (UNSIGNED, y))
    } else {
        let pairs = t.builder.ins().x86_pmaddubsw(x, y);
        widened_pair_sums(t, I16X8, SIGNED, pairs)
    };
    let result = t.builder.ins().iadd(sums, addend);
    t.push(result);
    Ok(())
}

/// Products of all bytes in `i16`, which holds them all: the low eight, the high eight.
fn byte_products(
    t: &mut FuncTranslator<'_>,
    x: Value,
    ((y_low, y_high), y): ((Opcode, Opcode), Value),
) -> (Value, Value) {
    let low = widened_product(t, I8X16, (SIGNED.0, x), (y_low, y));
    let high = widened_product(t, I8X16, (SIGNED.1, x), (y_high, y));
    (low, high)
}

/// Sums of four neighbouring products, added up in `i32` from the start: the form that Cranelift makes one instruction
/// of where there is one.
fn exact_dot(t: &mut FuncTranslator<'_>, x: Value, y: ((Opcode, Opcode), Value)) -> Value {
    let (low, high) = byte_products(t, x, y);
    let low = widened_pair_sums(t, I16X8, SIGNED, low);
    let high = widened_pair_sums(t, I16X8, SIGNED, high);
    t.builder.ins().iadd_pairwise(low, high)
}

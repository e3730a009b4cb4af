//! The table of `v128` operators: a line each, leading to the shape of its operands.
//! spec: binary/instructions#vector-instructions

use super::super::op::Op as Cell;
use super::{Folder, cell, memory, variable};
use crate::engine::module::{DecodeError, MemArg};
use wasmparser::{MemArgTarget, Operator as Op};

/// Folds an operator that takes or gives a `v128`. One that no line names is a mistake of ours: validation has let it through.
#[rustfmt::skip]
pub(super) fn fold_operator(f: &mut Folder<'_>, op: &Op<'_>) -> Result<(), DecodeError> {
    match op {
        Op::V128Load { memarg } => memory::load_wide(f, Cell::v128_load, access(memarg)),
        Op::V128Load8x8S { memarg } => memory::load_wide(f, Cell::v128_load8x8_s, access(memarg)),
        Op::V128Load8x8U { memarg } => memory::load_wide(f, Cell::v128_load8x8_u, access(memarg)),
        Op::V128Load16x4S { memarg } => memory::load_wide(f, Cell::v128_load16x4_s, access(memarg)),
        Op::V128Load16x4U { memarg } => memory::load_wide(f, Cell::v128_load16x4_u, access(memarg)),
        Op::V128Load32x2S { memarg } => memory::load_wide(f, Cell::v128_load32x2_s, access(memarg)),
        Op::V128Load32x2U { memarg } => memory::load_wide(f, Cell::v128_load32x2_u, access(memarg)),
        Op::V128Load8Splat { memarg } => memory::load_wide(f, Cell::v128_load8_splat, access(memarg)),
        Op::V128Load16Splat { memarg } => memory::load_wide(f, Cell::v128_load16_splat, access(memarg)),
        Op::V128Load32Splat { memarg } => memory::load_wide(f, Cell::v128_load32_splat, access(memarg)),
        Op::V128Load64Splat { memarg } => memory::load_wide(f, Cell::v128_load64_splat, access(memarg)),
        Op::V128Load32Zero { memarg } => memory::load_wide(f, Cell::v128_load32_zero, access(memarg)),
        Op::V128Load64Zero { memarg } => memory::load_wide(f, Cell::v128_load64_zero, access(memarg)),
        Op::V128Store { memarg } => memory::store(f, Cell::v128_store, access(memarg), None),
        Op::V128Load8Lane { memarg, lane } => memory::load_lane(f, Cell::v128_load8_lane, access(memarg), *lane),
        Op::V128Load16Lane { memarg, lane } => memory::load_lane(f, Cell::v128_load16_lane, access(memarg), *lane),
        Op::V128Load32Lane { memarg, lane } => memory::load_lane(f, Cell::v128_load32_lane, access(memarg), *lane),
        Op::V128Load64Lane { memarg, lane } => memory::load_lane(f, Cell::v128_load64_lane, access(memarg), *lane),
        Op::V128Store8Lane { memarg, lane } => memory::store_lane(f, Cell::v128_store8_lane, access(memarg), *lane),
        Op::V128Store16Lane { memarg, lane } => memory::store_lane(f, Cell::v128_store16_lane, access(memarg), *lane),
        Op::V128Store32Lane { memarg, lane } => memory::store_lane(f, Cell::v128_store32_lane, access(memarg), *lane),
        Op::V128Store64Lane { memarg, lane } => memory::store_lane(f, Cell::v128_store64_lane, access(memarg), *lane),
        Op::V128Const { value } => variable::v128_const(f, u128::from_le_bytes(*value.bytes())),
        Op::I8x16Shuffle { lanes } => shuffle(f, *lanes),
        Op::I8x16ExtractLaneS { lane } => extract(f, Cell::i8x16_extract_lane_s, *lane),
        Op::I8x16ExtractLaneU { lane } => extract(f, Cell::i8x16_extract_lane_u, *lane),
        Op::I8x16ReplaceLane { lane } => replace(f, Cell::i8x16_replace_lane, *lane),
        Op::I16x8ExtractLaneS { lane } => extract(f, Cell::i16x8_extract_lane_s, *lane),
        Op::I16x8ExtractLaneU { lane } => extract(f, Cell::i16x8_extract_lane_u, *lane),
        Op::I16x8ReplaceLane { lane } => replace(f, Cell::i16x8_replace_lane, *lane),
        Op::I32x4ExtractLane { lane } => extract(f, Cell::i32x4_extract_lane, *lane),
        Op::I32x4ReplaceLane { lane } => replace(f, Cell::i32x4_replace_lane, *lane),
        Op::I64x2ExtractLane { lane } => extract(f, Cell::i64x2_extract_lane, *lane),
        Op::I64x2ReplaceLane { lane } => replace(f, Cell::i64x2_replace_lane, *lane),
        Op::F32x4ExtractLane { lane } => extract(f, Cell::f32x4_extract_lane, *lane),
        Op::F32x4ReplaceLane { lane } => replace(f, Cell::f32x4_replace_lane, *lane),
        Op::F64x2ExtractLane { lane } => extract(f, Cell::f64x2_extract_lane, *lane),
        Op::F64x2ReplaceLane { lane } => replace(f, Cell::f64x2_replace_lane, *lane),
        Op::I8x16Swizzle => binary(f, Cell::i8x16_swizzle),
        Op::I8x16Splat => unary(f, Cell::i8x16_splat),
        Op::I16x8Splat => unary(f, Cell::i16x8_splat),
        Op::I32x4Splat => unary(f, Cell::i32x4_splat),
        Op::I64x2Splat => unary(f, Cell::i64x2_splat),
        Op::F32x4Splat => unary(f, Cell::f32x4_splat),
        Op::F64x2Splat => unary(f, Cell::f64x2_splat),
        Op::I8x16Eq => binary(f, Cell::i8x16_eq),
        Op::I8x16Ne => binary(f, Cell::i8x16_ne),
        Op::I8x16LtS => binary(f, Cell::i8x16_lt_s),
        Op::I8x16LtU => binary(f, Cell::i8x16_lt_u),
        Op::I8x16GtS => binary(f, Cell::i8x16_gt_s),
        Op::I8x16GtU => binary(f, Cell::i8x16_gt_u),
        Op::I8x16LeS => binary(f, Cell::i8x16_le_s),
        Op::I8x16LeU => binary(f, Cell::i8x16_le_u),
        Op::I8x16GeS => binary(f, Cell::i8x16_ge_s),
        Op::I8x16GeU => binary(f, Cell::i8x16_ge_u),
        Op::I16x8Eq => binary(f, Cell::i16x8_eq),
        Op::I16x8Ne => binary(f, Cell::i16x8_ne),
        Op::I16x8LtS => binary(f, Cell::i16x8_lt_s),
        Op::I16x8LtU => binary(f, Cell::i16x8_lt_u),
        Op::I16x8GtS => binary(f, Cell::i16x8_gt_s),
        Op::I16x8GtU => binary(f, Cell::i16x8_gt_u),
        Op::I16x8LeS => binary(f, Cell::i16x8_le_s),
        Op::I16x8LeU => binary(f, Cell::i16x8_le_u),
        Op::I16x8GeS => binary(f, Cell::i16x8_ge_s),
        Op::I16x8GeU => binary(f, Cell::i16x8_ge_u),
        Op::I32x4Eq => binary(f, Cell::i32x4_eq),
        Op::I32x4Ne => binary(f, Cell::i32x4_ne),
        Op::I32x4LtS => binary(f, Cell::i32x4_lt_s),
        Op::I32x4LtU => binary(f, Cell::i32x4_lt_u),
        Op::I32x4GtS => binary(f, Cell::i32x4_gt_s),
        Op::I32x4GtU => binary(f, Cell::i32x4_gt_u),
        Op::I32x4LeS => binary(f, Cell::i32x4_le_s),
        Op::I32x4LeU => binary(f, Cell::i32x4_le_u),
        Op::I32x4GeS => binary(f, Cell::i32x4_ge_s),
        Op::I32x4GeU => binary(f, Cell::i32x4_ge_u),
        Op::I64x2Eq => binary(f, Cell::i64x2_eq),
        Op::I64x2Ne => binary(f, Cell::i64x2_ne),
        Op::I64x2LtS => binary(f, Cell::i64x2_lt_s),
        Op::I64x2GtS => binary(f, Cell::i64x2_gt_s),
        Op::I64x2LeS => binary(f, Cell::i64x2_le_s),
        Op::I64x2GeS => binary(f, Cell::i64x2_ge_s),
        Op::F32x4Eq => binary(f, Cell::f32x4_eq),
        Op::F32x4Ne => binary(f, Cell::f32x4_ne),
        Op::F32x4Lt => binary(f, Cell::f32x4_lt),
        Op::F32x4Gt => binary(f, Cell::f32x4_gt),
        Op::F32x4Le => binary(f, Cell::f32x4_le),
        Op::F32x4Ge => binary(f, Cell::f32x4_ge),
        Op::F64x2Eq => binary(f, Cell::f64x2_eq),
        Op::F64x2Ne => binary(f, Cell::f64x2_ne),
        Op::F64x2Lt => binary(f, Cell::f64x2_lt),
        Op::F64x2Gt => binary(f, Cell::f64x2_gt),
        Op::F64x2Le => binary(f, Cell::f64x2_le),
        Op::F64x2Ge => binary(f, Cell::f64x2_ge),
        Op::V128Not => unary(f, Cell::v128_not),
        Op::V128And => binary(f, Cell::v128_and),
        Op::V128AndNot => binary(f, Cell::v128_andnot),
        Op::V128Or => binary(f, Cell::v128_or),
        Op::V128Xor => binary(f, Cell::v128_xor),
        Op::V128Bitselect => ternary(f, Cell::v128_bitselect),
        Op::V128AnyTrue => test(f, Cell::v128_any_true),
        Op::I8x16Abs => unary(f, Cell::i8x16_abs),
        Op::I8x16Neg => unary(f, Cell::i8x16_neg),
        Op::I8x16Popcnt => unary(f, Cell::i8x16_popcnt),
        Op::I8x16AllTrue => test(f, Cell::i8x16_all_true),
        Op::I8x16Bitmask => test(f, Cell::i8x16_bitmask),
        Op::I8x16NarrowI16x8S => binary(f, Cell::i8x16_narrow_i16x8_s),
        Op::I8x16NarrowI16x8U => binary(f, Cell::i8x16_narrow_i16x8_u),
        Op::I8x16Shl => binary(f, Cell::i8x16_shl),
        Op::I8x16ShrS => binary(f, Cell::i8x16_shr_s),
        Op::I8x16ShrU => binary(f, Cell::i8x16_shr_u),
        Op::I8x16Add => binary(f, Cell::i8x16_add),
        Op::I8x16AddSatS => binary(f, Cell::i8x16_add_sat_s),
        Op::I8x16AddSatU => binary(f, Cell::i8x16_add_sat_u),
        Op::I8x16Sub => binary(f, Cell::i8x16_sub),
        Op::I8x16SubSatS => binary(f, Cell::i8x16_sub_sat_s),
        Op::I8x16SubSatU => binary(f, Cell::i8x16_sub_sat_u),
        Op::I8x16MinS => binary(f, Cell::i8x16_min_s),
        Op::I8x16MinU => binary(f, Cell::i8x16_min_u),
        Op::I8x16MaxS => binary(f, Cell::i8x16_max_s),
        Op::I8x16MaxU => binary(f, Cell::i8x16_max_u),
        Op::I8x16AvgrU => binary(f, Cell::i8x16_avgr_u),
        Op::I16x8ExtAddPairwiseI8x16S => unary(f, Cell::i16x8_extadd_pairwise_i8x16_s),
        Op::I16x8ExtAddPairwiseI8x16U => unary(f, Cell::i16x8_extadd_pairwise_i8x16_u),
        Op::I16x8Abs => unary(f, Cell::i16x8_abs),
        Op::I16x8Neg => unary(f, Cell::i16x8_neg),
        Op::I16x8Q15MulrSatS => binary(f, Cell::i16x8_q15mulr_sat_s),
        Op::I16x8AllTrue => test(f, Cell::i16x8_all_true),
        Op::I16x8Bitmask => test(f, Cell::i16x8_bitmask),
        Op::I16x8NarrowI32x4S => binary(f, Cell::i16x8_narrow_i32x4_s),
        Op::I16x8NarrowI32x4U => binary(f, Cell::i16x8_narrow_i32x4_u),
        Op::I16x8ExtendLowI8x16S => unary(f, Cell::i16x8_extend_low_i8x16_s),
        Op::I16x8ExtendHighI8x16S => unary(f, Cell::i16x8_extend_high_i8x16_s),
        Op::I16x8ExtendLowI8x16U => unary(f, Cell::i16x8_extend_low_i8x16_u),
        Op::I16x8ExtendHighI8x16U => unary(f, Cell::i16x8_extend_high_i8x16_u),
        Op::I16x8Shl => binary(f, Cell::i16x8_shl),
        Op::I16x8ShrS => binary(f, Cell::i16x8_shr_s),
        Op::I16x8ShrU => binary(f, Cell::i16x8_shr_u),
        Op::I16x8Add => binary(f, Cell::i16x8_add),
        Op::I16x8AddSatS => binary(f, Cell::i16x8_add_sat_s),
        Op::I16x8AddSatU => binary(f, Cell::i16x8_add_sat_u),
        Op::I16x8Sub => binary(f, Cell::i16x8_sub),
        Op::I16x8SubSatS => binary(f, Cell::i16x8_sub_sat_s),
        Op::I16x8SubSatU => binary(f, Cell::i16x8_sub_sat_u),
        Op::I16x8Mul => binary(f, Cell::i16x8_mul),
        Op::I16x8MinS => binary(f, Cell::i16x8_min_s),
        Op::I16x8MinU => binary(f, Cell::i16x8_min_u),
        Op::I16x8MaxS => binary(f, Cell::i16x8_max_s),
        Op::I16x8MaxU => binary(f, Cell::i16x8_max_u),
        Op::I16x8AvgrU => binary(f, Cell::i16x8_avgr_u),
        Op::I16x8ExtMulLowI8x16S => binary(f, Cell::i16x8_extmul_low_i8x16_s),
        Op::I16x8ExtMulHighI8x16S => binary(f, Cell::i16x8_extmul_high_i8x16_s),
        Op::I16x8ExtMulLowI8x16U => binary(f, Cell::i16x8_extmul_low_i8x16_u),
        Op::I16x8ExtMulHighI8x16U => binary(f, Cell::i16x8_extmul_high_i8x16_u),
        Op::I32x4ExtAddPairwiseI16x8S => unary(f, Cell::i32x4_extadd_pairwise_i16x8_s),
        Op::I32x4ExtAddPairwiseI16x8U => unary(f, Cell::i32x4_extadd_pairwise_i16x8_u),
        Op::I32x4Abs => unary(f, Cell::i32x4_abs),
        Op::I32x4Neg => unary(f, Cell::i32x4_neg),
        Op::I32x4AllTrue => test(f, Cell::i32x4_all_true),
        Op::I32x4Bitmask => test(f, Cell::i32x4_bitmask),
        Op::I32x4ExtendLowI16x8S => unary(f, Cell::i32x4_extend_low_i16x8_s),
        Op::I32x4ExtendHighI16x8S => unary(f, Cell::i32x4_extend_high_i16x8_s),
        Op::I32x4ExtendLowI16x8U => unary(f, Cell::i32x4_extend_low_i16x8_u),
        Op::I32x4ExtendHighI16x8U => unary(f, Cell::i32x4_extend_high_i16x8_u),
        Op::I32x4Shl => binary(f, Cell::i32x4_shl),
        Op::I32x4ShrS => binary(f, Cell::i32x4_shr_s),
        Op::I32x4ShrU => binary(f, Cell::i32x4_shr_u),
        Op::I32x4Add => binary(f, Cell::i32x4_add),
        Op::I32x4Sub => binary(f, Cell::i32x4_sub),
        Op::I32x4Mul => binary(f, Cell::i32x4_mul),
        Op::I32x4MinS => binary(f, Cell::i32x4_min_s),
        Op::I32x4MinU => binary(f, Cell::i32x4_min_u),
        Op::I32x4MaxS => binary(f, Cell::i32x4_max_s),
        Op::I32x4MaxU => binary(f, Cell::i32x4_max_u),
        Op::I32x4DotI16x8S => binary(f, Cell::i32x4_dot_i16x8_s),
        Op::I32x4ExtMulLowI16x8S => binary(f, Cell::i32x4_extmul_low_i16x8_s),
        Op::I32x4ExtMulHighI16x8S => binary(f, Cell::i32x4_extmul_high_i16x8_s),
        Op::I32x4ExtMulLowI16x8U => binary(f, Cell::i32x4_extmul_low_i16x8_u),
        Op::I32x4ExtMulHighI16x8U => binary(f, Cell::i32x4_extmul_high_i16x8_u),
        Op::I64x2Abs => unary(f, Cell::i64x2_abs),
        Op::I64x2Neg => unary(f, Cell::i64x2_neg),
        Op::I64x2AllTrue => test(f, Cell::i64x2_all_true),
        Op::I64x2Bitmask => test(f, Cell::i64x2_bitmask),
        Op::I64x2ExtendLowI32x4S => unary(f, Cell::i64x2_extend_low_i32x4_s),
        Op::I64x2ExtendHighI32x4S => unary(f, Cell::i64x2_extend_high_i32x4_s),
        Op::I64x2ExtendLowI32x4U => unary(f, Cell::i64x2_extend_low_i32x4_u),
        Op::I64x2ExtendHighI32x4U => unary(f, Cell::i64x2_extend_high_i32x4_u),
        Op::I64x2Shl => binary(f, Cell::i64x2_shl),
        Op::I64x2ShrS => binary(f, Cell::i64x2_shr_s),
        Op::I64x2ShrU => binary(f, Cell::i64x2_shr_u),
        Op::I64x2Add => binary(f, Cell::i64x2_add),
        Op::I64x2Sub => binary(f, Cell::i64x2_sub),
        Op::I64x2Mul => binary(f, Cell::i64x2_mul),
        Op::I64x2ExtMulLowI32x4S => binary(f, Cell::i64x2_extmul_low_i32x4_s),
        Op::I64x2ExtMulHighI32x4S => binary(f, Cell::i64x2_extmul_high_i32x4_s),
        Op::I64x2ExtMulLowI32x4U => binary(f, Cell::i64x2_extmul_low_i32x4_u),
        Op::I64x2ExtMulHighI32x4U => binary(f, Cell::i64x2_extmul_high_i32x4_u),
        Op::F32x4Ceil => unary(f, Cell::f32x4_ceil),
        Op::F32x4Floor => unary(f, Cell::f32x4_floor),
        Op::F32x4Trunc => unary(f, Cell::f32x4_trunc),
        Op::F32x4Nearest => unary(f, Cell::f32x4_nearest),
        Op::F32x4Abs => unary(f, Cell::f32x4_abs),
        Op::F32x4Neg => unary(f, Cell::f32x4_neg),
        Op::F32x4Sqrt => unary(f, Cell::f32x4_sqrt),
        Op::F32x4Add => binary(f, Cell::f32x4_add),
        Op::F32x4Sub => binary(f, Cell::f32x4_sub),
        Op::F32x4Mul => binary(f, Cell::f32x4_mul),
        Op::F32x4Div => binary(f, Cell::f32x4_div),
        Op::F32x4Min => binary(f, Cell::f32x4_min),
        Op::F32x4Max => binary(f, Cell::f32x4_max),
        Op::F32x4PMin => binary(f, Cell::f32x4_pmin),
        Op::F32x4PMax => binary(f, Cell::f32x4_pmax),
        Op::F64x2Ceil => unary(f, Cell::f64x2_ceil),
        Op::F64x2Floor => unary(f, Cell::f64x2_floor),
        Op::F64x2Trunc => unary(f, Cell::f64x2_trunc),
        Op::F64x2Nearest => unary(f, Cell::f64x2_nearest),
        Op::F64x2Abs => unary(f, Cell::f64x2_abs),
        Op::F64x2Neg => unary(f, Cell::f64x2_neg),
        Op::F64x2Sqrt => unary(f, Cell::f64x2_sqrt),
        Op::F64x2Add => binary(f, Cell::f64x2_add),
        Op::F64x2Sub => binary(f, Cell::f64x2_sub),
        Op::F64x2Mul => binary(f, Cell::f64x2_mul),
        Op::F64x2Div => binary(f, Cell::f64x2_div),
        Op::F64x2Min => binary(f, Cell::f64x2_min),
        Op::F64x2Max => binary(f, Cell::f64x2_max),
        Op::F64x2PMin => binary(f, Cell::f64x2_pmin),
        Op::F64x2PMax => binary(f, Cell::f64x2_pmax),
        Op::I32x4TruncSatF32x4S => unary(f, Cell::i32x4_trunc_sat_f32x4_s),
        Op::I32x4TruncSatF32x4U => unary(f, Cell::i32x4_trunc_sat_f32x4_u),
        Op::F32x4ConvertI32x4S => unary(f, Cell::f32x4_convert_i32x4_s),
        Op::F32x4ConvertI32x4U => unary(f, Cell::f32x4_convert_i32x4_u),
        Op::F64x2ConvertLowI32x4S => unary(f, Cell::f64x2_convert_low_i32x4_s),
        Op::F64x2ConvertLowI32x4U => unary(f, Cell::f64x2_convert_low_i32x4_u),
        Op::F32x4DemoteF64x2Zero => unary(f, Cell::f32x4_demote_f64x2_zero),
        Op::F64x2PromoteLowF32x4 => unary(f, Cell::f64x2_promote_low_f32x4),
        Op::I8x16RelaxedSwizzle => binary(f, Cell::i8x16_relaxed_swizzle),
        Op::I32x4RelaxedTruncF32x4S => unary(f, Cell::i32x4_relaxed_trunc_f32x4_s),
        Op::I32x4RelaxedTruncF32x4U => unary(f, Cell::i32x4_relaxed_trunc_f32x4_u),
        Op::F32x4RelaxedMadd => ternary(f, Cell::f32x4_relaxed_madd),
        Op::F32x4RelaxedNmadd => ternary(f, Cell::f32x4_relaxed_nmadd),
        Op::F64x2RelaxedMadd => ternary(f, Cell::f64x2_relaxed_madd),
        Op::F64x2RelaxedNmadd => ternary(f, Cell::f64x2_relaxed_nmadd),
        Op::I8x16RelaxedLaneselect => ternary(f, Cell::i8x16_relaxed_laneselect),
        Op::I16x8RelaxedLaneselect => ternary(f, Cell::i16x8_relaxed_laneselect),
        Op::I32x4RelaxedLaneselect => ternary(f, Cell::i32x4_relaxed_laneselect),
        Op::I64x2RelaxedLaneselect => ternary(f, Cell::i64x2_relaxed_laneselect),
        Op::F32x4RelaxedMin => binary(f, Cell::f32x4_relaxed_min),
        Op::F32x4RelaxedMax => binary(f, Cell::f32x4_relaxed_max),
        Op::F64x2RelaxedMin => binary(f, Cell::f64x2_relaxed_min),
        Op::F64x2RelaxedMax => binary(f, Cell::f64x2_relaxed_max),
        Op::I16x8RelaxedQ15mulrS => binary(f, Cell::i16x8_relaxed_q15mulr_s),
        Op::I16x8RelaxedDotI8x16I7x16S => binary(f, Cell::i16x8_relaxed_dot_i8x16_i7x16_s),
        Op::I32x4RelaxedDotI8x16I7x16AddS => ternary(f, Cell::i32x4_relaxed_dot_i8x16_i7x16_add_s),
        Op::I32x4TruncSatF64x2SZero => unary(f, Cell::i32x4_trunc_sat_f64x2_s_zero),
        Op::I32x4TruncSatF64x2UZero => unary(f, Cell::i32x4_trunc_sat_f64x2_u_zero),
        Op::I32x4RelaxedTruncF64x2SZero => unary(f, Cell::i32x4_relaxed_trunc_f64x2_s_zero),
        Op::I32x4RelaxedTruncF64x2UZero => unary(f, Cell::i32x4_relaxed_trunc_f64x2_u_zero),
        _ => return Err(DecodeError::unknown_operator(op)),
    }
    Ok(())
}

/// An access as the rest of the folder has it.
fn access(memarg: &wasmparser::MemArg) -> MemArg {
    let memory = match memarg.target {
        MemArgTarget::Memory(memory) => memory,
        // Nothing else is accessed in this way.
        MemArgTarget::Array(_) => 0,
    };
    MemArg { alignment: memarg.align.into(), memory, offset: memarg.offset }
}

/// One operand, a vector comes out.
fn unary(f: &mut Folder<'_>, op: Cell) {
    let from = f.pop_slot();
    f.produce(true, |to| cell(op, to, from, 0));
}

/// Two operands, a vector comes out.
fn binary(f: &mut Folder<'_>, op: Cell) {
    let (second, first) = (f.pop(), f.pop());
    let (first, second) = (f.read(first), f.read(second));
    f.produce(true, |to| cell(op, to, first, second));
}

/// Three vectors, one comes out.
fn ternary(f: &mut Folder<'_>, op: Cell) {
    let (third, second, first) = (f.pop_slot(), f.pop_slot(), f.pop_slot());
    f.produce_with(true, None, |to| cell(op, to, first, second), &[u64::from(third)]);
}

/// A vector, of which one bit or some become a number.
fn test(f: &mut Folder<'_>, op: Cell) {
    let from = f.pop_slot();
    f.produce(false, |to| cell(op, to, from, 0));
}

/// A lane of a vector.
fn extract(f: &mut Folder<'_>, op: Cell, lane: u8) {
    let from = f.pop_slot();
    f.produce(false, |to| cell(op, to, from, u16::from(lane)));
}

/// A vector with another lane.
fn replace(f: &mut Folder<'_>, op: Cell, lane: u8) {
    let (value, vector) = (f.pop(), f.pop());
    let (vector, value) = (f.read(vector), f.read(value));
    f.produce_with(true, None, |to| cell(op, to, vector, value), &[u64::from(lane)]);
}

/// `i8x16.shuffle`
fn shuffle(f: &mut Folder<'_>, lanes: [u8; 16]) {
    let (second, first) = (f.pop_slot(), f.pop_slot());
    let lanes = u128::from_le_bytes(lanes);
    f.produce_with(
        true,
        None,
        |to| cell(Cell::i8x16_shuffle, to, first, second),
        &[lanes as u64, (lanes >> 64) as u64],
    );
}

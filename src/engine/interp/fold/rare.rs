//! Instructions that are rare, and all those that cannot be reached: wasmparser reads them.
//!
//! It hands each operator to a method of its own, which passes it on by reference. (Its iterator returns operators as values of 40
//! bytes, whose copies were a fifth of the time that folding took.)

use super::super::op::Op;
use super::{Folder, Kind, call, control, memory, numeric, simd, variable};
use crate::engine::module::{CodeReader, DecodeError};
use wasmparser::{BinaryReader, FrameKind, FrameStack, Operator, VisitOperator, VisitSimdOperator};

/// Folds the next instruction, or reads past it where it cannot be reached.
///
/// # Errors
///
/// Where there is no instruction.
pub(super) fn fold_rare(f: &mut Folder<'_>, code: &mut CodeReader<'_>) -> Result<(), DecodeError> {
    let mut reader = BinaryReader::new_features(code.rest(), f.offset, f.functions.features());
    reader.visit_operator(f)??;
    let read = reader.original_position() - f.offset;
    code.skip(read as usize).ok_or_else(|| DecodeError::bug(format_args!("an operator ends behind its body")))
}

#[rustfmt::skip]
fn fold_operator(f: &mut Folder<'_>, op: &Operator<'_>) -> Result<(), DecodeError> {
    if !f.reachable {
        control::skip(f, op);
        return Ok(());
    }
    match op {
        Operator::BrTable { targets } => control::br_table(f, targets)?,
        Operator::ReturnCall { function_index } => call::return_direct(f, *function_index),
        Operator::ReturnCallIndirect { type_index, table_index } => call::return_indirect(f, *type_index, *table_index),
        Operator::TypedSelect { .. } => variable::select(f),
        Operator::RefNull { .. } => f.push_const(0),
        Operator::RefIsNull => variable::is_null(f),
        Operator::RefFunc { function_index } => variable::ref_func(f, *function_index),
        Operator::TableGet { table } => memory::table_get(f, *table),
        Operator::TableSet { table } => memory::table_set(f, *table),
        Operator::TableSize { table } => memory::table_size(f, *table),
        Operator::TableGrow { table } => memory::table_grow(f, *table),
        Operator::TableFill { table } => memory::bulk(f, Op::table_fill, *table, 0),
        Operator::TableCopy { dst_table, src_table } => memory::bulk(f, Op::table_copy, *dst_table, *src_table),
        Operator::TableInit { elem_index, table } => memory::bulk(f, Op::table_init, *table, *elem_index),
        Operator::ElemDrop { elem_index } => memory::drop_segment(f, Op::elem_drop, *elem_index),
        Operator::MemorySize { mem } => memory::size(f, *mem),
        Operator::MemoryGrow { mem } => memory::grow(f, *mem),
        Operator::MemoryFill { mem } => memory::fill(f, *mem),
        Operator::MemoryCopy { dst_mem, src_mem } => memory::copy(f, *dst_mem, *src_mem),
        Operator::MemoryInit { data_index, mem } => memory::bulk(f, Op::memory_init, *mem, *data_index),
        Operator::DataDrop { data_index } => memory::drop_segment(f, Op::data_drop, *data_index),
        Operator::I32TruncSatF32S => numeric::unary(f, Op::i32_trunc_sat_f32_s, Kind::Float, Kind::Integer),
        Operator::I32TruncSatF32U => numeric::unary(f, Op::i32_trunc_sat_f32_u, Kind::Float, Kind::Integer),
        Operator::I32TruncSatF64S => numeric::unary(f, Op::i32_trunc_sat_f64_s, Kind::Float, Kind::Integer),
        Operator::I32TruncSatF64U => numeric::unary(f, Op::i32_trunc_sat_f64_u, Kind::Float, Kind::Integer),
        Operator::I64TruncSatF32S => numeric::unary(f, Op::i64_trunc_sat_f32_s, Kind::Float, Kind::Integer),
        Operator::I64TruncSatF32U => numeric::unary(f, Op::i64_trunc_sat_f32_u, Kind::Float, Kind::Integer),
        Operator::I64TruncSatF64S => numeric::unary(f, Op::i64_trunc_sat_f64_s, Kind::Float, Kind::Integer),
        Operator::I64TruncSatF64U => numeric::unary(f, Op::i64_trunc_sat_f64_u, Kind::Float, Kind::Integer),
        _ => simd::fold_operator(f, op)?,
    }
    Ok(())
}

/// One method for each operator, whose lifetime wasmparser calls `'a`.
macro_rules! pass_on {
    ($(@$proposal:ident $op:ident $({ $($name:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(fn $visit(&mut self $($(, $name: $ty)*)?) -> Self::Output {
            fold_operator(self, &Operator::$op $({ $($name),* })?)
        })*
    };
}

impl<'a> VisitOperator<'a> for Folder<'_> {
    type Output = Result<(), DecodeError>;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Self::Output>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(pass_on);
}

/// wasmparser asks whether an `else` belongs to an `if`, and whether anything may follow. In a valid body both are so.
impl FrameStack for Folder<'_> {
    fn current_frame(&self) -> Option<FrameKind> {
        Some(FrameKind::If)
    }
}

impl VisitSimdOperator<'_> for Folder<'_> {
    wasmparser::for_each_visit_simd_operator!(pass_on);
}

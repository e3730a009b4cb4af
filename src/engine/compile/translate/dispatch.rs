//! The one table of operators: a line each, leading to the family that translates it.
//!
//! Validation has already accepted the operator with the decoder's features, so that what no line names is a vector
//! operator, or a mistake of ours that the vector table reports. spec: syntax/instructions

use super::{
    FuncTranslator, TranslateResult, call, control, convert, global, memory, numeric, reference, simd, stack, table,
    variable,
};
use cranelift_codegen::ir::Opcode;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::types::{F32, F64, I8, I16, I32, I64};
use wasmparser::Operator;

/// Translates an operator, or reads past it where it cannot be executed.
pub(in crate::engine::compile) fn translate_operator(t: &mut FuncTranslator<'_>, op: &Operator<'_>) -> TranslateResult {
    if !t.reachable {
        return control::skip(t, op);
    }
    match op {
        // Control
        Operator::Nop => Ok(()),
        Operator::Unreachable => control::unreachable(t),
        Operator::Block { blockty } => control::block(t, *blockty),
        Operator::Loop { blockty } => control::loop_(t, *blockty),
        Operator::If { blockty } => control::if_(t, *blockty),
        Operator::Else => control::otherwise(t),
        Operator::End => control::end(t),
        Operator::Br { relative_depth } => control::br(t, *relative_depth),
        Operator::BrIf { relative_depth } => control::br_if(t, *relative_depth),
        Operator::BrTable { targets } => control::br_table(t, targets),
        Operator::Return => control::return_(t),
        // Calls
        Operator::Call { function_index } => call::direct(t, *function_index),
        Operator::CallIndirect { type_index, table_index } => call::indirect(t, *type_index, *table_index),
        Operator::ReturnCall { function_index } => {
            call::return_direct(t, *function_index).and_then(|()| control::leave(t))
        }
        Operator::ReturnCallIndirect { type_index, table_index } => {
            call::return_indirect(t, *type_index, *table_index).and_then(|()| control::leave(t))
        }
        // Parametric instructions
        Operator::Drop => stack::drop(t),
        Operator::Select | Operator::TypedSelect { .. } => stack::select(t),
        // Variables
        Operator::LocalGet { local_index } => variable::get(t, *local_index),
        Operator::LocalSet { local_index } => variable::set(t, *local_index),
        Operator::LocalTee { local_index } => variable::tee(t, *local_index),
        Operator::GlobalGet { global_index } => global::get(t, *global_index),
        Operator::GlobalSet { global_index } => global::set(t, *global_index),
        // References
        Operator::RefNull { hty } => reference::null(t, *hty),
        Operator::RefIsNull => reference::is_null(t),
        Operator::RefFunc { function_index } => reference::func(t, *function_index),
        // Tables
        Operator::TableGet { table } => table::get(t, *table),
        Operator::TableSet { table } => table::set(t, *table),
        Operator::TableSize { table } => table::size(t, *table),
        Operator::TableGrow { table } => table::grow(t, *table),
        Operator::TableFill { table } => table::fill(t, *table),
        Operator::TableCopy { dst_table, src_table } => table::copy(t, *dst_table, *src_table),
        Operator::TableInit { elem_index, table } => table::init(t, *elem_index, *table),
        Operator::ElemDrop { elem_index } => table::elem_drop(t, *elem_index),
        // Memories
        Operator::I32Load { memarg } => memory::load(t, memarg, Opcode::Load, I32),
        Operator::I64Load { memarg } => memory::load(t, memarg, Opcode::Load, I64),
        Operator::F32Load { memarg } => memory::load(t, memarg, Opcode::Load, F32),
        Operator::F64Load { memarg } => memory::load(t, memarg, Opcode::Load, F64),
        Operator::I32Load8S { memarg } => memory::load(t, memarg, Opcode::Sload8, I32),
        Operator::I32Load8U { memarg } => memory::load(t, memarg, Opcode::Uload8, I32),
        Operator::I32Load16S { memarg } => memory::load(t, memarg, Opcode::Sload16, I32),
        Operator::I32Load16U { memarg } => memory::load(t, memarg, Opcode::Uload16, I32),
        Operator::I64Load8S { memarg } => memory::load(t, memarg, Opcode::Sload8, I64),
        Operator::I64Load8U { memarg } => memory::load(t, memarg, Opcode::Uload8, I64),
        Operator::I64Load16S { memarg } => memory::load(t, memarg, Opcode::Sload16, I64),
        Operator::I64Load16U { memarg } => memory::load(t, memarg, Opcode::Uload16, I64),
        Operator::I64Load32S { memarg } => memory::load(t, memarg, Opcode::Sload32, I64),
        Operator::I64Load32U { memarg } => memory::load(t, memarg, Opcode::Uload32, I64),
        Operator::I32Store { memarg }
        | Operator::I64Store { memarg }
        | Operator::F32Store { memarg }
        | Operator::F64Store { memarg } => memory::store(t, memarg, Opcode::Store),
        Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => memory::store(t, memarg, Opcode::Istore8),
        Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => memory::store(t, memarg, Opcode::Istore16),
        Operator::I64Store32 { memarg } => memory::store(t, memarg, Opcode::Istore32),
        Operator::MemorySize { mem } => memory::size(t, *mem),
        Operator::MemoryGrow { mem } => memory::grow(t, *mem),
        Operator::MemoryFill { mem } => memory::fill(t, *mem),
        Operator::MemoryCopy { dst_mem, src_mem } => memory::copy(t, *dst_mem, *src_mem),
        Operator::MemoryInit { data_index, mem } => memory::init(t, *data_index, *mem),
        Operator::DataDrop { data_index } => memory::data_drop(t, *data_index),
        // Constants
        Operator::I32Const { value } => numeric::i32_const(t, *value),
        Operator::I64Const { value } => numeric::i64_const(t, *value),
        Operator::F32Const { value } => numeric::f32_const(t, *value),
        Operator::F64Const { value } => numeric::f64_const(t, *value),
        // Integers
        Operator::I32Eqz | Operator::I64Eqz => numeric::eqz(t),
        Operator::I32Eq | Operator::I64Eq => numeric::compare(t, IntCC::Equal),
        Operator::I32Ne | Operator::I64Ne => numeric::compare(t, IntCC::NotEqual),
        Operator::I32LtS | Operator::I64LtS => numeric::compare(t, IntCC::SignedLessThan),
        Operator::I32LtU | Operator::I64LtU => numeric::compare(t, IntCC::UnsignedLessThan),
        Operator::I32GtS | Operator::I64GtS => numeric::compare(t, IntCC::SignedGreaterThan),
        Operator::I32GtU | Operator::I64GtU => numeric::compare(t, IntCC::UnsignedGreaterThan),
        Operator::I32LeS | Operator::I64LeS => numeric::compare(t, IntCC::SignedLessThanOrEqual),
        Operator::I32LeU | Operator::I64LeU => numeric::compare(t, IntCC::UnsignedLessThanOrEqual),
        Operator::I32GeS | Operator::I64GeS => numeric::compare(t, IntCC::SignedGreaterThanOrEqual),
        Operator::I32GeU | Operator::I64GeU => numeric::compare(t, IntCC::UnsignedGreaterThanOrEqual),
        Operator::I32Clz | Operator::I64Clz => numeric::unary(t, Opcode::Clz),
        Operator::I32Ctz | Operator::I64Ctz => numeric::unary(t, Opcode::Ctz),
        Operator::I32Popcnt | Operator::I64Popcnt => numeric::unary(t, Opcode::Popcnt),
        Operator::I32Add | Operator::I64Add => numeric::binary(t, Opcode::Iadd),
        Operator::I32Sub | Operator::I64Sub => numeric::binary(t, Opcode::Isub),
        Operator::I32Mul | Operator::I64Mul => numeric::binary(t, Opcode::Imul),
        Operator::I32DivS | Operator::I64DivS => numeric::binary(t, Opcode::Sdiv),
        Operator::I32DivU | Operator::I64DivU => numeric::binary(t, Opcode::Udiv),
        Operator::I32RemS | Operator::I64RemS => numeric::binary(t, Opcode::Srem),
        Operator::I32RemU | Operator::I64RemU => numeric::binary(t, Opcode::Urem),
        Operator::I32And | Operator::I64And => numeric::binary(t, Opcode::Band),
        Operator::I32Or | Operator::I64Or => numeric::binary(t, Opcode::Bor),
        Operator::I32Xor | Operator::I64Xor => numeric::binary(t, Opcode::Bxor),
        Operator::I32Shl | Operator::I64Shl => numeric::binary(t, Opcode::Ishl),
        Operator::I32ShrS | Operator::I64ShrS => numeric::binary(t, Opcode::Sshr),
        Operator::I32ShrU | Operator::I64ShrU => numeric::binary(t, Opcode::Ushr),
        Operator::I32Rotl | Operator::I64Rotl => numeric::binary(t, Opcode::Rotl),
        Operator::I32Rotr | Operator::I64Rotr => numeric::binary(t, Opcode::Rotr),
        // Floats
        Operator::F32Eq | Operator::F64Eq => numeric::compare_floats(t, FloatCC::Equal),
        Operator::F32Ne | Operator::F64Ne => numeric::compare_floats(t, FloatCC::NotEqual),
        Operator::F32Lt | Operator::F64Lt => numeric::compare_floats(t, FloatCC::LessThan),
        Operator::F32Gt | Operator::F64Gt => numeric::compare_floats(t, FloatCC::GreaterThan),
        Operator::F32Le | Operator::F64Le => numeric::compare_floats(t, FloatCC::LessThanOrEqual),
        Operator::F32Ge | Operator::F64Ge => numeric::compare_floats(t, FloatCC::GreaterThanOrEqual),
        Operator::F32Abs | Operator::F64Abs => numeric::unary(t, Opcode::Fabs),
        Operator::F32Neg | Operator::F64Neg => numeric::unary(t, Opcode::Fneg),
        Operator::F32Ceil | Operator::F64Ceil => numeric::unary(t, Opcode::Ceil),
        Operator::F32Floor | Operator::F64Floor => numeric::unary(t, Opcode::Floor),
        Operator::F32Trunc | Operator::F64Trunc => numeric::unary(t, Opcode::Trunc),
        Operator::F32Nearest | Operator::F64Nearest => numeric::unary(t, Opcode::Nearest),
        Operator::F32Sqrt | Operator::F64Sqrt => numeric::unary(t, Opcode::Sqrt),
        Operator::F32Add | Operator::F64Add => numeric::binary(t, Opcode::Fadd),
        Operator::F32Sub | Operator::F64Sub => numeric::binary(t, Opcode::Fsub),
        Operator::F32Mul | Operator::F64Mul => numeric::binary(t, Opcode::Fmul),
        Operator::F32Div | Operator::F64Div => numeric::binary(t, Opcode::Fdiv),
        Operator::F32Min | Operator::F64Min => numeric::binary(t, Opcode::Fmin),
        Operator::F32Max | Operator::F64Max => numeric::binary(t, Opcode::Fmax),
        Operator::F32Copysign | Operator::F64Copysign => numeric::binary(t, Opcode::Fcopysign),
        // Conversions
        Operator::I32WrapI64 => convert::convert(t, Opcode::Ireduce, I32),
        Operator::I64ExtendI32S => convert::convert(t, Opcode::Sextend, I64),
        Operator::I64ExtendI32U => convert::convert(t, Opcode::Uextend, I64),
        Operator::I32Extend8S | Operator::I64Extend8S => convert::extend_low(t, I8),
        Operator::I32Extend16S | Operator::I64Extend16S => convert::extend_low(t, I16),
        Operator::I64Extend32S => convert::extend_low(t, I32),
        Operator::I32TruncF32S | Operator::I32TruncF64S => convert::convert(t, Opcode::FcvtToSint, I32),
        Operator::I32TruncSatF32S | Operator::I32TruncSatF64S => convert::convert(t, Opcode::FcvtToSintSat, I32),
        Operator::I32TruncF32U | Operator::I32TruncF64U => convert::convert(t, Opcode::FcvtToUint, I32),
        Operator::I32TruncSatF32U | Operator::I32TruncSatF64U => convert::convert(t, Opcode::FcvtToUintSat, I32),
        Operator::I64TruncF32S | Operator::I64TruncF64S => convert::convert(t, Opcode::FcvtToSint, I64),
        Operator::I64TruncSatF32S | Operator::I64TruncSatF64S => convert::convert(t, Opcode::FcvtToSintSat, I64),
        Operator::I64TruncF32U | Operator::I64TruncF64U => convert::convert(t, Opcode::FcvtToUint, I64),
        Operator::I64TruncSatF32U | Operator::I64TruncSatF64U => convert::convert(t, Opcode::FcvtToUintSat, I64),
        Operator::F32ConvertI32S | Operator::F32ConvertI64S => convert::convert(t, Opcode::FcvtFromSint, F32),
        Operator::F32ConvertI32U | Operator::F32ConvertI64U => convert::convert(t, Opcode::FcvtFromUint, F32),
        Operator::F64ConvertI32S | Operator::F64ConvertI64S => convert::convert(t, Opcode::FcvtFromSint, F64),
        Operator::F64ConvertI32U | Operator::F64ConvertI64U => convert::convert(t, Opcode::FcvtFromUint, F64),
        Operator::F32DemoteF64 => convert::convert(t, Opcode::Fdemote, F32),
        Operator::F64PromoteF32 => convert::convert(t, Opcode::Fpromote, F64),
        Operator::I32ReinterpretF32 => convert::reinterpret(t, I32),
        Operator::I64ReinterpretF64 => convert::reinterpret(t, I64),
        Operator::F32ReinterpretI32 => convert::reinterpret(t, F32),
        Operator::F64ReinterpretI64 => convert::reinterpret(t, F64),
        // Vectors, in a table of their own
        _ => simd::translate(t, op),
    }
}

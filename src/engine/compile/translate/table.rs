//! Tables. spec: exec/instructions#table-instructions
//!
//! Elements of function tables are [`VMFuncElement`]s, which hold copies of what a call needs; those of external
//! references are 32-bit handles. Reading and writing one element happens here, everything else in runtime helpers.

use super::{FuncTranslator, TranslateResult, builtin};
use crate::engine::abi::{Builtin, TrapCode, VMFuncElement, VMFuncRef, VMTable};
use crate::engine::compile::CompileError;
use crate::engine::compile::signature::POINTER;
use crate::engine::compile::trap;
use crate::engine::types::{HeapType, TableIdx, TableType, TypeId};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use std::mem::{offset_of, size_of};

/// Offset of `VMFuncElement::code`.
pub(super) const ELEMENT_CODE: i32 = offset_of!(VMFuncElement, code) as i32;
/// Offset of `VMFuncElement::context`.
pub(super) const ELEMENT_CONTEXT: i32 = offset_of!(VMFuncElement, context) as i32;
/// Offset of `VMFuncElement::type_id`.
pub(super) const ELEMENT_TYPE_ID: i32 = offset_of!(VMFuncElement, type_id) as i32;
const ELEMENT_FUNC_REF: i32 = offset_of!(VMFuncElement, func_ref) as i32;

/// `table.get`
pub(super) fn get(t: &mut FuncTranslator<'_>, table: u32) -> TranslateResult {
    let table = TableIdx(table);
    let ty = supported_table(t, table)?;
    let index = t.pop();
    let element = element_address(t, table, index)?;
    let flags = first_access_flags(t, table, TrapCode::TableOutOfBounds);
    let value = match ty.element.heap {
        HeapType::Func => t.builder.ins().load(POINTER, flags, element, ELEMENT_FUNC_REF),
        HeapType::Extern => t.builder.ins().load(types::I32, flags, element, 0),
    };
    t.push(value);
    Ok(())
}

/// `table.set`
pub(super) fn set(t: &mut FuncTranslator<'_>, table: u32) -> TranslateResult {
    let table = TableIdx(table);
    let ty = supported_table(t, table)?;
    let (index, value) = t.pop2();
    let element = element_address(t, table, index)?;
    let first = first_access_flags(t, table, TrapCode::TableOutOfBounds);
    match ty.element.heap {
        HeapType::Func => set_function(t, table, element, value, first),
        HeapType::Extern => {
            t.builder.ins().store(first, value, element, 0);
        }
    }
    Ok(())
}

/// `table.size`
pub(super) fn size(t: &mut FuncTranslator<'_>, table: u32) -> TranslateResult {
    supported_table(t, TableIdx(table))?;
    let len = length(t, TableIdx(table));
    let len = t.builder.ins().ireduce(types::I32, len);
    t.push(len);
    Ok(())
}

/// `table.grow`
pub(super) fn grow(t: &mut FuncTranslator<'_>, table: u32) -> TranslateResult {
    supported_table(t, TableIdx(table))?;
    let (init, delta) = t.pop2();
    let args = [builtin::index(t, table), builtin::widen(t, init), builtin::widen(t, delta)];
    let before = builtin::call(t, Builtin::table_grow, &args);
    // The helper's `u64::MAX` becomes the -1 that the specification wants.
    let before = t.builder.ins().ireduce(types::I32, before);
    t.push(before);
    Ok(())
}

/// `table.copy`
pub(super) fn copy(t: &mut FuncTranslator<'_>, dst_table: u32, src_table: u32) -> TranslateResult {
    let (dst, src, len) = t.pop3();
    let args = [
        builtin::index(t, dst_table),
        builtin::index(t, src_table),
        builtin::widen(t, dst),
        builtin::widen(t, src),
        builtin::widen(t, len),
    ];
    builtin::call_or_trap(t, Builtin::table_copy, &args, TrapCode::TableOutOfBounds);
    Ok(())
}

/// `table.fill`
pub(super) fn fill(t: &mut FuncTranslator<'_>, table: u32) -> TranslateResult {
    let (dst, value, len) = t.pop3();
    let args = [builtin::index(t, table), builtin::widen(t, dst), builtin::widen(t, value), builtin::widen(t, len)];
    builtin::call_or_trap(t, Builtin::table_fill, &args, TrapCode::TableOutOfBounds);
    Ok(())
}

/// `table.init`
pub(super) fn init(t: &mut FuncTranslator<'_>, elem: u32, table: u32) -> TranslateResult {
    let (dst, src, len) = t.pop3();
    let args = [
        builtin::index(t, table),
        builtin::index(t, elem),
        builtin::widen(t, dst),
        builtin::widen(t, src),
        builtin::widen(t, len),
    ];
    builtin::call_or_trap(t, Builtin::table_init, &args, TrapCode::TableOutOfBounds);
    Ok(())
}

/// `elem.drop`
pub(super) fn elem_drop(t: &mut FuncTranslator<'_>, elem: u32) -> TranslateResult {
    let elem = builtin::index(t, elem);
    builtin::call(t, Builtin::elem_drop, &[elem]);
    Ok(())
}

/// The address of an element, or null for an index outside the table, so that the first access through it faults. That
/// access has [`first_access_flags`]. There is no branch that a processor could run ahead of: a wrong index never
/// reaches memory, speculatively or not.
pub(super) fn element_address(
    t: &mut FuncTranslator<'_>,
    table: TableIdx,
    index: ir::Value,
) -> Result<ir::Value, CompileError> {
    let ty = supported_table(t, table)?;
    let index = t.builder.ins().uextend(types::I64, index);
    let len = length(t, table);
    let is_outside = t.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
    let base = if ty.is_fixed_size() {
        t.slot_table_base(table)
    } else {
        let record = t.table_record(table);
        t.load_state(POINTER, record, offset_of!(VMTable, base) as u32)
    };
    let scaled = t.builder.ins().ishl_imm_u(index, i64::from(element_bytes_log2(ty)));
    let element = t.builder.ins().iadd(base, scaled);
    let null = t.builder.ins().iconst(POINTER, 0);
    Ok(t.builder.ins().select_spectre_guard(is_outside, null, element))
}

/// Flags of the first access through an [`element_address`], which traps with `outside` where the address is null.
pub(super) fn first_access_flags(t: &mut FuncTranslator<'_>, table: TableIdx, outside: TrapCode) -> ir::MemFlagsData {
    element_flags(t, table).with_trap_code(Some(trap::clif(outside)))
}

/// Flags of an access to an element behind the first one.
pub(super) fn element_flags(t: &mut FuncTranslator<'_>, table: TableIdx) -> ir::MemFlagsData {
    let region = t.table_region(table);
    t.trusted_flags(region)
}

/// The type of a table that code can be generated for: 32-bit indices.
fn supported_table(t: &FuncTranslator<'_>, table: TableIdx) -> Result<TableType, CompileError> {
    let ty = t.module.tables[table.index()];
    if ty.table64 {
        return Err(CompileError::unsupported("tables with 64-bit indices"));
    }
    Ok(ty)
}

/// The number of elements, as `i64`: a constant where it can never change.
fn length(t: &mut FuncTranslator<'_>, table: TableIdx) -> ir::Value {
    let ty = t.module.tables[table.index()];
    if ty.is_fixed_size() {
        return t.builder.ins().iconst(types::I64, ty.min.cast_signed());
    }
    let record = t.table_record(table);
    t.load_state(POINTER, record, offset_of!(VMTable, len) as u32)
}

/// Elements are powers of two in size, so that scaling is a shift.
fn element_bytes_log2(ty: TableType) -> u32 {
    match ty.element.heap {
        HeapType::Func => size_of::<VMFuncElement>().trailing_zeros(),
        HeapType::Extern => size_of::<u32>().trailing_zeros(),
    }
}

/// Writes a function reference with its copies. What it points to is only read where it points to something.
fn set_function(
    t: &mut FuncTranslator<'_>,
    table: TableIdx,
    element: ir::Value,
    func_ref: ir::Value,
    first: ir::MemFlagsData,
) {
    let present = t.builder.create_block();
    let write = t.builder.create_block();
    let code = t.builder.append_block_param(write, POINTER);
    let context = t.builder.append_block_param(write, POINTER);
    let type_id = t.builder.append_block_param(write, types::I32);

    let null = t.builder.ins().iconst(POINTER, 0);
    let no_type = t.builder.ins().iconst(types::I32, i64::from(TypeId::NONE.0));
    let nothing = [null.into(), null.into(), no_type.into()];
    t.builder.ins().brif(func_ref, present, &[], write, &nothing);

    t.builder.switch_to_block(present);
    t.builder.seal_block(present);
    let target = [
        t.load_state(POINTER, func_ref, offset_of!(VMFuncRef, code) as u32).into(),
        t.load_state(POINTER, func_ref, offset_of!(VMFuncRef, context) as u32).into(),
        t.load_state(types::I32, func_ref, offset_of!(VMFuncRef, type_id) as u32).into(),
    ];
    t.builder.ins().jump(write, &target);

    t.builder.switch_to_block(write);
    t.builder.seal_block(write);
    let flags = element_flags(t, table);
    t.builder.ins().store(first, code, element, ELEMENT_CODE);
    t.builder.ins().store(flags, context, element, ELEMENT_CONTEXT);
    t.builder.ins().store(flags, func_ref, element, ELEMENT_FUNC_REF);
    t.builder.ins().store(flags, type_id, element, ELEMENT_TYPE_ID);
}

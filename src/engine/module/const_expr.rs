//! Constant expressions: decoded to a short list of operations for a stack machine. spec: valid/instructions#constant-expressions

use super::DecodeError;
use crate::engine::types::{FuncIdx, GlobalIdx, HeapType};
use wasmparser::Operator;

/// A validated constant expression in postfix order; leaves exactly one value. `end` is left out.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstExpr {
    /// The operations.
    pub ops: Vec<ConstOp>,
}

/// An operation of a constant expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConstOp {
    /// `i32.const`
    I32Const(i32),
    /// `i64.const`
    I64Const(i64),
    /// `f32.const`, the bits.
    F32Const(u32),
    /// `f64.const`, the bits.
    F64Const(u64),
    /// `v128.const`, little-endian.
    V128Const([u8; 16]),
    /// `global.get`
    GlobalGet(GlobalIdx),
    /// `ref.null`
    RefNull(HeapType),
    /// `ref.func`
    RefFunc(FuncIdx),
    /// `i32.add`
    I32Add,
    /// `i32.sub`
    I32Sub,
    /// `i32.mul`
    I32Mul,
    /// `i64.add`
    I64Add,
    /// `i64.sub`
    I64Sub,
    /// `i64.mul`
    I64Mul,
}

impl ConstExpr {
    /// Decodes an expression that the validator has accepted.
    pub(super) fn decode(expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, DecodeError> {
        let mut ops = Vec::new();
        for operator in expr.get_operators_reader() {
            match operator? {
                Operator::End => {}
                operator => ops.push(decode_operator(&operator)?),
            }
        }
        Ok(ConstExpr { ops })
    }

    /// The functions that the expression makes references to.
    pub fn referenced_functions(&self) -> impl Iterator<Item = FuncIdx> + '_ {
        self.ops.iter().filter_map(|op| match op {
            ConstOp::RefFunc(func) => Some(*func),
            _ => None,
        })
    }
}

fn decode_operator(operator: &Operator<'_>) -> Result<ConstOp, DecodeError> {
    Ok(match operator {
        Operator::I32Const { value } => ConstOp::I32Const(*value),
        Operator::I64Const { value } => ConstOp::I64Const(*value),
        Operator::F32Const { value } => ConstOp::F32Const(value.bits()),
        Operator::F64Const { value } => ConstOp::F64Const(value.bits()),
        Operator::V128Const { value } => ConstOp::V128Const(*value.bytes()),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(GlobalIdx(*global_index)),
        Operator::RefNull { hty } => ConstOp::RefNull(heap_type(*hty)?),
        Operator::RefFunc { function_index } => ConstOp::RefFunc(FuncIdx(*function_index)),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        other => return Err(DecodeError::bug(format_args!("{other:?} in a constant expression"))),
    })
}

/// What a reference of a validated module points to.
pub(super) fn heap_type(ty: wasmparser::HeapType) -> Result<HeapType, DecodeError> {
    match ty {
        wasmparser::HeapType::FUNC => Ok(HeapType::Func),
        wasmparser::HeapType::EXTERN => Ok(HeapType::Extern),
        other => Err(DecodeError::bug(format_args!("heap type {other:?}"))),
    }
}

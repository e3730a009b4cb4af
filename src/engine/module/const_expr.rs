//! Constant expressions: decoded to a short list of operations for a stack machine. spec: valid/instructions#constant-expressions

use crate::engine::types::{FuncIdx, GlobalIdx, HeapType};

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

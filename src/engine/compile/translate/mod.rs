//! Wasm operators to CLIF: the function translator's state and what every instruction family uses of it.
//!
//! One family of instructions a file, [`dispatch`] is the flat table that leads to them. Families take their operands
//! from [`FuncTranslator::pop`] and leave results with [`FuncTranslator::push`]; what they need of the instance they ask
//! `env` for, and heap addresses come from `bounds` alone. Nothing here is unsafe and nothing here knows an operating
//! system.

mod bounds;
mod builtin;
mod call;
mod control;
mod convert;
mod dispatch;
mod env;
mod memory;
mod numeric;
mod reference;
mod simd;
mod stack;
mod table;
mod variable;

pub(super) use dispatch::translate_operator;

use super::CompileError;
use super::isa::Target;
use crate::engine::abi::VMLayout;
use crate::engine::module::Module;
use cranelift_codegen::ir;
use cranelift_frontend::FunctionBuilder;

/// What translating an operator returns.
pub(super) type TranslateResult = Result<(), CompileError>;

/// The state of translating one function body.
pub(super) struct FuncTranslator<'a> {
    /// The module the function is in.
    pub(super) module: &'a Module,
    /// Layout of its instances' contexts.
    pub(super) layout: &'a VMLayout,
    /// The machine compiled for, and how memories are checked.
    pub(super) target: &'a Target,
    /// The function being built.
    pub(super) builder: FunctionBuilder<'a>,
    /// CLIF values of the operand stack; `v128` in any 128-bit lane type.
    pub(super) stack: Vec<ir::Value>,
    /// Enclosing blocks, outermost first; the function's own is number 0.
    pub(super) control: Vec<stack::ControlFrame>,
    /// Whether the next operator can be executed at all.
    pub(super) reachable: bool,
    /// The instance as this function sees it: context, alias regions, imported signatures.
    pub(super) env: env::FuncEnv,
}

impl FuncTranslator<'_> {
    /// Takes the topmost operand. Validation guarantees that there is one.
    pub(super) fn pop(&mut self) -> ir::Value {
        self.stack.pop().expect("validated operand stack")
    }

    /// Takes two operands, the deeper one first.
    pub(super) fn pop2(&mut self) -> (ir::Value, ir::Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    /// Takes three operands, the deepest one first.
    pub(super) fn pop3(&mut self) -> (ir::Value, ir::Value, ir::Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// Leaves a result.
    pub(super) fn push(&mut self, value: ir::Value) {
        self.stack.push(value);
    }
}

//! Wasm operators to CLIF: the function translator's state and what every instruction family uses of it.
//!
//! One family of instructions a file, `dispatch` is the flat table that leads to them. Families take their operands
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
mod global;
mod inline;
mod memory;
mod numeric;
mod osr;
mod reference;
mod restart;
mod simd;
mod stack;
mod table;
mod variable;

pub(super) use dispatch::translate_operator;
pub(super) use osr::enter_at;

use super::isa::Target;
use super::{CompileError, signature};
use crate::engine::abi::VMLayout;
use crate::engine::abi::tunables::EAGER_LOCALS;
use crate::engine::module::Module;
use crate::engine::types::{DefinedFuncIdx, FuncType};
use cranelift_codegen::entity::EntityRef;
use cranelift_codegen::ir::{self, InstBuilder, types};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext, Variable};
use stack::{ControlFrame, FrameKind};

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
    pub(super) control: Vec<ControlFrame>,
    /// Whether the next operator can be executed at all.
    pub(super) reachable: bool,
    /// How many of the enclosing blocks were opened where nothing can be executed; they have no frame.
    pub(super) dead_blocks: u32,
    /// The instance as this function sees it: context, alias regions, imported signatures.
    pub(super) env: env::FuncEnv,
    /// Own functions that calls reach directly, ascending, where others are called through slots.
    pub(super) near: &'a [DefinedFuncIdx],
    /// The loop that is entered in place of the function.
    pub(super) loop_entry: Option<osr::LoopEntry>,
    /// Locals that start as zero or null, with that value; of many, the first ones.
    zeros: Vec<(Variable, ir::Value)>,
    /// Where the function starts again, if it calls itself in tail position.
    start: Option<restart::Start>,
    /// What is translated into it of others.
    inlining: inline::Inlining,
}

/// The translator's stacks, kept from one function to the next.
#[derive(Default)]
pub(super) struct Scratch {
    stack: Vec<ir::Value>,
    control: Vec<ControlFrame>,
}

impl<'a> FuncTranslator<'a> {
    /// Starts a function of type `ty`, whose signature is set: makes the entry block, the context and a local for each
    /// parameter. With the position of a loop, what is made is the rest of the function from there on.
    pub(super) fn new(
        (target, module, layout): (&'a Target, &'a Module, &'a VMLayout),
        (ty, near, loop_at): (&FuncType, &'a [DefinedFuncIdx], Option<u64>),
        func: &'a mut ir::Function,
        frontend: &'a mut FunctionBuilderContext,
        scratch: Scratch,
    ) -> Result<FuncTranslator<'a>, CompileError> {
        let mut builder = FunctionBuilder::new(func, frontend);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.seal_block(entry);
        let params = builder.block_params(entry).to_vec();
        let context = *params.first().ok_or_else(|| CompileError::bug("no context"))?;
        let loop_entry = loop_at.map(|at| osr::LoopEntry::new(&mut builder, at, entry, &params, &ty.params));
        if loop_entry.is_none() {
            for value in &params[1..] {
                let local = builder.declare_var(builder.func.dfg.value_type(*value));
                builder.def_var(local, *value);
            }
        }
        let label = builder.create_block();
        for ty in &ty.results {
            builder.append_block_param(label, signature::value_type(*ty));
        }
        let results = ty.results.len();
        let Scratch { stack, mut control } = scratch;
        control.push(ControlFrame { kind: FrameKind::Block, label, params: 0, results, height: 0, reached: false });
        let env = env::FuncEnv::new(context);
        let (reachable, dead_blocks) = (true, 0);
        Ok(FuncTranslator {
            module,
            layout,
            target,
            builder,
            stack,
            control,
            reachable,
            dead_blocks,
            env,
            near,
            loop_entry,
            zeros: Vec::new(),
            start: None,
            inlining: inline::Inlining::default(),
        })
    }

    /// Declares locals of one type, which start as zero or null. Beyond [`EAGER_LOCALS`] that is left to the builder, which
    /// takes a variable without a definition for zero: defining one takes memory, and a body of ten bytes may declare
    /// 50,000.
    pub(super) fn declare_locals(&mut self, count: u32, ty: wasmparser::ValType) -> TranslateResult {
        let ty = stack::clif_type(ty)?;
        let zero = self.zero(ty);
        for _ in 0..count {
            let local = self.builder.declare_var(ty);
            if let Some(entry) = &mut self.loop_entry {
                entry.locals.push((local, ty));
            }
            if local.index() < EAGER_LOCALS {
                self.builder.def_var(local, zero);
                self.zeros.push((local, zero));
            }
        }
        Ok(())
    }

    /// Ends the function, whose last `end` has been translated.
    pub(super) fn finish(mut self) -> Scratch {
        self.seal_start();
        let FuncTranslator { target, builder, mut stack, mut control, .. } = self;
        builder.finalize(target.isa.frontend_config());
        stack.clear();
        control.clear();
        Scratch { stack, control }
    }
}

impl FuncTranslator<'_> {
    /// Zero or null of a local's type.
    pub(super) fn zero(&mut self, ty: ir::Type) -> ir::Value {
        match ty {
            types::F32 => self.builder.ins().f32const(0.0),
            types::F64 => self.builder.ins().f64const(0.0),
            types::I8X16 => {
                let zero = self.builder.func.dfg.constants.insert(ir::ConstantData::from([0; 16].as_slice()));
                self.builder.ins().vconst(ty, zero)
            }
            _ => self.builder.ins().iconst(ty, 0),
        }
    }

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

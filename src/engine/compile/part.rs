//! Parts of a module, compiled while the rest of it is interpreted: some functions, and loops that running ones are in.
//!
//! What is compiled together calls each other directly; all else is called through the slots of the instance, and so are
//! functions that are compiled later.

use super::function::{CompiledFunction, FunctionCompiler};
use super::isa::Target;
use super::link::Linker;
use super::{Artifact, CompileError, Part, trampolines};
use crate::engine::abi::VMLayout;
use crate::engine::module::{BodyValidator, Module};
use crate::engine::types::DefinedFuncIdx;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A module that is compiled in parts. The target calls through slots.
#[derive(Debug)]
pub struct PartsOf<'a> {
    /// The machine.
    pub target: &'a Target,
    /// The module.
    pub module: &'a Module,
    /// The layout of its instances' contexts.
    pub layout: &'a VMLayout,
    /// Validators for its bodies.
    pub bodies: &'a [BodyValidator],
}

impl PartsOf<'_> {
    /// Compiles parts, functions in front of loops. The artifact has their code in that order.
    ///
    /// # Errors
    ///
    /// The part that cannot be compiled, and why.
    pub fn compile(&self, parts: &[Part]) -> Result<Artifact, (Part, CompileError)> {
        let mut near: Vec<DefinedFuncIdx> = parts
            .iter()
            .filter_map(|part| match part {
                Part::Function(function) => Some(*function),
                Part::Loop(..) => None,
            })
            .collect();
        near.sort_unstable();
        let compiler = FunctionCompiler::new(self.target, self.module, self.layout);
        let mut compiler = compiler.with_near(&near);
        let mut linker = Linker::of_parts(self.target, self.module.imported_funcs, parts.to_vec());
        for part in parts {
            // A panic of the code generator ends this function, and nothing else.
            let code = catch_unwind(AssertUnwindSafe(|| self.compile_one(&mut compiler, *part)))
                .unwrap_or_else(|_| Err(CompileError::bug(format!("the compiler panicked in {part:?}"))));
            code.and_then(|code| linker.add_function(&code)).map_err(|error| (*part, error))?;
        }
        Ok(linker.finish())
    }

    fn compile_one(&self, compiler: &mut FunctionCompiler<'_>, part: Part) -> Result<CompiledFunction, CompileError> {
        let function = part.function();
        let body = self.bodies.get(function.index()).ok_or_else(|| CompileError::bug("a function has no body"))?;
        match part {
            Part::Function(_) => compiler.compile(function, body),
            Part::Loop(_, at) => compiler.compile_loop(function, body, u64::from(at)),
        }
    }

    /// Compiles all trampolines that parts of the module may need.
    ///
    /// # Errors
    ///
    /// The first that cannot be compiled.
    pub fn compile_trampolines(&self) -> Result<Artifact, CompileError> {
        let mut linker = Linker::new(self.target, self.module.imported_funcs, 0);
        let mut compiler = FunctionCompiler::new(self.target, self.module, self.layout);
        for plan in trampolines(self.module, true) {
            let code = compiler.trampoline(plan.ty, plan.kind)?;
            linker.add_trampoline(&plan.types, plan.kind, &code)?;
        }
        Ok(linker.finish())
    }
}

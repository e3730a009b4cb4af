//! CLIF as text, as the translator makes it: what golden tests compare.
//!
//! Optimisation is left out on purpose, so that the text shows this layer's work and stays the same when Cranelift's
//! rules change.

use super::CompileError;
use super::function::FunctionCompiler;
use super::isa::Target;
use crate::engine::module::{BodyValidator, Module};
use crate::engine::types::DefinedFuncIdx;

/// The CLIF of every own function, in order, with small functions inlined or not.
pub(super) fn clif(
    target: &Target,
    module: &Module,
    bodies: &[BodyValidator],
    inlines: bool,
) -> Result<Vec<String>, CompileError> {
    let layout = module.layout();
    let mut compiler = FunctionCompiler::new(target, module, &layout);
    if inlines {
        compiler = compiler.with_near(&[]);
    }
    let functions = bodies.iter().enumerate();
    functions.map(|(own, body)| Ok(compiler.translate(DefinedFuncIdx::from_usize(own), body)?.to_string())).collect()
}

//! Which functions a body calls by name: small ones that run are compiled together with their callers.

use crate::engine::module::Module;
use crate::engine::types::{DefinedFuncIdx, FuncIdx};
use std::collections::HashSet;
use wasmparser::{BinaryReader, FunctionBody, Operator};

/// The own functions that a function calls, each once, in the order of their first call. The body is valid.
pub(super) fn callees(module: &Module, function: DefinedFuncIdx) -> Vec<DefinedFuncIdx> {
    let Some(range) = module.bodies.get(function.index()) else { return Vec::new() };
    let bytes = module.bytes.get(range.clone()).unwrap_or_default();
    let body = FunctionBody::new(BinaryReader::new(bytes, range.start as u64));
    let Ok(operators) = body.get_operators_reader() else { return Vec::new() };
    let (mut found, mut known) = (Vec::new(), HashSet::new());
    for operator in operators {
        let Ok(Operator::Call { function_index } | Operator::ReturnCall { function_index }) = operator else {
            continue;
        };
        if let Some(own) = module.defined_func(FuncIdx(function_index))
            && known.insert(own)
        {
            found.push(own);
        }
    }
    found
}

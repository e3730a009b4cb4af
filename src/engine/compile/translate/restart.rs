//! A function that calls itself in tail position goes round in a loop: locals change, and nothing else.
//!
//! ```text
//!   entry(context, params):             return_call of the function itself:
//!     locals = params, zeros              locals = arguments, zeros
//!     jump start                          jump start
//!   start:
//!     ... the body
//! ```

use super::{FuncTranslator, TranslateResult};
use crate::engine::abi::tunables::EAGER_LOCALS;
use crate::engine::types::FuncIdx;
use cranelift_codegen::ir::{self, InstBuilder};
use cranelift_frontend::Variable;

/// Operator code of `return_call`. spec: binary/instructions#control-instructions
const RETURN_CALL: u8 = 0x12;

/// Where a function starts again.
#[derive(Debug)]
pub(super) struct Start {
    /// The function.
    func: FuncIdx,
    /// The block that its body begins with, behind parameters and zeros.
    block: ir::Block,
}

impl FuncTranslator<'_> {
    /// Begins the body of a function, all locals of which are declared, with a block to come back to where it may call itself
    /// in tail position.
    pub(in crate::engine::compile) fn begin_body(&mut self, func: FuncIdx, body: &[u8]) {
        // Of many locals not all are defined as zero.
        let are_few = self.builder.func.signature.params.len() + self.zeros.len() < EAGER_LOCALS;
        if self.loop_entry.is_some() || !are_few || !may_call_itself(func, body) {
            return;
        }
        let block = self.builder.create_block();
        self.builder.ins().jump(block, &[]);
        self.builder.switch_to_block(block);
        self.start = Some(Start { func, block });
    }

    /// The block that the body begins with, if this is the function and has one.
    pub(super) fn start_of(&self, func: FuncIdx) -> Option<ir::Block> {
        self.start.as_ref().filter(|start| start.func == func).map(|start| start.block)
    }

    /// Seals the block that the body begins with, when there are no more calls.
    pub(super) fn seal_start(&mut self) {
        if let Some(start) = &self.start {
            self.builder.seal_block(start.block);
        }
    }
}

/// `return_call` of the running function, with its arguments.
pub(super) fn again(t: &mut FuncTranslator<'_>, block: ir::Block, args: &[ir::Value]) -> TranslateResult {
    for (number, value) in args.iter().enumerate() {
        t.builder.def_var(Variable::from_u32(number as u32), *value);
    }
    for (local, zero) in &t.zeros {
        t.builder.def_var(*local, *zero);
    }
    t.builder.ins().jump(block, &[]);
    Ok(())
}

/// Whether the bytes of a `return_call` of a function occur in its body.
fn may_call_itself(func: FuncIdx, body: &[u8]) -> bool {
    let mut call = vec![RETURN_CALL];
    let mut rest = func.0;
    while rest >= 0x80 {
        call.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    call.push(rest as u8);
    body.windows(call.len()).any(|bytes| bytes == call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_found_by_their_bytes() {
        assert!(may_call_itself(FuncIdx(5), &[0x20, 0, RETURN_CALL, 5, 0x0b]));
        assert!(may_call_itself(FuncIdx(300), &[RETURN_CALL, 0xac, 0x02]));
        assert!(!may_call_itself(FuncIdx(5), &[RETURN_CALL, 6, 5, RETURN_CALL]));
        assert!(!may_call_itself(FuncIdx(300), &[RETURN_CALL, 0xac]));
    }
}

//! Blocks, branches and calls. spec: valid/instructions#control-instructions

use super::types::Ty::{self, I32};
use super::{Acceptor, Signature};
use crate::engine::module::BlockType;
use crate::engine::types::{FuncIdx, RefType, TableIdx};

/// A block that has not ended.
#[derive(Clone, Copy)]
pub(super) struct Frame<'a> {
    kind: FrameKind,
    params: &'a [Ty],
    results: &'a [Ty],
    /// Operands below it.
    pub(super) height: usize,
    /// The rest of it cannot be reached.
    pub(super) is_unreachable: bool,
}

/// What began a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// `block`, `else`, or the function.
    Block,
    /// `loop`
    Loop,
    /// `if`
    If,
    /// Nothing: the function has ended.
    Ended,
}

impl<'a> Frame<'a> {
    /// A block on top of so many operands.
    pub(super) fn new(kind: FrameKind, (params, results): Signature<'a>, height: usize) -> Frame<'a> {
        Frame { kind, params, results, height, is_unreachable: false }
    }

    /// What a branch to it takes.
    fn label(&self) -> &'a [Ty] {
        if self.kind == FrameKind::Loop { self.params } else { self.results }
    }
}

impl<'a> Acceptor<'a> {
    /// Whether the function's last `end` was read.
    #[inline(always)]
    pub(super) fn has_ended(&self) -> bool {
        self.frame.kind == FrameKind::Ended
    }

    pub(super) fn unreachable(&mut self) -> Option<()> {
        self.stack.truncate(self.frame.height);
        self.frame.is_unreachable = true;
        Some(())
    }

    /// `block` and `loop`.
    pub(super) fn block(&mut self, kind: FrameKind) -> Option<()> {
        let signature = self.block_type()?;
        self.enter(kind, signature)
    }

    pub(super) fn if_(&mut self) -> Option<()> {
        let signature = self.block_type()?;
        self.pop(I32)?;
        self.enter(FrameKind::If, signature)
    }

    fn enter(&mut self, kind: FrameKind, signature: Signature<'a>) -> Option<()> {
        let (params, _) = signature;
        self.hand_on(params)?;
        self.outer.push(self.frame);
        self.frame = Frame::new(kind, signature, self.stack.len());
        self.push_all(params);
        Some(())
    }

    pub(super) fn else_(&mut self) -> Option<()> {
        let Frame { kind: FrameKind::If, params, results, height, .. } = self.frame else { return None };
        self.leave()?;
        self.frame = Frame::new(FrameKind::Block, (params, results), height);
        self.push_all(params);
        Some(())
    }

    pub(super) fn end(&mut self) -> Option<()> {
        self.leave()?;
        let Frame { kind, params, results, .. } = self.frame;
        if kind == FrameKind::If && params != results {
            return None;
        }
        match self.outer.pop() {
            Some(outer) => {
                self.frame = outer;
                self.push_all(results);
            }
            None => self.frame.kind = FrameKind::Ended,
        }
        Some(())
    }

    /// Takes the results of the innermost block, and sees that nothing else is left in it.
    fn leave(&mut self) -> Option<()> {
        self.hand_on(self.frame.results)?;
        (self.stack.len() == self.frame.height).then_some(())
    }

    /// Takes operands that go to a block, a label or a function.
    #[inline(always)]
    fn hand_on(&mut self, types: &[Ty]) -> Option<()> {
        self.width.take(types.len())?;
        self.pop_all(types)
    }

    fn block_type(&mut self) -> Option<Signature<'a>> {
        Some(match self.code.block_type()? {
            BlockType::Empty => (&[], &[]),
            BlockType::Value(ty) => (&[], Ty::of(ty)?.alone()),
            BlockType::Index(ty) => self.signatures.get(ty as usize)?,
        })
    }

    /// The types that a branch takes, by the number of blocks that it leaves behind.
    fn label(&self, depth: u32) -> Option<&'a [Ty]> {
        match depth {
            0 => Some(self.frame.label()),
            _ => Some(self.outer.get(self.outer.len().checked_sub(depth as usize)?)?.label()),
        }
    }

    pub(super) fn br(&mut self) -> Option<()> {
        let depth = self.code.u32()?;
        self.hand_on(self.label(depth)?)?;
        self.unreachable()
    }

    pub(super) fn br_if(&mut self) -> Option<()> {
        let depth = self.code.u32()?;
        self.pop(I32)?;
        let label = self.label(depth)?;
        self.hand_on(label)?;
        self.push_all(label);
        Some(())
    }

    /// Labels must take the same types. (Where code cannot be reached, they need not; then this is not decided here.)
    pub(super) fn br_table(&mut self) -> Option<()> {
        self.pop(I32)?;
        let count = self.code.u32()?;
        let first = self.code.u32()?;
        let label = self.label(first)?;
        self.width.take(label.len().checked_mul(count as usize)?)?;
        for _ in 0..count {
            let depth = self.code.u32()?;
            (self.label(depth)? == label).then_some(())?;
        }
        self.hand_on(label)?;
        self.unreachable()
    }

    pub(super) fn return_(&mut self) -> Option<()> {
        self.hand_on(self.results)?;
        self.unreachable()
    }

    pub(super) fn call(&mut self) -> Option<()> {
        let callee = self.callee()?;
        self.call_to(callee)
    }

    pub(super) fn call_indirect(&mut self) -> Option<()> {
        let callee = self.indirect_callee()?;
        self.call_to(callee)
    }

    pub(super) fn return_call(&mut self) -> Option<()> {
        let callee = self.callee()?;
        self.return_from(callee)
    }

    pub(super) fn return_call_indirect(&mut self) -> Option<()> {
        let callee = self.indirect_callee()?;
        self.return_from(callee)
    }

    fn call_to(&mut self, (params, results): Signature<'a>) -> Option<()> {
        self.width.take(results.len())?;
        self.hand_on(params)?;
        self.push_all(results);
        Some(())
    }

    fn return_from(&mut self, (params, results): Signature<'a>) -> Option<()> {
        (results == self.results).then_some(())?;
        self.width.take(results.len())?;
        self.hand_on(params)?;
        self.unreachable()
    }

    fn callee(&mut self) -> Option<Signature<'a>> {
        let func = FuncIdx(self.code.u32()?);
        self.signature_of(func)
    }

    /// Reads a type and a table, and takes the operand that says which of its elements is called.
    fn indirect_callee(&mut self) -> Option<Signature<'a>> {
        let (ty, table) = (self.code.u32()?, self.code.u32()?);
        let table = self.module.tables.get(TableIdx(table).index())?;
        (table.element == RefType::FUNCREF).then_some(())?;
        self.pop(I32)?;
        self.signatures.get(ty as usize)
    }
}

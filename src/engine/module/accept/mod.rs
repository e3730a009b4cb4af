//! Accepting the bodies that compilers make, in less than half of the time of the validator that knows everything.
//!
//! A body of plain instructions (numbers, vectors, locals, globals, the first memory, blocks, branches and calls) is walked
//! once, with the validation algorithm of the specification's appendix over operand types of one byte. The answer is *valid*, or *not
//! decided here*: for an instruction that no line below names, for whatever looks wrong, and for the few shapes of
//! unreachable code that need types nobody knows. wasmparser then decides, and has the words for what is wrong. So a mistake here
//! that refuses costs time alone. One that accepts would be grave: builds with debug assertions ask wasmparser about accepted
//! bodies, too, and `tests` beside this file about a great many altered ones.
//!
//! Bodies are held to the newest features; modules that are held to less are not for this file.
//! spec: appendix/algorithm

mod control;
#[cfg(test)]
mod tests;
mod types;
mod vector;

pub(super) use types::Signatures;

use super::{CodeReader, Module, Width};
use crate::engine::types::{FuncIdx, GlobalIdx};
use control::{Frame, FrameKind};
use types::Signature;
use types::Ty::{self, F32, F64, I32, I64};

/// The most locals of a function that are looked at here. wasmparser allows more.
const LOCALS: usize = 10_000;

/// What is known while a body is walked. It lasts for many, whose lists are reused.
pub(super) struct Acceptor<'a> {
    module: &'a Module,
    signatures: &'a Signatures,
    code: CodeReader<'a>,
    /// The function's results.
    results: &'a [Ty],
    locals: Vec<Ty>,
    /// Operands, the topmost last.
    stack: Vec<Ty>,
    /// The innermost block.
    frame: Frame<'a>,
    /// The blocks around it, the innermost last.
    outer: Vec<Frame<'a>>,
    /// What calls, blocks and branches may still hand on.
    width: Width,
}

impl<'a> Acceptor<'a> {
    /// For the bodies of a module.
    pub(super) fn new(module: &'a Module, signatures: &'a Signatures) -> Acceptor<'a> {
        let (locals, stack, outer) = (Vec::new(), Vec::new(), Vec::new());
        let frame = Frame::new(FrameKind::Block, (&[], &[]), 0);
        let code = CodeReader::new(&[]);
        let width = Width::of_body(0);
        Acceptor { module, signatures, code, results: &[], locals, stack, frame, outer, width }
    }

    /// Whether a body, from its locals on, is valid for sure.
    pub(super) fn accepts(&mut self, func: FuncIdx, body: &'a [u8]) -> bool {
        self.begin(func, body).and_then(|()| self.walk()).is_some()
    }

    fn begin(&mut self, func: FuncIdx, body: &'a [u8]) -> Option<()> {
        let (params, results) = self.signature_of(func)?;
        self.code = CodeReader::new(body);
        self.width = Width::of_body(body.len());
        self.results = results;
        self.stack.clear();
        self.outer.clear();
        self.frame = Frame::new(FrameKind::Block, (&[], results), 0);
        self.locals.clear();
        self.locals.extend_from_slice(params);
        for _ in 0..self.code.u32()? {
            let (count, ty) = self.code.locals()?;
            let ty = Ty::of(ty)?;
            let all = self.locals.len().checked_add(count as usize).filter(|all| *all <= LOCALS)?;
            self.locals.resize(all, ty);
        }
        Some(())
    }

    /// Walks the instructions up to the end of the function, which must be the end of the body.
    fn walk(&mut self) -> Option<()> {
        while !self.has_ended() {
            self.instruction()?;
        }
        self.code.is_empty().then_some(())
    }

    /// The next instruction. spec: binary/instructions, appendix/index-instructions
    #[inline(always)]
    fn instruction(&mut self) -> Option<()> {
        match self.code.byte()? {
            0x00 => self.unreachable(),
            0x01 => Some(()),
            0x02 => self.block(FrameKind::Block),
            0x03 => self.block(FrameKind::Loop),
            0x04 => self.if_(),
            0x05 => self.else_(),
            0x0b => self.end(),
            0x0c => self.br(),
            0x0d => self.br_if(),
            0x0e => self.br_table(),
            0x0f => self.return_(),
            0x10 => self.call(),
            0x11 => self.call_indirect(),
            0x12 => self.return_call(),
            0x13 => self.return_call_indirect(),
            0x1a => self.pop_any().map(drop),
            0x1b => self.select(),
            0x20 => self.local_get(),
            0x21 => self.local_set(),
            0x22 => self.local_tee(),
            0x23 => self.global_get(),
            0x24 => self.global_set(),
            0x28 => self.load(2, I32),
            0x29 => self.load(3, I64),
            0x2a => self.load(2, F32),
            0x2b => self.load(3, F64),
            0x2c | 0x2d => self.load(0, I32),
            0x2e | 0x2f => self.load(1, I32),
            0x30 | 0x31 => self.load(0, I64),
            0x32 | 0x33 => self.load(1, I64),
            0x34 | 0x35 => self.load(2, I64),
            0x36 => self.store(2, I32),
            0x37 => self.store(3, I64),
            0x38 => self.store(2, F32),
            0x39 => self.store(3, F64),
            0x3a => self.store(0, I32),
            0x3b => self.store(1, I32),
            0x3c => self.store(0, I64),
            0x3d => self.store(1, I64),
            0x3e => self.store(2, I64),
            0x3f => self.first_memory().map(|()| self.push(I32)),
            0x40 => self.first_memory().and_then(|()| self.unary(I32, I32)),
            0x41 => self.code.skip_i32().map(|()| self.push(I32)),
            0x42 => self.code.skip_i64().map(|()| self.push(I64)),
            0x43 => self.code.skip(4).map(|()| self.push(F32)),
            0x44 => self.code.skip(8).map(|()| self.push(F64)),
            0x45 => self.unary(I32, I32),
            0x46..=0x4f => self.binary(I32, I32),
            0x50 => self.unary(I64, I32),
            0x51..=0x5a => self.binary(I64, I32),
            0x5b..=0x60 => self.binary(F32, I32),
            0x61..=0x66 => self.binary(F64, I32),
            0x67..=0x69 => self.unary(I32, I32),
            0x6a..=0x78 => self.binary(I32, I32),
            0x79..=0x7b => self.unary(I64, I64),
            0x7c..=0x8a => self.binary(I64, I64),
            0x8b..=0x91 => self.unary(F32, F32),
            0x92..=0x98 => self.binary(F32, F32),
            0x99..=0x9f => self.unary(F64, F64),
            0xa0..=0xa6 => self.binary(F64, F64),
            0xa7 => self.unary(I64, I32),
            0xa8 | 0xa9 => self.unary(F32, I32),
            0xaa | 0xab => self.unary(F64, I32),
            0xac | 0xad => self.unary(I32, I64),
            0xae | 0xaf => self.unary(F32, I64),
            0xb0 | 0xb1 => self.unary(F64, I64),
            0xb2 | 0xb3 => self.unary(I32, F32),
            0xb4 | 0xb5 => self.unary(I64, F32),
            0xb6 => self.unary(F64, F32),
            0xb7 | 0xb8 => self.unary(I32, F64),
            0xb9 | 0xba => self.unary(I64, F64),
            0xbb => self.unary(F32, F64),
            0xbc => self.unary(F32, I32),
            0xbd => self.unary(F64, I64),
            0xbe => self.unary(I32, F32),
            0xbf => self.unary(I64, F64),
            0xc0 | 0xc1 => self.unary(I32, I32),
            0xc2..=0xc4 => self.unary(I64, I64),
            0xfc => self.prefixed(),
            0xfd => self.vector(),
            _ => None,
        }
    }

    /// Those behind the prefix 0xfc: conversions that saturate, and memory in bulk.
    fn prefixed(&mut self) -> Option<()> {
        match self.code.u32()? {
            0 | 1 => self.unary(F32, I32),
            2 | 3 => self.unary(F64, I32),
            4 | 5 => self.unary(F32, I64),
            6 | 7 => self.unary(F64, I64),
            10 => {
                self.first_memory()?;
                self.first_memory()?;
                self.pop_all(&[I32, I32, I32])
            }
            11 => {
                self.first_memory()?;
                self.pop_all(&[I32, I32, I32])
            }
            _ => None,
        }
    }

    #[inline(always)]
    fn push(&mut self, ty: Ty) {
        self.stack.push(ty);
    }

    /// Takes an operand of a type. Where code cannot be reached, there is always one below those that are known.
    #[inline(always)]
    fn pop(&mut self, ty: Ty) -> Option<()> {
        self.pop_any()?.is_none_or(|found| found == ty).then_some(())
    }

    /// Takes an operand of any type; the type, where it is known.
    #[inline(always)]
    fn pop_any(&mut self) -> Option<Option<Ty>> {
        if self.stack.len() > self.frame.height {
            return self.stack.pop().map(Some);
        }
        self.frame.is_unreachable.then_some(None)
    }

    /// Takes operands, the last one first.
    #[inline(always)]
    fn pop_all(&mut self, types: &[Ty]) -> Option<()> {
        types.iter().rev().try_for_each(|ty| self.pop(*ty))
    }

    #[inline(always)]
    fn push_all(&mut self, types: &[Ty]) {
        self.stack.extend_from_slice(types);
    }

    #[inline(always)]
    fn unary(&mut self, from: Ty, to: Ty) -> Option<()> {
        self.pop(from)?;
        self.push(to);
        Some(())
    }

    #[inline(always)]
    fn binary(&mut self, from: Ty, to: Ty) -> Option<()> {
        self.pop(from)?;
        self.unary(from, to)
    }

    /// `select` without a type, of two numbers or vectors.
    fn select(&mut self) -> Option<()> {
        self.pop(I32)?;
        let (second, first) = (self.pop_any()??, self.pop_any()??);
        (first == second && !first.is_reference()).then(|| self.push(first))
    }

    #[inline(always)]
    fn local(&mut self) -> Option<Ty> {
        let index = self.code.u32()? as usize;
        self.locals.get(index).copied()
    }

    #[inline(always)]
    fn local_get(&mut self) -> Option<()> {
        self.local().map(|ty| self.push(ty))
    }

    #[inline(always)]
    fn local_set(&mut self) -> Option<()> {
        self.local().and_then(|ty| self.pop(ty))
    }

    #[inline(always)]
    fn local_tee(&mut self) -> Option<()> {
        self.local().and_then(|ty| self.unary(ty, ty))
    }

    /// The type of the global that is named next, and whether it can change.
    fn global(&mut self) -> Option<(Ty, bool)> {
        let global = self.module.globals.get(GlobalIdx(self.code.u32()?).index())?;
        Some((Ty::of(global.content)?, global.mutable))
    }

    fn global_get(&mut self) -> Option<()> {
        self.global().map(|(ty, _)| self.push(ty))
    }

    fn global_set(&mut self) -> Option<()> {
        let (ty, is_mutable) = self.global()?;
        is_mutable.then_some(())?;
        self.pop(ty)
    }

    /// A function's parameters and results.
    #[inline(always)]
    fn signature_of(&self, func: FuncIdx) -> Option<Signature<'a>> {
        self.signatures.get(self.module.functions.get(func.index())?.index())
    }

    #[inline(always)]
    fn has_memory(&self) -> bool {
        !self.module.memories.is_empty()
    }

    /// Where an access goes: to the first memory, with an alignment of at most so many bits, and an offset.
    #[inline(always)]
    fn memarg(&mut self, alignment: u32) -> Option<()> {
        let given = self.code.memarg()?;
        (given.alignment <= alignment && given.memory == 0 && self.has_memory()).then_some(())
    }

    #[inline(always)]
    fn load(&mut self, alignment: u32, to: Ty) -> Option<()> {
        self.memarg(alignment)?;
        self.unary(I32, to)
    }

    #[inline(always)]
    fn store(&mut self, alignment: u32, from: Ty) -> Option<()> {
        self.memarg(alignment)?;
        self.pop(from)?;
        self.pop(I32)
    }

    /// The index of a memory, which must be the first one.
    fn first_memory(&mut self) -> Option<()> {
        let index = self.code.byte()?;
        (index == 0 && self.has_memory()).then_some(())
    }
}

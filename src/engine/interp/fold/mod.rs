//! A function's body to cells, in one pass over its bytes, when it is called for the first time.
//!
//! What the body keeps on the operand stack lives in the frame's slots, behind the locals: an operand at a depth has its
//! slot, so that nothing is pushed or popped when the function runs. Operands that are locals or constants are not even
//! put there until something needs them in their place (see `stack`), a result that goes straight into a local is
//! computed into it, comparisons join the branches that test them, and small constants stand in the instructions.
//!
//! ```text
//!   local.get 0
//!   i32.const 1
//!   i32.add             i32_add, of a slot and a small constant   0 <- 0, 1
//!   local.tee 0
//!   local.get 1
//!   i32.lt_s
//!   br_if 0             i32_lt_s, of two slots, as a branch         0, 1, back to the loop
//! ```
//!
//! A function with more slots than 16 bits can number is folded once more for that: see `wide`.
//!
//! Time and space are linear in the size of the body. Bodies have been validated before. spec: binary/modules#code-section

mod call;
mod control;
mod dispatch;
mod memory;
mod numeric;
mod rare;
mod simd;
mod stack;
#[cfg(test)]
mod tests;
mod variable;
mod wide;

use super::exec::{Functions, slots_of};
use super::op::{Form, Op, cell_imm, with_op};
use crate::engine::abi::VMLayout;
use crate::engine::module::{CodeReader, DecodeError, Module};
use crate::engine::types::{DefinedFuncIdx, ValType};
use control::{Fixup, Frame};
use stack::{Operand, Value};

/// A function that can run.
#[derive(Debug)]
pub(super) struct Folded {
    /// Instructions, the first one first. The last one never goes on to the next.
    pub(super) cells: Box<[u64]>,
    /// Slots of a frame: locals, operands, and what calls need behind them.
    pub(super) frame_slots: u32,
    /// Cells with the positions that they came from, in bytes from the start of the code section's contents; only for
    /// modules with DWARF. Ascending.
    offsets: Vec<(u32, u32)>,
}

impl Folded {
    /// The position that a cell came from: that of the instruction which it belongs to.
    pub(super) fn wasm_offset(&self, position: usize) -> Option<u32> {
        let position = u32::try_from(position).ok()?;
        let after = self.offsets.partition_point(|(cell, _)| *cell <= position);
        self.offsets.get(after.checked_sub(1)?).map(|(_, offset)| *offset)
    }
}

/// Folds a function.
///
/// # Errors
///
/// For a body that is no body.
pub(super) fn fold(functions: &Functions, function: DefinedFuncIdx) -> Result<Folded, DecodeError> {
    for size in [Size::Usual, Size::Long, Size::Wide] {
        if let Some(folded) = fold_with(functions, function, size)? {
            return Ok(folded);
        }
    }
    Err(DecodeError::too_large("bug in wazero: a function is too large for the interpreter"))
}

/// What kind of function it is, by its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    /// Branches of 16 bits lead everywhere, and numbers of 16 bits name every slot.
    Usual,
    /// Branches are longer, and do not compare.
    Long,
    /// And there are more slots.
    Wide,
}

/// Folds for functions of a size; nothing where it is larger.
fn fold_with(functions: &Functions, function: DefinedFuncIdx, size: Size) -> Result<Option<Folded>, DecodeError> {
    let module: &Module = functions.module();
    let index = module.func_idx(function);
    let range = module.bodies.get(function.index()).cloned().unwrap_or_default();
    let bytes = module.bytes.get(range.clone()).unwrap_or_default();
    let mut code = CodeReader::new(bytes);
    let ty = module.func_type(index);

    let mut f = Folder::new(functions, size, bytes.len());
    for ty in &ty.params {
        f.locals.declare(1, *ty == ValType::V128);
    }
    if size == Size::Wide {
        f.reserve_stages();
    }
    declare_locals(&mut f.locals, &mut code).ok_or_else(|| DecodeError::bug(format_args!("a body without locals")))?;
    f.begin(slots_of(&ty.params), ty);
    while !code.is_empty() {
        f.offset = (range.end - code.rest().len()) as u64;
        if f.has_dwarf {
            f.note_offset(f.offset);
        }
        let before = code;
        if !f.reachable || dispatch::fold_instruction(&mut f, &mut code).is_none() {
            code = before;
            rare::fold_rare(&mut f, &mut code)?;
        }
    }
    f.finish()
}

/// Reads the locals that a body begins with.
fn declare_locals(locals: &mut Locals, code: &mut CodeReader<'_>) -> Option<()> {
    for _ in 0..code.u32()? {
        let (count, ty) = code.locals()?;
        locals.declare(count, ty == ValType::V128);
    }
    Some(())
}

/// The state of folding one function.
struct Folder<'a> {
    functions: &'a Functions,
    module: &'a Module,
    layout: &'a VMLayout,
    size: Size,
    /// Where operands are staged whose slots have no numbers; nothing where all have.
    stages: Option<wide::Stages>,
    /// What has been folded so far.
    cells: Vec<u64>,
    /// The instruction whose result is the last one, while it is.
    last: Option<Produced>,
    locals: Locals,
    /// Operands, the topmost last.
    stack: Vec<Operand>,
    /// Slot of the next operand.
    top: u32,
    /// Most slots that were ever taken.
    frame_slots: u32,
    /// Operands below this position are no locals.
    clean: usize,
    /// For each local's slot the position behind that of its topmost operand in `stack`; 0 for none.
    pending: Vec<u32>,
    control: Vec<Frame<'a>>,
    fixups: Vec<Fixup>,
    reachable: bool,
    /// Blocks that began in code that cannot be reached and have not ended.
    dead_blocks: u32,
    /// A branch does not lead far enough, or a slot has no number.
    is_larger: bool,
    has_dwarf: bool,
    offsets: Vec<(u32, u32)>,
    /// Position of the operator in the module's bytes.
    offset: u64,
}

/// Where an instruction names its result.
#[derive(Clone, Copy, Debug)]
struct Produced {
    /// Its first cell.
    start: usize,
    /// The cell that names the slot.
    cell: usize,
    /// The bits of that cell, from this one on.
    shift: u32,
    /// The cell behind the instruction.
    end: usize,
    /// The slot.
    slot: u32,
    /// The kind of the result, where it is handed to the next instruction.
    kind: Option<Kind>,
}

/// The two kinds of last results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Integer,
    Float,
}

/// Slots of locals.
#[derive(Debug, Default)]
struct Locals {
    /// Runs of locals of one width: the first one's number, its slot, and whether they are wide.
    runs: Vec<(u32, u32, bool)>,
    /// How many there are.
    count: u32,
    /// How many slots they take.
    slots: u32,
}

impl Locals {
    fn declare(&mut self, count: u32, wide: bool) {
        if count == 0 {
            return;
        }
        if let Some(last) = self.runs.last_mut().filter(|(first, ..)| *first == self.count) {
            // Nothing has been declared since slots were left out.
            last.2 = wide;
        } else if self.runs.last().is_none_or(|(_, _, last)| *last != wide) {
            self.runs.push((self.count, self.slots, wide));
        }
        self.count = self.count.saturating_add(count);
        self.slots = self.slots.saturating_add(count.saturating_mul(if wide { 2 } else { 1 }));
    }

    /// Leaves slots out.
    fn skip(&mut self, slots: u32) {
        self.slots += slots;
        // The next locals begin a run of their own.
        self.runs.push((self.count, self.slots, false));
    }

    /// A local's slot, and whether it is wide.
    fn place(&self, local: u32) -> (u32, bool) {
        let run = match self.runs.as_slice() {
            [(_, 0, false)] => return (local, false),
            runs => runs.partition_point(|(first, ..)| *first <= local),
        };
        let (first, slot, wide) = self.runs.get(run.saturating_sub(1)).copied().unwrap_or_default();
        (slot + (local - first) * if wide { 2 } else { 1 }, wide)
    }
}

impl<'a> Folder<'a> {
    fn new(functions: &'a Functions, size: Size, body_bytes: usize) -> Folder<'a> {
        let module: &Module = functions.module();
        Folder {
            functions,
            module,
            layout: functions.layout(),
            size,
            stages: None,
            cells: Vec::with_capacity(body_bytes / 2 + 4),
            last: None,
            locals: Locals::default(),
            stack: Vec::new(),
            top: 0,
            frame_slots: 0,
            clean: 0,
            pending: Vec::new(),
            control: Vec::new(),
            fixups: Vec::new(),
            reachable: true,
            dead_blocks: 0,
            is_larger: false,
            has_dwarf: functions.has_dwarf(),
            offsets: Vec::new(),
            offset: 0,
        }
    }

    /// Begins the function, whose parameters take so many slots.
    fn begin(&mut self, params: usize, ty: &'a crate::engine::types::FuncType) {
        self.top = self.locals.slots;
        self.frame_slots = self.top.max(slots_of(&ty.results) as u32);
        if self.functions.has_tiers() {
            self.emit(&[cell(Op::count_call, 0, 0, 0)]);
        }
        let own = self.locals.slots - params as u32;
        if own > 0 {
            let first = self.number(params as u32);
            self.emit(&[cell_imm(Op::enter, first, own)]);
        }
        self.control.push(Frame::function(ty, self.top));
    }

    fn finish(self) -> Result<Option<Folded>, DecodeError> {
        if self.is_larger {
            return Ok(None);
        }
        let mut cells = self.cells;
        // A body that ends in code that cannot be reached ends here all the same.
        cells.push(cell(Op::unreachable, 0, 0, 0));
        Ok(Some(Folded { cells: cells.into_boxed_slice(), frame_slots: self.frame_slots, offsets: self.offsets }))
    }

    /// Notes where what is folded next comes from.
    fn note_offset(&mut self, offset: u64) {
        let offset = offset.saturating_sub(self.module.code_section.start as u64) as u32;
        let next = self.cells.len() as u32;
        match self.offsets.last_mut() {
            Some((cell, known)) if *cell == next => *known = offset,
            _ => self.offsets.push((next, offset)),
        }
    }

    /// Adds an instruction.
    fn emit(&mut self, cells: &[u64]) {
        self.cells.extend_from_slice(cells);
    }

    /// The number of a slot as instructions have it.
    fn number(&mut self, slot: u32) -> u16 {
        u16::try_from(slot).unwrap_or_else(|_| {
            self.is_larger = true;
            0
        })
    }

    /// Adds an instruction whose result is the next operand, with `a` for its slot. `make` gets that number.
    fn produce(&mut self, wide: bool, make: impl FnOnce(u16) -> u64) {
        self.produce_with(wide, None, make, &[]);
    }

    /// As `produce`, for instructions with further cells, and those that hand their result on.
    fn produce_with(&mut self, wide: bool, kind: Option<Kind>, make: impl FnOnce(u16) -> u64, further: &[u64]) {
        let slot = self.push_temp(wide);
        let number = self.number_of_result(slot);
        let start = self.cells.len();
        self.cells.push(make(number));
        self.cells.extend_from_slice(further);
        if self.stages.is_some() {
            return self.unstage(slot, wide);
        }
        self.last = Some(Produced { start, cell: start, shift: 16, end: self.cells.len(), slot, kind });
    }

    /// Whether an operand that is taken now is the last result. If nothing else can read it, it is not stored either.
    fn is_last_result(&mut self, operand: Operand, kind: Kind) -> bool {
        let Some(last) = self.last.filter(|last| last.kind == Some(kind)) else { return false };
        let slot = match operand.value {
            Value::Temp => operand.slot,
            Value::Local { slot, .. } => slot,
            Value::Const(_) => return false,
        };
        if slot != last.slot {
            return false;
        }
        if operand.value == Value::Temp {
            let (op, form) = Op::of(self.cells[last.start]);
            self.cells[last.start] = with_op(self.cells[last.start], op, form.unstored());
        }
        true
    }
}

/// Makes the first cell of an instruction in its first form.
fn cell(op: Op, a: u16, b: u16, c: u16) -> u64 {
    super::op::cell(op, Form::PLAIN, a, b, c)
}

//! The work of compiling a module, shared by its workers.
//!
//! Tasks are numbered: own functions in their order, then trampolines. Workers claim them in another order, the largest
//! functions first, so that none is left with a large one while the others wait. A failed task makes all later numbers
//! pointless but not the earlier ones, so that the error reported is always the first by number.
//!
//! Functions whose type and body are the same have the same code, and the first of them is compiled for all: compilers
//! leave many such small functions, and a hostile module may have a million. Only source positions tell them apart, so
//! that modules with DWARF have each compiled.

use super::function::{CompiledFunction, FunctionCompiler};
use super::isa::Target;
use super::{CompileError, Progress, TrampolinePlan};
use crate::engine::abi::VMLayout;
use crate::engine::abi::tunables::SHARED_BODY_BYTES;
use crate::engine::module::{BodyValidator, Module};
use crate::engine::types::{DefinedFuncIdx, TypeIdx};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one worker made: tasks' numbers with their results.
type Batch = Vec<(usize, Result<CompiledFunction, CompileError>)>;

/// The results of all tasks.
pub(super) struct Compiled {
    /// Results with their tasks' numbers, ascending.
    done: Vec<(usize, CompiledFunction)>,
    /// The task that is done in place of each of the first tasks.
    stand_ins: Vec<u32>,
}

impl Compiled {
    /// The result of a task.
    pub(super) fn get(&self, task: usize) -> Result<&CompiledFunction, CompileError> {
        let task = self.stand_ins.get(task).map_or(task, |stand_in| *stand_in as usize);
        let position = self.done.binary_search_by_key(&task, |(number, _)| *number);
        let done = position.ok().and_then(|position| self.done.get(position));
        done.map(|(_, function)| function).ok_or_else(|| CompileError::bug(format!("task {task} was not done")))
    }
}

/// The tasks of one module.
pub(super) struct Queue<'a> {
    target: &'a Target,
    module: &'a Module,
    layout: &'a VMLayout,
    bodies: &'a [BodyValidator],
    trampolines: &'a [TrampolinePlan<'a>],
    progress: Option<Progress<'a>>,
    /// The task that is done in place of each function's.
    stand_ins: Vec<u32>,
    /// Numbers of tasks in the order they are claimed.
    order: Vec<usize>,
    /// Position in `order` of the next task.
    next: AtomicUsize,
    /// The lowest number of a failed task, or `usize::MAX`.
    failed: AtomicUsize,
    /// Bytes of function bodies that are done.
    done_bytes: AtomicUsize,
    /// Bytes of all function bodies that are compiled.
    total_bytes: usize,
}

impl<'a> Queue<'a> {
    /// All tasks of the module.
    pub(super) fn new(
        target: &'a Target,
        module: &'a Module,
        layout: &'a VMLayout,
        bodies: &'a [BodyValidator],
        trampolines: &'a [TrampolinePlan<'a>],
        progress: Option<Progress<'a>>,
    ) -> Queue<'a> {
        let stand_ins = stand_ins(module);
        let mut order: Vec<usize> = (0..bodies.len()).filter(|task| stand_ins[*task] as usize == *task).collect();
        let total_bytes = order.iter().map(|task| module.bodies[*task].len()).sum();
        order.sort_by_key(|task| Reverse(module.bodies[*task].len()));
        order.extend(bodies.len()..bodies.len() + trampolines.len());
        Queue {
            target,
            module,
            layout,
            bodies,
            trampolines,
            progress,
            stand_ins,
            order,
            next: AtomicUsize::new(0),
            failed: AtomicUsize::new(usize::MAX),
            done_bytes: AtomicUsize::new(0),
            total_bytes,
        }
    }

    /// Does all tasks with that many threads, of which the calling one is the first.
    pub(super) fn run(&self, workers: usize) -> Result<Compiled, CompileError> {
        let batches = std::thread::scope(|scope| {
            // A thread that cannot be started leaves its share to the others.
            let start = |_| std::thread::Builder::new().spawn_scoped(scope, || self.work()).ok();
            let others: Vec<_> = (1..workers).filter_map(start).collect();
            let mut batches = vec![self.work()];
            for worker in others {
                batches.push(worker.join().map_err(|_| CompileError::bug("a compiler thread panicked"))?);
            }
            Ok::<_, CompileError>(batches)
        })?;
        let mut results: Vec<_> = batches.into_iter().flatten().collect();
        results.sort_unstable_by_key(|(task, _)| *task);
        let done =
            results.into_iter().map(|(task, result)| Ok((task, result?))).collect::<Result<_, CompileError>>()?;
        Ok(Compiled { done, stand_ins: self.stand_ins.clone() })
    }

    /// Does tasks until none is left.
    fn work(&self) -> Batch {
        let mut batch = Batch::new();
        let mut compiler = self.compiler();
        while let Some(task) = self.order.get(self.next.fetch_add(1, Ordering::Relaxed)).copied() {
            if task > self.failed.load(Ordering::Relaxed) {
                continue;
            }
            // A panic of the code generator must not take the embedder's thread with it.
            let result = catch_unwind(AssertUnwindSafe(|| self.perform(&mut compiler, task)))
                .unwrap_or_else(|_| Err(CompileError::bug(format!("the compiler panicked in task {task}"))));
            if result.is_err() {
                self.failed.fetch_min(task, Ordering::Relaxed);
                // The failed function left its buffers half filled.
                compiler = self.compiler();
            }
            batch.push((task, result));
        }
        batch
    }

    fn compiler(&self) -> FunctionCompiler<'a> {
        FunctionCompiler::new(self.target, self.module, self.layout)
    }

    fn perform(&self, compiler: &mut FunctionCompiler<'a>, task: usize) -> Result<CompiledFunction, CompileError> {
        let Some(body) = self.bodies.get(task) else {
            let plan = &self.trampolines[task - self.bodies.len()];
            return compiler.trampoline(plan.ty, plan.kind);
        };
        let code = compiler.compile(DefinedFuncIdx::from_usize(task), body)?;
        let len = self.module.bodies[task].len();
        let done = self.done_bytes.fetch_add(len, Ordering::Relaxed) + len;
        if let Some(progress) = self.progress {
            progress(done, self.total_bytes);
        }
        Ok(code)
    }
}

/// For each own function the first one with the same type and body, which may be itself.
fn stand_ins(module: &Module) -> Vec<u32> {
    let own = 0..module.bodies.len() as u32;
    if module.has_dwarf() {
        return own.collect();
    }
    let mut first: HashMap<(TypeIdx, &[u8]), u32> = HashMap::new();
    let types = module.functions.iter().skip(module.imported_funcs as usize);
    let stand_in = |((function, ty), range): ((u32, &TypeIdx), &Range<usize>)| {
        let body = module.bytes.get(range.clone()).filter(|body| body.len() <= SHARED_BODY_BYTES);
        body.map_or(function, |body| *first.entry((*ty, body)).or_insert(function))
    };
    own.zip(types).zip(&module.bodies).map(stand_in).collect()
}

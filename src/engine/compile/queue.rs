//! The work of compiling a module, shared by its workers.
//!
//! Tasks are numbered: own functions in their order, then trampolines. Workers claim them in another order, the largest
//! functions first, so that none is left with a large one while the others wait. A failed task makes all later numbers
//! pointless but not the earlier ones, so that the error reported is always the first by number.

use super::function::{CompiledFunction, FunctionCompiler};
use super::isa::Target;
use super::{CompileError, Progress, TrampolinePlan};
use crate::engine::abi::VMLayout;
use crate::engine::module::{BodyValidator, Module};
use crate::engine::types::DefinedFuncIdx;
use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one worker made: tasks' numbers with their results.
type Batch = Vec<(usize, Result<CompiledFunction, CompileError>)>;

/// The tasks of one module.
pub(super) struct Queue<'a> {
    target: &'a Target,
    module: &'a Module,
    layout: &'a VMLayout,
    bodies: &'a [BodyValidator],
    trampolines: &'a [TrampolinePlan<'a>],
    progress: Option<Progress<'a>>,
    /// Numbers of tasks in the order they are claimed.
    order: Vec<usize>,
    /// Position in `order` of the next task.
    next: AtomicUsize,
    /// The lowest number of a failed task, or `usize::MAX`.
    failed: AtomicUsize,
    /// Bytes of function bodies that are done.
    done_bytes: AtomicUsize,
    /// Bytes of all function bodies.
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
        let mut order: Vec<usize> = (0..bodies.len() + trampolines.len()).collect();
        order[..bodies.len()].sort_by_key(|task| Reverse(module.bodies[*task].len()));
        Queue {
            target,
            module,
            layout,
            bodies,
            trampolines,
            progress,
            order,
            next: AtomicUsize::new(0),
            failed: AtomicUsize::new(usize::MAX),
            done_bytes: AtomicUsize::new(0),
            total_bytes: module.bodies.iter().map(|body| body.len()).sum(),
        }
    }

    /// Does all tasks with that many threads, of which the calling one is the first. Results are in order of their
    /// numbers.
    pub(super) fn run(&self, workers: usize) -> Result<Vec<CompiledFunction>, CompileError> {
        let batches = std::thread::scope(|scope| {
            let others: Vec<_> = (1..workers).map(|_| scope.spawn(|| self.work())).collect();
            let mut batches = vec![self.work()];
            for worker in others {
                batches.push(worker.join().map_err(|_| CompileError::bug("a compiler thread panicked"))?);
            }
            Ok::<_, CompileError>(batches)
        })?;
        let mut results: Vec<_> = batches.into_iter().flatten().collect();
        results.sort_unstable_by_key(|(task, _)| *task);
        results.into_iter().map(|(_, result)| result).collect()
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

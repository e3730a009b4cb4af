//! What is wanted, what is being compiled, and what is there.

use crate::engine::code::Code;
use crate::engine::compile::Part;
use crate::engine::types::DefinedFuncIdx;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// The code of a loop, which takes over the frame of an interpreted function and ends it.
#[derive(Debug)]
pub struct LoopCode {
    code: Arc<Code>,
    /// Position among the functions of the code.
    position: usize,
}

impl LoopCode {
    pub(super) fn new(code: Arc<Code>, position: usize) -> LoopCode {
        LoopCode { code, position }
    }

    /// In wasm's calling convention, with the address of the frame as its one parameter.
    pub fn address(&self) -> Option<*const u8> {
        self.code.part(self.position)
    }
}

/// Where a part is on its way.
#[derive(Debug)]
pub(super) enum Stage {
    /// In the queue, asked for so many times.
    Wanted(u32),
    /// Being compiled.
    Begun,
    /// A function that is compiled.
    Compiled,
    /// A loop that is compiled. It is there as long as the module.
    Loop(Arc<LoopCode>),
    /// It stays interpreted.
    Failed,
}

/// The state that a lock guards.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Every part that was ever asked for.
    pub(super) stages: HashMap<Part, Stage>,
    /// Those that are wanted, in no order.
    pub(super) wanted: Vec<Part>,
    /// Threads that there are.
    pub(super) workers: usize,
    /// Threads that wait.
    pub(super) idle: usize,
    /// No more work is done.
    pub(super) closed: bool,
    /// Functions that are compiled, in that order.
    published: Vec<DefinedFuncIdx>,
    /// What keeps their code.
    codes: Vec<Arc<Code>>,
}

/// The parts of one module.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// How many functions are compiled.
    published: AtomicUsize,
    /// Something is wanted.
    wanted: Condvar,
    /// Something is done.
    done: Condvar,
}

impl Queue {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that something is wanted, or that the queue is closed.
    pub(super) fn notify(&self) {
        self.wanted.notify_all();
    }

    /// Waits until something is wanted, or the queue is closed.
    pub(super) fn wait<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.wanted.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a part is done, however that ends.
    pub(super) fn wait_for<'a>(&'a self, mut state: MutexGuard<'a, State>, part: Part) -> MutexGuard<'a, State> {
        while !state.closed && matches!(state.stages.get(&part), Some(Stage::Wanted(_) | Stage::Begun)) {
            state = self.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wanted.notify_all();
        self.done.notify_all();
    }

    /// Notes what became of parts that were begun. `code` keeps them.
    pub(super) fn finish(&self, stages: Vec<(Part, Stage)>, code: Option<Arc<Code>>) {
        let mut state = self.lock();
        for (part, stage) in stages {
            if let (Part::Function(function), Stage::Compiled) = (part, &stage) {
                state.published.push(function);
            }
            state.stages.insert(part, stage);
        }
        state.codes.extend(code);
        self.published.store(state.published.len(), Ordering::Release);
        drop(state);
        self.done.notify_all();
    }

    pub(super) fn codes(&self) -> Vec<Arc<Code>> {
        self.lock().codes.clone()
    }

    pub(super) fn batch_count(&self) -> usize {
        self.lock().codes.len()
    }

    pub(super) fn published_count(&self) -> usize {
        self.published.load(Ordering::Acquire)
    }

    pub(super) fn published_since(&self, known: usize) -> Vec<DefinedFuncIdx> {
        self.lock().published.get(known..).unwrap_or_default().to_vec()
    }
}

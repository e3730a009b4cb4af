//! Deciding what is compiled, and the threads that do it.

use super::callees::callees;
use super::queue::{LoopCode, Stage, State};
use super::{Answer, Shared};
use crate::engine::abi::tunables::{
    BATCH_BYTES, CALLEE_BYTES, CALLEE_CALLS, CALLS_OF_A_FUNCTION, CALLS_UNTIL_ASKED_AGAIN, CALLS_WHILE_QUIET,
    QUIET_TIME, ROUNDS_UNTIL_ASKED_AGAIN,
};
use crate::engine::code::Code;
use crate::engine::compile::{CompileError, Part};
use crate::engine::interp::{Compiled, Function};
use crate::engine::sys::lower_priority;
use crate::engine::types::DefinedFuncIdx;
use std::num::NonZeroUsize;
use std::sync::{Arc, MutexGuard};
use std::thread;

/// Name of the threads that compile beside a run.
pub const WORKER_NAME: &str = "wazero-compile";

/// What becomes of a function whose count has run out, or of a loop of it.
pub(super) fn ask(shared: &Arc<Shared>, function: &Function, loop_at: Option<u32>) -> Answer {
    if !shared.bodies.are_validated() {
        // Only what is valid is compiled, and those who would are better occupied with that.
        return Answer { ask_again_after: ROUNDS_UNTIL_ASKED_AGAIN, loop_code: None };
    }
    if !shared.options.waits && shared.begun.elapsed() < QUIET_TIME {
        return Answer { ask_again_after: CALLS_WHILE_QUIET, loop_code: None };
    }
    let whole = Part::Function(function.index());
    let Some(at) = loop_at else {
        // Calls that have begun before it was compiled may still come to hot loops.
        let is_hopeless = want(shared, whole) && function.compiled().is_none();
        return Answer { ask_again_after: again(shared, CALLS_UNTIL_ASKED_AGAIN, is_hopeless), loop_code: None };
    };
    let part = Part::Loop(function.index(), at);
    // A function that is called now and then needs its loops only where it stays in them after it has been compiled.
    let often = if shared.options.waits { shared.options.heat.least.saturating_add(1) } else { CALLS_OF_A_FUNCTION };
    if function.calls() >= often && !want(shared, whole) {
        return Answer { ask_again_after: ROUNDS_UNTIL_ASKED_AGAIN, loop_code: None };
    }
    let ended = want(shared, part);
    let loop_code = loop_code(shared, part);
    let ask_again_after = again(shared, ROUNDS_UNTIL_ASKED_AGAIN, ended && loop_code.is_none());
    Answer { ask_again_after, loop_code }
}

/// How long until the next question: for good, where nothing will come of what was asked for.
fn again(shared: &Shared, usual: u32, is_hopeless: bool) -> u32 {
    match shared.options.waits {
        true => shared.options.heat.least.min(usual),
        false if is_hopeless => u32::MAX,
        false => usual,
    }
}

/// The code of a loop, if it is there.
fn loop_code(shared: &Shared, part: Part) -> Option<Arc<LoopCode>> {
    match shared.queue.lock().stages.get(&part) {
        Some(Stage::Loop(code)) => Some(code.clone()),
        _ => None,
    }
}

/// Has a part compiled, if it was not asked for before. Whether that has ended, in one way or another.
fn want(shared: &Arc<Shared>, part: Part) -> bool {
    let mut state = shared.queue.lock();
    match state.stages.get_mut(&part) {
        None => {
            state.stages.insert(part, Stage::Wanted(1));
            state.wanted.push(part);
            start_worker(shared, &mut state);
            shared.queue.notify();
        }
        Some(Stage::Wanted(times)) => *times = times.saturating_add(1),
        Some(Stage::Begun) => {}
        Some(Stage::Compiled | Stage::Loop(_) | Stage::Failed) => return true,
    }
    if shared.options.waits {
        drop(shared.queue.wait_for(state, part));
        return true;
    }
    false
}

/// Starts a thread, if there is more to do than threads that wait for it, and there may be more.
fn start_worker(shared: &Arc<Shared>, state: &mut State) {
    if state.idle >= state.wanted.len() || state.workers >= most_workers(shared) {
        return;
    }
    let own = shared.clone();
    let started = thread::Builder::new().name(WORKER_NAME.to_owned()).spawn(move || work(&own));
    if started.is_ok() {
        state.workers += 1;
    } else if state.workers == 0 {
        // There is nobody who would do it.
        for part in std::mem::take(&mut state.wanted) {
            state.stages.insert(part, Stage::Failed);
        }
    }
}

/// Most threads that compile at the same time.
fn most_workers(shared: &Shared) -> usize {
    let all_but_one = || thread::available_parallelism().map_or(1, |all| all.get().saturating_sub(1).max(1));
    *shared.most_workers.get_or_init(|| shared.options.workers.map_or_else(all_but_one, NonZeroUsize::get))
}

/// What a thread does: takes parts until there will be no more.
fn work(shared: &Arc<Shared>) {
    lower_priority();
    loop {
        let mut state = shared.queue.lock();
        state.idle += 1;
        while state.wanted.is_empty() && !state.closed {
            state = shared.queue.wait(state);
        }
        state.idle -= 1;
        if state.closed {
            state.workers -= 1;
            return;
        }
        let batch = next_batch(shared, state);
        compile(shared, batch);
    }
}

/// Takes the part that is wanted most, and what is best compiled with it: callees, and where much is wanted, what is wanted
/// next. Functions come in front of loops.
fn next_batch<'a>(shared: &'a Shared, mut state: MutexGuard<'a, State>) -> Vec<Part> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    let mut position = 0;
    while position < batch.len() || (bytes < BATCH_BYTES && take_most_urgent(shared, &mut state, &mut batch)) {
        let part: Part = batch[position];
        position += 1;
        bytes += shared.body_bytes(part.function());
        // Reading a long body takes a while, in which the running thread may want something.
        drop(state);
        let callees = callees(&shared.module, part.function());
        state = shared.queue.lock();
        for callee in callees {
            if bytes < BATCH_BYTES && joins(shared, &state, callee) {
                batch.push(Part::Function(callee));
                state.stages.insert(Part::Function(callee), Stage::Begun);
                state.wanted.retain(|wanted| *wanted != Part::Function(callee));
            }
        }
    }
    batch.sort_by_key(|part| matches!(part, Part::Loop(..)));
    batch
}

/// Moves the part that is wanted most to the batch, if it fits in there: whoever waits for the first one should not wait for long
/// ones behind it.
fn take_most_urgent(shared: &Shared, state: &mut State, batch: &mut Vec<Part>) -> bool {
    let fits = |part: &Part| batch.is_empty() || shared.body_bytes(part.function()) < CALLEE_BYTES;
    let positions = (0..state.wanted.len()).filter(|position| fits(&state.wanted[*position]));
    let Some(first) = positions.min_by_key(|position| urgency(shared, state, state.wanted[*position])) else {
        return false;
    };
    let part = state.wanted.swap_remove(first);
    state.stages.insert(part, Stage::Begun);
    batch.push(part);
    true
}

/// What comes first has the least: loops, as somebody stands in them; else what is compiled soon for how much it is used.
fn urgency(shared: &Shared, state: &State, part: Part) -> (bool, u64) {
    let times = match state.stages.get(&part) {
        Some(Stage::Wanted(times)) => *times,
        _ => 1,
    };
    let calls = shared.functions.get(part.function()).map_or(0, Function::calls);
    let uses = u64::from(calls) + u64::from(times) * u64::from(ROUNDS_UNTIL_ASKED_AGAIN);
    // Somewhat more than the body, as every function takes its time.
    let cost = (shared.body_bytes(part.function()) as u64 + 64) << 20;
    (matches!(part, Part::Function(_)), cost / uses.max(1))
}

/// Whether a function is compiled with its caller: it runs, and it is small or wanted itself.
fn joins(shared: &Shared, state: &State, callee: DefinedFuncIdx) -> bool {
    match state.stages.get(&Part::Function(callee)) {
        None => {
            let calls = shared.functions.get(callee).map_or(0, Function::calls);
            calls >= CALLEE_CALLS && shared.body_bytes(callee) <= CALLEE_BYTES
        }
        Some(Stage::Wanted(_)) => shared.body_bytes(callee) <= BATCH_BYTES,
        Some(_) => false,
    }
}

/// Compiles parts together and publishes them. Those that cannot be compiled stay interpreted.
fn compile(shared: &Shared, mut batch: Vec<Part>) {
    let mut stages = Vec::new();
    let mut kept = None;
    while !batch.is_empty() {
        match publish(shared, &batch) {
            Ok((code, trampolines)) => {
                for (position, part) in batch.drain(..).enumerate() {
                    stages.push((part, take_over(shared, trampolines, &code, position, part)));
                }
                kept = Some(code);
            }
            Err(Some(part)) => {
                batch.retain(|other| *other != part);
                stages.push((part, Stage::Failed));
            }
            Err(None) => stages.extend(batch.drain(..).map(|part| (part, Stage::Failed))),
        }
    }
    shared.queue.finish(stages, kept);
}

/// Compiles and publishes parts; where that fails, the part that it is due to, if it is due to one.
fn publish<'a>(shared: &'a Shared, batch: &[Part]) -> Result<(Arc<Code>, &'a Arc<Code>), Option<Part>> {
    let parts = shared.parts().ok_or(None)?;
    let trampolines = shared.trampolines().ok_or(None)?;
    if batch.iter().any(|part| matches!(part, Part::Loop(..))) {
        // Here, so that the thread which runs the loop need not wait for it.
        shared.loop_entry().ok_or(None)?;
    }
    let artifact = parts.compile(batch).map_err(|(part, error)| {
        assert_no_bug(&error);
        Some(part)
    })?;
    let code = Code::publish(parts.target.isa(), artifact, Some(shared.module.clone()));
    Ok((code.map_err(|_| None)?, trampolines))
}

/// A release goes on without machine code where the compiler fails; while it is tested nobody should overlook that.
fn assert_no_bug(error: &CompileError) {
    if cfg!(debug_assertions) && matches!(error, CompileError::Bug(_)) {
        // A panic alone would end this thread, for which others may wait.
        let _ = std::panic::catch_unwind(|| panic!("{error}"));
        std::process::abort();
    }
}

/// Makes everything known that an earlier run has compiled, its trampolines too.
pub(super) fn take_in(shared: &Shared, code: &Arc<Code>) {
    if code.tables().trampoline_count() == 0 {
        return;
    }
    let _ = shared.trampolines.set(Some(code.clone()));
    let parts = (0..code.tables().function_count()).map(|position| (position, code.tables().part(position)));
    let stages = parts.map(|(position, part)| (part, take_over(shared, code, code, position, part))).collect();
    shared.queue.finish(stages, Some(code.clone()));
}

/// Makes a published part known to the interpreter.
fn take_over(shared: &Shared, trampolines: &Code, code: &Arc<Code>, position: usize, part: Part) -> Stage {
    let Part::Function(function) = part else {
        return Stage::Loop(Arc::new(LoopCode::new(code.clone(), position)));
    };
    let ty = shared.type_of(function);
    let compiled = Compiled::new(code.part(position), |kind| trampolines.trampoline(ty, kind));
    match (shared.functions.get(function), compiled) {
        (Some(record), Some(compiled)) => {
            record.set_compiled(compiled);
            Stage::Compiled
        }
        _ => Stage::Failed,
    }
}

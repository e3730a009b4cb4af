//! Counting calls and rounds of loops, and going over to machine code where that is there.
//!
//! A function that counts asks the runtime once its count has run out. What the answer is may change from one time to the
//! next: nothing yet, machine code for all calls from now on, or for the loop that it stands at. That code takes over the frame
//! (see `compile::translate::osr`) and ends the function in its place.

use super::bulk::helpers;
use super::call::{note_host_call, running};
use super::function::ENTER_COMPILED;
use super::run::Run;
use super::state::State;
use super::{Exit, handler};
use crate::engine::abi::{TrapCode, VMContext};
use std::ptr;

/// What stands for the function itself in place of a loop.
const WHOLE: u32 = u32::MAX;

// Counts a call.
handler!(count_call(s, cell) {
    if running(s.run).count_call() { s.next(1) } else { s.call(hot_call) }
});

// Counts a round of the loop at `imm` in the module's bytes.
handler!(count_loop(s, cell) {
    if running(s.run).count() { s.next(1) } else { s.call(hot_loop) }
});

// The function has been called often: goes on as machine code if it is compiled by now.
handler!(hot_call(s, cell) {
    ask(s.run, s.context(), WHOLE);
    match running(s.run).compiled() {
        Some(_) => State { ip: ENTER_COMPILED.as_ptr(), ..s }.go_on(),
        None => s.next(1),
    }
});

// The loop has had many rounds: goes on as machine code if it is compiled by now.
handler!(hot_loop(s, cell) {
    match ask(s.run, s.context(), cell.imm()) {
        0 => s.next(1),
        code => match call_loop(s.run, s.fp, s.context(), code) {
            0 => super::control::leave(s.reload()),
            trap => trap,
        },
    }
});

/// Asks the runtime what becomes of the running function, or of a loop of it.
#[inline(never)]
fn ask(run: *mut Run, context: *mut VMContext, loop_at: u32) -> u64 {
    let function = ptr::from_ref(running(run)).expose_provenance();
    helpers::heat_up(context, function as u64, loop_at)
}

/// Runs the rest of the running function as machine code, which leaves its results at the start of the frame.
#[inline(never)]
fn call_loop(run: *mut Run, fp: *mut u64, context: *mut VMContext, code: u64) -> Exit {
    // The machine code has a frame of its own, so that the interpreted one is not shown.
    note_host_call(run, ENTER_COMPILED.as_ptr(), fp, ptr::null());
    let called = helpers::call_loop(context, code, fp.expose_provenance() as u64);
    // SAFETY: The run stands on the stack of `enter`, which has not returned, and no other reference to it is used now.
    unsafe { (*run).shared.is_outside = false };
    if called == 0 { TrapCode::HostError as Exit } else { 0 }
}

//! Running cells: one function for each instruction, each of which goes on to the next.
//!
//! With optimisations an instruction ends in a call of the next one, which the code generator turns into a jump
//! (`threaded_dispatch`, see `build.rs`): the registers stay in registers, and each instruction has a jump of its own to
//! predict. Without, calls would pile up; there an instruction puts the registers down and returns to a loop.
#![allow(unsafe_code, reason = "cells, slots and memory are reached by address; every block says why it is sound")]

mod bulk;
mod call;
mod control;
mod families;
mod function;
mod heat;
mod run;
mod state;
mod table;
mod variable;

pub use call::RUN_MARK;
pub use function::{Compiled, Function, Functions, Heat, calls_compiled};
pub use run::{Entered, enter, enter_from_compiled, slots_of};

use table::TABLE;

/// What an instruction returns: 0 at the end of a run, the number of a trap, or [`CONTINUE`].
type Exit = u32;

/// The loop goes on with the registers that the run keeps.
const CONTINUE: Exit = u32::MAX;

/// The run ends in a call of a compiled function in place of its first one; its arguments are where that one's were.
const TAIL_CALL: u32 = u32::MAX - 2;

/// A function could not be folded; its module's records say why.
pub const UNFOLDABLE: u32 = u32::MAX - 1;

/// Defines an instruction: the name, what it is generic in, names for the registers and the first cell, and what it does.
macro_rules! handler {
    ($name:ident$([$($generics:tt)*])?($s:ident, $cell:ident) $body:block) => {
        pub(super) extern "C" fn $name$(<$($generics)*>)?(
            ip: *const u64,
            fp: *mut u64,
            memory: *mut u8,
            memory_len: usize,
            run: *mut $crate::engine::interp::exec::run::Run,
            last: u64,
            last_float: f64,
        ) -> $crate::engine::interp::exec::Exit {
            #[allow(unused_mut, reason = "not every instruction leaves its result for the next one")]
            let mut $s = $crate::engine::interp::exec::state::State { ip, fp, memory, memory_len, run, last, last_float };
            #[allow(unused_variables, reason = "some instructions have no operands")]
            let $cell = $s.cell();
            $body
        }
    };
}
use handler;

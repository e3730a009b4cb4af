//! L5 · The interpreter: function bodies to cells, on their first call, and running them.
//!
//! It shares everything with compiled code but the code: contexts, memories, tables, helpers and host functions are reached
//! through the `abi` layer's structs, and a function that it runs is entered as an entry trampoline enters a compiled one.
//!
//! ```text
//!   body ── fold, on the first call ──> cells          exec: one function per instruction
//!           (fold/, from operators)     (op)             registers: cell, frame, memory, instance, run
//!                                                        what it computes: numeric, partial, simd
//! ```
//!
//! What an instruction means stands in `numeric`, `partial` and `simd`, as small functions without any machinery: these are
//! the reference that the compiler is tested against. Only `exec` may use `unsafe`.

mod exec;
mod fold;
mod numeric;
mod op;
mod partial;
mod simd;

pub use exec::{
    Compiled, Entered, Function, Functions, Heat, RUN_MARK, UNFOLDABLE, calls_compiled, enter, enter_from_compiled,
};

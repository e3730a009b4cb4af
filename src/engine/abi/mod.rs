//! L2 · The contract between generated code and the runtime.
//!
//! **Calling convention.** Wasm functions use Cranelift's `tail` convention, which `return_call` needs. The first
//! parameter is the callee's context (`i64`), then come the wasm parameters; results are the wasm results. Frame pointers
//! are kept, because backtraces walk them. There is no stack check in prologues: wasm runs on a stack of its own with a
//! guard region below it.
//!
//! **Values.** `i32 i64 f32 f64` are themselves, `v128` is `i8x16`, a `funcref` is the address of a [`VMFuncRef`] (`i64`,
//! null is 0), an `externref` a 32-bit handle (`i32`, null is 0).
//!
//! **Trampolines.** *Entry*, one per type: `extern "C" fn(code, context, values: *mut ValRaw)` loads the parameters from
//! `values`, calls `code` and stores the results over them. *Host*, one per type and kind: a function in wasm's convention
//! whose context is a [`VMHostFunc`]; it checks [`VMStoreContext::stack_limit`], stores its frame pointer and the host
//! function into the store's context, calls `VMHostFunc::call` and traps with `HostError` where `host_failed` is set.
//! A *direct* host trampoline passes `(host: *const VMHostFunc, parameters...)` in the C convention and takes the one
//! result in a register; an *array* one passes `(host: *const VMHostFunc, values: *mut ValRaw)`. An *interpreted* one is an
//! array one whose host is the interpreter; where that has left a [`VMTailCall`], it makes the call in its own place, by a
//! *tail* trampoline: `tail(code, context, values: *mut ValRaw)`, which loads the parameters and calls `code` likewise.
//!
//! ```text
//!  host stack          | wasm stack (its own mapping)
//!  Func::call          |
//!    enter (assembly) ----> entry trampoline
//!                      |      wasm function
//!                      |        wasm function
//!                      |          host trampoline
//!                      |            host function (Rust, on the wasm stack)
//!                      |  ---- guard region ----
//! ```
//!
//! **Room.** Host functions and builtins run on the wasm stack, where a fault of theirs would be the host's and end the
//! process. So both are called only after comparing the stack pointer with [`VMStoreContext::stack_limit`].
//!
//! **Traps.** A trap is a hardware fault at a known address: `ud2` (or `udf`), a division, or an access to a guard
//! region. The signal handler finds its code by the program counter, notes the frames, and resumes behind `enter` with
//! the entry frame's stack pointer. No wasm or trampoline frame has anything to clean up.

mod builtins;
mod frames;
mod trap;
pub mod tunables;
mod vmctx;

pub use builtins::{Builtin, BuiltinType};
pub(crate) use builtins::{builtin_type, for_each_builtin};
pub use frames::{VMCall, VMFrames, VMRun, VMRunEnd};
pub use trap::TrapCode;
pub use vmctx::{
    VMContext, VMCounts, VMFuncElement, VMFuncKind, VMFuncRef, VMGlobal, VMHostFunc, VMImportedFunc, VMLayout,
    VMMemory, VMMemorySlot, VMStoreContext, VMTable, VMTableSlot, VMTailCall, ValRaw,
};

//! Every tuning constant, with unit, default and reason.

use std::time::Duration;

/// Address space behind a guarded memory's first byte, in bytes: all of a 32-bit address, so that an index alone never
/// leaves it.
pub const GUARDED_MEMORY_BYTES: u64 = 1 << 32;

/// Inaccessible bytes behind a guarded memory: static offsets up to this need no check. 2 GiB covers every offset that
/// compilers emit; larger ones are checked explicitly.
pub const GUARD_BYTES: u64 = 1 << 31;

/// Bytes from which on a guarded memory asks for pages of 2 MiB. Below, the last page would waste too large a part;
/// above, filling the memory takes fewer faults, and the system takes less time to free it when the process ends: of
/// 1 GiB in small pages more than the 100 ms by which `-timeout` may be late.
pub const HUGE_PAGES_FROM_BYTES: usize = 64 << 20;

/// Size of the wasm stack in bytes. Pages are committed on use; programs that recurse deeply (Go, parsers) need more
/// than the 1 MiB of a thread.
pub const WASM_STACK_BYTES: usize = 64 << 20;

/// Inaccessible bytes below the wasm stack: more than a frame can skip without being probed.
pub const STACK_GUARD_BYTES: usize = 1 << 20;

/// Frames larger than `1 << this` bytes touch every such step of theirs, so that none jumps over the stack guard.
pub const PROBE_SIZE_LOG2: u8 = 12;

/// Room in bytes that a host function finds on the wasm stack, or its call traps.
pub const HOST_CALL_STACK_BYTES: usize = 256 << 10;

/// Most frames a backtrace keeps.
pub const BACKTRACE_FRAMES: usize = 30;

/// Constant-length bulk operations of at most this many bytes are compiled to loads and stores.
pub const INLINE_BULK_BYTES: u64 = 128;

/// Locals that a function defines as zero at its start; later ones are left to the first use, which costs nothing for those
/// that are never used. Functions with more than a few dozen locals that are all used are rare.
pub const EAGER_LOCALS: usize = 256;

/// Function bodies of at most this many bytes are compiled once where several are the same. Longer ones hardly ever are.
pub const SHARED_BODY_BYTES: usize = 1 << 10;

/// Bytes of function bodies from which on a module is compiled by several threads: below, starting them takes longer
/// than the work.
pub const PARALLEL_COMPILE_BYTES: usize = 64 << 10;

/// Calls and rounds of loops after which a function is hot, whatever its size: a few times what compiling the smallest function
/// costs, in interpreted instructions.
pub const HEAT: u32 = 1000;

/// Calls and rounds in addition, for each byte of the function's body, as compiling takes time in proportion to that.
pub const HEAT_PER_BYTE: u32 = 1;

/// Calls until a hot function asks again whether it is compiled. Whoever calls it finds out by itself.
pub const CALLS_UNTIL_ASKED_AGAIN: u32 = 1000;

/// Rounds until a hot loop asks again for its code: some microseconds.
pub const ROUNDS_UNTIL_ASKED_AGAIN: u32 = 300;

/// Calls from which on a function with a hot loop is compiled itself first: fewer come from its own start alone.
pub const CALLS_OF_A_FUNCTION: u32 = 2;

/// Calls from which on a small function is compiled together with a hot caller.
pub const CALLEE_CALLS: u32 = 16;

/// Largest body in bytes of such a function.
pub const CALLEE_BYTES: usize = 1 << 10;

/// Bytes of bodies from which on no more functions are compiled together: they are published together, too.
pub const BATCH_BYTES: usize = 8 << 10;

/// Largest body in bytes that is translated where it is called, beside a run.
pub const INLINE_BYTES: usize = 64;

/// Most bytes of such bodies in one function.
pub const INLINE_TOTAL_BYTES: usize = 1 << 10;

/// Most of them around each other.
pub const INLINE_DEPTH: usize = 3;

/// Most locals that such a body has beside its parameters: each is set to zero where it is called.
pub const INLINE_LOCALS: u32 = 16;

/// By one in so many compiled functions an image has to grow to be written again.
pub const KEPT_GROWTH: usize = 16;

/// As [`HEAT`], where an earlier run has kept what was hot: what is compiled now serves all later runs.
pub const WARM_HEAT: u32 = 0;

/// Time from a module's start in which nothing is compiled: many programs have ended by then, and for them even starting a thread
/// would be for nothing.
pub const QUIET_TIME: Duration = Duration::from_millis(3);

/// Calls and rounds until a function asks again that was hot in that time.
pub const CALLS_WHILE_QUIET: u32 = 20;

//! Every tuning constant, with unit, default and reason.

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

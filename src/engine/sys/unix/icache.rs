//! Making new instructions visible to the processor's instruction fetch.

use std::io;

/// Makes `len` bytes of instructions at `base` visible to every thread. Nothing to do where the processor keeps its
/// instruction cache coherent.
///
/// # Errors
///
/// The system's, where other processors have to be told and cannot be.
#[cfg(any(target_arch = "x86_64", target_arch = "s390x"))]
pub fn publish_instructions(_base: *const u8, _len: usize) -> io::Result<()> {
    Ok(())
}

/// Makes no instructions visible: there is nobody to have made them.
///
/// # Errors
///
/// Where there are some.
#[cfg(not(has_compiler))]
pub fn publish_instructions(_base: *const u8, len: usize) -> io::Result<()> {
    if len == 0 { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
}

/// Makes `len` bytes of instructions at `base` visible to every thread: cleans the data cache to the point of unification,
/// drops stale lines of the instruction cache, and has every processor refill its pipeline.
///
/// # Errors
///
/// The system's, where other processors have to be told and cannot be.
#[cfg(all(target_arch = "aarch64", not(target_os = "macos")))]
pub fn publish_instructions(base: *const u8, len: usize) -> io::Result<()> {
    use std::arch::asm;

    let cache_type: u64;
    // SAFETY: Reads the cache type register, which user code may.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) cache_type, options(nomem, nostack, preserves_flags)) };
    let data_line = 4usize << ((cache_type >> 16) & 0xf);
    let instruction_line = 4usize << (cache_type & 0xf);
    let (start, end) = (base.addr(), base.addr() + len);
    for line in (start & !(data_line - 1)..end).step_by(data_line) {
        // SAFETY: The line belongs to the mapped range; cleaning it changes no memory.
        unsafe { asm!("dc cvau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: A barrier changes nothing.
    unsafe { asm!("dsb ish", options(nostack, preserves_flags)) };
    for line in (start & !(instruction_line - 1)..end).step_by(instruction_line) {
        // SAFETY: The line belongs to the mapped range; it is fetched again when needed.
        unsafe { asm!("ic ivau, {}", in(reg) line, options(nostack, preserves_flags)) };
    }
    // SAFETY: Barriers change nothing.
    unsafe { asm!("dsb ish", "isb", options(nostack, preserves_flags)) };
    refill_pipelines()
}

/// Makes `len` bytes of instructions at `base` visible to every thread, by the system's function: programs may not read the
/// sizes of cache lines there.
///
/// # Errors
///
/// None.
#[cfg(all(target_arch = "aarch64", target_os = "macos"))]
pub fn publish_instructions(base: *const u8, len: usize) -> io::Result<()> {
    unsafe extern "C" {
        fn sys_icache_invalidate(start: *mut libc::c_void, len: libc::size_t);
    }
    // SAFETY: The range is mapped; what it holds does not change. The barrier on the other processors is the system's.
    unsafe { sys_icache_invalidate(base.cast_mut().cast(), len) };
    Ok(())
}

/// Makes `len` bytes of instructions at `base` visible to every thread. Only the kernel can tell the other processors, and
/// those that a thread may move to.
///
/// # Errors
///
/// The system's.
#[cfg(target_arch = "riscv64")]
pub fn publish_instructions(base: *const u8, len: usize) -> io::Result<()> {
    /// `riscv_flush_icache`, the same on every kernel.
    const FLUSH_ICACHE: libc::c_long = 259;
    const ALL_THREADS: usize = 0;
    let (start, end) = (base.addr(), base.addr() + len);
    // SAFETY: The call reads nothing and changes no memory.
    if unsafe { libc::syscall(FLUSH_ICACHE, start, end, ALL_THREADS) } == 0 {
        return Ok(());
    }
    match io::Error::last_os_error() {
        // An emulator of user programs, which sees for itself what is written.
        error if error.raw_os_error() == Some(libc::ENOSYS) => Ok(()),
        error => Err(error),
    }
}

/// Has the other processors that run this process synchronise their instruction fetch.
#[cfg(all(target_arch = "aarch64", target_os = "linux"))]
fn refill_pipelines() -> io::Result<()> {
    const SYNC_CORE: libc::c_int = 1 << 5;
    const REGISTER_SYNC_CORE: libc::c_int = 1 << 6;
    const GLOBAL: libc::c_int = 1;
    let barrier = |command: libc::c_int| {
        // SAFETY: A barrier changes nothing.
        match unsafe { libc::syscall(libc::SYS_membarrier, command, 0) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    };
    // A process registers once. Kernels before 4.16 know the slow barrier alone.
    barrier(SYNC_CORE)
        .or_else(|_| barrier(REGISTER_SYNC_CORE).and_then(|()| barrier(SYNC_CORE)))
        .or_else(|_| barrier(GLOBAL))
}

/// The kernel does this when it makes pages executable, which is before any thread can know of what is in them.
#[cfg(all(target_arch = "aarch64", not(any(target_os = "linux", target_os = "macos"))))]
fn refill_pipelines() -> io::Result<()> {
    Ok(())
}

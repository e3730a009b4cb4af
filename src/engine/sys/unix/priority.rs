//! How urgent a thread is, and where it may run.

/// How much less urgent than others a thread is made: it still gets what nobody else wants, and a share beside those who do.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Has this thread stand back behind others. Where the system knows urgency of whole processes alone, nothing happens.
pub fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
}

/// How many processors this thread may run on. Unlike the standard library this does not ask for a quota of their time, which
/// stands in several files.
pub fn processors() -> usize {
    #[cfg(target_os = "linux")]
    if let Ok(processors) = rustix::thread::sched_getaffinity(None) {
        return processors.count() as usize;
    }
    std::thread::available_parallelism().map_or(1, usize::from)
}

//! How urgent a thread is.

/// How much less urgent than others a thread is made: it still gets what nobody else wants, and a share beside those who do.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Has this thread stand back behind others. Where the system knows urgency of whole processes alone, nothing happens.
pub fn lower_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
}

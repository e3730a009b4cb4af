//! The one table of exit codes. A guest's own code passes through; Unix keeps its low 8 bits.

/// Trap, or a module or argument that does not work.
pub(crate) const FAILED: u32 = 1;
/// A flag that does not exist or a value that its flag does not take.
pub(crate) const USAGE: u32 = 2;
/// `-timeout` ran out: 255 on Unix.
pub(crate) const TIMEOUT: u32 = 0xefff_ffff;

/// Ends the process at once with `code`.
#[allow(clippy::disallowed_methods, reason = "the one place that ends the process, with all 32 bits of a code")]
pub(crate) fn exit(code: u32) -> ! {
    std::process::exit(code.cast_signed())
}

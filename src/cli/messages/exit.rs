//! The one table of exit codes. A guest's own code passes through; Unix keeps its low 8 bits.

use crate::cli::sys;

/// Trap, or a module or argument that does not work.
pub(crate) const FAILED: u32 = 1;
/// A flag that does not exist or a value that its flag does not take.
pub(crate) const USAGE: u32 = 2;
/// `-timeout` ran out: 255 on Unix.
pub(crate) const TIMEOUT: u32 = 0xefff_ffff;

/// What an exit code means, for the documents.
#[cfg(test)]
pub(crate) const TABLE: [(&str, &str); 6] = [
    ("the program's own", "`proc_exit`; Unix keeps its low 8 bits"),
    ("0", "the program returned, the modules are valid, or usage was asked for"),
    ("1", "a trap; a module, mount, address or variable that does not work; an unknown command"),
    ("2", "a flag that does not exist, or a value that it does not take"),
    ("255", "`-timeout` ran out"),
    ("by signal", "Ctrl-C and the like; SIGPIPE where nobody reads the output any more and the program fails for it"),
];

/// Ends the process because nobody reads its output any more: as the system does with one that does not expect that, or
/// with [`FAILED`] where systems do nothing.
pub(crate) fn end_by_broken_pipe() -> ! {
    sys::end_by_broken_pipe();
    exit(FAILED)
}

/// Ends the process at once with `code`.
#[allow(clippy::disallowed_methods, reason = "the one place that ends the process, with all 32 bits of a code")]
pub(crate) fn exit(code: u32) -> ! {
    std::process::exit(code.cast_signed())
}

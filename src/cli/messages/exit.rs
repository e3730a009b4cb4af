//! The one table of exit codes. A guest's own code passes through; Unix keeps its low 8 bits.

use std::sync::Arc;

/// Trap, or a module or argument that does not work.
pub(crate) const FAILED: u32 = 1;
/// A flag that does not exist or a value that its flag does not take.
pub(crate) const USAGE: u32 = 2;
/// A pipe that nobody reads any more.
pub(crate) const SIGPIPE: i32 = signal_hook::consts::SIGPIPE;
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

/// Ends the process as this signal ends one that does not handle it, so that whoever waits for it sees the signal. A
/// signal that ends nothing is [`FAILED`].
pub(crate) fn end_by_signal(signal: i32) -> ! {
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    exit(FAILED)
}

/// Lets a write past the limit on the size of files fail, instead of ending the process: the guest is told `FBIG`.
pub(crate) fn survive_file_size_limit() {
    // Where no handler can be set, the signal does what it always did.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default());
}

/// Ends the process at once with `code`.
#[allow(clippy::disallowed_methods, reason = "the one place that ends the process, with all 32 bits of a code")]
pub(crate) fn exit(code: u32) -> ! {
    std::process::exit(code.cast_signed())
}

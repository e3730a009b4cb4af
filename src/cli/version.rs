//! `wazero version`.

use std::io::Write;

/// Prints the version alone on stdout, for scripts.
pub(super) fn print() {
    let _ = writeln!(std::io::stdout(), "{}", env!("CARGO_PKG_VERSION"));
}

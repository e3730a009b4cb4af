//! `wazero version`.

use super::failure::Failure;
use super::report;

/// Prints the version alone on stdout, for scripts.
pub(super) fn print() -> Result<u32, Failure> {
    report::print_result(concat!(env!("CARGO_PKG_VERSION"), "\n"))?;
    Ok(0)
}

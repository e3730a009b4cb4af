//! The `wazero` command. Everything it does is in the library's `cli` module.

use std::process::ExitCode;

fn main() -> ExitCode {
    wazero::cli::main(std::env::args_os())
}

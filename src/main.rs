//! The `wazero` command. Everything it does is in the library's `cli` module.

use std::process::ExitCode;

#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    wazero::cli::main(std::env::args_os())
}

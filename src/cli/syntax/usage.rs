//! Usage texts, in the form of Go's `flag` package. They go to stderr.

use super::flags::listed_flags;
use crate::cli::args::{self, flag_type};
use clap::Command;
use std::fmt::Write;

/// What `wazero` and `wazero -h` print.
pub(crate) fn top_level() -> String {
    let mut text = String::from("wazero CLI\n\nUsage:\n  wazero <command>\n\nCommands:\n");
    for (command, tabs) in [(args::compile(), "\t"), (args::run(), "\t\t")] {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {}{tabs}{about}", command.get_name());
    }
    text.push_str("  version\tDisplays the version of wazero CLI\n");
    text
}

/// What `wazero run -h` prints.
pub(crate) fn run() -> String {
    let usage = "wazero CLI\n\nUsage:\n  wazero run <options> <path to wasm file> [--] <wasm args>\n\nOptions:\n";
    format!("{usage}{}", options(&args::run()))
}

/// What `wazero compile -h` prints.
pub(crate) fn compile() -> String {
    let usage = "wazero CLI\n\nUsage:\n  wazero compile <options> <path to wasm file>\n\nOptions:\n";
    format!("{usage}{}", options(&args::compile()))
}

/// What follows the message of a flag error.
pub(crate) fn short(name: &str, command: &Command) -> String {
    format!("Usage of {name}:\n{}", options(command))
}

/// One entry a flag: name and type, then its help indented on the next line; a flag of one letter has both in one line.
fn options(command: &Command) -> String {
    let mut text = String::new();
    for flag in listed_flags(command) {
        let name = flag.get_long().unwrap_or_default();
        let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
        let separator = if name.len() == 1 && flag_type(flag).is_none() { "\t" } else { "\n    \t" };
        let ty = flag_type(flag).map(|ty| format!(" {ty}")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  -{name}{ty}{separator}{help}");
    }
    text
}

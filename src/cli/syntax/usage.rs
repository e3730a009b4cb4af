//! Usage texts, in the form of Go's `flag` package. They go to stderr.

use super::flags::listed_flags;
use crate::cli::args;
use clap::Command;
use std::fmt::Write;

/// What `wazero` and `wazero -h` print.
pub(crate) fn top_level() -> String {
    let mut text = String::from("wazero CLI\n\nUsage:\n  wazero <command>\n\nCommands:\n");
    for command in args::commands() {
        let (name, about) = (command.get_name(), about(&command));
        // The second column begins at 16.
        let tabs = if name.len() < 6 { "\t\t" } else { "\t" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name}{tabs}{about}");
    }
    text
}

/// What `wazero run -h` prints.
pub(crate) fn run() -> String {
    long(&args::run())
}

/// What `wazero compile -h` prints.
pub(crate) fn compile() -> String {
    long(&args::compile())
}

/// What `-h` prints for a command.
pub(crate) fn long(command: &Command) -> String {
    format!("wazero CLI\n\nUsage:\n  {}\n\nOptions:\n{}", synopsis(command), options(command))
}

/// A command as it is typed: its name, then what may follow.
pub(crate) fn synopsis(command: &Command) -> String {
    format!("wazero {} {}", command.get_name(), args::words(command)).trim_end().to_owned()
}

/// What a command does, in a few words.
pub(crate) fn about(command: &Command) -> String {
    command.get_about().map(ToString::to_string).unwrap_or_default()
}

/// What follows the message of a flag error.
pub(crate) fn short(name: &str, command: &Command) -> String {
    format!("Usage of {name}:\n{}", options(command))
}

/// One entry a flag: name and type, then its help indented on the next line; a flag of one letter has both in one line.
fn options(command: &Command) -> String {
    let mut text = String::new();
    for flag in listed_flags(command) {
        let separator = if flag.name.len() == 1 && flag.ty.is_none() { "\t" } else { "\n    \t" };
        let ty = flag.ty.as_ref().map(|ty| format!(" {ty}")).unwrap_or_default();
        let default = flag.default.as_ref().map(|default| format!(" (default {default})")).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  -{}{ty}{separator}{}{default}", flag.name, flag.help);
    }
    text
}

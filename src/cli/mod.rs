//! L12 · The command line: what the user types and reads.
//!
//! Words become flags ([`flags`], by the definitions in [`args`]), flags become checked options ([`options`]), and a
//! command acts on them ([`run`], [`compile`], [`version`]). Whatever fails on the way is a [`failure::Failure`] and
//! printed in one place. Stdout belongs to the guest.
//!
//! | folder or file | holds |
//! | --- | --- |
//! | [`args`], [`options`] | what may be typed, and what it means |
//! | [`syntax`] | how it is written |
//! | [`run`], [`compile`], ... | a file or folder for each command |
//! | [`messages`] | what is printed on stderr, and exit codes |

mod args;
mod cache;
mod cache_dir;
mod compile;
mod completion;
mod inspect;
mod invoke;
mod limits;
mod listen;
mod load;
mod messages;
mod mount;
mod options;
mod path_hint;
mod profile;
mod run;
mod strategy;
mod syntax;
mod sys;
mod terminal;
mod timeout;
mod validate;
mod version;
mod workers;

use clap::{ArgMatches, Command};
use failure::Failure;
use flags::FlagError;
use messages::visible::visible;
use messages::{exit, failure, progress, report};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use syntax::{duration, flags, usage};

/// Runs the command line, with the program's own name as the first word.
pub fn main(words: impl Iterator<Item = OsString>) -> ExitCode {
    timeout::note_process_start();
    let words: Vec<OsString> = words.collect();
    let code = dispatch(&words).unwrap_or_else(|failure| {
        report::print(&failure.to_string());
        failure.code()
    });
    match u8::try_from(code) {
        Ok(code) => ExitCode::from(code),
        Err(_) => exit::exit(code),
    }
}

fn dispatch(words: &[OsString]) -> Result<u32, Failure> {
    let (own_name, words) =
        words.split_first().map_or(("wazero".into(), words), |(own, rest)| (own.to_string_lossy(), rest));
    let command = args::top_level();
    let parsed = flags::parse(&command, words).map_err(|error| flag_failure(error, &own_name, &command))?;
    let Some((name, rest)) = parsed.words.split_first().filter(|_| !wants_help(&parsed.flags)) else {
        report::print(&usage::top_level());
        return Ok(0);
    };
    match name.to_str() {
        Some("cache") => cache::main(rest),
        Some("compile") => compile::main(rest),
        Some("completion") => completion::main(rest),
        Some("inspect") => inspect::main(rest),
        Some("run") => run::main(rest),
        Some("validate") => validate::main(rest),
        Some("version") => version::print(),
        _ => Err(invalid_command(name)),
    }
}

/// A word that is no command; often it is the module, with `run` left out.
fn invalid_command(name: &OsString) -> Failure {
    let failure = Failure::new("invalid command").usage(usage::top_level());
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "wasm" || extension == "wat") {
        return failure.hint(format!("to run the module: `wazero run {}`", visible(&path.to_string_lossy())));
    }
    failure
}

fn wants_help(flags: &ArgMatches) -> bool {
    flags::is_set(flags, "h")
}

/// A flag that was not understood: its message above the list of flags, exit code 2. `-help` asks for the list alone.
fn flag_failure(error: FlagError, name: &str, command: &Command) -> Failure {
    let usage = usage::short(name, command);
    match error {
        FlagError::Help => Failure::new("").usage(usage).exit_code(0),
        FlagError::Bad(message) => Failure::new(message).usage(usage).exit_code(exit::USAGE),
    }
}

//! Words as typed to clap's matches, by the rules of Go's `flag` package.
//!
//! `-x`, `--x`, `-x=v`, `--x=v` and `-x v` are equal; booleans take a value only after `=`. Flags end at the first word
//! that is none, at `--`, which is dropped, and at a lone `-`. The words behind the flags are kept untouched.

use crate::cli::args::flag_type;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgMatches, Command};
use clap_lex::OsStrExt;
use std::ffi::{OsStr, OsString};

/// Flags that were understood, and the words behind them.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// Values by flag name.
    pub(crate) flags: ArgMatches,
    /// Everything from the first word that is no flag.
    pub(crate) words: Vec<OsString>,
}

/// Why words were not understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FlagError {
    /// `-help`, which is no flag but asks for the option list.
    Help,
    /// The message to print above the option list.
    Bad(String),
}

/// Reads flags of `command` from the front of `words`.
pub(crate) fn parse(command: &Command, words: &[OsString]) -> Result<Parsed, FlagError> {
    let mut canonical = Vec::new();
    let mut rest = words;
    let failure = loop {
        match next_flag(command, &mut rest) {
            Ok(Some(flag)) => canonical.push(flag),
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    // A bad value in front of a bad flag is the first error.
    let flags = command.clone().try_get_matches_from(canonical).map_err(value_error)?;
    match failure {
        Some(error) => Err(error),
        None => Ok(Parsed { flags, words: rest.to_vec() }),
    }
}

/// Takes one flag with its value from the front of `words`, in the form `--name=value`.
fn next_flag(command: &Command, words: &mut &[OsString]) -> Result<Option<OsString>, FlagError> {
    let Some((word, after)) = words.split_first() else { return Ok(None) };
    let bytes = word.as_encoded_bytes();
    if bytes.len() < 2 || bytes[0] != b'-' {
        return Ok(None);
    }
    *words = after;
    if bytes == b"--" {
        return Ok(None);
    }
    let Some((name, value)) = split_flag(word) else {
        return Err(FlagError::Bad(format!("bad flag syntax: {}", word.to_string_lossy())));
    };
    let flag = command.get_arguments().find(|arg| arg.get_long() == Some(&name));
    let Some(flag) = flag else {
        let asks_for_help = name == "help";
        let message = format!("flag provided but not defined: -{name}");
        return Err(if asks_for_help { FlagError::Help } else { FlagError::Bad(message) });
    };
    let value = match value {
        Some(value) => value,
        None if flag_type(flag).is_none() => OsString::from("true"),
        None => match words.split_first() {
            Some((value, after)) => {
                *words = after;
                value.clone()
            }
            None => return Err(FlagError::Bad(format!("flag needs an argument: -{name}"))),
        },
    };
    let mut canonical = OsString::from(format!("--{name}="));
    canonical.push(value);
    Ok(Some(canonical))
}

/// `-name`, `--name`, `-name=value` or `--name=value`; nothing where the name is empty or begins with `-` or `=`.
fn split_flag(word: &OsStr) -> Option<(String, Option<OsString>)> {
    let flag = word.strip_prefix("--").or_else(|| word.strip_prefix("-"))?;
    let (name, value) = match flag.split_once("=") {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (flag, None),
    };
    let name = name.to_string_lossy().into_owned();
    let is_name = !name.is_empty() && !name.starts_with('-');
    is_name.then_some((name, value))
}

/// The message that Go prints for a value that its flag does not take.
fn value_error(error: clap::Error) -> FlagError {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    if error.kind() != ErrorKind::ValueValidation {
        return FlagError::Bad(error.to_string());
    }
    let (flag, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    let (name, ty) = match flag.trim_start_matches('-').split_once([' ', '=']) {
        Some((name, ty)) => (name, ty),
        None => (flag.trim_start_matches('-'), ""),
    };
    let is_bool = ty.is_empty() || ty.trim_matches(['<', '>']) == name;
    FlagError::Bad(if is_bool {
        format!("invalid boolean value {value:?} for -{name}: {cause}")
    } else {
        format!("invalid value {value:?} for flag -{name}: {cause}")
    })
}

/// Every flag of `command` that a usage text lists, in alphabetical order.
pub(crate) fn listed_flags(command: &Command) -> Vec<&Arg> {
    let mut flags: Vec<&Arg> = command.get_arguments().filter(|arg| arg.get_long().is_some()).collect();
    flags.sort_by_key(|flag| flag.get_long());
    flags
}

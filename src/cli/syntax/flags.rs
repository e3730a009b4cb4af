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

/// Whether a boolean flag was given, and not as false.
pub(crate) fn is_set(flags: &ArgMatches, name: &str) -> bool {
    flags.get_one::<bool>(name).copied().unwrap_or(false)
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
    let has_name = |flag: &&Arg| {
        let aliases = flag.get_visible_aliases().unwrap_or_default();
        flag.get_long() == Some(&name) || aliases.contains(&name.as_str())
    };
    let Some(flag) = command.get_arguments().find(has_name) else {
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

/// A flag as a usage text shows it.
#[derive(Debug)]
pub(crate) struct ListedFlag {
    /// Without dashes.
    pub(crate) name: String,
    /// What its value is; none for booleans, which need no value.
    pub(crate) ty: Option<String>,
    /// What it does, in sentences.
    pub(crate) help: String,
    /// The value where it is not given, unless that is nothing, zero or false.
    pub(crate) default: Option<String>,
}

/// Every flag of `command` that a usage text lists, also under its other names, in alphabetical order.
pub(crate) fn listed_flags(command: &Command) -> Vec<ListedFlag> {
    let mut listed = Vec::new();
    for flag in command.get_arguments() {
        let Some(name) = flag.get_long() else { continue };
        let ty = flag_type(flag).map(str::to_owned);
        let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
        let default = flag.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        for alias in flag.get_visible_aliases().unwrap_or_default() {
            let help = format!("Another name of -{name}.");
            listed.push(ListedFlag { name: alias.to_owned(), ty: ty.clone(), help, default: None });
        }
        listed.push(ListedFlag { name: name.to_owned(), ty, help, default });
    }
    listed.sort_by(|one, other| one.name.cmp(&other.name));
    listed
}

//! Flags as typed to options that `run` can act on. Every rule about values stands here.

use super::args::DurationValue;
use super::duration::Duration;
use super::failure::Failure;
use super::limits::Limits;
use super::mount::{MountSpec, parse_mount};
use super::profile::ProfileOptions;
use super::workers;
use clap::ArgMatches;
use clap_lex::OsStrExt;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What `run` was asked to do.
#[derive(Debug)]
pub(super) struct RunOptions {
    /// The module.
    pub(super) path: PathBuf,
    /// The guest's arguments, its own name first.
    pub(super) args: Vec<OsString>,
    /// The guest's environment, each name once.
    pub(super) env: Vec<(OsString, OsString)>,
    /// What the program may take of the machine.
    pub(super) limits: Limits,
    /// Directories of the guest; not looked at yet.
    pub(super) mounts: Vec<MountSpec>,
    /// Where profiles go.
    pub(super) profiles: ProfileOptions,
    /// Longest time from the process's start.
    pub(super) timeout: Option<Duration>,
    /// Most threads that compile.
    pub(super) workers: Option<NonZeroUsize>,
}

impl RunOptions {
    /// Checks what was typed, in the order of the command line's compatibility notes.
    pub(super) fn new(flags: &ArgMatches, words: &[OsString]) -> Result<RunOptions, Failure> {
        let Some((path, rest)) = words.split_first() else {
            return Err(Failure::new("missing path to wasm file").usage(super::usage::run()));
        };
        let env = environment(flags)?;
        let mounts = values(flags, "mount").map(|mount| parse_mount(mount)).collect::<Result<_, _>>()?;
        let path = PathBuf::from(path);
        let args = guest_args(&path, rest);
        let timeout = flags.get_one::<DurationValue>("timeout").map(|value| value.0);
        let (limits, profiles, workers) = (Limits::new(flags), ProfileOptions::new(flags), workers::wanted(flags));
        Ok(RunOptions { path, args, env, limits, mounts, profiles, timeout, workers })
    }
}

/// Every value of a flag that may be repeated.
fn values<'a>(flags: &'a ArgMatches, name: &str) -> impl Iterator<Item = &'a OsString> {
    flags.get_many::<OsString>(name).into_iter().flatten()
}

/// The base name of the path, then the words behind it. One `--` in front of further words is dropped.
fn guest_args(path: &std::path::Path, rest: &[OsString]) -> Vec<OsString> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_owned();
    let rest = match rest {
        [dashes, more @ ..] if dashes == "--" && !more.is_empty() => more,
        _ => rest,
    };
    std::iter::once(name).chain(rest.iter().cloned()).collect()
}

/// The host's environment where asked for, then `-env` in order; a repeated name keeps its place and takes the last
/// value.
fn environment(flags: &ArgMatches) -> Result<Vec<(OsString, OsString)>, Failure> {
    let mut pairs: Vec<(OsString, OsString)> = Vec::new();
    if flags.get_one::<bool>("env-inherit").copied().unwrap_or(false) {
        pairs.extend(inherited());
    }
    for text in values(flags, "env") {
        let (name, value) = split_env(text)?;
        match pairs.iter_mut().find(|(other, _)| other == name) {
            Some(pair) => pair.1 = value.to_owned(),
            None => pairs.push((name.to_owned(), value.to_owned())),
        }
    }
    Ok(pairs)
}

/// The host's environment without entries that have no name, such as the drive directories of Windows.
#[allow(clippy::disallowed_methods, reason = "-env-inherit asks for the host's environment")]
fn inherited() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| !name.is_empty() && !name.starts_with("="))
}

fn split_env(text: &OsStr) -> Result<(&OsStr, &OsStr), Failure> {
    let shown = text.to_string_lossy();
    let (name, value) = text.split_once("=").ok_or_else(|| {
        Failure::new(format!("invalid environment variable: {shown}"))
            .hint(format!("write it with its value, as in `-env={shown}=value`"))
    })?;
    if name.is_empty() {
        return Err(Failure::new("error instantiating wasm binary: environ invalid: empty key"));
    }
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{args, flags};

    fn options(words: &[&str]) -> Result<RunOptions, Failure> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let parsed = flags::parse(&args::run(), &words).unwrap_or_else(|error| panic!("{error:?}"));
        RunOptions::new(&parsed.flags, &parsed.words)
    }

    #[track_caller]
    fn check_args(words: &[&str], args: &[&str]) {
        assert_eq!(options(words).map(|options| options.args).unwrap_or_default(), args, "{words:?}");
    }

    #[test]
    fn arguments_lose_one_pair_of_dashes_in_front_of_more() {
        check_args(&["m.wasm", "--", "a"], &["m.wasm", "a"]);
        check_args(&["m.wasm", "--"], &["m.wasm", "--"]);
        check_args(&["m.wasm", "--", "--"], &["m.wasm", "--"]);
        check_args(&["m.wasm", "a", "--", ""], &["m.wasm", "a", "--", ""]);
        check_args(&["--", "m.wasm", "-x"], &["m.wasm", "-x"]);
        check_args(&["fs/../wasi_arg.wasm"], &["wasi_arg.wasm"]);
        check_args(&["m.wasm", "-env", "x"], &["m.wasm", "-env", "x"]);
    }

    #[test]
    fn a_repeated_name_keeps_its_place_and_takes_the_last_value() {
        let options =
            options(&["-env=A=1", "--env", "B=2=3", "-env", "A=", "m.wasm"]).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(options.env, [("A".into(), "".into()), ("B".into(), "2=3".into())]);
    }
}

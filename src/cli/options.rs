//! Flags as typed to options that `run` can act on. Every rule about values stands here.

use super::args::{DurationValue, LogScopesValue, Tty};
use super::cache_dir::CacheChoice;
use super::duration::Duration;
use super::failure::Failure;
use super::flags::is_set;
use super::invoke::Invocation;
use super::limits::Limits;
use super::mount::{MountSpec, parse_mount};
use super::profile::ProfileOptions;
use super::{strategy, workers};
use crate::Strategy;
use crate::wasi::LogScopes;
use clap::ArgMatches;
use clap_lex::OsStrExt;
use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What `run` was asked to do.
#[derive(Debug)]
pub(super) struct RunOptions {
    /// The module; `-` is standard input.
    pub(super) path: PathBuf,
    /// The guest's arguments, its own name first.
    pub(super) args: Vec<OsString>,
    /// The guest's environment, each name once.
    pub(super) env: Vec<(OsString, OsString)>,
    /// What the program may take of the machine.
    pub(super) limits: Limits,
    /// Host functions whose calls are logged.
    pub(super) log_scopes: LogScopes,
    /// Addresses that the guest listens on, as typed.
    pub(super) listens: Vec<OsString>,
    /// Whether devices and the kernel's file systems are let through.
    pub(super) allow_special_fs: bool,
    /// Directories and files of the guest; not looked at yet.
    pub(super) mounts: Vec<MountSpec>,
    /// Where compiled modules are kept; not looked at yet.
    pub(super) cache: Option<CacheChoice>,
    /// Whether machine code runs that somebody else has made.
    pub(super) trust_image: bool,
    /// The function to call instead of the program, and its parameters.
    pub(super) invoke: Option<Invocation>,
    /// Where profiles go.
    pub(super) profiles: ProfileOptions,
    /// Longest time from the process's start.
    pub(super) timeout: Option<Duration>,
    /// What a terminal gets of the guest's control sequences.
    pub(super) tty: Tty,
    /// Most threads that compile.
    pub(super) workers: Option<NonZeroUsize>,
    /// What runs the module.
    pub(super) strategy: Strategy,
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
        let own_name = flags.get_one::<OsString>("argv0").cloned();
        let own_name = own_name.unwrap_or_else(|| path.file_name().unwrap_or(path.as_os_str()).to_owned());
        let mut args = vec![own_name];
        let invoke = flags.get_one::<OsString>("invoke").cloned();
        let invoke = invoke.map(|name| Invocation { name, words: guest_words(rest).to_vec() });
        if invoke.is_none() {
            args.extend_from_slice(guest_words(rest));
        }
        let tty = flags.get_one::<Tty>("tty").copied().unwrap_or_default();
        let scopes = flags.get_many::<LogScopesValue>("hostlogging").into_iter().flatten();
        let log_scopes = scopes.fold(LogScopes::NONE, |all, scopes| all.union(scopes.0));
        let listens = values(flags, "listen").cloned().collect();
        let timeout = flags.get_one::<DurationValue>("timeout").map(|value| value.0);
        let cache = CacheChoice::of(flags);
        let trust_image = is_set(flags, "trust-image");
        let allow_special_fs = is_set(flags, "allow-special-fs");
        let (limits, profiles, workers) = (Limits::new(flags), ProfileOptions::new(flags), workers::wanted(flags));
        let strategy = strategy::wanted(flags, profiles.are_wanted())?;
        Ok(RunOptions {
            allow_special_fs,
            path,
            args,
            env,
            cache,
            log_scopes,
            listens,
            mounts,
            invoke,
            timeout,
            trust_image,
            tty,
            limits,
            profiles,
            workers,
            strategy,
        })
    }
}

impl RunOptions {
    /// Whether the program may begin to run before all of it is known to be valid: everything that is seen of the run
    /// comes from what the program does, or is said at its end.
    pub(super) fn may_begin_early(&self) -> bool {
        let is_silent = self.log_scopes == LogScopes::NONE && !self.profiles.are_wanted();
        self.invoke.is_none() && self.listens.is_empty() && is_silent
    }
}

/// Every value of a flag that may be repeated.
fn values<'a>(flags: &'a ArgMatches, name: &str) -> impl Iterator<Item = &'a OsString> {
    flags.get_many::<OsString>(name).into_iter().flatten()
}

/// The words behind the module. One `--` in front of further words is dropped.
fn guest_words(words: &[OsString]) -> &[OsString] {
    match words {
        [dashes, more @ ..] if dashes == "--" && !more.is_empty() => more,
        _ => words,
    }
}

/// The host's environment where asked for, then `-env` in order; a repeated name keeps its place and takes the last
/// value.
fn environment(flags: &ArgMatches) -> Result<Vec<(OsString, OsString)>, Failure> {
    let mut pairs: Vec<(OsString, OsString)> = Vec::new();
    if is_set(flags, "env-inherit") {
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
        check_args(&["-argv0=x y", "m.wasm", "a"], &["x y", "a"]);
        check_args(&["-argv0=", "m.wasm"], &[""]);
        check_args(&["-", "-env", "x"], &["-", "-env", "x"]);
        check_args(&["-invoke=f", "m.wasm", "1"], &["m.wasm"]);
    }

    #[test]
    fn words_are_the_parameters_of_a_function() {
        let words = |typed: &[&str]| options(typed).ok().and_then(|options| options.invoke).map(|call| call.words);
        assert_eq!(words(&["-invoke", "f", "m.wasm", "-1", "2"]), Some(vec!["-1".into(), "2".into()]));
        assert_eq!(words(&["-invoke", "f", "m.wasm", "--", "-1"]), Some(vec!["-1".into()]));
        assert_eq!(words(&["m.wasm", "-1"]), None);
    }

    #[test]
    fn an_alias_keeps_its_place_among_mounts() {
        let options = options(&["-mount=a", "-dir", "b", "-mount=c", "m.wasm"]).unwrap_or_else(|e| panic!("{e}"));
        let hosts: Vec<_> = options.mounts.iter().map(|mount| mount.host.to_string_lossy()).collect();
        assert_eq!(hosts, ["a", "b", "c"]);
    }

    #[test]
    fn a_repeated_name_keeps_its_place_and_takes_the_last_value() {
        let options =
            options(&["-env=A=1", "--env", "B=2=3", "-env", "A=", "m.wasm"]).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(options.env, [("A".into(), "".into()), ("B".into(), "2=3".into())]);
    }
}

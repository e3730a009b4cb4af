//! What may be typed: every command and flag with its help text, as clap definitions. No I/O, no checks between flags.
//!
//! The syntax is that of Go's `flag` package, which users' scripts rely on, so [`super::flags`] turns words into the form
//! that clap reads. Values keep the type that they print in usage texts: see [`flag_type`].

use super::duration::{Duration, parse_duration};
use super::limits::{parse_bytes, parse_count};
use super::workers::parse_workers;
use clap::builder::{TypedValueParser, ValueParserFactory};
use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;
use std::num::NonZeroUsize;

const MAX_MEMORY: &str = "Most bytes that all memories of the program may have together, as a number with or without K, M or G (steps of 1024) or KB, MB or GB (steps of 1000). Beyond it growing fails. (default 4G)";
const MAX_STACK: &str =
    "Size of the program's stack, in the same form. What recurses deeper ends with a stack overflow. (default 64M)";
const MAX_TABLE: &str =
    "Most elements that all tables of the program may have together. Beyond it growing fails. (default 10000000)";
const WORKERS: &str =
    "Most threads that compile the module. More are faster and take more memory. (default: one per processor)";

/// A duration flag's value, so that clap shows `duration` as its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct DurationValue(pub(super) Duration);

impl ValueParserFactory for DurationValue {
    type Parser = clap::builder::ValueParser;

    fn value_parser() -> Self::Parser {
        clap::builder::ValueParser::new(|text: &str| parse_duration(text).map(DurationValue))
    }
}

/// A value of [`parse_bytes`], so that clap shows `size` as its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteCount(pub(super) u64);

impl ValueParserFactory for ByteCount {
    type Parser = clap::builder::ValueParser;

    fn value_parser() -> Self::Parser {
        clap::builder::ValueParser::new(|text: &str| parse_bytes(text).map(ByteCount))
    }
}

/// A value of [`parse_workers`].
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkerCount(pub(super) NonZeroUsize);

impl ValueParserFactory for WorkerCount {
    type Parser = clap::builder::ValueParser;

    fn value_parser() -> Self::Parser {
        clap::builder::ValueParser::new(|text: &str| parse_workers(text).map(WorkerCount))
    }
}

/// The `run` command.
pub(super) fn run() -> Command {
    command("run", "Runs a WebAssembly binary").args([
        set_once(value_flag("cpuprofile", "string", "File to write a profile of the program's processor time to, for `go tool pprof` and others.")),
        value_flag("env", "value", "Environment variable `NAME=value` that the program sees. May be repeated; the last value of a name counts.")
            .action(ArgAction::Append),
        bool_flag("env-inherit", "Passes the environment of this process on to the program, before what -env sets."),
        bool_flag("h", "Prints usage."),
        set_once(value_flag("max-memory", "size", MAX_MEMORY).value_parser(ByteCount::value_parser())),
        set_once(value_flag("max-stack", "size", MAX_STACK).value_parser(ByteCount::value_parser())),
        set_once(value_flag("max-table", "int", MAX_TABLE).value_parser(clap::builder::ValueParser::new(parse_count))),
        set_once(value_flag("memprofile", "string", "File to write a profile of the program's memory to: where it grew, and by how much.")),
        value_flag(
            "mount",
            "value",
            "Directory that the program may use, as `host[:guest][:ro]`: the directory `host` appears as `guest` (the same path where left out), read-only with `:ro`. May be repeated.",
        )
        .action(ArgAction::Append),
        Arg::new("timeout")
            .long("timeout")
            .value_name("duration")
            .help("Longest time that the run may take, compilation included, such as 300ms, 10s or 1h30m. It ends with exit code 255 where it takes longer; 0 means no limit.")
            .value_parser(DurationValue::value_parser())
            .action(ArgAction::Set)
            .overrides_with("timeout"),
        set_once(value_flag("workers", "int", WORKERS).value_parser(WorkerCount::value_parser())),
    ])
}

/// The `compile` command.
pub(super) fn compile() -> Command {
    command("compile", "Pre-compiles a WebAssembly binary").args([
        bool_flag("h", "Prints usage."),
        set_once(value_flag("workers", "int", WORKERS).value_parser(WorkerCount::value_parser())),
    ])
}

/// The flags before a command.
pub(super) fn top_level() -> Command {
    command("wazero", "Runs WebAssembly").args([bool_flag("h", "Prints usage.")])
}

fn command(name: &'static str, about: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .arg(
            Arg::new("words")
                .value_parser(clap::value_parser!(OsString))
                .action(ArgAction::Append)
                .num_args(0..)
                .last(true),
        )
}

fn value_flag(name: &'static str, ty: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(ty).help(help).value_parser(clap::value_parser!(OsString))
}

/// A flag of which the last value counts.
fn set_once(flag: Arg) -> Arg {
    let name = flag.get_id().clone();
    flag.action(ArgAction::Set).overrides_with(name)
}

fn bool_flag(name: &'static str, help: &'static str) -> Arg {
    let parser = clap::builder::StringValueParser::new().try_map(|text| parse_bool(&text));
    Arg::new(name).long(name).help(help).value_parser(parser).action(ArgAction::Set).overrides_with(name)
}

/// The words that Go takes for a boolean.
fn parse_bool(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("parse error"),
    }
}

/// The type that a usage text shows behind a flag's name; none for booleans, which need no value.
pub(super) fn flag_type(flag: &Arg) -> Option<&str> {
    flag.get_value_names().and_then(|names| names.first()).map(|name| name.as_str())
}

//! What may be typed: every command and flag with its help text, as clap definitions. No I/O, no checks between flags.
//!
//! The syntax is that of Go's `flag` package, which users' scripts rely on, so [`super::flags`] turns words into the form
//! that clap reads. Values keep the type that they print in usage texts: see [`flag_type`].

use super::duration::{Duration, parse_duration};
use super::limits::{parse_bytes, parse_count};
use super::workers::parse_workers;
use crate::wasi::LogScopes;
use clap::builder::{TypedValueParser, ValueParserFactory};
use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;
use std::num::NonZeroUsize;

const COMPILE_AFTER: &str = "Compiles what has been called, or has gone round, that often, and waits for it: for finding out whether a fault is the compiler's, and for measurements. (default: what pays for the time that compiling takes)";
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

/// A list of groups of host functions, so that a name which is none is an error of the flag.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogScopesValue(pub(super) LogScopes);

impl ValueParserFactory for LogScopesValue {
    type Parser = clap::builder::ValueParser;

    fn value_parser() -> Self::Parser {
        clap::builder::ValueParser::new(|text: &str| {
            LogScopes::parse(text).map(LogScopesValue).ok_or("not a log scope")
        })
    }
}

/// How far control sequences of the guest reach a terminal: the value of `-tty`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tty {
    /// Those that draw, and no others.
    #[default]
    Auto,
    /// All of them.
    Raw,
}

impl ValueParserFactory for Tty {
    type Parser = clap::builder::ValueParser;

    fn value_parser() -> Self::Parser {
        clap::builder::ValueParser::new(|text: &str| match text {
            "auto" => Ok(Tty::Auto),
            "raw" => Ok(Tty::Raw),
            _ => Err("must be auto or raw"),
        })
    }
}

/// Every command, in alphabetical order.
pub(super) fn commands() -> [Command; 7] {
    [cache(), compile(), completion(), inspect(), run(), validate(), version()]
}

/// The `run` command.
pub(super) fn run() -> Command {
    command("run", "Runs a WebAssembly binary", "<options> <path to wasm file> [--] <wasm args>").args([
        bool_flag("allow-special-fs", "Lets the program use devices and the kernel's own file systems, such as /proc, in what is mounted."),
        value_flag("argv0", "string", "The program's own name, as it sees it. The default is the file's name.")
            .overrides_with("argv0"),
        cachedir(),
        no_cache(),
        set_once(value_flag("compile-after", "int", COMPILE_AFTER).value_parser(clap::builder::ValueParser::new(parse_count))),
        set_once(value_flag("cpuprofile", "string", "File to write a profile of the program's processor time to, for `go tool pprof` and others.")),
        value_flag("env", "value", "Environment variable `NAME=value` that the program sees. May be repeated; the last value of a name counts.")
            .action(ArgAction::Append),
        bool_flag("env-inherit", "Passes the environment of this process on to the program, before what -env sets."),
        bool_flag("h", "Prints usage."),
        Arg::new("hostlogging")
            .long("hostlogging")
            .value_name("value")
            .help("Groups of host functions whose calls are written to stderr, with commas between: all, clock, filesystem, memory, proc, poll, random, sock. May be repeated.")
            .value_parser(LogScopesValue::value_parser())
            .action(ArgAction::Append),
        bool_flag("eager", "Compiles the whole program before it starts, instead of what proves hot while it runs."),
        bool_flag("interpreter", "Interprets the program and compiles nothing of it: hot parts run slower."),
        value_flag(
            "listen",
            "value",
            "TCP address `host:port` on which the program accepts connections: a listener is opened for it behind its directories. Without a host it is every address of this machine; port 0 means any free port, which is printed. May be repeated.",
        )
        .action(ArgAction::Append),
        value_flag(
            "invoke",
            "string",
            "Function to call instead of `_start`. The words behind the file are its parameters; its results are printed, one per line.",
        )
        .overrides_with("invoke"),
        set_once(value_flag("max-memory", "size", MAX_MEMORY).value_parser(ByteCount::value_parser())),
        set_once(value_flag("max-stack", "size", MAX_STACK).value_parser(ByteCount::value_parser())),
        set_once(value_flag("max-table", "int", MAX_TABLE).value_parser(clap::builder::ValueParser::new(parse_count))),
        set_once(value_flag("memprofile", "string", "File to write a profile of the program's memory to: where it grew, and by how much.")),
        value_flag(
            "mount",
            "value",
            "Directory or file that the program may use, as `host[:guest][:ro]`: `host` appears as `guest` (the same path where left out), read-only with `:ro`. May be repeated.",
        )
        .action(ArgAction::Append)
        .visible_alias("dir"),
        Arg::new("timeout")
            .long("timeout")
            .value_name("duration")
            .help("Longest time that the run may take, compilation included, such as 300ms, 10s or 1h30m. It ends with exit code 255 where it takes longer; 0 means no limit.")
            .value_parser(DurationValue::value_parser())
            .action(ArgAction::Set)
            .overrides_with("timeout"),
        bool_flag("trust-image", "Runs the machine code of an image made by `wazero compile -o` although another user made it. It can do whatever this program can; without the flag the module in the image is compiled instead."),
        Arg::new("tty")
            .long("tty")
            .value_name("string")
            .help("What reaches a terminal of the program's control sequences: `auto` lets those through that draw, `raw` lets all through, also those that read or change what is outside the screen.")
            .value_parser(Tty::value_parser())
            .default_value("auto")
            .action(ArgAction::Set)
            .overrides_with("tty"),
        set_once(value_flag("workers", "int", WORKERS).value_parser(WorkerCount::value_parser())),
    ])
}

/// The `compile` command.
pub(super) fn compile() -> Command {
    command("compile", "Pre-compiles a WebAssembly binary", "<options> <path to wasm file>").args([
        cachedir(),
        no_cache(),
        Arg::new("count")
            .long("count")
            .value_name("int")
            .help("How often to compile, for profiling. (default 1)")
            .value_parser(clap::builder::ValueParser::new(parse_repeats))
            .action(ArgAction::Set)
            .overrides_with("count"),
        bool_flag("h", "Prints usage."),
        value_flag("o", "string", "File to write the compiled module to, as an image that `wazero run` takes.")
            .action(ArgAction::Set)
            .overrides_with("o"),
        value_flag(
            "target",
            "string",
            "Machine that the image is for, such as aarch64-linux; needs -o. The default is this machine.",
        )
        .action(ArgAction::Set)
        .overrides_with("target"),
        set_once(value_flag("workers", "int", WORKERS).value_parser(WorkerCount::value_parser())),
    ])
}

/// The flag that `run` and `compile` share.
fn cachedir() -> Arg {
    value_flag("cachedir", "string", "Directory for compiled modules, which later runs take from there, in place of the user's own. It is made where it does not exist; any number of runs may share it.")
        .action(ArgAction::Set)
        .overrides_with("cachedir")
}

/// The flag that turns off what the one above it names.
fn no_cache() -> Arg {
    bool_flag("no-cache", "Keeps nothing that is compiled, and takes nothing that was kept.")
}

/// A number as Go reads it.
fn parse_repeats(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "parse error")
}

/// The `cache` command.
pub(super) fn cache() -> Command {
    command("cache", "Shows or empties the cache of compiled modules", "<options> <dir|size|clean>")
        .args([cachedir(), bool_flag("h", "Prints usage.")])
}

/// The `completion` command.
pub(super) fn completion() -> Command {
    command(
        "completion",
        "Prints a script that completes commands and flags in a shell",
        "<options> <bash|fish|powershell|zsh>",
    )
    .args([bool_flag("h", "Prints usage.")])
}

/// The `inspect` command.
pub(super) fn inspect() -> Command {
    command("inspect", "Shows what a WebAssembly binary contains and needs", "<options> <path to wasm file>")
        .args([bool_flag("h", "Prints usage."), bool_flag("json", "Prints JSON instead of text.")])
}

/// The `validate` command.
pub(super) fn validate() -> Command {
    command("validate", "Checks WebAssembly binaries without compiling them", "<options> <path to wasm file>...")
        .args([bool_flag("h", "Prints usage.")])
}

/// The `version` command, which heeds no word behind it.
pub(super) fn version() -> Command {
    command("version", "Displays the version of wazero CLI", "")
}

/// The flags before a command.
pub(super) fn top_level() -> Command {
    command("wazero", "Runs WebAssembly", "<command>").args([bool_flag("h", "Prints usage.")])
}

/// A command with the words that may follow its name, as usage texts show them.
fn command(name: &'static str, about: &'static str, words: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .no_binary_name(true)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .arg(
            Arg::new("words")
                .value_name(words)
                .value_parser(clap::value_parser!(OsString))
                .action(ArgAction::Append)
                .num_args(0..)
                .last(true),
        )
}

/// A flag with a value that is any text. It says itself what several of them mean.
fn value_flag(name: &'static str, ty: &'static str, help: &'static str) -> Arg {
    let flag = Arg::new(name).long(name).value_name(ty).help(help).value_parser(clap::value_parser!(OsString));
    flag.action(ArgAction::Set)
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

/// What usage texts show behind a command's name.
pub(super) fn words(command: &Command) -> &str {
    command.get_positionals().find_map(flag_type).unwrap_or_default()
}

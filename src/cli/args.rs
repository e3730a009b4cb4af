//! What may be typed: every command and flag with its help text, as clap definitions. No I/O, no checks between flags.
//!
//! The syntax is that of Go's `flag` package, which users' scripts rely on, so [`super::flags`] turns words into the form
//! that clap reads. Values keep the type that they print in usage texts: see [`flag_type`].

use super::duration::{Duration, parse_duration};
use clap::builder::{TypedValueParser, ValueParserFactory};
use clap::{Arg, ArgAction, Command};
use std::ffi::OsString;

/// A duration flag's value, so that clap shows `duration` as its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct DurationValue(pub(super) Duration);

impl ValueParserFactory for DurationValue {
    type Parser = clap::builder::ValueParser;

    fn value_parser() -> Self::Parser {
        clap::builder::ValueParser::new(|text: &str| parse_duration(text).map(DurationValue))
    }
}

/// The `run` command.
pub(super) fn run() -> Command {
    command("run", "Runs a WebAssembly binary").args([
        cachedir(),
        value_flag("env", "value", "Environment variable `NAME=value` that the program sees. May be repeated; the last value of a name counts.")
            .action(ArgAction::Append),
        bool_flag("env-inherit", "Passes the environment of this process on to the program, before what -env sets."),
        bool_flag("h", "Prints usage."),
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
        bool_flag("trust-image", "Runs the machine code of an image made by `wazero compile -o` although another user made it. It can do whatever this program can; without the flag the module in the image is compiled instead."),
    ])
}

/// The `compile` command.
pub(super) fn compile() -> Command {
    command("compile", "Pre-compiles a WebAssembly binary").args([
        cachedir(),
        Arg::new("count")
            .long("count")
            .value_name("int")
            .help("How often to compile, for profiling. (default 1)")
            .value_parser(clap::builder::ValueParser::new(parse_count))
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
    ])
}

/// The flag that `run` and `compile` share.
fn cachedir() -> Arg {
    value_flag("cachedir", "string", "Directory for compiled modules, which later runs take from there. It is made where it does not exist; any number of runs may share it.")
        .action(ArgAction::Set)
        .overrides_with("cachedir")
}

/// A number as Go reads it.
fn parse_count(text: &str) -> Result<u32, &'static str> {
    text.parse().map_err(|_| "parse error")
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

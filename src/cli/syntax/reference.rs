//! `docs/cli.md`, made from the definitions in [`args`] and [`exit`], and compared with the file by a test.
//! `BLESS=1 cargo test --lib reference` writes it anew.

use super::flags::listed_flags;
use super::usage;
use crate::cli::{args, exit};
use clap::Command;
use std::fmt::Write;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md");

const HEAD: &str = "\
# The command line

This file is made from the program's own definitions; `BLESS=1 cargo test --lib reference` writes it.

";

/// What holds for all commands.
pub(super) const CONVENTIONS: &str = "\
Flags follow the syntax of Go's `flag` package: `-x=v`, `--x=v`, `-x v` and `--x v` are equal. A flag without a value is a
boolean; it takes one only behind `=` (`-x=false`). Flags end at the first word that is none, at `--`, or at a lone `-`;
what stands behind a module's path goes to the program untouched, except that one `--` in front of further words is
dropped. Of a flag that is given several times the last counts, unless its description says that it may be repeated.

Standard output belongs to the program, and to the data that `cache`, `completion`, `inspect`, `version` and `run -invoke` print.
Usage texts, errors and warnings go to standard error, in colour on a terminal unless `NO_COLOR` is set or `TERM` is
`dumb`.

A module is a binary or the text format, which is told by the name `.wat` or by its first words. Where a path to a module
is expected, `-` is standard input.
";

/// Examples behind the commands whose flags do not say everything.
pub(super) const EXAMPLES: [(&str, &str); 5] = [
    (
        "cache",
        "```
wazero cache size
wazero cache -cachedir /var/cache/wazero clean
```",
    ),
    (
        "completion",
        "```
source <(wazero completion bash)
wazero completion fish > ~/.config/fish/completions/wazero.fish
```",
    ),
    (
        "inspect",
        "```
wazero inspect program.wasm
wazero inspect -json program.wasm | jq -r '.wasi_functions[]'
```",
    ),
    (
        "run",
        "```
wazero run -mount=.:/ -env=LANG=C -timeout=10s program.wasm -v input.txt
wazero run -invoke=add library.wasm 1 -2
cat program.wasm | wazero run - argument
```

Parameters of `-invoke` are written as their types: integers as `7`, `-7` or `0xff`; floats as `1.5`, `2e10`, `0x1.8p3`,
`inf`, `nan` or `nan:0x400001`; vectors as `0x` with up to 32 digits or as lanes, such as `i32x4:1,2,3,4`; references as
`null`. Results are printed so that they read back. A module that exports `_initialize` has it called first.",
    ),
    (
        "validate",
        "```
wazero validate build/*.wasm && echo all are valid
```",
    ),
];

fn reference() -> String {
    let mut text = format!("{HEAD}{CONVENTIONS}");
    for command in args::commands() {
        describe(&mut text, &command);
    }
    text.push_str("\n## Exit codes\n\n| code | cause |\n| --- | --- |\n");
    for (code, cause) in exit::TABLE {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {code} | {cause} |");
    }
    text
}

fn describe(text: &mut String, command: &Command) {
    let (name, about) = (command.get_name(), usage::about(command));
    // Writing to a string cannot fail.
    let _ = write!(text, "\n## wazero {name}\n\n{about}.\n\n```\n{}\n```\n", usage::synopsis(command));
    let flags = listed_flags(command);
    if !flags.is_empty() {
        text.push_str("\n| flag | type | default | meaning |\n| --- | --- | --- | --- |\n");
    }
    for flag in flags {
        let (ty, default) = (flag.ty.as_deref().unwrap_or("boolean"), flag.default.unwrap_or_default());
        let _ = writeln!(text, "| `-{}` | {ty} | {default} | {} |", flag.name, flag.help.replace('|', "\\|"));
    }
    if let Some((_, example)) = EXAMPLES.iter().find(|(command, _)| *command == name) {
        let _ = write!(text, "\n{example}\n");
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test writes the document that it is told to bless")]
fn the_document_is_that_of_the_definitions() {
    let text = reference();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(FILE, &text).unwrap_or_else(|error| panic!("{FILE}: {error}"));
    }
    let written = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(written == text, "docs/cli.md is not what the flags are; BLESS=1 cargo test --lib reference writes it");
}

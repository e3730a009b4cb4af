//! The manual pages in `docs/man` and the scripts in `installers/completions`, made from the definitions in [`args`] and
//! compared with the files by a test. `BLESS=1 cargo test --lib manual` writes them anew.
//!
//! They are files of the tree, and not something that a build makes, so that packing needs no program that runs where
//! it is packed, and so that the binary carries no text that only packages want. Pages are in roff's `man` macros; the
//! third and fourth field of `.TH`, date and version, are filled in where archives are packed.

use super::flags::{ListedFlag, listed_flags};
use super::{reference, usage};
use crate::cli::{args, completion, exit};
use clap::Command;
use std::fmt::Write;

const PAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/man/");
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/installers/completions/");

/// Shells, with the name under which each finds its script.
const SHELLS: [(&str, &str); 4] =
    [("bash", "wazero.bash"), ("fish", "wazero.fish"), ("powershell", "wazero.ps1"), ("zsh", "_wazero")];

const INTRODUCTION: &str = "\
wazero runs WebAssembly programs that use WASI preview 1. They start in an interpreter, and what is hot goes on as machine
code; a program reaches no file, no variable and no stream but those that it was given.
";

/// The page of the program itself, which leads to those of the commands.
fn overview() -> String {
    let mut page = title("wazero", "runs WebAssembly programs");
    page.push_str(".SH SYNOPSIS\n");
    for command in args::commands() {
        let _ = writeln!(page, "{}\n.br", synopsis(&command));
    }
    page.push_str(".SH DESCRIPTION\n");
    paragraphs(&mut page, INTRODUCTION);
    paragraphs(&mut page, &format!("\n{}", reference::CONVENTIONS));
    page.push_str(".SH COMMANDS\n");
    for command in args::commands() {
        let _ = writeln!(page, ".TP\n.BR {} (1)\n{}.", page_name(&command), text(&usage::about(&command)));
    }
    exit_status(&mut page);
    page.push_str(".SH ENVIRONMENT\n");
    for (name, meaning) in [
        ("NO_COLOR", "no colours on a terminal"),
        ("TERM", "no colours either where it is `dumb`"),
        ("WAZERO_CACHE_DIR", "directory for compiled modules; none where it is empty"),
    ] {
        let _ = writeln!(page, ".TP\n.B {name}\n{}.", text(meaning));
    }
    page
}

/// The page of a command.
fn page(command: &Command) -> String {
    let about = usage::about(command);
    let mut page = title(&format!("wazero-{}", command.get_name()), &about);
    let _ = write!(page, ".SH SYNOPSIS\n{}\n.SH DESCRIPTION\n{}.\n", synopsis(command), text(&about));
    let flags = listed_flags(command);
    if !flags.is_empty() {
        page.push_str(".SH OPTIONS\n");
    }
    for flag in flags {
        option(&mut page, &flag);
    }
    if let Some((_, example)) = reference::EXAMPLES.iter().find(|(name, _)| *name == command.get_name()) {
        page.push_str(".SH EXAMPLES\n");
        paragraphs(&mut page, example);
    }
    exit_status(&mut page);
    page.push_str(".SH SEE ALSO\n.BR wazero (1)\n");
    page
}

/// The head of a page, up to the line that `apropos` shows.
fn title(name: &str, about: &str) -> String {
    let mut about = text(about);
    // It goes on behind the name, so that it begins small.
    if let Some(first) = about.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    format!(
        ".\\\" Made from the program's own definitions; BLESS=1 cargo test --lib manual writes it.\n\
         .TH {} 1 \"\" \"wazero\" \"User Commands\"\n.SH NAME\n{} \\- {about}\n",
        name.to_uppercase(),
        name.replace('-', "\\-"),
    )
}

fn page_name(command: &Command) -> String {
    format!("wazero\\-{}", command.get_name())
}

fn synopsis(command: &Command) -> String {
    let line = usage::synopsis(command);
    let words = line.strip_prefix("wazero ").unwrap_or(&line);
    let (name, rest) = words.split_once(' ').unwrap_or((words, ""));
    format!("\\fBwazero {name}\\fR {}", text(rest)).trim_end().to_owned()
}

fn option(page: &mut String, flag: &ListedFlag) {
    let value = flag.ty.as_ref().map(|ty| format!("=\\fI{}\\fR", text(ty))).unwrap_or_default();
    let default = flag.default.as_ref().map(|default| format!(" (default {default})")).unwrap_or_default();
    let help = text(&format!("{}{default}", flag.help));
    let _ = writeln!(page, ".TP\n\\fB\\-{}\\fR{value}\n{help}", text(&flag.name));
}

fn exit_status(page: &mut String) {
    page.push_str(".SH EXIT STATUS\n");
    for (code, cause) in exit::TABLE {
        let _ = writeln!(page, ".TP\n.B {}\n{}", text(code), text(cause));
    }
}

/// Paragraphs with blank lines between them, and programs between fences, as the documents have them.
fn paragraphs(page: &mut String, source: &str) {
    let mut in_program = false;
    for line in source.lines() {
        match line {
            "```" => {
                page.push_str(if in_program { ".EE\n" } else { ".EX\n" });
                in_program = !in_program;
            }
            "" if !in_program => page.push_str(".PP\n"),
            line => {
                let _ = writeln!(page, "{}", text(line));
            }
        }
    }
}

/// Text as roff reads it: hyphens are minus signs, which can be copied, and what stands between backticks is bold.
fn text(source: &str) -> String {
    let mut text = String::new();
    for (number, part) in source.split('`').enumerate() {
        let part = part.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('~', "\\(ti");
        let part = part.replace('^', "\\(ha");
        text.push_str(&if number % 2 == 1 { format!("\\fB{part}\\fR") } else { part });
    }
    // A dot in front would be a request.
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}

/// Every file that is made: where it stands, and what it holds.
fn files() -> Vec<(String, String)> {
    let mut files = vec![(format!("{PAGES}wazero.1"), overview())];
    for command in args::commands() {
        files.push((format!("{PAGES}wazero-{}.1", command.get_name()), page(&command)));
    }
    for (shell, name) in SHELLS {
        files.push((format!("{SCRIPTS}{name}"), completion::script(shell).unwrap_or_default()));
    }
    files
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test writes the files that it is told to bless")]
fn the_packaged_files_are_those_of_the_definitions() {
    let bless = std::env::var_os("BLESS").is_some();
    for (file, text) in files() {
        if bless {
            std::fs::write(&file, &text).unwrap_or_else(|error| panic!("{file}: {error}"));
        }
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(written == text, "{file} is not what the flags are; BLESS=1 cargo test --lib manual writes it");
    }
}

#[test]
fn text_is_escaped_for_roff() {
    let check = |source: &str, expect: &str| assert_eq!(text(source), expect);
    check("-x `y-z`", "\\-x \\fBy\\-z\\fR");
    check(".hidden", "\\&.hidden");
    check("a\\b", "a\\eb");
    check("it's ~", "it\\(aqs \\(ti");
}

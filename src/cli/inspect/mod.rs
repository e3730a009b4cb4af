//! `wazero inspect`: what a module contains and needs, without compiling or running it.
//!
//! [`facts`] reads the bytes with wasmparser alone, so that modules are described which this runner cannot run;
//! [`features`] finds out which proposals they use; [`text`] prints that for people and `-json` for programs.

mod facts;
mod features;
mod text;

use super::failure::Failure;
use super::messages::visible::{is_harmful, visible};
use super::{args, flags, load, report, usage};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;

/// Runs the command on the words behind its name.
pub(super) fn main(words: &[OsString]) -> Result<u32, Failure> {
    let command = args::inspect();
    let parsed = flags::parse(&command, words).map_err(|error| super::flag_failure(error, "inspect", &command))?;
    if super::wants_help(&parsed.flags) {
        report::print(&usage::long(&command));
        return Ok(0);
    }
    let Some(path) = parsed.words.first().map(Path::new) else {
        return Err(Failure::new("missing path to wasm file").usage(usage::long(&command)));
    };
    let binary = load::open(path)?.binary()?;
    let facts = facts::read(&binary).map_err(|message| {
        let failure = Failure::new(format!("error inspecting wasm binary: {}", visible(&message)));
        failure.maybe_hint(load::hint(path, &binary, &message))
    })?;
    let as_json = flags::is_set(&parsed.flags, "json");
    let printed = if as_json { json(&facts)? } else { text::print(&facts) };
    report::print_result(&printed)?;
    Ok(0)
}

/// Facts as JSON. Characters that a terminal acts on can only stand in strings, where they are spelled out.
fn json(facts: &facts::Facts) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(facts).map_err(|error| Failure::new(format!("error: {error}")))?;
    let mut escaped = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if is_harmful(c) && c != '\n' {
            // Writing to a string cannot fail. All of these have four digits.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
    }
    Ok(escaped + "\n")
}

//! `wazero validate`: says whether files hold valid modules, without compiling them.

use super::failure::Failure;
use super::messages::visible::visible;
use super::{args, exit, flags, load, report, usage};
use crate::api::{Config, Engine, Module};
use std::ffi::OsString;
use std::path::Path;

/// Runs the command on the words behind its name. Every file is checked; the exit code is 0 where all are valid.
pub(super) fn main(words: &[OsString]) -> Result<u32, Failure> {
    let command = args::validate();
    let parsed = flags::parse(&command, words).map_err(|error| super::flag_failure(error, "validate", &command))?;
    if super::wants_help(&parsed.flags) {
        report::print(&usage::long(&command));
        return Ok(0);
    }
    if parsed.words.is_empty() {
        return Err(Failure::new("missing path to wasm file").usage(usage::long(&command)));
    }
    let engine = Engine::new(&Config::default()).map_err(|error| Failure::new(format!("error: {error}")))?;
    let mut code = 0;
    for path in parsed.words.iter().map(Path::new) {
        if let Err(failure) = validate(&engine, path) {
            report::print(&failure.to_string());
            code = exit::FAILED;
        }
    }
    Ok(code)
}

fn validate(engine: &Engine, path: &Path) -> Result<(), Failure> {
    let binary = load::open(path)?.binary()?;
    Module::validate(engine, &binary).map_err(|error| {
        let message = error.to_string();
        let shown = path.to_string_lossy();
        let failure = Failure::new(format!("error: {}: {}", visible(&shown), visible(&message)));
        failure.maybe_hint(load::hint(path, &binary, &message))
    })
}

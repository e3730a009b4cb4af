//! `wazero compile`: checks and compiles a module, and says what is wrong with it.

use super::failure::Failure;
use super::{args, flags, load, usage, workers};
use crate::api::{Config, Engine};
use std::ffi::OsString;
use std::path::Path;

/// Runs the command on the words behind its name.
pub(super) fn main(words: &[OsString]) -> Result<u32, Failure> {
    let command = args::compile();
    let parsed = flags::parse(&command, words).map_err(|error| super::flag_failure(error, "compile", &command))?;
    if super::wants_help(&parsed.flags) {
        super::report::print(&usage::compile());
        return Ok(0);
    }
    let Some(path) = parsed.words.first().map(Path::new) else {
        return Err(Failure::new("missing path to wasm file").usage(usage::compile()));
    };
    let bytes = load::read(path)?;
    let mut config = Config::default();
    workers::wanted(&parsed.flags).map(|workers| config.compile_workers(workers));
    let engine = Engine::new(&config).map_err(|error| Failure::new(format!("error: {error}")))?;
    load::compile(&engine, path, &bytes)?;
    Ok(0)
}

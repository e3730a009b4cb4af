//! `wazero compile`: checks and compiles a module, says what is wrong with it, and keeps the result where asked to.

use super::cache_dir::{self, CacheChoice};
use super::failure::{Failure, os_error};
use super::{args, flags, load, usage, workers};
use crate::Strategy;
use crate::api::Engine;
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
    let program = load::open(path)?;
    let repeats = parsed.flags.get_one::<u32>("count").copied().unwrap_or(1);
    // What is compiled again to see how long that takes is not taken from a cache that nobody has named.
    let cache = CacheChoice::of(&parsed.flags).filter(|cache| repeats <= 1 || cache.is_named);
    let mut config = cache_dir::config(cache.as_ref())?;
    workers::wanted(&parsed.flags).map(|workers| config.compile_workers(workers));
    let value = |name: &str| parsed.flags.get_one::<OsString>(name);
    let target = value("target");
    if target.is_some() && value("o").is_none() {
        return Err(Failure::new("-target needs -o").hint("name the file that the image goes to, as in `-o app.cwasm`"));
    }
    // Without an image to make, a machine without a compiler checks the module, and has nothing to keep.
    if target.is_none() && value("o").is_some() {
        config.strategy(Strategy::Compiler);
    }
    let engine = Engine::new(&config).map_err(|error| {
        Failure::new(format!("error: {error}")).hint("`run` interprets here; `-target` makes images for other machines")
    })?;
    let image = match target {
        Some(target) => load::precompile(&engine, program, &target.to_string_lossy())?,
        None => {
            let module = load::compile(&engine, program)?;
            for _ in 1..repeats {
                load::compile(&engine, load::open(path)?)?;
            }
            if value("o").is_none() {
                return Ok(0);
            }
            module.serialize().map_err(|error| Failure::new(format!("error: {error}")))?
        }
    };
    value("o").map_or(Ok(0), |output| write(Path::new(output), &image))
}

/// Writes the image.
#[allow(clippy::disallowed_methods, reason = "the user named this file with -o")]
fn write(path: &Path, image: &[u8]) -> Result<u32, Failure> {
    std::fs::write(path, image)
        .map_err(|error| Failure::new(format!("error writing image: open {}: {}", path.display(), os_error(&error))))?;
    Ok(0)
}

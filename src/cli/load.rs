//! Reading and compiling the module that the user named.

use super::failure::{Failure, os_error};
use super::progress::Progress;
use crate::api::{Engine, Module};
use std::borrow::Cow;
use std::path::Path;

/// Reads the file, which holds a binary or text module.
#[allow(clippy::disallowed_methods, reason = "the user named this file as the program to run")]
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        let verb = if error.kind() == std::io::ErrorKind::IsADirectory { "read" } else { "open" };
        Failure::new(format!("error reading wasm binary: {verb} {}: {}", path.display(), os_error(&error)))
    })
}

/// Compiles a module, with a progress bar where that takes long.
pub(super) fn compile(engine: &Engine, path: &Path, bytes: &[u8]) -> Result<Module, Failure> {
    let bytes = to_binary(path, bytes)?;
    let progress = Progress::new();
    let module = Module::new_with_progress(engine, &bytes, &|done, total| progress.update(done, total));
    module.map_err(|error| {
        let failure = Failure::new(format!("error compiling wasm binary: {error}"));
        match hint(path, &bytes) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// Translates the text format, told by the file's name.
fn to_binary<'a>(path: &Path, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, Failure> {
    let is_text = path.extension().is_some_and(|extension| extension == "wat") && !bytes.starts_with(b"\0asm");
    if !is_text {
        return Ok(Cow::Borrowed(bytes));
    }
    wat::Parser::new()
        .parse_bytes(Some(path), bytes)
        .map_err(|error| Failure::new(format!("error compiling wasm binary: {error}")))
}

/// What bytes without the magic number may be.
fn hint(path: &Path, bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"\0asm") {
        return None;
    }
    let shown = path.display();
    let text = bytes.trim_ascii_start();
    Some(match bytes {
        [] => format!("`{shown}` is empty"),
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => {
            format!("`{shown}` is a native program; compile its source for wasm32-wasip1")
        }
        [0x1f, 0x8b, ..] | [b'P', b'K', ..] => format!("`{shown}` is an archive; unpack it first"),
        _ if text.starts_with(b"(") || text.starts_with(b";;") => {
            format!("`{shown}` looks like the text format; name it `.wat`")
        }
        _ => format!("`{shown}` is no WebAssembly module, which begins with the bytes 00 61 73 6d"),
    })
}

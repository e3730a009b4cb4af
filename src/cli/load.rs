//! Reading and compiling the module that the user named.

use super::failure::{Failure, os_error};
use super::progress::Progress;
use crate::api::{Engine, Error, ErrorKind, Module};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The first bytes of a file, for telling what it is.
const HEAD_BYTES: u64 = 4 << 10;

/// A file that can be read.
#[derive(Debug)]
pub(super) struct Program<'a> {
    path: &'a Path,
    file: File,
}

/// Opens the file, which holds a binary or text module, or an image. It is read only as far as it is needed.
#[allow(clippy::disallowed_methods, reason = "the user named this file as the program to run")]
pub(super) fn open(path: &Path) -> Result<Program<'_>, Failure> {
    let file = File::open(path).map_err(|error| unreadable(path, "open", &error))?;
    let is_dir = file.metadata().is_ok_and(|metadata| metadata.is_dir());
    if is_dir {
        return Err(unreadable(path, "read", &io::ErrorKind::IsADirectory.into()));
    }
    Ok(Program { path, file })
}

fn unreadable(path: &Path, verb: &str, error: &io::Error) -> Failure {
    Failure::new(format!("error reading wasm binary: {verb} {}: {}", path.display(), os_error(error)))
}

/// Compiles a module, or takes it from the engine's cache, with a progress bar where that takes long.
pub(super) fn compile(engine: &Engine, program: Program<'_>) -> Result<Module, Failure> {
    let Program { path, file } = program;
    let progress = Progress::new();
    let update = |done, total| progress.update(done, total);
    let may_be_text = path.extension().is_some_and(|extension| extension == "wat");
    let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_regular && !may_be_text {
        let again = file.try_clone();
        return Module::from_open_file(engine, file, &update).map_err(|error| {
            let head = again.and_then(|mut file| head(&mut file)).unwrap_or_default();
            not_compiled(path, &error, &head)
        });
    }
    let bytes = read(path, file)?;
    Module::new_with_progress(engine, &bytes, &update).map_err(|error| not_compiled(path, &error, &bytes))
}

/// The image of a module for a machine that may be another one.
pub(super) fn precompile(engine: &Engine, program: Program<'_>, target: &str) -> Result<Vec<u8>, Failure> {
    let progress = Progress::new();
    let bytes = read(program.path, program.file)?;
    Module::precompile(engine, &bytes, target, &|done, total| progress.update(done, total))
        .map_err(|error| not_compiled(program.path, &error, &bytes))
}

/// The binary in a file; text, told by the file's name, is translated.
fn read(path: &Path, mut file: File) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| unreadable(path, "read", &error))?;
    if path.extension().is_none_or(|extension| extension != "wat") || bytes.starts_with(b"\0asm") {
        return Ok(bytes);
    }
    let text = wat::Parser::new().parse_bytes(Some(path), &bytes);
    match text {
        Ok(binary) => Ok(binary.into_owned()),
        Err(error) => Err(Failure::new(format!("error compiling wasm binary: {error}"))),
    }
}

/// What a file begins with.
fn head(file: &mut File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Seek::rewind(file)?;
    file.take(HEAD_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Why there is no module; `bytes` are the first of the file.
fn not_compiled(path: &Path, error: &Error, bytes: &[u8]) -> Failure {
    if error.kind() == ErrorKind::Read {
        return unreadable(path, "read", &io::Error::other(error.to_string()));
    }
    let failure = Failure::new(format!("error compiling wasm binary: {error}"));
    match hint(path, bytes) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
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

//! Reading and compiling the module that the user named.

use super::failure::{Failure, os_error};
use super::messages::origin;
use super::messages::visible::visible;
use super::progress::Progress;
use crate::api::{Engine, Error, ErrorKind, Module};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek};
use std::path::Path;

/// The first bytes of a file, for telling what it is.
const HEAD_BYTES: u64 = 64;

/// Words behind an opening parenthesis that begin a module's text.
const TEXT_WORDS: [&str; 14] = [
    "component",
    "data",
    "elem",
    "export",
    "func",
    "global",
    "import",
    "memory",
    "module",
    "rec",
    "start",
    "table",
    "tag",
    "type",
];

/// What the user named, ready to be read.
#[derive(Debug)]
pub(super) struct Program<'a> {
    path: &'a Path,
    contents: Contents,
}

#[derive(Debug)]
enum Contents {
    /// A file, which is read only as far as it is needed.
    File(File),
    /// What came from standard input.
    Bytes(Vec<u8>),
}

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut stdin = std::io::stdin().lock();
    if stdin.is_terminal() {
        return Err(Failure::new("error reading wasm binary: standard input is a terminal")
            .hint("pipe a module into it, or name a file"));
    }
    read_plausible(&mut stdin, Path::new("-")).map_err(|error| unreadable(Path::new("-"), "read", &error))
}

/// Reads to the end, unless what comes first is no module in any form: a device may have no end.
fn read_plausible(from: &mut impl Read, path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(HEAD_BYTES).read_to_end(&mut bytes)?;
    if bytes.starts_with(b"\0asm") || Module::is_image(&bytes) || may_be_text(path, &bytes) {
        from.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// The path in messages.
fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// Opens the file, or reads standard input, which holds a binary or text module, or an image.
#[allow(clippy::disallowed_methods, reason = "the user named this file as the program to run")]
pub(super) fn open(path: &Path) -> Result<Program<'_>, Failure> {
    if is_stdin(path) {
        return Ok(Program { path, contents: Contents::Bytes(read_stdin()?) });
    }
    let is_directory = || unreadable(path, "read", &io::ErrorKind::IsADirectory.into());
    match File::open(path) {
        Ok(file) if file.metadata().is_ok_and(|metadata| metadata.is_dir()) => Err(is_directory()),
        Ok(file) => Ok(Program { path, contents: Contents::File(file) }),
        // Windows opens no directories.
        Err(_) if path.is_dir() => Err(is_directory()),
        Err(error) => Err(unreadable(path, "open", &error)),
    }
}

/// Compiles a module, or takes it from the engine's cache, with a progress bar where that takes long.
pub(super) fn compile(engine: &Engine, program: Program<'_>) -> Result<Module, Failure> {
    let path = program.path;
    let progress = Progress::new();
    let update = |done, total| progress.update(done, total);
    if let Contents::File(file) = &program.contents
        && let Some(head) = head(file)
        && !may_be_text(path, &head)
    {
        let again = file.try_clone().map_err(|error| unreadable(path, "read", &error))?;
        return Module::from_open_file(engine, again, &update).map_err(|error| not_compiled(path, &error, &head));
    }
    let binary = program.binary()?;
    Module::new_with_progress(engine, &binary, &update).map_err(|error| not_compiled(path, &error, &binary))
}

/// Makes sure that a module is valid which may have begun to run before that was known.
pub(super) fn check(module: &Module, path: &Path) -> Result<(), Failure> {
    module.wait_until_valid().map_err(|error| not_compiled(path, &error, b"\0asm"))
}

/// The image of a module for a machine that may be another one.
pub(super) fn precompile(engine: &Engine, program: Program<'_>, target: &str) -> Result<Vec<u8>, Failure> {
    let path = program.path;
    let progress = Progress::new();
    let binary = program.binary()?;
    Module::precompile(engine, &binary, target, &|done, total| progress.update(done, total))
        .map_err(|error| not_compiled(path, &error, &binary))
}

impl Program<'_> {
    /// Everything there is, text translated.
    pub(super) fn binary(self) -> Result<Vec<u8>, Failure> {
        let bytes = match self.contents {
            Contents::Bytes(bytes) => bytes,
            Contents::File(mut file) => {
                read_plausible(&mut file, self.path).map_err(|error| unreadable(self.path, "read", &error))?
            }
        };
        to_binary(self.path, bytes)
    }
}

/// What a regular file begins with; nothing for other files, of which every byte can be read once only.
fn head(mut file: &File) -> Option<Vec<u8>> {
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let mut bytes = vec![0; HEAD_BYTES as usize];
    let len = file.read(&mut bytes).ok()?;
    bytes.truncate(len);
    file.rewind().is_ok().then_some(bytes)
}

/// Whether a file with that beginning has to be read to the end to know whether it is text.
fn may_be_text(path: &Path, head: &[u8]) -> bool {
    is_named_text(path) || matches!(head.trim_ascii_start(), [b'(' | b';', ..])
}

fn is_named_text(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wat")
}

fn unreadable(path: &Path, verb: &str, error: &io::Error) -> Failure {
    Failure::new(format!("error reading wasm binary: {verb} {}: {}", shown(path), os_error(error)))
}

/// Why there is no module; `bytes` are the first of the file.
fn not_compiled(path: &Path, error: &Error, bytes: &[u8]) -> Failure {
    let message = error.to_string();
    if error.kind() == ErrorKind::Read {
        return unreadable(path, "read", &io::Error::other(message));
    }
    let failure = Failure::new(format!("error compiling wasm binary: {}", visible(&message)));
    failure.maybe_hint(hint(path, bytes, &message))
}

/// Translates the text format, told by the file's name or by its first words.
fn to_binary(path: &Path, bytes: Vec<u8>) -> Result<Vec<u8>, Failure> {
    let is_text = !bytes.starts_with(b"\0asm") && (is_named_text(path) || looks_like_text(&bytes));
    if !is_text {
        return Ok(bytes);
    }
    let name = if is_stdin(path) { Path::new("<stdin>") } else { path };
    wat::Parser::new()
        .parse_bytes(Some(name), &bytes)
        .map(Cow::into_owned)
        .map_err(|error| Failure::new(format!("error compiling wasm binary: {error}")))
}

/// Whether bytes begin as a module's text does, behind spaces and comments.
fn looks_like_text(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        rest = rest.trim_ascii_start();
        let comment_end = if rest.starts_with(b";;") {
            rest.iter().position(|byte| *byte == b'\n')
        } else if rest.starts_with(b"(;") {
            rest.windows(2).position(|pair| pair == b";)").map(|at| at + 1)
        } else {
            break;
        };
        let Some(end) = comment_end else { return false };
        rest = &rest[end + 1..];
    }
    let Some(rest) = rest.strip_prefix(b"(") else { return false };
    let rest = rest.trim_ascii_start();
    let word = &rest[..rest.iter().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(rest.len())];
    TEXT_WORDS.iter().any(|known| known.as_bytes() == word)
}

/// What to do about bytes that are refused with that message: what they may be without the magic number, or which proposal
/// they need.
pub(super) fn hint(path: &Path, bytes: &[u8], message: &str) -> Option<String> {
    if bytes.starts_with(b"\0asm") {
        return origin::proposal_hint(message).map(str::to_owned);
    }
    let shown = if is_stdin(path) { "standard input".to_owned() } else { format!("`{}`", shown(path)) };
    Some(match bytes {
        [] => format!("{shown} is empty"),
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => {
            format!("{shown} is a native program; compile its source for wasm32-wasip1")
        }
        _ if Module::is_image(bytes) => {
            format!("{shown} is an image made by `wazero compile -o`; name the module that it was made from")
        }
        [0x1f, 0x8b, ..] | [b'P', b'K', ..] => format!("{shown} is an archive; unpack it first"),
        _ => format!("{shown} is no WebAssembly module, which begins with the bytes 00 61 73 6d"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_by_its_first_words() {
        for text in ["(module)", "\n ;; a\n (; b ;) ( module", "(func)", "(type $a (func))"] {
            assert!(looks_like_text(text.as_bytes()), "{text}");
        }
        for other in ["", "(", "hello", ";; only a comment", "(; open", "(setq a b)", "(modules)", "#!/bin/sh"] {
            assert!(!looks_like_text(other.as_bytes()), "{other}");
        }
    }
}

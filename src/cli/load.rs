//! Reading and compiling the module that the user named.

use super::failure::{Failure, os_error};
use super::messages::origin;
use super::messages::visible::visible;
use super::progress::Progress;
use crate::api::{Engine, Module};
use std::borrow::Cow;
use std::io::{IsTerminal, Read};
use std::path::Path;

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

/// Whether a path stands for standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Reads the file or standard input, which holds a binary or text module.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    if is_stdin(path) { read_stdin() } else { read_file(path) }
}

#[allow(clippy::disallowed_methods, reason = "the user named this file as the program to run")]
fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        let verb = if error.kind() == std::io::ErrorKind::IsADirectory { "read" } else { "open" };
        Failure::new(format!("error reading wasm binary: {verb} {}: {}", shown(path), os_error(&error)))
    })
}

fn read_stdin() -> Result<Vec<u8>, Failure> {
    let mut stdin = std::io::stdin().lock();
    if stdin.is_terminal() {
        return Err(Failure::new("error reading wasm binary: standard input is a terminal")
            .hint("pipe a module into it, or name a file"));
    }
    let mut bytes = Vec::new();
    match stdin.read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::new(format!("error reading wasm binary: read -: {}", os_error(&error)))),
    }
}

/// The path in messages.
fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

/// Compiles a module, with a progress bar where that takes long.
pub(super) fn compile(engine: &Engine, path: &Path, bytes: &[u8]) -> Result<Module, Failure> {
    let bytes = to_binary(path, bytes)?;
    let progress = Progress::new();
    let module = Module::new_with_progress(engine, &bytes, &|done, total| progress.update(done, total));
    module.map_err(|error| {
        let message = error.to_string();
        let failure = Failure::new(format!("error compiling wasm binary: {}", visible(&message)));
        match hint(path, &bytes).or_else(|| origin::proposal_hint(&message).map(str::to_owned)) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// Translates the text format, told by the file's name or by its first words.
pub(super) fn to_binary<'a>(path: &Path, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, Failure> {
    let named_text = path.extension().is_some_and(|extension| extension == "wat");
    let is_text = !bytes.starts_with(b"\0asm") && (named_text || looks_like_text(bytes));
    if !is_text {
        return Ok(Cow::Borrowed(bytes));
    }
    let name = if is_stdin(path) { Path::new("<stdin>") } else { path };
    wat::Parser::new()
        .parse_bytes(Some(name), bytes)
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

/// What bytes without the magic number may be.
pub(super) fn hint(path: &Path, bytes: &[u8]) -> Option<String> {
    if bytes.starts_with(b"\0asm") {
        return None;
    }
    let shown = if is_stdin(path) { "standard input".to_owned() } else { format!("`{}`", shown(path)) };
    Some(match bytes {
        [] => format!("{shown} is empty"),
        [0x7f, b'E', b'L', b'F', ..] | [b'M', b'Z', ..] => {
            format!("{shown} is a native program; compile its source for wasm32-wasip1")
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

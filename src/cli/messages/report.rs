//! How errors, traps and backtraces are printed: on stderr, after everything the guest wrote.
//!
//! `error`, `warning` and `hint` are coloured on a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`. What came from
//! a module or a guest can never act on the terminal: see [`super::visible`].

use super::failure::{Failure, os_error};
use super::visible::{visible, visible_lines};
use crate::api::{Error, ErrorKind, WORKER_NAME};
use std::borrow::Cow;
use std::io::{ErrorKind as IoErrorKind, IsTerminal, Write};

/// First words of a message that are coloured, up to their colon, with the colour.
const COLOURS: [(&str, &str); 3] = [("error", "\x1b[1;31m"), ("warning", "\x1b[1;33m"), ("hint", "\x1b[1;36m")];
const NO_COLOUR: &str = "\x1b[0m";

/// Writes `text` to stderr. A closed stderr is no error.
pub(crate) fn print(text: &str) {
    let text = visible_lines(text);
    let text = if wants_colour() { coloured(&text) } else { text };
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// Writes what a command was asked for to stdout. A reader that has gone is no error; a result that is lost otherwise, as
/// on a full disk, is one.
pub(crate) fn print_result(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != IoErrorKind::BrokenPipe => {
            Err(Failure::new(format!("error writing standard output: {}", os_error(&error))))
        }
        _ => Ok(()),
    }
}

/// <https://no-color.org>: any value but an empty one.
#[allow(clippy::disallowed_methods, reason = "colours are the user's choice")]
fn wants_colour() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    std::io::stderr().is_terminal() && !is_set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Colours the first word of lines that begin with `error`, `warning` or `hint`.
fn coloured(text: &str) -> Cow<'_, str> {
    let line = |line: &str| {
        for (word, colour) in COLOURS {
            let is_prefix = |rest: &&str| rest.starts_with([':', ' ']);
            if let Some(rest) = line.strip_prefix(word).filter(is_prefix)
                && let Some((prefix, message)) = rest.split_once(':')
            {
                return format!("{colour}{word}{prefix}:{NO_COLOUR}{message}");
            }
        }
        line.to_owned()
    };
    Cow::Owned(text.split_inclusive('\n').map(line).collect())
}

/// Keeps panics of threads that compile beside the run to themselves: what they were at stays interpreted, and the program's
/// own words on stderr are often compared. Debug builds end by them, and say why.
pub(crate) fn hide_panics_of_workers() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if cfg!(debug_assertions) || std::thread::current().name() != Some(WORKER_NAME) {
            usual(panic);
        }
    }));
}

/// A trap or another error of a running program, with its wasm stack where it has one.
pub(crate) fn program_error(error: &Error) -> String {
    let text = error.to_string();
    let text = visible(&text);
    let message = match error.kind() {
        // A stack overflow has never had the prefix, and scripts match on that.
        ErrorKind::Trap(code) if code != crate::api::TrapCode::StackOverflow => format!("wasm error: {text}"),
        _ => text.into_owned(),
    };
    match error.backtrace() {
        Some(backtrace) if !backtrace.frames.is_empty() => format!("{message}\n{backtrace}"),
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_are_coloured() {
        let text = "error compiling wasm binary: no: magic\n\nhint: `x` is empty\nhints and errors: none\n";
        let expected = "\x1b[1;31merror compiling wasm binary:\x1b[0m no: magic\n\n\x1b[1;36mhint:\x1b[0m `x` is empty\nhints and errors: none\n";
        assert_eq!(coloured(text), expected);
    }
}

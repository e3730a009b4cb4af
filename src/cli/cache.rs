//! `wazero cache`: where compiled modules are kept, how many bytes they take, and how to be rid of them.

use super::cache_dir::CacheChoice;
use super::failure::{Failure, os_error};
use super::{args, flags, report, usage};
use crate::api::{kept_bytes, remove_kept};
use std::ffi::OsString;
use std::path::Path;

/// Runs the command on the words behind its name.
pub(super) fn main(words: &[OsString]) -> Result<u32, Failure> {
    let command = args::cache();
    let parsed = flags::parse(&command, words).map_err(|error| super::flag_failure(error, "cache", &command))?;
    if super::wants_help(&parsed.flags) {
        report::print(&usage::long(&command));
        return Ok(0);
    }
    let asked = |text: &str| Failure::new(text).usage(usage::long(&command));
    let what = match parsed.words.as_slice() {
        [what] => what,
        [] => return Err(asked("missing what to do with the cache")),
        [_, more, ..] => return Err(asked(&format!("unexpected word: {}", more.to_string_lossy()))),
    };
    let Some(CacheChoice { dir, .. }) = CacheChoice::of(&parsed.flags) else {
        return Err(Failure::new("there is no cache").hint("name a directory with -cachedir or WAZERO_CACHE_DIR"));
    };
    match what.to_str() {
        Some("dir") => report::print_result(&format!("{}\n", dir.display()))?,
        Some("size") => report::print_result(&format!("{}\n", kept_bytes(&dir)))?,
        Some("clean") => clean(&dir)?,
        _ => return Err(asked(&format!("unknown action: {}", what.to_string_lossy()))),
    }
    Ok(0)
}

/// Removes all that is kept, of every version.
fn clean(dir: &Path) -> Result<(), Failure> {
    remove_kept(dir)
        .map_err(|(path, error)| Failure::new(format!("cannot remove {}: {}", path.display(), os_error(&error))))
}

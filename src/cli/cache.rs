//! `wazero cache`: where compiled modules are kept, how many bytes they take, and how to be rid of them.

use super::cache_dir::CacheChoice;
use super::failure::{Failure, os_error};
use super::{args, flags, report, usage};
use std::ffi::{OsStr, OsString};
use std::path::Path;

/// What folders of one version are called, and names of files in them.
const VERSION_PREFIX: &str = "wazero-";
const NAME_LEN: usize = 64;
const TEMPORARY: &str = "tmp";

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
        Some("size") => report::print_result(&format!("{}\n", size(&dir)))?,
        Some("clean") => clean(&dir)?,
        _ => return Err(asked(&format!("unknown action: {}", what.to_string_lossy()))),
    }
    Ok(0)
}

/// Bytes of all that is kept.
fn size(dir: &Path) -> u64 {
    let mut bytes = 0;
    // What cannot be looked at takes no space.
    let _ = for_each_file(dir, &mut |file| {
        bytes += std::fs::symlink_metadata(file).map_or(0, |metadata| metadata.len());
        Ok(())
    });
    bytes
}

/// Removes all that is kept, of every version; running programs go on. The user's key and files of others stay.
#[allow(clippy::disallowed_methods, reason = "the user asks for the files to be removed")]
fn clean(dir: &Path) -> Result<(), Failure> {
    let failed = |path: &Path, error: &std::io::Error| {
        Failure::new(format!("cannot remove {}: {}", path.display(), os_error(error)))
    };
    for_each_file(dir, &mut |file| std::fs::remove_file(file).map_err(|error| failed(file, &error)))?;
    for version in versions(dir) {
        // Those that hold something else stay.
        let _ = std::fs::remove_dir(version.join(TEMPORARY));
        let _ = std::fs::remove_dir(version);
    }
    Ok(())
}

/// The folders of all versions.
#[allow(clippy::disallowed_methods, reason = "the cache is a folder of the user's")]
fn versions(dir: &Path) -> Vec<std::path::PathBuf> {
    let is_version = |entry: &std::fs::DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        is_folder && entry.file_name().as_encoded_bytes().starts_with(VERSION_PREFIX.as_bytes())
    };
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries.filter(is_version).map(|entry| entry.path()).collect()
}

/// Hands every image, note and half-written file to `act`.
#[allow(clippy::disallowed_methods, reason = "the cache is a folder of the user's")]
fn for_each_file(dir: &Path, act: &mut dyn FnMut(&Path) -> Result<(), Failure>) -> Result<(), Failure> {
    for version in versions(dir) {
        for (folder, is_ours) in [(version.clone(), is_kept as fn(&OsStr) -> bool), (version.join(TEMPORARY), |_| true)]
        {
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
            for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file())) {
                if is_ours(&entry.file_name()) {
                    act(&entry.path())?;
                }
            }
        }
    }
    Ok(())
}

/// Whether a file is an image or a note, by its name.
fn is_kept(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.len() == NAME_LEN && name.iter().all(u8::is_ascii_hexdigit)
}

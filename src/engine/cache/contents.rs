//! All that caches of any version have kept in a folder, for those who want to know its size or be rid of it.

use super::{VERSION_PREFIX, is_name};
use crate::engine::sys::TEMPORARY;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

/// Bytes of all that is kept in a cache's folder.
pub fn kept_bytes(dir: &Path) -> u64 {
    // What cannot be looked at takes no space.
    files(dir).iter().map(|file| fs::symlink_metadata(file).map_or(0, |metadata| metadata.len())).sum()
}

/// Removes all that is kept in a cache's folder, of every version; running programs go on. The user's key and files of others
/// stay.
///
/// # Errors
///
/// The first file that cannot be removed, and why.
#[allow(clippy::disallowed_methods, reason = "the user asks for the files to be removed")]
pub fn remove_kept(dir: &Path) -> Result<(), (PathBuf, io::Error)> {
    for file in files(dir) {
        fs::remove_file(&file).map_err(|error| (file, error))?;
    }
    for version in versions(dir) {
        // Those that hold something else stay.
        let _ = fs::remove_dir(version.join(TEMPORARY));
        let _ = fs::remove_dir(version);
    }
    Ok(())
}

/// Every image, note and half-written file.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for version in versions(dir) {
        let kept = entries(&version).filter(|entry| is_name(&entry.file_name()));
        let unfinished = entries(&version.join(TEMPORARY));
        let are_files = kept.chain(unfinished).filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
        files.extend(are_files.map(|entry| entry.path()));
    }
    files
}

/// The folders of all versions.
fn versions(dir: &Path) -> Vec<PathBuf> {
    let is_version = |entry: &DirEntry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        is_folder && entry.file_name().as_encoded_bytes().starts_with(VERSION_PREFIX.as_bytes())
    };
    entries(dir).filter(is_version).map(|entry| entry.path()).collect()
}

#[allow(clippy::disallowed_methods, reason = "the cache is a folder of the user's")]
fn entries(dir: &Path) -> impl Iterator<Item = DirEntry> + use<> {
    fs::read_dir(dir).into_iter().flatten().flatten()
}

//! The folder for compiled modules: `-cachedir`, or the user's own; and where the user's key is.
//!
//! A folder that cannot be made is the user's mistake and said so, in the words of the Go wazero. One that is there and
//! cannot be used, because it is full, read-only or open to others, costs time only, and the program runs.

use super::failure::{Failure, os_error};
use crate::api::Config;
use clap::ArgMatches;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Most bytes of the user's own cache. Somebody who names a folder knows what is in it.
const MOST_BYTES: u64 = 2 << 30;

/// The variable that names the user's own cache; an empty one means none.
const VARIABLE: &str = "WAZERO_CACHE_DIR";

/// Where compiled modules are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CacheChoice {
    /// The folder.
    pub(super) dir: PathBuf,
    /// Whether the user has named it for this run, and is told where it cannot be used.
    pub(super) is_named: bool,
}

impl CacheChoice {
    /// What the flags say; without any, the user's own folder. An empty name is none.
    pub(super) fn of(flags: &ArgMatches) -> Option<CacheChoice> {
        // Not every command has this one.
        if matches!(flags.try_get_one::<bool>("no-cache"), Ok(Some(true))) {
            return None;
        }
        match flags.get_one::<OsString>("cachedir").filter(|dir| !dir.is_empty()) {
            Some(dir) => Some(CacheChoice { dir: dir.into(), is_named: true }),
            None => Some(CacheChoice { dir: own_dir()?, is_named: false }),
        }
    }
}

/// The user's own folder.
#[allow(clippy::disallowed_methods, reason = "the user names the folder by a variable")]
fn own_dir() -> Option<PathBuf> {
    match std::env::var_os(VARIABLE) {
        Some(dir) if dir.is_empty() => None,
        Some(dir) => Some(dir.into()),
        None => Some(super::sys::caches()?.join("wazero")),
    }
}

/// A configuration with the user's key, and with the folder. One that the user has named is made where it does not exist.
pub(super) fn config(cache: Option<&CacheChoice>) -> Result<Config, Failure> {
    let mut config = Config::new();
    if let Some(key) = key_file() {
        config.key_file(key);
    }
    if let Some(CacheChoice { dir, is_named }) = cache {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        config.cache_dir(&dir);
        if *is_named {
            make(&config, &dir).map_err(|message| Failure::new(format!("invalid cachedir: {message}")))?;
        } else {
            config.cache_bytes(MOST_BYTES);
        }
    }
    Ok(config)
}

/// Makes the configuration's folder where it does not exist.
#[allow(clippy::disallowed_methods, reason = "the user named this folder")]
fn make(config: &Config, dir: &Path) -> Result<(), String> {
    let shown = dir.display();
    match std::fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(format!("{shown} is not dir")),
        Err(error) if error.kind() == ErrorKind::NotFound => config.create_cache_dir().map_err(|error| {
            let missing = dir.ancestors().take_while(|above| std::fs::metadata(above).is_err()).last().unwrap_or(dir);
            format!("create directory {shown}: mkdir {}: {}", missing.display(), os_error(&error))
        }),
        Err(error) => Err(format!("stat {shown}: {}", os_error(&error))),
    }
}

/// Where the user's key is.
fn key_file() -> Option<PathBuf> {
    Some(super::sys::caches()?.join("wazero").join("key"))
}

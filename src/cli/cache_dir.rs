//! `-cachedir`: the folder for compiled modules, and where the user's key is.
//!
//! A folder that cannot be made is the user's mistake and said so, in the words of the Go wazero. One that is there and
//! cannot be used, because it is full, read-only or open to others, costs time only, and the program runs.

use super::failure::{Failure, os_error};
use crate::api::Config;
use clap::ArgMatches;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The folder as typed; an empty one is none.
pub(super) fn of(flags: &ArgMatches) -> Option<PathBuf> {
    flags.get_one::<OsString>("cachedir").filter(|dir| !dir.is_empty()).map(PathBuf::from)
}

/// A configuration with the user's key, and with the folder, which is made where it does not exist.
pub(super) fn config(dir: Option<&Path>) -> Result<Config, Failure> {
    let mut config = Config::new();
    if let Some(key) = key_file() {
        config.key_file(key);
    }
    if let Some(dir) = dir {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        config.cache_dir(&dir);
        make(&config, &dir).map_err(|message| Failure::new(format!("invalid cachedir: {message}")))?;
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

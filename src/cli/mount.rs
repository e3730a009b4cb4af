//! `-mount=host[:guest][:ro]`: how a mount is written, and the directory behind it.

use super::failure::{Failure, os_error};
use crate::wasi::DirAccess;
use clap_lex::OsStrExt;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// A mount as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MountSpec {
    /// Directory of the host; never empty.
    pub(super) host: PathBuf,
    /// Path that the guest sees; never empty.
    pub(super) guest: OsString,
    /// Whether the guest may change nothing.
    pub(super) read_only: bool,
}

/// A mount whose directory exists.
#[derive(Debug)]
pub(super) struct Mount {
    /// The open directory.
    pub(super) dir: cap_std::fs::Dir,
    /// Path that the guest sees.
    pub(super) guest: OsString,
    /// What the guest may do with it.
    pub(super) access: DirAccess,
}

/// Reads a mount: one trailing `:ro`, then host and guest around the last colon. A drive letter's colon separates
/// nothing.
pub(super) fn parse_mount(text: &OsStr) -> Result<MountSpec, Failure> {
    if text.is_empty() {
        return Err(Failure::new("invalid mount: empty string"));
    }
    let mut parts: Vec<&OsStr> = text.split(":").collect();
    let read_only = parts.len() > 1 && parts.last().is_some_and(|last| *last == "ro");
    if read_only {
        parts.pop();
    }
    // The colon of a drive letter separates nothing.
    let drive_parts = if cfg!(windows) && starts_with_drive(text) { 2 } else { 1 };
    let guest = if parts.len() > drive_parts { parts.pop() } else { None };
    let host = join(&parts);
    let guest = guest.map_or_else(|| host.clone(), OsStr::to_owned);
    let is_root = ["", "/", ".", "./"].iter().any(|root| guest == **root);
    Ok(MountSpec {
        host: if host.is_empty() { PathBuf::from(".") } else { PathBuf::from(&host) },
        guest: if is_root { OsString::from("/") } else { guest },
        read_only,
    })
}

fn starts_with_drive(text: &OsStr) -> bool {
    matches!(text.as_encoded_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

/// The parts with a colon between them.
fn join(parts: &[&OsStr]) -> OsString {
    let mut joined = OsString::new();
    for (position, part) in parts.iter().enumerate() {
        joined.push(if position == 0 { "" } else { ":" });
        joined.push(part);
    }
    joined
}

/// What two mounts must differ in: the guest path without leading `./` and `/` and trailing `/`.
fn identity(guest: &OsStr) -> &[u8] {
    let mut bytes = guest.as_encoded_bytes();
    while let Some(rest) = bytes.strip_prefix(b"./").or_else(|| bytes.strip_prefix(b"/")) {
        bytes = rest;
    }
    while let Some(rest) = bytes.strip_suffix(b"/") {
        bytes = rest;
    }
    bytes
}

/// Opens every mount's directory. Of two with the same guest path the later one takes the earlier one's place.
pub(super) fn open_mounts(specs: Vec<MountSpec>) -> Result<Vec<Mount>, Failure> {
    let mut mounts: Vec<Mount> = Vec::with_capacity(specs.len());
    for spec in specs {
        let dir = open_dir(&spec)?;
        let access = if spec.read_only { DirAccess::ReadOnly } else { DirAccess::ReadWrite };
        let mount = Mount { dir, guest: spec.guest, access };
        match mounts.iter_mut().find(|other| identity(&other.guest) == identity(&mount.guest)) {
            Some(other) => *other = mount,
            None => mounts.push(mount),
        }
    }
    Ok(mounts)
}

#[allow(clippy::disallowed_methods, reason = "the user named this directory as a mount")]
fn open_dir(spec: &MountSpec) -> Result<cap_std::fs::Dir, Failure> {
    let path = std::path::absolute(&spec.host).unwrap_or_else(|_| spec.host.clone());
    let shown = path.to_string_lossy();
    let metadata = std::fs::metadata(&path).map_err(|error| {
        let failure = Failure::new(format!("invalid mount: path {shown:?} error: stat {shown}: {}", os_error(&error)));
        match swapped(spec) {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })?;
    if !metadata.is_dir() {
        return Err(Failure::new(format!("invalid mount: path {shown:?} is not a directory"))
            .hint("mount the directory that holds the file"));
    }
    cap_std::fs::Dir::open_ambient_dir(&path, cap_std::ambient_authority()).map_err(|error| {
        Failure::new(format!("invalid mount: path {shown:?} error: open {shown}: {}", os_error(&error)))
    })
}

/// Whether host and guest seem to be in the wrong order.
#[allow(clippy::disallowed_methods, reason = "only looks whether the directory that the user named exists")]
fn swapped(spec: &MountSpec) -> Option<String> {
    let guest = Path::new(&spec.guest);
    let plausible = spec.guest.as_os_str() != spec.host.as_os_str() && spec.guest != *"/";
    let is_dir = plausible && std::fs::metadata(guest).is_ok_and(|metadata| metadata.is_dir());
    is_dir.then(|| {
        format!("the host's directory comes first: did you mean `-mount={}:{}`?", guest.display(), spec.host.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, host: &str, guest: &str, read_only: bool) {
        let spec = parse_mount(OsStr::new(text)).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(spec, MountSpec { host: host.into(), guest: guest.into(), read_only }, "{text}");
    }

    #[test]
    fn mounts_split_at_the_last_colon() {
        check("/:/", "/", "/", false);
        check("m", "m", "m", false);
        check("m:", "m", "/", false);
        check("m:ro", "m", "m", true);
        check(":/", ".", "/", false);
        check(":ro", ".", "/", true);
        check("a:b:/c", "a:b", "/c", false);
        check("m:/y:ro", "m", "/y", true);
        check("m:/y:rw", "m:/y", "rw", false);
        check("m:.", "m", "/", false);
        check("m:/sub/", "m", "/sub/", false);
    }

    #[test]
    fn guest_paths_are_the_same_without_leading_and_trailing_slashes() {
        for same in ["/sub", "sub", "./sub", "/sub/", "./sub//"] {
            assert_eq!(identity(OsStr::new(same)), b"sub", "{same}");
        }
    }
}

//! `-mount=host[:guest][:ro]`: how a mount is written, and the directory or file behind it.

use super::failure::{Failure, os_error};
use super::sys::HAS_DRIVES;
use crate::wasi::{self, DirAccess, WasiCtxBuilder};
use clap_lex::OsStrExt;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

/// A mount as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MountSpec {
    /// Directory or file of the host; never empty.
    pub(super) host: PathBuf,
    /// Path that the guest sees; never empty.
    pub(super) guest: OsString,
    /// Whether the guest may change nothing.
    pub(super) read_only: bool,
}

/// A mount whose directory or file exists.
#[derive(Debug)]
pub(super) struct Mount {
    /// The open directory, or the one around the file.
    dir: cap_std::fs::Dir,
    /// The file's name in it, for a single file.
    file: Option<OsString>,
    /// Path that the guest sees.
    guest: OsString,
    /// What the guest may do with it.
    access: DirAccess,
}

impl Mount {
    /// Opens it to a guest.
    pub(super) fn add_to(self, builder: &mut WasiCtxBuilder) {
        match self.file {
            None => builder.preopened_dir(self.dir, self.guest, self.access),
            Some(name) => builder.preopened_file(self.dir, name, self.guest, self.access),
        };
    }
}

/// Reads a mount: one trailing `:ro`, then host and guest around the last colon, or around the last `::`. A drive
/// letter's colon separates nothing on Windows; elsewhere `c:/` is a directory `c` at `/`.
pub(super) fn parse_mount(text: &OsStr) -> Result<MountSpec, Failure> {
    parse(text, HAS_DRIVES)
}

fn parse(text: &OsStr, drives: bool) -> Result<MountSpec, Failure> {
    if text.is_empty() {
        return Err(Failure::new("invalid mount: empty string"));
    }
    let mut parts: Vec<OsString> = text.split(":").map(OsStr::to_owned).collect();
    let read_only = parts.len() > 1 && parts.last().is_some_and(|last| *last == *"ro");
    if read_only {
        parts.pop();
    }
    if drives {
        join_drives(&mut parts);
    }
    let guest = if parts.len() > 1 { parts.pop() } else { None };
    // What stands around `::` is host and guest as well; nothing can be called so.
    if parts.len() > 1 && parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    let host = join(&parts);
    let guest = guest.unwrap_or_else(|| host.clone());
    let is_root = ["", "/", ".", "./"].iter().any(|root| guest == **root);
    Ok(MountSpec {
        host: if host.is_empty() { PathBuf::from(".") } else { PathBuf::from(&host) },
        guest: if is_root { OsString::from("/") } else { guest },
        read_only,
    })
}

/// Joins a drive letter again with the path behind its colon.
fn join_drives(parts: &mut Vec<OsString>) {
    let mut at = 0;
    while at + 1 < parts.len() {
        let bytes = parts[at].as_encoded_bytes();
        // Paths that Windows takes as they are begin with `\\?\` or `\\.\`, in front of the letter.
        let name = bytes.strip_prefix(br"\\?\").or_else(|| bytes.strip_prefix(br"\\.\")).unwrap_or(bytes);
        let is_letter = matches!(name, [letter] if letter.is_ascii_alphabetic());
        if is_letter && matches!(parts[at + 1].as_encoded_bytes(), [b'\\' | b'/', ..]) {
            let rest = parts.remove(at + 1);
            parts[at].push(":");
            parts[at].push(rest);
        }
        at += 1;
    }
}

/// The parts with a colon between them.
fn join(parts: &[OsString]) -> OsString {
    parts.join(OsStr::new(":"))
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

/// Opens every mount's directory or file. Of two with the same guest path the later one takes the earlier one's place.
pub(super) fn open_mounts(specs: &[MountSpec], allow_special_fs: bool) -> Result<Vec<Mount>, Failure> {
    let mut mounts: Vec<Mount> = Vec::with_capacity(specs.len());
    for spec in specs {
        let mount = open_mount(spec, allow_special_fs)?;
        match mounts.iter_mut().find(|other| identity(&other.guest) == identity(&mount.guest)) {
            Some(other) => *other = mount,
            None => mounts.push(mount),
        }
    }
    Ok(mounts)
}

#[allow(clippy::disallowed_methods, reason = "the user named this directory or file as a mount")]
fn open_mount(spec: &MountSpec, allow_special_fs: bool) -> Result<Mount, Failure> {
    let path = std::path::absolute(&spec.host).unwrap_or_else(|_| spec.host.clone());
    let shown = path.to_string_lossy();
    let failed = |verb: &str, error: &io::Error| {
        Failure::new(format!("invalid mount: path {shown:?} error: {verb} {shown}: {}", os_error(error)))
    };
    let metadata = std::fs::metadata(&path).map_err(|error| failed("stat", &error).maybe_hint(meant(spec)))?;
    // The file itself is mounted, and not a link to it that could be turned to another.
    let (dir_path, file) = if metadata.is_dir() {
        (path.clone(), None)
    } else {
        let real = std::fs::canonicalize(&path).map_err(|error| failed("stat", &error))?;
        let (Some(parent), Some(name)) = (real.parent(), real.file_name()) else {
            return Err(not_a_directory(spec, &shown));
        };
        (parent.to_owned(), Some(name.to_owned()))
    };
    if file.is_some() && (spec.guest == *"/" || spec.guest.as_encoded_bytes().ends_with(b"/")) {
        return Err(not_a_directory(spec, &shown));
    }
    let dir = cap_std::fs::Dir::open_ambient_dir(&dir_path, cap_std::ambient_authority())
        .map_err(|error| failed("open", &error))?;
    if !allow_special_fs && file.is_none() && wasi::is_special_fs(&dir) {
        return Err(Failure::new(format!(
            "invalid mount: path {shown:?} is no storage but the kernel's own file system"
        ))
        .hint("`-allow-special-fs` lets the program have it, and with it what this process may do"));
    }
    let access = if spec.read_only { DirAccess::ReadOnly } else { DirAccess::ReadWrite };
    Ok(Mount { dir, file, guest: spec.guest.clone(), access })
}

/// A file that is to be mounted where only a directory can be.
fn not_a_directory(spec: &MountSpec, shown: &str) -> Failure {
    let failure = Failure::new(format!("invalid mount: path {shown:?} is not a directory"));
    match spec.host.file_name() {
        Some(name) => {
            let folder = spec.guest.to_string_lossy();
            let (folder, name) = (folder.trim_end_matches('/'), name.to_string_lossy());
            failure.hint(format!("to mount the file alone, name it: `-mount={}:{folder}/{name}`", spec.host.display()))
        }
        None => failure,
    }
}

/// What the user may have meant by a mount whose host does not exist.
fn meant(spec: &MountSpec) -> Option<String> {
    if spec.guest == *"rw" && spec.host.as_os_str().as_encoded_bytes().contains(&b':') {
        return Some(format!("mounts can be written without `:rw`: `-mount={}`", spec.host.display()));
    }
    swapped(spec)
}

/// Whether host and guest seem to be in the wrong order.
#[allow(clippy::disallowed_methods, reason = "only looks whether the path that the user named exists")]
fn swapped(spec: &MountSpec) -> Option<String> {
    let guest = Path::new(&spec.guest);
    let plausible = spec.guest.as_os_str() != spec.host.as_os_str() && spec.guest != *"/";
    (plausible && std::fs::metadata(guest).is_ok()).then(|| {
        format!("the host's path comes first: did you mean `-mount={}:{}`?", guest.display(), spec.host.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_on(drives: bool, text: &str, host: &str, guest: &str, read_only: bool) {
        let spec = parse(OsStr::new(text), drives).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(spec, MountSpec { host: host.into(), guest: guest.into(), read_only }, "{text}");
    }

    #[track_caller]
    fn check(text: &str, host: &str, guest: &str, read_only: bool) {
        check_on(false, text, host, guest, read_only);
        check_on(true, text, host, guest, read_only);
    }

    #[test]
    fn mounts_split_at_the_last_colon() {
        check("/:/", "/", "/", false);
        check("m", "m", "m", false);
        check("m:", "m", "/", false);
        check("m:ro", "m", "m", true);
        check(":/", ".", "/", false);
        check(":ro", ".", "/", true);
        check("ro", "ro", "ro", false);
        check_on(false, "a:b:/c", "a:b", "/c", false);
        check("mm:/y:ro", "mm", "/y", true);
        check("mm:/y:rw", "mm:/y", "rw", false);
        check("m:.", "m", "/", false);
        check("mm:/sub/", "mm", "/sub/", false);
        check_on(false, "m:/", "m", "/", false);
        check_on(false, "c:/data:ro", "c", "/data", true);
    }

    #[test]
    fn two_colons_separate_too() {
        check("mm::/y", "mm", "/y", false);
        check("mm::/y:ro", "mm", "/y", true);
        check("mm::", "mm", "/", false);
        check("mm::ro", "mm", "/", true);
        check("::/", ".", "/", false);
        check_on(true, r"C:\dir::/y", r"C:\dir", "/y", false);
        check_on(true, r"C:\dir::/y:ro", r"C:\dir", "/y", true);
    }

    #[test]
    fn drive_letters_separate_nothing() {
        check_on(true, r"c:\:/", r"c:\", "/", false);
        check_on(true, r"C:\dir", r"C:\dir", r"C:\dir", false);
        check_on(true, r"C:\dir:ro", r"C:\dir", r"C:\dir", true);
        check_on(true, r"C:/dir:/y", "C:/dir", "/y", false);
        check_on(true, r"C:\dir:", r"C:\dir", "/", false);
        check_on(true, r"C:\a.txt:/b.txt:ro", r"C:\a.txt", "/b.txt", true);
        check_on(true, r"C:\a:D:\b", r"C:\a", r"D:\b", false);
        check_on(true, r"dir:/y", "dir", "/y", false);
        check_on(true, r"\\server\share\dir:/x", r"\\server\share\dir", "/x", false);
        check_on(true, r"\\server\share:/x:ro", r"\\server\share", "/x", true);
        check_on(true, r"\\server\share", r"\\server\share", r"\\server\share", false);
        check_on(true, r"\\?\C:\dir:/x:ro", r"\\?\C:\dir", "/x", true);
        check_on(true, r"\\?\UNC\server\share:/x", r"\\?\UNC\server\share", "/x", false);
        check_on(true, r"C:\a b\ü:/x y", r"C:\a b\ü", "/x y", false);
        check_on(true, "C:dir", "C", "dir", false);
    }

    #[test]
    fn guest_paths_are_the_same_without_leading_and_trailing_slashes() {
        for same in ["/sub", "sub", "./sub", "/sub/", "./sub//"] {
            assert_eq!(identity(OsStr::new(same)), b"sub", "{same}");
        }
    }
}

//! The hint below a program that ended in failure after WASI denied it a path: which mount or flag would have helped.
//!
//! A wrong hint is worse than none. Programs look for many files that need not be there, so a missing one is spoken of
//! only if the host has it, and one among the system's own files only if an argument names it.

use super::failure::Failure;
use super::mount::MountSpec;
use crate::wasi::{DeniedReason, WasiCtx};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// Where programs and their libraries look for what they can do without.
const SYSTEM: &[&str] =
    &["/bin", "/dev", "/etc", "/lib", "/lib64", "/opt", "/proc", "/run", "/sbin", "/sys", "/usr", "/var"];

/// What was mounted, and the arguments that may name files.
pub(super) struct PathHint<'a> {
    mounts: &'a [MountSpec],
    args: &'a [OsString],
}

impl<'a> PathHint<'a> {
    /// For what the user typed; the first argument is the program's own name.
    pub(super) fn new(mounts: &'a [MountSpec], args: &'a [OsString]) -> PathHint<'a> {
        PathHint { mounts, args: args.get(1..).unwrap_or_default() }
    }

    /// Adds a hint to how a program ended, if that is a failure and there is something to say.
    pub(super) fn add_to(&self, outcome: Result<u32, Failure>, ctx: &WasiCtx) -> Result<u32, Failure> {
        if matches!(outcome, Ok(0)) {
            return outcome;
        }
        let Some(hint) = self.hint(ctx) else { return outcome };
        match outcome {
            Ok(code) => {
                super::report::print(&format!("hint: {hint}\n"));
                Ok(code)
            }
            Err(failure) if failure.has_hint() => Err(failure),
            Err(failure) => Err(failure.hint(hint)),
        }
    }

    fn hint(&self, ctx: &WasiCtx) -> Option<String> {
        let Some(denied) = ctx.denied_path() else {
            return if ctx.lacked_directories() && self.mounts.is_empty() { self.without_mounts() } else { None };
        };
        let path = String::from_utf8_lossy(&denied.path).into_owned();
        let shown = path.escape_debug();
        match denied.reason {
            DeniedReason::ReadOnly => self.read_only(&path),
            DeniedReason::Special => Some(format!(
                "the program was refused `{shown}`, a device or a file of the kernel; `-allow-special-fs` lets it through"
            )),
            DeniedReason::Missing => self.missing(&path),
            DeniedReason::Outside => self.outside(&path),
        }
    }

    /// The path lies in a mount with `:ro`.
    fn read_only(&self, path: &str) -> Option<String> {
        let (mount, _) = self.mount_of(path).filter(|(mount, _)| mount.read_only)?;
        let shown = path.escape_debug();
        let host = mount.host.display();
        let guest = mount.guest.to_string_lossy();
        Some(format!(
            "`{shown}` lies in a read-only mount; `-mount={host}:{guest}` without `:ro` lets the program change it"
        ))
    }

    /// Nothing is there for the guest, but the host has something of this name.
    fn missing(&self, path: &str) -> Option<String> {
        // What a mount shows by now was not there when the program looked, and is no matter of mounts.
        if self.mount_of(path).is_some_and(|(mount, rest)| exists(&mount.host.join(rest))) {
            return None;
        }
        let found = self.on_the_host(path)?;
        let (host, guest) = (parent(&found), parent(Path::new(path)));
        Some(mount_hint(path, &host, &guest))
    }

    /// The path was typed so that it leaves a mount.
    fn outside(&self, path: &str) -> Option<String> {
        let (mount, rest) = self.mount_of(path)?;
        let found = tidy(&mount.host.join(rest));
        let escapes = found.starts_with("..") || !found.starts_with(tidy(&mount.host));
        if !escapes || !exists(&found) {
            return None;
        }
        let shown = path.escape_debug();
        let host = parent(&found);
        Some(format!(
            "`{shown}` leads out of the program's directories; `-mount={}:/` opens the one around it",
            host.display()
        ))
    }

    /// The program looked for its directories, there were none, and an argument names something of the host.
    fn without_mounts(&self) -> Option<String> {
        let named = self.args.iter().map(Path::new).find(|path| {
            let typed = path.as_os_str().as_encoded_bytes();
            !typed.starts_with(b"-") && !path.components().any(|part| part == Component::ParentDir) && exists(path)
        })?;
        let folder = parent(named);
        let mount = if named.is_absolute() { format!("{}", folder.display()) } else { ".:/".to_owned() };
        let shown = named.to_string_lossy();
        Some(format!("the program has no directory and cannot reach `{shown}`; `-mount={mount}` opens one to it"))
    }

    /// The mount that a guest's path lies in, and what is left of the path.
    fn mount_of<'p>(&self, path: &'p str) -> Option<(&'a MountSpec, &'p str)> {
        let path = path.trim_start_matches("./").trim_start_matches('/');
        self.mounts
            .iter()
            .filter_map(|mount| {
                let guest = mount.guest.to_string_lossy();
                let guest = guest.trim_start_matches("./").trim_matches('/');
                let rest = path.strip_prefix(guest)?;
                let is_whole = guest.is_empty() || rest.is_empty() || rest.starts_with('/');
                is_whole.then(|| (mount, rest.trim_start_matches('/'), guest.len()))
            })
            .max_by_key(|(_, _, len)| *len)
            .map(|(mount, rest, _)| (mount, rest))
    }

    /// The file of this name on the host: from the working directory, or from the root.
    fn on_the_host(&self, path: &str) -> Option<PathBuf> {
        let relative = Path::new(path.trim_start_matches('/'));
        if !relative.as_os_str().is_empty() && exists(relative) {
            return Some(relative.to_owned());
        }
        let absolute = Path::new("/").join(relative);
        let is_system = SYSTEM.iter().any(|folder| absolute.starts_with(folder));
        let is_named = self.args.iter().any(|arg| Path::new(arg) == absolute);
        (exists(&absolute) && (!is_system || is_named)).then_some(absolute)
    }
}

fn mount_hint(path: &str, host: &Path, guest: &Path) -> String {
    let shown = path.escape_debug();
    format!(
        "the program did not find `{shown}`; `-mount={}:{}` opens that directory to it",
        host.display(),
        guest.display()
    )
}

/// The directory around a path; `.` for a bare name.
fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) => PathBuf::from("."),
        None => path.to_owned(),
    }
}

/// A path without `.`, and without `..` behind a name.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(tidied.components().next_back(), Some(Component::Normal(_))) => {
                tidied.pop();
            }
            part => tidied.push(part),
        }
    }
    tidied
}

#[allow(clippy::disallowed_methods, reason = "only looks whether the host has what the program missed")]
fn exists(path: &Path) -> bool {
    std::fs::metadata(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::mount::parse_mount;
    use std::ffi::OsStr;

    fn hints(mounts: &[&str], args: &[&str]) -> PathHint<'static> {
        let mounts: Vec<MountSpec> =
            mounts.iter().map(|text| parse_mount(OsStr::new(text)).unwrap_or_else(|error| panic!("{error}"))).collect();
        let args: Vec<OsString> = std::iter::once(&"m.wasm").chain(args).map(OsString::from).collect();
        // As long as the test, which is all that matters.
        PathHint::new(mounts.leak(), args.leak())
    }

    #[test]
    fn a_missing_file_is_spoken_of_if_the_host_has_it() {
        let hints = hints(&["src:/app"], &["/etc/passwd"]);
        let hint = hints.missing("/tests/cli.rs").unwrap_or_default();
        assert!(hint.contains("`-mount=tests:/tests`"), "{hint}");
        assert_eq!(hints.missing("/no/such/file"), None);
        assert_eq!(hints.missing("/app/lib.rs"), None);
        assert_eq!(hints.missing("/etc/hostname"), None);
        assert_eq!(hints.missing("/usr/share/zoneinfo/UTC"), None);
        assert!(hints.missing("/etc/passwd").is_some_and(|hint| hint.contains("`-mount=/etc:/etc`")));
    }

    #[test]
    fn a_read_only_mount_is_named() {
        let hints = hints(&["src:/app:ro", "tests:/app/tests"], &[]);
        assert!(hints.read_only("/app/x").is_some_and(|hint| hint.contains("`-mount=src:/app`")));
        assert_eq!(hints.read_only("/app/tests/x"), None);
    }

    #[test]
    fn what_leads_out_of_a_mount() {
        let hints = hints(&["src:/app"], &[]);
        assert!(hints.outside("/app/../Cargo.toml").is_some_and(|hint| hint.contains("`-mount=.:/`")));
        assert_eq!(hints.outside("/app/../no-such-file"), None);
    }

    #[test]
    fn without_mounts_an_argument_counts() {
        assert!(hints(&[], &["-v", "Cargo.toml"]).without_mounts().is_some_and(|hint| hint.contains("`-mount=.:/`")));
        assert_eq!(hints(&[], &["-v", "no-such-file", "../Cargo.toml"]).without_mounts(), None);
    }
}

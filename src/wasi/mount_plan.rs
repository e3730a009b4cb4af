//! [`MountPlan`]: what an embedder asked to be mounted, and the mounts that follow from it.
//!
//! Directories become mounts as they are. A single file goes into the mount of a directory whose guest path lies above it,
//! if its folder exists there; else into a mount that is a folder of single files.

use super::ctx::DirAccess;
use super::mount::{Mount, MountedFile, below, directory_number, identity};
use super::sys::{self, AsFd};
use crate::api::{Error, Result};
use cap_std::fs::Dir;
use std::path::{Path, PathBuf};

/// Mounts in the order in which they were asked for.
#[derive(Default)]
pub(super) struct MountPlan {
    wanted: Vec<Wanted>,
    special_allowed: bool,
}

/// Something that is to be mounted.
struct Wanted {
    dir: Dir,
    /// With a single file, its name in the directory.
    file: Option<PathBuf>,
    guest: Vec<u8>,
    access: DirAccess,
}

impl MountPlan {
    /// Adds a directory.
    pub(super) fn dir(&mut self, dir: Dir, guest: &[u8], access: DirAccess) {
        self.wanted.push(Wanted { dir, file: None, guest: guest.to_vec(), access });
    }

    /// Adds a single file.
    pub(super) fn file(&mut self, dir: Dir, name: &Path, guest: &[u8], access: DirAccess) {
        self.wanted.push(Wanted { dir, file: Some(name.to_owned()), guest: guest.to_vec(), access });
    }

    /// Lets device nodes and the kernel's file systems through, or not.
    pub(super) fn allow_special_fs(&mut self, allow: bool) {
        self.special_allowed = allow;
    }

    /// The mounts, each with what may be done to a directory in it.
    pub(super) fn build(self) -> Result<Vec<(Mount, DirAccess)>> {
        let mut mounts: Vec<(Mount, DirAccess)> = Vec::new();
        let mut files = Vec::new();
        for (number, wanted) in (0..).zip(self.wanted) {
            if wanted.guest.contains(&0) {
                return Err(Error::msg("the guest path of a directory has a NUL byte in it"));
            }
            match wanted.file {
                None => {
                    if !self.special_allowed && is_special_fs(&wanted.dir) {
                        return Err(Error::msg("a directory of the kernel's own file system may not be mounted"));
                    }
                    let mount = Mount::new(number, wanted.guest, Some(wanted.dir), self.special_allowed);
                    mounts.push((mount, wanted.access));
                }
                Some(name) => {
                    let (folder, guest_name) = split(&wanted.guest)?;
                    files.push((number, folder, MountedFile::new(wanted.dir, name, guest_name, wanted.access)));
                }
            }
        }
        for (number, folder, file) in files {
            place(&mut mounts, number, folder, file, self.special_allowed);
        }
        mounts.sort_by_key(|(mount, _)| mount.number);
        Ok(mounts)
    }
}

/// Whether a directory lies in one of the kernel's own file systems, such as proc or sysfs.
pub fn is_special_fs(dir: &Dir) -> bool {
    sys::in_special_file_system(dir.as_fd()).unwrap_or(true)
}

/// Folder and name of a single file, for the guest.
fn split(guest: &[u8]) -> Result<(Vec<u8>, Vec<u8>)> {
    let name_start = guest.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    let (folder, name) = guest.split_at(name_start);
    if [b"".as_slice(), b".", b".."].contains(&name) {
        return Err(Error::msg("the guest path of a single file does not end in a name"));
    }
    let is_root = identity(folder).is_empty();
    let folder = if is_root { b"/" } else { folder.strip_suffix(b"/").unwrap_or(folder) };
    Ok((folder.to_vec(), name.to_vec()))
}

/// Puts a file into the mount that its folder lies in. Of two files with the same name the later one counts.
fn place(
    mounts: &mut Vec<(Mount, DirAccess)>,
    number: u32,
    folder: Vec<u8>,
    mut file: MountedFile,
    special_allowed: bool,
) {
    let wanted = identity(&folder);
    // The longest guest path above the folder is the one that guests look in.
    let nearest = mounts
        .iter_mut()
        .filter(|(mount, _)| below(&wanted, &identity(&mount.name)).is_some())
        .max_by_key(|(mount, _)| identity(&mount.name).len());
    let mount = match nearest {
        Some((mount, _)) if mount.root.is_none() && identity(&mount.name) == wanted => Some(mount),
        Some((mount, _)) => {
            let rest = below(&wanted, &identity(&mount.name)).unwrap_or_default().to_vec();
            file.within = mount.root.as_ref().and_then(|root| directory_number(root, &rest));
            file.within.is_some().then_some(mount)
        }
        None => None,
    };
    match mount {
        Some(mount) => {
            mount.files.retain(|other| other.within != file.within || other.name != file.name);
            mount.files.push(file);
        }
        None => {
            let mut mount = Mount::new(number, folder, None, special_allowed);
            mount.files.push(file);
            mounts.push((mount, DirAccess::ReadWrite));
        }
    }
}

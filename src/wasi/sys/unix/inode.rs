//! What decides whether something opened may be handed to a guest: what kind of thing it is, and what kind of file system
//! it lies in.

use crate::wasi::errno::Errno;
use crate::wasi::sys::InodeKind;
#[cfg(not(target_os = "linux"))]
use cap_fs_ext::DirExt;
#[cfg(target_os = "linux")]
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::Dir;
#[cfg(target_os = "linux")]
use cap_std::fs::{OpenOptions, OpenOptionsExt};
use rustix::event::{PollFd, PollFlags};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::{self, retry_on_intr};
use std::path::Path;

/// What is known of an open file, besides what a guest may ask.
#[derive(Clone, Copy, Debug)]
pub(in crate::wasi) struct Inode {
    pub(in crate::wasi) dev: u64,
    pub(in crate::wasi) ino: u64,
    pub(in crate::wasi) kind: InodeKind,
    /// Permissions and the three bits before them.
    mode: Mode,
}

/// Numbers of the null device and of the one that is full of zeros.
#[cfg(target_os = "linux")]
const EMPTY_DEVICES: [(u32, u32); 2] = [(1, 3), (1, 5)];

/// Numbers of the null device and of the one that is full of zeros.
#[cfg(not(target_os = "linux"))]
const EMPTY_DEVICES: [(u32, u32); 2] = [(3, 2), (3, 3)];

/// Looks at what is open.
#[allow(clippy::unnecessary_cast, reason = "the fields have other widths on macOS")]
pub(in crate::wasi) fn inode(fd: BorrowedFd<'_>) -> Result<Inode, Errno> {
    let stat = rustix::fs::fstat(fd)?;
    let number = (rustix::fs::major(stat.st_rdev) as u32, rustix::fs::minor(stat.st_rdev) as u32);
    let kind = match rustix::fs::FileType::from_raw_mode(stat.st_mode) {
        rustix::fs::FileType::RegularFile => InodeKind::File,
        rustix::fs::FileType::Directory => InodeKind::Directory,
        rustix::fs::FileType::Fifo => InodeKind::Fifo,
        rustix::fs::FileType::CharacterDevice if EMPTY_DEVICES.contains(&number) => InodeKind::Empty,
        rustix::fs::FileType::CharacterDevice | rustix::fs::FileType::BlockDevice => InodeKind::Device,
        _ => InodeKind::Other,
    };
    Ok(Inode { dev: stat.st_dev as u64, ino: stat.st_ino as u64, kind, mode: Mode::from_raw_mode(stat.st_mode) })
}

/// Takes the set-id bits from a file that is open for writing. The kernel does so when somebody else than root writes;
/// for root nobody would.
pub(in crate::wasi) fn strip_set_id(fd: BorrowedFd<'_>, inode: &Inode) -> Result<(), Errno> {
    let set_id = Mode::SUID | Mode::SGID;
    if inode.kind != InodeKind::File || !inode.mode.intersects(set_id) {
        return Ok(());
    }
    Ok(rustix::fs::fchmod(fd, inode.mode.difference(set_id))?)
}

/// File systems through which the kernel is looked at and steered, by the numbers of Linux's `magic.h`. The files of
/// devtmpfs are in the numbers of tmpfs; there the devices are what is refused.
#[cfg(target_os = "linux")]
const SPECIAL_FILE_SYSTEMS: &[u32] = &[
    0x9fa0,      // proc
    0x6265_6572, // sysfs
    0x1cd1,      // devpts
    0x1373,      // devfs
    0x6462_6720, // debugfs
    0x7472_6163, // tracefs
    0x7363_6673, // securityfs
    0xf97c_ff8c, // selinuxfs
    0x4341_5d53, // smackfs
    0x0027_e0eb, // cgroup
    0x6367_7270, // cgroup 2
    0x6265_6570, // configfs
    0xcafe_4a11, // bpf
    0xde5e_81e4, // efivarfs
    0x6165_676c, // pstore
    0x4249_4e4d, // binfmt_misc
    0x6573_5543, // fusectl
    0x6e73_6673, // namespaces
    0x6c6f_6f70, // binder
    0x6e66_7364, // nfsd
    0x6759_6969, // rpc_pipefs
    0x1980_0202, // message queues
    0x0765_5821, // resctrl
    0x9fa2,      // usbdevfs
];

/// Whether what is open lies in a file system of the kernel's own.
#[cfg(target_os = "linux")]
#[allow(clippy::unnecessary_cast, reason = "the field has other widths on other processors")]
pub(in crate::wasi) fn in_special_file_system(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    let kind = rustix::fs::fstatfs(fd)?.f_type as u32;
    Ok(SPECIAL_FILE_SYSTEMS.contains(&kind))
}

/// Whether what is open lies in a file system of the kernel's own; macOS has one for devices, and one for descriptors.
#[cfg(not(target_os = "linux"))]
pub(in crate::wasi) fn in_special_file_system(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    let found = rustix::fs::fstatfs(fd)?;
    let name: Vec<u8> = found.f_fstypename.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
    Ok([b"devfs".as_slice(), b"fdesc"].contains(&name.as_slice()))
}

/// Something that tells the file system of what is at `path`, without opening what may be a device.
#[cfg(target_os = "linux")]
pub(in crate::wasi) fn open_location(dir: &Dir, path: &Path, follow: bool) -> std::io::Result<OwnedFd> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OFlags::PATH.bits() as i32);
    options.follow(if follow { FollowSymlinks::Yes } else { FollowSymlinks::No });
    Ok(dir.open_with(path, &options)?.into_std().into())
}

/// Something that tells the file system of what is at `path`, without opening what may be a device: a directory itself,
/// else the one around it. A single file cannot be mounted there.
#[cfg(not(target_os = "linux"))]
pub(in crate::wasi) fn open_location(dir: &Dir, path: &Path, follow: bool) -> std::io::Result<OwnedFd> {
    let opened = if follow { dir.open_dir(path) } else { dir.open_dir_nofollow(path) };
    match opened {
        Ok(found) => Ok(found.into_std_file().into()),
        Err(_) => {
            let resolved = if follow { dir.canonicalize(path)? } else { path.to_owned() };
            let parent = resolved.parent().filter(|parent| !parent.as_os_str().is_empty());
            Ok(dir.open_dir(parent.unwrap_or(Path::new(".")))?.into_std_file().into())
        }
    }
}

/// The same open file under a number above those of the standard streams, which a process that was started without them
/// would otherwise give to a guest's file.
pub(super) fn above_standard_streams(fd: OwnedFd) -> std::io::Result<OwnedFd> {
    if fd.as_raw_fd() > 2 {
        return Ok(fd);
    }
    Ok(io::fcntl_dupfd_cloexec(fd.as_fd(), 3)?)
}

/// Waits until a pipe has had a writer: data is there, or the writer has gone again. A pipe that never had one would
/// otherwise seem to be at its end, since it was opened without waiting.
pub(in crate::wasi) fn wait_for_writer(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let mut set = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    retry_on_intr(|| rustix::event::poll(&mut set, None))?;
    Ok(())
}

/// Takes `NONBLOCK` from a descriptor again.
pub(in crate::wasi) fn let_block(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    let flags = rustix::fs::fcntl_getfl(fd)?;
    Ok(rustix::fs::fcntl_setfl(fd, flags.difference(OFlags::NONBLOCK))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cap_std::ambient_authority;

    fn ambient(path: &str) -> Dir {
        Dir::open_ambient_dir(path, ambient_authority()).expect("a directory")
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn file_systems_of_the_kernel_are_known() {
        for (path, special) in [("/proc", true), ("/proc/self", true), ("/sys", true), ("/", false), ("/tmp", false)] {
            assert_eq!(in_special_file_system(ambient(path).as_fd()), Ok(special), "{path}");
        }
        let location = open_location(&ambient("/"), Path::new("proc/self"), false).expect("a location");
        assert_eq!(in_special_file_system(location.as_fd()), Ok(true));
    }

    #[test]
    fn devices_are_told_apart() {
        let dev = ambient("/dev");
        for (name, kind) in [("null", InodeKind::Empty), ("zero", InodeKind::Empty), ("tty", InodeKind::Device)] {
            let location = open_location(&dev, Path::new(name), false).expect("a location");
            #[cfg(target_os = "linux")]
            assert_eq!(inode(location.as_fd()).expect("an inode").kind, kind, "{name}");
            let _ = (location, kind);
        }
    }
}

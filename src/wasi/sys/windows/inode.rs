//! What decides whether something opened may be handed to a guest, and what this process may do.
//!
//! Windows has no file systems of the kernel's own that one could mount; pipes and mailslots, which are opened by paths of
//! their own, are told by what their handles are. Nothing that is opened by a name here is a device.

use super::dir::duplicate;
use super::fd::{AsFd, BorrowedFd, OwnedFd};
use super::handle::{Kind, filestat, kind};
use super::walk::walk;
use crate::wasi::errno::Errno;
use crate::wasi::sys::InodeKind;
use crate::wasi::types::{FdFlags, FileType};
use cap_std::fs::Dir;
use std::fs::File;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::path::Path;
use std::ptr::{null, null_mut};
use std::sync::Once;
use windows_sys::Win32::Foundation::LUID;
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, SE_CREATE_SYMBOLIC_LINK_NAME,
    SE_PRIVILEGE_ENABLED, TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES,
};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

/// What is known of an open file, besides what a guest may ask.
#[derive(Clone, Copy, Debug)]
pub(in crate::wasi) struct Inode {
    pub(in crate::wasi) dev: u64,
    pub(in crate::wasi) ino: u64,
    pub(in crate::wasi) kind: InodeKind,
}

/// Looks at what is open.
pub(in crate::wasi) fn inode(fd: BorrowedFd<'_>) -> Result<Inode, Errno> {
    let handle = fd.handle().ok_or(Errno::Badf)?;
    let other = |of_kind| Inode { dev: 0, ino: 0, kind: of_kind };
    match kind(handle) {
        Kind::Disk => {}
        Kind::Pipe => return Ok(other(InodeKind::Fifo)),
        Kind::Device => return Ok(other(InodeKind::Device)),
        Kind::Unknown => return Ok(other(InodeKind::Other)),
    }
    let stat = filestat(handle)?;
    let of_kind = if stat.filetype == FileType::Directory as u8 { InodeKind::Directory } else { InodeKind::File };
    Ok(Inode { dev: stat.dev, ino: stat.ino, kind: of_kind })
}

/// Files of Windows have no such bits.
pub(in crate::wasi) fn strip_set_id(_fd: BorrowedFd<'_>, _inode: &Inode) -> Result<(), Errno> {
    Ok(())
}

/// Whether what is open is no file on a disk: the directory of all pipes, for one.
pub(in crate::wasi) fn in_special_file_system(fd: BorrowedFd<'_>) -> Result<bool, Errno> {
    Ok(kind(fd.handle().ok_or(Errno::Badf)?) != Kind::Disk)
}

/// Something that tells the file system of what is at `path`, without opening a link.
pub(in crate::wasi) fn open_location(dir: &Dir, path: &Path, _follow: bool) -> io::Result<OwnedFd> {
    let place = walk(dir, path)?;
    if place.is_start() {
        return duplicate(dir.as_fd());
    }
    Ok(OwnedFd::file(File::from(place.open_itself(0)?.0), FdFlags::NONE))
}

/// No pipe of Windows is opened by a name in a directory.
pub(in crate::wasi) fn wait_for_writer(_fd: BorrowedFd<'_>) -> Result<(), Errno> {
    Ok(())
}

/// What is opened here never has `NONBLOCK` unasked.
pub(in crate::wasi) fn let_block(_fd: BorrowedFd<'_>) -> Result<(), Errno> {
    Ok(())
}

/// Switches on the right to make symbolic links, once, if this process has it. Without it, making one is `PERM`.
pub(super) fn let_make_links() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Whoever has no such right is told so when the link is made.
        let _ = enable_link_privilege();
    });
}

fn enable_link_privilege() -> io::Result<()> {
    let mut token = null_mut();
    // SAFETY: the call takes no pointer and cannot fail.
    let process = unsafe { GetCurrentProcess() };
    // SAFETY: the process is this one; the handle is a local variable.
    if unsafe { OpenProcessToken(process, TOKEN_ADJUST_PRIVILEGES, &mut token) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call succeeded, so that the handle is open, and nobody else knows it.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut luid = LUID::default();
    // SAFETY: the name is a constant with its NUL; the structure is a local variable.
    if unsafe { LookupPrivilegeValueW(null(), SE_CREATE_SYMBOLIC_LINK_NAME, &mut luid) } == 0 {
        return Err(io::Error::last_os_error());
    }
    let privilege = LUID_AND_ATTRIBUTES { Luid: luid, Attributes: SE_PRIVILEGE_ENABLED };
    let privileges = TOKEN_PRIVILEGES { PrivilegeCount: 1, Privileges: [privilege] };
    // SAFETY: the token is open; the structure is a local variable with one privilege, as it says; nothing is asked back.
    let done = unsafe { AdjustTokenPrivileges(token.as_raw_handle(), 0, &privileges, 0, null_mut(), null_mut()) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

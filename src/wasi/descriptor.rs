//! [`Descriptor`]: what a number in the guest's table stands for, and what may be done with it.
//!
//! Rights. The snapshot gives every descriptor two sets of rights, and guests fill them in carelessly: some ask for all
//! 64 bits, some for none of those that they use. What counts here is therefore little. `FD_READ` and `FD_WRITE` decide
//! how a file is opened, and using one that was not asked for is `BADF`, as in POSIX. Every other right is reported as it
//! was asked for and limits nothing, until the guest gives it up with `fd_fdstat_set_rights`: then its use, also through
//! everything opened below, is `NOTCAPABLE` for ever. Rights never widen. The boundary that protects the host is not made
//! of rights but of directories, which cap-std does not leave.

use super::ctx::DirAccess;
use super::errno::Errno;
use super::mount::Mount;
use super::readdir::Listing;
use super::resolve::Stand;
use super::stdio::Stream;
use super::sys::{self, AsFd, BorrowedFd, OwnedFd};
use super::types::{FdFlags, FileType, Filestat, Rights};
use cap_std::fs::Dir;
use std::sync::Arc;

/// Rights that mean something for a file, a stream or a device.
const FILE_RIGHTS: Rights = Rights::FD_DATASYNC
    .union(Rights::FD_READ)
    .union(Rights::FD_SEEK)
    .union(Rights::FD_FDSTAT_SET_FLAGS)
    .union(Rights::FD_SYNC)
    .union(Rights::FD_TELL)
    .union(Rights::FD_WRITE)
    .union(Rights::FD_ADVISE)
    .union(Rights::FD_ALLOCATE)
    .union(Rights::FD_FILESTAT_GET)
    .union(Rights::FD_FILESTAT_SET_SIZE)
    .union(Rights::FD_FILESTAT_SET_TIMES)
    .union(Rights::POLL_FD_READWRITE);

/// Rights that mean something for a directory.
const DIR_RIGHTS: Rights = Rights::PATH_CREATE_DIRECTORY
    .union(Rights::PATH_CREATE_FILE)
    .union(Rights::PATH_LINK_SOURCE)
    .union(Rights::PATH_LINK_TARGET)
    .union(Rights::PATH_OPEN)
    .union(Rights::FD_READDIR)
    .union(Rights::PATH_READLINK)
    .union(Rights::PATH_RENAME_SOURCE)
    .union(Rights::PATH_RENAME_TARGET)
    .union(Rights::PATH_FILESTAT_GET)
    .union(Rights::PATH_FILESTAT_SET_SIZE)
    .union(Rights::PATH_FILESTAT_SET_TIMES)
    .union(Rights::PATH_SYMLINK)
    .union(Rights::PATH_REMOVE_DIRECTORY)
    .union(Rights::PATH_UNLINK_FILE)
    .union(Rights::FD_DATASYNC)
    .union(Rights::FD_SYNC)
    .union(Rights::FD_FDSTAT_SET_FLAGS)
    .union(Rights::FD_FILESTAT_GET)
    .union(Rights::FD_FILESTAT_SET_TIMES);

/// Rights that mean something for a socket.
const SOCKET_RIGHTS: Rights = Rights::FD_READ
    .union(Rights::FD_WRITE)
    .union(Rights::FD_FDSTAT_SET_FLAGS)
    .union(Rights::FD_FILESTAT_GET)
    .union(Rights::POLL_FD_READWRITE)
    .union(Rights::SOCK_SHUTDOWN)
    .union(Rights::SOCK_ACCEPT);

/// Rights that a terminal has not, which is how C libraries recognise one.
const SEEK_RIGHTS: Rights = Rights::FD_SEEK.union(Rights::FD_TELL);

/// An open descriptor of the guest.
pub(super) struct Descriptor {
    pub(super) object: Object,
    /// Whether the mount that it lies in may be changed.
    pub(super) access: DirAccess,
    /// What the system said of its type and flags, once somebody asked: nobody but the guest changes them.
    known: Option<(u8, FdFlags)>,
    /// How the host's descriptor of a file differs from what the guest asked for.
    pub(super) quirk: Quirk,
    rights: RightsPair,
    /// What the guest gave up, and what it may thus never get back.
    given_up: RightsPair,
}

/// What the host's descriptor of a file is, for it was opened so that nothing could make the open wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Quirk {
    /// What the guest believes.
    #[default]
    None,
    /// `NONBLOCK`, of which the guest does not know, and which means nothing to a file.
    HiddenNonblock,
    /// A pipe without a writer, so far: a read has to wait for one, since opening did not.
    AwaitsWriter,
}

/// Rights of a descriptor itself, and those that it passes on to what is opened through it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct RightsPair {
    pub(super) base: Rights,
    pub(super) inheriting: Rights,
}

/// What a descriptor is open on.
pub(super) enum Object {
    /// One of the three standard streams, wherever its number went.
    Stream(Stream),
    /// A file, a device or a pipe that the guest opened; the position is the operating system's.
    File(OwnedFd),
    Dir(DirHandle),
    /// A listener or a connection.
    Socket(OwnedFd),
}

/// An open directory.
pub(super) struct DirHandle {
    /// The mount that it lies in.
    pub(super) mount: Arc<Mount>,
    /// The directory, if it is not the mount's root.
    below_root: Option<Dir>,
    /// How it was reached from the mount's root.
    pub(super) stand: Stand,
    /// Whether it was open before the guest began, which can then ask for the mount's name.
    pub(super) is_preopen: bool,
    /// What `fd_readdir` goes through.
    pub(super) listing: Option<Listing>,
}

impl DirHandle {
    /// A mount's root.
    pub(super) fn root(mount: Arc<Mount>, is_preopen: bool) -> DirHandle {
        DirHandle { mount, below_root: None, stand: Stand::root(), is_preopen, listing: None }
    }

    /// What was opened by this path, typed at this directory.
    pub(super) fn opened(&self, dir: Dir, path: &[u8]) -> DirHandle {
        let stand = self.stand.then(path);
        DirHandle { mount: Arc::clone(&self.mount), below_root: Some(dir), stand, is_preopen: false, listing: None }
    }

    /// The host's directory; a folder of single files has none.
    pub(super) fn host(&self) -> Option<&Dir> {
        self.below_root.as_ref().or(self.mount.root.as_ref())
    }

    /// The host's directory, if it is not the mount's root.
    pub(super) fn below_root(&self) -> Option<&Dir> {
        self.below_root.as_ref()
    }

    /// What is known of the directory.
    pub(super) fn filestat(&self) -> Result<Filestat, Errno> {
        self.host().map_or_else(|| Ok(self.mount.folder_stat()), |dir| sys::filestat(dir.as_fd()))
    }
}

impl Descriptor {
    /// A standard stream.
    pub(super) fn stream(stream: Stream) -> Descriptor {
        let direction = if stream.is_input() { Rights::FD_WRITE } else { Rights::FD_READ };
        let immovable = if stream.is_seekable() { Rights::NONE } else { SEEK_RIGHTS };
        Descriptor::new(Object::Stream(stream), FILE_RIGHTS.without(direction).without(immovable), Rights::NONE)
    }

    /// A directory that is open before the guest begins, with every right.
    pub(super) fn preopened_dir(dir: DirHandle, access: DirAccess) -> Descriptor {
        let descriptor = Descriptor::new(Object::Dir(dir), DIR_RIGHTS, FILE_RIGHTS.union(DIR_RIGHTS));
        Descriptor { access, ..descriptor }
    }

    /// A listener that is open before the guest begins.
    pub(super) fn listener(socket: OwnedFd) -> Descriptor {
        Descriptor::new(Object::Socket(socket), SOCKET_RIGHTS, SOCKET_RIGHTS)
    }

    fn new(object: Object, base: Rights, inheriting: Rights) -> Descriptor {
        Descriptor {
            object,
            access: DirAccess::ReadWrite,
            known: None,
            quirk: Quirk::None,
            rights: RightsPair { base, inheriting },
            given_up: RightsPair::default(),
        }
    }

    /// What was opened through this descriptor, with the rights that were asked for, as far as they apply.
    pub(super) fn child(&self, object: Object, asked: RightsPair) -> Descriptor {
        let applicable = match &object {
            Object::Stream(_) => FILE_RIGHTS,
            Object::File(_) => FILE_RIGHTS,
            Object::Dir(_) => DIR_RIGHTS,
            Object::Socket(_) => SOCKET_RIGHTS,
        };
        let lost = self.given_up.inheriting;
        Descriptor {
            object,
            access: self.access,
            known: None,
            quirk: Quirk::None,
            rights: RightsPair {
                base: asked.base.intersection(applicable).without(lost),
                inheriting: asked.inheriting.without(lost),
            },
            given_up: RightsPair { base: lost, inheriting: lost },
        }
    }

    /// A connection that this listener accepted.
    pub(super) fn connection(&self, socket: OwnedFd) -> Descriptor {
        self.child(Object::Socket(socket), RightsPair { base: self.rights.inheriting, inheriting: Rights::NONE })
    }

    pub(super) fn rights(&self) -> RightsPair {
        self.rights
    }

    /// Whether this may be done: see the module's words on rights.
    pub(super) fn require(&self, right: Rights) -> Result<(), Errno> {
        if self.rights.base.contains(right) {
            Ok(())
        } else if self.given_up.base.intersects(right) {
            Err(Errno::Notcapable)
        } else if right.intersects(Rights::FD_READ.union(Rights::FD_WRITE)) {
            Err(Errno::Badf)
        } else {
            Ok(())
        }
    }

    /// Refuses what would change a read-only mount.
    pub(super) fn writable(&self) -> Result<(), Errno> {
        match self.access {
            DirAccess::ReadWrite => Ok(()),
            DirAccess::ReadOnly => Err(Errno::Rofs),
        }
    }

    /// Gives up every right that is not among these. Asking for one that is not there is `NOTCAPABLE`.
    pub(super) fn narrow(&mut self, to: RightsPair) -> Result<(), Errno> {
        let RightsPair { base, inheriting } = self.rights;
        if !base.contains(to.base) || !inheriting.contains(to.inheriting) {
            return Err(Errno::Notcapable);
        }
        self.given_up.base = self.given_up.base.union(base.without(to.base));
        self.given_up.inheriting = self.given_up.inheriting.union(inheriting.without(to.inheriting));
        self.rights = to;
        Ok(())
    }

    /// The directory, if it is one; `NOTDIR` if not.
    pub(super) fn dir(&self) -> Result<&DirHandle, Errno> {
        match &self.object {
            Object::Dir(dir) => Ok(dir),
            _ => Err(Errno::Notdir),
        }
    }

    /// The operating system's descriptor of a file, stream or socket. A directory is `ISDIR`; what lives in this process
    /// alone is `in_memory`.
    pub(super) fn host(&self, in_memory: Errno) -> Result<BorrowedFd<'_>, Errno> {
        match &self.object {
            Object::File(fd) | Object::Socket(fd) => Ok(fd.as_fd()),
            Object::Stream(stream) => stream.host().ok_or(in_memory),
            Object::Dir(_) => Err(Errno::Isdir),
        }
    }

    pub(super) fn filestat(&self) -> Result<Filestat, Errno> {
        match &self.object {
            Object::Dir(dir) => dir.filestat(),
            Object::File(fd) | Object::Socket(fd) => sys::filestat(fd.as_fd()),
            Object::Stream(stream) => match stream.host() {
                Some(fd) => sys::filestat(fd),
                None => Ok(Filestat { filetype: FileType::Unknown as u8, nlink: 1, ..Filestat::default() }),
            },
        }
    }

    /// Its type, a [`FileType`], and its flags. The system is asked the first time only; of the process's own streams,
    /// whose flags may be changed by whoever shares them, every time.
    pub(super) fn type_and_flags(&mut self) -> Result<(u8, FdFlags), Errno> {
        let filetype = match self.known {
            Some(known) if !matches!(self.object, Object::Stream(_)) => return Ok(known),
            Some((filetype, _)) => filetype,
            None => self.filestat()?.filetype,
        };
        let known = (filetype, self.flags()?);
        self.known = Some(known);
        Ok(known)
    }

    /// Takes the rights that a terminal has not, if this is one.
    pub(super) fn recognise_terminal(&mut self) {
        if let Object::File(file) = &self.object
            && sys::is_terminal(file.as_fd())
        {
            self.rights.base = self.rights.base.without(SEEK_RIGHTS);
        }
    }

    /// Waits for what a read has to wait for before the host is asked.
    pub(super) fn before_read(&mut self) -> Result<(), Errno> {
        if let (Quirk::AwaitsWriter, Object::File(pipe)) = (self.quirk, &self.object)
            && !sys::flags(pipe.as_fd())?.contains(FdFlags::NONBLOCK)
        {
            sys::wait_for_writer(pipe.as_fd())?;
            self.quirk = Quirk::None;
        }
        Ok(())
    }

    pub(super) fn flags(&self) -> Result<FdFlags, Errno> {
        match &self.object {
            Object::File(fd) if self.quirk == Quirk::HiddenNonblock => {
                Ok(sys::flags(fd.as_fd())?.without(FdFlags::NONBLOCK))
            }
            Object::File(fd) | Object::Socket(fd) => sys::flags(fd.as_fd()),
            Object::Stream(stream) => stream.flags(),
            Object::Dir(_) => Ok(FdFlags::NONE),
        }
    }

    pub(super) fn set_flags(&mut self, flags: FdFlags) -> Result<(), Errno> {
        self.known = None;
        match &mut self.object {
            Object::File(fd) => {
                sys::set_flags(fd.as_fd(), flags)?;
                if self.quirk == Quirk::HiddenNonblock {
                    self.quirk = Quirk::None;
                }
                Ok(())
            }
            Object::Socket(fd) => sys::set_flags(fd.as_fd(), flags),
            Object::Stream(stream) => stream.set_flags(flags),
            Object::Dir(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn output() -> Descriptor {
        Descriptor::stream(Stream::Writer(Box::new(io::sink())))
    }

    #[test]
    fn rights_only_narrow() {
        let mut descriptor = output();
        assert_eq!(descriptor.require(Rights::FD_WRITE), Ok(()));
        assert_eq!(descriptor.require(Rights::FD_READ), Err(Errno::Badf));
        assert_eq!(descriptor.require(Rights::PATH_OPEN), Ok(()));
        let all = descriptor.rights();
        let fewer = RightsPair { base: all.base.without(Rights::FD_WRITE), ..all };
        assert_eq!(descriptor.narrow(fewer), Ok(()));
        assert_eq!(descriptor.require(Rights::FD_WRITE), Err(Errno::Notcapable));
        assert_eq!(descriptor.narrow(all), Err(Errno::Notcapable));
        assert_eq!(descriptor.rights(), fewer);
    }
}

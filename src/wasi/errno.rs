//! [`Errno`], the snapshot's error numbers, and the one table from the host's errors to them.
//!
//! The table is faithful: each number of the host that the snapshot has a name for keeps its name, so that a full disk
//! is `NOSPC` and a closed pipe `PIPE`, and only what the snapshot cannot say becomes `IO`. The numbers of the operating
//! system stand in [`super::sys`]; here is what does not depend on it.
//!
//! spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno>

use super::sys;
use crate::api::{Error, Result as ApiResult};
use std::io;

/// `errno`: what a function of the snapshot answers with. Handlers return it as the error of a `Result`; `Success` is
/// only written where a record has an error field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
#[allow(dead_code, reason = "the snapshot's whole list, also what this host never answers with")]
pub(super) enum Errno {
    Success = 0,
    TooBig = 1,
    Acces = 2,
    Addrinuse = 3,
    Addrnotavail = 4,
    Afnosupport = 5,
    Again = 6,
    Already = 7,
    Badf = 8,
    Badmsg = 9,
    Busy = 10,
    Canceled = 11,
    Child = 12,
    Connaborted = 13,
    Connrefused = 14,
    Connreset = 15,
    Deadlk = 16,
    Destaddrreq = 17,
    Dom = 18,
    Dquot = 19,
    Exist = 20,
    Fault = 21,
    Fbig = 22,
    Hostunreach = 23,
    Idrm = 24,
    Ilseq = 25,
    Inprogress = 26,
    Intr = 27,
    Inval = 28,
    Io = 29,
    Isconn = 30,
    Isdir = 31,
    Loop = 32,
    Mfile = 33,
    Mlink = 34,
    Msgsize = 35,
    Multihop = 36,
    Nametoolong = 37,
    Netdown = 38,
    Netreset = 39,
    Netunreach = 40,
    Nfile = 41,
    Nobufs = 42,
    Nodev = 43,
    Noent = 44,
    Noexec = 45,
    Nolck = 46,
    Nolink = 47,
    Nomem = 48,
    Nomsg = 49,
    Noprotoopt = 50,
    Nospc = 51,
    Nosys = 52,
    Notconn = 53,
    Notdir = 54,
    Notempty = 55,
    Notrecoverable = 56,
    Notsock = 57,
    Notsup = 58,
    Notty = 59,
    Nxio = 60,
    Overflow = 61,
    Ownerdead = 62,
    Perm = 63,
    Pipe = 64,
    Proto = 65,
    Protonosupport = 66,
    Prototype = 67,
    Range = 68,
    Rofs = 69,
    Spipe = 70,
    Srch = 71,
    Stale = 72,
    Timedout = 73,
    Txtbsy = 74,
    Xdev = 75,
    Notcapable = 76,
    /// None of the snapshot's: the guest goes on writing to a standard stream that it knows nobody reads any more. No guest
    /// sees it, for this is where the program ends, as one that SIGPIPE ends.
    Sigpipe = 0xffff,
}

impl Errno {
    /// What a host function gives its guest for this outcome: the number, or the end of the program.
    #[inline]
    pub(super) fn answer(outcome: Result<(), Errno>) -> ApiResult<i32> {
        match outcome {
            Ok(()) => Ok(Errno::Success as i32),
            Err(Errno::Sigpipe) => Err(Error::msg("nobody reads what the program writes")),
            Err(errno) => Ok(errno as i32),
        }
    }

    /// The name that C knows the number by, such as `ENOENT`.
    pub(super) fn name(self) -> String {
        match self {
            Errno::TooBig => "E2BIG".to_owned(),
            other => format!("E{other:?}").to_uppercase(),
        }
    }
}

/// Errors of the standard library and of cap-std. One with a number of the host goes through the host's table; cap-std's
/// refusal to leave a directory has none and is `PERM`: the C libraries of guests know that number and print "Operation
/// not permitted", where `NOTCAPABLE` is a number that only WASI has.
impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        if let Some(number) = error.raw_os_error() {
            return sys::errno_from_raw(number);
        }
        match error.kind() {
            io::ErrorKind::PermissionDenied => Errno::Perm,
            io::ErrorKind::NotFound => Errno::Noent,
            io::ErrorKind::AlreadyExists => Errno::Exist,
            io::ErrorKind::InvalidInput => Errno::Inval,
            io::ErrorKind::WouldBlock => Errno::Again,
            io::ErrorKind::TimedOut => Errno::Timedout,
            io::ErrorKind::Interrupted => Errno::Intr,
            io::ErrorKind::BrokenPipe => Errno::Pipe,
            io::ErrorKind::Unsupported => Errno::Notsup,
            io::ErrorKind::OutOfMemory => Errno::Nomem,
            io::ErrorKind::StorageFull => Errno::Nospc,
            io::ErrorKind::QuotaExceeded => Errno::Dquot,
            io::ErrorKind::FileTooLarge => Errno::Fbig,
            io::ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
            io::ErrorKind::ConnectionReset => Errno::Connreset,
            io::ErrorKind::ConnectionAborted => Errno::Connaborted,
            io::ErrorKind::NotConnected => Errno::Notconn,
            _ => Errno::Io,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: io::Error, expect: Errno) {
        assert_eq!(Errno::from(error), expect);
    }

    #[test]
    fn numbers_are_the_snapshot_s() {
        let listed = [
            (Errno::TooBig, 1),
            (Errno::Badf, 8),
            (Errno::Fault, 21),
            (Errno::Ilseq, 25),
            (Errno::Inval, 28),
            (Errno::Loop, 32),
            (Errno::Mfile, 33),
            (Errno::Nametoolong, 37),
            (Errno::Nfile, 41),
            (Errno::Nospc, 51),
            (Errno::Pipe, 64),
            (Errno::Rofs, 69),
            (Errno::Xdev, 75),
            (Errno::Notcapable, 76),
        ];
        for (errno, number) in listed {
            assert_eq!(errno as u16, number);
        }
        assert!(matches!(Errno::answer(Ok(())), Ok(0)));
        assert!(matches!(Errno::answer(Err(Errno::Notcapable)), Ok(76)));
        assert!(Errno::answer(Err(Errno::Sigpipe)).is_err());
        assert_eq!([Errno::Success, Errno::TooBig, Errno::Noent].map(Errno::name), ["ESUCCESS", "E2BIG", "ENOENT"]);
    }

    #[test]
    fn errors_without_a_number() {
        check(io::ErrorKind::PermissionDenied.into(), Errno::Perm);
        check(io::ErrorKind::BrokenPipe.into(), Errno::Pipe);
        check(io::ErrorKind::StorageFull.into(), Errno::Nospc);
        check(io::ErrorKind::FileTooLarge.into(), Errno::Fbig);
        check(io::Error::other("?"), Errno::Io);
    }
}

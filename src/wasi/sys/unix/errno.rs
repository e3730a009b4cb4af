//! The table of Unix error numbers.

use crate::wasi::errno::Errno;
use rustix::io::Errno as Host;

/// Each number that the snapshot has a name for. Where two names of the host are one number (`AGAIN` and `WOULDBLOCK`,
/// on Linux also `NOTSUP` and `OPNOTSUPP`), the first row counts.
/// rustix does not name two of them on every system.
const TABLE: &[(Host, Errno)] = &[
    (Host::TOOBIG, Errno::TooBig),
    (Host::ACCESS, Errno::Acces),
    (Host::ADDRINUSE, Errno::Addrinuse),
    (Host::ADDRNOTAVAIL, Errno::Addrnotavail),
    (Host::AFNOSUPPORT, Errno::Afnosupport),
    (Host::AGAIN, Errno::Again),
    (Host::WOULDBLOCK, Errno::Again),
    (Host::ALREADY, Errno::Already),
    (Host::BADF, Errno::Badf),
    (Host::BADMSG, Errno::Badmsg),
    (Host::BUSY, Errno::Busy),
    (Host::CANCELED, Errno::Canceled),
    (Host::CHILD, Errno::Child),
    (Host::CONNABORTED, Errno::Connaborted),
    (Host::CONNREFUSED, Errno::Connrefused),
    (Host::CONNRESET, Errno::Connreset),
    (Host::DEADLK, Errno::Deadlk),
    (Host::DESTADDRREQ, Errno::Destaddrreq),
    (Host::DOM, Errno::Dom),
    (Host::DQUOT, Errno::Dquot),
    (Host::EXIST, Errno::Exist),
    (Host::FAULT, Errno::Fault),
    (Host::FBIG, Errno::Fbig),
    (Host::HOSTUNREACH, Errno::Hostunreach),
    (Host::IDRM, Errno::Idrm),
    (Host::ILSEQ, Errno::Ilseq),
    (Host::INPROGRESS, Errno::Inprogress),
    (Host::INTR, Errno::Intr),
    (Host::INVAL, Errno::Inval),
    (Host::IO, Errno::Io),
    (Host::ISCONN, Errno::Isconn),
    (Host::ISDIR, Errno::Isdir),
    (Host::LOOP, Errno::Loop),
    (Host::MFILE, Errno::Mfile),
    (Host::MLINK, Errno::Mlink),
    (Host::MSGSIZE, Errno::Msgsize),
    (Host::MULTIHOP, Errno::Multihop),
    (Host::NAMETOOLONG, Errno::Nametoolong),
    (Host::NETDOWN, Errno::Netdown),
    (Host::NETRESET, Errno::Netreset),
    (Host::NETUNREACH, Errno::Netunreach),
    (Host::NFILE, Errno::Nfile),
    (Host::NOBUFS, Errno::Nobufs),
    (Host::NODEV, Errno::Nodev),
    (Host::NOENT, Errno::Noent),
    (Host::NOEXEC, Errno::Noexec),
    (Host::NOLCK, Errno::Nolck),
    (Host::NOLINK, Errno::Nolink),
    (Host::NOMEM, Errno::Nomem),
    (Host::NOMSG, Errno::Nomsg),
    (Host::NOPROTOOPT, Errno::Noprotoopt),
    (Host::NOSPC, Errno::Nospc),
    (Host::NOSYS, Errno::Nosys),
    (Host::NOTCONN, Errno::Notconn),
    (Host::NOTDIR, Errno::Notdir),
    (Host::NOTEMPTY, Errno::Notempty),
    (Host::from_raw_os_error(libc::ENOTRECOVERABLE), Errno::Notrecoverable),
    (Host::NOTSOCK, Errno::Notsock),
    (Host::NOTSUP, Errno::Notsup),
    (Host::OPNOTSUPP, Errno::Notsup),
    (Host::NOTTY, Errno::Notty),
    (Host::NXIO, Errno::Nxio),
    (Host::OVERFLOW, Errno::Overflow),
    (Host::from_raw_os_error(libc::EOWNERDEAD), Errno::Ownerdead),
    (Host::PERM, Errno::Perm),
    (Host::PIPE, Errno::Pipe),
    (Host::PROTO, Errno::Proto),
    (Host::PROTONOSUPPORT, Errno::Protonosupport),
    (Host::PROTOTYPE, Errno::Prototype),
    (Host::RANGE, Errno::Range),
    (Host::ROFS, Errno::Rofs),
    (Host::SPIPE, Errno::Spipe),
    (Host::SRCH, Errno::Srch),
    (Host::STALE, Errno::Stale),
    (Host::TIMEDOUT, Errno::Timedout),
    (Host::TXTBSY, Errno::Txtbsy),
    (Host::XDEV, Errno::Xdev),
];

impl From<Host> for Errno {
    fn from(host: Host) -> Errno {
        TABLE.iter().find(|(number, _)| *number == host).map_or(Errno::Io, |(_, errno)| *errno)
    }
}

/// The snapshot's name for a number of this host; `IO` where it has none.
pub(in crate::wasi) fn errno_from_raw(number: i32) -> Errno {
    Host::from_raw_os_error(number).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_names() {
        let listed = [(2, 44), (4, 27), (12, 48), (23, 41), (24, 33), (28, 51), (30, 69), (32, 64), (18, 75)];
        for (host, wasi) in listed {
            assert_eq!(errno_from_raw(host) as u16, wasi, "host error {host}");
        }
        assert_eq!(errno_from_raw(4095), Errno::Io);
        for (host, errno) in TABLE {
            assert_eq!(Errno::from(*host), *errno);
        }
    }
}

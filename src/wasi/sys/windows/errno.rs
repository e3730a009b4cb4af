//! The table of Windows error numbers, those of sockets among them.

use crate::wasi::errno::Errno;
use std::io;
use windows_sys::Win32::Foundation as host;
use windows_sys::Win32::Networking::WinSock as socket;

/// Each number that has a meaning in the snapshot. Where Windows says less than POSIX, the row has the reason.
const TABLE: &[(u32, Errno)] = &[
    (host::ERROR_INVALID_FUNCTION, Errno::Notsup), // The file system, or the kind of handle, cannot do that.
    (host::ERROR_FILE_NOT_FOUND, Errno::Noent),
    (host::ERROR_PATH_NOT_FOUND, Errno::Noent),
    (host::ERROR_TOO_MANY_OPEN_FILES, Errno::Mfile),
    (host::ERROR_ACCESS_DENIED, Errno::Acces),
    (host::ERROR_INVALID_HANDLE, Errno::Badf),
    (host::ERROR_NOT_ENOUGH_MEMORY, Errno::Nomem),
    (host::ERROR_OUTOFMEMORY, Errno::Nomem),
    (host::ERROR_INVALID_DRIVE, Errno::Noent),
    (host::ERROR_CURRENT_DIRECTORY, Errno::Acces),
    (host::ERROR_NOT_SAME_DEVICE, Errno::Xdev),
    (host::ERROR_WRITE_PROTECT, Errno::Rofs),
    (host::ERROR_BAD_UNIT, Errno::Nodev),
    (host::ERROR_NOT_READY, Errno::Nodev), // No medium in the drive.
    (host::ERROR_SEEK, Errno::Spipe),
    (host::ERROR_SHARING_VIOLATION, Errno::Busy), // Another program has it open and does not share it.
    (host::ERROR_LOCK_VIOLATION, Errno::Busy),
    (host::ERROR_HANDLE_DISK_FULL, Errno::Nospc),
    (host::ERROR_NOT_SUPPORTED, Errno::Notsup),
    (host::ERROR_BAD_NETPATH, Errno::Noent),
    (host::ERROR_NETWORK_BUSY, Errno::Busy),
    (host::ERROR_DEV_NOT_EXIST, Errno::Nodev),
    (host::ERROR_UNEXP_NET_ERR, Errno::Io),
    (host::ERROR_NETNAME_DELETED, Errno::Connreset),
    (host::ERROR_NETWORK_ACCESS_DENIED, Errno::Acces),
    (host::ERROR_BAD_NET_NAME, Errno::Noent),
    (host::ERROR_FILE_EXISTS, Errno::Exist),
    (host::ERROR_CANNOT_MAKE, Errno::Acces),
    (host::ERROR_INVALID_PARAMETER, Errno::Inval),
    (host::ERROR_BROKEN_PIPE, Errno::Pipe),
    (host::ERROR_BUFFER_OVERFLOW, Errno::Nametoolong),
    (host::ERROR_DISK_FULL, Errno::Nospc),
    (host::ERROR_CALL_NOT_IMPLEMENTED, Errno::Notsup),
    (host::ERROR_INVALID_NAME, Errno::Inval), // The rule of the folder's names.
    (host::ERROR_NEGATIVE_SEEK, Errno::Inval),
    (host::ERROR_SEEK_ON_DEVICE, Errno::Spipe),
    (host::ERROR_DIR_NOT_EMPTY, Errno::Notempty),
    (host::ERROR_BAD_PATHNAME, Errno::Inval),
    (host::ERROR_BUSY, Errno::Busy),
    (host::ERROR_ALREADY_EXISTS, Errno::Exist),
    (host::ERROR_FILENAME_EXCED_RANGE, Errno::Nametoolong),
    (host::ERROR_META_EXPANSION_TOO_LONG, Errno::TooBig),
    (host::ERROR_FILE_TOO_LARGE, Errno::Fbig),
    (host::ERROR_BAD_PIPE, Errno::Inval),
    (host::ERROR_PIPE_BUSY, Errno::Busy),
    (host::ERROR_NO_DATA, Errno::Pipe), // What a write gets whose reader has gone.
    (host::ERROR_PIPE_NOT_CONNECTED, Errno::Pipe),
    (host::ERROR_INVALID_EA_NAME, Errno::Inval),
    (host::ERROR_DIRECTORY, Errno::Notdir),
    (host::ERROR_DELETE_PENDING, Errno::Noent), // Its name goes when the last handle does.
    (host::ERROR_DIRECTORY_NOT_SUPPORTED, Errno::Isdir),
    (host::ERROR_NOACCESS, Errno::Fault),
    (host::ERROR_ARITHMETIC_OVERFLOW, Errno::Overflow),
    (host::ERROR_OPERATION_ABORTED, Errno::Canceled),
    (host::ERROR_IO_DEVICE, Errno::Io),
    (host::ERROR_POSSIBLE_DEADLOCK, Errno::Deadlk),
    (host::ERROR_TOO_MANY_LINKS, Errno::Mlink),
    (host::ERROR_NO_SYSTEM_RESOURCES, Errno::Nomem),
    (host::ERROR_PRIVILEGE_NOT_HELD, Errno::Perm), // A symbolic link without the right to make one.
    (host::ERROR_DISK_QUOTA_EXCEEDED, Errno::Dquot),
    (host::ERROR_CANT_ACCESS_FILE, Errno::Acces), // What only its maker can read.
    (host::ERROR_CANT_RESOLVE_FILENAME, Errno::Loop), // A link that is not to be followed.
    (host::ERROR_NOT_A_REPARSE_POINT, Errno::Inval), // What is no link has nowhere to lead.
    (host::ERROR_INVALID_REPARSE_DATA, Errno::Io),
    (host::ERROR_REPARSE_TAG_INVALID, Errno::Io),
    (host::ERROR_FILE_READ_ONLY, Errno::Rofs),
    (host::ERROR_USER_MAPPED_FILE, Errno::Txtbsy), // A program that runs, or a file that is mapped, cannot be cut.
    (host::ERROR_NOT_ENOUGH_QUOTA, Errno::Nomem),
    (host::ERROR_TIMEOUT, Errno::Timedout),
    (host::ERROR_SEM_TIMEOUT, Errno::Timedout),
    (socket::WSAEINTR as u32, Errno::Intr),
    (socket::WSAEBADF as u32, Errno::Badf),
    (socket::WSAEACCES as u32, Errno::Acces),
    (socket::WSAEFAULT as u32, Errno::Fault),
    (socket::WSAEINVAL as u32, Errno::Inval),
    (socket::WSAEMFILE as u32, Errno::Mfile),
    (socket::WSAEWOULDBLOCK as u32, Errno::Again),
    (socket::WSAEINPROGRESS as u32, Errno::Inprogress),
    (socket::WSAEALREADY as u32, Errno::Already),
    (socket::WSAENOTSOCK as u32, Errno::Notsock),
    (socket::WSAEDESTADDRREQ as u32, Errno::Destaddrreq),
    (socket::WSAEMSGSIZE as u32, Errno::Msgsize),
    (socket::WSAEPROTOTYPE as u32, Errno::Prototype),
    (socket::WSAENOPROTOOPT as u32, Errno::Noprotoopt),
    (socket::WSAEPROTONOSUPPORT as u32, Errno::Protonosupport),
    (socket::WSAEOPNOTSUPP as u32, Errno::Notsup),
    (socket::WSAEAFNOSUPPORT as u32, Errno::Afnosupport),
    (socket::WSAEADDRINUSE as u32, Errno::Addrinuse),
    (socket::WSAEADDRNOTAVAIL as u32, Errno::Addrnotavail),
    (socket::WSAENETDOWN as u32, Errno::Netdown),
    (socket::WSAENETUNREACH as u32, Errno::Netunreach),
    (socket::WSAENETRESET as u32, Errno::Netreset),
    (socket::WSAECONNABORTED as u32, Errno::Connaborted),
    (socket::WSAECONNRESET as u32, Errno::Connreset),
    (socket::WSAENOBUFS as u32, Errno::Nobufs),
    (socket::WSAEISCONN as u32, Errno::Isconn),
    (socket::WSAENOTCONN as u32, Errno::Notconn),
    (socket::WSAESHUTDOWN as u32, Errno::Pipe), // What a write gets after its own end was shut down.
    (socket::WSAETIMEDOUT as u32, Errno::Timedout),
    (socket::WSAECONNREFUSED as u32, Errno::Connrefused),
    (socket::WSAELOOP as u32, Errno::Loop),
    (socket::WSAENAMETOOLONG as u32, Errno::Nametoolong),
    (socket::WSAEHOSTUNREACH as u32, Errno::Hostunreach),
    (socket::WSAENOTEMPTY as u32, Errno::Notempty),
    (socket::WSAEDQUOT as u32, Errno::Dquot),
    (socket::WSAESTALE as u32, Errno::Stale),
];

/// What the kernel says more exactly than Windows passes on.
const STATUSES: &[(host::NTSTATUS, u32)] = &[
    (host::STATUS_FILE_IS_A_DIRECTORY, host::ERROR_DIRECTORY_NOT_SUPPORTED),
    (host::STATUS_DELETE_PENDING, host::ERROR_DELETE_PENDING),
    (host::STATUS_FILE_DELETED, host::ERROR_DELETE_PENDING),
    (host::STATUS_CANNOT_DELETE, host::ERROR_ACCESS_DENIED),
    (host::STATUS_NAME_TOO_LONG, host::ERROR_FILENAME_EXCED_RANGE),
    (host::STATUS_OBJECT_NAME_COLLISION, host::ERROR_ALREADY_EXISTS),
    (host::STATUS_OBJECT_NAME_INVALID, host::ERROR_INVALID_NAME),
];

/// The snapshot's name for a number of this host; `IO` where it has none.
pub(in crate::wasi) fn errno_from_raw(number: i32) -> Errno {
    TABLE.iter().find(|(listed, _)| *listed == number as u32).map_or(Errno::Io, |(_, errno)| *errno)
}

/// The error that a call of the kernel's answers with.
pub(super) fn error_of_status(status: host::NTSTATUS) -> io::Error {
    let listed = STATUSES.iter().find(|(listed, _)| *listed == status).map(|(_, number)| *number);
    // SAFETY: the call takes a number and gives one.
    let number = listed.unwrap_or_else(|| unsafe { host::RtlNtStatusToDosError(status) });
    io::Error::from_raw_os_error(number as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_meaning() {
        let listed =
            [(2, 44), (5, 2), (6, 8), (17, 75), (32, 10), (80, 20), (109, 64), (112, 51), (145, 55), (232, 64)];
        for (number, wasi) in listed.into_iter().chain([(1314, 63), (10035, 6), (10038, 57), (10057, 53)]) {
            assert_eq!(errno_from_raw(number) as u16, wasi, "host error {number}");
        }
        assert_eq!(errno_from_raw(99_999), Errno::Io);
        assert_eq!(errno_from_raw(-1), Errno::Io);
    }

    #[test]
    fn each_number_is_listed_once() {
        for (index, (number, _)) in TABLE.iter().enumerate() {
            assert!(TABLE[..index].iter().all(|(other, _)| other != number), "{number}");
        }
    }

    #[test]
    fn statuses_become_numbers() {
        let rows = [
            (host::STATUS_OBJECT_NAME_NOT_FOUND, Errno::Noent),
            (host::STATUS_FILE_IS_A_DIRECTORY, Errno::Isdir),
            (host::STATUS_NOT_A_DIRECTORY, Errno::Notdir),
            (host::STATUS_OBJECT_NAME_COLLISION, Errno::Exist),
            (host::STATUS_DIRECTORY_NOT_EMPTY, Errno::Notempty),
            (host::STATUS_ACCESS_DENIED, Errno::Acces),
            (host::STATUS_DELETE_PENDING, Errno::Noent),
            (host::STATUS_DISK_FULL, Errno::Nospc),
            (host::STATUS_NOT_SAME_DEVICE, Errno::Xdev),
        ];
        for (status, errno) in rows {
            assert_eq!(Errno::from(error_of_status(status)), errno, "{status:#x}");
        }
    }
}

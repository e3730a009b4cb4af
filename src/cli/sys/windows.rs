//! Windows: words for errors, and a handler for the ways by which a user ends the process.
#![allow(unsafe_code, reason = "two calls of the system's; every block says why it is sound")]

use std::borrow::Cow;
use std::io;
use std::path::PathBuf;
use std::ptr;
use std::sync::{Mutex, PoisonError};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, ERROR_BAD_NET_NAME, ERROR_BAD_NETPATH, ERROR_BROKEN_PIPE,
    ERROR_CANT_ACCESS_FILE, ERROR_CANT_RESOLVE_FILENAME, ERROR_COMMITMENT_LIMIT, ERROR_DIR_NOT_EMPTY, ERROR_DIRECTORY,
    ERROR_DISK_FULL, ERROR_FILE_EXISTS, ERROR_FILE_NOT_FOUND, ERROR_FILENAME_EXCED_RANGE, ERROR_INVALID_DRIVE,
    ERROR_INVALID_FUNCTION, ERROR_INVALID_HANDLE, ERROR_INVALID_NAME, ERROR_INVALID_PARAMETER, ERROR_LOCK_VIOLATION,
    ERROR_NO_DATA, ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_READY, ERROR_NOT_SAME_DEVICE, ERROR_PATH_NOT_FOUND,
    ERROR_PRIVILEGE_NOT_HELD, ERROR_SHARING_VIOLATION, ERROR_TOO_MANY_OPEN_FILES, ERROR_WRITE_PROTECT, WIN32_ERROR,
};
use windows_sys::Win32::Networking::WinSock::{
    WSAEACCES, WSAEADDRINUSE, WSAEADDRNOTAVAIL, WSAHOST_NOT_FOUND, WSANO_DATA,
};
use windows_sys::Win32::System::Console::SetConsoleCtrlHandler;
use windows_sys::Win32::System::Diagnostics::Debug::{
    FORMAT_MESSAGE_FROM_SYSTEM, FORMAT_MESSAGE_IGNORE_INSERTS, FormatMessageW,
};

/// Whether a socket that listens on all addresses of IPv6 takes connections of IPv4 too, as it is made.
pub(in crate::cli) const TAKES_BOTH_FAMILIES: bool = false;

/// Whether paths may begin with a drive's letter and a colon.
pub(in crate::cli) const HAS_DRIVES: bool = true;

/// The system's English words for its usual errors, which Go prints in any language.
const ERROR_TEXTS: [(WIN32_ERROR, &str); 34] = [
    (ERROR_INVALID_FUNCTION, "Incorrect function."),
    (ERROR_FILE_NOT_FOUND, "The system cannot find the file specified."),
    (ERROR_PATH_NOT_FOUND, "The system cannot find the path specified."),
    (ERROR_TOO_MANY_OPEN_FILES, "The system cannot open the file."),
    (ERROR_ACCESS_DENIED, "Access is denied."),
    (ERROR_INVALID_HANDLE, "The handle is invalid."),
    (ERROR_NOT_ENOUGH_MEMORY, "Not enough memory resources are available to process this command."),
    (ERROR_INVALID_DRIVE, "The system cannot find the drive specified."),
    (ERROR_NOT_SAME_DEVICE, "The system cannot move the file to a different disk drive."),
    (ERROR_WRITE_PROTECT, "The media is write protected."),
    (ERROR_NOT_READY, "The device is not ready."),
    (ERROR_SHARING_VIOLATION, "The process cannot access the file because it is being used by another process."),
    (
        ERROR_LOCK_VIOLATION,
        "The process cannot access the file because another process has locked a portion of the file.",
    ),
    (ERROR_BAD_NETPATH, "The network path was not found."),
    (ERROR_BAD_NET_NAME, "The network name cannot be found."),
    (ERROR_FILE_EXISTS, "The file exists."),
    (ERROR_INVALID_PARAMETER, "The parameter is incorrect."),
    (ERROR_BROKEN_PIPE, "The pipe has been ended."),
    (ERROR_DISK_FULL, "There is not enough space on the disk."),
    (ERROR_INVALID_NAME, "The filename, directory name, or volume label syntax is incorrect."),
    (ERROR_DIR_NOT_EMPTY, "The directory is not empty."),
    (ERROR_ALREADY_EXISTS, "Cannot create a file when that file already exists."),
    (ERROR_FILENAME_EXCED_RANGE, "The filename or extension is too long."),
    (ERROR_NO_DATA, "The pipe is being closed."),
    (ERROR_DIRECTORY, "The directory name is invalid."),
    (ERROR_PRIVILEGE_NOT_HELD, "A required privilege is not held by the client."),
    (ERROR_COMMITMENT_LIMIT, "The paging file is too small for this operation to complete."),
    (ERROR_CANT_ACCESS_FILE, "The file cannot be accessed by the system."),
    (ERROR_CANT_RESOLVE_FILENAME, "The name of the file cannot be resolved by the system."),
    (WSAEACCES as WIN32_ERROR, "An attempt was made to access a socket in a way forbidden by its access permissions."),
    (
        WSAEADDRINUSE as WIN32_ERROR,
        "Only one usage of each socket address (protocol/network address/port) is normally permitted.",
    ),
    (WSAEADDRNOTAVAIL as WIN32_ERROR, "The requested address is not valid in its context."),
    // Here Go has words of its own.
    (WSAHOST_NOT_FOUND as WIN32_ERROR, "no such host"),
    (WSANO_DATA as WIN32_ERROR, "no such host"),
];

/// What Go prints for this error, if it is one of the system's.
pub(in crate::cli) fn error_text(error: &io::Error) -> Option<Cow<'static, str>> {
    let code = error.raw_os_error()?.cast_unsigned();
    let known = ERROR_TEXTS.iter().find(|(known, _)| *known == code);
    known.map(|(_, text)| Cow::Borrowed(*text)).or_else(|| system_text(code).map(Cow::Owned))
}

/// The system's words for an error: in English where it has them, as in Go.
fn system_text(code: u32) -> Option<String> {
    const ENGLISH: u32 = 0x0409;
    const THE_USERS: u32 = 0;
    [ENGLISH, THE_USERS].into_iter().find_map(|language| {
        let mut text = [0u16; 512];
        let flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS;
        let (room, place) = (text.len() as u32, text.as_mut_ptr());
        // SAFETY: There is as much room as the call is told, and no inserts are asked for.
        let len = unsafe { FormatMessageW(flags, ptr::null(), code, language, place, room, ptr::null()) };
        let text = String::from_utf16_lossy(text.get(..len as usize)?);
        let text = text.trim_end();
        (!text.is_empty()).then(|| text.to_owned())
    })
}

/// The folder for what programs can make again and that belongs to this machine.
#[allow(clippy::disallowed_methods, reason = "the environment says where the user's own files are")]
pub(in crate::cli) fn caches() -> Option<PathBuf> {
    std::env::var_os("LOCALAPPDATA").map(PathBuf::from).filter(|path| path.is_absolute())
}

/// Windows ends nobody who writes to a pipe that nobody reads any more: returns.
pub(in crate::cli) fn end_by_broken_pipe() {}

/// Windows has no limit on the size of files that would end the process.
pub(in crate::cli) fn survive_file_size_limit() {}

/// Windows spares no process the events that end others: returns.
pub(in crate::cli) fn end_as_first_process(_last_words: impl Fn() + Send + 'static) {}

/// What to do before the process is ended.
static LAST_WORDS: Mutex<Option<Box<dyn Fn() + Send>>> = Mutex::new(None);

/// Has `last_words` called before Ctrl-C, Ctrl-Break, a closed window, logging off or shutting down ends the process, as it
/// would have. Ctrl-C that is ignored, as shells do for jobs in the background, stays so. Where no handler can be set, all
/// of these work as before.
pub(in crate::cli) fn before_ending_signals(last_words: impl Fn() + Send + 'static) {
    *LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(last_words));
    const ADD: i32 = 1;
    // SAFETY: The handler has the shape that the system calls, on a thread of its own, and lives as long as the process.
    let _ = unsafe { SetConsoleCtrlHandler(Some(on_ctrl), ADD) };
}

/// Says that the next handler shall see the event too: the last one ends the process.
unsafe extern "system" fn on_ctrl(_event: u32) -> i32 {
    if let Some(last_words) = &*LAST_WORDS.lock().unwrap_or_else(PoisonError::into_inner) {
        last_words();
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use windows_sys::Win32::System::Console::CTRL_C_EVENT;

    #[test]
    fn errors_have_the_words_of_go() {
        let text = |code: u32| error_text(&io::Error::from_raw_os_error(code.cast_signed())).unwrap_or_default();
        assert_eq!(text(ERROR_FILE_NOT_FOUND), "The system cannot find the file specified.");
        // One that is not in the table.
        assert!(!text(windows_sys::Win32::Foundation::ERROR_SEEK).is_empty());
        assert_eq!(error_text(&io::Error::other("x")), None);
    }
    /// What the system calls on a thread of its own.
    #[test]
    fn last_words_are_said_and_the_next_handler_ends_the_process() {
        static SAID: AtomicU32 = AtomicU32::new(0);
        before_ending_signals(|| {
            SAID.fetch_add(1, Ordering::SeqCst);
        });
        // SAFETY: The handler can be called by anybody.
        assert_eq!(unsafe { on_ctrl(CTRL_C_EVENT) }, 0);
        assert_eq!(SAID.load(Ordering::SeqCst), 1);
    }
}

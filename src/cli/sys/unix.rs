//! Unix: words for errors, and a thread that waits for the signals by which a user ends the process.

use crate::cli::exit::exit;
use rustix::io::Errno;
use rustix::process::getpid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGPIPE, SIGQUIT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

/// Whether a socket that listens on all addresses of IPv6 takes connections of IPv4 too, as it is made.
pub(in crate::cli) const TAKES_BOTH_FAMILIES: bool = !cfg!(target_os = "freebsd");

/// Whether paths may begin with a drive's letter and a colon.
pub(in crate::cli) const HAS_DRIVES: bool = false;

/// What Go prints for an error of the system. C libraries have words of their own, which differ between them.
const ERROR_TEXTS: [(Errno, &str); 34] = [
    (Errno::PERM, "operation not permitted"),
    (Errno::NOENT, "no such file or directory"),
    (Errno::INTR, "interrupted system call"),
    (Errno::IO, "input/output error"),
    (Errno::NXIO, "no such device or address"),
    (Errno::BADF, "bad file descriptor"),
    (Errno::AGAIN, "resource temporarily unavailable"),
    (Errno::NOMEM, "cannot allocate memory"),
    (Errno::ACCESS, "permission denied"),
    (Errno::BUSY, "device or resource busy"),
    (Errno::EXIST, "file exists"),
    (Errno::XDEV, "invalid cross-device link"),
    (Errno::NODEV, "no such device"),
    (Errno::NOTDIR, "not a directory"),
    (Errno::ISDIR, "is a directory"),
    (Errno::INVAL, "invalid argument"),
    (Errno::NFILE, "too many open files in system"),
    (Errno::MFILE, "too many open files"),
    (Errno::TXTBSY, "text file busy"),
    (Errno::FBIG, "file too large"),
    (Errno::NOSPC, "no space left on device"),
    (Errno::SPIPE, "illegal seek"),
    (Errno::ROFS, "read-only file system"),
    (Errno::MLINK, "too many links"),
    (Errno::PIPE, "broken pipe"),
    (Errno::NAMETOOLONG, "file name too long"),
    (Errno::NOTEMPTY, "directory not empty"),
    (Errno::LOOP, "too many levels of symbolic links"),
    (Errno::OVERFLOW, "value too large for defined data type"),
    (Errno::ADDRINUSE, "address already in use"),
    (Errno::ADDRNOTAVAIL, "cannot assign requested address"),
    (Errno::DQUOT, "disk quota exceeded"),
    (Errno::STALE, "stale file handle"),
    (Errno::TIMEDOUT, "connection timed out"),
];

/// What Go prints for this error, if it is a usual one.
pub(in crate::cli) fn error_text(error: &std::io::Error) -> Option<Cow<'static, str>> {
    let errno = Errno::from_io_error(error)?;
    ERROR_TEXTS.iter().find(|(known, _)| *known == errno).map(|(_, text)| Cow::Borrowed(*text))
}

/// The folder for what programs can make again, by the rules of the XDG base directory specification.
#[allow(clippy::disallowed_methods, reason = "the environment says where the user's own files are")]
pub(in crate::cli) fn caches() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))
}

/// Ends the process as a write to a pipe that nobody reads any more ends one that does not handle it, so that whoever waits
/// for it sees the signal. Returns where the signal ends nothing.
pub(in crate::cli) fn end_by_broken_pipe() {
    let _ = emulate_default_handler(SIGPIPE);
}

/// Lets a write past the limit on the size of files fail, instead of ending the process: the guest is told `FBIG`.
pub(in crate::cli) fn survive_file_size_limit() {
    // Where no handler can be set, the signal does what it always did.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::default());
}

/// Has `last_words` called before one of the usual signals ends the process, as it would have. A signal that is ignored,
/// as a shell does for jobs in the background, stays so. Where no thread can be started, signals work as before.
pub(in crate::cli) fn before_ending_signals(last_words: impl Fn() + Send + 'static) {
    let ignored = ignored_signals();
    let signals = [SIGHUP, SIGINT, SIGQUIT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let Ok(mut signals) = Signals::new(signals) else { return };
    let handle = signals.handle();
    let spawned = std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            last_words();
            if is_first_process() {
                exit(128 + signal.cast_unsigned())
            }
            // Stops or ends the process, or does nothing for a signal that would do nothing.
            let _ = emulate_default_handler(signal);
        }
    });
    if spawned.is_err() {
        handle.close();
    }
}

/// Lets the usual signals end the first process of a container, with the code that a shell gives for the signal. The kernel
/// spares that process every signal without a handler, so that a container could only be killed.
pub(in crate::cli) fn end_as_first_process(last_words: impl Fn() + Send + 'static) {
    if is_first_process() {
        before_ending_signals(last_words);
    }
}

fn is_first_process() -> bool {
    getpid().is_init()
}

/// A bit for each signal that is ignored, the first in the lowest; none where the system does not tell.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_the_words_of_go() {
        let text = |errno: Errno| error_text(&std::io::Error::from(errno));
        assert_eq!(text(Errno::LOOP).as_deref(), Some("too many levels of symbolic links"));
        assert_eq!(text(Errno::NAMETOOLONG).as_deref(), Some("file name too long"));
        assert_eq!(text(Errno::NOSYS), None);
        assert_eq!(error_text(&std::io::Error::other("x")), None);
    }
}

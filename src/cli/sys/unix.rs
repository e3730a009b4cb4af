//! Unix: a thread waits for the signals by which a user ends the process.

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

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
            // Stops or ends the process, or does nothing for a signal that would do nothing.
            let _ = emulate_default_handler(signal);
        }
    });
    if spawned.is_err() {
        handle.close();
    }
}

/// A bit for each signal that is ignored, the first in the lowest; none where the system does not tell.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

//! The terminal's state at the end: what a guest has switched on is switched off, however the run ends.
//!
//! A run that returns does that by dropping its context. This is for the other ways: a signal, and `-timeout`. Signals are
//! left alone until there is something to put back, so that a run has no thread and no handler that it does not need.

use super::sys;
use crate::wasi::TerminalModes;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Duration;

/// Longest time that last words may take, to a terminal or pipe that nobody reads.
const LAST_WORDS: Duration = Duration::from_millis(30);

static MODES: OnceLock<TerminalModes> = OnceLock::new();

/// Where the guest's changes are kept.
pub(super) fn modes() -> TerminalModes {
    let start = || TerminalModes::new(|| sys::before_ending_signals(|| briefly(restore)));
    MODES.get_or_init(start).clone()
}

/// Lets signals end the run where it is the first process of a container.
pub(super) fn end_as_first_process() {
    sys::end_as_first_process(|| briefly(restore));
}

/// Puts the terminal back.
pub(super) fn restore() {
    if let Some(modes) = MODES.get() {
        modes.restore();
    }
}

/// Does what may block for ever, and waits for it no longer than a moment. For a process that is about to end.
pub(super) fn briefly(work: impl FnOnce() + Send + 'static) {
    let (sender, receiver) = mpsc::channel();
    let spawned = std::thread::Builder::new().name("last words".into()).spawn(move || {
        work();
        // Nobody listens where it has taken too long.
        let _ = sender.send(());
    });
    if spawned.is_ok() {
        // Either way the process ends.
        let _ = receiver.recv_timeout(LAST_WORDS);
    }
}

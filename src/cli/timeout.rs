//! `-timeout`: a thread that ends the process in whatever state it is.
//!
//! The guest's output is unbuffered, so that nothing is lost. Time counts from the process's start as far as this program
//! can see it, with reading and compiling the module. The message may find nobody who reads it; the process ends
//! nevertheless.

use super::duration::Duration;
use super::{exit, progress, terminal};
use std::sync::OnceLock;
use std::time::Instant;

static PROCESS_START: OnceLock<Instant> = OnceLock::new();

/// Notes that the process has just been started.
pub(super) fn note_process_start() {
    PROCESS_START.get_or_init(Instant::now);
}

/// Starts the clock. The process ends with [`exit::TIMEOUT`] unless it is over before.
pub(super) fn start(timeout: Duration) {
    let Some(span) = timeout.positive() else { return };
    let elapsed = PROCESS_START.get().map_or(std::time::Duration::ZERO, Instant::elapsed);
    let spawned = std::thread::Builder::new().name("timeout".into()).spawn(move || {
        std::thread::sleep(span.saturating_sub(elapsed));
        terminal::briefly(move || {
            progress::clear();
            terminal::restore();
            super::report::print(&message(timeout));
        });
        exit::exit(exit::TIMEOUT)
    });
    if spawned.is_err() {
        super::report::print("error: -timeout cannot start a thread\n");
        exit::exit(exit::FAILED)
    }
}

/// What the user reads.
pub(super) fn message(timeout: Duration) -> String {
    format!("error: module closed with context deadline exceeded (timeout {timeout})\n")
}

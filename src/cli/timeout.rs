//! `-timeout`: a thread that ends the process in whatever state it is.
//!
//! The guest's output is unbuffered, so that nothing is lost. Time counts from the process's start as far as this program
//! can see it, with reading and compiling the module.
//!
//! The message may find nobody who reads it, while the process has to end nevertheless. So a second thread ends it a moment
//! after the first has begun to write. It is there from the start: when the time is up the machine may be so busy, or out
//! of memory by the guest, that a new thread would begin too late or not at all.

use super::duration::Duration;
use super::{exit, progress, terminal};
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::Instant;

/// Longest time that the message may take, to a terminal or pipe that nobody reads. With what profiles may take it stays
/// below the tenth of a second by which a run may be late.
const LAST_WORDS: std::time::Duration = std::time::Duration::from_millis(40);

static PROCESS_START: OnceLock<Instant> = OnceLock::new();

/// Notes that the process has just been started.
pub(super) fn note_process_start() {
    PROCESS_START.get_or_init(Instant::now);
}

/// Starts the clock. The process ends with [`exit::TIMEOUT`] unless it is over before.
pub(super) fn start(timeout: Duration) {
    let Some(span) = timeout.positive() else { return };
    let elapsed = PROCESS_START.get().map_or(std::time::Duration::ZERO, Instant::elapsed);
    // What the threads need is there before the guest may take it.
    let text = message(timeout);
    let (begins, begun) = mpsc::sync_channel(1);
    let speak = move || {
        std::thread::sleep(span.saturating_sub(elapsed));
        super::profile::finish_in_time();
        // It waits for this as long as the process lives.
        let _ = begins.send(());
        progress::clear();
        terminal::restore();
        super::report::print(&text);
        exit::exit(exit::TIMEOUT)
    };
    let cut_short = move || {
        // The other thread has not been started where this is an error.
        if begun.recv().is_ok() {
            std::thread::sleep(LAST_WORDS);
            exit::exit(exit::TIMEOUT)
        }
    };
    if spawn("last words", cut_short).and_then(|()| spawn("timeout", speak)).is_err() {
        super::report::print("error: -timeout cannot start a thread\n");
        exit::exit(exit::FAILED)
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    std::thread::Builder::new().name(name.into()).spawn(work).map(drop)
}

/// What the user reads.
pub(super) fn message(timeout: Duration) -> String {
    format!("error: module closed with context deadline exceeded (timeout {timeout})\n")
}

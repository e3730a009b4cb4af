//! The progress bar of a long compilation: on a terminal's stderr, after half a second, and gone before the guest runs.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Compiling takes longer than this before a bar shows.
const DELAY: Duration = Duration::from_millis(500);

/// The bar that stands on the terminal, for [`clear`].
static SHOWN: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Takes the bar off the terminal, if one stands there: for a process that ends in the middle of compiling.
pub(crate) fn clear() {
    if let Some(bar) = SHOWN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        bar.finish_and_clear();
    }
}

/// Shows how much of the code is compiled.
#[derive(Debug)]
pub(crate) struct Progress {
    start: Instant,
    terminal: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// Starts the delay.
    pub(crate) fn new() -> Progress {
        Progress { start: Instant::now(), terminal: std::io::stderr().is_terminal(), bar: OnceLock::new() }
    }

    /// Notes that `done` of `total` bytes of code are compiled. Any thread may call it.
    pub(crate) fn update(&self, done: usize, total: usize) {
        if !self.terminal || self.start.elapsed() < DELAY {
            return;
        }
        let show = || {
            let bar = new_bar(total);
            *SHOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar.clone());
            bar
        };
        self.bar.get_or_init(show).set_position(done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.bar.get().is_some() {
            clear();
        }
    }
}

fn new_bar(total: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("compiling {bar:30} {percent}%") {
        bar.set_style(style);
    }
    bar
}

//! The progress bar of a long compilation: on a terminal's stderr, after half a second, and gone before the guest runs.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Compiling takes longer than this before a bar shows.
const DELAY: Duration = Duration::from_millis(500);

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
        self.bar.get_or_init(|| new_bar(total)).set_position(done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
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

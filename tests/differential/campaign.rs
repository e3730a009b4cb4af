//! Many cases in a row: seeds one after the other, a line of progress, and a file for each module that disagrees.

use crate::compare::{Peers, Tally};
use crate::generate::Case;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Engines keep the types of all modules they have seen, so they are made anew after this many.
const CASES_PER_ENGINE: u64 = 20_000;

/// A campaign ends early after this many findings: one bug shows itself often.
const MOST_FINDINGS: u64 = 20;

/// Time between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(10);

/// What to run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Campaign {
    /// Seed of the first module; the next one's is one more.
    pub(crate) seed: u64,
    pub(crate) modules: u64,
    pub(crate) with_v8: bool,
    pub(crate) shows_progress: bool,
}

impl Campaign {
    /// Runs it, and returns what was compared and how many modules disagreed.
    pub(crate) fn run(self) -> (Tally, u64) {
        let start = Instant::now();
        let mut shown = start;
        let (mut tally, mut findings, mut tried) = (Tally::default(), 0, 0);
        let mut peers = self.peers();
        if self.with_v8 && !peers.has_v8() {
            println!("without V8: no `node` is installed");
        }
        while tally.modules + findings < self.modules && findings < MOST_FINDINGS {
            if tried % CASES_PER_ENGINE == CASES_PER_ENGINE - 1 {
                peers = self.peers();
            }
            let case = Case::new(self.seed.wrapping_add(tried));
            tried += 1;
            let Some(case) = case else { continue };
            match peers.check(&case) {
                Ok(compared) => tally += compared,
                Err(difference) => {
                    findings += 1;
                    report(&case, &difference);
                    peers = self.peers();
                }
            }
            if self.shows_progress && shown.elapsed() >= PROGRESS {
                shown = Instant::now();
                self.progress(&tally, findings, start.elapsed());
            }
        }
        if self.shows_progress {
            self.progress(&tally, findings, start.elapsed());
        }
        (tally, findings)
    }

    fn peers(self) -> Peers {
        if self.with_v8 { Peers::new().and_v8() } else { Peers::new() }
    }

    fn progress(self, tally: &Tally, findings: u64, elapsed: Duration) {
        let Tally { modules, instances, calls, returned, host_calls, with_wasmi, with_v8 } = tally;
        println!(
            "{modules} of {} modules from seed {}, {:.0} a second, {instances} instances, {calls} calls, {returned} \
             returned, {host_calls} host calls, {with_wasmi} with wasmi, {with_v8} with V8, {findings} mismatches",
            self.modules,
            self.seed,
            *modules as f64 / elapsed.as_secs_f64(),
        );
    }
}

/// Says what disagreed, and leaves the module in the tests' folder below `target`.
fn report(case: &Case, difference: &str) {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("differential-{}.wasm", case.seed));
    let written = fs::write(&path, &case.wasm);
    let place = written.map_or_else(|error| error.to_string(), |()| path.display().to_string());
    println!(
        "mismatch of seed {} ({:?}), module in {place}; again by \
         `WAZERO_SEED={} WAZERO_MODULES=1 cargo test --test differential -- --nocapture`\n  {difference}",
        case.seed, case.kind, case.seed
    );
}

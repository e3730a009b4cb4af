//! The executors against each other, wasmi and V8, on modules that wasm-smith makes of a seed.
//!
//! ```text
//!  seed ──> Case ──────> interpreter ──> Record ─┐
//!           module   ├─> compiler ─────> Record ─┼─> the same? if not: the seed, the module, the first step that differs
//!           host     ├─> wasmi ────────> Record ─┤
//!           calls    └─> V8 (node) ────> Record ─┘
//! ```
//!
//! A short campaign with a fixed seed runs in `cargo test`. As long a one as one wishes, from a random seed or a given
//! one, with V8 where `node` is installed:
//!
//! ```text
//! WAZERO_MODULES=1000000 [WAZERO_SEED=7] cargo test --release --test differential -- --nocapture
//! ```
//!
//! The folder `fuzz` has the same as a target of cargo-fuzz, which searches by coverage instead of at random.

#![cfg(has_compiler)]
#![allow(clippy::print_stdout, reason = "progress and findings are what a long campaign is run for")]
#![allow(clippy::disallowed_methods, reason = "a test reads its own variables and writes its findings")]

mod campaign;
mod compare;
mod generate;
mod record;
mod shape;
mod values;
mod with_v8;
mod with_wasmi;
mod with_wazero;

use campaign::Campaign;
use std::hash::{BuildHasher, RandomState};

/// What `cargo test` runs: a few seconds without optimisation.
const SHORT: Campaign = Campaign { seed: 1, modules: 400, with_v8: false, shows_progress: false };

/// A number in a variable, if it is set.
fn variable(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is not a number: {value:?}")))
}

#[test]
fn executors_agree() {
    let campaign = match variable("WAZERO_MODULES") {
        None => SHORT,
        Some(modules) => {
            let seed = variable("WAZERO_SEED").unwrap_or_else(|| RandomState::new().hash_one(modules) >> 16);
            println!("seed {seed}");
            Campaign { seed, modules, with_v8: true, shows_progress: true }
        }
    };
    let (tally, findings) = campaign.run();
    println!("{tally:?}");
    assert_eq!(findings, 0, "modules disagree; run with `--nocapture` to see how");
    assert!(campaign.modules < 100 || tally.returned > 0, "nothing that was called ever returned");
}

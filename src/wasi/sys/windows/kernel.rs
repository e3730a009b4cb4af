//! For tests: running a part of them again in a process of its own, and swapping two names.

use cap_std::fs::Dir;
use std::process::{Command, Output};

/// Runs this test binary again for the one test `name`, with these variables. There is one kind of kernel only.
#[allow(clippy::disallowed_methods, reason = "the test binary starts itself")]
pub(in crate::wasi) fn run_again(name: &str, variables: &[(&str, &str)], _openat2_error: Option<i32>) -> Output {
    let program = std::env::current_exe().expect("the test binary");
    let mut command = Command::new(program);
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).envs(variables.iter().copied());
    command.output().expect("the test runs again")
}

/// Windows has no openat2, nor anything that would have to be tested without.
pub(in crate::wasi) const OPENAT2_ERRORS: [Option<i32>; 1] = [None];

/// Only Linux can be asked.
pub(in crate::wasi) fn inode_in_root(_root: &Dir, _path: &str) -> Option<u64> {
    None
}

/// Gives each of two names what the other had, with moments in which one is missing.
pub(in crate::wasi) fn exchange(dir: &Dir, a: &str, b: &str) -> bool {
    let steps = [(a, "exchanged"), (b, a), ("exchanged", b)];
    steps.into_iter().all(|(from, to)| dir.rename(from, dir, to).is_ok())
}

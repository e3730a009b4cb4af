//! For tests: running a part of them again in a process of its own, swapping two names, and making links.

use super::pretend;
use cap_std::fs::Dir;
use std::process::{Command, Output};

/// Attempts to give a file another name while somebody has it open.
const RENAMES: usize = 10_000;

/// Runs this test binary again for the one test `name`, with these variables. There is one kind of kernel only.
#[allow(clippy::disallowed_methods, reason = "the test binary starts itself")]
pub(in crate::wasi) fn run_again(
    name: &str,
    variables: &[(&str, &str)],
    _openat2_error: Option<i32>,
) -> Option<Output> {
    let program = std::env::current_exe().expect("the test binary");
    let mut command = Command::new(program);
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).envs(variables.iter().copied());
    Some(command.output().expect("the test runs again"))
}

/// Windows has no openat2, nor anything that would have to be tested without.
pub(in crate::wasi) const OPENAT2_ERRORS: [Option<i32>; 1] = [None];

/// Files of a large directory. Wine looks through all of them for each that is made.
pub(in crate::wasi) const MANY_FILES: u32 = 2_000;

/// Of so many paths of the matrix one is tried, if not all are wanted: a prime number, so that each first part meets each
/// last one in some sample. Making the tree anew takes a hundred times as long as on Linux.
pub(in crate::wasi) const SAMPLE: usize = 13;

/// Only Linux can be asked.
pub(in crate::wasi) fn inode_in_root(_root: Dir, _path: &str) -> Option<u64> {
    None
}

/// Gives each of two names what the other had, with moments in which one is missing.
pub(in crate::wasi) fn exchange(dir: &Dir, a: &str, b: &str) -> bool {
    let renamed = |from: &str, to: &str| (0..RENAMES).any(|_| dir.rename(from, dir, to).is_ok());
    [(a, "exchanged"), (b, a), ("exchanged", b)].into_iter().all(|(from, to)| renamed(from, to))
}

/// Names that Windows, or another of its programs, understands as something else: devices, streams of other files, other
/// names, and paths of their own.
pub(in crate::wasi) const HOSTILE_NAMES: &[&str] = &[
    "NUL",
    "nul.txt",
    "con .x",
    "CONIN$",
    "COM1",
    "com\u{b9}",
    "LPT\u{b3}.a",
    "aux.",
    "d/PRN",
    "f.",
    "f ",
    "d. ",
    "d./f",
    "f:stream",
    "f::$DATA",
    "d::$INDEX_ALLOCATION",
    "d:$I30:$INDEX_ALLOCATION/f",
    ":",
    "C:",
    "C:secret",
    "C:..\\outside\\secret",
    "c:/",
    "\\\\?\\C:\\",
    "\\\\.\\NUL",
    "\\\\localhost\\c$",
    "\\??\\C:\\",
    "\\Device\\Null",
    "..\\outside",
    "d\\..\\..\\outside\\secret",
    "d/..\\..\\outside",
    "GLOBALROOT",
    "f?",
    "*",
    "<\"",
    "a|b",
    "\u{1}",
    "OUTSID~1",
    "\u{2215}outside",
    "\u{ff0e}\u{ff0e}/outside",
];

/// Makes a link with any target.
pub(in crate::wasi) fn make_link(dir: &Dir, target: &str, name: &str) {
    pretend::make_link(dir, target, name);
}

/// Files of Windows have no such bits.
pub(in crate::wasi) fn mode(_dir: &Dir, _name: &str) -> u32 {
    0
}

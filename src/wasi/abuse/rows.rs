//! The table of calls.
//!
//! A row is `name(arguments) [input] => "parameters in the log" => "results in the log" {output};`. Input and output are
//! bytes at addresses; all other bytes of memory are `?` before the call, and as they were behind it. A `*` in an output
//! or a result stands for what is not the same twice: times, inodes, random bytes.

use super::table::table;
use super::{SIGNATURES, World, signature};

/// A call, and what the guest sees of it.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) args: Vec<u64>,
    pub(super) input: Vec<(usize, Vec<u8>)>,
    pub(super) parameters: &'static str,
    pub(super) results: &'static str,
    pub(super) output: Vec<(usize, Vec<u8>)>,
}

impl Row {
    /// Whether the call does what it is asked for.
    pub(super) fn is_good(&self) -> bool {
        self.results.contains("errno=ESUCCESS")
    }

    fn check(&self) {
        let mut world = World::new();
        for (at, bytes) in &self.input {
            world.guest.put(*at as u32, bytes);
        }
        let mut expect = world.guest.bytes.clone();
        let (_, lines) = world.call(signature(self.name), &self.args);
        let call = format!("{}({})", self.name, self.parameters);
        let said = format!("==> wasi_snapshot_preview1.{call}\n<== {}\n", self.results);
        let quiet = matches!(self.name, "fd_read" | "fd_write") && self.args[0] <= 2;
        assert!(
            quiet && lines.is_empty() || matches(said.as_bytes(), lines.as_bytes()),
            "{call}: {lines}\nand not {said}"
        );
        for (at, bytes) in &self.output {
            for (at, byte) in (*at..).zip(bytes) {
                expect[at] = if *byte == b'*' { world.guest.bytes[at] } else { *byte };
            }
        }
        let wrong = (0..expect.len()).find(|&at| expect[at] != world.guest.bytes[at]);
        let shown = wrong.map(|at| {
            let end = expect.len().min(at + 40);
            (at, expect[at..end].escape_ascii().to_string(), world.guest.bytes[at..end].escape_ascii().to_string())
        });
        assert_eq!(shown, None, "{call}: address, expected and found bytes");
    }
}

/// Whether a text is as expected, where `*` stands for any part of it.
fn matches(expect: &[u8], text: &[u8]) -> bool {
    match expect.iter().position(|byte| *byte == b'*') {
        None => expect == text,
        Some(star) => {
            let Some(rest) = text.strip_prefix(&expect[..star]) else { return false };
            (0..=rest.len()).any(|skipped| matches(&expect[star + 1..], &rest[skipped..]))
        }
    }
}

/// An entry of a list of buffers.
pub(super) fn iovec(ptr: u32, len: u32) -> Vec<u8> {
    [ptr.to_le_bytes(), len.to_le_bytes()].concat()
}

/// A subscription: what is asked for and of which clock or descriptor, a time, and flags.
pub(super) fn subscription(tag: u8, clock_or_fd: u32, timeout: u64, flags: u16) -> Vec<u8> {
    let record = super::super::types::Subscription {
        userdata: 0x3f3f_3f3f_3f3f_3f3f,
        tag,
        clock_or_fd,
        timeout,
        flags,
        ..Default::default()
    };
    record.encode().to_vec()
}

/// Rows as values.
macro_rules! rows {
    ($($name:ident($($arg:expr),*) $([$($at:literal: $input:expr),*])? => $parameters:literal => $results:literal
        $({$($out:literal: $output:expr),*})?;)*) => {
        vec![$(Row {
            name: stringify!($name),
            args: vec![$(($arg) as i128 as u64),*],
            input: vec![$($(($at, Vec::<u8>::from($input))),*)?],
            parameters: $parameters,
            results: $results,
            output: vec![$($(($out, Vec::<u8>::from($output))),*)?],
        }),*]
    };
}

pub(super) use rows;

#[test]
fn every_call_has_its_bytes_and_lines() {
    for row in table() {
        row.check();
    }
}

/// Functions with rows, and of these the ones that cannot fail, and that do nothing but fail.
#[test]
fn every_function_has_three_good_rows_and_three_bad_ones() {
    let table = table();
    for signature in SIGNATURES {
        let good = table.iter().filter(|row| row.name == signature.name && row.is_good()).count();
        let bad = table.iter().filter(|row| row.name == signature.name && !row.is_good()).count();
        let (never_good, never_bad) = (signature.name == "proc_raise", signature.name == "sched_yield");
        assert!(good >= 3 || never_good, "{} has {good} good rows", signature.name);
        assert!(bad >= 3 || never_bad, "{} has {bad} bad rows", signature.name);
    }
}

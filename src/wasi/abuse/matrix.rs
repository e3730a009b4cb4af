//! Generated calls: the rows that do well, with every address and every length replaced by what may break it.
//!
//! Nothing is asserted of what a call answers, but that it answers. What it may write follows from its arguments alone: a
//! change anywhere else, a success that has no room for its results, or a panic is the failure.

use super::rows::Row;
use super::table::table;
use super::{Errno, World, signature};
use crate::wasi::signature::Kind;
use crate::wasi::testing::Guest;
use std::ops::Range;

/// Generated cases at least. The table's rows and the functions' parameters make them, so that a lost one is noticed.
const CASES: usize = 13_000;

const SIZE: u64 = Guest::SIZE as u64;

/// Addresses at, around and behind the end of memory, misaligned, and such that address and length together wrap around.
const ADDRESSES: [u64; 12] =
    [0, 1, 3, SIZE - 8, SIZE - 3, SIZE - 1, SIZE, SIZE + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffc, 0xffff_ffff];

/// Lengths from nothing to such that wrap around as they are, or times 8, 32 or 48.
const LENGTHS: [u64; 10] = [0, 1, 2, SIZE, SIZE + 1, 0x0555_5556, 0x0800_0000, 0x2000_0000, 0x8000_0000, 0xffff_ffff];

/// Functions that leave files, descriptors and positions as they were, so that the next call may meet the same world.
const HARMLESS: [&str; 14] = [
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_filestat_get",
    "fd_pread",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "path_filestat_get",
    "path_readlink",
    "poll_oneoff",
    "random_get",
];

fn is_address(kind: Kind) -> bool {
    kind.is_result() || matches!(kind, Kind::Ptr | Kind::Path | Kind::OutAddress)
}

fn is_length(kind: Kind) -> bool {
    matches!(kind, Kind::Len | Kind::PathLen)
}

/// The arguments of a row with one address or length replaced, or an address and the length behind it.
fn variants(row: &Row) -> Vec<Vec<u64>> {
    let kinds: Vec<Kind> = signature(row.name).params.iter().map(|(_, kind)| *kind).collect();
    let mut variants = Vec::new();
    let mut with = |changes: &[(usize, u64)]| {
        let mut args = row.args.clone();
        for (at, value) in changes {
            args[*at] = *value & 0xffff_ffff;
        }
        variants.push(args);
    };
    for (at, kind) in kinds.iter().enumerate() {
        if is_length(*kind) {
            LENGTHS.iter().for_each(|length| with(&[(at, *length)]));
        }
        if !is_address(*kind) {
            continue;
        }
        ADDRESSES.iter().for_each(|address| with(&[(at, *address)]));
        // On top of what other arguments point to, and a little beside it.
        for (other, kind) in kinds.iter().enumerate() {
            if other != at && is_address(*kind) {
                [-1, 0, 1, 4].iter().for_each(|step| with(&[(at, row.args[other].wrapping_add_signed(*step))]));
            }
        }
        if kinds.get(at + 1).is_some_and(|next| is_length(*next)) {
            for address in ADDRESSES {
                LENGTHS.iter().for_each(|length| with(&[(at, address), (at + 1, *length)]));
            }
        }
    }
    variants
}

/// Where a call may write, by its arguments and what stands in memory before it; and whether it has to fit there.
fn writable(name: &str, args: &[u64], before: &[u8]) -> Vec<(Range<u64>, bool)> {
    let mut ranges = Vec::new();
    let mut add = |start: u64, len: u64, has_to_fit: bool| ranges.push((start..start + len, has_to_fit));
    for ((_, kind), at) in signature(name).params.iter().zip(0..) {
        let address = args[at];
        match kind {
            Kind::Out32 => add(address, 4, true),
            Kind::OutAddress => add(address, if name == "fd_tell" { 8 } else { 4 }, true),
            Kind::Out64 | Kind::Out64Low | Kind::OutPrestat => add(address, 8, true),
            Kind::OutFdstat => add(address, 24, true),
            Kind::OutFilestat => add(address, 64, true),
            Kind::OutRoFlags => add(address, 2, true),
            Kind::OutPath => add(address, args[at + 1], true),
            _ => (),
        }
    }
    match name {
        // The two arguments `a` and `bc`, and the variable `K=v`.
        "args_get" => [(args[0], 8), (args[1], 5)].map(|(start, len)| add(start, len, true)).into_iter().collect(),
        "environ_get" => [(args[0], 4), (args[1], 4)].map(|(start, len)| add(start, len, true)).into_iter().collect(),
        "random_get" => add(args[0], args[1], true),
        "fd_readdir" => add(args[1], args[2], true),
        "path_readlink" => add(args[3], args[4], true),
        "poll_oneoff" => add(args[1], args[2] * 32, true),
        // Buffers that the call does not come to need not be there.
        "fd_read" | "fd_pread" | "sock_recv" => {
            let list = before.get(args[1] as usize..).unwrap_or_default();
            for entry in list.chunks_exact(8).take(args[2] as usize) {
                let number = |bytes: &[u8]| u64::from(u32::from_le_bytes(*bytes.first_chunk().expect("4 bytes")));
                add(number(&entry[..4]), number(&entry[4..]), false);
            }
        }
        _ => (),
    }
    ranges
}

/// Calls a function and checks all that can be said of any call.
fn check(world: &mut World, row: &Row, args: &[u64]) -> Result<(), Errno> {
    let before = world.guest.bytes.clone();
    let (outcome, lines) = world.call(signature(row.name), args);
    let call = || format!("{}({args:?})", row.name);
    assert!(!matches!(outcome, Err(Errno::Success | Errno::Sigpipe)), "{}: {outcome:?}", call());
    let quiet = matches!(row.name, "fd_read" | "fd_write") && args[0] <= 2;
    assert_eq!(lines.lines().count(), if quiet { 0 } else { 2 }, "{}: {lines}", call());
    let writable = writable(row.name, args, &before);
    for (at, (was, is)) in before.iter().zip(&world.guest.bytes).enumerate() {
        let named = was == is || writable.iter().any(|(range, _)| range.contains(&(at as u64)));
        assert!(named, "{} wrote to {at}", call());
    }
    if outcome.is_ok() {
        for (range, has_to_fit) in writable {
            assert!(!has_to_fit || range.end <= SIZE, "{} did well without room for {range:?}", call());
        }
    }
    outcome
}

#[test]
fn no_address_and_no_length_breaks_a_call() {
    let mut cases = 0;
    let mut last: Option<(&str, World)> = None;
    for row in table().iter().filter(|row| row.is_good()) {
        for args in variants(row) {
            let mut world = match last.take() {
                Some((name, world)) if name == row.name => world,
                _ => World::new(),
            };
            world.guest.bytes.fill(b'?');
            for (at, bytes) in &row.input {
                world.guest.put(*at as u32, bytes);
            }
            let outcome = check(&mut world, row, &args);
            cases += 1;
            if outcome.is_err() || HARMLESS.contains(&row.name) {
                last = Some((row.name, world));
            }
        }
    }
    assert!(cases >= CASES, "{cases} cases");
}

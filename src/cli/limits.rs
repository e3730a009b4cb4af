//! `-max-memory`, `-max-stack` and `-max-table`: sizes as typed, and what to say where a module wants more.

use super::args::ByteCount;
use super::failure::Failure;
use crate::api::{Error, Resource, StoreLimits};
use clap::ArgMatches;

/// The factors that a size may end in, in lower case; a bare letter counts as with `dd` and `ls`, in steps of 1,024.
const UNITS: [(&str, u64); 12] = [
    ("k", 1 << 10),
    ("ki", 1 << 10),
    ("kib", 1 << 10),
    ("kb", 1_000),
    ("m", 1 << 20),
    ("mi", 1 << 20),
    ("mib", 1 << 20),
    ("mb", 1_000_000),
    ("g", 1 << 30),
    ("gi", 1 << 30),
    ("gib", 1 << 30),
    ("gb", 1_000_000_000),
];

/// What the program may take of the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Memories and tables.
    pub(super) store: StoreLimits,
    /// Bytes of the wasm stack; none means the engine's choice.
    pub(super) stack_bytes: Option<usize>,
}

impl Limits {
    /// The limits that were typed, and the defaults of the others.
    pub(super) fn new(flags: &ArgMatches) -> Limits {
        let defaults = StoreLimits::default();
        let bytes = |name| flags.get_one::<ByteCount>(name).map(|count| count.0);
        let memory_bytes = bytes("max-memory").unwrap_or(defaults.memory_bytes);
        let table_elements = flags.get_one::<u64>("max-table").copied().unwrap_or(defaults.table_elements);
        let stack_bytes = bytes("max-stack").map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
        Limits { store: StoreLimits { memory_bytes, table_elements }, stack_bytes }
    }
}

/// Adds to a failure which flag would have let the module run, where a limit was the cause.
pub(super) fn name_flag(failure: Failure, error: &Error) -> Failure {
    let Some(exceeded) = error.exceeded_limit() else { return failure };
    match exceeded.resource {
        Resource::MemoryBytes => {
            failure.hint(format!("raise the limit with `-max-memory={}`", shortest(exceeded.wanted)))
        }
        Resource::TableElements => failure.hint(format!("raise the limit with `-max-table={}`", exceeded.wanted)),
    }
}

/// A size with the largest unit that divides it.
fn shortest(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match units.into_iter().find(|(_, size)| bytes > 0 && bytes.is_multiple_of(*size)) {
        Some((unit, size)) => format!("{}{unit}", bytes / size),
        None => bytes.to_string(),
    }
}

/// Reads a size: a number, then perhaps one of [`UNITS`] in any case, or `B`.
pub(super) fn parse_bytes(text: &str) -> Result<u64, &'static str> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number = parse_count(number)?;
    let unit = unit.to_ascii_lowercase();
    let factor = match unit.as_str() {
        "" | "b" => 1,
        _ => UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor).ok_or("parse error")?,
    };
    number.checked_mul(factor).ok_or("value out of range")
}

/// Reads a number without a sign. The words are those of Go's `flag` package.
pub(super) fn parse_count(text: &str) -> Result<u64, &'static str> {
    use std::num::IntErrorKind;
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("parse error");
    }
    text.parse().map_err(|error: std::num::ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => "value out of range",
        _ => "parse error",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, bytes: Result<u64, &str>) {
        assert_eq!(parse_bytes(text), bytes, "{text}");
    }

    #[test]
    fn sizes_have_units() {
        check("0", Ok(0));
        check("65536", Ok(65_536));
        check("7B", Ok(7));
        check("4k", Ok(4096));
        check("4K", Ok(4096));
        check("4Ki", Ok(4096));
        check("4KiB", Ok(4096));
        check("4KB", Ok(4000));
        check("512M", Ok(512 << 20));
        check("2MB", Ok(2_000_000));
        check("2gib", Ok(2 << 30));
        check("17179869183G", Ok(17_179_869_183 << 30));
        check("17179869184G", Err("value out of range"));
        check("18446744073709551616", Err("value out of range"));
        for bad in ["", "-1", "+1", "1.5G", "G", "4T", "1 K", "0x10", "4KK", "4Kb4"] {
            check(bad, Err("parse error"));
        }
    }

    #[test]
    fn hints_are_short() {
        assert_eq!(shortest(0), "0");
        assert_eq!(shortest(1), "1");
        assert_eq!(shortest(65_536), "64KiB");
        assert_eq!(shortest(5 << 30), "5GiB");
        assert_eq!(shortest((5 << 30) + (1 << 20)), "5121MiB");
        assert_eq!(parse_bytes(&shortest(65_536)), Ok(65_536));
    }
}

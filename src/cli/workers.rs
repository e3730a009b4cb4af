//! `-workers`: how many threads compile a module.

use super::args::WorkerCount;
use super::report;
use clap::ArgMatches;
use std::num::NonZeroUsize;

/// What was asked for; none leaves the choice to the engine. More threads than processors only get in each other's way,
/// so that a larger number is lowered to theirs, and the user told.
pub(super) fn wanted(flags: &ArgMatches) -> Option<NonZeroUsize> {
    let WorkerCount(wanted) = *flags.get_one::<WorkerCount>("workers")?;
    let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    if wanted > processors {
        report::print(&format!(
            "warning: desired number of compilation workers ({wanted}) greater than the number of processors \
             ({processors}), using {processors}\n"
        ));
    }
    Some(wanted.min(processors))
}

/// Reads a number of threads, of which there must be one at least.
pub(super) fn parse_workers(text: &str) -> Result<NonZeroUsize, &'static str> {
    if text.strip_prefix('-').is_some_and(|number| super::limits::parse_count(number).is_ok()) {
        return Err("at least one worker is needed");
    }
    let count = super::limits::parse_count(text)?;
    NonZeroUsize::new(usize::try_from(count).unwrap_or(usize::MAX)).ok_or("at least one worker is needed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_at_least_one_worker() {
        let check = |text: &str, expect: Result<usize, &'static str>| {
            assert_eq!(parse_workers(text).map(usize::from), expect, "{text}");
        };
        check("1", Ok(1));
        check("64", Ok(64));
        for few in ["0", "-1", "-0"] {
            check(few, Err("at least one worker is needed"));
        }
        for bad in ["", "-", "x", "1.5", "2 ", "--1"] {
            check(bad, Err("parse error"));
        }
        check("99999999999999999999", Err("value out of range"));
    }
}

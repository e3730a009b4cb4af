//! What runs the module: `-eager`, `-interpreter`, `-compile-after`, of which one at most is given.

use super::failure::Failure;
use super::flags::is_set;
use crate::Strategy;
use clap::ArgMatches;

/// The flags that choose.
const CHOICES: [&str; 3] = ["interpreter", "eager", "compile-after"];

/// What was asked for: programs begin interpreted, and what proves hot is compiled, unless something else was. What is profiled
/// is compiled as a whole.
pub(super) fn wanted(flags: &ArgMatches, is_profiled: bool) -> Result<Strategy, Failure> {
    let hot = flags.get_one::<u64>("compile-after").map(|times| u32::try_from(*times).unwrap_or(u32::MAX));
    let given =
        CHOICES.iter().filter(|name| if **name == "compile-after" { hot.is_some() } else { is_set(flags, name) });
    if let [one, other, ..] = given.collect::<Vec<_>>()[..] {
        return Err(Failure::new(format!("-{one} and -{other} ask for different things"))
            .hint("leave one of them out; without any of them the program starts at once and hot parts are compiled"));
    }
    if is_profiled && hot.is_some() {
        return Err(Failure::new("-compile-after says nothing about a profiled run, which compiles everything first")
            .hint("leave out either that flag or the profiles"));
    }
    Ok(match hot {
        _ if is_set(flags, "interpreter") => Strategy::Interpreter,
        _ if is_set(flags, "eager") || is_profiled => Strategy::Auto,
        Some(times) => Strategy::TiersAfter(times),
        None => Strategy::Tiers,
    })
}

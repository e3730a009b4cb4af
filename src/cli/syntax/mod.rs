//! How the command line is written: flags in Go's notation, durations, and the usage texts that show both.
//!
//! What flags there are stands in [`super::args`]; nothing here knows a single one of them.

pub(crate) mod duration;
pub(crate) mod flags;
pub(crate) mod usage;

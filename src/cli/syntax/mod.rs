//! How the command line is written: flags in Go's notation, durations, values of wasm, and the usage texts.
//!
//! What flags there are stands in [`super::args`]; nothing here knows a single one of them.

pub(crate) mod duration;
pub(crate) mod flags;
pub(crate) mod usage;
pub(crate) mod value;

#[cfg(test)]
mod manual;
#[cfg(test)]
mod reference;

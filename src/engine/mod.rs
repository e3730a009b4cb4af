//! The pipeline: bytes to [`module`] to machine code to a running instance.
#![allow(
    unreachable_pub,
    reason = "`pub` here means: for the layers above; the crate root alone decides what leaves it"
)]

pub(crate) mod abi;
pub(crate) mod compile;
pub(crate) mod module;
pub(crate) mod types;

//! The pipeline: bytes to [`module`] to machine code to a running instance.

pub(crate) mod abi;
pub(crate) mod module;
pub(crate) mod types;

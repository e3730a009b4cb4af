//! The pipeline: bytes to [`module`] to machine code to a running instance.

pub(crate) mod sys;

pub(crate) mod types;

pub(crate) mod abi;

pub(crate) mod module;

pub(crate) mod compile;

pub(crate) mod code;

pub(crate) mod runtime;

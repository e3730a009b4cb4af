//! The pipeline: bytes to [`module`] to machine code to a running instance.
//!
//! | layer | module | what it makes of what |
//! | --- | --- | --- |
//! | L0 | [`sys`] | memory, faults and stacks from the operating system |
//! | L1 | [`types`] | the specification's vocabulary |
//! | L2 | [`abi`] | the contract between generated code and the runtime |
//! | L3 | [`module`] | bytes to a validated module |
//! | L4 | [`compile`] | function bodies to machine code |
//! | L5 | [`cache`] | machine code to files, and back |
//! | L5 | [`interp`] | function bodies to cells, and running them |
//! | L5 | [`code`] | machine code to something that can be called |
//! | L6 | [`tier`] | when interpreted functions become machine code |
//! | L6 | [`pipeline`] | the steps above in a row, and what an engine shares between modules |
//! | L7 | [`runtime`] | instances, and running them |
//!
//! A layer uses those above it in this table only.
#![allow(
    unreachable_pub,
    reason = "a layer's `pub` items are its face towards the layers above; `lib` decides further"
)]

pub(crate) mod sys;

pub(crate) mod types;

pub(crate) mod abi;

pub(crate) mod module;

pub(crate) mod compile;

pub(crate) mod cache;

pub(crate) mod interp;

pub(crate) mod code;

pub(crate) mod tier;

pub(crate) mod pipeline;

pub(crate) mod runtime;

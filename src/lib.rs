//! A runner for WebAssembly and WASI.
#![deny(unsafe_code)]

mod engine;

//! [`Config`]: the choices of an engine, made once before it exists.

use crate::engine::abi::tunables;
use crate::engine::module::WasmVersion;
use std::num::NonZeroUsize;

/// How an engine keeps accesses inside a linear memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemoryChecks {
    /// Guard regions where the address space allows it, checks where it does not.
    #[default]
    Auto,
    /// Every memory reserves all addresses that a 32-bit index can reach, so that loads and stores need no check.
    Guarded,
    /// Every load and store compares with the memory's size: slower, but without reserving address space.
    Checked,
}

/// Choices of an [`Engine`](super::Engine).
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) memory_checks: MemoryChecks,
    pub(super) wasm_stack_bytes: usize,
    pub(super) wasm_version: WasmVersion,
    pub(super) compile_workers: Option<NonZeroUsize>,
}

impl Config {
    /// The defaults: memories as the address space allows, a wasm stack of 64 MiB, a compiling thread per processor.
    pub fn new() -> Config {
        Config {
            memory_checks: MemoryChecks::Auto,
            wasm_stack_bytes: tunables::WASM_STACK_BYTES,
            wasm_version: WasmVersion::Latest,
            compile_workers: None,
        }
    }

    /// Chooses how accesses are kept inside a memory.
    pub fn memory_checks(&mut self, checks: MemoryChecks) -> &mut Config {
        self.memory_checks = checks;
        self
    }

    /// Chooses how much of WebAssembly modules may use; the default is all that the engine supports.
    pub fn wasm_version(&mut self, version: WasmVersion) -> &mut Config {
        self.wasm_version = version;
        self
    }

    /// Sets how many threads compile a module at most; the default is as many as there are processors. More threads take
    /// more memory; a small module is compiled by the calling thread alone in any case.
    pub fn compile_workers(&mut self, workers: NonZeroUsize) -> &mut Config {
        self.compile_workers = Some(workers);
        self
    }

    /// Sets the size in bytes of the stack that wasm code and the host functions it calls run on, one per store. Pages
    /// of it take memory only once they are used. What is too small for one host call is raised to that.
    pub fn wasm_stack_bytes(&mut self, bytes: usize) -> &mut Config {
        self.wasm_stack_bytes = bytes.max(2 * tunables::HOST_CALL_STACK_BYTES);
        self
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

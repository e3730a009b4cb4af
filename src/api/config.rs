//! [`Config`]: the choices of an engine, made once before it exists.

use crate::engine::abi::tunables;
use crate::engine::cache::CacheOptions;
use crate::engine::module::WasmVersion;
use crate::engine::sys::create_private_dir;
use std::num::NonZeroUsize;
use std::path::PathBuf;

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

/// What runs an engine's modules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strategy {
    /// The compiler where there is one for this machine, the interpreter where there is none.
    #[default]
    Auto,
    /// Modules are compiled to machine code before they run.
    Compiler,
    /// Modules are interpreted: they start at once, and run several times slower.
    Interpreter,
    /// Modules are interpreted at first, and what proves hot is compiled beside that and goes on as machine code. They start at
    /// once, and soon run as fast as compiled ones.
    Tiers,
    /// As `Tiers`, but functions are hot after so many calls and rounds of loops, and wait for their code. It serves tests, and
    /// `-compile-after`.
    #[doc(hidden)]
    TiersAfter(u32),
    /// Both at once: compiled functions call interpreted ones, and these call compiled ones. It serves tests of the border
    /// between the two.
    #[doc(hidden)]
    Crossing,
}

/// Choices of an [`Engine`](super::Engine).
#[derive(Clone, Debug)]
pub struct Config {
    pub(super) memory_checks: MemoryChecks,
    pub(super) wasm_stack_bytes: usize,
    pub(super) wasm_version: WasmVersion,
    pub(super) cache: CacheOptions,
    pub(super) compile_workers: Option<NonZeroUsize>,
    pub(super) strategy: Strategy,
    pub(super) validates_beside: bool,
}

impl Config {
    /// The defaults: memories as the address space allows, a wasm stack of 64 MiB, a compiling thread per processor.
    pub fn new() -> Config {
        Config {
            memory_checks: MemoryChecks::Auto,
            wasm_stack_bytes: tunables::WASM_STACK_BYTES,
            wasm_version: WasmVersion::Latest,
            cache: CacheOptions::default(),
            compile_workers: None,
            strategy: Strategy::default(),
            validates_beside: false,
        }
    }

    /// Chooses what runs modules.
    pub fn strategy(&mut self, strategy: Strategy) -> &mut Config {
        self.strategy = strategy;
        self
    }

    /// Lets an interpreted module begin to run before all of it is validated. What runs is valid, and calls of host functions
    /// wait until everything is known to be, but for those without an effect ([`Linker::without_effect`](super::Linker)). Whoever
    /// shows anything else of the run asks [`Module::wait_until_valid`](super::Module) before.
    #[doc(hidden)]
    pub fn validate_beside_the_run(&mut self, beside: bool) -> &mut Config {
        self.validates_beside = beside;
        self
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

    /// Keeps compiled modules in a folder, which is made when the first one is, and takes them from there. Any number of
    /// processes may share it. A folder that cannot be used, or that others than this user can write to, is as good as
    /// none; nothing about a cache is ever an error.
    pub fn cache_dir(&mut self, dir: impl Into<PathBuf>) -> &mut Config {
        self.cache.dir = Some(dir.into());
        self
    }

    /// Bounds what the cache's folder takes: beyond that many bytes, what was used the longest ago is removed when something new
    /// is kept. The default is no bound.
    pub fn cache_bytes(&mut self, most: u64) -> &mut Config {
        self.cache.most_bytes = Some(most);
        self
    }

    /// Makes the cache's folder now, and those above it, so that it can be reported where that fails. They are this user's
    /// alone. Nothing happens where there is no cache.
    ///
    /// # Errors
    ///
    /// The system's.
    pub fn create_cache_dir(&self) -> std::io::Result<()> {
        self.cache.dir.as_deref().map_or(Ok(()), create_private_dir)
    }

    /// Names the file with the user's key, which is made where it does not exist. What is kept or serialized is sealed
    /// with it, and what it has not sealed does not run. The default is a key in the cache's folder, where there is one.
    pub fn key_file(&mut self, path: impl Into<PathBuf>) -> &mut Config {
        self.cache.key_file = Some(path.into());
        self
    }

    /// Whether the machine code of images runs that somebody else has made. It can do whatever this process can, so only
    /// say yes to images from where you would also take a program. The default is no.
    pub fn trust_images(&mut self, trust: bool) -> &mut Config {
        self.cache.trust_images = trust;
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

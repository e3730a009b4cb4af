//! [`Engine`]: what modules and stores share: the compiler's target, canonical types, trampolines.

use super::{Config, Error, ErrorKind, MemoryChecks, Result, Strategy};
use crate::engine::interp::Heat;
use crate::engine::pipeline::{EngineOptions, EngineShared, Executor};
use std::sync::Arc;

/// A compiler for the machine it runs on, with what all its modules share. Clones are the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    shared: Arc<EngineShared>,
}

impl Engine {
    /// Makes an engine.
    ///
    /// # Errors
    ///
    /// Where code cannot be compiled for this machine.
    pub fn new(config: &Config) -> Result<Engine> {
        let guarded_memory = match config.memory_checks {
            MemoryChecks::Auto => None,
            MemoryChecks::Guarded => Some(true),
            MemoryChecks::Checked => Some(false),
        };
        let options = EngineOptions {
            guarded_memory,
            wasm_stack_bytes: config.wasm_stack_bytes,
            wasm_version: config.wasm_version,
            cache: config.cache.clone(),
            compile_workers: config.compile_workers,
            validates_beside: config.validates_beside,
            executor: match config.strategy {
                Strategy::Auto => None,
                Strategy::Compiler => Some(Executor::Compiler),
                Strategy::Interpreter => Some(Executor::Interpreter),
                Strategy::Tiers => Some(Executor::TIERS),
                Strategy::TiersAfter(least) => Some(Executor::Tiers { heat: Heat { least, per_byte: 0 }, waits: true }),
                Strategy::Crossing => Some(Executor::Crossing),
            },
        };
        let shared = EngineShared::new(options).map_err(|error| Error::new(ErrorKind::Compile, error.to_string()))?;
        Ok(Engine { shared })
    }

    /// Whether memories have guard regions instead of checks, which is what [`MemoryChecks::Auto`] decided.
    pub fn has_guarded_memories(&self) -> bool {
        self.shared.guarded_memory()
    }

    pub(super) fn shared(&self) -> &Arc<EngineShared> {
        &self.shared
    }

    pub(super) fn same(&self, other: &Arc<EngineShared>) -> bool {
        Arc::ptr_eq(&self.shared, other)
    }
}

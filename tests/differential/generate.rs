//! A seed becomes a [`Case`]: a module of wasm-smith's, what its imports do, and the calls to make.
//!
//! Modules end: each loop and each function pays from a global, `fuel`, which is filled before each call; memories and
//! tables have small maxima. NaNs are made canonical by the module itself, after each instruction whose result's bits
//! the specification leaves open, so that every bit that is seen can be compared. Everything is exported.

use crate::shape::{self, Shape};
use crate::values::{Digest, Rng, Ty, Value};
use arbitrary::Unstructured;
use std::sync::Arc;
use wasm_smith::{Config, Module};

/// Loop iterations and calls that one call from outside may take.
pub(crate) const FUEL: u32 = 400;

/// Name that the fuel is exported by.
pub(crate) const FUEL_NAME: &str = "fuel";

/// Most calls of one module.
const CALLS: usize = 24;

/// Random bytes that a module is made of. Half of them are code.
const LEAST_BYTES: u64 = 600;
const MOST_BYTES: u64 = 6000;

/// What a module is compared on, which decides what it may contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The executors and wasmi.
    Full,
    /// The executors alone, with vector instructions whose results the specification leaves to each implementation.
    Relaxed,
    /// The executors, wasmi and V8: no vectors and no NaN payloads where a value crosses to the host.
    Portable,
}

/// An imported item, and what the host gives for it.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) module: String,
    pub(crate) name: String,
    pub(crate) item: Item,
}

/// What is imported.
#[derive(Debug)]
pub(crate) enum Item {
    Func {
        params: Vec<Ty>,
        results: Vec<Ty>,
        /// What it returns, chosen by a digest of its parameters; `None` is a refusal.
        answers: Vec<Option<Vec<Value>>>,
    },
    Global {
        value: Value,
        mutable: bool,
    },
    Memory {
        min: u32,
        max: Option<u32>,
    },
    Table {
        element: Ty,
        min: u32,
        max: Option<u32>,
    },
}

impl Item {
    /// What the function returns to these parameters, or `None` where it refuses. The digest does not see which NaN a
    /// parameter is, because JavaScript does not either.
    pub(crate) fn answer(&self, given: &[Value]) -> Option<&[Value]> {
        let Item::Func { answers, .. } = self else { return None };
        let mut digest = Digest::new();
        given.iter().for_each(|value| value.with_canonical_nan().digest(&mut digest));
        answers[digest.get() as usize % answers.len()].as_deref()
    }
}

/// An exported function.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) params: Vec<Ty>,
    pub(crate) results: Vec<Ty>,
}

/// A call from outside.
#[derive(Debug)]
pub(crate) struct Call {
    /// Position among the exported functions.
    pub(crate) function: usize,
    pub(crate) params: Vec<Value>,
}

/// A module with everything that its run depends on.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) kind: Kind,
    pub(crate) wasm: Vec<u8>,
    pub(crate) imports: Vec<Arc<Import>>,
    pub(crate) functions: Vec<Function>,
    /// Names and types of exported globals, the fuel among them.
    pub(crate) globals: Vec<(String, Ty)>,
    /// Names of exported memories.
    pub(crate) memories: Vec<String>,
    /// Names of exported tables.
    pub(crate) tables: Vec<String>,
    pub(crate) calls: Vec<Call>,
}

impl Case {
    /// The case of a seed; nothing where its bytes make no module.
    pub(crate) fn new(seed: u64) -> Option<Case> {
        let mut rng = Rng::new(seed);
        let kind = match rng.below(8) {
            0 => Kind::Relaxed,
            1 | 2 => Kind::Portable,
            _ => Kind::Full,
        };
        let length = LEAST_BYTES + rng.below(MOST_BYTES - LEAST_BYTES);
        let config = config(kind, &mut rng);
        let bytes = rng.bytes(length as usize);
        Case::of_bytes(seed, kind, config, &bytes, rng)
    }

    /// The case of bytes that a fuzzer chose.
    #[allow(dead_code, reason = "the fuzz target calls it")]
    pub(crate) fn of_fuzz(bytes: &[u8]) -> Option<Case> {
        let (head, bytes) = bytes.split_at_checked(8)?;
        let seed = u64::from_le_bytes(head.try_into().ok()?);
        let mut rng = Rng::new(seed);
        let kind = if rng.below(4) == 0 { Kind::Relaxed } else { Kind::Full };
        let config = config(kind, &mut rng);
        Case::of_bytes(seed, kind, config, bytes, rng)
    }

    fn of_bytes(seed: u64, kind: Kind, config: Config, bytes: &[u8], mut rng: Rng) -> Option<Case> {
        let mut module = Module::new(config, &mut Unstructured::new(bytes)).ok()?;
        let fuel = module.ensure_termination(FUEL).ok()?;
        let Shape { wasm, imports, functions, globals, memories, tables } =
            shape::export_everything(&module.to_bytes(), fuel, &mut rng, kind)?;
        let mut case = Case { seed, kind, wasm, imports, functions, globals, memories, tables, calls: Vec::new() };
        case.plan_calls(&mut rng);
        Some(case)
    }

    /// Calls every function with several arguments, in turns, because calls change what later ones find.
    fn plan_calls(&mut self, rng: &mut Rng) {
        let exact = self.kind != Kind::Portable;
        let crosses = |ty: &Ty| exact || *ty != Ty::V128;
        let can_call = |function: &Function| function.params.iter().chain(&function.results).all(crosses);
        let callable: Vec<usize> = (0..self.functions.len()).filter(|at| can_call(&self.functions[*at])).collect();
        for _ in 0..3 {
            for at in &callable {
                if self.calls.len() < CALLS {
                    let params = &self.functions[*at].params;
                    let params = params.iter().map(|ty| Value::pick(*ty, rng, exact)).collect();
                    self.calls.push(Call { function: *at, params });
                }
            }
        }
    }

    /// Whether V8 can run it: vectors cannot cross to JavaScript, not even to an import that is never called.
    pub(crate) fn suits_v8(&self) -> bool {
        let suits = |import: &Arc<Import>| match &import.item {
            Item::Func { params, results, .. } => params.iter().chain(results).all(|ty| *ty != Ty::V128),
            Item::Global { value, .. } => !matches!(value, Value::V128(_)),
            Item::Memory { .. } | Item::Table { .. } => true,
        };
        self.kind == Kind::Portable && self.imports.iter().all(suits)
    }

    /// What a step of the record was.
    pub(crate) fn step_name(&self, number: usize) -> String {
        match number.checked_sub(1).and_then(|number| self.calls.get(number)) {
            None => "instantiation".to_owned(),
            Some(call) => format!("call {number}, {}({:x?})", self.functions[call.function].name, call.params),
        }
    }
}

/// What wasm-smith may use. The proposals are those that the engine supports; sizes are small, so that many modules fit
/// into a second.
fn config(kind: Kind, rng: &mut Rng) -> Config {
    let vectors = kind == Kind::Relaxed || rng.below(3) > 0;
    // Vectors cannot be passed to V8, so what has them imports nothing there.
    let imports = if kind == Kind::Portable && vectors { 0 } else { rng.below(6) as usize };
    Config {
        simd_enabled: vectors,
        relaxed_simd_enabled: kind == Kind::Relaxed,
        canonicalize_nans: true,
        disallow_traps: rng.below(3) == 0,
        min_imports: imports / 2,
        max_imports: imports,
        min_funcs: 2,
        max_funcs: 10,
        min_types: 2,
        max_types: 8,
        max_instructions: [20, 60, 150][rng.below(3) as usize],
        max_globals: 6,
        max_memories: if kind == Kind::Portable { 1 } else { 1 + rng.below(2) as usize },
        min_memories: 1,
        max_memory32_bytes: 4 << 16,
        memory_max_size_required: true,
        max_tables: 2,
        min_tables: rng.below(2) as u32,
        max_table_elements: 40,
        table_max_size_required: true,
        max_data_segments: 4,
        max_element_segments: 5,
        max_elements: 10,
        max_exports: 0,
        allow_start_export: rng.below(4) == 0,
        // V8 has neither this nor several memories in all versions of `node` that are in use.
        extended_const_enabled: kind != Kind::Portable,
        compact_imports_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        shared_everything_threads_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    }
}

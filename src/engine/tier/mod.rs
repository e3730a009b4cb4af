//! L6 · When interpreted functions become machine code: what is hot is compiled beside the run, and published part by part.
//!
//! ```text
//!   interpreter                         tier                                  worker
//!   count runs out ── ask ──> wanted? ──> queue ──────────────────> compile, publish
//!        │<──────── not yet ──┘                                          │
//!   count runs out ── ask ──> a loop's code is there <── loops ──────────┤
//!        │<──────── run it ───┘                                          │
//!   calls of the function go to its code <── set_compiled, published ────┘
//! ```
//!
//! Nothing waits for a worker: where there is no code, the interpreter goes on. What was published is never taken back while
//! the module lives, and what cannot be compiled stays interpreted. Instances take published functions into their slots and
//! tables on the thread that runs them (`runtime::promote`), so that generated code needs no synchronisation.

mod callees;
mod queue;
mod worker;

pub use queue::LoopCode;
pub use worker::WORKER_NAME;

use super::abi::VMLayout;
use super::code::Code;
use super::compile::{PartsOf, Target, TrampolineKind, compile_trampoline};
use super::interp::{Function, Functions, Heat};
use super::module::{BodyValidator, Module, Validation, WasmVersion, decode};
use super::types::{DefinedFuncIdx, FuncIdx, FuncType, TypeIdx, ValType};
use queue::Queue;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

/// How a module becomes machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TierOptions {
    /// What counts as hot.
    pub heat: Heat,
    /// Most threads that compile; none means one for each processor but one.
    pub workers: Option<NonZeroUsize>,
    /// Whether the interpreter waits for what it asks for. For tests: everything moves at once.
    pub waits: bool,
}

/// The machine, which is looked at once something is to be compiled for it: that takes longer than a small program runs.
pub struct LateTarget {
    guarded_memory: bool,
    target: OnceLock<Option<Target>>,
}

/// The compiling side of a module that is interpreted. Workers stop when it is dropped.
#[derive(Debug)]
pub struct Tier {
    shared: Arc<Shared>,
}

/// What a module and its workers share.
struct Shared {
    module: Arc<Module>,
    layout: VMLayout,
    functions: Arc<Functions>,
    bodies: Bodies,
    target: Arc<LateTarget>,
    options: TierOptions,
    trampolines: OnceLock<Option<Arc<Code>>>,
    loop_entry: OnceLock<Option<Arc<Code>>>,
    queue: Queue,
    /// Most threads that compile, asked once.
    most_workers: OnceLock<usize>,
    /// When the module was made.
    begun: Instant,
}

/// Where validators for a module's bodies come from.
pub enum Bodies {
    /// They were made when it was decoded.
    Decoded(Arc<Validation>),
    /// They are made once something is compiled, of a module that is known to be valid.
    Late(WasmVersion, OnceLock<Option<Vec<BodyValidator>>>),
}

/// What the interpreter is told.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Calls and rounds until it asks again.
    pub ask_again_after: u32,
    /// Code that takes the loop over. The module keeps it.
    pub loop_code: Option<Arc<LoopCode>>,
}

impl LateTarget {
    /// This host, with memories that are guarded or not.
    pub fn new(guarded_memory: bool) -> LateTarget {
        LateTarget { guarded_memory, target: OnceLock::new() }
    }

    /// The machine; nothing where nothing can be compiled for it.
    pub fn get(&self) -> Option<&Target> {
        let host = || Target::host(self.guarded_memory).ok().map(Target::through_slots);
        self.target.get_or_init(host).as_ref()
    }
}

impl Tier {
    /// For a module, some parts of which may be compiled already: `code` has them, and their trampolines.
    pub fn new(
        functions: &Arc<Functions>,
        bodies: Bodies,
        code: Option<&Arc<Code>>,
        target: &Arc<LateTarget>,
        options: TierOptions,
    ) -> Tier {
        let (module, functions, target) = (functions.module().clone(), functions.clone(), target.clone());
        let (layout, queue) = (module.layout(), Queue::default());
        let [trampolines, loop_entry] = [OnceLock::new(), OnceLock::new()];
        let most_workers = OnceLock::new();
        let shared = Arc::new(Shared {
            module,
            layout,
            functions,
            bodies,
            target,
            options,
            trampolines,
            loop_entry,
            queue,
            most_workers,
            begun: Instant::now(),
        });
        if let Some(code) = code {
            worker::take_in(&shared, code);
        }
        Tier { shared }
    }

    /// Everything that was published, trampolines first.
    pub fn codes(&self) -> Vec<Arc<Code>> {
        let trampolines = self.shared.trampolines.get().cloned().flatten();
        let codes = self.shared.queue.codes();
        let others =
            codes.into_iter().filter(|code| trampolines.as_ref().is_none_or(|first| !Arc::ptr_eq(first, code)));
        trampolines.iter().cloned().chain(others).collect()
    }

    /// Asks what becomes of a function whose count has run out: for a loop of it, by its position in the module's bytes, or
    /// for the function itself.
    pub fn ask(&self, function: &Function, loop_at: Option<u32>) -> Answer {
        worker::ask(&self.shared, function, loop_at)
    }

    /// How many functions are compiled.
    #[inline]
    pub fn published_count(&self) -> usize {
        self.shared.queue.published_count()
    }

    /// The functions that were compiled, in that order, but for so many of the first.
    pub fn published_since(&self, known: usize) -> Vec<DefinedFuncIdx> {
        self.shared.queue.published_since(known)
    }

    /// How often code has been published.
    pub fn batch_count(&self) -> usize {
        self.shared.queue.batch_count()
    }

    /// A trampoline of the module, compiled now if there was none. Nothing where nothing can be compiled.
    pub fn trampoline(&self, ty: TypeIdx, kind: TrampolineKind) -> Option<*const u8> {
        self.shared.trampolines()?.trampoline(ty, kind)
    }

    /// The trampoline that enters the code of loops.
    pub fn loop_entry(&self) -> Option<*const u8> {
        self.shared.loop_entry()?.trampoline(TypeIdx(0), TrampolineKind::Entry)
    }
}

impl Drop for Tier {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl Shared {
    /// What parts are compiled with; nothing where nothing can be.
    fn parts(&self) -> Option<PartsOf<'_>> {
        let (target, bodies) = (self.target.get()?, self.bodies.get(&self.module)?);
        Some(PartsOf { target, module: &self.module, layout: &self.layout, bodies })
    }

    /// The module's trampolines, compiled now if they were not before. Nothing where they cannot be, for a reason that nobody is
    /// told: everything stays interpreted.
    fn trampolines(&self) -> Option<&Arc<Code>> {
        let compile = || {
            let target = self.target.get()?;
            let parts = PartsOf { target, module: &self.module, layout: &self.layout, bodies: &[] };
            Code::publish(target.isa(), parts.compile_trampolines().ok()?, Some(self.module.clone())).ok()
        };
        self.trampolines.get_or_init(compile).as_ref()
    }

    /// What enters the code of loops, which takes the address of a frame; as [`Shared::trampolines`].
    fn loop_entry(&self) -> Option<&Arc<Code>> {
        let compile = || {
            let target = self.target.get()?;
            let ty = FuncType::new([ValType::I64], []);
            let entry = compile_trampoline(target, &ty, TrampolineKind::Entry).ok()?;
            Code::publish(target.isa(), entry, None).ok()
        };
        self.loop_entry.get_or_init(compile).as_ref()
    }

    /// The type of an own function.
    fn type_of(&self, function: DefinedFuncIdx) -> TypeIdx {
        let FuncIdx(index) = self.module.func_idx(function);
        self.module.functions[index as usize]
    }

    /// Bytes of a function's body.
    fn body_bytes(&self, function: DefinedFuncIdx) -> usize {
        self.module.bodies.get(function.index()).map_or(0, ExactSizeIterator::len)
    }
}

impl Bodies {
    /// For a module that is known to be valid.
    pub fn late(version: WasmVersion) -> Bodies {
        Bodies::Late(version, OnceLock::new())
    }

    /// Whether the module is known to be valid, or not to be.
    fn are_validated(&self) -> bool {
        match self {
            Bodies::Decoded(validation) => validation.is_done(),
            Bodies::Late(..) => true,
        }
    }

    /// Validators for all bodies; nothing where they cannot be had, or not all are valid.
    fn get(&self, module: &Module) -> Option<&[BodyValidator]> {
        match self {
            Bodies::Decoded(validation) => validation.finish().is_ok().then(|| validation.bodies()),
            Bodies::Late(version, late) => {
                let again = || Some(decode(module.bytes.split_anywhere()?.concat().into(), *version).ok()?.bodies);
                late.get_or_init(again).as_deref()
            }
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for LateTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LateTarget").field("guarded_memory", &self.guarded_memory).finish_non_exhaustive()
    }
}

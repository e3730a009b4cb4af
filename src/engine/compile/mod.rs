//! L4 · [`Module`] to [`Artifact`]: wasm operators to CLIF, Cranelift behind it, one position-independent text out.
//!
//! Functions are independent of each other: every worker takes the next one from a queue, largest first, validates,
//! translates and compiles it in one pass over its bytes. Linking then puts the results in the module's order, so that
//! an artifact depends on the module and the target alone, never on timing or the number of workers.
//!
//! ```text
//!   bodies ──> queue ──> worker: validate + translate ──> optimise, encode ──┐
//!                  └───> worker: ...                                         ├──> link ──> Artifact
//!   types  ──> queue ──> worker: trampoline ────────────> optimise, encode ──┘
//! ```
//!
//! Nothing here is unsafe, touches an operating system or allocates memory for running.

mod artifact;
mod error;
#[cfg(all(test, has_compiler))]
mod explain;
mod function;
mod isa;
mod link;
mod part;
mod queue;
mod signature;
mod slots;
mod tables;
#[cfg(all(test, has_compiler))]
mod tests;
mod trampoline;
mod translate;
mod trap;

pub use artifact::{Artifact, CodeRange, Part, TrampolineKind};
pub use error::CompileError;
pub use isa::{Target, runs_on};
pub use part::PartsOf;
pub use tables::{AddressTable, Origin, Tables};

use crate::engine::abi::tunables;
use crate::engine::module::{BodyValidator, Module};
use crate::engine::types::{FuncIdx, FuncType, TypeIdx};
use function::Generator;
use link::Linker;
use queue::Queue;
use std::collections::{BTreeSet, HashMap};
use std::num::NonZeroUsize;

/// Called with the bytes of function bodies that are done, and of all.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Compiles a module with as many threads as the work is worth: at most `workers`, or as many as there are processors.
///
/// # Errors
///
/// The error of the first function, in the module's order, that has one: `Invalid` for a body that does not validate,
/// `FunctionTooLarge` or `ModuleTooLarge` for code beyond the code generator's limits.
pub fn compile_module(
    target: &Target,
    module: &Module,
    bodies: Vec<BodyValidator>,
    workers: Option<NonZeroUsize>,
    progress: Option<Progress<'_>>,
) -> Result<Artifact, CompileError> {
    compile_with_workers(target, module, &bodies, worker_count(module, workers), progress)
}

/// Compiles one trampoline, in an artifact of its own as type 0.
///
/// # Errors
///
/// `Bug` for a type that the kind does not serve.
pub fn compile_trampoline(target: &Target, ty: &FuncType, kind: TrampolineKind) -> Result<Artifact, CompileError> {
    let code = Generator::new(target).trampoline(ty, kind)?;
    let mut linker = Linker::new(target, 0, 0);
    linker.add_trampoline(&[TypeIdx(0)], kind, &code)?;
    Ok(linker.finish())
}

fn compile_with_workers(
    target: &Target,
    module: &Module,
    bodies: &[BodyValidator],
    workers: usize,
    progress: Option<Progress<'_>>,
) -> Result<Artifact, CompileError> {
    let layout = module.layout();
    let trampolines = trampolines(module, target.through_slots);
    let queue = Queue::new(target, module, &layout, bodies, &trampolines, progress);
    let compiled = queue.run(workers)?;
    let mut linker = Linker::new(target, module.imported_funcs, bodies.len());
    for function in 0..bodies.len() {
        linker.add_function(compiled.get(function)?)?;
    }
    for (number, plan) in (bodies.len()..).zip(&trampolines) {
        linker.add_trampoline(&plan.types, plan.kind, compiled.get(number)?)?;
    }
    Ok(linker.finish())
}

/// How many threads a module is worth: starting one costs about as much as compiling a small function.
fn worker_count(module: &Module, most: Option<NonZeroUsize>) -> usize {
    let bytes: usize = module.bodies.iter().map(ExactSizeIterator::len).sum();
    if bytes < tunables::PARALLEL_COMPILE_BYTES {
        return 1;
    }
    let most = most.or_else(|| std::thread::available_parallelism().ok());
    most.map_or(1, usize::from).min(module.bodies.len())
}

/// A trampoline that a module needs.
struct TrampolinePlan<'a> {
    /// The function type.
    ty: &'a FuncType,
    /// Its numbers in the module, which may repeat a type.
    types: Vec<TypeIdx>,
    /// Direction and shape.
    kind: TrampolineKind,
}

/// The trampolines for what crosses the module's border: an entry for every function that can become a reference or
/// starts the module, and a host trampoline for every import. Where the interpreter may run any function, all types have
/// their entries, and trampolines to the interpreter and back.
fn trampolines(module: &Module, through_slots: bool) -> Vec<TrampolinePlan<'_>> {
    let type_of = |func: &FuncIdx| module.functions[func.index()];
    let mut entered: BTreeSet<TypeIdx> = module.func_refs.iter().chain(&module.start).map(type_of).collect();
    let own = module.functions.iter().skip(module.imported_funcs as usize);
    let interpreted: BTreeSet<TypeIdx> = own.copied().filter(|_| through_slots).collect();
    entered.extend(&interpreted);
    let imported: BTreeSet<TypeIdx> = module.functions[..module.imported_funcs as usize].iter().copied().collect();

    let mut plans: Vec<TrampolinePlan<'_>> = Vec::new();
    let mut known: HashMap<(&FuncType, TrampolineKind), usize> = HashMap::new();
    let entries = entered.into_iter().map(|index| (index, TrampolineKind::Entry));
    let hosts = imported.into_iter().map(|index| match signature::is_direct(&module.types[index.index()]) {
        true => (index, TrampolineKind::HostDirect),
        false => (index, TrampolineKind::HostArray),
    });
    let crossings = [TrampolineKind::Interpreted, TrampolineKind::Tail, TrampolineKind::Frame];
    let crossings = interpreted.into_iter().flat_map(|ty| crossings.map(|kind| (ty, kind)));
    for (index, kind) in entries.chain(hosts).chain(crossings) {
        let ty = &module.types[index.index()];
        let position = *known.entry((ty, kind)).or_insert_with(|| {
            plans.push(TrampolinePlan { ty, types: Vec::new(), kind });
            plans.len() - 1
        });
        plans[position].types.push(index);
    }
    plans
}

//! The interpreter's record of a function: its cells, once it has been called, and how much room its frame takes.

use super::slots_of;
use crate::engine::abi::{VMCall, VMLayout};
use crate::engine::compile::TrampolineKind;
use crate::engine::interp::fold::{self, Folded};
use crate::engine::interp::op::{Form, Op};
use crate::engine::module::{DecodeError, Module, Validation};
use crate::engine::types::{DefinedFuncIdx, FuncIdx, FuncType, TypeId, TypeIdx};
use std::fmt;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use wasmparser::WasmFeatures;

/// The interpreter's records of a module's own functions.
pub struct Functions {
    functions: Box<[Function]>,
    module: Arc<Module>,
    /// Canonical types of the module's types.
    types: Vec<TypeId>,
    layout: VMLayout,
    /// What bodies may use.
    features: WasmFeatures,
    /// Whether positions are kept, for source lines.
    has_dwarf: bool,
    /// What is known of the bodies' validity; nothing where all are known to be valid.
    validation: Option<Arc<Validation>>,
    /// When functions are hot; nothing where none is ever compiled.
    heat: Option<Heat>,
    /// The first function that could not be folded, and why.
    failure: OnceLock<String>,
}

/// How much of a function is interpreted before somebody is asked what to make of it: calls and rounds of loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heat {
    /// For any function.
    pub least: u32,
    /// In addition, for each byte of its body.
    pub per_byte: u32,
}

impl Heat {
    fn of(self, bytes: usize) -> u32 {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.least.saturating_add(self.per_byte.saturating_mul(bytes))
    }
}

/// A function. Its address is what calls name it by.
#[repr(C)]
pub struct Function {
    /// The first cell; null until the function is called for the first time.
    cells: AtomicPtr<u64>,
    /// Bytes of the frame. Only good once there are cells.
    frame_bytes: AtomicU32,
    /// Calls and rounds of loops that are left until it is hot.
    heat: AtomicU32,
    /// Calls so far, where they are counted.
    calls: AtomicU32,
    /// Its number.
    index: DefinedFuncIdx,
    /// The records that this one is one of.
    owner: *const Functions,
    /// Owns the cells.
    folded: OnceLock<Folded>,
    /// The function as it is compiled, where it is.
    compiled: OnceLock<Compiled>,
}

/// How a compiled function is called.
#[derive(Clone, Copy, Debug)]
pub struct Compiled {
    /// In wasm's calling convention.
    pub code: *const u8,
    /// The entry trampoline of its type.
    pub entry: *const u8,
    /// The tail trampoline of its type.
    pub tail: *const u8,
    /// The trampoline of its type that takes the interpreter's frames.
    pub frame: *const u8,
}

impl Compiled {
    /// A function with code at that address and the trampolines of its type; nothing where one is missing.
    pub(crate) fn new(code: Option<*const u8>, of: impl Fn(TrampolineKind) -> Option<*const u8>) -> Option<Compiled> {
        let (entry, tail) = (of(TrampolineKind::Entry)?, of(TrampolineKind::Tail)?);
        Some(Compiled { code: code?, entry, tail, frame: of(TrampolineKind::Frame)? })
    }
}

/// What a compiled function has for cells.
pub(super) static ENTER_COMPILED: [u64; 1] = [Op::enter_compiled.number(Form::PLAIN) as u64];

// SAFETY: The pointers are to what the records own themselves, and cells never change once they are there.
unsafe impl Send for Function {}
// SAFETY: As above; cells are published by a store with release order.
unsafe impl Sync for Function {}

/// Whether a cell is that of a compiled function, which has no cells of its own there.
pub fn calls_compiled(ip: *const u64) -> bool {
    ip == ENTER_COMPILED.as_ptr()
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Functions").field("len", &self.functions.len()).finish_non_exhaustive()
    }
}

impl Functions {
    /// Records for all own functions of a module, none of which is folded yet. The bodies are valid with `features`, or will be
    /// shown to be or not; `types` are canonical types of the module's.
    pub(crate) fn new(
        module: Arc<Module>,
        features: WasmFeatures,
        types: Vec<TypeId>,
        validation: Option<Arc<Validation>>,
        heat: Option<Heat>,
    ) -> Arc<Functions> {
        Arc::new_cyclic(|owner| {
            let function = |(index, body): (usize, &Range<usize>)| Function {
                cells: AtomicPtr::new(ptr::null_mut()),
                frame_bytes: AtomicU32::new(0),
                heat: AtomicU32::new(heat.map_or(0, |heat| heat.of(body.len()))),
                calls: AtomicU32::new(0),
                index: DefinedFuncIdx::from_usize(index),
                owner: owner.as_ptr(),
                folded: OnceLock::new(),
                compiled: OnceLock::new(),
            };
            let functions = module.bodies.iter().enumerate().map(function).collect();
            let (layout, has_dwarf) = (module.layout(), module.has_dwarf());
            let failure = OnceLock::new();
            Functions { functions, module, types, layout, features, has_dwarf, validation, heat, failure }
        })
    }

    /// What contexts point to: the records, by number.
    pub(crate) fn as_ptr(&self) -> *const Function {
        self.functions.as_ptr()
    }

    /// A function's record.
    pub(crate) fn get(&self, function: DefinedFuncIdx) -> Option<&Function> {
        self.functions.get(function.index())
    }

    /// The record at an address.
    pub(crate) fn at(&self, address: usize) -> Option<&Function> {
        let offset = address.checked_sub(self.functions.as_ptr().addr())?;
        self.functions.get(offset / size_of::<Function>())
    }

    /// Why a function could not be folded, if one could not.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// The canonical type with that number in the module.
    pub(in crate::engine::interp) fn type_id(&self, ty: TypeIdx) -> TypeId {
        self.types.get(ty.index()).copied().unwrap_or(TypeId::NONE)
    }

    /// The layout of its instances' contexts.
    pub(in crate::engine::interp) fn layout(&self) -> &VMLayout {
        &self.layout
    }

    /// The module.
    pub(crate) fn module(&self) -> &Arc<Module> {
        &self.module
    }

    /// What bodies may use.
    pub(in crate::engine::interp) fn features(&self) -> WasmFeatures {
        self.features
    }

    /// Whether positions are kept, for source lines.
    pub(in crate::engine::interp) fn has_dwarf(&self) -> bool {
        self.has_dwarf
    }

    /// Whether all bodies have been validated, whatever the outcome.
    #[inline(always)]
    pub(super) fn is_validated(&self) -> bool {
        self.validation.as_ref().is_none_or(|validation| validation.is_done())
    }

    /// Waits until all bodies have been validated; false where one is not valid, which is then the failure.
    #[cold]
    pub(super) fn wait_until_validated(&self) -> bool {
        let outcome = self.validation.as_ref().map_or(Ok(()), Validation::finish);
        if let Err(error) = &outcome {
            let _ = self.failure.set(error.to_string());
        }
        outcome.is_ok()
    }

    /// Makes sure that a function's body is valid.
    fn check(&self, function: DefinedFuncIdx) -> Result<(), DecodeError> {
        match &self.validation {
            Some(validation) if !validation.is_done() => validation.check(function.index()),
            Some(validation) => validation.finish(),
            None => Ok(()),
        }
    }

    /// Whether functions count what they do, and are compiled once that is enough.
    pub(crate) fn has_tiers(&self) -> bool {
        self.heat.is_some()
    }
}

impl Function {
    pub(crate) fn owner(&self) -> &Functions {
        // SAFETY: Records live in their owner, behind an `Arc`, so that it does not move.
        unsafe { &*self.owner }
    }

    /// Its module and its index there.
    pub(crate) fn identity(&self) -> (&Arc<Module>, FuncIdx) {
        let module = &self.owner().module;
        (module, module.func_idx(self.index))
    }

    /// Its type.
    pub(super) fn ty(&self) -> &FuncType {
        let (module, index) = self.identity();
        module.func_type(index)
    }

    /// The first cell, or null.
    #[inline(always)]
    pub(super) fn cells(&self) -> *const u64 {
        self.cells.load(Ordering::Acquire)
    }

    /// Has calls of the function go to machine code, which has to be published as long as the module is.
    pub(crate) fn set_compiled(&self, compiled: Compiled) {
        let _ = self.compiled.set(compiled);
        let ty = self.ty();
        let slots = slots_of(&ty.params).max(slots_of(&ty.results)) as u32;
        // Never less than before: other threads may be about to begin with the cells that there were.
        self.frame_bytes.fetch_max(slots * 8, Ordering::Relaxed);
        self.cells.store(ENTER_COMPILED.as_ptr().cast_mut(), Ordering::Release);
    }

    /// Its number among the module's own functions.
    pub(crate) fn index(&self) -> DefinedFuncIdx {
        self.index
    }

    /// Has it ask again after so many calls and rounds of loops.
    pub(crate) fn set_heat(&self, left: u32) {
        self.heat.store(left, Ordering::Relaxed);
    }

    /// How often it was called, where that is counted.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Counts a call; false where the count has run out.
    #[inline(always)]
    pub(super) fn count_call(&self) -> bool {
        self.calls.store(self.calls().wrapping_add(1), Ordering::Relaxed);
        self.count()
    }

    /// Counts a round of a loop, or a call; false where the count has run out. Of threads that do so at the same time only one
    /// may be counted.
    #[inline(always)]
    pub(super) fn count(&self) -> bool {
        let left = self.heat.load(Ordering::Relaxed);
        self.heat.store(left.saturating_sub(1), Ordering::Relaxed);
        left > 0
    }

    /// Folds it if it was not before; false where that cannot be done.
    pub(crate) fn is_foldable(&self) -> bool {
        self.fold().is_some()
    }

    /// How it is called where it is compiled.
    pub(crate) fn compiled(&self) -> Option<&Compiled> {
        self.compiled.get()
    }

    /// The function as cells of its own, made now if they were not before. Nothing where it cannot be folded.
    #[cold]
    #[inline(never)]
    pub(super) fn fold(&self) -> Option<&Folded> {
        if self.folded.get().is_none() {
            let owner = self.owner();
            match owner.check(self.index).and_then(|()| fold::fold(owner, self.index)) {
                Ok(folded) => drop(self.folded.set(folded)),
                Err(error) => {
                    let _ = owner.failure.set(error.to_string());
                    return None;
                }
            }
        }
        let folded = self.folded.get()?;
        self.frame_bytes.fetch_max(folded.frame_slots * 8, Ordering::Relaxed);
        let cells = folded.cells.as_ptr().cast_mut();
        // Where it is compiled meanwhile, that stays.
        let _ = self.cells.compare_exchange(ptr::null_mut(), cells, Ordering::Release, Ordering::Relaxed);
        Some(folded)
    }

    /// Whether a frame at `fp` and another record fit before the record at `calls`.
    #[inline(always)]
    pub(super) fn fits(&self, fp: *mut u64, calls: *mut VMCall) -> bool {
        let end = fp.addr() + self.frame_bytes.load(Ordering::Relaxed) as usize + size_of::<VMCall>();
        end <= calls.addr()
    }

    /// Bytes of its frame, whichever way it runs.
    pub(super) fn frame_bytes(&self) -> usize {
        let folded = self.folded.get().map_or(0, |folded| folded.frame_slots * 8);
        self.frame_bytes.load(Ordering::Relaxed).max(folded) as usize
    }

    /// Position in the module's code section of what the cell at `ip` came from; nothing where that was not kept. For a
    /// call that has not returned, `ip` is the cell behind it.
    pub(crate) fn wasm_offset(&self, ip: *const u64) -> Option<u32> {
        let folded = self.folded.get()?;
        let position = ip.addr().checked_sub(folded.cells.as_ptr().addr())? / size_of::<u64>();
        folded.wasm_offset(position)
    }
}

//! What generated code can see of the runtime: `repr(C)` structs, and the layout of an instance's context.
//!
//! Offsets of fields come from `offset_of!` and offsets of arrays from [`VMLayout`]; neither is ever typed twice. The
//! target's pointers are 64 bits wide wherever code is generated.

use super::frames::{VMFrames, VMRun, VMRunEnd};
use crate::engine::types::TypeId;
use std::mem::size_of;

/// The fixed part at the start of every instance's context. Variable parts follow, see [`VMLayout`].
#[derive(Debug)]
#[repr(C, align(16))]
pub struct VMContext {
    /// The store's shared state. Constant for the instance's life.
    pub store: *mut VMStoreContext,
    /// The table of runtime helpers, indexed by `Builtin`. Constant for the instance's life.
    pub builtins: *const *const u8,
    /// The memory exported as `memory`, or null: what WASI reads and writes. Constant for the instance's life.
    pub exported_memory: *mut VMMemory,
    /// The runtime's own record of the instance. Constant for the instance's life; generated code does not read it.
    pub instance: *mut (),
    /// The interpreter's records of the module's own functions, or null. Constant for the instance's life.
    pub functions: *const (),
    /// The memory with index 0, or null. Constant for the instance's life.
    pub default_memory: *mut VMMemory,
    /// How each own function is called, where calls go through slots; else null. Constant for the instance's life.
    pub slots: *const VMImportedFunc,
}

/// State of one store that generated code and trampolines share with the runtime.
#[derive(Debug)]
#[repr(C)]
pub struct VMStoreContext {
    /// Host calls need the stack pointer to be at or above this address, otherwise they trap with `StackOverflow`.
    pub stack_limit: usize,
    /// Frame pointer of the innermost wasm-to-host trampoline: `[fp]` is the caller's frame pointer, `[fp+8]` the
    /// address it returns to (on s390x: the stack pointer of either, and 112 bytes above the caller's). Only meaningful while
    /// a host function runs.
    pub last_host_fp: usize,
    /// The host function that was called last.
    pub last_host_func: *const VMHostFunc,
    /// Not zero after a host function failed: the trampoline traps with `HostError` and the runtime takes the error.
    pub host_failed: u32,
    /// The runtime's own record of the store. Generated code does not read it.
    pub store: *mut (),
    /// What is free of the interpreter's stack. Generated code does not read it.
    pub frames: VMFrames,
    /// The interpreter's innermost run, or null. Generated code does not read it.
    pub run: *const VMRun,
    /// How the interpreter stopped last. Generated code does not read it.
    pub run_end: VMRunEnd,
    /// What is to be called in place of the interpreted function that has just returned to its trampoline.
    pub tail: VMTailCall,
}

/// A tail call that an interpreted function leaves to the trampoline which it was called by.
#[derive(Debug)]
#[repr(C)]
pub struct VMTailCall {
    /// The trampoline for the callee's type that reads parameters from memory; null for no call.
    pub trampoline: *const u8,
    /// The function in wasm's calling convention.
    pub code: *const u8,
    /// First argument of `code`.
    pub context: *mut (),
    /// The parameters.
    pub values: *mut ValRaw,
}

impl VMTailCall {
    /// No call.
    pub const NONE: VMTailCall = VMTailCall {
        trampoline: std::ptr::null(),
        code: std::ptr::null(),
        context: std::ptr::null_mut(),
        values: std::ptr::null_mut(),
    };
}

/// A linear memory as generated code sees it. Its address never changes while its store lives.
#[derive(Debug)]
#[repr(C)]
pub struct VMMemory {
    /// First byte. Never changes for a guarded memory; may change on growth otherwise.
    pub base: *mut u8,
    /// Bytes that may be accessed.
    pub len_bytes: usize,
}

/// An instance's view of one of its memories, imported or its own.
#[derive(Debug)]
#[repr(C)]
pub struct VMMemorySlot {
    /// Copy of the memory's base. Only valid, and then constant, where memories are guarded.
    pub base: *mut u8,
    /// The memory itself. Constant.
    pub memory: *mut VMMemory,
}

/// A table as generated code sees it. Its address never changes while its store lives.
#[derive(Debug)]
#[repr(C)]
pub struct VMTable {
    /// First element: [`VMFuncElement`]s for function references, `u32` handles for external references.
    pub base: *mut u8,
    /// Number of elements.
    pub len: usize,
}

/// An instance's view of one of its tables, imported or its own.
#[derive(Debug)]
#[repr(C)]
pub struct VMTableSlot {
    /// Copy of the table's base. Only valid, and then constant, for a type with `is_fixed_size`.
    pub base: *mut u8,
    /// The table itself. Constant.
    pub table: *mut VMTable,
}

/// A function reference's target: what a `funcref` value that is not null points to. Its address is the function's identity.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct VMFuncRef {
    /// Entry in wasm's calling convention; null where nothing is compiled.
    pub code: *const u8,
    /// First argument of `code`: the callee's [`VMContext`], or a [`VMHostFunc`] behind a trampoline.
    pub context: *mut (),
    /// Trampoline from the host's calling convention, see `compile::trampoline`; null for host functions.
    pub entry: *const u8,
    /// Canonical type.
    pub type_id: TypeId,
    /// What kind of function it is.
    pub kind: VMFuncKind,
    /// The interpreter's record of an interpreted function; else null.
    pub function: *const (),
    /// The instance of an interpreted function; else null.
    pub instance: *mut VMContext,
}

impl VMFuncRef {
    /// To no function.
    pub const NONE: VMFuncRef = VMFuncRef {
        code: std::ptr::null(),
        context: std::ptr::null_mut(),
        entry: std::ptr::null(),
        type_id: TypeId::NONE,
        kind: VMFuncKind::Compiled,
        function: std::ptr::null(),
        instance: std::ptr::null_mut(),
    };
}

/// How a function comes to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum VMFuncKind {
    /// As machine code, of an instance.
    Compiled,
    /// By the host: `context` is a [`VMHostFunc`].
    Host,
    /// By the interpreter, which has a record of it.
    Interpreted,
}

/// One element of a table of function references, laid out so that `call_indirect` needs one comparison and two loads.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct VMFuncElement {
    /// Copy of the target's `code`, or null.
    pub code: *const u8,
    /// Copy of the target's `context`, or null.
    pub context: *mut (),
    /// The reference itself, null for the null reference.
    pub func_ref: *const VMFuncRef,
    /// Copy of the target's `type_id`; [`TypeId::NONE`] for the null reference.
    pub type_id: TypeId,
    /// Fills the element to 32 bytes; always zero.
    pub reserved: u32,
}

/// An imported function as generated code and the interpreter call it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct VMImportedFunc {
    /// Entry in wasm's calling convention.
    pub code: *const u8,
    /// First argument of `code`.
    pub context: *mut (),
    /// The reference to it, for the interpreter.
    pub func_ref: *const VMFuncRef,
}

/// A host function as linked into one importing instance. Trampolines hand its address to the host's code.
#[derive(Debug)]
#[repr(C)]
pub struct VMHostFunc {
    /// The host's code, `extern "C"`; its shape depends on the trampoline kind it was linked with.
    pub call: *const u8,
    /// The host's code for calls with an array of values, `extern "C" fn(host, values)`, which the interpreter calls.
    pub call_array: *const u8,
    /// The closure's data, for `call`.
    pub data: *const (),
    /// The store's shared state.
    pub store: *mut VMStoreContext,
    /// The instance that imports the function; null for a function made by the embedder alone.
    pub caller: *mut VMContext,
    /// Whether a call may change something that is seen from outside of the program: not before its module is known to be valid.
    pub has_effect: bool,
}

/// A global's value: wide enough for a `v128`, and aligned for it. Narrower values stand at the start, little-endian.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct VMGlobal {
    /// The value's bytes.
    pub bytes: [u8; 16],
}

/// One argument or result on its way between host and wasm, in memory. Narrower values stand at the start.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub struct ValRaw {
    /// The value's bytes, in the host's byte order.
    pub bytes: [u8; 16],
}

/// How many items each variable part of a context has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VMCounts {
    /// Types in the module's type section.
    pub types: u32,
    /// Imported functions.
    pub imported_funcs: u32,
    /// Functions that can become references (`Module::func_refs`).
    pub func_refs: u32,
    /// Tables, imported and own.
    pub tables: u32,
    /// Memories, imported and own.
    pub memories: u32,
    /// Imported globals.
    pub imported_globals: u32,
    /// Own globals.
    pub defined_globals: u32,
}

/// Where the variable parts of a context begin, in bytes from its start.
///
/// ```text
/// VMContext | own globals | imported globals | memories | tables | imported functions | function references | type ids
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VMLayout {
    counts: VMCounts,
    defined_globals: u32,
    imported_globals: u32,
    memories: u32,
    tables: u32,
    imported_funcs: u32,
    func_refs: u32,
    type_ids: u32,
    size: u32,
}

impl VMLayout {
    /// Lays out a context. The decoder's limits keep every offset far below `u32::MAX`.
    pub fn new(counts: VMCounts) -> VMLayout {
        let mut end = size_of::<VMContext>() as u32;
        let mut part = |count: u32, item: usize| {
            let start = end;
            end = start.saturating_add(count.saturating_mul(item as u32));
            start
        };
        let defined_globals = part(counts.defined_globals, size_of::<VMGlobal>());
        let imported_globals = part(counts.imported_globals, size_of::<*mut VMGlobal>());
        let memories = part(counts.memories, size_of::<VMMemorySlot>());
        let tables = part(counts.tables, size_of::<VMTableSlot>());
        let imported_funcs = part(counts.imported_funcs, size_of::<VMImportedFunc>());
        let func_refs = part(counts.func_refs, size_of::<VMFuncRef>());
        let type_ids = part(counts.types, size_of::<TypeId>());
        let size = end.next_multiple_of(16);
        VMLayout {
            counts,
            defined_globals,
            imported_globals,
            memories,
            tables,
            imported_funcs,
            func_refs,
            type_ids,
            size,
        }
    }

    /// What the layout was made for.
    pub fn counts(&self) -> VMCounts {
        self.counts
    }

    /// Size of the whole context in bytes, a multiple of 16.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Offset of an own global's [`VMGlobal`]; `index` counts own globals only.
    pub fn defined_global(&self, index: u32) -> u32 {
        debug_assert!(index < self.counts.defined_globals);
        self.defined_globals + index * size_of::<VMGlobal>() as u32
    }

    /// Offset of the pointer to an imported global's [`VMGlobal`].
    pub fn imported_global(&self, index: u32) -> u32 {
        debug_assert!(index < self.counts.imported_globals);
        self.imported_globals + index * size_of::<*mut VMGlobal>() as u32
    }

    /// Offset of a memory's [`VMMemorySlot`].
    pub fn memory(&self, index: u32) -> u32 {
        debug_assert!(index < self.counts.memories);
        self.memories + index * size_of::<VMMemorySlot>() as u32
    }

    /// Offset of a table's [`VMTableSlot`].
    pub fn table(&self, index: u32) -> u32 {
        debug_assert!(index < self.counts.tables);
        self.tables + index * size_of::<VMTableSlot>() as u32
    }

    /// Offset of an imported function's [`VMImportedFunc`].
    pub fn imported_func(&self, index: u32) -> u32 {
        debug_assert!(index < self.counts.imported_funcs);
        self.imported_funcs + index * size_of::<VMImportedFunc>() as u32
    }

    /// Offset of the [`VMFuncRef`] number `index` (a position of `Module::func_refs`).
    pub fn func_ref(&self, index: u32) -> u32 {
        debug_assert!(index < self.counts.func_refs);
        self.func_refs + index * size_of::<VMFuncRef>() as u32
    }

    /// Offset of the [`TypeId`] of a type of the module.
    pub fn type_id(&self, index: u32) -> u32 {
        debug_assert!(index < self.counts.types);
        self.type_ids + index * size_of::<TypeId>() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_and_are_aligned() {
        let layout = VMLayout::new(VMCounts {
            types: 3,
            imported_funcs: 2,
            func_refs: 5,
            tables: 1,
            memories: 1,
            imported_globals: 3,
            defined_globals: 4,
        });
        assert_eq!(layout.defined_global(0) as usize, size_of::<VMContext>());
        assert_eq!(layout.defined_global(3) % 16, 0);
        assert_eq!(layout.imported_global(0), layout.defined_global(3) + 16);
        let word = size_of::<usize>() as u32;
        assert_eq!(layout.memory(0), layout.imported_global(2) + word);
        assert_eq!(layout.func_ref(0), layout.imported_func(1) + 3 * word);
        assert_eq!(layout.type_id(0), layout.func_ref(4) + size_of::<VMFuncRef>() as u32);
        assert_eq!(layout.size() % 16, 0);
        assert!(layout.size() >= layout.type_id(2) + 4);
    }

    #[cfg(has_compiler)]
    #[test]
    fn shapes_that_generated_code_scales_by() {
        assert_eq!(size_of::<VMFuncElement>(), 32);
        assert_eq!(size_of::<VMFuncRef>(), 48);
        assert_eq!(size_of::<ValRaw>(), 16);
    }
}

//! The instance as one function sees it: its context, which memory can alias which, and imported signatures.
//!
//! **Alias regions.** Every access that generated code makes belongs to a [`Region`], and two accesses of different
//! regions never touch the same byte. That is what lets the stack pointer global stay in a register across stores to
//! linear memory. Own memories, tables and globals are distinct objects, so each has its own region; imported ones may
//! be the same object under two indices, so those of one kind share a region. Calls are barriers for all regions.
//!
//! **Constants.** What an instance's context holds for the instance's whole life is loaded with flags that allow the
//! optimizer to merge and hoist the loads. State that the runtime changes (sizes, bases that move) never is.

use super::FuncTranslator;
use crate::engine::abi::{Builtin, VMContext, VMMemorySlot, VMTableSlot};
use crate::engine::compile::signature::{self, CConvention, POINTER};
use crate::engine::types::{FuncIdx, FuncType, GlobalIdx, MemoryIdx, TableIdx, TypeIdx};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData};
use std::borrow::Cow;
use std::collections::HashMap;
use std::mem::offset_of;

/// Most alias regions a function tells apart. The optimizer keeps a row of them for every block, so the number bounds
/// its memory on functions that touch thousands of globals; ordinary functions use five.
const MAX_REGIONS: usize = 16;

/// A part of memory that is disjoint from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Region {
    /// Contexts and the runtime's records behind them, other than what is listed below.
    Context,
    /// The bytes of an own memory.
    Memory(MemoryIdx),
    /// The bytes of all imported memories.
    ImportedMemories,
    /// The elements of an own table.
    Table(TableIdx),
    /// The elements of all imported tables.
    ImportedTables,
    /// An own global's value.
    Global(GlobalIdx),
    /// The values of all imported globals.
    ImportedGlobals,
    /// Everything that came too late to get a region of its own.
    Rest,
}

/// What the translator knows of the instance, filled as the function first needs it.
pub(in crate::engine::compile) struct FuncEnv {
    context: ir::Value,
    regions: HashMap<Region, ir::AliasRegion>,
    signatures: HashMap<TypeIdx, ir::SigRef>,
    functions: HashMap<FuncIdx, ir::FuncRef>,
    builtins: [Option<ir::SigRef>; Builtin::ALL.len()],
}

impl FuncEnv {
    /// An environment for a function whose context is `context`, the first parameter of its entry block.
    pub(in crate::engine::compile) fn new(context: ir::Value) -> FuncEnv {
        FuncEnv {
            context,
            regions: HashMap::new(),
            signatures: HashMap::new(),
            functions: HashMap::new(),
            builtins: [None; Builtin::ALL.len()],
        }
    }
}

/// An offset in a context as an instruction's immediate. The decoder's limits keep contexts far below 2 GiB.
fn immediate(offset: u32) -> i32 {
    offset.cast_signed()
}

impl FuncTranslator<'_> {
    /// The address of the instance's context.
    pub(super) fn context(&self) -> ir::Value {
        self.env.context
    }

    /// The region of a memory's bytes.
    pub(super) fn memory_region(&self, memory: MemoryIdx) -> Region {
        if memory.0 < self.module.imported_memories { Region::ImportedMemories } else { Region::Memory(memory) }
    }

    /// The region of a table's elements.
    pub(super) fn table_region(&self, table: TableIdx) -> Region {
        if table.0 < self.module.imported_tables { Region::ImportedTables } else { Region::Table(table) }
    }

    /// The region of a global's value.
    pub(super) fn global_region(&self, global: GlobalIdx) -> Region {
        if global.0 < self.module.imported_globals { Region::ImportedGlobals } else { Region::Global(global) }
    }

    /// Flags of an access to the region, without any promise. A region keeps its number for the whole function, so that
    /// sharing [`Region::Rest`] stays sound.
    pub(super) fn region_flags(&mut self, region: Region) -> MemFlagsData {
        let key = match self.env.regions.get(&region) {
            Some(known) => return MemFlagsData::new().with_alias_region(Some(*known)),
            None if self.env.regions.len() < MAX_REGIONS => region,
            None => Region::Rest,
        };
        let number = self.env.regions.len() as u32;
        let regions = &mut self.builder.func.dfg.alias_regions;
        let alias_region = *self.env.regions.entry(key).or_insert_with(|| {
            regions.insert(ir::AliasRegionData { user_id: number, description: Cow::Owned(describe(key)) })
        });
        MemFlagsData::new().with_alias_region(Some(alias_region))
    }

    /// Flags of an aligned access to the region that cannot fault.
    pub(super) fn trusted_flags(&mut self, region: Region) -> MemFlagsData {
        self.region_flags(region).with_notrap().with_aligned()
    }

    /// Loads what never changes while the instance lives.
    pub(super) fn load_constant(&mut self, ty: ir::Type, base: ir::Value, offset: u32) -> ir::Value {
        let flags = self.trusted_flags(Region::Context).with_readonly().with_can_move();
        self.builder.ins().load(ty, flags, base, immediate(offset))
    }

    /// Loads what only the runtime changes, in calls.
    pub(super) fn load_state(&mut self, ty: ir::Type, base: ir::Value, offset: u32) -> ir::Value {
        let flags = self.trusted_flags(Region::Context);
        self.builder.ins().load(ty, flags, base, immediate(offset))
    }

    /// Loads a constant pointer out of the context itself.
    pub(super) fn load_context_pointer(&mut self, offset: u32) -> ir::Value {
        self.load_constant(POINTER, self.env.context, offset)
    }

    /// The base that a memory's slot keeps; only meaningful where memories are guarded.
    pub(super) fn slot_memory_base(&mut self, memory: MemoryIdx) -> ir::Value {
        self.load_context_pointer(self.layout.memory(memory.0) + offset_of!(VMMemorySlot, base) as u32)
    }

    /// The address of a memory's `VMMemory`.
    pub(super) fn memory_record(&mut self, memory: MemoryIdx) -> ir::Value {
        self.load_context_pointer(self.layout.memory(memory.0) + offset_of!(VMMemorySlot, memory) as u32)
    }

    /// The base that a table's slot keeps; only meaningful for tables of a fixed size.
    pub(super) fn slot_table_base(&mut self, table: TableIdx) -> ir::Value {
        self.load_context_pointer(self.layout.table(table.0) + offset_of!(VMTableSlot, base) as u32)
    }

    /// The address of a table's `VMTable`.
    pub(super) fn table_record(&mut self, table: TableIdx) -> ir::Value {
        self.load_context_pointer(self.layout.table(table.0) + offset_of!(VMTableSlot, table) as u32)
    }

    /// The address of a runtime helper.
    pub(super) fn builtin_address(&mut self, builtin: Builtin) -> ir::Value {
        let table = self.load_context_pointer(offset_of!(VMContext, builtins) as u32);
        self.load_constant(POINTER, table, builtin.offset())
    }

    /// A runtime helper's signature.
    pub(super) fn builtin_signature(&mut self, builtin: Builtin) -> ir::SigRef {
        let builder = &mut self.builder;
        let c_convention = CConvention::of(&*self.target.isa);
        *self.env.builtins[builtin as usize]
            .get_or_insert_with(|| builder.import_signature(signature::builtin_signature(builtin, c_convention)))
    }

    /// The signature of a type of the module.
    pub(super) fn type_signature(&mut self, ty: TypeIdx) -> ir::SigRef {
        let (builder, module) = (&mut self.builder, self.module);
        *self
            .env
            .signatures
            .entry(ty)
            .or_insert_with(|| builder.import_signature(signature::wasm_signature(&module.types[ty.index()])))
    }

    /// A function of the same module, for direct calls.
    pub(super) fn own_function(&mut self, func: FuncIdx) -> ir::FuncRef {
        if let Some(known) = self.env.functions.get(&func) {
            return *known;
        }
        let signature = self.type_signature(self.module.functions[func.index()]);
        let name = ir::UserExternalName { namespace: 0, index: func.0 };
        let name = self.builder.func.declare_imported_user_function(name);
        let imported = self.builder.import_function(ir::ExtFuncData {
            name: ir::ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        });
        self.env.functions.insert(func, imported);
        imported
    }

    /// A type of the module.
    pub(super) fn func_type(&self, ty: TypeIdx) -> &FuncType {
        &self.module.types[ty.index()]
    }
}

/// The region's name in printed code.
fn describe(region: Region) -> String {
    match region {
        Region::Context => "context".to_owned(),
        Region::Memory(memory) => format!("memory {}", memory.0),
        Region::ImportedMemories => "imported memories".to_owned(),
        Region::Table(table) => format!("table {}", table.0),
        Region::ImportedTables => "imported tables".to_owned(),
        Region::Global(global) => format!("global {}", global.0),
        Region::ImportedGlobals => "imported globals".to_owned(),
        Region::Rest => "rest".to_owned(),
    }
}

#[cfg(all(test, has_compiler))]
mod tests {
    use super::*;
    use crate::engine::compile::Target;
    use crate::engine::compile::function::FunctionCompiler;
    use crate::engine::module::{Decoded, WasmVersion, decode};
    use crate::engine::types::DefinedFuncIdx;
    use cranelift_codegen::Context;
    use cranelift_codegen::control::ControlPlane;

    /// The module's first function, before and after Cranelift's optimisations.
    fn translate(text: &str) -> (String, String) {
        let Decoded { module, bodies } = decode(wat::parse_str(text).unwrap().into(), WasmVersion::Latest).unwrap();
        let target = Target::host(true).unwrap();
        let layout = module.layout();
        let mut compiler = FunctionCompiler::new(&target, &module, &layout);
        let func = compiler.translate(DefinedFuncIdx(0), &bodies[0]).unwrap();
        let mut context = Context::for_function(func.clone());
        context.optimize(&*target.isa, &mut ControlPlane::default()).unwrap();
        (func.to_string(), context.func.to_string())
    }

    #[test]
    fn an_own_global_stays_in_a_register_across_stores_to_memory() {
        let (before, after) = translate(
            "(module (memory 1) (global $g (mut i32) (i32.const 0)) (func
               (i32.store (global.get $g) (i32.const 1))
               (i32.store offset=4 (global.get $g) (i32.const 2))
               (i32.store offset=8 (global.get $g) (i32.const 3))))",
        );
        assert_eq!(before.matches("load.i32").count(), 3);
        assert_eq!(after.matches("load.i32").count(), 1, "{after}");
    }

    #[test]
    fn imported_globals_may_be_the_same() {
        let (_, after) = translate(
            r#"(module (import "a" "a" (global $a (mut i32))) (import "a" "b" (global $b (mut i32)))
                 (func (result i32 i32)
                   global.get $a (global.set $b (i32.const 1)) global.get $a))"#,
        );
        assert_eq!(after.matches("load.i32").count(), 2, "{after}");
    }

    #[test]
    fn the_number_of_regions_is_bounded() {
        let globals = "(global (mut i32) (i32.const 0))".repeat(3 * MAX_REGIONS);
        let uses: String = (0..3 * MAX_REGIONS).map(|global| format!("(global.get {global}) drop ")).collect();
        let (before, _) = translate(&format!("(module {globals} (func {uses}))"));
        assert!(before.contains("\"rest\""));
        assert_eq!(before.matches("\"global").count(), MAX_REGIONS);
    }
}

//! Instantiation, in the specification's order: match imports, allocate, initialise globals and tables, apply element and
//! data segments, run the start function. What segments have written before one fails stays. spec: exec/modules#instantiation

use super::builtins::{self, table::InitError};
use super::error::{AllocError, Fault, InstantiateError};
use super::func::{self, FuncHandle};
use super::global::Global;
use super::host::{HostFunc, HostRecord};
use super::imports::match_imports;
use super::instance::Instance;
use super::interpreted;
use super::promote;
use super::store::{InstanceId, StoreOpaque};
use super::symbolize::Trace;
use super::value::AbiValue;
use crate::engine::abi::{TrapCode, VMContext, VMFuncKind, VMFuncRef, VMImportedFunc, ValRaw};
use crate::engine::compile::TrampolineKind;
use crate::engine::module::{ConstExpr, ConstOp, DataMode, ElementMode, ExternIdx, Import, Module};
use crate::engine::pipeline::CompiledModule;
use crate::engine::types::{DataIdx, ElemIdx, FuncIdx, MemoryIdx, TableIdx};
use std::ptr;
use std::sync::Arc;

pub use super::imports::ImportValue;

/// Instantiates a module with one value for each of its imports, in their order.
///
/// # Errors
///
/// Where an import does not match, memory or a limit does not suffice, a segment does not fit, or the start function does
/// not return.
pub(crate) fn instantiate(
    store: &mut StoreOpaque,
    module: &Arc<CompiledModule>,
    imports: &[ImportValue],
) -> Result<InstanceId, InstantiateError> {
    if !Arc::ptr_eq(store.engine(), module.engine()) {
        return Err(Fault::host("the module was compiled by another engine than the store's").into());
    }
    match_imports(store, module, imports)?;
    if let Some(profiler) = store.profiler() {
        module.code().into_iter().for_each(|code| profiler.note_code(code));
        module.functions().into_iter().for_each(|functions| profiler.note_functions(functions));
    }
    let id = allocate(store, module, imports)?;
    initialise_globals(store, id, module.module())?;
    initialise_tables(store, id, module.module())?;
    apply_elements(store, id, module.module())?;
    apply_data(store, id, module.module())?;
    run_start(store, id, module)?;
    Ok(id)
}

/// Makes the instance with everything in its context but the values of its own globals.
fn allocate(
    store: &mut StoreOpaque,
    module: &Arc<CompiledModule>,
    imports: &[ImportValue],
) -> Result<InstanceId, InstantiateError> {
    let bytes = u64::from(module.layout().size());
    let out_of_memory = || AllocError::OutOfMemory { what: "an instance", bytes, reason: String::new() };
    let id = store.push_instance(|id| Instance::new(id, module.clone()).map(Box::new)).ok_or_else(out_of_memory)?;
    link_imports(store, id, module, imports)?;
    make_items(store, id, module.module())?;
    if module.code().is_some() {
        interpreted::make_slots(store, id, module)?;
    }
    fill_context(store, id, module);
    fill_functions(store.instance(id), module)?;
    promote::join(store, id)?;
    Ok(id)
}

/// Takes over imported items; host functions are linked for this instance.
fn link_imports(
    store: &mut StoreOpaque,
    id: InstanceId,
    module: &CompiledModule,
    imports: &[ImportValue],
) -> Result<(), Fault> {
    for (import, value) in module.module().imports.iter().zip(imports) {
        match value {
            ImportValue::Func(func) => {
                let func = match func.host_func(store) {
                    Some(host) => link_host(store, id, module, import, &host)?,
                    None => func.read(store),
                };
                store.instance_mut(id).imported_funcs.push(func);
            }
            ImportValue::HostFunc(host) => {
                let func = link_host(store, id, module, import, host)?;
                store.instance_mut(id).imported_funcs.push(func);
            }
            ImportValue::Table(table) => store.instance_mut(id).tables.push(*table),
            ImportValue::Memory(memory) => store.instance_mut(id).memories.push(*memory),
            ImportValue::Global(global) => store.instance_mut(id).globals.push(*global),
        }
    }
    Ok(())
}

/// Links a host function for the instance that imports it.
fn link_host(
    store: &mut StoreOpaque,
    id: InstanceId,
    module: &CompiledModule,
    import: &Import,
    host: &Arc<HostFunc>,
) -> Result<VMFuncRef, Fault> {
    let (engine, kind) = (store.engine().clone(), host.kind());
    let code = match module.trampoline(engine.types().intern(host.ty()), kind) {
        Some(code) => code,
        // Compiled once something calls it that is compiled.
        None if module.tier().is_some() => ptr::null(),
        None => engine.host_trampoline(host.ty(), kind).map_err(Fault::host)?,
    };
    let caller = store.instance(id).context().as_ptr();
    let record = store.link_host_func(host, code, caller, &import.module, &import.name)?;
    let func_ref = HostRecord::func_ref_address(record);
    Ok(FuncHandle::new(func_ref, store.id()).read(store))
}

/// Makes the instance's own memories, tables and globals, the latter with zeros.
fn make_items(store: &mut StoreOpaque, id: InstanceId, module: &Module) -> Result<(), AllocError> {
    for ty in &module.memories[module.imported_memories as usize..] {
        let memory = store.add_memory(*ty)?;
        store.instance_mut(id).memories.push(memory);
    }
    for ty in &module.tables[module.imported_tables as usize..] {
        let table = store.add_table(*ty)?;
        store.instance_mut(id).tables.push(table);
    }
    for (index, ty) in (0..).zip(&module.globals[module.imported_globals as usize..]) {
        let cell = store.instance(id).context().defined_global(index);
        let global = store.push_global(Global::in_context(*ty, cell));
        store.instance_mut(id).globals.push(global);
    }
    Ok(())
}

/// Writes everything into the context that does not concern functions.
fn fill_context(store: &mut StoreOpaque, id: InstanceId, module: &CompiledModule) {
    let exported = module.module().exports.iter().find_map(|export| match export.item {
        ExternIdx::Memory(memory) if export.name == "memory" => Some(memory),
        _ => None,
    });
    let exported_memory = match exported {
        Some(memory) => store.memory_mut(store.instance(id).memory(memory)).vm().as_ptr(),
        None => ptr::null_mut(),
    };
    let default_memory = match store.instance(id).memories.first() {
        Some(memory) => store.memory_mut(*memory).vm().as_ptr(),
        None => ptr::null_mut(),
    };
    let header = VMContext {
        store: store.store_context(),
        builtins: builtins::table(store.profiler().is_some() && module.code().is_some()),
        exported_memory,
        instance: ptr::from_mut(store.instance_mut(id)).cast(),
        functions: module.functions().map_or(ptr::null(), |functions| functions.as_ptr().cast()),
        default_memory,
        slots: store.instance(id).slots(),
    };
    store.instance(id).context().set_header(header);
    store.instance(id).context().set_type_ids(module.types());
    for index in 0..module.module().memories.len() as u32 {
        let memory = store.instance(id).memory(MemoryIdx(index));
        let vm = store.memory_mut(memory).vm();
        store.instance(id).context().set_memory(index, vm);
    }
    for index in 0..module.module().tables.len() as u32 {
        let table = store.instance(id).table(TableIdx(index));
        let vm = store.table_mut(table).vm();
        store.instance(id).context().set_table(index, vm);
    }
    let instance = store.instance(id);
    for (index, global) in (0..module.module().imported_globals).zip(&instance.globals) {
        instance.context().set_imported_global(index, store.global(*global).cell());
    }
}

/// Writes imported functions and function references into the context.
pub(super) fn fill_functions(instance: &Instance, module: &CompiledModule) -> Result<(), Fault> {
    let (context, imported) = (instance.context(), &instance.imported_funcs);
    for (index, func) in (0..).zip(imported) {
        context.set_imported_func(index, VMImportedFunc { code: func.code, context: func.context, func_ref: func });
    }
    for (number, func) in (0..).zip(&module.module().func_refs) {
        let func_ref = match imported.get(func.index()) {
            Some(func_ref) => *func_ref,
            None => own_func_ref(instance, *func)?,
        };
        context.set_func_ref(number, func_ref);
    }
    Ok(())
}

/// The reference to an own function.
pub(super) fn own_func_ref(instance_of: &Instance, func: FuncIdx) -> Result<VMFuncRef, Fault> {
    let (module, context) = (instance_of.module(), instance_of.context().as_ptr());
    let defined = module.module().defined_func(func).ok_or_else(|| Fault::bug("an import is not linked"))?;
    let type_id = module.func_type_id(func);
    if let Some(functions) = module.functions() {
        let function = functions.get(defined).ok_or_else(|| Fault::bug("a function has no record"))?;
        let (kind, function, instance) = (VMFuncKind::Interpreted, ptr::from_ref(function).cast(), context);
        // Compiled code calls it through a trampoline.
        let slot = instance_of.slot(defined);
        let (code, context) = slot.map_or((ptr::null(), ptr::null_mut()), |slot| (slot.code, slot.context));
        return Ok(VMFuncRef { code, context, entry: ptr::null(), type_id, kind, function, instance });
    }
    let code = module.code().and_then(|code| code.function(defined));
    let entry = module.trampoline(type_id, TrampolineKind::Entry);
    Ok(VMFuncRef {
        code: code.ok_or_else(|| Fault::bug("a function has no code"))?,
        context: context.cast(),
        entry: entry.ok_or_else(|| Fault::bug("a function that is a reference has no entry trampoline"))?,
        type_id,
        ..VMFuncRef::NONE
    })
}

fn initialise_globals(store: &mut StoreOpaque, id: InstanceId, module: &Module) -> Result<(), Fault> {
    for (index, init) in (module.imported_globals as usize..).zip(&module.global_inits) {
        let value = evaluate(store, id, init)?;
        let global = store.instance(id).globals[index];
        store.global_mut(global).set_raw(value);
    }
    Ok(())
}

fn initialise_tables(store: &mut StoreOpaque, id: InstanceId, module: &Module) -> Result<(), Fault> {
    for (index, init) in (module.imported_tables..).zip(&module.table_inits) {
        let Some(init) = init else { continue };
        let element = u64::from_raw(&evaluate(store, id, init)?);
        let table = store.instance(id).table(TableIdx(index));
        let len = store.table(table).len() as u64;
        store.table_mut(table).fill(0, element, len).map_err(trap)?;
    }
    Ok(())
}

fn apply_elements(store: &mut StoreOpaque, id: InstanceId, module: &Module) -> Result<(), Fault> {
    for (index, segment) in module.elements.iter().enumerate() {
        let index = ElemIdx::from_usize(index);
        match &segment.mode {
            ElementMode::Active { table, offset } => {
                let start = u32::from_raw(&evaluate(store, id, offset)?);
                let len = segment.items.len() as u64;
                builtins::table::init(store, id, *table, index, u64::from(start), 0, len).map_err(
                    |error| match error {
                        InitError::Trap(code) => trap(code),
                        InitError::Fault(fault) => fault,
                    },
                )?;
                store.instance_mut(id).drop_element(index);
            }
            ElementMode::Declared => store.instance_mut(id).drop_element(index),
            ElementMode::Passive => {}
        }
    }
    Ok(())
}

fn apply_data(store: &mut StoreOpaque, id: InstanceId, module: &Module) -> Result<(), Fault> {
    for (index, segment) in module.data.iter().enumerate() {
        let index = DataIdx::from_usize(index);
        if let DataMode::Active { memory, offset } = &segment.mode {
            let start = u32::from_raw(&evaluate(store, id, offset)?);
            let len = segment.bytes.len() as u64;
            builtins::memory::init(store, id, *memory, index, u64::from(start), 0, len).map_err(trap)?;
            store.instance_mut(id).drop_data(index);
        }
    }
    Ok(())
}

/// A trap that no wasm frame led to.
fn trap(code: TrapCode) -> Fault {
    Fault::Trap { code, backtrace: Trace::default() }
}

fn run_start(store: &mut StoreOpaque, id: InstanceId, module: &CompiledModule) -> Result<(), InstantiateError> {
    match module.module().start {
        Some(start) => {
            func::call_start(store, id, start).map_err(|fault| InstantiateError::Start { func: start, fault })
        }
        None => Ok(()),
    }
}

/// The value of a constant expression. spec: exec/modules#instantiation
pub(super) fn evaluate(store: &StoreOpaque, id: InstanceId, expr: &ConstExpr) -> Result<ValRaw, Fault> {
    let mut stack: Vec<ValRaw> = Vec::with_capacity(expr.ops.len());
    for op in &expr.ops {
        let value = match *op {
            ConstOp::I32Const(value) => value.to_raw(),
            ConstOp::I64Const(value) => value.to_raw(),
            ConstOp::F32Const(bits) => bits.to_raw(),
            ConstOp::F64Const(bits) => bits.to_raw(),
            ConstOp::V128Const(bytes) => ValRaw { bytes },
            ConstOp::GlobalGet(global) => store.global(store.instance(id).global(global)).get_raw(),
            ConstOp::RefNull(_) => 0u64.to_raw(),
            ConstOp::RefFunc(func) => reference(store, id, func)?.to_raw(),
            ConstOp::I32Add => binary(&mut stack, i32::wrapping_add)?,
            ConstOp::I32Sub => binary(&mut stack, i32::wrapping_sub)?,
            ConstOp::I32Mul => binary(&mut stack, i32::wrapping_mul)?,
            ConstOp::I64Add => binary(&mut stack, i64::wrapping_add)?,
            ConstOp::I64Sub => binary(&mut stack, i64::wrapping_sub)?,
            ConstOp::I64Mul => binary(&mut stack, i64::wrapping_mul)?,
        };
        stack.push(value);
    }
    stack.pop().ok_or_else(|| Fault::bug("a constant expression leaves no value"))
}

fn binary<V: AbiValue>(stack: &mut Vec<ValRaw>, operation: impl FnOnce(V, V) -> V) -> Result<ValRaw, Fault> {
    match (stack.pop(), stack.pop()) {
        (Some(second), Some(first)) => Ok(operation(V::from_raw(&first), V::from_raw(&second)).to_raw()),
        _ => Err(Fault::bug("a constant expression has too few operands")),
    }
}

/// A function as an element: the address of its reference.
pub(super) fn reference(store: &StoreOpaque, id: InstanceId, func: FuncIdx) -> Result<u64, Fault> {
    match store.instance(id).func_ref(func) {
        Some(func_ref) => Ok(func_ref.as_ptr() as u64),
        None => Err(Fault::bug("a function became a reference without being declared one")),
    }
}

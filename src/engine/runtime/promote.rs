//! Taking machine code into a store whose functions were interpreted: into slots, function references and tables.
//!
//! Until a store runs its first compiled function, nothing in it can be called by generated code. Then every own function
//! gets a slot, which leads to the interpreter as to a host function, and imports, references and tables follow. From there on
//! a function that is compiled is a change of its slot and of the copies of it. All of this happens on the thread that runs the
//! store, while no generated code does: in a helper, a host function, or before wasm is entered.

use super::error::Fault;
use super::host::HostRecord;
use super::instance::world;
use super::instantiate::fill_functions;
use super::interpreted::make_slots;
use super::store::{InstanceId, StoreOpaque};
use crate::engine::abi::{VMFuncKind, VMFuncRef, VMImportedFunc};
use crate::engine::interp::Function;
use crate::engine::pipeline::CompiledModule;
use crate::engine::types::DefinedFuncIdx;

/// Makes a store ready to run compiled functions, if it is not.
///
/// # Errors
///
/// Where trampolines cannot be compiled or published.
pub(super) fn activate(store: &mut StoreOpaque) -> Result<(), Fault> {
    if store.runs_code {
        return Ok(());
    }
    let all = store.instance_ids();
    for id in &all {
        give_slots(store, *id)?;
    }
    for id in &all {
        link_functions(store, *id)?;
    }
    store.refresh_tables();
    store.runs_code = true;
    all.into_iter().try_for_each(|id| take_news(store, id))
}

/// Makes a new instance ready, where its store runs compiled functions or does so from now on, as the instance is compiled
/// already.
///
/// # Errors
///
/// As for [`activate`].
pub(super) fn join(store: &mut StoreOpaque, id: InstanceId) -> Result<(), Fault> {
    if !store.runs_code {
        let is_first = store.engine().has_tiers() && store.instance(id).module().code().is_some();
        return if is_first { activate(store) } else { Ok(()) };
    }
    give_slots(store, id)?;
    link_functions(store, id)?;
    take_news(store, id)
}

/// Takes over what has been compiled of an instance's module since it was asked last, where its store runs compiled functions.
///
/// # Errors
///
/// For an instance without slots.
pub(super) fn take_news(store: &mut StoreOpaque, id: InstanceId) -> Result<(), Fault> {
    let instance = store.instance(id);
    let Some(tier) = instance.module().tier() else { return Ok(()) };
    if !store.runs_code || tier.published_count() == instance.known_functions {
        return Ok(());
    }
    let module = instance.module().clone();
    let news = tier.published_since(instance.known_functions);
    store.instance_mut(id).known_functions += news.len();
    let mut in_tables = false;
    for function in news {
        in_tables |= promote(store, id, &module, function)?;
    }
    for other in store.instance_ids().into_iter().filter(|other| *other != id) {
        link_functions(store, other)?;
        in_tables = true;
    }
    if in_tables {
        store.refresh_tables();
    }
    Ok(())
}

/// Has calls of a function go to its code. Whether there is a reference to it.
fn promote(
    store: &mut StoreOpaque,
    id: InstanceId,
    module: &CompiledModule,
    function: DefinedFuncIdx,
) -> Result<bool, Fault> {
    let record = module.functions().and_then(|functions| functions.get(function));
    let compiled = record.and_then(Function::compiled).ok_or_else(|| Fault::bug("a function is not compiled"))?;
    let instance = store.instance_mut(id);
    let context = instance.context().as_ptr().cast();
    let slot = VMImportedFunc { code: compiled.code, context, func_ref: std::ptr::null() };
    *instance.slot_mut(function).ok_or_else(|| Fault::bug("an instance has no slots"))? = slot;
    let func = module.module().func_idx(function);
    let Some(number) = module.module().func_ref(func) else { return Ok(false) };
    let func_ref = super::instantiate::own_func_ref(instance, func)?;
    instance.context().set_func_ref(number, func_ref);
    Ok(true)
}

/// Gives an instance slots, all of which lead to the interpreter.
fn give_slots(store: &mut StoreOpaque, id: InstanceId) -> Result<(), Fault> {
    let module = store.instance(id).module().clone();
    if module.tier().is_none() {
        return Ok(());
    }
    make_slots(store, id, &module)?;
    let instance = store.instance(id);
    instance.context().set_slots(instance.slots());
    Ok(())
}

/// Gives an instance's imports and references what generated code calls.
fn link_functions(store: &mut StoreOpaque, id: InstanceId) -> Result<(), Fault> {
    let module = store.instance(id).module().clone();
    for index in 0..store.instance(id).imported_funcs.len() {
        let func_ref = store.instance(id).imported_funcs[index];
        let (code, context) = match func_ref.kind {
            VMFuncKind::Host => (host_code(store, &module, index, &func_ref)?, func_ref.context),
            VMFuncKind::Interpreted => own_slot(store, &func_ref)?,
            VMFuncKind::Compiled => continue,
        };
        let linked = &mut store.instance_mut(id).imported_funcs[index];
        (linked.code, linked.context) = (code, context);
    }
    fill_functions(store.instance(id), &module)
}

/// The trampoline that calls a host function which an instance imports.
fn host_code(
    store: &StoreOpaque,
    module: &CompiledModule,
    import: usize,
    func_ref: &VMFuncRef,
) -> Result<*const u8, Fault> {
    if !func_ref.code.is_null() {
        return Ok(func_ref.code);
    }
    let record = func_ref.context.cast::<HostRecord>();
    // SAFETY: The context of a host function's reference is its record, which the store owns.
    let func = unsafe { (*record).func.clone() };
    let own = module.module().functions.get(import).and_then(|ty| module.part_trampoline(*ty, func.kind()));
    let code = match own {
        Some(code) => code,
        // A function with an array for its values, although its type could do without.
        None => store.engine().host_trampoline(func.ty(), func.kind()).map_err(Fault::host)?,
    };
    if code.is_null() {
        return Err(Fault::host("cannot compile what calls host functions"));
    }
    // SAFETY: As above. Nobody holds a reference to the record while its store changes.
    unsafe { (*record).func_ref.code = code };
    Ok(code)
}

/// How generated code calls an interpreted function of an instance of the store.
fn own_slot(store: &StoreOpaque, func_ref: &VMFuncRef) -> Result<(*const u8, *mut ()), Fault> {
    // SAFETY: Records of functions live as long as their module, which its instance keeps.
    let function = unsafe { &*func_ref.function.cast::<Function>() };
    // SAFETY: The instance is one of this store, which keeps it; only its number is taken.
    let (_, owner) = unsafe { world(func_ref.instance) };
    let slot = store.instance(owner).slot(function.index()).ok_or_else(|| Fault::bug("an instance has no slots"))?;
    Ok((slot.code, slot.context))
}

//! wasmi, as a [`Guest`]: an interpreter that shares no code with this one.
//!
//! It is version 1.1: of the first 400 modules that 2.0.0 was given, it took the wrong operand of a `select` in two, and lost
//! its way in the code of a third.

use crate::generate::{Case, FUEL, FUEL_NAME, Import, Item};
use crate::record::{Detail, Guest, HostCall, Record, Trap, record};
use crate::values::{Digest, Ty, Value};
use std::sync::Arc;
use wasmi::errors::{ErrorKind, HostError, InstantiationError, TableError};
use wasmi::{
    Caller, CompilationMode, Config, Engine, Error, Extern, ExternRef, Func, FuncType, Global, Instance, Linker,
    Memory, MemoryType, Module, Mutability, Ref, Store, Table, TableType, TrapCode, Val, ValType,
};

/// Most bytes of wasmi's stack, as much as the executors under test have.
const STACK_BYTES: usize = 4 << 20;

/// An engine that runs cases.
pub(crate) struct Wasmi {
    engine: Engine,
}

impl Wasmi {
    pub(crate) fn new() -> Wasmi {
        let mut config = Config::default();
        config.compilation_mode(CompilationMode::LazyTranslation).ignore_custom_sections(true);
        config.set_max_stack_height(STACK_BYTES).set_max_recursion_depth(STACK_BYTES);
        Wasmi { engine: Engine::new(&config) }
    }

    pub(crate) fn run(&self, case: &Case, detail: Detail) -> Record {
        let store = Store::new(&self.engine, Vec::new());
        record(case, &mut Running { case, store, instance: None }, detail)
    }
}

/// What a host function that refuses returns.
#[derive(Debug)]
struct Refusal;

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("refused")
    }
}

impl HostError for Refusal {}

/// A module with its store.
struct Running<'a> {
    case: &'a Case,
    store: Store<Vec<HostCall>>,
    instance: Option<Instance>,
}

impl Running<'_> {
    fn link(&mut self) -> Result<Instance, Error> {
        let module = Module::new(self.store.engine(), &self.case.wasm)?;
        let mut linker = Linker::new(self.store.engine());
        for (position, import) in self.case.imports.iter().enumerate() {
            let item = self.item(position, import)?;
            linker.define(&import.module, &import.name, item)?;
        }
        linker.instantiate_and_start(&mut self.store, &module)
    }

    fn item(&mut self, at: usize, import: &Arc<Import>) -> Result<Extern, Error> {
        Ok(match &import.item {
            Item::Func { params, results, .. } => {
                let ty = FuncType::new(params.iter().copied().map(val_type), results.iter().copied().map(val_type));
                let import = import.clone();
                let call = move |caller: Caller<'_, Vec<HostCall>>, params: &[Val], results: &mut [Val]| {
                    call_host(caller, at, &import, params, results)
                };
                Extern::Func(Func::new(&mut self.store, ty, call))
            }
            Item::Global { value, mutable } => {
                let mutability = if *mutable { Mutability::Var } else { Mutability::Const };
                let value = to_val(*value, &mut self.store);
                Extern::Global(Global::new(&mut self.store, value, mutability))
            }
            Item::Memory { min, max } => Extern::Memory(Memory::new(&mut self.store, MemoryType::new(*min, *max))?),
            Item::Table { element, min, max } => {
                let ty = TableType::new(val_type(*element), *min, *max);
                Extern::Table(Table::new(&mut self.store, ty, Val::default(val_type(*element)))?)
            }
        })
    }

    fn export(&self, name: &str) -> Extern {
        self.instance.expect("an instance").get_export(&self.store, name).expect("an export")
    }
}

impl Guest for Running<'_> {
    fn instantiate(&mut self) -> Result<(), Trap> {
        self.instance = Some(self.link().map_err(|error| trap(&error))?);
        Ok(())
    }

    fn refuel(&mut self) {
        let fuel = self.export(FUEL_NAME).into_global().expect("a global");
        fuel.set(&mut self.store, Val::I32(FUEL.cast_signed())).expect("fuel is an integer");
    }

    fn call(&mut self, name: &str, params: &[Value]) -> Result<Vec<Value>, Trap> {
        let func = self.export(name).into_func().expect("a function");
        let ty = func.ty(&self.store);
        let params: Vec<Val> = params.iter().map(|value| to_val(*value, &mut self.store)).collect();
        let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default(*ty)).collect();
        func.call(&mut self.store, &params, &mut results).map_err(|error| trap(&error))?;
        Ok(results.iter().map(|value| from_val(value, &self.store)).collect())
    }

    fn take_host_calls(&mut self) -> Vec<HostCall> {
        std::mem::take(self.store.data_mut())
    }

    fn global(&mut self, name: &str) -> Value {
        let value = self.export(name).into_global().expect("a global").get(&self.store);
        from_val(&value, &self.store)
    }

    fn memory(&mut self, name: &str) -> (u64, u32) {
        let memory = self.export(name).into_memory().expect("a memory");
        let bytes = memory.data(&self.store);
        ((bytes.len() >> 16) as u64, Digest::of_memory(bytes))
    }

    fn table(&mut self, name: &str) -> (u64, u32) {
        let table = self.export(name).into_table().expect("a table");
        let size = table.size(&self.store);
        let mut digest = Digest::new();
        for index in 0..size {
            let element = table.get(&self.store, index).expect("below the size");
            from_val(&element, &self.store).digest(&mut digest);
        }
        (size, digest.get())
    }
}

fn call_host(
    mut caller: Caller<'_, Vec<HostCall>>,
    at: usize,
    import: &Import,
    params: &[Val],
    results: &mut [Val],
) -> Result<(), Error> {
    let params: Vec<Value> = params.iter().map(|value| from_val(value, &caller)).collect();
    let answer = import.item.answer(&params);
    caller.data_mut().push(HostCall { import: at, params });
    let answer = answer.ok_or_else(|| Error::host(Refusal))?;
    for (result, value) in results.iter_mut().zip(answer) {
        *result = to_val(*value, &mut caller);
    }
    Ok(())
}

fn val_type(ty: Ty) -> ValType {
    match ty {
        Ty::I32 => ValType::I32,
        Ty::I64 => ValType::I64,
        Ty::F32 => ValType::F32,
        Ty::F64 => ValType::F64,
        Ty::V128 => ValType::V128,
        Ty::Func => ValType::FuncRef,
        Ty::Extern => ValType::ExternRef,
    }
}

fn to_val(value: Value, store: impl wasmi::AsContextMut) -> Val {
    match value {
        Value::I32(bits) => Val::I32(bits.cast_signed()),
        Value::I64(bits) => Val::I64(bits.cast_signed()),
        Value::F32(bits) => Val::F32(wasmi::F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(wasmi::F64::from_bits(bits)),
        Value::V128(bits) => Val::V128(wasmi::V128::from(bits)),
        Value::Func(_) => Val::FuncRef(Ref::Null),
        Value::Extern(None) => Val::ExternRef(Ref::Null),
        Value::Extern(Some(number)) => Val::ExternRef(Ref::Val(ExternRef::new(store, number))),
    }
}

fn from_val(value: &Val, store: impl wasmi::AsContext) -> Value {
    match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(value) => Value::F32(value.to_bits()),
        Val::F64(value) => Value::F64(value.to_bits()),
        Val::V128(value) => Value::V128(value.as_u128()),
        Val::FuncRef(func) => Value::Func(!func.is_null()),
        Val::ExternRef(value) => {
            let number = |value: &ExternRef| value.data(store.as_context()).downcast_ref().copied();
            Value::Extern(value.val().and_then(number))
        }
    }
}

fn trap(error: &Error) -> Trap {
    let other = || Trap::Other(format!("{error:?}"));
    match error.kind() {
        ErrorKind::Host(_) => return Trap::Host,
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. })
        | ErrorKind::Table(TableError::CopyOutOfBounds) => return Trap::TableBounds,
        _ => {}
    }
    match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Trap::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Trap::MemoryBounds,
        Some(TrapCode::TableOutOfBounds) => Trap::TableBounds,
        Some(TrapCode::IndirectCallToNull) => Trap::UninitializedElement,
        Some(TrapCode::IntegerDivisionByZero) => Trap::DivideByZero,
        Some(TrapCode::IntegerOverflow) => Trap::IntegerOverflow,
        Some(TrapCode::BadConversionToInteger) => Trap::BadConversion,
        Some(TrapCode::StackOverflow) => Trap::StackOverflow,
        Some(TrapCode::BadSignature) => Trap::IndirectType,
        _ => other(),
    }
}

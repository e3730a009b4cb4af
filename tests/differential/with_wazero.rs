//! The two executors under test, as [`Guest`]s.

use crate::generate::{Case, FUEL, FUEL_NAME, Import, Item};
use crate::record::{Detail, Guest, HostCall, Record, Trap, record};
use crate::values::{Digest, Ty, Value};
use std::sync::Arc;
use wazero::{
    Caller, Config, Engine, Error, ErrorKind, Extern, ExternRef, FuncType, Global, GlobalType, Instance, Linker,
    Memory, MemoryChecks, MemoryType, Module, RefType, Store, Strategy, Table, TableType, TrapCode, Val, ValType,
};

/// An engine that runs cases.
pub(crate) struct Wazero {
    engine: Engine,
}

impl Wazero {
    pub(crate) fn new(strategy: Strategy, checks: MemoryChecks) -> Wazero {
        let mut config = Config::new();
        config.strategy(strategy).memory_checks(checks).wasm_stack_bytes(4 << 20);
        Wazero { engine: Engine::new(&config).expect("an engine") }
    }

    pub(crate) fn run(&self, case: &Case, detail: Detail) -> Record {
        record(case, &mut Running::new(&self.engine, case), detail)
    }
}

/// A module with its store.
struct Running<'a> {
    case: &'a Case,
    store: Store<Vec<HostCall>>,
    instance: Option<Instance>,
}

impl<'a> Running<'a> {
    fn new(engine: &Engine, case: &'a Case) -> Running<'a> {
        Running { case, store: Store::new(engine, Vec::new()), instance: None }
    }

    fn link(&mut self) -> Result<Instance, Error> {
        let engine = self.store.engine().clone();
        let module = Module::new(&engine, &self.case.wasm)?;
        let mut linker = Linker::new(&engine);
        for (position, import) in self.case.imports.iter().enumerate() {
            self.define(&mut linker, position, import)?;
        }
        linker.instantiate(&mut self.store, &module)
    }

    fn define(&mut self, linker: &mut Linker<Vec<HostCall>>, at: usize, import: &Arc<Import>) -> Result<(), Error> {
        let (module, name) = (&*import.module, &*import.name);
        match &import.item {
            Item::Func { params, results, .. } => {
                let ty = FuncType::new(params.iter().copied().map(val_type), results.iter().copied().map(val_type));
                let import = import.clone();
                let call = move |caller: Caller<'_, Vec<HostCall>>, params: &[Val], results: &mut [Val]| {
                    call_host(caller, at, &import, params, results)
                };
                linker.func_new(module, name, ty, call)?;
            }
            Item::Global { value, mutable } => {
                let value = to_val(*value);
                let ty = GlobalType { content: value.ty(), mutable: *mutable };
                linker.define(module, name, Global::new(&mut self.store, ty, value)?)?;
            }
            Item::Memory { min, max } => {
                let (min, max) = (u64::from(*min), max.map(u64::from));
                let ty = MemoryType { min, max, memory64: false, shared: false, page_size_log2: 16 };
                linker.define(module, name, Memory::new(&mut self.store, ty)?)?;
            }
            Item::Table { element, min, max } => {
                let element_type = if *element == Ty::Func { RefType::FUNCREF } else { RefType::EXTERNREF };
                let (min, max) = (u64::from(*min), max.map(u64::from));
                let ty = TableType { element: element_type, min, max, table64: false };
                linker.define(module, name, Table::new(&mut self.store, ty, Val::zero(val_type(*element)))?)?;
            }
        }
        Ok(())
    }

    fn export(&self, name: &str) -> Extern {
        self.instance.expect("an instance").get_export(&self.store, name).expect("an export")
    }
}

impl Guest for Running<'_> {
    fn instantiate(&mut self) -> Result<(), Trap> {
        self.instance = Some(self.link().map_err(trap)?);
        Ok(())
    }

    fn refuel(&mut self) {
        let fuel = self.export(FUEL_NAME).into_global().expect("a global");
        fuel.set(&mut self.store, Val::from(FUEL)).expect("fuel is an integer");
    }

    fn call(&mut self, name: &str, params: &[Value]) -> Result<Vec<Value>, Trap> {
        let func = self.export(name).into_func().expect("a function");
        let ty = func.ty(&self.store).expect("its own store");
        let params: Vec<Val> = params.iter().copied().map(to_val).collect();
        let mut results: Vec<Val> = ty.results.iter().map(|ty| Val::zero(*ty)).collect();
        func.call(&mut self.store, &params, &mut results).map_err(trap)?;
        Ok(results.iter().map(from_val).collect())
    }

    fn take_host_calls(&mut self) -> Vec<HostCall> {
        std::mem::take(self.store.data_mut())
    }

    fn global(&mut self, name: &str) -> Value {
        from_val(&self.export(name).into_global().expect("a global").get(&self.store).expect("its own store"))
    }

    fn memory(&mut self, name: &str) -> (u64, u32) {
        let memory = self.export(name).into_memory().expect("a memory");
        let bytes = memory.data(&self.store).expect("its own store");
        ((bytes.len() >> 16) as u64, Digest::of_memory(bytes))
    }

    fn table(&mut self, name: &str) -> (u64, u32) {
        let table = self.export(name).into_table().expect("a table");
        let size = table.size(&self.store).expect("its own store");
        let mut digest = Digest::new();
        for index in 0..size {
            from_val(&table.get(&self.store, index).expect("below the size")).digest(&mut digest);
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
    let params: Vec<Value> = params.iter().map(from_val).collect();
    let answer = import.item.answer(&params);
    caller.data_mut().push(HostCall { import: at, params });
    let answer = answer.ok_or_else(|| Error::msg("refused"))?;
    for (result, value) in results.iter_mut().zip(answer) {
        *result = to_val(*value);
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
        Ty::Func => ValType::FUNCREF,
        Ty::Extern => ValType::EXTERNREF,
    }
}

fn to_val(value: Value) -> Val {
    match value {
        Value::I32(bits) => Val::from(bits),
        Value::I64(bits) => Val::from(bits),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits),
        Value::Func(_) => Val::FuncRef(None),
        Value::Extern(number) => Val::ExternRef(number.map(ExternRef::new)),
    }
}

fn from_val(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::V128(bits) => Value::V128(*bits),
        Val::FuncRef(func) => Value::Func(func.is_some()),
        Val::ExternRef(value) => Value::Extern(value.as_ref().and_then(|value| value.downcast_ref().copied())),
    }
}

fn trap(error: Error) -> Trap {
    match error.kind() {
        ErrorKind::Host => Trap::Host,
        ErrorKind::Trap(code) => match code {
            TrapCode::Unreachable => Trap::Unreachable,
            TrapCode::IntegerDivideByZero => Trap::DivideByZero,
            TrapCode::IntegerOverflow => Trap::IntegerOverflow,
            TrapCode::InvalidConversionToInteger => Trap::BadConversion,
            TrapCode::MemoryOutOfBounds => Trap::MemoryBounds,
            TrapCode::TableOutOfBounds => Trap::TableBounds,
            TrapCode::UndefinedElement => Trap::UndefinedElement,
            TrapCode::UninitializedElement => Trap::UninitializedElement,
            TrapCode::IndirectCallTypeMismatch => Trap::IndirectType,
            TrapCode::StackOverflow => Trap::StackOverflow,
            _ => Trap::Other(format!("{error:?}")),
        },
        _ => Trap::Other(format!("{error:?}")),
    }
}

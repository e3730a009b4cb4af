//! The host module `spectest` that scripts import from. spec: the interpreter's README, "Spectest host module"

use wazero::{Error, Global, GlobalType, Linker, Memory, MemoryType, RefType, Store, Table, TableType, Val, ValType};

/// Defines the module for one store.
pub(crate) fn define(linker: &mut Linker<()>, store: &mut Store<()>) -> Result<(), Error> {
    linker.func_wrap("spectest", "print", || ())?;
    linker.func_wrap("spectest", "print_i32", |_: i32| ())?;
    linker.func_wrap("spectest", "print_i64", |_: i64| ())?;
    linker.func_wrap("spectest", "print_f32", |_: f32| ())?;
    linker.func_wrap("spectest", "print_f64", |_: f64| ())?;
    linker.func_wrap("spectest", "print_i32_f32", |_: i32, _: f32| ())?;
    linker.func_wrap("spectest", "print_f64_f64", |_: f64, _: f64| ())?;
    for (name, content, value) in [
        ("global_i32", ValType::I32, Val::I32(666)),
        ("global_i64", ValType::I64, Val::I64(666)),
        ("global_f32", ValType::F32, Val::from(666.6f32)),
        ("global_f64", ValType::F64, Val::from(666.6f64)),
    ] {
        let global = Global::new(&mut *store, GlobalType { content, mutable: false }, value)?;
        linker.define("spectest", name, global)?;
    }
    let ty = TableType { element: RefType::FUNCREF, min: 10, max: Some(20), table64: false };
    let table = Table::new(&mut *store, ty, Val::FuncRef(None))?;
    linker.define("spectest", "table", table)?;
    let ty = MemoryType { min: 1, max: Some(2), memory64: false, shared: false, page_size_log2: 16 };
    let memory = Memory::new(&mut *store, ty)?;
    linker.define("spectest", "memory", memory)?;
    Ok(())
}

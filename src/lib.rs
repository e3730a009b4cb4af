//! A runner for WebAssembly and WASI, for embedding into Rust programs.
//!
//! An [`Engine`] compiles a [`Module`]; a [`Linker`] gives the module what it imports and makes an [`Instance`] of it in
//! a [`Store`], which also holds the embedder's own data:
//!
//! ```
//! use wazero::{Caller, Config, Engine, Linker, Module, Result, Store};
//!
//! # fn main() -> Result<()> {
//! let engine = Engine::new(&Config::new())?;
//! let bytes = wat::parse_str(
//!     r#"(module
//!         (import "host" "count" (func $count (param i32)))
//!         (func (export "run") (param i32) local.get 0 call $count local.get 0 call $count))"#,
//! )
//! .expect("text format");
//! let module = Module::new(&engine, &bytes)?;
//!
//! let mut linker = Linker::new(&engine);
//! linker.func_wrap("host", "count", |mut caller: Caller<'_, i32>, by: i32| *caller.data_mut() += by)?;
//!
//! let mut store = Store::new(&engine, 0);
//! let instance = linker.instantiate(&mut store, &module)?;
//! let run = instance.get_typed_func::<i32, ()>(&store, "run")?;
//! run.call(&mut store, 21)?;
//! assert_eq!(store.into_data(), 42);
//! # Ok(())
//! # }
//! ```
//!
//! Wasm code reaches nothing but what a linker gives it. It cannot make the embedder panic: a trap, a failing host function
//! and a program that ends itself all come back as an [`Error`], whose [`kind`](Error::kind) tells them apart.
#![deny(unsafe_code)]

mod api;
#[doc(hidden)]
pub mod cli;
mod engine;
pub mod wasi;

pub use api::{
    AsContext, AsContextMut, Backtrace, Caller, Config, CpuSampling, Engine, Error, ErrorKind, ExceededLimit,
    ExportType, Extern, ExternRef, ExternType, Frame, Func, FuncType, Global, GlobalType, HeapType, HostArgs,
    HostReturn, ImportError, ImportProblem, ImportType, Instance, IntoFunc, Linker, Location, Memory, MemoryChecks,
    MemoryType, Module, Profile, ProfileKind, ProfileSample, Profiler, RefType, Resource, Result, Store, StoreContext,
    StoreContextMut, StoreLimits, Strategy, Table, TableType, TrapCode, TypedFunc, Val, ValType, WasmParams,
    WasmResults, WasmTy, WasmVersion,
};

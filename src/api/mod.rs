//! L10 · The embedding API: thin, safe, documented; no unsafe code, and no decision that the engine could make.
//!
//! | type | is | lives as long as |
//! | --- | --- | --- |
//! | [`Config`], [`Engine`] | choices; the compiler with what modules share | its last clone |
//! | [`Module`] | validated and compiled code | its last clone |
//! | [`Store`] | owner of everything that runs, with the embedder's data | itself |
//! | [`Linker`] | definitions for imports, by name | itself |
//! | [`Instance`], [`Func`], [`Memory`], [`Table`], [`Global`], [`Extern`] | copies that name an item of one store | what they name: the store |
//! | [`TypedFunc`] | a function whose types are checked | its function: the store |
//! | [`Caller`] | what a host function sees of who called it | the call |
//! | [`Val`], [`ExternRef`] | values | themselves; what a store has seen, as long as that |
//! | [`Profiler`] | where a guest's time and memory go | its last clone |
//! | [`Error`] | what went wrong, with trap, exit code, backtrace | itself |
//!
//! A handle that meets a store it does not belong to is an error, never a panic and never another store's item.

mod caller;
mod config;
mod engine;
mod error;
mod func;
mod global;
mod instance;
mod link_error;
mod linker;
mod memory;
mod module;
mod pprof;
mod profile;
mod reference;
mod store;
mod table;
mod typed;
mod value;

pub use config::{Config, MemoryChecks, Strategy};
pub use engine::Engine;
pub use error::{Error, ErrorKind, Result};
pub use func::Func;
pub use global::Global;
pub use instance::{Extern, Instance};
pub use link_error::{ImportError, ImportProblem};
pub use linker::Linker;
pub use memory::Memory;
pub use module::{ExportType, ImportType, Module};
pub use profile::{CpuSampling, Profiler};
pub use reference::ExternRef;
pub use store::{AsContext, AsContextMut, Store, StoreContext, StoreContextMut};
pub use table::Table;
pub use typed::{TypedFunc, WasmParams, WasmResults};
pub use value::Val;

pub use crate::engine::abi::TrapCode;
pub(crate) use crate::engine::cache::{kept_bytes, remove_kept};
pub use crate::engine::module::WasmVersion;
pub use crate::engine::runtime::{
    Backtrace, Caller, ExceededLimit, Frame, HostArgs, HostReturn, IntoFunc, Location, Profile, ProfileKind,
    ProfileSample, Resource, StoreLimits, WasmTy,
};
pub(crate) use crate::engine::tier::WORKER_NAME;
pub use crate::engine::types::{ExternType, FuncType, GlobalType, HeapType, MemoryType, RefType, TableType, ValType};

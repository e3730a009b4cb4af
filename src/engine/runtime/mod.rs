//! L7 · Published code to running instances.
//!
//! ```text
//!  StoreBox<T> ─ StoreOpaque ─┬─ Instance ── context (vmctx), which generated code works on
//!                             ├─ LinearMemory, Table, Global        instances share them by imports
//!                             ├─ HostRecord ── HostFunc             closures behind trampolines
//!                             └─ EntryState ── WasmStack            where wasm runs
//! ```
//!
//! The store owns everything, boxed, until it is dropped; handles are ids or addresses that carry their store's identity.
//! While wasm runs, the only user of the store is the host function or helper that wasm has called: whoever entered wasm
//! holds no reference over the call but the one that it lent. All of this folder may use `unsafe`; `error`, `extern_ref`,
//! `value` and `instantiate` do without.
#![allow(unsafe_code, reason = "the runtime shares memory with generated code; every block says why it is sound")]

pub mod store;

pub mod instance;

pub mod instantiate;

mod imports;

pub mod memory;

pub mod table;

pub mod global;

pub mod func;

pub mod value;

pub mod extern_ref;

pub mod caller;

pub mod host;

pub mod shim;

mod builtins;

mod interpreted;

mod promote;

pub mod entry;

pub mod stack;

pub mod trap;

pub mod backtrace;

pub mod symbolize;

mod symbols;

pub mod profile;

pub mod error;

#[cfg(test)]
mod tests;

pub use caller::Caller;
pub use error::{AllocError, BoxError, ExceededLimit, Fault, ImportMismatch, InstantiateError, Resource};
pub use extern_ref::ExternValue;
pub(crate) use func::current_backtrace;
pub use func::{FuncHandle, PreparedCall};
pub use host::HostFunc;
pub use instance::ExportValue;
pub use instantiate::ImportValue;
pub(crate) use instantiate::instantiate;
pub use profile::{CpuSampling, Profile, ProfileKind, ProfileSample, Profiler};
pub use shim::{HostArgs, HostReturn, IntoFunc};
pub use store::{GlobalId, InstanceId, MemoryId, StoreBox, StoreId, StoreInner, StoreLimits, StoreOpaque, TableId};
pub use symbolize::{Backtrace, Frame, Location, Trace};
pub use value::{AbiValue, ExternAbi, FuncAbi, Value, WasmTy};

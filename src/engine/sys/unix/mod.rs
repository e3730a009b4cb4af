//! The contract of the system layer on Unix.

mod altstack;
mod context;
mod icache;
mod mmap;
mod priority;
mod private_dir;
mod sampling;
mod signals;
#[cfg(not(has_compiler))]
mod thread_stack;

pub use altstack::prepare_thread;
pub use icache::publish_instructions;
pub use mmap::{Mapping, Protection, address_space_is_limited, page_bytes};
pub use priority::{lower_priority, processors};
pub use private_dir::{Existing, FileIdentity, PrivateDir, create_private_dir, file_identity, read_exact_at};
pub use sampling::{SamplingTimer, thread_cpu_nanos};
pub use signals::install_fault_handler;
#[cfg(not(has_compiler))]
pub use thread_stack::thread_stack;

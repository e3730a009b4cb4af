//! The contract of the system layer on Windows.

mod context;
mod exceptions;
mod icache;
mod priority;
mod private_dir;
mod sampling;
mod security;
mod virtual_memory;

pub use exceptions::{install_fault_handler, prepare_thread};
pub use icache::publish_instructions;
pub use priority::{lower_priority, processors};
pub use private_dir::{Existing, FileIdentity, PrivateDir, create_private_dir, file_identity, read_exact_at};
pub use sampling::{SamplingTimer, thread_cpu_nanos};
pub use virtual_memory::{Mapping, Protection, address_space_is_limited, page_bytes};

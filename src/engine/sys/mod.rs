//! L0 · What the engine asks of the operating system and the processor: memory, faults and stacks for their handlers.
//!
//! Nothing above this layer names a system call. The contract that every system fills:
//!
//! * [`Mapping`]: address space that is reserved first and made accessible later, never writable and executable at once.
//! * [`Buffer`]: memory that is filled first and frozen before any of it runs.
//! * [`PrivateDir`]: a folder of files that nobody but this user can have written; [`file_identity`] tells files apart.
//! * [`install_fault_handler`]: a process-wide hook that sees every hardware fault before anybody else, with the
//!   registers at the faulting instruction, and may send the thread elsewhere.
//! * [`publish_instructions`]: makes new code visible to the processor.
//! * [`enter`]: a call on another stack, which the fault handler can end; [`only_stack`]: the one that it stays on, on processors
//!   without a compiler.
//! * [`SamplingTimer`]: a hook that sees where a thread is after every so much of its processor time.
//! * [`return_address_word`], [`return_address_place`], [`caller_frame`], [`noting_entry`]: what a processor's frames look
//!   like, while they are made too, and how to make one.
//! * [`is_new_enough`]: whether code can run at all.
//! * [`lower_priority`]: has a thread stand back behind those that somebody waits for.
//! * [`processors`]: how many there are for this thread.
//! * [`prepare_thread`]: makes sure that the handler finds a stack on this thread when the thread's own is used up.
#![allow(unsafe_code, reason = "system calls and signal frames; every block says why it is sound")]

mod buffer;
mod fault;
mod processor;
mod switch;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub use buffer::Buffer;
pub use fault::{Fault, FaultHandler, Registers, Sample, SampleHandler};
pub use processor::is_new_enough;
pub(crate) use switch::noting_entry;
pub use switch::{SavedStack, caller_frame, enter, only_stack, return_address_place, return_address_word};
pub use system::{
    Existing, FileIdentity, Mapping, PrivateDir, Protection, SamplingTimer, address_space_is_limited,
    create_private_dir, file_identity, install_fault_handler, lower_priority, page_bytes, prepare_thread, processors,
    publish_instructions, read_exact_at, thread_cpu_nanos,
};

/// Folder in a [`PrivateDir`] where files are until they are whole.
pub const TEMPORARY: &str = "tmp";

#[cfg(test)]
mod tests;

//! A hardware fault as every system reports it.

/// What the processor refused to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// An access to memory that is not there or not accessible so.
    Memory {
        /// The address; 0 where the processor does not tell.
        address: usize,
    },
    /// An integer division that has no result.
    Division,
    /// An instruction that exists to trap.
    Illegal,
}

/// The registers that a handler reads, and may change to resume elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// Address of the faulting instruction.
    pub pc: usize,
    /// Stack pointer.
    pub sp: usize,
    /// Frame pointer.
    pub fp: usize,
    /// Where the current function returns to before it has stored that, on processors with a register for it; changes
    /// are ignored.
    pub link: Option<usize>,
}

/// Where a thread is, for a profile.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The thread's registers.
    pub registers: Registers,
    /// Processor time that the thread has used, in nanoseconds.
    pub cpu_nanos: u64,
    /// Where the handler runs on another thread, while the sampled one stands still: the address that the sampling was
    /// started with. Null where the handler interrupts the sampled thread itself.
    pub thread: *const (),
}

/// Looks at where a thread is. Runs in signal context, or while the thread is stopped at any instruction: it may not
/// allocate, lock, or panic.
pub type SampleHandler = fn(&Sample);

/// Looks at a fault. Returns whether it was the handler's: then the thread goes on with the registers as the handler
/// left them; otherwise whoever handled faults before is asked.
///
/// Runs in signal context on a small stack: it may not allocate, lock, or panic.
pub type FaultHandler = fn(&Fault, &mut Registers) -> bool;

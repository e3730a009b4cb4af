//! Hardware faults of wasm code become traps.
//!
//! The handler finds the code by the program counter, decides which trap it is, notes the frames in the thread's
//! innermost activation, and resumes behind `enter`. It accepts a fault only at an instruction that the compiler has
//! listed, or below the wasm stack; anything else, and every fault of host code, goes to whoever handled faults before.

use super::backtrace::{FaultedFrame, RawBacktrace};
use super::entry;
use super::stack::StackBounds;
use crate::engine::abi::TrapCode;
use crate::engine::code::{self, Code, FrameKind};
use crate::engine::sys::{self, Fault, Registers};
use std::io;

/// A trap as the handler noted it, without names.
#[derive(Clone, Copy, Debug)]
pub struct RawTrap {
    /// Why. With `HostError` the store holds the error.
    pub code: TrapCode,
    /// Where.
    pub backtrace: RawBacktrace,
}

/// Makes sure that this thread's faults become traps. Cheap after a thread's first time.
///
/// # Errors
///
/// The system's, for a handler or a stack for it.
pub(super) fn prepare() -> io::Result<()> {
    sys::install_fault_handler(handle)?;
    sys::prepare_thread()
}

/// The fault handler: allocates nothing, locks nothing, does not panic.
fn handle(fault: &Fault, registers: &mut Registers) -> bool {
    let look = |code: &Code| {
        // Only here, where the thread has entered wasm, is it certain that reading the thread-local allocates nothing.
        // SAFETY: The pointer is null or this thread's innermost activation; the thread stands in the code that it entered,
        // which holds no reference to the activation.
        let activation = unsafe { entry::current().as_mut() }?;
        let (trap, frame, unframed) = classify(code, fault, registers, activation.stack())?;
        Some((activation, trap, frame, unframed))
    };
    // SAFETY: This thread is executing what is at the program counter, and whoever called it owns a share of it.
    let found = unsafe { code::with_code_at(registers.pc, look) };
    let Some((activation, code, frame, unframed)) = found.flatten() else { return false };
    let backtrace = RawBacktrace::of_fault(activation, registers, frame, unframed);
    activation.end_with(RawTrap { code, backtrace }, registers);
    true
}

/// Which trap a fault at an instruction of `code` is, in what kind of frame, and where its caller is found if that is not set up.
fn classify(
    code: &Code,
    fault: &Fault,
    registers: &Registers,
    stack: StackBounds,
) -> Option<(TrapCode, FaultedFrame, Option<usize>)> {
    let overflow = matches!(*fault, Fault::Memory { address } if stack.guards(address));
    let trap = if overflow { TrapCode::StackOverflow } else { code.trap_at(registers.pc)? };
    let frame = match code.frame_at(registers.pc)? {
        FrameKind::Function(..) => FaultedFrame::Wasm,
        FrameKind::Host if trap == TrapCode::HostError => FaultedFrame::HostReturned,
        FrameKind::Host => FaultedFrame::HostNotCalled,
        FrameKind::Entry => FaultedFrame::Entry,
    };
    let unframed = if trap == TrapCode::StackOverflow { code.unframed(registers.pc) } else { None };
    Some((trap, frame, unframed))
}

#[cfg(all(test, has_compiler))]
mod tests;

//! Reading and changing the registers of an interrupted thread: one pair of functions per processor.

use crate::engine::sys::Registers;
use windows_sys::Win32::System::Diagnostics::Debug::CONTEXT;

pub(super) use processor::{FLAGS, read, write};

#[cfg(target_arch = "x86_64")]
mod processor {
    use super::{CONTEXT, Registers};
    use windows_sys::Win32::System::Diagnostics::Debug::{CONTEXT_CONTROL_AMD64, CONTEXT_FLAGS, CONTEXT_INTEGER_AMD64};

    /// The parts of a context that `read` looks at.
    pub(in super::super) const FLAGS: CONTEXT_FLAGS = CONTEXT_CONTROL_AMD64 | CONTEXT_INTEGER_AMD64;

    /// The registers at the fault.
    pub(in super::super) fn read(context: &CONTEXT) -> Registers {
        Registers { pc: context.Rip as usize, sp: context.Rsp as usize, fp: context.Rbp as usize, link: None }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut CONTEXT, registers: &Registers) {
        context.Rip = registers.pc as u64;
        context.Rsp = registers.sp as u64;
        context.Rbp = registers.fp as u64;
    }
}

#[cfg(target_arch = "aarch64")]
mod processor {
    use super::{CONTEXT, Registers};
    use windows_sys::Win32::System::Diagnostics::Debug::{CONTEXT_CONTROL_ARM64, CONTEXT_FLAGS, CONTEXT_INTEGER_ARM64};

    /// The parts of a context that `read` looks at.
    pub(in super::super) const FLAGS: CONTEXT_FLAGS = CONTEXT_CONTROL_ARM64 | CONTEXT_INTEGER_ARM64;

    /// Numbers of the frame pointer and the link register.
    const FP: usize = 29;
    const LR: usize = 30;

    /// The registers at the fault.
    pub(in super::super) fn read(context: &CONTEXT) -> Registers {
        // SAFETY: Both views of the union are the same 31 words.
        let x = unsafe { &context.Anonymous.X };
        Registers { pc: context.Pc as usize, sp: context.Sp as usize, fp: x[FP] as usize, link: Some(x[LR] as usize) }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut CONTEXT, registers: &Registers) {
        context.Pc = registers.pc as u64;
        context.Sp = registers.sp as u64;
        // SAFETY: Both views of the union are the same 31 words.
        let x = unsafe { &mut context.Anonymous.X };
        x[FP] = registers.fp as u64;
    }
}

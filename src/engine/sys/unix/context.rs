//! Reading and changing the registers of an interrupted thread: one pair of functions per system and processor.

use crate::engine::sys::Registers;
use libc::ucontext_t;

pub(super) use platform::{read, write};

/// How many bytes the program counter that a fault's signal shows is behind the last byte of the instruction that the code
/// generator has listed. On s390x these instructions are over when they trap, unless they access memory.
pub(super) fn bytes_behind(signal: libc::c_int) -> usize {
    let is_over = matches!(signal, libc::SIGILL | libc::SIGFPE | libc::SIGTRAP);
    usize::from(cfg!(target_arch = "s390x") && is_over)
}

/// Where there is no compiler no code of ours is ever interrupted: whatever the registers hold, it says nothing to the engine.
#[cfg(not(has_compiler))]
mod platform {
    use super::{Registers, ucontext_t};

    /// Registers that lead nowhere.
    pub(in super::super) fn read(_context: &ucontext_t) -> Registers {
        Registers { pc: 0, sp: 0, fp: 0, link: None }
    }

    /// Leaves the thread where it is.
    pub(in super::super) fn write(_context: &mut ucontext_t, _registers: &Registers) {}
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod platform {
    use super::{Registers, ucontext_t};

    /// The registers at the fault.
    pub(in super::super) fn read(context: &ucontext_t) -> Registers {
        let registers = &context.uc_mcontext.gregs;
        Registers {
            pc: registers[libc::REG_RIP as usize] as usize,
            sp: registers[libc::REG_RSP as usize] as usize,
            fp: registers[libc::REG_RBP as usize] as usize,
            link: None,
        }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut ucontext_t, registers: &Registers) {
        let target = &mut context.uc_mcontext.gregs;
        target[libc::REG_RIP as usize] = registers.pc as libc::greg_t;
        target[libc::REG_RSP as usize] = registers.sp as libc::greg_t;
        target[libc::REG_RBP as usize] = registers.fp as libc::greg_t;
    }
}

#[cfg(all(target_os = "linux", target_arch = "aarch64"))]
mod platform {
    use super::{Registers, ucontext_t};

    /// The registers at the fault.
    pub(in super::super) fn read(context: &ucontext_t) -> Registers {
        let machine = &context.uc_mcontext;
        Registers {
            pc: machine.pc as usize,
            sp: machine.sp as usize,
            fp: machine.regs[29] as usize,
            link: Some(machine.regs[30] as usize),
        }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut ucontext_t, registers: &Registers) {
        let machine = &mut context.uc_mcontext;
        machine.pc = registers.pc as u64;
        machine.sp = registers.sp as u64;
        machine.regs[29] = registers.fp as u64;
    }
}

#[cfg(all(target_os = "linux", target_arch = "riscv64"))]
mod platform {
    use super::{Registers, ucontext_t};

    // Numbers of registers; the first word, that of the register which is always zero, is the program counter.
    const PC: usize = 0;
    const RA: usize = 1;
    const SP: usize = 2;
    const FP: usize = 8;

    /// The registers at the fault.
    pub(in super::super) fn read(context: &ucontext_t) -> Registers {
        let registers = &context.uc_mcontext.__gregs;
        Registers {
            pc: registers[PC] as usize,
            sp: registers[SP] as usize,
            fp: registers[FP] as usize,
            link: Some(registers[RA] as usize),
        }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut ucontext_t, registers: &Registers) {
        let target = &mut context.uc_mcontext.__gregs;
        target[PC] = registers.pc as libc::c_ulong;
        target[SP] = registers.sp as libc::c_ulong;
        target[FP] = registers.fp as libc::c_ulong;
    }
}

#[cfg(all(target_os = "linux", target_arch = "s390x"))]
mod platform {
    use super::{Registers, ucontext_t};

    // Numbers of registers.
    const LINK: usize = 14;
    const SP: usize = 15;

    /// The registers at the fault. Frames are found by the stack pointer, see `src/engine/sys/switch/s390x.rs`.
    pub(in super::super) fn read(context: &ucontext_t) -> Registers {
        let machine = &context.uc_mcontext;
        Registers {
            pc: machine.psw.addr as usize,
            sp: machine.gregs[SP] as usize,
            fp: machine.gregs[SP] as usize,
            link: Some(machine.gregs[LINK] as usize),
        }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut ucontext_t, registers: &Registers) {
        let machine = &mut context.uc_mcontext;
        machine.psw.addr = registers.pc as u64;
        machine.gregs[SP] = registers.sp as u64;
    }
}

#[cfg(all(target_os = "macos", target_arch = "x86_64"))]
mod platform {
    use super::{Registers, ucontext_t};

    /// The registers at the fault.
    pub(in super::super) fn read(context: &ucontext_t) -> Registers {
        // SAFETY: The system fills this pointer for the time of the handler.
        let state = unsafe { &(*context.uc_mcontext).__ss };
        Registers { pc: state.__rip as usize, sp: state.__rsp as usize, fp: state.__rbp as usize, link: None }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut ucontext_t, registers: &Registers) {
        // SAFETY: The system fills this pointer for the time of the handler, which alone uses it.
        let state = unsafe { &mut (*context.uc_mcontext).__ss };
        state.__rip = registers.pc as u64;
        state.__rsp = registers.sp as u64;
        state.__rbp = registers.fp as u64;
    }
}

#[cfg(all(target_os = "macos", target_arch = "aarch64"))]
mod platform {
    use super::{Registers, ucontext_t};

    /// The registers at the fault.
    pub(in super::super) fn read(context: &ucontext_t) -> Registers {
        // SAFETY: The system fills this pointer for the time of the handler.
        let state = unsafe { &(*context.uc_mcontext).__ss };
        Registers {
            pc: state.__pc as usize,
            sp: state.__sp as usize,
            fp: state.__fp as usize,
            link: Some(state.__lr as usize),
        }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut ucontext_t, registers: &Registers) {
        // SAFETY: The system fills this pointer for the time of the handler, which alone uses it.
        let state = unsafe { &mut (*context.uc_mcontext).__ss };
        state.__pc = registers.pc as u64;
        state.__sp = registers.sp as u64;
        state.__fp = registers.fp as u64;
    }
}

#[cfg(all(target_os = "freebsd", target_arch = "x86_64"))]
mod platform {
    use super::{Registers, ucontext_t};

    /// The registers at the fault.
    pub(in super::super) fn read(context: &ucontext_t) -> Registers {
        let machine = &context.uc_mcontext;
        Registers { pc: machine.mc_rip as usize, sp: machine.mc_rsp as usize, fp: machine.mc_rbp as usize, link: None }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut ucontext_t, registers: &Registers) {
        let machine = &mut context.uc_mcontext;
        machine.mc_rip = registers.pc as i64;
        machine.mc_rsp = registers.sp as i64;
        machine.mc_rbp = registers.fp as i64;
    }
}

#[cfg(all(target_os = "freebsd", target_arch = "aarch64"))]
mod platform {
    use super::{Registers, ucontext_t};

    /// The registers at the fault.
    pub(in super::super) fn read(context: &ucontext_t) -> Registers {
        let registers = &context.uc_mcontext.mc_gpregs;
        Registers {
            pc: registers.gp_elr as usize,
            sp: registers.gp_sp as usize,
            fp: registers.gp_x[29] as usize,
            link: Some(registers.gp_lr as usize),
        }
    }

    /// Changes where the thread goes on.
    pub(in super::super) fn write(context: &mut ucontext_t, registers: &Registers) {
        let target = &mut context.uc_mcontext.mc_gpregs;
        target.gp_elr = registers.pc as libc::register_t;
        target.gp_sp = registers.sp as libc::register_t;
        target.gp_x[29] = registers.fp as libc::register_t;
    }
}

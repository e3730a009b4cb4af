//! The stack switch for x86-64 on Windows.
//!
//! Windows looks up the bounds of the current stack in the thread's environment block (at `gs`) whenever it dispatches an
//! exception, unwinds, or lets a stack grow. So the block has to tell the truth on either stack: `enter` keeps the host's
//! bounds in its frame, and every way out of it puts them back. With them goes the list of handlers that the block begins
//! with, which is empty on a new stack, as for fibers: Windows has no use for it on this processor, but Wine asks those
//! handlers that lie below the frames it has passed.

use super::SavedStack;
use std::arch::naked_asm;
use std::mem::offset_of;

/// Saves the callee-saved registers and notes the frame in `saved`, moves to `stack` unless it is 0, and calls
/// `entry(code, context, values)`. Returns 0, or 1 where [`SavedStack::leave`] ended the call.
///
/// It has the System V convention itself, in which the caller keeps the vector registers that Windows preserves; what it
/// calls has Windows' own.
///
/// ```text
///   rbp      caller's frame pointer      rbp - 48  StackBase of the host
///   rbp - 8  rbx                         rbp - 56  StackLimit of the host
///       ...  r12, r13, r14, r15          rbp - 64  DeallocationStack of the host
///                                        rbp - 72  ExceptionList of the host
/// ```
///
/// # Safety
///
/// `stack` is 0 or the upper end of memory for a stack that nothing uses, aligned to 16, and `saved` was made with its other
/// bounds; `entry` takes the three pointers in the C convention and finds what it needs behind them.
#[unsafe(naked)]
pub unsafe extern "sysv64" fn enter(
    saved: *mut SavedStack,
    stack: usize,
    entry: *const u8,
    code: *const u8,
    context: *mut (),
    values: *mut (),
) -> u32 {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push qword ptr gs:[0x08]",
        "push qword ptr gs:[0x10]",
        "push qword ptr gs:[0x1478]",
        "push qword ptr gs:[0x00]",
        // Keeps the stack aligned where the call stays on it.
        "push rax",
        "mov [rdi + {fp}], rbp",
        "test rsi, rsi",
        "jz 2f",
        "mov rax, [rdi + {usable}]",
        "mov r10, [rdi + {low}]",
        "mov gs:[0x08], rsi",
        "mov gs:[0x10], rax",
        "mov gs:[0x1478], r10",
        "mov qword ptr gs:[0x00], -1",
        "mov rsp, rsi",
        "2:",
        "mov rax, rdx",
        "mov rdx, r8",
        "mov r8, r9",
        // The callee may use these words of its caller's.
        "sub rsp, 32",
        "call rax",
        "xor eax, eax",
        "jmp {out}",
        fp = const offset_of!(SavedStack, fp),
        usable = const offset_of!(SavedStack, usable),
        low = const offset_of!(SavedStack, low),
        out = sym out,
    )
}

/// Where a call that is left goes on, with the frame pointer as [`enter`] saved it: returns 1 to its caller.
#[unsafe(naked)]
pub(super) unsafe extern "sysv64" fn leave() {
    naked_asm!("mov eax, 1", "jmp {out}", out = sym out)
}

/// The end of [`enter`], with its result in `eax`.
#[unsafe(naked)]
unsafe extern "sysv64" fn out() {
    naked_asm!(
        "mov rcx, [rbp - 48]",
        "mov rdx, [rbp - 56]",
        "mov r8, [rbp - 64]",
        "mov r9, [rbp - 72]",
        "mov gs:[0x08], rcx",
        "mov gs:[0x10], rdx",
        "mov gs:[0x1478], r8",
        "mov gs:[0x00], r9",
        "lea rsp, [rbp - 40]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
    )
}

/// Defines the function `$name`, which goes on to `$target` and meanwhile keeps a frame of its own on the way: it notes
/// the frame's address at offset `$fp` of what the first word of the first argument points to, and `$number` at `$mark`.
/// `$target` takes at most six arguments: four in registers, and two in memory, which are copied.
macro_rules! noting_entry {
    ($name:ident => $target:path, $number:expr, $fp:expr, $mark:expr) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name() {
            std::arch::naked_asm!(
                "push rbp",
                "mov rbp, rsp",
                "mov rax, [rcx]",
                "mov [rax + {fp}], rbp",
                "mov qword ptr [rax + {mark}], {number}",
                "sub rsp, 48",
                "mov rax, [rbp + 48]",
                "mov [rsp + 32], rax",
                "mov rax, [rbp + 56]",
                "mov [rsp + 40], rax",
                "call {target}",
                "mov rsp, rbp",
                "pop rbp",
                "ret",
                fp = const $fp,
                mark = const $mark,
                number = const $number,
                target = sym $target,
            )
        }
    };
}
pub(crate) use noting_entry;

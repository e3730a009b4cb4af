//! The stack switch for x86-64 in the System V convention, and frames of this processor.

#[cfg(unix)]
use super::SavedStack;
#[cfg(unix)]
use std::arch::naked_asm;
#[cfg(unix)]
use std::mem::offset_of;

/// Saves the callee-saved registers and notes the stack in `saved`, moves to `stack` unless it is 0, and calls
/// `entry(code, context, values)`. Returns 0, or 1 where [`SavedStack::leave`] ended the call.
///
/// # Safety
///
/// `stack` is 0 or the upper end of memory for a stack that nothing uses, aligned to 16; `entry` takes the three pointers
/// in the C convention and finds what it needs behind them.
#[cfg(unix)]
#[unsafe(naked)]
pub unsafe extern "C" fn enter(
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
        "sub rsp, 8",
        "mov [rdi + {sp}], rsp",
        "mov [rdi + {fp}], rbp",
        "test rsi, rsi",
        "cmovnz rsp, rsi",
        "mov rax, rdx",
        "mov rdi, rcx",
        "mov rsi, r8",
        "mov rdx, r9",
        "call rax",
        "xor eax, eax",
        "lea rsp, [rbp - 40]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        sp = const offset_of!(SavedStack, sp),
        fp = const offset_of!(SavedStack, fp),
    )
}

/// Where a call that is left goes on, with stack and frame pointer as [`enter`] saved them: returns 1 to its caller.
#[cfg(unix)]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn leave() {
    naked_asm!(
        "mov eax, 1",
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

/// How many words above the stack pointer the return address stands, before the instruction at `at` of a function's code,
/// where the function's own frame is not set up or not there any more; otherwise nothing.
pub fn return_address_word(code: &[u8], at: usize) -> Option<usize> {
    const PUSH_RBP: u8 = 0x55;
    const RET: u8 = 0xc3;
    const RET_POPPING: u8 = 0xc2;
    match (at, code.first(), code.get(at)) {
        (0, ..) | (_, _, Some(&RET | &RET_POPPING)) => Some(0),
        (1, Some(&PUSH_RBP), _) => Some(1),
        _ => None,
    }
}

/// Defines the function `$name`, which goes on to `$target` and meanwhile keeps a frame of its own on the way: it notes
/// the frame's address at offset `$fp` of what the first word of the first argument points to, and `$number` at `$mark`.
/// `$target` takes at most six arguments, all in registers.
#[cfg(unix)]
macro_rules! noting_entry {
    ($name:ident => $target:path, $number:expr, $fp:expr, $mark:expr) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name() {
            std::arch::naked_asm!(
                "push rbp",
                "mov rbp, rsp",
                "mov rax, [rdi]",
                "mov [rax + {fp}], rbp",
                "mov qword ptr [rax + {mark}], {number}",
                "call {target}",
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
#[cfg(unix)]
pub(crate) use noting_entry;

//! The stack switch for AArch64 in its procedure call standard.

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
        "stp x29, x30, [sp, #-160]!",
        "mov x29, sp",
        "stp x19, x20, [sp, #16]",
        "stp x21, x22, [sp, #32]",
        "stp x23, x24, [sp, #48]",
        "stp x25, x26, [sp, #64]",
        "stp x27, x28, [sp, #80]",
        "stp d8, d9, [sp, #96]",
        "stp d10, d11, [sp, #112]",
        "stp d12, d13, [sp, #128]",
        "stp d14, d15, [sp, #144]",
        "mov x9, sp",
        "str x9, [x0, #{sp}]",
        "str x29, [x0, #{fp}]",
        "cbz x1, 2f",
        "mov sp, x1",
        "2:",
        "mov x9, x2",
        "mov x0, x3",
        "mov x1, x4",
        "mov x2, x5",
        "blr x9",
        "mov w0, #0",
        "mov sp, x29",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
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
        "mov w0, #1",
        "mov sp, x29",
        "ldp x19, x20, [sp, #16]",
        "ldp x21, x22, [sp, #32]",
        "ldp x23, x24, [sp, #48]",
        "ldp x25, x26, [sp, #64]",
        "ldp x27, x28, [sp, #80]",
        "ldp d8, d9, [sp, #96]",
        "ldp d10, d11, [sp, #112]",
        "ldp d12, d13, [sp, #128]",
        "ldp d14, d15, [sp, #144]",
        "ldp x29, x30, [sp], #160",
        "ret",
    )
}

/// How many words above the stack pointer the return address stands, before the instruction at `at` of a function's code,
/// where the function's own frame is not set up or not there any more; otherwise nothing. Here the number does not count:
/// the address is in the link register.
pub fn return_address_word(code: &[u8], at: usize) -> Option<usize> {
    const RET: [u8; 4] = 0xd65f_03c0_u32.to_le_bytes();
    let returns = code.get(at..).is_some_and(|rest| rest.starts_with(&RET));
    (at <= 4 || returns).then_some(0)
}

/// Defines the function `$name`, which goes on to `$target` and meanwhile keeps a frame of its own on the way: it notes
/// the frame's address at offset `$fp` of what the first word of the first argument points to, and `$number` at `$mark`.
/// `$target` takes at most eight arguments, all in registers.
macro_rules! noting_entry {
    ($name:ident => $target:path, $number:expr, $fp:expr, $mark:expr) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name() {
            std::arch::naked_asm!(
                "stp x29, x30, [sp, #-16]!",
                "mov x29, sp",
                "ldr x16, [x0]",
                "str x29, [x16, #{fp}]",
                "mov x17, #{number}",
                "str x17, [x16, #{mark}]",
                "bl {target}",
                "ldp x29, x30, [sp], #16",
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

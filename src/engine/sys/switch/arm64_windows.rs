//! The stack switch for AArch64 on Windows, in the same procedure call standard as elsewhere.
//!
//! Windows looks up the bounds of the current stack in the thread's environment block (at `x18`, which nobody else may
//! use) whenever it dispatches an exception, unwinds, or lets a stack grow. So the block has to tell the truth on either
//! stack: `enter` keeps the host's bounds in its frame, and every way out of it puts them back. With them goes the list of
//! handlers that the block begins with, which is empty on a new stack, as for fibers.

use super::SavedStack;
use std::arch::naked_asm;
use std::mem::offset_of;

/// Saves the callee-saved registers and notes the frame in `saved`, moves to `stack` unless it is 0, and calls
/// `entry(code, context, values)`. Returns 0, or 1 where [`SavedStack::leave`] ended the call.
///
/// # Safety
///
/// `stack` is 0 or the upper end of memory for a stack that nothing uses, aligned to 16, and `saved` was made with its other
/// bounds; `entry` takes the three pointers in the C convention and finds what it needs behind them.
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
        "stp x29, x30, [sp, #-192]!",
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
        // StackBase and StackLimit, DeallocationStack and ExceptionList.
        "ldp x9, x10, [x18, #0x08]",
        "ldr x11, [x18, #0x1478]",
        "ldr x12, [x18]",
        "stp x9, x10, [sp, #160]",
        "stp x11, x12, [sp, #176]",
        "str x29, [x0, #{fp}]",
        "cbz x1, 2f",
        "ldr x10, [x0, #{usable}]",
        "ldr x11, [x0, #{low}]",
        "stp x1, x10, [x18, #0x08]",
        "str x11, [x18, #0x1478]",
        "mov x12, #-1",
        "str x12, [x18]",
        "mov sp, x1",
        "2:",
        "mov x9, x2",
        "mov x0, x3",
        "mov x1, x4",
        "mov x2, x5",
        "blr x9",
        "mov w0, #0",
        "b {out}",
        fp = const offset_of!(SavedStack, fp),
        usable = const offset_of!(SavedStack, usable),
        low = const offset_of!(SavedStack, low),
        out = sym out,
    )
}

/// Where a call that is left goes on, with the frame pointer as [`enter`] saved it: returns 1 to its caller.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn leave() {
    naked_asm!("mov w0, #1", "b {out}", out = sym out)
}

/// The end of [`enter`], with its result in `w0`.
#[unsafe(naked)]
unsafe extern "C" fn out() {
    naked_asm!(
        "ldp x9, x10, [x29, #160]",
        "ldp x11, x12, [x29, #176]",
        "stp x9, x10, [x18, #0x08]",
        "str x11, [x18, #0x1478]",
        "str x12, [x18]",
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
        "ldp x29, x30, [sp], #192",
        "ret",
    )
}

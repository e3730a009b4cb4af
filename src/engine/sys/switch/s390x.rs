//! The stack switch for s390x in the ELF convention, and the back chain that stands for frame pointers there.
//!
//! No register points to a frame. Instead the first word of every frame of generated code, where the stack pointer points,
//! is the stack pointer of its caller: the *back chain*. So the stack pointer is taken for the frame pointer too. A function
//! saves registers in 160 bytes that its caller leaves free above its stack pointer, the address it returns to among them.

use super::SavedStack;
use crate::engine::sys::Registers;
use std::arch::naked_asm;
use std::mem::offset_of;

/// Where a function saves the address that it returns to, in bytes above its caller's stack pointer.
const SAVED_LINK: usize = 112;

/// Saves the callee-saved registers and notes the stack in `saved`, moves to `stack` unless it is 0, and calls
/// `entry(code, context, values)`. Returns 0, or 1 where [`SavedStack::leave`] ended the call.
///
/// # Safety
///
/// `stack` is 0 or the upper end of memory for a stack that nothing uses, aligned to 16; `entry` takes the three pointers
/// in the C convention and finds what it needs behind them.
#[unsafe(naked)]
pub unsafe extern "C" fn enter(
    saved: *mut SavedStack,
    stack: usize,
    entry: *const u8,
    code: *const u8,
    context: *mut (),
    values: *mut (),
) -> u32 {
    // The sixth argument stands above the caller's save area.
    naked_asm!(
        "stmg %r6, %r15, 48(%r15)",
        "lgr %r1, %r15",
        "aghi %r15, -224",
        "stg %r1, 0(%r15)",
        "std %f8, 160(%r15)",
        "std %f9, 168(%r15)",
        "std %f10, 176(%r15)",
        "std %f11, 184(%r15)",
        "std %f12, 192(%r15)",
        "std %f13, 200(%r15)",
        "std %f14, 208(%r15)",
        "std %f15, 216(%r15)",
        "lgr %r11, %r15",
        "lgr %r1, %r4",
        "lg %r4, 384(%r15)",
        "stg %r15, {sp}(%r2)",
        "ltgr %r3, %r3",
        "jz 2f",
        "lay %r15, -160(%r3)",
        "stg %r11, 0(%r15)",
        "2:",
        "stg %r15, {fp}(%r2)",
        "lgr %r2, %r5",
        "lgr %r3, %r6",
        "basr %r14, %r1",
        "lgr %r15, %r11",
        "lghi %r2, 0",
        "jg {resume}",
        sp = const offset_of!(SavedStack, sp),
        fp = const offset_of!(SavedStack, fp),
        resume = sym resume,
    )
}

/// Where a call that is left goes on, with the stack pointer as [`enter`] saved it: returns 1 to its caller.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn leave() {
    naked_asm!("lghi %r2, 1", "jg {resume}", resume = sym resume)
}

/// The end of [`enter`]: takes back the registers and returns to its caller what it finds as its result.
#[unsafe(naked)]
unsafe extern "C" fn resume() {
    naked_asm!(
        "ld %f8, 160(%r15)",
        "ld %f9, 168(%r15)",
        "ld %f10, 176(%r15)",
        "ld %f11, 184(%r15)",
        "ld %f12, 192(%r15)",
        "ld %f13, 200(%r15)",
        "ld %f14, 208(%r15)",
        "ld %f15, 216(%r15)",
        "lmg %r6, %r15, 272(%r15)",
        "br %r14",
    )
}

/// Where the function whose frame is at `fp` keeps the address that it returns to; `caller` is its caller's frame.
pub fn return_address_place(_fp: usize, caller: usize) -> usize {
    caller.wrapping_add(SAVED_LINK)
}

/// The caller's frame where the function's own is not part of the back chain: that many words above the stack pointer.
pub fn caller_frame(registers: &Registers, words: usize) -> usize {
    registers.sp.wrapping_add(words * size_of::<usize>())
}

/// How many words above the stack pointer the caller's frame begins, before the instruction at `at` of a function's code,
/// where the function's own frame is not set up or not there any more; otherwise nothing. The return address is in the link
/// register.
///
/// A frame is there once `stg %r1, 0(%r15)` has made it part of the back chain, which is the last that its setup does with
/// the stack pointer, and is gone when that goes back, right before the return.
pub fn return_address_word(code: &[u8], at: usize) -> Option<usize> {
    let (mut next, mut moved) = (0, 0);
    while let Some(instruction) = instruction(code, next) {
        next += instruction.len();
        if at < next {
            return Some(moved);
        }
        if instruction == LINK_FRAME {
            break;
        }
        moved += stack_taken(instruction);
    }
    code.get(at..)?.starts_with(&RETURN).then_some(0)
}

/// `stg %r1, 0(%r15)`
const LINK_FRAME: [u8; 6] = [0xe3, 0x10, 0xf0, 0x00, 0x00, 0x24];

/// `br %r14`
const RETURN: [u8; 2] = [0x07, 0xfe];

/// The instruction at an offset; the first two bits tell its length.
fn instruction(code: &[u8], at: usize) -> Option<&[u8]> {
    let len = match code.get(at)? >> 6 {
        0 => 2,
        3 => 6,
        _ => 4,
    };
    code.get(at..at + len)
}

/// How many words `aghi %r15, -n` or `agfi %r15, -n` takes; no other instruction takes any.
fn stack_taken(instruction: &[u8]) -> usize {
    let moved = match *instruction {
        [0xa7, 0xfb, high, low] => i32::from(i16::from_be_bytes([high, low])),
        [0xc2, 0xf8, a, b, c, d] => i32::from_be_bytes([a, b, c, d]),
        _ => 0,
    };
    moved.min(0).unsigned_abs() as usize / size_of::<usize>()
}

/// Defines the function `$name`, which goes on to `$target` and meanwhile keeps a frame of its own on the way: it notes
/// the frame's address at offset `$fp` of what the first word of the first argument points to, and `$number` at `$mark`.
/// `$target` takes at most six arguments: five in registers, and the one that stands above the caller's save area.
macro_rules! noting_entry {
    ($name:ident => $target:path, $number:expr, $fp:expr, $mark:expr) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name() {
            std::arch::naked_asm!(
                "stmg %r14, %r15, 112(%r15)",
                "lgr %r1, %r15",
                "aghi %r15, -168",
                "stg %r1, 0(%r15)",
                "lg %r0, 160(%r1)",
                "stg %r0, 160(%r15)",
                "lg %r1, 0(%r2)",
                "stg %r15, {fp}(%r1)",
                "lghi %r0, {number}",
                "stg %r0, {mark}(%r1)",
                "brasl %r14, {target}",
                "lmg %r14, %r15, 280(%r15)",
                "br %r14",
                fp = const $fp,
                mark = const $mark,
                number = const $number,
                target = sym $target,
            )
        }
    };
}
pub(crate) use noting_entry;

#[cfg(test)]
mod tests {
    use super::*;

    /// A prologue with a check of the stack, a subtraction, an epilogue.
    #[test]
    fn frames_are_known_by_their_instructions() {
        let instructions: [&[u8]; 11] = [
            &[0xe3, 0x10, 0x20, 0x00, 0x00, 0x04],
            &[0xe3, 0x10, 0x10, 0x00, 0x00, 0x04],
            &[0x41, 0x10, 0x10, 0xa0],
            &[0xb9, 0x61, 0xc0, 0xf1],
            &[0xeb, 0xef, 0xf0, 0x70, 0x00, 0x24],
            &[0xb9, 0x04, 0x00, 0x1f],
            &[0xa7, 0xfb, 0xff, 0x60],
            &LINK_FRAME,
            &[0x1b, 0x23],
            &[0xeb, 0xef, 0xf1, 0x10, 0x00, 0x04],
            &RETURN,
        ];
        let code = instructions.concat();
        let mut at = 0;
        let words = instructions.map(|instruction| {
            let word = return_address_word(&code, at);
            // A trap counts at its last byte, which is as good.
            assert_eq!(return_address_word(&code, at + instruction.len() - 1), word.filter(|_| instruction != RETURN));
            at += instruction.len();
            word
        });
        let setup = [Some(0); 7].into_iter().chain([Some(20), None, None, Some(0)]);
        assert!(words.into_iter().eq(setup), "{words:?}");
    }
}

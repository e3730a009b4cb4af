//! The stack switch for RISC-V (64 bits, with the extensions of the usual profile) in its standard calling convention.
//!
//! Assembler that names floating-point registers says itself that there are some (`.option arch, +d`): what the target has
//! is not known to assembler outside of functions when rustc 1.95 optimises for the whole program, see
//! <https://github.com/rust-lang/rust/issues/80608>.

use super::SavedStack;
use std::arch::naked_asm;
use std::mem::offset_of;

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
    naked_asm!(
        ".option push",
        ".option arch, +d",
        "addi sp, sp, -208",
        "sd s0, 0(sp)",
        "sd ra, 8(sp)",
        "mv s0, sp",
        "sd s1, 16(sp)",
        "sd s2, 24(sp)",
        "sd s3, 32(sp)",
        "sd s4, 40(sp)",
        "sd s5, 48(sp)",
        "sd s6, 56(sp)",
        "sd s7, 64(sp)",
        "sd s8, 72(sp)",
        "sd s9, 80(sp)",
        "sd s10, 88(sp)",
        "sd s11, 96(sp)",
        "fsd fs0, 104(sp)",
        "fsd fs1, 112(sp)",
        "fsd fs2, 120(sp)",
        "fsd fs3, 128(sp)",
        "fsd fs4, 136(sp)",
        "fsd fs5, 144(sp)",
        "fsd fs6, 152(sp)",
        "fsd fs7, 160(sp)",
        "fsd fs8, 168(sp)",
        "fsd fs9, 176(sp)",
        "fsd fs10, 184(sp)",
        "fsd fs11, 192(sp)",
        "sd sp, {sp}(a0)",
        "sd s0, {fp}(a0)",
        "beqz a1, 2f",
        "mv sp, a1",
        "2:",
        "mv t0, a2",
        "mv a0, a3",
        "mv a1, a4",
        "mv a2, a5",
        "jalr t0",
        "li a0, 0",
        "j {resume}",
        ".option pop",
        sp = const offset_of!(SavedStack, sp),
        fp = const offset_of!(SavedStack, fp),
        resume = sym resume,
    )
}

/// Where a call that is left goes on, with stack and frame pointer as [`enter`] saved them: returns 1 to its caller.
#[unsafe(naked)]
pub(super) unsafe extern "C" fn leave() {
    naked_asm!("li a0, 1", "j {resume}", resume = sym resume)
}

/// The end of [`enter`]: takes back the registers and returns to its caller what it finds as its result.
#[unsafe(naked)]
unsafe extern "C" fn resume() {
    naked_asm!(
        ".option push",
        ".option arch, +d",
        "mv sp, s0",
        "ld s1, 16(sp)",
        "ld s2, 24(sp)",
        "ld s3, 32(sp)",
        "ld s4, 40(sp)",
        "ld s5, 48(sp)",
        "ld s6, 56(sp)",
        "ld s7, 64(sp)",
        "ld s8, 72(sp)",
        "ld s9, 80(sp)",
        "ld s10, 88(sp)",
        "ld s11, 96(sp)",
        "fld fs0, 104(sp)",
        "fld fs1, 112(sp)",
        "fld fs2, 120(sp)",
        "fld fs3, 128(sp)",
        "fld fs4, 136(sp)",
        "fld fs5, 144(sp)",
        "fld fs6, 152(sp)",
        "fld fs7, 160(sp)",
        "fld fs8, 168(sp)",
        "fld fs9, 176(sp)",
        "fld fs10, 184(sp)",
        "fld fs11, 192(sp)",
        "ld ra, 8(sp)",
        "ld s0, 0(sp)",
        "addi sp, sp, 208",
        "ret",
        ".option pop",
    )
}

/// How many words above the stack pointer the return address stands, before the instruction at `at` of a function's code,
/// where the function's own frame is not set up or not there any more; otherwise nothing. Here the number does not count:
/// the address is in the link register.
///
/// A frame takes four instructions to set up (`addi sp`, `sd ra`, `sd fp`, `mv fp`), which may be compressed, and is gone
/// when the stack pointer goes back, right before the return.
pub fn return_address_word(code: &[u8], at: usize) -> Option<usize> {
    let mut start = 0;
    for _ in 0..SETUP_INSTRUCTIONS {
        if start == at {
            return Some(0);
        }
        start += instruction(code, start)?.1;
    }
    let mut next = at;
    while let (word, len) = instruction(code, next)?
        && moves_stack_up(word)
    {
        next += len;
    }
    returns(instruction(code, next)?.0).then_some(0)
}

/// Instructions of which the last sets the frame pointer.
const SETUP_INSTRUCTIONS: usize = 4;

/// The instruction at an offset, and its length in bytes.
fn instruction(code: &[u8], at: usize) -> Option<(u32, usize)> {
    let low = u16::from_le_bytes(code.get(at..at + 2)?.try_into().ok()?);
    if low & 3 != 3 {
        return Some((low.into(), 2));
    }
    Some((u32::from_le_bytes(code.get(at..at + 4)?.try_into().ok()?), 4))
}

/// `addi sp, sp, n` for a positive `n`, or compressed `c.addi sp, n` or `c.addi16sp n`.
fn moves_stack_up(word: u32) -> bool {
    let is_long = word & 0x800f_ffff == 0x0001_0113;
    is_long || matches!(word & 0xffff_ff83, 0x0101 | 0x6101)
}

/// `ret`, or `c.jr ra`.
fn returns(word: u32) -> bool {
    word == 0x0000_8067 || word == 0x8082
}

/// Defines the function `$name`, which goes on to `$target` and meanwhile keeps a frame of its own on the way: it notes
/// the frame's address at offset `$fp` of what the first word of the first argument points to, and `$number` at `$mark`.
/// `$target` takes at most eight arguments, all in registers.
macro_rules! noting_entry {
    ($name:ident => $target:path, $number:expr, $fp:expr, $mark:expr) => {
        #[unsafe(naked)]
        pub(super) unsafe extern "C" fn $name() {
            std::arch::naked_asm!(
                "addi sp, sp, -16",
                "sd s0, 0(sp)",
                "sd ra, 8(sp)",
                "mv s0, sp",
                "ld t0, 0(a0)",
                "sd s0, {fp}(t0)",
                "li t1, {number}",
                "sd t1, {mark}(t0)",
                "call {target}",
                "ld ra, 8(sp)",
                "ld s0, 0(sp)",
                "addi sp, sp, 16",
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Halves of instructions: a prologue, an addition of 32 bits, an epilogue; compressed and not.
    #[test]
    fn frames_are_known_by_their_instructions() {
        let long: Vec<u8> = [0xff01_0113_u32, 0x0011_3423, 0x0081_3023, 0x0001_0413, 0x00b5_053b]
            .into_iter()
            .chain([0x0081_3083, 0x0001_3403, 0x0101_0113, 0x0000_8067])
            .flat_map(u32::to_le_bytes)
            .collect();
        let framed: Vec<usize> = (0..9).filter(|n| return_address_word(&long, n * 4).is_none()).collect();
        assert_eq!(framed, [4, 5, 6]);
        let short: Vec<u8> = [0x1141_u16, 0xe406, 0xe022, 0x840a, 0x9d2d, 0x60a2, 0x6402, 0x0141, 0x8082]
            .into_iter()
            .flat_map(u16::to_le_bytes)
            .collect();
        let framed: Vec<usize> = (0..9).filter(|n| return_address_word(&short, n * 2).is_none()).collect();
        assert_eq!(framed, [4, 5, 6]);
    }
}

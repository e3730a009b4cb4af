//! Branches, and the beginning and end of functions. spec: exec/instructions#control-instructions

use super::Exit;
use super::handler;
use super::state::State;
use crate::engine::abi::{TrapCode, VMCall};
use crate::engine::interp::simd::V128;

// Ends the run.
handler!(exit(s, cell) {
    0
});

// Begins a function: as many slots from `a` on as `imm` says are its own locals, which begin as zero.
handler!(enter(s, cell) {
    s.clear_slots(cell.a(), cell.imm() as usize);
    s.next(1)
});

handler!(unreachable(s, cell) {
    s.trap(TrapCode::Unreachable)
});

handler!(br(s, cell) {
    s.jump(cell.imm() as i32)
});

handler!(br_if(s, cell) {
    if s.get::<u32>(cell.a()) != 0 { s.jump(cell.imm() as i32) } else { s.next(1) }
});

handler!(br_unless(s, cell) {
    if s.get::<u32>(cell.a()) == 0 { s.jump(cell.imm() as i32) } else { s.next(1) }
});

// The instructions behind this one are the targets, one cell each; the last one is for every index from `imm` on.
handler!(br_table(s, cell) {
    let target = s.get::<u32>(cell.a()).min(cell.imm());
    s.jump(target.wrapping_add(1) as i32)
});

handler!(return_none(s, cell) {
    leave(s)
});

handler!(return_one(s, cell) {
    s.set(0, s.get::<u64>(cell.a()));
    leave(s)
});

handler!(return_wide(s, cell) {
    s.set(0, s.get::<V128>(cell.a()));
    leave(s)
});

// As many slots from `a` on as `imm` says are the results.
handler!(return_many(s, cell) {
    s.copy_slots(0, cell.a(), cell.imm() as usize);
    leave(s)
});

/// Goes back to the caller, which finds the results at the start of the frame.
#[inline(always)]
pub(super) fn leave(s: State) -> Exit {
    let run = s.run_mut();
    let record = run.shared.calls;
    // SAFETY: The innermost record is that of the running function.
    let VMCall { ip, fp, context, .. } = unsafe { record.read() };
    // SAFETY: Records lie one behind the other; the outermost one is left only for the cell that ends the run.
    run.shared.calls = unsafe { record.add(1) };
    s.enter(context, State { ip, fp, ..s })
}

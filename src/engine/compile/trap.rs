//! Our traps as Cranelift's codes and back.
//!
//! A [`TrapCode`]'s number is its code's number, so that printed CLIF shows it (`user5` is number 5). Cranelift's own
//! instructions bring codes of its own, which mean the same as some of ours.

use crate::engine::abi::TrapCode;
use cranelift_codegen::ir;

/// The code that an instruction which traps for that reason carries.
pub(super) const fn clif(code: TrapCode) -> ir::TrapCode {
    ir::TrapCode::unwrap_user(code as u8)
}

/// The reason behind a code that compiled code carries, or nothing for one that we never emit.
pub(super) fn from_clif(code: ir::TrapCode) -> Option<TrapCode> {
    match code {
        ir::TrapCode::INTEGER_OVERFLOW => Some(TrapCode::IntegerOverflow),
        ir::TrapCode::INTEGER_DIVISION_BY_ZERO => Some(TrapCode::IntegerDivideByZero),
        ir::TrapCode::BAD_CONVERSION_TO_INTEGER => Some(TrapCode::InvalidConversionToInteger),
        ir::TrapCode::HEAP_OUT_OF_BOUNDS => Some(TrapCode::MemoryOutOfBounds),
        ir::TrapCode::STACK_OVERFLOW => Some(TrapCode::StackOverflow),
        code => TrapCode::from_number(code.as_raw().get()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_the_round_trip() {
        for code in (0..=u8::MAX).filter_map(TrapCode::from_number) {
            assert_eq!(from_clif(clif(code)), Some(code));
        }
    }

    #[test]
    fn every_code_of_cranelift_has_a_reason() {
        for code in ir::TrapCode::non_user_traps() {
            assert!(from_clif(*code).is_some(), "{code}");
        }
    }
}

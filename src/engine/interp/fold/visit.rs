//! How operators get from wasmparser to the table in `dispatch`: one by one, where they are made.
//!
//! wasmparser hands each operator to a method of its own, which passes it on by reference. (Its iterator returns operators as
//! values of 40 bytes, whose copies were a fifth of the time that folding took.)

use super::Folder;
use super::dispatch::fold_operator;
use crate::engine::module::DecodeError;
use wasmparser::{FrameKind, FrameStack, Operator, VisitOperator, VisitSimdOperator};

/// One method for each operator, whose lifetime wasmparser calls `'a`.
macro_rules! pass_on {
    ($(@$proposal:ident $op:ident $({ $($name:ident: $ty:ty),* })? => $visit:ident ($($arity:tt)*))*) => {
        $(fn $visit(&mut self $($(, $name: $ty)*)?) -> Self::Output {
            fold_operator(self, &Operator::$op $({ $($name),* })?)
        })*
    };
}

impl<'a> VisitOperator<'a> for Folder<'_> {
    type Output = Result<(), DecodeError>;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Self::Output>> {
        Some(self)
    }

    wasmparser::for_each_visit_operator!(pass_on);
}

/// wasmparser asks whether an `else` belongs to an `if`, and whether anything may follow. In a valid body both are so.
impl FrameStack for Folder<'_> {
    fn current_frame(&self) -> Option<FrameKind> {
        Some(FrameKind::If)
    }
}

impl VisitSimdOperator<'_> for Folder<'_> {
    wasmparser::for_each_visit_simd_operator!(pass_on);
}

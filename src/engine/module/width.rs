//! A limit on the values that a body's calls, blocks and branches hand on.
//!
//! Two bytes can call a function of 1,000 results, or branch with 1,000 operands, and the specification bounds neither how often,
//! nor how many operands there are at once. Whatever walks a body keeps something for each: a megabyte of branches had the
//! compiler take 12 GB. So a body may hand on so many values and no more; those of a compiler stay far below.
//! spec: appendix/implementation#syntactic-limits

use super::DecodeError;
use wasmparser::{FrameKind, ModuleArity, Operator};

/// Values that every body may hand on, however short it is.
const VALUES: usize = 100_000;

/// Values for each byte of a body. Plain code, whose operands take a byte and more each, needs less than one.
const VALUES_PER_BYTE: usize = 2;

/// How many more values a body may hand on.
#[derive(Clone, Copy, Debug)]
pub struct Width(usize);

impl Width {
    /// What a body of so many bytes may.
    pub fn of_body(bytes: usize) -> Width {
        Width(VALUES.saturating_add(bytes.saturating_mul(VALUES_PER_BYTE)))
    }

    /// Counts values; nothing where they are too many.
    #[inline(always)]
    pub(super) fn take(&mut self, values: usize) -> Option<()> {
        self.0 = self.0.checked_sub(values)?;
        Some(())
    }

    /// Counts what the next operator of a body hands on, for the validator's state in front of it.
    ///
    /// # Errors
    ///
    /// Where the body has handed on too many.
    pub fn count(
        &mut self,
        offset: u64,
        operator: &Operator<'_>,
        validator: &impl ModuleArity,
    ) -> Result<(), DecodeError> {
        // What is not valid is the validator's to name.
        let values = values_of(operator, validator).unwrap_or(0);
        self.take(values).ok_or_else(|| {
            let what = "the calls, blocks and branches of a function hand on too many values: split the function, or \
                        have it pass them in memory";
            DecodeError { offset: usize::try_from(offset).ok(), message: what.to_owned(), missing_feature: None }
        })
    }
}

/// Parameters of a block that begins, results of one that ends, what a branch takes for each target, parameters and results of
/// a call. Nothing for what is not valid.
fn values_of(operator: &Operator<'_>, validator: &impl ModuleArity) -> Option<usize> {
    let label = |depth| {
        let (ty, kind) = validator.label_block(depth)?;
        let (params, results) = validator.block_type_arity(ty)?;
        Some(if kind == FrameKind::Loop { params } else { results } as usize)
    };
    let results = |depth| Some(validator.block_type_arity(validator.label_block(depth)?.0)?.1 as usize);
    let call = |ty| {
        let (params, results) = validator.sub_type_arity(validator.sub_type_at(ty)?)?;
        Some(params as usize + results as usize)
    };
    match *operator {
        Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty } => {
            Some(validator.block_type_arity(blockty)?.0 as usize)
        }
        Operator::Else | Operator::End => results(0),
        Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => label(relative_depth),
        Operator::BrTable { ref targets } => label(targets.default())?.checked_mul(targets.len() as usize + 1),
        Operator::Return => results(validator.control_stack_height().checked_sub(1)?),
        Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
            call(validator.type_index_of_function(function_index)?)
        }
        Operator::CallIndirect { type_index, .. } | Operator::ReturnCallIndirect { type_index, .. } => call(type_index),
        _ => Some(0),
    }
}

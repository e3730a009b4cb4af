//! Why bytes are not a module that can be run: message, position, and the proposal that is missing.

use super::features::proposal_name;
use std::fmt;

/// Why decoding or validating a module failed.
///
/// Displayed as the message, then ` (at offset 0x..)` where a position is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Position in the binary, in bytes, of what is wrong; none where it is the binary as a whole.
    pub offset: Option<usize>,
    /// What is wrong, without the position: lower case, no full stop. Names the missing proposal.
    pub message: String,
    /// The proposal that the module needs and this runner does not have, such as `threads`.
    pub missing_feature: Option<String>,
}

impl DecodeError {
    /// An error about the binary as a whole.
    pub(super) fn whole(message: impl Into<String>) -> DecodeError {
        DecodeError { offset: None, message: message.into(), missing_feature: None }
    }

    /// A body that is valid, and beyond a limit of this runner.
    pub(in crate::engine) fn too_large(message: &str) -> DecodeError {
        DecodeError::whole(message)
    }

    /// An operator that the validator lets through and nothing here knows.
    pub(in crate::engine) fn unknown_operator(operator: &wasmparser::Operator<'_>) -> DecodeError {
        DecodeError::bug(format_args!("no family folds {operator:?}"))
    }

    /// Something that the validator should have refused.
    pub fn bug(message: fmt::Arguments<'_>) -> DecodeError {
        DecodeError::whole(format!("bug in wazero: {message}, although the module was validated"))
    }
}

impl From<wasmparser::Error> for DecodeError {
    fn from(error: wasmparser::Error) -> Self {
        let missing_feature = error.missing_wasm_feature().map(proposal_name);
        let message = match &missing_feature {
            Some(feature) => format!("{}: the proposal `{feature}` is not supported", error.message()),
            None => error.message().to_owned(),
        };
        DecodeError { offset: usize::try_from(error.offset()).ok(), message, missing_feature }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.offset {
            Some(offset) => write!(f, " (at offset {offset:#x})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DecodeError {}

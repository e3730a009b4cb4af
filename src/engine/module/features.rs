//! Which WebAssembly proposals a module may use. One place, so that the validator, error messages and the
//! specification tests agree.

use wasmparser::{Validator, WasmFeatures};

/// How much of WebAssembly a module may use. Each version contains the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WasmVersion {
    /// The specification's version 1.0.
    V1,
    /// The specification's version 2.0.
    V2,
    /// Version 2.0 and every later proposal that the engine supports.
    #[default]
    Latest,
}

impl WasmVersion {
    /// Names of the proposals that modules of the version may use, such as `tail-call`.
    pub fn proposals(self) -> Vec<String> {
        features(self).iter().map(proposal_name).collect()
    }
}

/// What modules of a version may use. Whatever is not named here is refused by the validator, with the proposal's name in
/// the error.
pub fn features(version: WasmVersion) -> WasmFeatures {
    match version {
        WasmVersion::V1 => WasmFeatures::WASM1,
        WasmVersion::V2 => WasmFeatures::WASM2,
        WasmVersion::Latest => {
            WasmFeatures::WASM2
                | WasmFeatures::EXTENDED_CONST
                | WasmFeatures::TAIL_CALL
                | WasmFeatures::MULTI_MEMORY
                | WasmFeatures::RELAXED_SIMD
        }
    }
}

/// The first place where a valid module uses vectors, if it does: for CPUs that have none.
pub fn first_vector(bytes: &[u8], version: WasmVersion) -> Option<usize> {
    let vectors = WasmFeatures::SIMD | WasmFeatures::RELAXED_SIMD;
    let mut validator = Validator::new_with_features(features(version).difference(vectors));
    let error = validator.validate_all(bytes).err()?;
    usize::try_from(error.offset()).ok()
}

/// The name that tools and specifications use for the one proposal in `feature`, such as `custom-page-sizes`.
pub(super) fn proposal_name(feature: WasmFeatures) -> String {
    let names: Vec<String> =
        feature.iter_names().map(|(name, _)| name.to_ascii_lowercase().replace('_', "-")).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_layer_supports_is_off() {
        let unsupported = WasmFeatures::THREADS
            | WasmFeatures::EXCEPTIONS
            | WasmFeatures::GC
            | WasmFeatures::FUNCTION_REFERENCES
            | WasmFeatures::MEMORY64
            | WasmFeatures::CUSTOM_PAGE_SIZES
            | WasmFeatures::WIDE_ARITHMETIC
            | WasmFeatures::COMPACT_IMPORTS
            | WasmFeatures::COMPONENT_MODEL;
        assert!(!features(WasmVersion::Latest).intersects(unsupported));
    }

    #[test]
    fn vectors_are_found_wherever_they_are() {
        for (text, expect) in [
            ("(module (func i32.const 1 drop) (memory 1))", false),
            ("(module (func (param v128)))", true),
            ("(module (func i32.const 0 v128.load drop) (memory 1))", true),
            ("(module (global v128 (v128.const i64x2 0 0)))", true),
            ("(module (func (local v128)))", true),
        ] {
            let binary = wat::parse_str(text).expect("text");
            assert_eq!(first_vector(&binary, WasmVersion::Latest).is_some(), expect, "{text}");
        }
    }

    #[test]
    fn names_are_those_of_the_proposals() {
        assert_eq!(proposal_name(WasmFeatures::CUSTOM_PAGE_SIZES), "custom-page-sizes");
        assert_eq!(proposal_name(WasmFeatures::THREADS), "threads");
        assert!(WasmVersion::Latest.proposals().contains(&"tail-call".to_owned()));
        assert!(!WasmVersion::V1.proposals().contains(&"simd".to_owned()));
    }
}

//! Which proposals a module uses: those without which the validator refuses it.
//!
//! Validation is monotone: what is valid stays valid with one proposal more. So a set of proposals that can be switched off
//! together holds none that is used, and halving the sets finds those that are after few validations.

use crate::api::WasmVersion;
use wasmparser::{Validator, WasmFeatures};

/// What is no proposal of its own but a switch of the validator.
const SWITCHES: WasmFeatures = WasmFeatures::FLOATS.union(WasmFeatures::GC_TYPES);

/// Everything that the validator knows.
pub(super) fn known() -> WasmFeatures {
    WasmFeatures::all()
}

/// Names of the proposals beyond version 1.0 that a valid module uses.
pub(super) fn used(binary: &[u8]) -> Vec<String> {
    let candidates: Vec<WasmFeatures> = known().difference(WasmFeatures::WASM1).difference(SWITCHES).iter().collect();
    let mut found = Vec::new();
    search(binary, &candidates, &mut found);
    let mut names: Vec<String> = found.into_iter().flat_map(|feature| feature.iter_names()).map(name).collect();
    names.sort();
    names
}

/// Those of the names that this runner does not support.
pub(super) fn unsupported(names: &[String]) -> Vec<String> {
    let supported = WasmVersion::Latest.proposals();
    names.iter().filter(|name| !supported.contains(name)).cloned().collect()
}

fn name((name, _): (&str, WasmFeatures)) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

/// Adds those of the candidates that the module uses.
fn search(binary: &[u8], candidates: &[WasmFeatures], found: &mut Vec<WasmFeatures>) {
    let off = candidates.iter().fold(WasmFeatures::empty(), |all, feature| all.union(*feature));
    if candidates.is_empty() || Validator::new_with_features(known().difference(off)).validate_all(binary).is_ok() {
        return;
    }
    match candidates {
        [feature] => found.push(*feature),
        _ => {
            let (low, high) = candidates.split_at(candidates.len() / 2);
            search(binary, low, found);
            search(binary, high, found);
        }
    }
}

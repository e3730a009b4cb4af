//! What an image was made from, by what and for what: everything that code depends on.

use super::digest::{HASH_BYTES, Hash, hash_of};
use crate::engine::compile::runs_on;
use crate::engine::module::WasmVersion;

/// This build, as `build.rs` tells it from all others. Code, tables and contexts of two builds do not mix.
const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("WAZERO_BUILD"));

/// What an image was made from, by what and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Hash of the binary; none where any binary is welcome.
    pub content: Option<Hash>,
    /// How much of WebAssembly the binary was allowed to use.
    pub version: WasmVersion,
    /// The machine, as `Target::description` has it.
    pub target: &'a str,
    /// The build that made it.
    pub(super) build: &'a str,
}

impl<'a> Identity<'a> {
    /// What this build makes.
    pub fn new(content: Option<Hash>, version: WasmVersion, target: &'a str) -> Identity<'a> {
        Identity { content, version, target, build: BUILD }
    }

    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = self.content.unwrap_or_default().to_vec();
        bytes.push(version_number(self.version));
        bytes.push(self.build.len() as u8);
        bytes.extend_from_slice(self.build.as_bytes());
        bytes.extend_from_slice(self.target.as_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &'a [u8]) -> Option<Identity<'a>> {
        let (content, rest) = bytes.split_first_chunk::<HASH_BYTES>()?;
        let ([version, build_len], rest) = rest.split_first_chunk()?;
        let (build, target) = rest.split_at_checked(usize::from(*build_len))?;
        let version = versions().into_iter().find(|known| version_number(*known) == *version)?;
        let (build, target) = (std::str::from_utf8(build).ok()?, std::str::from_utf8(target).ok()?);
        Some(Identity { content: Some(*content), version, target, build })
    }

    /// Whether code of this identity does for one who wants `wanted`.
    pub(super) fn serves(&self, wanted: &Identity<'_>) -> bool {
        self.build == wanted.build
            && self.version == wanted.version
            && runs_on(self.target, wanted.target)
            && (wanted.content.is_none() || self.content == wanted.content)
    }

    /// What the file of this image is called.
    pub(super) fn file_name(&self) -> String {
        hex(&hash_of("wazero 2026 image name", &[&self.to_bytes()]))
    }
}

fn versions() -> [WasmVersion; 3] {
    [WasmVersion::V1, WasmVersion::V2, WasmVersion::Latest]
}

fn version_number(version: WasmVersion) -> u8 {
    match version {
        WasmVersion::V1 => 1,
        WasmVersion::V2 => 2,
        WasmVersion::Latest => 255,
    }
}

/// 64 digits.
pub(super) fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_comes_back_and_serves_itself_alone() {
        let identity = Identity::new(Some([7; 32]), WasmVersion::V2, "x86_64 a\nsse");
        let bytes = identity.to_bytes();
        assert_eq!(Identity::from_bytes(&bytes), Some(identity));
        assert!(identity.serves(&identity));
        assert!(identity.serves(&Identity { content: None, target: "x86_64 a\nsse avx", ..identity }));
        let others = [
            Identity { content: Some([8; 32]), ..identity },
            Identity { version: WasmVersion::Latest, ..identity },
            Identity { target: "x86_64 a\n", ..identity },
            Identity { build: "other", ..identity },
        ];
        for other in others {
            assert!(!identity.serves(&other), "{other:?}");
            assert_ne!(identity.file_name(), other.file_name());
        }
        for len in 0..HASH_BYTES + 2 {
            assert_eq!(Identity::from_bytes(&bytes[..len]), None);
        }
    }
}

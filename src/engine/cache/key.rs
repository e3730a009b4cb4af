//! The user's key: 32 random bytes in a file that nobody else can read. It seals what this user made.

use super::digest::{HASH_BYTES, Hash};
use crate::engine::sys::{Existing, PrivateDir};
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Name of the key file where it stands in the cache's own folder.
const KEY_NAME: &str = "key";

/// What a seal is for. Seals of one purpose say nothing about others.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// An image.
    Image,
    /// A note that a file holds a certain module.
    Index,
}

/// A secret of one user.
#[derive(Clone)]
pub(super) struct Key([u8; HASH_BYTES]);

impl Key {
    /// The key in a file, which is made where there is none. Nothing where it can be neither read nor made, or others can
    /// have read it and it cannot be replaced.
    pub(super) fn at(path: &Path) -> Option<Key> {
        let dir = PrivateDir::open(path.parent()?).ok()?;
        dir.clean();
        Key::in_dir(&dir, path.file_name()?.to_str()?)
    }

    /// The key in the cache's own folder.
    pub(super) fn beside(dir: &PrivateDir) -> Option<Key> {
        Key::in_dir(dir, KEY_NAME)
    }

    fn in_dir(dir: &PrivateDir, name: &str) -> Option<Key> {
        match read(dir, name) {
            Ok(key) => return Some(key),
            Err(ErrorKind::NotFound) => {
                let new = Key::random()?;
                if dir.write(name, &[&new.0], Existing::Keep).is_ok() {
                    return Some(new);
                }
                // Another process was faster.
                if let Ok(key) = read(dir, name) {
                    return Some(key);
                }
            }
            Err(_) => {}
        }
        let new = Key::random()?;
        dir.write(name, &[&new.0], Existing::Replace).ok()?;
        Some(new)
    }

    fn random() -> Option<Key> {
        let mut bytes = [0; HASH_BYTES];
        getrandom::fill(&mut bytes).ok()?;
        Some(Key(bytes))
    }

    /// The seal of a message.
    pub(super) fn seal(&self, purpose: Purpose, message: &[u8]) -> Hash {
        let context = match purpose {
            Purpose::Image => "wazero 2026 image seal",
            Purpose::Index => "wazero 2026 index seal",
        };
        *blake3::keyed_hash(&blake3::derive_key(context, &self.0), message).as_bytes()
    }

    /// Whether a seal is the message's. Takes the same time whatever the answer.
    pub(super) fn has_sealed(&self, purpose: Purpose, message: &[u8], seal: &Hash) -> bool {
        blake3::Hash::from_bytes(self.seal(purpose, message)) == blake3::Hash::from_bytes(*seal)
    }
}

fn read(dir: &PrivateDir, name: &str) -> Result<Key, ErrorKind> {
    let file = dir.open_secret(name).map_err(|error| error.kind())?;
    let mut bytes = Vec::with_capacity(HASH_BYTES);
    file.take(HASH_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.kind())?;
    bytes.try_into().map(Key).map_err(|_| ErrorKind::InvalidData)
}

/// The secret is nobody's to print.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_replaced_where_it_is_broken() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("wazero/key");
        let first = Key::at(&path).expect("a new key");
        assert_eq!(Key::at(&path).map(|key| key.0), Some(first.0));
        let dir = PrivateDir::open(&folder.path().join("wazero")).expect("a folder");
        dir.write("key", &[b"short"], Existing::Replace).expect("written");
        let second = Key::at(&path).expect("a new key");
        assert_ne!(second.0, first.0);
        assert_eq!(Key::at(&path).map(|key| key.0), Some(second.0));
    }

    #[test]
    fn seals_depend_on_key_purpose_and_message() {
        let (key, other) = (Key([1; 32]), Key([2; 32]));
        let seal = key.seal(Purpose::Image, b"message");
        assert!(key.has_sealed(Purpose::Image, b"message", &seal));
        assert!(!key.has_sealed(Purpose::Image, b"massage", &seal));
        assert!(!key.has_sealed(Purpose::Index, b"message", &seal));
        assert!(!other.has_sealed(Purpose::Image, b"message", &seal));
    }
}

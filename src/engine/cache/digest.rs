//! Hashing: what names a module, what finds a changed byte, and who made an image.
//!
//! All of it is BLAKE3. An image's digest is the hash of the hashes of its chunks, so that chunks can be read and hashed
//! by several threads; its seal is a keyed hash of that digest. Whoever does not have the key can make no seal, and with
//! a seal that fits, every byte below the digest is as its maker left it.

use crate::engine::sys::read_exact_at;
use std::fs::File;
use std::sync::Mutex;

/// Bytes of a hash.
pub(super) const HASH_BYTES: usize = 32;

/// A BLAKE3 hash.
pub type Hash = [u8; HASH_BYTES];

/// Bytes that are hashed at a time: few enough to be in the processor's cache still when they have been read.
const CHUNK_BYTES: usize = 1 << 20;

/// From so many bytes on a second thread saves more than it takes to start.
const PARALLEL_BYTES: usize = 4 << 20;

/// More threads than this wait for memory, not for the processor.
const MOST_THREADS: usize = 4;

/// The hash of parts in a row, which are told apart from other uses by `purpose`, and from each other by their lengths.
pub(super) fn hash_of(purpose: &str, parts: &[&[u8]]) -> Hash {
    let mut hasher = blake3::Hasher::new_derive_key(purpose);
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// The hash of bytes that stand in several places.
pub(super) fn hash_parts(parts: &[&[u8]]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// What names a module's contents.
pub fn content_hash(wasm: &[u8]) -> Hash {
    digest(wasm)
}

/// The digest of bytes in memory.
pub(super) fn digest(bytes: &[u8]) -> Hash {
    let mut chunks: Vec<(&[u8], Hash)> = bytes.chunks(CHUNK_BYTES).map(|chunk| (chunk, [0; HASH_BYTES])).collect();
    for_each(&mut chunks, bytes.len(), |(chunk, hash)| {
        *hash = *blake3::hash(chunk).as_bytes();
        true
    });
    root(bytes.len(), chunks.into_iter().map(|(_, hash)| hash))
}

/// Fills `bytes` with what stands at the start of a file and gives their digest; `prepare` may change the first chunk
/// before it is hashed. Nothing where the file cannot be read so far.
pub(super) fn read_and_digest(file: &File, bytes: &mut [u8], prepare: impl Fn(&mut [u8]) + Sync) -> Option<Hash> {
    let len = bytes.len();
    let mut chunks: Vec<_> =
        bytes.chunks_mut(CHUNK_BYTES).enumerate().map(|(number, chunk)| (number, chunk, [0; HASH_BYTES])).collect();
    let is_read = for_each(&mut chunks, len, |(number, chunk, hash)| {
        if read_exact_at(file, chunk, (*number * CHUNK_BYTES) as u64).is_err() {
            return false;
        }
        if *number == 0 {
            prepare(chunk);
        }
        *hash = *blake3::hash(chunk).as_bytes();
        true
    });
    is_read.then(|| root(len, chunks.into_iter().map(|(_, _, hash)| hash)))
}

fn root(len: usize, hashes: impl Iterator<Item = Hash>) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(len as u64).to_le_bytes());
    for hash in hashes {
        hasher.update(&hash);
    }
    *hasher.finalize().as_bytes()
}

/// Does the work for every item, by several threads where `bytes` are worth it. Whether it was done for all.
fn for_each<T: Send>(items: &mut [T], bytes: usize, work: impl Fn(&mut T) -> bool + Sync) -> bool {
    if bytes < PARALLEL_BYTES {
        return items.iter_mut().all(work);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS).min(items.len());
    let queue = Mutex::new(items.iter_mut());
    let next = || queue.lock().ok()?.next();
    let work_off = || {
        while let Some(item) = next() {
            if !work(item) {
                return false;
            }
        }
        true
    };
    std::thread::scope(|scope| {
        // A thread that cannot be started leaves its share to the others.
        let others: Vec<_> =
            (1..threads).filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, work_off).ok()).collect();
        let own = work_off();
        others.into_iter().all(|thread| thread.join().unwrap_or(false)) && own
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_file_has_the_digest_of_its_bytes() {
        let mut file = tempfile::tempfile().expect("a temporary file");
        let bytes: Vec<u8> = (0..PARALLEL_BYTES + CHUNK_BYTES / 2 + 7).map(|number| (number % 251) as u8).collect();
        file.write_all(&bytes).expect("written");
        for len in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, bytes.len()] {
            let mut read = vec![0; len];
            assert_eq!(read_and_digest(&file, &mut read, |_| {}), Some(digest(&bytes[..len])));
            assert_eq!(read, bytes[..len]);
        }
        assert_eq!(read_and_digest(&file, &mut vec![0; bytes.len() + 1], |_| {}), None);
    }

    #[test]
    fn every_part_counts() {
        let mut bytes = vec![0; CHUNK_BYTES + 5];
        let plain = digest(&bytes);
        for position in [0, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 4] {
            bytes[position] = 1;
            assert_ne!(digest(&bytes), plain);
            bytes[position] = 0;
        }
        assert_ne!(digest(&bytes[1..]), plain);
        assert_ne!(hash_of("a", &[b"xy", b"z"]), hash_of("a", &[b"x", b"yz"]));
        assert_ne!(hash_of("a", &[b"xy"]), hash_of("b", &[b"xy"]));
    }
}

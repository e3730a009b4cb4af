//! L5 · [`Artifact`](crate::engine::compile::Artifact)s to files and back, so that the next run neither compiles nor
//! validates.
//!
//! ```text
//!  DIR/wazero-<version>-<arch>-<os>/
//!    <64 hex>   image of a module; named by the hash of its identity (contents, build, machine, options)
//!    <64 hex>   note that a file holds a certain module; named by the hash of the file's identity
//!    key        where the user has no other place for it
//!    tmp/       files that are not whole yet
//! ```
//!
//! **Trust.** Cached code runs with all rights of the process, so nothing is taken on trust that somebody else could have
//! written: folders and files belong to this user and nobody else may change them; every byte is covered by a digest that
//! is sealed with the user's key; and all of that is checked on a copy in memory before anything in it is executable.
//!
//! **Doubt.** A cache can only save time. Whatever is wrong with a file, it is as if it were not there: the module is
//! compiled and the file replaced. What cannot be written is not written. None of it is an error.
//!
//! **A file's identity.** Reading and hashing a large module takes longer than reading its image. So a note remembers
//! which contents a file had, by device, inode, size and times of change. It is made only for a file that has not changed
//! for a while, since a change within the clock's step would go unseen.

mod contents;
mod digest;
mod format;
mod identity;
mod image;
mod key;
#[cfg(all(test, has_compiler))]
mod tests;

pub use contents::{kept_bytes, remove_kept};
pub use digest::{Hash, content_hash};
pub use identity::Identity;
pub use image::{Cold, Image, ImageParts, ImageSource, is_image};

use crate::engine::sys::{Buffer, Existing, FileIdentity, PrivateDir, read_exact_at};
use bytes::Bytes;
use digest::{HASH_BYTES, hash_of, read_and_digest};
use identity::hex;
use image::Trust;
use key::{Key, Purpose};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// Where a cache keeps its files, and whose code it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheOptions {
    /// The folder; none means that nothing is kept.
    pub dir: Option<PathBuf>,
    /// The user's key; none means one in the cache's folder.
    pub key_file: Option<PathBuf>,
    /// Whether images run that somebody else made.
    pub trust_images: bool,
    /// Most bytes that the folder takes; none means that nothing is ever removed.
    pub most_bytes: Option<u64>,
}

/// The cache of an engine. Nothing is opened before it is needed.
#[derive(Debug)]
pub struct Cache {
    options: CacheOptions,
    dir: OnceLock<Option<PrivateDir>>,
    key: OnceLock<Option<Key>>,
}

impl Cache {
    /// A cache with these options.
    pub fn new(options: CacheOptions) -> Cache {
        Cache { options, dir: OnceLock::new(), key: OnceLock::new() }
    }

    /// Whether images of modules are looked up and kept.
    pub fn is_on(&self) -> bool {
        self.options.dir.is_some()
    }

    /// The image that was kept for an identity.
    pub fn find(&self, identity: &Identity<'_>) -> Option<Image> {
        let file = self.dir()?.open_file(&identity.file_name()).ok()?;
        note_use(&file);
        Image::read(ImageSource::File(file), Trust::Sealed(self.key()?), identity)
    }

    /// Keeps an image.
    pub fn store(&self, parts: &ImageParts<'_>) {
        let (Some(dir), Some(key)) = (self.dir(), self.key()) else { return };
        let name = parts.identity.file_name();
        // What cannot be kept is compiled again.
        parts.write(Some(key), |parts| dir.write(&name, parts, Existing::Replace).is_ok());
        if let Some(most) = self.options.most_bytes {
            make_room(dir, most, &name);
        }
    }

    /// The image in a file that the user named, if its code may run here.
    pub fn read_image(&self, source: ImageSource<'_>, identity: &Identity<'_>) -> Option<Image> {
        let trust = match self.options.trust_images {
            true => Trust::Anybody,
            false => Trust::Sealed(self.key()?),
        };
        Image::read(source, trust, identity)
    }

    /// An image for the user to keep. It is sealed where there is a key.
    pub fn image(&self, parts: &ImageParts<'_>) -> Option<Vec<u8>> {
        parts.write(self.key(), |parts| parts.concat())
    }

    /// The hash of a file's contents, if it is known without reading them.
    pub fn known_content(&self, file: &FileIdentity) -> Option<Hash> {
        let mut bytes = Vec::with_capacity(NOTE_BYTES);
        let note = self.dir()?.open_file(&note_name(file)).ok()?;
        note.take(NOTE_BYTES as u64 + 1).read_to_end(&mut bytes).ok()?;
        let (content, seal) = bytes.split_first_chunk::<HASH_BYTES>()?;
        let seal: Hash = seal.try_into().ok()?;
        self.key()?.has_sealed(Purpose::Index, &note_message(file, content), &seal).then_some(*content)
    }

    /// Remembers the hash of a file's contents, which must not be able to change unseen.
    pub fn note_content(&self, file: &FileIdentity, content: &Hash) {
        let (Some(dir), Some(key)) = (self.dir(), self.key()) else { return };
        let seal = key.seal(Purpose::Index, &note_message(file, content));
        // What cannot be kept is found out again.
        let _ = dir.write(&note_name(file), &[content, &seal], Existing::Replace);
    }

    fn dir(&self) -> Option<&PrivateDir> {
        let open = || {
            let dir = PrivateDir::open(&version_dir(self.options.dir.as_ref()?)).ok()?;
            dir.clean();
            Some(dir)
        };
        self.dir.get_or_init(open).as_ref()
    }

    fn key(&self) -> Option<&Key> {
        let own = || Key::at(self.options.key_file.as_ref()?);
        let beside = || Key::beside(self.dir()?);
        self.key.get_or_init(|| own().or_else(beside)).as_ref()
    }
}

/// Has a file count as used now. Not every time, since that is a write.
fn note_use(file: &File) {
    let used = file.metadata().and_then(|metadata| metadata.modified());
    if used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age > NOTED_AGAIN_AFTER)) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Removes files, those first that were used the longest ago, until the rest takes no more than `most` bytes. The file of that
/// name stays, and so does the key.
fn make_room(dir: &PrivateDir, most: u64, but: &str) {
    let mut files = dir.files();
    let mut bytes: u64 = files.iter().map(|(_, len, _)| len).sum();
    files.retain(|(name, ..)| name != but && is_name(name));
    files.sort_by_key(|(_, _, used)| *used);
    for (name, len, _) in files {
        if bytes <= most {
            return;
        }
        dir.remove(&name);
        bytes -= len;
    }
}

/// Whether a file is an image or a note, by its name.
fn is_name(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.len() == 2 * HASH_BYTES && name.iter().all(u8::is_ascii_hexdigit)
}

/// How exactly it is known when a file was used last.
const NOTED_AGAIN_AFTER: Duration = Duration::from_secs(3600);

/// Bytes of a note: the hash of the contents and a seal.
const NOTE_BYTES: usize = 2 * HASH_BYTES;

fn note_name(file: &FileIdentity) -> String {
    hex(&hash_of("wazero 2026 note name", &[&file.to_bytes()]))
}

fn note_message(file: &FileIdentity, content: &Hash) -> Vec<u8> {
    [&file.to_bytes()[..], content].concat()
}

/// What the folders of all versions begin with.
const VERSION_PREFIX: &str = "wazero-";

/// The folder of this version for this machine, named as the Go wazero does.
fn version_dir(dir: &Path) -> PathBuf {
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    dir.join(format!("{VERSION_PREFIX}{}-{arch}-{os}", env!("CARGO_PKG_VERSION")))
}

/// Reads a file that is to be run, a regular one from its start, and tells what identity it has from now on as long as
/// its contents do not change. `before` is its identity before anything was read.
///
/// # Errors
///
/// The system's; `OutOfMemory` for a file that does not fit into memory.
pub fn read_settled(file: &mut File, before: Option<FileIdentity>) -> std::io::Result<(Bytes, Option<FileIdentity>)> {
    let (bytes, (), identity) = read_with(file, before, |file, into| read_exact_at(file, into, 0), |_| ())?;
    Ok((bytes, identity))
}

/// As [`read_settled`], with the hash of the contents, which takes less beside reading than behind it.
///
/// # Errors
///
/// As there.
pub fn read_hashed(
    file: &mut File,
    before: Option<FileIdentity>,
) -> std::io::Result<(Bytes, Hash, Option<FileIdentity>)> {
    let read = |file: &File, into: &mut [u8]| {
        // Whatever stands in the way is found again by who reads it otherwise.
        read_and_digest(file, into, |_| {}).ok_or_else(|| ErrorKind::UnexpectedEof.into())
    };
    read_with(file, before, read, content_hash)
}

/// Reads a file by `read` where its size is usual, which then tells something of its contents as `of` does otherwise.
fn read_with<T>(
    file: &mut File,
    before: Option<FileIdentity>,
    read: impl FnOnce(&File, &mut [u8]) -> std::io::Result<T>,
    of: impl FnOnce(&[u8]) -> T,
) -> std::io::Result<(Bytes, T, Option<FileIdentity>)> {
    // Asked before reading: a change while it is read must make a difference too.
    let is_settled = before.is_some_and(|identity| identity.is_settled());
    let usual = before.map(|identity| identity.len()).filter(|len| BUFFERED.contains(len));
    let whole = usual.map(|len| read_whole(file, len, read)).transpose()?.flatten();
    let (bytes, told) = match whole {
        Some(whole) => whole,
        None => {
            let bytes = Bytes::from(read_to_end(file, before)?);
            let told = of(&bytes);
            (bytes, told)
        }
    };
    let after = crate::engine::sys::file_identity(file)?;
    Ok((bytes, told, after.filter(|after| is_settled && Some(*after) == before)))
}

/// Reads a regular file of that many bytes; nothing where it has become shorter or longer in the meantime.
fn read_whole<T>(
    file: &File,
    len: usize,
    read: impl FnOnce(&File, &mut [u8]) -> std::io::Result<T>,
) -> std::io::Result<Option<(Bytes, T)>> {
    let mut buffer = Buffer::new(len)?;
    let told = match read(file, buffer.bytes_mut()) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        told => told?,
    };
    match read_exact_at(file, &mut [0], len as u64) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(Some((Bytes::from_owner(buffer), told))),
        longer => longer.map(|()| None),
    }
}

/// Reads as much as there is, of a file with an identity from its start.
fn read_to_end(file: &mut File, before: Option<FileIdentity>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(identity) = before {
        bytes.try_reserve_exact(identity.len())?;
        file.rewind()?;
    }
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Files of so many bytes are read into pages of their own. For smaller ones that costs more than it saves, and nothing that is
/// larger can be a module.
const BUFFERED: RangeInclusive<usize> = 64 << 10..=1 << 30;

//! Images from inside: that the contents of one make sense or are refused, even where the seal is right.

use super::digest::{digest, hash_parts};
use super::format::{HEADER_BYTES, Header, Section, blank_seal};
use super::*;
use crate::engine::compile::{AddressTable, Tables, Target, compile_module};
use crate::engine::module::{Decoded, WasmVersion, decode};
use std::io::{Seek, SeekFrom, Write};

const EVERYTHING: &str = r#"(module $named
    (import "host" "f" (func $f (param i32 i64) (result f64)))
    (import "host" "g" (global $g i32))
    (import "host" "m" (memory 1))
    (import "host" "t" (table $t 1 4 funcref))
    (table 3 externref)
    (global (mut v128) (v128.const i64x2 1 2))
    (global funcref (ref.func $own))
    (global i64 (i64.mul (i64.const 4) (i64.const 5)))
    (elem (global.get $g) $f $own)
    (elem funcref (ref.func $own) (ref.null func))
    (elem declare func $own)
    (data (i32.const 5) "hello")
    (data "passive")
    (func $own (export "own") (param i32) (result i32) (i32.div_s (local.get 0) (local.get 0)))
    (func $start unreachable)
    (export "f" (func $f)) (export "g" (global $g)) (export "m" (memory 0)) (export "t" (table $t))
    (start $start))"#;

/// A cache in a folder of its own, and an image that it made.
struct World {
    cache: Cache,
    target: String,
    image: Vec<u8>,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let dir = Some(folder.path().to_owned());
        let cache = Cache::new(CacheOptions { dir, ..CacheOptions::default() });
        let wasm = wat::parse_str(EVERYTHING).expect("text");
        let content = content_hash(&wasm);
        let Decoded { module, bodies } = decode(wasm.into(), WasmVersion::Latest).expect("a module");
        let target = Target::host(true).expect("a target");
        let artifact = compile_module(&target, &module, bodies, None, None).expect("an artifact");
        let target = target.description();
        let parts = ImageParts {
            is_part: false,
            identity: Identity::new(Some(content), WasmVersion::Latest, &target),
            module: &module,
            text: &artifact.text,
            tables: &Tables::new(&artifact),
            addresses: &AddressTable::new(&artifact),
        };
        let image = cache.image(&parts).expect("an image");
        World { cache, target, image, _folder: folder }
    }

    fn read(&self, image: &[u8]) -> Option<Image> {
        let identity = Identity::new(None, WasmVersion::Latest, &self.target);
        self.cache.read_image(ImageSource::Bytes(image), &identity)
    }

    /// Gives bytes the digests and the seal that an image with them would have.
    fn seal(&self, image: &mut [u8]) {
        let Some(header) = header(image) else { return };
        let cold = hash_parts(&[&image[header.hot_len..]]);
        let position = image.windows(32).position(|window| window == header.cold_digest).expect("a cold digest");
        image[position..position + 32].copy_from_slice(&cold);
        let (hot, _) = image.split_at_mut(header.hot_len);
        blank_seal(hot);
        let digest = digest(hot);
        let seal = self.cache.key().expect("a key").seal(Purpose::Image, &digest);
        hot[16..48].copy_from_slice(&seal);
        hot[48..80].copy_from_slice(&digest);
    }
}

fn header(image: &[u8]) -> Option<Header> {
    Header::parse(image.first_chunk::<HEADER_BYTES>()?, image.len() as u64)
}

#[test]
fn an_image_gives_back_what_went_in() {
    let world = World::new();
    let mut again = world.image.clone();
    world.seal(&mut again);
    assert!(again == world.image, "the seal of this test is the real one");
    let image = world.read(&world.image).expect("an image").into_runnable(None).expect("a module");
    let wasm = wat::parse_str(EVERYTHING).expect("text");
    let Decoded { module, .. } = decode(wasm.clone().into(), WasmVersion::Latest).expect("a module");
    assert_eq!(image.module.to_flat(), module.to_flat());
    assert_eq!(image.module.bytes.split_anywhere().map(|parts| parts.concat()), Some(wasm.clone()));
    assert_eq!(ImageSource::Bytes(&world.image).wasm(), Some(wasm));
    assert_eq!(image.tables.function_count(), 2);
}

#[test]
fn whatever_a_sealed_image_holds_it_makes_sense_or_is_refused() {
    let world = World::new();
    let header = header(&world.image).expect("a header");
    let (data, text) = (header.range(Section::Data), header.range(Section::Text));
    // Pages are filled up around the text, on some machines with 64 KiB: one byte of that stands for all.
    let fill = [data.end + 1..text.start, text.end + 1..header.hot_len];
    let is_tried = |position: &usize| !text.contains(position) && !fill.iter().any(|fill| fill.contains(position));
    let mut accepted = 0;
    for position in (0..world.image.len()).filter(is_tried) {
        for flip in [0x01, 0x80, 0xff] {
            let mut broken = world.image.clone();
            broken[position] ^= flip;
            world.seal(&mut broken);
            let runnable = world.read(&broken).and_then(|image| image.into_runnable(None).ok());
            if let Some(image) = runnable {
                accepted += 1;
                let _ = (image.module.layout(), image.module.has_dwarf(), image.cold.addresses());
                let _ = (image.tables.trampolines().count(), image.tables.function_at(7), image.tables.trap_at(7));
            }
            let _ = ImageSource::Bytes(&broken).wasm();
        }
    }
    assert!(accepted > 100, "names and constants may be others");
}

#[test]
fn code_of_other_builds_machines_and_modules_is_not_taken() {
    let world = World::new();
    assert!(world.read(&world.image).is_some());
    let identity = |content, target| Identity::new(content, WasmVersion::Latest, target);
    let read = |identity: Identity<'_>| world.cache.read_image(ImageSource::Bytes(&world.image), &identity);
    assert!(read(identity(Some([0; 32]), &world.target)).is_none());
    assert!(read(identity(None, "x86_64 other\n")).is_none());
    assert!(read(Identity { version: WasmVersion::V2, ..identity(None, &world.target) }).is_none());

    let build = env!("WAZERO_BUILD").as_bytes();
    let mut other = world.image.clone();
    let position = other.windows(build.len()).position(|window| window == build).expect("the build");
    other[position] ^= 1;
    world.seal(&mut other);
    assert!(world.read(&other).is_none(), "an image of another build");

    let mut unsealed = world.image.clone();
    unsealed[16] ^= 1;
    assert!(world.read(&unsealed).is_none(), "an image of another key");
    let dir = world.cache.options.dir.clone();
    let trusting = Cache::new(CacheOptions { trust_images: true, dir, ..CacheOptions::default() });
    assert!(trusting.read_image(ImageSource::Bytes(&unsealed), &identity(None, &world.target)).is_some());
    unsealed[HEADER_BYTES + 1] ^= 1;
    assert!(trusting.read_image(ImageSource::Bytes(&unsealed), &identity(None, &world.target)).is_none());
}

#[test]
fn a_file_that_fits_no_memory_is_an_error() {
    let world = World::new();
    let mut file = tempfile::tempfile().expect("a temporary file");
    // A hole behind everything, which takes no space.
    let len = 1 << 43;
    if file.set_len(len).is_err() {
        return;
    }
    let identity = crate::engine::sys::file_identity(&file).expect("an identity");
    let error = read_settled(&mut file, identity).expect_err("too large");
    assert_eq!(error.kind(), std::io::ErrorKind::OutOfMemory);

    // The same as the end of the binary in an image.
    let mut image = world.image.clone();
    let header = header(&image).expect("a header");
    let after = header.range(Section::WasmAfter);
    let more = len - image.len() as u64;
    let numbers = [(header.file_len, len), (header.wasm_len, header.wasm_len as u64 + more)];
    for (old, new) in numbers.into_iter().chain([(after.len(), after.len() as u64 + more)]) {
        let old = (old as u64).to_le_bytes();
        let position = image[..HEADER_BYTES].windows(8).rposition(|window| window == old).expect("a number");
        image[position..position + 8].copy_from_slice(&new.to_le_bytes());
    }
    file.seek(SeekFrom::Start(0)).expect("at its start");
    file.write_all(&image).expect("written");
    let source = ImageSource::File(file.try_clone().expect("a file"));
    assert!(Header::parse(image.first_chunk().expect("a header"), len).is_some(), "only its size is wrong");
    assert_eq!(source.wasm(), None);
    let identity = Identity::new(None, WasmVersion::Latest, &world.target);
    assert!(world.cache.read_image(ImageSource::File(file), &identity).is_none());
}

//! The cache from outside: whatever happens to its files, programs run as if there were none.
//!
//! `WAZERO_FULL=1 cargo test --release --test cache` takes every bit instead of a sample, and a thousand kills.
#![cfg(all(unix, has_compiler))]
#![allow(clippy::disallowed_methods, reason = "the tests break files on purpose")]
#![allow(clippy::print_stdout, reason = "the counts are what a full run is made for")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use wazero::{Config, Engine, ErrorKind, Linker, Module, Store};

/// No file at all.
const NOTHING: [PathBuf; 0] = [];

/// Writes its name and ends with exit code 7. Long enough to have traps, tables, data and several types.
const PROGRAM: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 0) $six $one)
  (global $divisor (mut i32) (i32.const 6))
  (data (i32.const 16) "NAME\n")
  (func $six (result i32) global.get $divisor)
  (func $one (result i32) (i32.div_u (call $six) (global.get $divisor)))
  (func (export "answer") (result i32)
    (i32.add (call_indirect (result i32) (i32.const 0)) (call_indirect (result i32) (i32.const 1))))
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 5))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $proc_exit (i32.add (call_indirect (result i32) (i32.const 0)) (call_indirect (result i32) (i32.const 1))))))"#;

/// A module, a home and a cache of a test's own.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let world = World { folder: tempfile::tempdir().expect("a temporary folder") };
        world.program("NAME");
        world
    }

    /// Puts the program there that writes a name of four letters.
    fn program(&self, name: &str) {
        fs::write(self.path("m.wasm"), wat::parse_str(PROGRAM.replace("NAME", name)).expect("text")).expect("written");
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
        command.env_clear().env("HOME", self.path("home")).current_dir(self.folder.path());
        command.args(["run", "-cachedir", "cache", "m.wasm"]).stdin(Stdio::null());
        command
    }

    fn run(&self) -> Output {
        self.command().output().expect("wazero runs")
    }

    /// Runs the program, which has to do what it does without a cache.
    #[track_caller]
    fn check(&self) {
        assert_ran(&self.run(), "NAME");
    }

    fn engine(&self) -> Engine {
        let mut config = Config::new();
        config.cache_dir(self.path("cache")).key_file(self.path("home/.cache/wazero/key"));
        Engine::new(&config).expect("an engine")
    }

    fn dir(&self) -> PathBuf {
        let mut entries = entries(&self.path("cache"));
        assert_eq!(entries.len(), 1, "{entries:?}");
        entries.remove(0)
    }

    /// The files in the cache that are longer than a note.
    fn images(&self) -> Vec<PathBuf> {
        let mut files = entries(&self.dir());
        files.retain(|file| file.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() > 64));
        files
    }

    #[track_caller]
    fn image(&self) -> PathBuf {
        let mut images = self.images();
        assert_eq!(images.len(), 1, "{images:?}");
        images.remove(0)
    }

    /// Files that are not whole yet.
    fn unfinished(&self) -> Vec<PathBuf> {
        [self.dir(), self.path("home/.cache/wazero")].iter().flat_map(|dir| entries(&dir.join("tmp"))).collect()
    }
}

#[track_caller]
fn assert_ran(output: &Output, name: &str) {
    let shown =
        (output.status.code(), String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(shown, (Some(7), format!("{name}\n").into(), "".into()));
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
}

fn is_full_run() -> bool {
    std::env::var_os("WAZERO_FULL").is_some()
}

/// What the module's `answer` returns.
fn answer(engine: &Engine, module: &Module) -> i32 {
    let mut linker = Linker::new(engine);
    linker.func_wrap("wasi_snapshot_preview1", "fd_write", |_: i32, _: i32, _: i32, _: i32| 0).expect("defined");
    linker.func_wrap("wasi_snapshot_preview1", "proc_exit", |_: i32| ()).expect("defined");
    let mut store = Store::new(engine, ());
    let instance = linker.instantiate(&mut store, module).expect("an instance");
    let answer = instance.get_typed_func::<(), i32>(&mut store, "answer").expect("an export");
    answer.call(&mut store, ()).expect("a call")
}

#[test]
fn files_belong_to_the_user_alone() {
    let world = World::new();
    world.check();
    world.check();
    let mode = |path: &Path| path.metadata().expect("there").mode() & 0o777;
    let version = world.dir();
    let name = version.file_name().and_then(|name| name.to_str()).expect("a name");
    assert!(name.starts_with(concat!("wazero-", env!("CARGO_PKG_VERSION"), "-")), "{name}");
    let image = world.image();
    assert!(image.file_name().is_some_and(|name| name.len() == 64));
    let key = world.path("home/.cache/wazero/key");
    for dir in [&world.path("cache"), &version, &world.path("home/.cache/wazero")] {
        assert_eq!(mode(dir), 0o700, "{}", dir.display());
    }
    for file in [&image, &key] {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    assert_eq!(world.unfinished(), NOTHING);
}

/// Breaks the image in every way of a kind, and expects that each time the module works and the image is made anew.
/// `damaged` gets the image, the positions in it to try, and how many ways there have been.
fn check_damage(damaged: impl Fn(&[u8], &[usize], usize) -> Option<Vec<u8>>) -> usize {
    let world = World::new();
    let engine = world.engine();
    let module = Module::from_file(&engine, world.path("m.wasm")).expect("a module");
    assert_eq!(answer(&engine, &module), 7);
    let image = world.image();
    let whole = fs::read(&image).expect("an image");
    let positions = positions(&whole);
    let mut count = 0;
    while let Some(broken) = damaged(&whole, &positions, count) {
        fs::write(&image, broken).expect("written");
        let module = Module::from_file(&engine, world.path("m.wasm")).expect("a module");
        assert_eq!(answer(&engine, &module), 7, "damage {count}");
        assert!(fs::read(&image).expect("an image") == whole, "damage {count} was not found");
        count += 1;
    }
    count
}

/// Positions in an image to be tried. Pages are filled up with zeros, on some machines pages of 64 KiB: a full run takes
/// those too, others a KiB of each.
fn positions(whole: &[u8]) -> Vec<usize> {
    let (mut positions, mut zeros) = (Vec::new(), 0);
    for (position, byte) in whole.iter().enumerate() {
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        if is_full_run() || zeros <= 1024 {
            positions.push(position);
        }
    }
    positions
}

#[test]
fn every_flipped_bit_is_found() {
    let step = if is_full_run() { 1 } else { 89 };
    let count = check_damage(|whole, positions, count| {
        let bit = count * step;
        let mut broken = whole.to_vec();
        broken[*positions.get(bit / 8)?] ^= 1 << (bit % 8);
        Some(broken)
    });
    println!("{count} bits");
    assert!(count > 400);
}

#[test]
fn every_truncation_is_found() {
    let step = if is_full_run() { 1 } else { 37 };
    let count = check_damage(|whole, positions, count| positions.get(count * step).map(|end| whole[..*end].to_vec()));
    println!("{count} truncations");
    assert!(check_damage(|whole, _, more| (more < 3).then(|| [whole, &vec![0; more + 1]].concat())) == 3);
}

#[test]
fn damage_does_not_change_exit_code_and_output() {
    let world = World::new();
    world.check();
    let image = world.image();
    let whole = fs::read(&image).expect("an image");
    for part in 0..40 {
        let mut broken = whole.clone();
        broken[part * whole.len() / 40] ^= 0x10;
        fs::write(&image, broken).expect("written");
        world.check();
        assert!(fs::read(&image).expect("an image") == whole);
    }
}

#[test]
fn a_key_that_is_not_the_users_seals_nothing() {
    let world = World::new();
    world.check();
    let (image, key) = (world.image(), world.path("home/.cache/wazero/key"));
    let first = fs::read(&image).expect("an image");
    let own_key = fs::read(&key).expect("a key");

    fs::write(&key, [3; 32]).expect("written");
    world.check();
    assert!(fs::read(&image).expect("an image") != first, "an image of another key was taken");
    assert_eq!(fs::read(&key).expect("a key"), [3; 32]);

    for broken in [&own_key[..31], &[&own_key[..], b"x"].concat(), b""] {
        fs::write(&key, broken).expect("written");
        world.check();
        let new = fs::read(&key).expect("a key");
        assert!(new.len() == 32 && !new.starts_with(&own_key[..31]), "a broken key was taken");
    }

    fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("set");
    let seen = fs::read(&key).expect("a key");
    world.check();
    assert_ne!(fs::read(&key).expect("a key"), seen, "a key that others have seen was taken");

    fs::remove_file(&key).expect("removed");
    fs::write(world.path("elsewhere"), &own_key).expect("written");
    symlink(world.path("elsewhere"), &key).expect("a link");
    world.check();
    assert!(key.symlink_metadata().is_ok_and(|metadata| metadata.is_file()), "a link to a key was followed");
}

/// Puts something in the place of the image, which has to give way to the image.
fn check_replaced(replace: impl Fn(&Path, &[u8])) {
    let world = World::new();
    world.check();
    let image = world.image();
    let whole = fs::read(&image).expect("an image");
    fs::remove_file(&image).expect("removed");
    replace(&image, &whole);
    let start = Instant::now();
    world.check();
    assert!(start.elapsed() < Duration::from_secs(10));
    let metadata = image.symlink_metadata().expect("an image");
    assert!(metadata.is_file() && metadata.mode() & 0o777 == 0o600 && metadata.uid() == own_uid());
    assert!(fs::read(&image).expect("an image") == whole);
}

fn own_uid() -> u32 {
    Path::new("/proc/self").metadata().map_or(0, |metadata| metadata.uid())
}

#[test]
fn what_is_no_file_of_the_users_is_replaced() {
    check_replaced(|image, _| fs::create_dir(image).expect("a folder"));
    check_replaced(|image, whole| {
        let elsewhere = image.with_extension("elsewhere");
        fs::write(&elsewhere, whole).expect("written");
        symlink(elsewhere, image).expect("a link");
    });
    check_replaced(|image, _| symlink("nowhere", image).expect("a link"));
    check_replaced(|image, _| assert!(Command::new("mkfifo").arg(image).status().is_ok_and(|status| status.success())));
    for mode in [0o620, 0o602, 0o666] {
        check_replaced(|image, whole| {
            fs::write(image, whole).expect("written");
            fs::set_permissions(image, Permissions::from_mode(mode)).expect("set");
        });
    }
    if own_uid() == 0 {
        check_replaced(|image, whole| {
            fs::write(image, whole).expect("written");
            std::os::unix::fs::chown(image, Some(65534), None).expect("given away");
        });
    }
}

#[test]
fn folders_that_cannot_be_used_cost_time_only() {
    type Spoil = fn(&World);
    let spoils: [Spoil; 7] = [
        // Others can write.
        |world| fs::set_permissions(world.dir(), Permissions::from_mode(0o777)).expect("set"),
        // Nobody can write.
        |world| fs::set_permissions(world.dir(), Permissions::from_mode(0o500)).expect("set"),
        |world| fs::set_permissions(world.dir(), Permissions::from_mode(0o000)).expect("set"),
        // Something else is in the way.
        |world| {
            let dir = world.dir();
            fs::rename(&dir, world.path("moved")).expect("moved");
            symlink(world.path("moved"), dir).expect("a link");
        },
        |world| {
            let dir = world.dir();
            fs::remove_dir_all(&dir).expect("removed");
            fs::write(dir, "").expect("written");
        },
        |world| {
            fs::remove_file(world.image()).expect("removed");
            symlink("/", world.dir().join("tmp")).expect("a link");
        },
        // The home is gone, or has never been one.
        |world| {
            fs::remove_dir_all(world.path("home")).expect("removed");
            fs::write(world.path("home"), "").expect("written");
        },
    ];
    for (number, spoil) in spoils.iter().enumerate() {
        let world = World::new();
        world.check();
        spoil(&world);
        for _ in 0..2 {
            let output = world.run();
            assert_eq!(output.status.code(), Some(7), "{number}: {output:?}");
            world.check();
        }
        // So that it can be removed.
        let _ = fs::set_permissions(world.dir(), Permissions::from_mode(0o700));
    }
}

#[test]
fn without_a_home_the_key_is_in_the_cache() {
    let world = World::new();
    for _ in 0..2 {
        assert_ran(&world.command().env_remove("HOME").output().expect("wazero runs"), "NAME");
    }
    assert!(world.dir().join("key").metadata().is_ok_and(|key| key.mode() & 0o777 == 0o600 && key.len() == 32));
    assert_eq!(world.images().len(), 1);
}

#[test]
fn a_cache_that_does_not_fit_is_left_out() {
    let world = World::new();
    world.check();
    let image = world.image();
    // Units are 512 bytes or a KiB, so that this is a half or all but a little.
    let script = format!(r#"ulimit -f {} && exec "$0" "$@""#, (image.metadata().expect("an image").len() - 1) >> 10);
    fs::remove_file(image).expect("removed");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_wazero"), "run", "-cachedir", "cache", "m.wasm"]);
    let output = command.current_dir(world.folder.path()).env("HOME", world.path("home")).output().expect("sh runs");
    assert_ran(&output, "NAME");
    assert_eq!((world.images().len(), world.unfinished().len()), (0, 0));
}

#[test]
fn another_module_in_the_same_file_is_another_module() {
    let (start, world) = (Instant::now(), World::new());
    world.check();
    world.check();
    // At once, with the same length, in the same file: only the contents differ.
    world.program("ELSE");
    assert_ran(&world.run(), "ELSE");
    world.program("NAME");
    world.check();
    let at_once = start.elapsed() < Duration::from_secs(1);

    // Once the file has settled, its contents are known without reading it.
    std::thread::sleep(Duration::from_millis(2_200));
    world.check();
    let notes = entries(&world.dir()).iter().filter(|file| file.metadata().is_ok_and(|file| file.len() == 64)).count();
    // A machine that is slow may have had time to note what was there before.
    assert!(notes == 1 || notes > 1 && !at_once, "{notes} notes");
    world.check();
    let modified = world.path("m.wasm").metadata().and_then(|metadata| metadata.modified()).expect("a time");
    world.program("ELSE");
    let file = fs::File::options().write(true).open(world.path("m.wasm")).expect("the module");
    file.set_modified(modified).expect("set");
    assert_ran(&world.run(), "ELSE");
}

/// Functions that are not compiled are interpreted from the module's own file, which then is no part of the image.
#[test]
fn what_a_run_keeps_does_without_the_binary() {
    let world = World::new();
    let data = format!("(data (i32.const 1000) \"{}\") (data (i32.const 16)", "x".repeat(500_000));
    let program = PROGRAM.replace("\"memory\") 1", "\"memory\") 8").replace("(data (i32.const 16)", &data);
    fs::write(world.path("m.wasm"), wat::parse_str(program).expect("text")).expect("written");
    let len = || world.image().metadata().expect("an image").len();
    world.check();
    assert!(len() < 200_000, "{}", len());
    world.check();
    // The same from elsewhere, whose identity nobody knows.
    fs::copy(world.path("m.wasm"), world.path("copy")).expect("copied");
    fs::rename(world.path("copy"), world.path("m.wasm")).expect("renamed");
    world.check();
    assert_eq!(world.images().len(), 1);
    // A whole image holds it.
    assert!(wazero(&world, "home", &["compile", "-cachedir", "cache", "m.wasm"]).status.success());
    assert!(len() > 500_000, "{}", len());
    world.check();
}

#[test]
fn many_processes_share_a_cache() {
    let world = World::new();
    for _ in 0..2 {
        let spawn = |_| world.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("wazero runs");
        let children: Vec<Child> = (0..64).map(spawn).collect();
        for child in children {
            assert_ran(&child.wait_with_output().expect("wazero ran"), "NAME");
        }
        world.image();
    }
    world.check();
    assert_eq!(world.unfinished(), NOTHING);
}

#[test]
fn a_kill_at_any_instant_leaves_nothing_behind() {
    let count = if is_full_run() { 1_000 } else { 40 };
    let world = World::new();
    let start = Instant::now();
    world.check();
    let span = start.elapsed();
    let mut leftovers = 0;
    for number in 0..count {
        let _ = fs::remove_file(world.image());
        if number % 8 == 0 {
            let _ = fs::remove_file(world.path("home/.cache/wazero/key"));
        }
        let mut child = world.command().stdout(Stdio::null()).spawn().expect("wazero runs");
        // A sequence that fills the span evenly.
        let instant = (f64::from(number) * 0.618_033_988_749_895).fract();
        std::thread::sleep(span.mul_f64(instant));
        child.kill().expect("killed");
        child.wait().expect("ended");
        leftovers += world.unfinished().len();
        world.check();
        assert_eq!(world.unfinished(), NOTHING, "kill {number}");
        world.image();
        world.check();
    }
    println!("{count} kills, {leftovers} unfinished files");
}

#[test]
fn what_a_dead_writer_left_is_removed_and_what_a_live_one_writes_is_not() {
    let world = World::new();
    world.check();
    let (dead, live) = (world.dir().join("tmp/dead"), world.dir().join("tmp/live"));
    fs::create_dir_all(world.dir().join("tmp")).expect("a folder");
    fs::write(&dead, "half").expect("written");
    fs::write(&live, "half").expect("written");
    let writer = fs::File::open(&live).expect("open");
    writer.lock().expect("locked");
    world.check();
    assert_eq!(world.unfinished(), [live]);
    // Not by closing it alone: what another test is just starting may still hold a copy of the descriptor, and with it the lock.
    writer.unlock().expect("unlocked");
    drop(writer);
    world.check();
    assert_eq!(world.unfinished(), NOTHING);
}

/// Runs `wazero` with these words.
fn wazero(world: &World, home: &str, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
    command.args(words).env_clear().env("HOME", world.path(home)).current_dir(world.folder.path());
    command.output().expect("wazero runs")
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let world = World::new();
    for (dir, failed) in [("/proc/foo", "/proc/foo"), ("/proc/foo/bar", "/proc/foo")] {
        let output = wazero(&world, "home", &["run", "-cachedir", dir, "m.wasm"]);
        let message = format!("invalid cachedir: create directory {dir}: mkdir {failed}: no such file or directory\n");
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()), (Some(1), message));
    }
}

#[test]
fn images_run_wherever_they_are_taken() {
    let world = World::new();
    let compiled = wazero(&world, "home", &["compile", "-o", "m.cwasm", "m.wasm"]);
    assert!(compiled.status.success(), "{compiled:?}");
    fs::remove_file(world.path("m.wasm")).expect("removed");
    for home in ["home", "other"] {
        for flag in ["-trust-image=false", "-trust-image"] {
            assert_ran(&wazero(&world, home, &["run", flag, "m.cwasm"]), "NAME");
        }
    }
    for target in ["aarch64-linux", "x86_64-linux", "x86_64-unknown-linux-gnu", "aarch64-apple-darwin"] {
        let compiled = wazero(&world, "home", &["compile", "-o", "n.cwasm", "-target", target, "m.cwasm"]);
        assert!(compiled.status.success(), "{compiled:?}");
        assert_ran(&wazero(&world, "home", &["run", "n.cwasm"]), "NAME");
    }
}

/// `WAZERO_ELSEWHERE="aarch64-linux qemu-aarch64 path/to/wazero"` names a machine, and how the same build for it is run here.
#[test]
fn code_that_is_made_here_runs_elsewhere() {
    let Ok(words) = std::env::var("WAZERO_ELSEWHERE") else {
        println!("WAZERO_ELSEWHERE names no build for another machine");
        return;
    };
    let words: Vec<&str> = words.split_whitespace().collect();
    let [target, program, arguments @ ..] = &words[..] else { panic!("a machine and a command") };
    let world = World::new();
    // So large that the binary is not read before somebody wants it.
    let padding = format!(r#"(@custom "padding" "{}"))"#, "x".repeat(2 << 20));
    let text = PROGRAM.strip_suffix(')').expect("a module").to_owned() + &padding;
    fs::write(world.path("m.wasm"), wat::parse_str(text).expect("text")).expect("written");
    let compiled = wazero(&world, "home", &["compile", "-o", "m.cwasm", "-target", target, "m.wasm"]);
    assert!(compiled.status.success(), "{compiled:?}");
    // Compiling anew would fail.
    let mut image = fs::read(world.path("m.cwasm")).expect("an image");
    let start = image.windows(8).rposition(|window| window == b"\0asm\x01\0\0\0").expect("the binary");
    image[start] ^= 1;
    fs::write(world.path("m.cwasm"), image).expect("written");
    let mut command = Command::new(program);
    command.args(arguments).args(["run", "-trust-image", "m.cwasm"]).current_dir(world.folder.path());
    assert_ran(&command.output().expect("the other build runs"), "NAME");
}

#[test]
fn code_of_an_image_runs_for_its_maker_and_those_who_trust_it() {
    let world = World::new();
    let engine = world.engine();
    let bytes = fs::read(world.path("m.wasm")).expect("a module");
    let module = Module::new(&engine, &bytes).expect("a module");
    let mut image = module.serialize().expect("an image");
    assert_eq!(Module::deserialize(&engine, &image).and_then(|module| module.serialize()).ok().as_ref(), Some(&image));
    assert_eq!(answer(&engine, &Module::deserialize(&engine, &image).expect("a module")), 7);

    // What tells code from compiling anew: the binary in the image, which has its own digest, is broken.
    let name = image.windows(5).rposition(|window| window == b"NAME\n").expect("the data");
    let start = image.windows(8).rposition(|window| window == b"\0asm\x01\0\0\0").expect("the binary");
    assert!(start > name, "data is hot, the binary's start is cold");
    image[start] ^= 1;
    assert_eq!(Module::deserialize(&engine, &image).expect_err("broken").kind(), ErrorKind::Compile);
    for len in (0..image.len()).step_by(61) {
        assert!(Module::deserialize(&engine, &image[..len]).is_err(), "{len}");
    }
}

/// A program that is run without any flag is kept in the user's own folder.
#[test]
fn the_users_own_folder_is_used_unless_that_is_refused() {
    let world = World::new();
    let run = |refusal: &[&str], variable: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
        command.env_clear().env("HOME", world.path("home")).current_dir(world.folder.path()).stdin(Stdio::null());
        variable.map(|value| command.env("WAZERO_CACHE_DIR", value));
        assert_ran(&command.arg("run").args(refusal).arg("m.wasm").output().expect("wazero runs"), "NAME");
    };
    let kept = |folder: &str| entries(&world.path(folder)).iter().filter(|path| !path.ends_with("tmp")).count();
    run(&["-no-cache"], None);
    run(&[], Some(""));
    assert_eq!(kept("home/.cache/wazero"), 0);
    run(&[], None);
    assert_eq!(kept("home/.cache/wazero"), 2, "a folder for this version, and the key");
    run(&[], None);
    run(&[], Some("elsewhere"));
    assert_eq!(kept("elsewhere"), 1);
    // Where it cannot be made, nothing is said.
    fs::write(world.path("file"), "").expect("written");
    run(&[], Some("file"));
    run(&[], Some("file/below"));
}

/// What was used the longest ago goes first, and never what was just kept.
#[test]
fn a_bounded_cache_forgets_what_was_used_long_ago() {
    let world = World::new();
    let mut config = Config::new();
    config.cache_dir(world.path("cache")).key_file(world.path("key"));
    let images = || {
        let versions = fs::read_dir(world.path("cache")).into_iter().flatten().flatten();
        let files = versions.flat_map(|version| fs::read_dir(version.path()).into_iter().flatten().flatten());
        files.filter(|file| file.file_name().len() == 64).map(|file| file.path()).collect::<Vec<_>>()
    };
    let text = |number: usize| format!("(module (memory 1) (data (i32.const 0) \"{}{number}\"))", "x".repeat(30_000));
    let keep = |config: &Config, number| {
        let binary = wat::parse_str(text(number)).expect("text");
        Module::new(&Engine::new(config).expect("engine"), &binary).expect("module");
    };
    keep(&config, 8);
    // How much one takes is up to the size of the machine's pages.
    let bytes = images()[0].metadata().expect("an image").len();
    fs::remove_file(&images()[0]).expect("removed");
    config.cache_bytes(bytes * 3 + bytes / 3);
    for number in 0..8 {
        let before = images();
        keep(&config, number);
        let after = images();
        let new: Vec<_> = after.iter().filter(|file| !before.contains(file)).collect();
        assert_eq!((new.len(), after.len()), (1, (number + 1).min(3)), "after {number}");
        // Older by the hour with each, so that the order is known.
        let used = std::time::SystemTime::now() - Duration::from_secs(3600 * (8 - number as u64));
        fs::File::options().write(true).open(new[0]).and_then(|file| file.set_modified(used)).expect("a time");
    }
}

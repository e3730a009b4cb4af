//! Profiles of guests: through the API, and as the files of `-cpuprofile` and `-memprofile`.

#![allow(clippy::disallowed_methods, reason = "a test reads the files that the runner wrote")]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use wazero::{AsContextMut, Caller, Config, Engine, Instance, Linker, Module, Profile, Profiler, Store, Strategy};

/// One sampling a process.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Each function waits for a division of its own: an interrupt arrives where the processor waits, and in a loop without it
/// thousands of samples in a row may be of the same one of two functions.
const WORK: &str = r#"(module
  (import "host" "spin" (func $spin))
  (import "host" "again" (func $again))
  (memory 1 100)
  (func $leaf (param i32) (result i32) (i32.div_u (i32.const -1) (i32.or (local.get 0) (i32.const 1))))
  (func $compute (local i32 i32)
    (local.set 1 (i32.const 100000))
    (loop $more
      (local.set 0 (i32.div_u (i32.const -2) (i32.or (call $leaf (local.get 0)) (i32.const 1))))
      (br_if $more (local.tee 1 (i32.sub (local.get 1) (i32.const 1))))))
  (func $fill (local i32)
    (local.set 0 (i32.const 40))
    (loop $more
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536))
      (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $grow (drop (memory.grow (i32.const 2))))
  (func $deep (param i32)
    (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (call $compute)))
    (drop (memory.size)) (i32.store (i32.const 0) (local.get 0)))
  (func (export "compute") (call $compute))
  (func (export "fill") (call $fill))
  (func (export "grow") (call $grow) (call $grow) (drop (memory.grow (i32.const 200))))
  (func (export "spin") (call $spin))
  (func (export "nested") (call $again))
  (func (export "deep") (call $deep (i32.const 5000)))
  (func (export "abyss") (call $deep (i32.const 400000))))"#;

struct World {
    store: Store<Option<Instance>>,
    instance: Instance,
    profiler: Profiler,
}

fn world() -> World {
    world_of(Strategy::Auto)
}

fn world_of(strategy: Strategy) -> World {
    let engine = Engine::new(Config::new().strategy(strategy)).expect("engine");
    let module = Module::new(&engine, &wat::parse_str(WORK).expect("text")).expect("module");
    let profiler = Profiler::new().expect("profiler");
    let mut store = Store::new(&engine, None);
    store.set_profiler(&profiler).expect("an empty store");
    let mut linker: Linker<Option<Instance>> = Linker::new(&engine);
    linker.func_wrap("host", "spin", || spin(Duration::from_millis(2))).expect("defined");
    linker
        .func_wrap("host", "again", |mut caller: Caller<'_, Option<Instance>>| {
            let instance = caller.data().expect("set");
            let compute = instance.get_typed_func::<(), ()>(caller.as_context_mut(), "compute")?;
            compute.call(caller.as_context_mut(), ())
        })
        .expect("defined");
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    *store.data_mut() = Some(instance);
    World { store, instance, profiler }
}

fn spin(span: Duration) {
    let start = Instant::now();
    while start.elapsed() < span {}
}

/// A profile's stacks as text, outermost function first.
fn stacks(profile: &Profile) -> Vec<String> {
    let names = |sample: &wazero::ProfileSample| -> Vec<&str> {
        sample.stack.iter().rev().map(|position| profile.frames[*position].func.as_str()).collect()
    };
    profile.samples.iter().map(|sample| names(sample).join(" ")).collect()
}

/// Calls an export again and again until all of the stacks were seen.
fn wait_for(export: &str, wanted: &[&str]) -> Profile {
    wait_for_of(Strategy::Auto, export, wanted)
}

fn wait_for_of(strategy: Strategy, export: &str, wanted: &[&str]) -> Profile {
    let _alone = alone();
    let mut world = world_of(strategy);
    let run = world.instance.get_typed_func::<(), ()>(&mut world.store, export).expect("export");
    let sampling = world.profiler.sample_this_thread().expect("nobody else samples");
    let start = Instant::now();
    loop {
        run.call(&mut world.store, ()).expect("no trap");
        let profile = world.profiler.cpu_profile();
        let found = stacks(&profile);
        if wanted.iter().all(|stack| found.iter().any(|found| found == stack)) {
            drop(sampling);
            return profile;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{wanted:?} not in {found:?}");
    }
}

#[test]
fn functions_are_found_where_they_are() {
    let profile = wait_for("compute", &["compute compute leaf", "compute compute"]);
    let stacks = stacks(&profile);
    assert!(stacks.iter().all(|stack| stack.starts_with("compute")), "{stacks:?}");
    assert!(profile.samples.iter().all(|sample| sample.count > 0 && sample.amount > 0));
    assert_eq!(profile.lost, 0);
}

/// The interpreter's time in helpers is the instruction's own.
#[cfg(has_compiler)]
#[test]
fn time_in_the_runtime_counts_for_its_caller() {
    wait_for("fill", &["fill fill memory.fill"]);
    wait_for("spin", &["spin host.spin"]);
}

#[test]
fn interpreted_functions_are_found_as_well() {
    let profile = wait_for_of(Strategy::Interpreter, "compute", &["compute compute leaf", "compute compute"]);
    let stacks = stacks(&profile);
    assert!(stacks.iter().all(|stack| stack.starts_with("compute")), "{stacks:?}");
    wait_for_of(Strategy::Interpreter, "spin", &["spin host.spin"]);
    wait_for_of(Strategy::Interpreter, "nested", &["nested host.again compute compute leaf"]);
}

#[test]
fn nested_calls_show_all_that_led_to_them() {
    wait_for("nested", &["nested host.again compute compute leaf"]);
}

/// Walking such a stack takes longer than the time between two samples.
#[test]
fn the_deepest_stacks_leave_the_program_its_time() {
    let _alone = alone();
    let mut world = world();
    let run = world.instance.get_typed_func::<(), ()>(&mut world.store, "abyss").expect("export");
    let sampling = world.profiler.sample_this_thread().expect("nobody else samples");
    let start = Instant::now();
    while world.profiler.cpu_profile().samples.is_empty() {
        run.call(&mut world.store, ()).expect("no trap");
    }
    drop(sampling);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn deep_stacks_begin_with_their_root() {
    let _alone = alone();
    let mut world = world();
    let run = world.instance.get_typed_func::<(), ()>(&mut world.store, "deep").expect("export");
    let _sampling = world.profiler.sample_this_thread().expect("nobody else samples");
    let start = Instant::now();
    let is_whole = |stack: &String| stack.starts_with("deep [omitted frames] deep deep") && stack.ends_with("leaf");
    loop {
        run.call(&mut world.store, ()).expect("no trap");
        let found = stacks(&world.profiler.cpu_profile());
        if found.iter().any(is_whole) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", found.first());
    }
}

#[test]
fn growth_is_noted_with_its_stack() {
    if cfg!(has_compiler) {
        growth_is_noted(Strategy::Compiler, 2);
    }
    // Of interpreted functions instructions are not told apart.
    growth_is_noted(Strategy::Interpreter, 1);
}

fn growth_is_noted(strategy: Strategy, stacks_of_grow: usize) {
    let mut world = world_of(strategy);
    let run = world.instance.get_typed_func::<(), ()>(&mut world.store, "grow").expect("export");
    run.call(&mut world.store, ()).expect("no trap");
    drop(world.store);
    let profile = world.profiler.memory_profile();
    let mut found: Vec<_> =
        stacks(&profile).into_iter().zip(profile.samples.iter().map(|sample| (sample.count, sample.amount))).collect();
    found.sort();
    let expect = [("[initial memory]", (1, 65_536)), ("grow grow memory.grow", (2, 4 * 65_536))];
    // The two calls stand at different instructions, so that they are two stacks of equal names.
    let total: u64 = found.iter().filter(|(stack, _)| stack == expect[1].0).map(|(_, (_, amount))| amount).sum();
    assert_eq!((found[0].0.as_str(), found[0].1), expect[0]);
    assert_eq!(total, expect[1].1.1);
    assert_eq!(found.len(), 1 + stacks_of_grow, "{found:?}");
}

/// A profiler's helpers note their callers on the way, and pass on every operand, also those in memory.
#[test]
fn helpers_get_all_their_operands() {
    let engine = Engine::new(&Config::new()).expect("engine");
    let text = r#"(module
      (memory 1) (data $bytes "abcdefgh")
      (table $one 8 funcref) (table $two 8 funcref)
      (elem $functions func $f $g)
      (type $number (func (result i32)))
      (func $f (type $number) (i32.const 11)) (func $g (type $number) (i32.const 22))
      (func (export "run") (result i32)
        (memory.init $bytes (i32.const 100) (i32.const 2) (i32.const 3))
        (table.init $one $functions (i32.const 3) (i32.const 0) (i32.const 2))
        (table.copy $two $one (i32.const 6) (i32.const 3) (i32.const 2))
        (table.fill $one (i32.const 0) (ref.func $g) (i32.const 2))
        (i32.add
          (i32.add
            (i32.mul (i32.const 1000000) (i32.load8_u (i32.const 102)))
            (i32.mul (i32.const 10000) (call_indirect $two (type $number) (i32.const 6))))
          (i32.add
            (i32.mul (i32.const 100) (call_indirect $two (type $number) (i32.const 7)))
            (call_indirect $one (type $number) (i32.const 1))))))"#;
    let module = Module::new(&engine, &wat::parse_str(text).expect("text")).expect("module");
    let profiler = Profiler::new().expect("profiler");
    let mut store = Store::new(&engine, ());
    store.set_profiler(&profiler).expect("an empty store");
    let instance = Linker::new(&engine).instantiate(&mut store, &module).expect("instance");
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").expect("export");
    assert_eq!(run.call(&mut store, ()).expect("no trap"), 101_112_222);
}

#[test]
fn misuse_is_an_error() {
    let _alone = alone();
    let mut used = world();
    let other = Profiler::new().expect("profiler");
    assert!(used.store.set_profiler(&other).is_err(), "the store is not empty");
    let mut empty = Store::new(used.store.engine(), None::<Instance>);
    assert!(empty.set_profiler(&used.profiler).is_err(), "the profiler is taken");
    empty.set_profiler(&other).expect("both are free");
    let sampling = used.profiler.sample_this_thread().expect("nobody else samples");
    assert!(other.sample_this_thread().is_err(), "somebody else samples");
    drop(sampling);
    other.sample_this_thread().expect("nobody else samples");
}

/// Built by `tests/dwarf/build.sh`: inlined functions with their lines.
/// Of interpreted functions instructions are not told apart.
#[cfg(has_compiler)]
#[test]
fn inlined_functions_have_names_and_lines() {
    let _alone = alone();
    let engine = Engine::new(&Config::new()).expect("engine");
    let module = Module::new(&engine, include_bytes!("dwarf/trace.wasm")).expect("module");
    let profiler = Profiler::new().expect("profiler");
    let mut store = Store::new(&engine, ());
    store.set_profiler(&profiler).expect("an empty store");
    let mut linker = Linker::new(&engine);
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    linker.instance(&store, "dwarf", instance).expect("defined");
    // Called from wasm, so that the time goes there and not into entering it.
    let caller = r#"(module (import "dwarf" "run" (func $run (param i32) (result i32)))
      (func (export "calls") (local i32)
        (local.set 0 (i32.const 300000))
        (loop $more
          (drop (call $run (i32.const 7)))
          (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#;
    let caller = Module::new(&engine, &wat::parse_str(caller).expect("text")).expect("module");
    let caller = linker.instantiate(&mut store, &caller).expect("instance");
    let calls = caller.get_typed_func::<(), ()>(&mut store, "calls").expect("export");
    let _sampling = profiler.sample_this_thread().expect("nobody else samples");
    let start = Instant::now();
    loop {
        calls.call(&mut store, ()).expect("no trap");
        let profile = profiler.cpu_profile();
        let places = profile.frames.iter().flat_map(|frame| &frame.locations);
        let mut names = places.filter(|place| place.inlined && place.file == "/src/trace.c" && place.line > 0);
        if names.any(|place| place.function.as_deref() == Some("divide")) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", profile.frames);
    }
}

/// Runs a program with both flags; `ending` is what it does after it has worked.
fn run(folder: &Path, flags: &[&str], ending: &str) -> Output {
    let text = format!(
        r#"(module
          (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
          (memory (export "memory") 1)
          (func $work (local i32)
            (drop (memory.grow (i32.const 1)))
            (local.set 0 (i32.const 30000000))
            (loop $more (br_if $more (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
          (func (export "_start") (call $work) {ending}))"#
    );
    let module = folder.join("m.wat");
    std::fs::write(&module, text).expect("module");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
    command
        .arg("run")
        .args(flags)
        .arg("-cpuprofile")
        .arg(folder.join("cpu"))
        .arg("-memprofile")
        .arg(folder.join("mem"));
    command.arg(module).output().expect("wazero")
}

#[test]
fn files_are_written_however_a_run_ends() {
    let endings: [(&[&str], &str, i32); 4] = [
        (&[], "", 0),
        (&[], "(call $proc_exit (i32.const 7))", 7),
        (&[], "unreachable", 1),
        (&["-timeout=2s"], "(loop $forever (br $forever))", 255),
    ];
    // An emulator may need longer for the files than a timeout leaves them, and then says so.
    let mut is_slow = false;
    for (flags, ending, code) in endings {
        let folder = tempfile::tempdir().expect("folder");
        let start = Instant::now();
        let output = run(folder.path(), flags, ending);
        is_slow |= ending.is_empty() && start.elapsed() > Duration::from_secs(1);
        let stderr = String::from_utf8_lossy(&output.stderr);
        // Windows keeps all 32 bits.
        assert_eq!(output.status.code().map(|code| code & 0xff), Some(code), "{ending}: {stderr}");
        assert!(start.elapsed() < Duration::from_secs(60), "{ending}");
        if is_slow && code == 255 && stderr.contains("not written in time") {
            continue;
        }
        assert!(!stderr.contains("warning"), "{stderr}");
        for file in ["cpu", "mem"] {
            let bytes = std::fs::read(folder.path().join(file)).expect("profile");
            assert!(bytes.len() > 50 && bytes.starts_with(&[0x1f, 0x8b]), "{ending}: {file} {bytes:?}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_ends_the_run_before_it_begins() {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::create_dir(folder.path().join("mem")).expect("folder");
    let output = run(folder.path(), &[], "(call $proc_exit (i32.const 7))");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.starts_with("error creating memory profile output: open "), "{stderr}");
    let reason = if cfg!(windows) { ": Access is denied.\n" } else { ": is a directory\n" };
    assert!(stderr.ends_with(reason), "{stderr}");
}

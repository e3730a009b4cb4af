//! Every kind of trap through the API: code, backtrace text, and that the store can go on afterwards.

use wazero::{
    AsContextMut, Backtrace, Caller, Config, Engine, Error, Extern, Instance, Linker, MemoryChecks, Module, Store,
    Strategy, TrapCode,
};

/// All that can run a module. What a program sees does not depend on it.
const STRATEGIES: &[Strategy] = if cfg!(has_compiler) {
    &[
        Strategy::Compiler,
        Strategy::Interpreter,
        Strategy::Crossing,
        Strategy::TiersAfter(0),
        Strategy::TiersAfter(1),
        Strategy::TiersAfter(4),
    ]
} else {
    &[Strategy::Interpreter]
};

fn instance(strategy: Strategy, checks: MemoryChecks, wat: &str) -> (Store<()>, Instance) {
    let mut config = Config::new();
    config.strategy(strategy).memory_checks(checks);
    if strategy != Strategy::Compiler {
        // What is not optimised takes its time to use up a stack.
        config.wasm_stack_bytes(4 << 20);
    }
    let engine = Engine::new(&config).expect("engine");
    let module = Module::new(&engine, &wat::parse_str(wat).expect("text")).expect("module");
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker.func_wrap("env", "fail", |_: i32| -> Result<(), Error> { Err(Error::msg("no")) }).expect("defined");
    linker.func_wrap("env", "again", call_again).expect("defined");
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    (store, instance)
}

/// Calls the export of the calling instance that is named `again`.
fn call_again(mut caller: Caller<'_, ()>) -> Result<(), Error> {
    let Some(Extern::Func(again)) = caller.get_export("again") else { return Err(Error::msg("no export `again`")) };
    again.call(caller.as_context_mut(), &[], &mut [])
}

/// Calls the export `run`, which must trap, twice, whatever runs it.
fn trap_with(checks: MemoryChecks, wat: &str) -> (TrapCode, String) {
    let first = trap_of(STRATEGIES[0], checks, wat);
    for &strategy in STRATEGIES {
        assert_eq!(trap_of(strategy, checks, wat), first, "{strategy:?}");
    }
    first
}

fn trap_of(strategy: Strategy, checks: MemoryChecks, wat: &str) -> (TrapCode, String) {
    let (mut store, instance) = instance(strategy, checks, wat);
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("export");
    let mut trap = || {
        let error = run.call(&mut store, ()).expect_err("trap");
        (error.trap().expect("a trap"), error.backtrace().expect("a backtrace").to_string())
    };
    let first = trap();
    assert_eq!(trap(), first, "the second time is like the first");
    first
}

#[test]
fn tables_trap_by_kind() {
    let cases = [
        ("(call_indirect (type $t) (i32.const 3))", TrapCode::UndefinedElement),
        ("(call_indirect (type $t) (i32.const -1))", TrapCode::UndefinedElement),
        ("(call_indirect (type $t) (i32.const 2))", TrapCode::UninitializedElement),
        ("(call_indirect (type $t) (i32.const 1))", TrapCode::IndirectCallTypeMismatch),
        ("(drop (table.get (i32.const 3)))", TrapCode::TableOutOfBounds),
        ("(table.set (i32.const 3) (ref.null func))", TrapCode::TableOutOfBounds),
        ("(table.fill (i32.const 2) (ref.null func) (i32.const 2))", TrapCode::TableOutOfBounds),
        ("(table.copy (i32.const 2) (i32.const 0) (i32.const 2))", TrapCode::TableOutOfBounds),
    ];
    for (body, code) in cases {
        let wat = format!(
            "(module (type $t (func)) (table 3 funcref) (elem (i32.const 0) $run $other)
               (func $other (param i32)) (func $run (export \"run\") {body}))"
        );
        for checks in [MemoryChecks::Auto, MemoryChecks::Checked] {
            assert_eq!(trap_with(checks, &wat), (code, "wasm stack trace:\n\t.run()".to_owned()), "{body}");
        }
    }
}

#[test]
fn memories_trap_at_their_end_however_they_are_checked() {
    let cases = [
        ("(drop (i32.load8_u (i32.const 0x10000)))", true),
        ("(drop (i32.load8_u (i32.const 0xffff)))", false),
        ("(drop (i64.load (i32.const 0xfff9)))", true),
        ("(drop (i64.load (i32.const 0xfff8)))", false),
        ("(i32.store offset=0x7fffffff (i32.const 0x7fffffff) (i32.const 1))", true),
        ("(i32.store offset=0xffffffff (i32.const 0xffffffff) (i32.const 1))", true),
        ("(v128.store (i32.const 0xfff1) (v128.const i64x2 0 0))", true),
        ("(memory.fill (i32.const 0xffff) (i32.const 1) (i32.const 2))", true),
        ("(memory.copy (i32.const 0) (i32.const 0xffff) (i32.const 2))", true),
        ("(memory.init $d (i32.const 0xffff) (i32.const 0) (i32.const 2))", true),
        ("(memory.init $d (i32.const 0) (i32.const 2) (i32.const 3))", true),
    ];
    for (body, traps) in cases {
        let wat = format!("(module (memory 1) (data $d \"abc\") (func $run (export \"run\") {body}))");
        for checks in [MemoryChecks::Auto, MemoryChecks::Checked] {
            if traps {
                assert_eq!(trap_with(checks, &wat).0, TrapCode::MemoryOutOfBounds, "{body} {checks:?}");
            } else {
                for &strategy in STRATEGIES {
                    let (mut store, instance) = instance(strategy, checks, &wat);
                    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("export");
                    run.call(&mut store, ()).expect("inside");
                }
            }
        }
    }
}

/// Runtime helpers and host functions run on the wasm stack, but never into its guard.
#[test]
fn recursion_that_calls_the_runtime_overflows_cleanly() {
    let bodies = [
        "(drop (memory.grow (i32.const 0)))",
        "(memory.fill (i32.const 0) (i32.const 0) (local.get 0))",
        "(memory.copy (i32.const 0) (i32.const 8) (local.get 0))",
        "(drop (table.grow (ref.null func) (i32.const 0)))",
        "(table.copy (i32.const 0) (i32.const 0) (i32.const 1))",
        "(elem.drop $e)",
        "(data.drop $d)",
        "(if (i32.eq (local.get 0) (i32.const -1)) (then (call $fail (i32.const 1))))",
    ];
    for body in bodies {
        let wat = format!(
            "(module (import \"env\" \"fail\" (func $fail (param i32))) (memory 1) (table 3 funcref) (data $d \"\")
               (elem $e func) (func $deep (param i32)
                 {body} (call $deep (i32.and (i32.add (local.get 0) (i32.const 1)) (i32.const 31)))
                 {body})
               (func (export \"run\") (call $deep (i32.const 0))))"
        );
        let (code, trace) = trap_with(MemoryChecks::Auto, &wat);
        assert_eq!(code, TrapCode::StackOverflow, "{body}");
        assert_eq!(trace.matches("\n\t.deep(i32)").count(), 30, "{trace}");
        assert!(trace.ends_with("\n\t... maybe followed by omitted frames"), "{trace}");
    }
}

/// Frames of both executors and of host functions between them, in one trace.
#[test]
fn mixed_stacks_have_all_their_frames() {
    let wat = r#"(module $m
      (import "env" "again" (func $again))
      (type $t (func (param i64 v128 f32) (result f64)))
      (table funcref (elem $second))
      (func $first (param i64 v128 f32) (result f64)
        (call_indirect (type $t) (local.get 0) (local.get 1) (local.get 2) (i32.const 0)))
      (func $second (type $t)
        (if (i64.eqz (local.get 0)) (then (call $again) unreachable))
        (call $first (i64.sub (local.get 0) (i64.const 1)) (local.get 1) (local.get 2)))
      (func $third (param i32) (if (local.get 0) (then (call $third (i32.sub (local.get 0) (i32.const 1)))) (else unreachable)))
      (func (export "again") (call $third (i32.const 2)))
      (func (export "run") (drop (call $first (i64.const 1) (v128.const i64x2 1 2) (f32.const 0)))))"#;
    let (code, trace) = trap_with(MemoryChecks::Auto, wat);
    assert_eq!(code, TrapCode::Unreachable);
    let (first, second, third) = ("m.first(i64,v128,f32) f64", "m.second(i64,v128,f32) f64", "m.third(i32)");
    let frames = [third, third, third, "m.$4()", "env.again()", second, first, second, first, "m.$5()"];
    assert_eq!(trace, format!("wasm stack trace:\n\t{}", frames.join("\n\t")));
}

/// Small functions become parts of their callers and are named all the same, at whatever instruction they trap.
#[test]
fn inlined_functions_have_their_frames() {
    let traps = [
        "unreachable",
        "(i32.div_u (local.get 0) (local.get 0)) drop",
        "(drop (i32.load offset=0xfffffff0 (local.get 0)))",
    ];
    for trap in traps {
        let wat = format!(
            "(module $m (memory 1)
               (func $inner (param i32) (result i32) (local i64 v128)
                 (if (i32.eqz (local.get 0)) (then {trap}))
                 (return (local.get 0)))
               (func $middle (param i32) (result i32)
                 (block (br_if 0 (i32.eqz (local.get 0))) (return (call $inner (local.get 0))))
                 (call $inner (local.get 0)))
               (func $outer (param i32) (result i32) (i32.add (call $middle (i32.const 5)) (call $middle (local.get 0))))
               (func $run (export \"run\") (local $i i32)
                 (local.set $i (i32.const 9))
                 (loop $l
                   (drop (call $outer (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
                   (br_if $l (i32.ge_s (local.get $i) (i32.const 0))))))"
        );
        let (_, trace) = trap_with(MemoryChecks::Auto, &wat);
        let frames = ["m.inner(i32) i32", "m.middle(i32) i32", "m.outer(i32) i32", "m.run()"];
        assert_eq!(trace, format!("wasm stack trace:\n\t{}", frames.join("\n\t")), "{trap}");
    }
}

/// What earlier runs have compiled names them too, also where it was put together from several runs.
#[cfg(has_compiler)]
#[test]
fn inlined_functions_of_images_have_their_frames() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = Config::new();
    config.strategy(Strategy::TiersAfter(0)).cache_dir(folder.path()).key_file(folder.path().join("key"));
    let functions = |name: char| {
        format!(
            "(func ${name}_inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
             (func ${name}_outer (param i32) (result i32) (i32.add (call ${name}_inner (local.get 0)) (i32.const 1)))
             (func (export \"{name}\") (param i32) (result i32) (call ${name}_outer (local.get 0)))"
        )
    };
    let wasm =
        wat::parse_str(format!("(module {} {} {})", functions('a'), functions('b'), functions('c'))).expect("text");
    // Each run calls one function more, and compiles it beside those that it finds.
    for count in 1..=4 {
        let engine = Engine::new(&config).expect("engine");
        let module = Module::new(&engine, &wasm).expect("module");
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module).expect("instance");
        for (number, name) in ["a", "b", "c"].into_iter().enumerate().take(count) {
            let run = instance.get_typed_func::<i32, i32>(&mut store, name).expect("export");
            let error = run.call(&mut store, 0).expect_err("trap");
            let exported = 3 * number + 2;
            assert_eq!(
                error.backtrace().expect("a backtrace").to_string(),
                format!(
                    "wasm stack trace:\n\t.{name}_inner(i32) i32\n\t.{name}_outer(i32) i32\n\t.${exported}(i32) i32"
                ),
                "run {count}"
            );
        }
        let (found, compiled) = (usize::from(count > 1), usize::from(count < 4));
        assert_eq!(module.published_batches(), found + compiled, "run {count}");
        module.keep();
    }
}

#[test]
fn tail_calls_leave_no_frames() {
    let wat = "(module (func $last (param i32) (if (local.get 0)
            (then (return_call $last (i32.sub (local.get 0) (i32.const 1))))) unreachable)
          (func $run (export \"run\") (call $last (i32.const 1000000))))";
    let expect = (TrapCode::Unreachable, "wasm stack trace:\n\t.last(i32)\n\t.run()".to_owned());
    assert_eq!(trap_with(MemoryChecks::Auto, wat), expect);
}

/// Built by `tests/dwarf/build.sh`: a division by zero two inlined calls deep.
const WITH_DWARF: &[u8] = include_bytes!("dwarf/trace.wasm");

/// Calls `run(0)`, which divides by zero. Nothing for a module that is refused.
fn trace_of(engine: &Engine, bytes: &[u8]) -> Option<Backtrace> {
    let module = Module::new(engine, bytes).ok()?;
    let mut store = Store::new(engine, ());
    let instance = Linker::new(engine).instantiate(&mut store, &module).expect("instance");
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run").expect("export");
    let error = run.call(&mut store, 0).expect_err("trap");
    assert_eq!(error.trap(), Some(TrapCode::IntegerDivideByZero));
    error.backtrace().cloned()
}

#[test]
fn dwarf_gives_lines_also_of_inlined_functions() {
    for &strategy in STRATEGIES {
        let engine = Engine::new(Config::new().strategy(strategy)).expect("engine");
        assert_eq!(
            trace_of(&engine, WITH_DWARF).expect("backtrace").to_string(),
            "wasm stack trace:\n\
         \ttrace.wasm.work(i32,i32) i32\n\
         \t\t0x7: /src/trace.c:3:14 (inlined)\n\
         \t\t     /src/trace.c:7:12 (inlined)\n\
         \t\t     /src/trace.c:11:12\n\
         \ttrace.wasm.run(i32) i32\n\
         \t\t0x15: /src/trace.c:15:12",
            "{strategy:?}"
        );
    }
}

#[test]
fn broken_dwarf_costs_lines_only() {
    // Hundreds of reservations are slow where an emulator keeps book of their pages.
    let engine = Engine::new(Config::new().memory_checks(MemoryChecks::Checked)).expect("engine");
    let debug = WITH_DWARF.windows(6).position(|bytes| bytes == b".debug").expect("DWARF");
    let names = WITH_DWARF.windows(6).position(|bytes| bytes == b"\x04name\x00").expect("names");
    for position in debug..names {
        let mut bytes = WITH_DWARF.to_vec();
        bytes[position] ^= 0xff;
        if let Some(trace) = trace_of(&engine, &bytes) {
            assert_eq!(trace.frames.len(), 2, "byte {position}");
        }
    }
}

/// Set in the process that [`faults_of_host_functions_are_not_traps`] starts, and that must die.
#[cfg(unix)]
const CHILD: &str = "WAZERO_TEST_HOST_FAULT";

#[cfg(unix)]
#[test]
fn faults_of_host_functions_are_not_traps() {
    use std::os::unix::process::ExitStatusExt;

    #[allow(clippy::disallowed_methods, reason = "tells the child from its parent")]
    if std::env::var_os(CHILD).is_some() {
        overflow_in_the_host();
        return;
    }
    // Not `current_exe`: in an emulator that is the program, and this is how it is started.
    let program = std::env::args_os().next().expect("this test");
    let child = std::process::Command::new(program)
        .args(["--exact", "faults_of_host_functions_are_not_traps"])
        .env(CHILD, "1")
        .output()
        .expect("child");
    // Rust's own handler may recognise the overflow and abort instead.
    let signal = child.status.signal();
    assert!(signal == Some(11) || signal == Some(6), "{:?} {}", child.status, String::from_utf8_lossy(&child.stdout));
}

/// Has a host function use up the stack that it runs on.
#[cfg(unix)]
fn overflow_in_the_host() {
    fn deep(level: u64) -> u64 {
        let bytes = std::hint::black_box([level; 64]);
        if level == u64::MAX { 0 } else { deep(level + 1) + bytes[7] }
    }
    let engine = Engine::new(&Config::new()).expect("engine");
    let wat = "(module (import \"env\" \"deep\" (func $deep)) (func (export \"run\") call $deep))";
    let module = Module::new(&engine, &wat::parse_str(wat).expect("text")).expect("module");
    let mut linker = Linker::new(&engine);
    linker.func_wrap("env", "deep", || assert!(deep(0) > 0)).expect("defined");
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("export");
    let _ = run.call(&mut store, ());
}

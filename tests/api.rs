//! The embedding API from outside: what an embedder can do, and what happens where they do it wrong.

use std::fmt;
use wazero::{
    Caller, Config, Engine, Error, ErrorKind, ExceededLimit, Extern, ExternRef, ExternType, Func, FuncType, Global,
    GlobalType, Instance, Linker, Memory, MemoryChecks, MemoryType, Module, RefType, Resource, Store, StoreLimits,
    Table, TableType, TrapCode, TypedFunc, Val, ValType,
};

/// An engine, and a store with data.
fn store<T: 'static>(data: T) -> Store<T> {
    let engine = Engine::new(&Config::new()).expect("engine");
    Store::new(&engine, data)
}

fn module<T: 'static>(store: &Store<T>, text: &str) -> Module {
    let bytes = wat::parse_str(text).expect("text format");
    Module::new(store.engine(), &bytes).expect("module")
}

/// Instantiates `text` with what `define` puts into a linker.
fn instance<T: 'static>(store: &mut Store<T>, text: &str, define: impl FnOnce(&mut Linker<T>)) -> Instance {
    let module = module(store, text);
    let mut linker = Linker::new(store.engine());
    define(&mut linker);
    linker.instantiate(&mut *store, &module).expect("instance")
}

const ADD: &str = r#"(module (func (export "add") (param i32 i32) (result i32)
    local.get 0 local.get 1 i32.add))"#;

#[test]
fn typed_and_untyped_calls_agree() {
    let mut store = store(());
    let instance = instance(&mut store, ADD, |_| ());
    let add = instance.get_typed_func::<(i32, i32), i32>(&mut store, "add").expect("typed");
    assert_eq!(add.call(&mut store, (40, 2)).expect("call"), 42);
    let func = instance.get_func(&mut store, "add").expect("export");
    let mut results = [Val::I64(0)];
    func.call(&mut store, &[Val::I32(40), Val::I32(-41)], &mut results).expect("call");
    assert_eq!(results[0].i32(), Some(-1));
    assert_eq!(func.ty(&store).expect("type"), FuncType::new([ValType::I32, ValType::I32], [ValType::I32]));
}

#[test]
fn calls_are_checked() {
    let mut store = store(());
    let instance = instance(&mut store, ADD, |_| ());
    let wrong = instance.get_typed_func::<(i32, i64), i32>(&mut store, "add").expect_err("another type");
    assert_eq!(wrong.kind(), ErrorKind::Link);
    let missing = instance.get_typed_func::<(), ()>(&mut store, "sub").expect_err("no such export");
    assert!(missing.to_string().contains("sub"), "{missing}");
    let func = instance.get_func(&mut store, "add").expect("export");
    let too_few = func.call(&mut store, &[Val::I32(1)], &mut [Val::I32(0)]).expect_err("too few parameters");
    assert_eq!(too_few.kind(), ErrorKind::Link);
    let no_room = func.call(&mut store, &[Val::I32(1), Val::I32(1)], &mut []).expect_err("no room for the result");
    assert_eq!(no_room.kind(), ErrorKind::Link);
    let mistyped = func.call(&mut store, &[Val::I32(1), Val::I64(1)], &mut [Val::I32(0)]).expect_err("an i64");
    assert_eq!(mistyped.kind(), ErrorKind::Link);
}

#[test]
fn host_functions_take_every_type() {
    let text = r#"(module
        (import "host" "all" (func $all (param i32 i32 i64 i64 f32 f64 funcref externref) (result i64)))
        (func (export "run") (param externref) (result i64)
            i32.const -1 i32.const -2 i64.const -3 i64.const -4 f32.const 1.5 f64.const -2.5
            ref.func 1 local.get 0 call $all)
        (func $self (export "self")))"#;
    let mut store = store(String::new());
    let instance = instance(&mut store, text, |linker| {
        let all = |mut caller: Caller<'_, String>,
                   a: i32,
                   b: u32,
                   c: i64,
                   d: u64,
                   e: f32,
                   f: f64,
                   func: Option<Func>,
                   value: Option<ExternRef>| {
            let name = value.as_ref().and_then(ExternRef::downcast_ref::<&str>).copied().unwrap_or("null");
            *caller.data_mut() = format!("{a} {b} {c} {d} {e} {f} {} {name}", func.is_some());
            7i64
        };
        linker.func_wrap("host", "all", all).expect("define");
    });
    let run = instance.get_typed_func::<Option<ExternRef>, i64>(&mut store, "run").expect("typed");
    assert_eq!(run.call(&mut store, Some(ExternRef::new("word"))).expect("call"), 7);
    assert_eq!(store.data(), "-1 4294967294 -3 18446744073709551612 1.5 -2.5 true word");
    run.call(&mut store, None).expect("call");
    assert!(store.data().ends_with("true null"));
}

#[test]
fn sixteen_parameters_arrive_in_order() {
    let params = "i32 i64 f32 f64 ".repeat(4);
    let text = format!(
        r#"(module (import "host" "sum" (func $sum (param {params}) (result f64)))
            (func (export "run") (param {params}) (result f64) {} call $sum))"#,
        (0..16).map(|index| format!("local.get {index} ")).collect::<String>()
    );
    type P = (i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64, i32, i64, f32, f64);
    let mut store = store(());
    let instance = instance(&mut store, &text, |linker| {
        #[rustfmt::skip]
        let sum = |a: i32, b: i64, c: f32, d: f64, e: i32, f: i64, g: f32, h: f64,
                   i: i32, j: i64, k: f32, l: f64, m: i32, n: i64, o: f32, p: f64| -> f64 {
            let ints = [a as i64, b, e as i64, f, i as i64, j, m as i64, n];
            let floats = [c as f64, d, g as f64, h, k as f64, l, o as f64, p];
            let weigh = |sum: f64, (place, value): (usize, f64)| sum + (place + 1) as f64 * value;
            ints.iter().map(|int| *int as f64).chain(floats).enumerate().fold(0.0, weigh)
        };
        linker.func_wrap("host", "sum", sum).expect("define");
    });
    let run = instance.get_typed_func::<P, f64>(&mut store, "run").expect("typed");
    let sum =
        run.call(&mut store, (1, 2, 9.0, 10.0, 3, 4, 11.0, 12.0, 5, 6, 13.0, 14.0, 7, 8, 15.0, 16.0)).expect("call");
    assert_eq!(sum, (1..=16).map(|value| (value * value) as f64).sum::<f64>());
}

/// Some C conventions promise what stands above a value of 32 bits in its register.
#[test]
fn host_functions_see_nothing_above_32_bits() {
    let text = r#"(module
        (import "host" "signed" (func $signed (param i32) (result i64)))
        (import "host" "unsigned" (func $unsigned (param i32) (result i64)))
        (func (export "run") (param i64) (result i64 i64)
            (call $signed (i32.wrap_i64 (local.get 0))) (call $unsigned (i32.wrap_i64 (local.get 0)))))"#;
    let mut store = store(());
    let instance = instance(&mut store, text, |linker| {
        linker.func_wrap("host", "signed", i64::from as fn(i32) -> i64).expect("define");
        linker.func_wrap("host", "unsigned", i64::from as fn(u32) -> i64).expect("define");
    });
    let run = instance.get_typed_func::<i64, (i64, i64)>(&mut store, "run").expect("typed");
    for high in [0, 1 << 32, -1 << 32, 1 << 63] {
        assert_eq!(run.call(&mut store, high | 5).expect("call"), (5, 5));
        assert_eq!(run.call(&mut store, high | 0xffff_fffe).expect("call"), (-2, 0xffff_fffe));
    }
}

#[test]
fn several_results() {
    let text = r#"(module
        (import "host" "swap" (func $swap (param i32 f64) (result f64 i32)))
        (import "host" "dynamic" (func $dynamic (param i32) (result i32 i64 v128)))
        (func (export "swap") (param i32 f64) (result f64 i32) local.get 0 local.get 1 call $swap)
        (func (export "dynamic") (param i32) (result i32 i64 v128) local.get 0 call $dynamic))"#;
    let mut store = store(());
    let instance = instance(&mut store, text, |linker| {
        linker.func_wrap("host", "swap", |a: i32, b: f64| (b, a)).expect("define");
        let ty = FuncType::new([ValType::I32], [ValType::I32, ValType::I64, ValType::V128]);
        let dynamic = |_: Caller<'_, ()>, params: &[Val], results: &mut [Val]| {
            let value = params[0].i32().ok_or_else(|| Error::msg("an i32"))?;
            results[0] = Val::I32(value + 1);
            results[1] = Val::I64(i64::from(value) + 2);
            results[2] = Val::V128(u128::MAX - 1);
            Ok(())
        };
        linker.func_new("host", "dynamic", ty, dynamic).expect("define");
    });
    let swap = instance.get_typed_func::<(i32, f64), (f64, i32)>(&mut store, "swap").expect("typed");
    assert_eq!(swap.call(&mut store, (1, 2.5)).expect("call"), (2.5, 1));
    let mut results = [Val::I32(0), Val::I32(0), Val::I32(0)];
    let dynamic = instance.get_func(&mut store, "dynamic").expect("export");
    dynamic.call(&mut store, &[Val::I32(40)], &mut results).expect("call");
    assert_eq!((results[0].i32(), results[1].i64(), results[2].v128()), (Some(41), Some(42), Some(u128::MAX - 1)));
}

#[derive(Debug, PartialEq)]
struct Refused(u32);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused {}", self.0)
    }
}

impl std::error::Error for Refused {}

const CALL_HOST: &str = r#"(module $guest (import "host" "fail" (func $fail))
    (func $inner call $fail) (func (export "run") call $inner))"#;

#[test]
fn host_errors_come_back() {
    let mut store = store(());
    let instance = instance(&mut store, CALL_HOST, |linker| {
        linker.func_wrap("host", "fail", || -> Result<(), Error> { Err(Error::host(Refused(9))) }).expect("define");
    });
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("typed");
    let error = run.call(&mut store, ()).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Host);
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused(9)));
    assert_eq!(error.to_string(), "refused 9");
    let stack = error.backtrace().expect("backtrace").to_string();
    assert!(stack.contains("host.fail()") && stack.contains("guest.inner()"), "{stack}");
    run.call(&mut store, ()).expect_err("the store goes on");
}

#[test]
fn exit_ends_the_program_without_backtrace() {
    let mut store = store(());
    let instance = instance(&mut store, CALL_HOST, |linker| {
        linker.func_wrap("host", "fail", || -> Result<(), Error> { Err(Error::exit(3)) }).expect("define");
    });
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("typed");
    let error = run.call(&mut store, ()).expect_err("exit");
    assert_eq!((error.kind(), error.exit_code()), (ErrorKind::Exit(3), Some(3)));
    assert!(error.backtrace().is_none());
}

#[test]
fn host_panics_are_bugs() {
    let mut store = store(());
    let instance = instance(&mut store, CALL_HOST, |linker| {
        // Without the hook's message in the middle of the test's output.
        let fail = || -> Result<(), Error> { std::panic::resume_unwind(Box::new("of no use")) };
        linker.func_wrap("host", "fail", fail).expect("define");
    });
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("typed");
    let error = run.call(&mut store, ()).expect_err("panic");
    assert_eq!(error.kind(), ErrorKind::Bug);
    assert!(error.to_string().contains("of no use"), "{error}");
}

#[test]
fn traps_carry_code_and_backtrace() {
    let text = r#"(module $m
        (func $inner (param i32) (result i32) local.get 0 i32.const 0 i32.div_s)
        (func (export "div") (param i32) (result i32) local.get 0 call $inner)
        (func (export "stop") unreachable)
        (func $forever (export "forever") (result i32) call $forever i32.const 1 i32.add))"#;
    let mut store = store(());
    let instance = instance(&mut store, text, |_| ());
    let div = instance.get_typed_func::<i32, i32>(&mut store, "div").expect("typed");
    let error = div.call(&mut store, 1).expect_err("division by zero");
    assert_eq!(error.trap(), Some(TrapCode::IntegerDivideByZero));
    assert_eq!(error.to_string(), "integer divide by zero");
    let stack = error.backtrace().expect("backtrace").to_string();
    assert!(stack.contains("m.inner(i32) i32"), "{stack}");
    assert!(stack.contains("m.$1(i32) i32"), "{stack}");
    let stop = instance.get_typed_func::<(), ()>(&mut store, "stop").expect("typed");
    assert_eq!(stop.call(&mut store, ()).expect_err("trap").trap(), Some(TrapCode::Unreachable));
    let forever = instance.get_typed_func::<(), i32>(&mut store, "forever").expect("typed");
    for _ in 0..2 {
        assert_eq!(forever.call(&mut store, ()).expect_err("trap").trap(), Some(TrapCode::StackOverflow));
    }
}

#[test]
fn memories() {
    let text = r#"(module (memory (export "memory") 1 3)
        (func (export "load") (param i32) (result i32) local.get 0 i32.load))"#;
    let mut store = store(());
    let instance = instance(&mut store, text, |_| ());
    let memory = instance.get_memory(&mut store, "memory").expect("export");
    assert_eq!(memory.size(&store).expect("size"), 1);
    memory.write(&mut store, 65532, &42u32.to_le_bytes()).expect("write");
    let load = instance.get_typed_func::<u32, u32>(&mut store, "load").expect("typed");
    assert_eq!(load.call(&mut store, 65532).expect("call"), 42);
    assert_eq!(load.call(&mut store, 65533).expect_err("beyond").trap(), Some(TrapCode::MemoryOutOfBounds));
    assert!(memory.write(&mut store, 65533, &[0; 4]).is_err());
    assert!(memory.read(&store, usize::MAX, &mut [0; 4]).is_err());
    assert_eq!(memory.grow(&mut store, 2).expect("grow"), 1);
    assert!(memory.grow(&mut store, 1).is_err());
    assert_eq!(load.call(&mut store, 65533).expect("call"), 0);
    memory.data_mut(&mut store).expect("data")[3 * 65536 - 1] = 1;
    assert_eq!(load.call(&mut store, 3 * 65536 - 4).expect("call"), 1 << 24);
    let mut bytes = [0; 4];
    memory.read(&store, 65532, &mut bytes).expect("read");
    assert_eq!(u32::from_le_bytes(bytes), 42);
    assert_eq!(memory.ty(&store).expect("type").max, Some(3));
}

#[test]
fn host_functions_reach_the_callers_memory() {
    let text = r#"(module (import "host" "shout" (func $shout (param i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 8) "hello") (global (export "g") i32 (i32.const 5))
        (func (export "run") (result i32) i32.const 8 i32.const 5 call $shout))"#;
    let mut store = store(Vec::new());
    let instance = instance(&mut store, text, |linker| {
        let shout = |mut caller: Caller<'_, Vec<u8>>, at: u32, len: u32| -> Result<u32, Error> {
            let (memory, log) = caller.memory_and_data().ok_or_else(|| Error::msg("no memory"))?;
            let text = &mut memory[at as usize..][..len as usize];
            text.make_ascii_uppercase();
            log.extend_from_slice(text);
            let global = caller.get_export("g").and_then(Extern::into_global).ok_or_else(|| Error::msg("no global"))?;
            let memory = caller.get_export("memory").and_then(Extern::into_memory);
            let memory = memory.ok_or_else(|| Error::msg("no memory"))?;
            assert_eq!(&memory.data(&caller)?[8..13], b"HELLO");
            assert!(caller.backtrace().to_string().contains("() i32"));
            Ok(global.get(&mut caller)?.i32().unwrap_or(0).cast_unsigned())
        };
        linker.func_wrap("host", "shout", shout).expect("define");
    });
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").expect("typed");
    assert_eq!(run.call(&mut store, ()).expect("call"), 5);
    assert_eq!(store.data(), b"HELLO");
}

#[test]
fn tables() {
    let text = r#"(module (import "host" "table" (table 2 funcref)) (export "again" (table 0))
        (func $one (export "one") (result i32) i32.const 1)
        (func $two (result i32) i32.const 2)
        (elem (i32.const 1) $two)
        (func (export "call") (param i32) (result i32) local.get 0 call_indirect (result i32)))"#;
    let mut store = store(());
    let ty = TableType { element: RefType::FUNCREF, min: 2, max: Some(4), table64: false };
    let table = Table::new(&mut store, ty, Val::FuncRef(None)).expect("table");
    let module = module(&store, text);
    let mut linker = Linker::new(store.engine());
    linker.define("host", "table", table).expect("define");
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    let call = instance.get_typed_func::<u32, i32>(&mut store, "call").expect("typed");
    assert_eq!(call.call(&mut store, 1).expect("call"), 2);
    assert_eq!(call.call(&mut store, 0).expect_err("null").trap(), Some(TrapCode::UninitializedElement));
    let one = instance.get_func(&mut store, "one").expect("export");
    table.set(&mut store, 0, one.into()).expect("set");
    assert_eq!(call.call(&mut store, 0).expect("call"), 1);
    assert_eq!(table.grow(&mut store, 2, one.into()).expect("grow"), 2);
    assert_eq!(call.call(&mut store, 3).expect("call"), 1);
    assert!(table.grow(&mut store, 1, Val::FuncRef(None)).is_err());
    assert!(table.set(&mut store, 4, one.into()).is_err());
    assert!(table.set(&mut store, 0, Val::I32(1)).is_err());
    assert!(table.get(&mut store, 9).is_none());
    let element = table.get(&mut store, 1).and_then(|element| element.func_ref().flatten()).expect("function");
    assert_eq!(element.typed::<(), i32>(&store).expect("typed").call(&mut store, ()).expect("call"), 2);
    assert_eq!(instance.get_table(&mut store, "again").expect("export").size(&store).expect("size"), 4);
}

#[test]
fn globals() {
    let text = r#"(module (import "host" "g" (global $g (mut i64)))
        (global (export "fixed") f64 (f64.const 2.5)) (global (export "ref") (mut externref) (ref.null extern))
        (func (export "bump") global.get $g i64.const 1 i64.add global.set $g))"#;
    let mut store = store(());
    let ty = GlobalType { content: ValType::I64, mutable: true };
    let global = Global::new(&mut store, ty, Val::I64(41)).expect("global");
    let module = module(&store, text);
    let mut linker = Linker::new(store.engine());
    linker.define("host", "g", global).expect("define");
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    instance.get_typed_func::<(), ()>(&mut store, "bump").expect("typed").call(&mut store, ()).expect("call");
    assert_eq!(global.get(&mut store).expect("get").i64(), Some(42));
    assert!(global.set(&mut store, Val::I32(1)).is_err());
    let fixed = instance.get_global(&mut store, "fixed").expect("export");
    assert_eq!(fixed.get(&mut store).expect("get").f64(), Some(2.5));
    assert!(fixed.set(&mut store, Val::from(1.0f64)).is_err());
    let slot = instance.get_global(&mut store, "ref").expect("export");
    let value = ExternRef::new(7u8);
    slot.set(&mut store, value.clone().into()).expect("set");
    let back = slot.get(&mut store).expect("get");
    assert!(back.extern_ref().flatten().expect("not null").same(&value));
}

#[test]
fn references_round_trip() {
    let text = r#"(module
        (func (export "same_func") (param funcref) (result funcref) local.get 0)
        (func (export "same_extern") (param externref) (result externref) local.get 0))"#;
    let mut store = store(());
    let instance = instance(&mut store, text, |_| ());
    let same =
        instance.get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&mut store, "same_extern").expect("typed");
    let value = ExternRef::new(String::from("held"));
    let back = same.call(&mut store, Some(value.clone())).expect("call").expect("not null");
    assert!(back.same(&value));
    assert!(same.call(&mut store, None).expect("call").is_none());
    let same = instance.get_typed_func::<Option<Func>, Option<Func>>(&mut store, "same_func").expect("typed");
    let host = Func::wrap(&mut store, |a: i32| a * 2).expect("host function");
    let back = same.call(&mut store, Some(host)).expect("call").expect("not null");
    assert_eq!(back.typed::<i32, i32>(&store).expect("typed").call(&mut store, 21).expect("call"), 42);
    assert!(same.call(&mut store, None).expect("call").is_none());
}

#[test]
fn instances_link_with_each_other() {
    let mut store = store(());
    let library = module(&store, ADD);
    let user = module(
        &store,
        r#"(module (import "library" "add" (func $add (param i32 i32) (result i32)))
            (func (export "twice") (param i32) (result i32) local.get 0 local.get 0 call $add))"#,
    );
    let mut linker = Linker::new(store.engine());
    let library = linker.instantiate(&mut store, &library).expect("library");
    linker.instance(&mut store, "library", library).expect("define");
    let user = linker.instantiate(&mut store, &user).expect("user");
    let twice = user.get_typed_func::<i32, i32>(&mut store, "twice").expect("typed");
    assert_eq!(twice.call(&mut store, 21).expect("call"), 42);
    let names: Vec<_> = library.exports(&store).map(|(name, _)| name.to_owned()).collect();
    assert_eq!(names, ["add"]);
}

#[test]
fn imports_must_be_defined_and_match() {
    let mut store = store(());
    let mut linker: Linker<()> = Linker::new(store.engine());
    linker.func_wrap("host", "f", |_: i32| ()).expect("define");
    let mut check = |import: &str, message: &str| {
        let module = module(&store, &format!("(module (import {import}))"));
        let error = linker.instantiate(&mut store, &module).expect_err(import);
        assert_eq!(error.kind(), ErrorKind::Link);
        assert_eq!(error.to_string(), message);
        error
    };
    check(r#""env" "f" (func)"#, "module[env] not instantiated");
    let error = check(r#""host" "nope" (func (param i64))"#, "\"nope\" is not exported in module \"host\"");
    let import = error.import_error().expect("import error");
    assert_eq!((&*import.module, &*import.name), ("host", "nope"));
    assert_eq!(import.expected, ExternType::Func(FuncType::new([ValType::I64], [])));
    check(r#""host" "f" (func (param i64))"#, "import func[host.f]: signature mismatch: i64_v != i32_v");
    check(r#""host" "f" (memory 1)"#, "import memory[host.f]: kind mismatch: memory != func");
}

#[test]
fn names_are_defined_once() {
    let store = store(());
    let mut linker: Linker<()> = Linker::new(store.engine());
    linker.func_wrap("host", "f", || 1i32).expect("define");
    let error = linker.func_wrap("host", "f", || 2i32).expect_err("defined twice");
    assert_eq!(error.kind(), ErrorKind::Link);
    linker.allow_shadowing(true).func_wrap("host", "f", || 3i32).expect("define again");
    let mut store = store;
    let func = linker.get(&mut store, "host", "f").and_then(Extern::into_func).expect("defined");
    assert_eq!(func.typed::<(), i32>(&store).expect("typed").call(&mut store, ()).expect("call"), 3);
}

#[test]
fn handles_of_another_store_are_errors() {
    let mut one = store(());
    let mut other = Store::new(one.engine(), ());
    let text = r#"(module (memory (export "m") 1) (table (export "t") 1 funcref)
        (global (export "g") (mut i32) (i32.const 0)) (func (export "f")))"#;
    let instance = instance(&mut one, text, |_| ());
    let func = instance.get_func(&mut one, "f").expect("export");
    let memory = instance.get_memory(&mut one, "m").expect("export");
    let table = instance.get_table(&mut one, "t").expect("export");
    let global = instance.get_global(&mut one, "g").expect("export");
    assert!(instance.get_func(&mut other, "f").is_none());
    assert_eq!(instance.exports(&other).count(), 0);
    assert_eq!(func.call(&mut other, &[], &mut []).expect_err("func").kind(), ErrorKind::Link);
    assert!(func.typed::<(), ()>(&other).is_err());
    let typed = func.typed::<(), ()>(&one).expect("typed");
    assert_eq!(typed.call(&mut other, ()).expect_err("typed").kind(), ErrorKind::Link);
    assert!(memory.data(&other).is_err() && memory.grow(&mut other, 1).is_err());
    assert!(table.get(&mut other, 0).is_none() && table.set(&mut other, 0, Val::FuncRef(None)).is_err());
    assert!(table.set(&mut other, 0, func.into()).is_err());
    assert!(global.get(&mut other).is_err() && global.set(&mut other, Val::I32(0)).is_err());
    let mut linker = Linker::new(one.engine());
    linker.define("host", "f", func).expect("define");
    let user = module(&other, r#"(module (import "host" "f" (func)))"#);
    assert_eq!(linker.instantiate(&mut other, &user).expect_err("link").kind(), ErrorKind::Link);
    let taker = module(&other, r#"(module (func (export "f") (param funcref)))"#);
    let taker = Linker::new(other.engine()).instantiate(&mut other, &taker).expect("instance");
    let take = taker.get_typed_func::<Option<Func>, ()>(&mut other, "f").expect("typed");
    assert!(take.call(&mut other, Some(func)).is_err());
}

#[test]
fn calls_nest() {
    let text = r#"(module $n (import "host" "down" (func $down (param i32) (result i32)))
        (func $step (export "step") (param i32) (result i32)
            local.get 0 i32.eqz if (result i32) unreachable else local.get 0 call $down end))"#;
    let mut store = store(0u32);
    let instance = instance(&mut store, text, |linker| {
        let down = |mut caller: Caller<'_, u32>, left: i32| -> Result<i32, Error> {
            *caller.data_mut() += 1;
            let step = caller.get_export("step").and_then(Extern::into_func).ok_or_else(|| Error::msg("no step"))?;
            match step.typed::<i32, i32>(&caller)?.call(&mut caller, left - 1) {
                Err(error) if left == 1 => {
                    let stack = error.backtrace().map(ToString::to_string).unwrap_or_default();
                    assert_eq!(stack.matches("n.step").count(), 6, "{stack}");
                    Ok(100)
                }
                outcome => outcome.map(|value| value + 1),
            }
        };
        linker.func_wrap("host", "down", down).expect("define");
    });
    let step = instance.get_typed_func::<i32, i32>(&mut store, "step").expect("typed");
    assert_eq!(step.call(&mut store, 5).expect("call"), 104);
    assert_eq!(*store.data(), 5);
}

#[test]
fn start_functions_run_and_name_themselves() {
    let mut store = store(());
    let module = module(&store, "(module (func $nothing) (func $main unreachable) (start $main))");
    let error = Linker::new(store.engine()).instantiate(&mut store, &module).expect_err("trap");
    assert_eq!(error.trap(), Some(TrapCode::Unreachable));
    assert_eq!(error.start_function(), Some(1));
}

#[test]
fn segments_must_fit() {
    let mut store = store(());
    let module = module(&store, r#"(module (memory 1) (data (i32.const 65535) "ab"))"#);
    let error = Linker::new(store.engine()).instantiate(&mut store, &module).expect_err("too long");
    assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds));
    assert_eq!(error.start_function(), None);
}

#[test]
fn modules_describe_themselves() {
    let store = store(());
    let text = r#"(module $name (import "env" "m" (memory 1 2)) (import "env" "f" (func (param i32)))
        (export "again" (memory 0)) (func (export "run")))"#;
    let module = module(&store, text);
    assert_eq!(module.name(), Some("name"));
    let imports: Vec<_> = module.imports().map(|item| (item.module(), item.name(), item.ty())).collect();
    let memory = MemoryType { min: 1, max: Some(2), memory64: false, shared: false, page_size_log2: 16 };
    assert_eq!(imports[0], ("env", "m", ExternType::Memory(memory)));
    assert_eq!(imports[1], ("env", "f", ExternType::Func(FuncType::new([ValType::I32], []))));
    let exports: Vec<_> = module.exports().map(|item| (item.name(), item.ty())).collect();
    assert_eq!(exports[0], ("again", ExternType::Memory(memory)));
    assert_eq!(exports[1], ("run", ExternType::Func(FuncType::new([], []))));
    assert_eq!(module.export("run"), Some(ExternType::Func(FuncType::new([], []))));
}

#[test]
fn invalid_modules_are_compile_errors() {
    let engine = Engine::new(&Config::new()).expect("engine");
    for bytes in [&b"\0asm"[..], b"", b"not wasm", b"\0asm\x01\0\0\0\x03\x02\x01\x00"] {
        assert_eq!(Module::new(&engine, bytes).expect_err("invalid").kind(), ErrorKind::Compile);
        assert_eq!(Module::validate(&engine, bytes).expect_err("invalid").kind(), ErrorKind::Compile);
    }
    assert_eq!(Module::from_file(&engine, "no/such/file.wasm").expect_err("missing").kind(), ErrorKind::Read);
    let ill_typed = wat::parse_str("(module (func (result i32) i64.const 0))").expect("text format");
    assert_eq!(Module::validate(&engine, &ill_typed).expect_err("ill-typed").kind(), ErrorKind::Compile);
    Module::validate(&engine, &wat::parse_str(ADD).expect("text format")).expect("valid");
}

#[test]
fn memory_of_the_host() {
    let mut store = store(());
    let ty = MemoryType { min: 1, max: None, memory64: false, shared: false, page_size_log2: 16 };
    let memory = Memory::new(&mut store, ty).expect("memory");
    memory.write(&mut store, 0, b"x").expect("write");
    let module = module(
        &store,
        r#"(module (import "host" "m" (memory 1)) (func (export "first") (result i32) i32.const 0 i32.load8_u))"#,
    );
    let mut linker = Linker::new(store.engine());
    linker.define("host", "m", memory).expect("define");
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    let first = instance.get_typed_func::<(), i32>(&mut store, "first").expect("typed");
    assert_eq!(first.call(&mut store, ()).expect("call"), i32::from(b'x'));
}

#[test]
fn errors_of_inner_calls_pass_through_host_functions() {
    let text = r#"(module $n (import "host" "again" (func $again (param i32)))
        (func $stop (export "stop") (param i32) local.get 0 if unreachable end i32.const 0 call $again)
        (func (export "run") i32.const 1 call $again))"#;
    let mut store = store(());
    let instance = instance(&mut store, text, |linker| {
        let again = |mut caller: Caller<'_, ()>, flag: i32| -> Result<(), Error> {
            if flag == 0 {
                return Err(Error::exit(5));
            }
            let stop = caller.get_export("stop").and_then(Extern::into_func).ok_or_else(|| Error::msg("no stop"))?;
            stop.call(&mut caller, &[Val::I32(flag - 1)], &mut [])
        };
        linker.func_wrap("host", "again", again).expect("define");
    });
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("typed");
    let exit = run.call(&mut store, ()).expect_err("exit");
    assert_eq!(exit.exit_code(), Some(5));
    assert!(exit.backtrace().is_none());
    let stop = instance.get_typed_func::<i32, ()>(&mut store, "stop").expect("typed");
    assert_eq!(stop.call(&mut store, 1).expect_err("trap").trap(), Some(TrapCode::Unreachable));
    assert_eq!(stop.call(&mut store, 0).expect_err("exit").exit_code(), Some(5));
}

#[test]
fn traps_of_inner_calls_keep_their_backtrace() {
    let text = r#"(module $n (import "host" "again" (func $again))
        (func $trap (export "trap") unreachable) (func $run (export "run") call $again))"#;
    let mut store = store(());
    let instance = instance(&mut store, text, |linker| {
        let again = |mut caller: Caller<'_, ()>| -> Result<(), Error> {
            let trap = caller.get_export("trap").and_then(Extern::into_func).ok_or_else(|| Error::msg("no trap"))?;
            trap.call(&mut caller, &[], &mut [])
        };
        linker.func_wrap("host", "again", again).expect("define");
    });
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("typed");
    let error = run.call(&mut store, ()).expect_err("trap");
    assert_eq!(error.trap(), Some(TrapCode::Unreachable));
    let stack = error.backtrace().expect("backtrace").to_string();
    assert_eq!(stack, "wasm stack trace:\n\tn.trap()\n\thost.again()\n\tn.run()");
}

#[test]
fn endless_recursion_through_the_host_is_a_stack_overflow() {
    let text = r#"(module $n (import "host" "again" (func $again)) (func (export "run") call $again))"#;
    let mut store = store(0u64);
    let instance = instance(&mut store, text, |linker| {
        let again = |mut caller: Caller<'_, u64>| -> Result<(), Error> {
            *caller.data_mut() += 1;
            let run = caller.get_export("run").and_then(Extern::into_func).ok_or_else(|| Error::msg("no run"))?;
            run.call(&mut caller, &[], &mut [])
        };
        linker.func_wrap("host", "again", again).expect("define");
    });
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("typed");
    let error = run.call(&mut store, ()).expect_err("endless");
    assert_eq!(error.trap(), Some(TrapCode::StackOverflow));
    assert_eq!(error.backtrace().map(|backtrace| (backtrace.frames.len(), backtrace.truncated)), Some((30, true)));
    assert!(*store.data() > 100, "only {} calls", store.data());
}

#[test]
fn host_functions_called_by_the_embedder() {
    let mut store = store(7i32);
    let add = Func::wrap(&mut store, |caller: Caller<'_, i32>, a: i32| a + caller.data()).expect("function");
    assert_eq!(add.typed::<i32, i32>(&store).expect("typed").call(&mut store, 1).expect("call"), 8);
    let alone = |mut caller: Caller<'_, i32>| caller.get_export("f").is_none() && caller.memory_and_data().is_none();
    let alone = Func::wrap(&mut store, move |caller: Caller<'_, i32>| i32::from(alone(caller))).expect("function");
    assert_eq!(alone.typed::<(), i32>(&store).expect("typed").call(&mut store, ()).expect("call"), 1);
    let fail = Func::wrap(&mut store, || -> Result<i64, Refused> { Err(Refused(1)) }).expect("function");
    let error = fail.typed::<(), i64>(&store).expect("typed").call(&mut store, ()).expect_err("refused");
    assert_eq!(error.downcast_ref::<Refused>(), Some(&Refused(1)));
    let panic = Func::wrap(&mut store, || -> i64 { std::panic::resume_unwind(Box::new("alone")) }).expect("function");
    let error = panic.typed::<(), i64>(&store).expect("typed").call(&mut store, ()).expect_err("panic");
    assert_eq!(error.kind(), ErrorKind::Bug);
    let ty = FuncType::new([ValType::I64], [ValType::I64]);
    let mistyped = Func::new(&mut store, ty, |_, _, results| {
        results[0] = Val::I32(1);
        Ok(())
    });
    let mistyped = mistyped.expect("function").typed::<i64, i64>(&store).expect("typed");
    assert_eq!(mistyped.call(&mut store, 1).expect_err("an i32").kind(), ErrorKind::Host);
    assert_eq!(add.typed::<i32, i32>(&store).expect("typed").call(&mut store, 2).expect("the store goes on"), 9);
}

#[test]
fn checked_memories_trap_at_the_same_places() {
    for checks in [MemoryChecks::Checked, MemoryChecks::Auto] {
        let engine = Engine::new(Config::new().memory_checks(checks)).expect("engine");
        let mut store = Store::new(&engine, ());
        let text = r#"(module (memory (export "memory") 1 2)
            (func (export "load") (param i32) (result i64) local.get 0 i64.load offset=4)
            (func (export "grow") (result i32) i32.const 1 memory.grow))"#;
        let instance = instance(&mut store, text, |_| ());
        let load: TypedFunc<u32, u64> = instance.get_typed_func(&mut store, "load").expect("typed");
        let check = |store: &mut Store<()>, len: u32| {
            assert_eq!(load.call(&mut *store, len - 12).expect("inside"), 0);
            for address in [len - 11, len, u32::MAX - 8, u32::MAX] {
                let error = load.call(&mut *store, address).expect_err("outside");
                assert_eq!(error.trap(), Some(TrapCode::MemoryOutOfBounds), "{checks:?} {address}");
            }
        };
        check(&mut store, 65536);
        let grow: TypedFunc<(), i32> = instance.get_typed_func(&mut store, "grow").expect("typed");
        assert_eq!(grow.call(&mut store, ()).expect("call"), 1);
        check(&mut store, 2 * 65536);
        assert_eq!(grow.call(&mut store, ()).expect("call"), -1);
    }
}

#[test]
fn limits_bind_a_store() {
    let mut store = store(());
    store.set_limits(StoreLimits { memory_bytes: 2 * 65536, table_elements: 3 });
    let text = r#"(module (memory (export "m") 1) (table (export "t") 2 funcref))"#;
    let instance = instance(&mut store, text, |_| ());
    let memory = instance.get_memory(&mut store, "m").expect("export");
    let table = instance.get_table(&mut store, "t").expect("export");
    assert_eq!(memory.grow(&mut store, 1).expect("grow"), 1);
    assert_eq!(memory.grow(&mut store, 1).expect_err("limit").kind(), ErrorKind::Instantiate);
    assert!(table.grow(&mut store, 2, Val::FuncRef(None)).is_err());
    for (text, resource, wanted, limit) in [
        ("(module (memory 1))", Resource::MemoryBytes, 3 * 65536, 2 * 65536),
        ("(module (memory 0) (memory 65536))", Resource::MemoryBytes, 65538 * 65536, 2 * 65536),
        ("(module (table 1 funcref) (table 1 externref))", Resource::TableElements, 4, 3),
    ] {
        let module = module(&store, text);
        let error = Instance::new(&mut store, &module).expect_err("limit");
        assert_eq!(error.kind(), ErrorKind::Instantiate);
        assert_eq!(error.exceeded_limit(), Some(ExceededLimit { resource, wanted, limit }), "{text}");
    }
}

#[test]
fn what_may_move_between_threads_does() {
    fn check<T: Send>() {}
    fn check_shared<T: Send + Sync>() {}
    check::<Store<Vec<u8>>>();
    check_shared::<Engine>();
    check_shared::<Module>();
    check_shared::<Linker<std::cell::Cell<u8>>>();
    check_shared::<(Func, Memory, Table, Global, Instance, Extern, TypedFunc<i32, i32>)>();
    check_shared::<(Error, Val, ExternRef)>();
    let mut store = store(());
    let instance = instance(&mut store, ADD, |_| ());
    let add: TypedFunc<(i32, i32), i32> = instance.get_typed_func(&mut store, "add").expect("typed");
    assert_eq!(add.call(&mut store, (1, 2)).expect("call"), 3);
    let moved = std::thread::spawn(move || add.call(&mut store, (3, 4)).expect("call"));
    assert_eq!(moved.join().expect("thread"), 7);
}

#[cfg(has_compiler)]
#[test]
fn progress_reaches_all_code() {
    let engine = Engine::new(&Config::new()).expect("engine");
    let text: String = (0..40).map(|index| format!("(func (result i32) i32.const {index})")).collect();
    let bytes = wat::parse_str(format!("(module {text})")).expect("text format");
    let (most, all) = (std::sync::atomic::AtomicUsize::new(0), std::sync::atomic::AtomicUsize::new(0));
    let progress = |done: usize, total: usize| {
        assert!(done <= total && total.is_multiple_of(40));
        all.store(total, std::sync::atomic::Ordering::Relaxed);
        most.fetch_max(done, std::sync::atomic::Ordering::Relaxed);
    };
    Module::new_with_progress(&engine, &bytes, &progress).expect("module");
    let all = all.into_inner();
    assert!(all > 0);
    assert_eq!(most.into_inner(), all);
}

/// Locals beyond those that the compiler defines at a function's start are zero all the same, wherever they are read first.
#[test]
fn locals_are_zero_however_many_there_are() {
    let locals = "i32 ".repeat(300) + &"v128 ".repeat(20) + &"f64 ".repeat(20) + &"externref ".repeat(20);
    let text = format!(
        "(module (func (export \"f\") (param i32) (result i32) (local {locals})
           (if (v128.any_true (local.get 310)) (then unreachable))
           (if (f64.ne (local.get 330) (f64.const 0)) (then unreachable))
           (if (i32.eqz (ref.is_null (local.get 350))) (then unreachable))
           (block (br_if 0 (local.get 0)) (local.set 299 (i32.const 5)))
           (loop
             (if (i32.gt_u (local.get 298) (i32.const 1)) (then (local.set 300 (i32.add (local.get 300) (i32.const 10)))))
             (local.set 298 (i32.add (local.get 298) (i32.const 1)))
             (br_if 0 (i32.lt_u (local.get 298) (local.get 0))))
           (i32.add (i32.add (local.get 299) (local.get 298)) (local.get 300))))"
    );
    let mut store = store(());
    let instance = instance(&mut store, &text, |_| ());
    let f: TypedFunc<i32, i32> = instance.get_typed_func(&mut store, "f").expect("typed");
    for (given, expect) in [(0, 6), (1, 1), (2, 2), (5, 35)] {
        assert_eq!(f.call(&mut store, given).expect("call"), expect);
    }
}

/// Functions with the same code have their own names in a backtrace.
#[test]
fn equal_functions_are_told_apart() {
    let text = "(module (func $one unreachable) (func $two unreachable) (func (export \"f\") call $two))";
    let mut store = store(());
    let instance = instance(&mut store, text, |_| ());
    let f: TypedFunc<(), ()> = instance.get_typed_func(&mut store, "f").expect("typed");
    let error = f.call(&mut store, ()).expect_err("trap");
    assert_eq!(error.backtrace().expect("frames").frames[0].func, "two");
}

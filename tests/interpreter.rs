//! What only the interpreter finds hard: functions with more slots than its instructions number, branches longer than they
//! reach, and stacks that it has to itself. Each is compared with the compiler.

use std::fmt::Write as _;
use wazero::{Config, Engine, Instance, Linker, Module, Store, Strategy, TrapCode, Val};

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

fn instance(config: &mut Config, strategy: Strategy, wat: &str) -> (Store<()>, Instance) {
    let engine = Engine::new(config.strategy(strategy)).expect("engine");
    let module = Module::new(&engine, &wat::parse_str(wat).expect("text")).expect("module");
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &module).expect("instance");
    (store, instance)
}

/// Calls the export `run` with a number, and checks its results as text, whatever runs it.
fn check(wat: &str, argument: i64, expect: &str) {
    for &strategy in STRATEGIES {
        let (mut store, instance) = instance(&mut Config::new(), strategy, wat);
        let run = instance.get_func(&store, "run").expect("export");
        let mut results: Vec<Val> = run.ty(&store).expect("type").results.iter().map(|ty| Val::zero(*ty)).collect();
        run.call(&mut store, &[Val::I64(argument)], &mut results).expect("no trap");
        assert_eq!(format!("{results:?}"), expect, "{strategy:?}");
    }
}

/// 100,000 slots of locals, so that operands and most locals have slots beyond 16 bits.
fn with_many_locals(functions: &str, body: &str) -> String {
    let locals = "v128 ".repeat(49_998);
    format!(
        "(module (memory 1) (type $pair (func (param i64 v128) (result v128 i64)))
           (table funcref (elem $swap)) (global $g (mut i64) (i64.const 0))
           (func $swap (type $pair) local.get 1 local.get 0)
           {functions}
           (func $run (export \"run\") (param i64) (result i64 i64) (local {locals}) {body}))"
    )
}

#[test]
fn far_locals_and_operands_hold_their_values() {
    let body = "
      (local.set 49990 (i64x2.splat (local.get 0)))
      (local.set 49991 (i64x2.add (local.get 49990) (v128.const i64x2 1 2)))
      (i64.store (i32.const 8) (i64x2.extract_lane 1 (local.get 49991)))
      (global.set $g (i64.add (i64.load (i32.const 8)) (i64.const 0x123456789)))
      (i64x2.extract_lane 0 (select (local.get 49990) (local.get 49991) (i64.eqz (local.get 0))))
      (global.get $g)";
    check(&with_many_locals("", body), 5, "[I64(6), I64(4886718352)]");
}

#[test]
fn far_arguments_reach_their_callee_and_results_come_back() {
    let body = "
      (call $swap (local.get 0) (i64x2.splat (i64.const 7)))
      (local.set 0)
      (i64x2.extract_lane 0)
      (i64.add (local.get 0))
      (call_indirect (type $pair) (local.get 0) (i64x2.splat (i64.const 30)) (i32.const 0))
      (local.set 0)
      (i64x2.extract_lane 1)";
    check(&with_many_locals("", body), 5, "[I64(12), I64(30)]");
}

#[test]
fn far_operands_are_taken_along_by_branches() {
    let body = "
      (i64.const 1)
      (block $out (result i64 i64)
        (i64.const 2) (i64.const 3)
        (br_if $out (i64.lt_u (local.get 0) (i64.const 10)))
        (drop) (drop) (i64.const 4) (i64.const 5)
        (block $in (param i64 i64) (result i64 i64)
          (br_table $in $out $in (i32.wrap_i64 (i64.sub (local.get 0) (i64.const 10)))))
        (i64.mul (i64.const 100)))
      (local.set 0) (i64.add) (local.get 0)";
    let wat = with_many_locals("", body);
    check(&wat, 5, "[I64(3), I64(3)]");
    check(&wat, 10, "[I64(5), I64(500)]");
    check(&wat, 11, "[I64(5), I64(5)]");
    check(&wat, 99, "[I64(5), I64(500)]");
}

#[test]
fn far_arguments_are_passed_on_in_tail_position() {
    let functions = "
      (type $three (func (param i64 i64 i64) (result i64 i64)))
      (table $t funcref (elem $last))
      (func $last (type $three) (i64.sub (local.get 0) (local.get 1)) (local.get 2))";
    let direct = "(i64.const 0) (return_call $last (local.get 0) (i64.const 2) (i64.const 3))";
    check(&with_many_locals(functions, direct), 50, "[I64(48), I64(3)]");
    let indirect = "(return_call_indirect $t (type $three) (local.get 0) (i64.const 2) (i64.const 3) (i32.const 0))";
    check(&with_many_locals(functions, indirect), 50, "[I64(48), I64(3)]");
}

/// A loop whose body has more cells than a branch of 16 bits reaches.
#[test]
fn long_branches_reach() {
    let mut body = String::from("(local i64) (loop $more ");
    for number in 0..20_000 {
        write!(body, "(local.set 1 (i64.xor (i64.mul (local.get 1) (i64.const {number})) (local.get 0)))")
            .expect("text");
    }
    body += "(br_if $more (i64.ne (local.tee 0 (i64.sub (local.get 0) (i64.const 1))) (i64.const 0)))) (local.get 1)";
    let wat = format!("(module (func (export \"run\") (param i64) (result i64) {body}))");
    let (mut store, instance) = instance(&mut Config::new(), STRATEGIES[0], &wat);
    let run = instance.get_typed_func::<i64, i64>(&mut store, "run").expect("export");
    let expect = run.call(&mut store, 3).expect("no trap");
    check(&wat, 3, &format!("[I64({expect})]"));
}

/// How deep programs recurse is up to the size of the stack alone.
#[test]
fn recursion_goes_as_deep_as_the_stack_is_large() {
    let wat = r#"(module (func $deep (export "run") (param i64) (result i64)
      (if (result i64) (i64.eqz (local.get 0))
        (then (i64.const 0))
        (else (i64.add (i64.const 1) (call $deep (i64.sub (local.get 0) (i64.const 1))))))))"#;
    for (bytes, deep, deeper) in [(1 << 20, 15_000, 40_000), (64 << 20, 1_000_000, 2_500_000)] {
        let (mut store, instance) = instance(Config::new().wasm_stack_bytes(bytes), Strategy::Interpreter, wat);
        let run = instance.get_typed_func::<i64, i64>(&mut store, "run").expect("export");
        assert_eq!(run.call(&mut store, deep).expect("no trap"), deep);
        let error = run.call(&mut store, deeper).expect_err("an overflow");
        assert_eq!(error.trap(), Some(TrapCode::StackOverflow));
        assert_eq!(run.call(&mut store, 3).expect("no trap"), 3);
    }
}

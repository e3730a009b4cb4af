//! Modules that move from the interpreter to machine code while they run: what moves, and that nothing else can tell.
#![cfg(has_compiler)]

use wazero::{AsContextMut, Caller, Config, Engine, Error, Extern, Instance, Linker, Module, Store, Strategy, Val};

fn engine(after: u32) -> Engine {
    Engine::new(Config::new().strategy(Strategy::TiersAfter(after))).expect("engine")
}

fn module(engine: &Engine, wat: &str) -> Module {
    Module::new(engine, &wat::parse_str(wat).expect("text")).expect("module")
}

fn call(store: &mut Store<()>, instance: &Instance, name: &str, params: &[Val]) -> Vec<Val> {
    let function = instance.get_func(&mut *store, name).expect("export");
    let count = function.ty(&*store).expect("type").results.len();
    let mut results = vec![Val::I32(0); count];
    function.call(&mut *store, params, &mut results).expect("returned");
    results
}

/// Calls `run` of a module a few times after each of several thresholds: the results are always those.
fn check(wat: &str, params: &[Val], expect: &[&str]) {
    for after in [0, 1, 2, 7, 50, u32::MAX] {
        let engine = engine(after);
        let module = module(&engine, wat);
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &module).expect("instance");
        for round in 0..3 {
            let results: Vec<String> =
                call(&mut store, &instance, "run", params).iter().map(|result| format!("{result:?}")).collect();
            assert_eq!(results, expect, "round {round} after {after}");
        }
        match after {
            0 | 1 => assert!(module.published_batches() > 0, "after {after}"),
            u32::MAX => assert_eq!(module.published_batches(), 0),
            _ => {}
        }
    }
}

#[test]
fn a_loop_takes_its_locals_along() {
    check(
        "(module (func (export \"run\") (param i32 i64 f32 f64) (result i32 i64 f32 f64 i64)
           (local $v v128) (local $i i32)
           (local.set $v (v128.const i64x2 1 2))
           (loop $l
             (local.set 0 (i32.add (local.get 0) (i32.const -1)))
             (local.set 1 (i64.mul (local.get 1) (i64.const 3)))
             (local.set 2 (f32.add (local.get 2) (f32.const 0.5)))
             (local.set 3 (f64.sub (local.get 3) (f64.const 0.25)))
             (local.set $v (i64x2.add (local.get $v) (v128.const i64x2 10 20)))
             (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9))))
           local.get 0 local.get 1 local.get 2 local.get 3
           (i64.add (i64x2.extract_lane 0 (local.get $v)) (i64x2.extract_lane 1 (local.get $v)))))",
        &[Val::I32(4), Val::I64(-1), Val::F32(1f32.to_bits()), Val::F64(2f64.to_bits())],
        &["I32(-5)", "I64(-19683)", "F32(1085276160)", "F64(13821547256400052224)", "I64(273)"],
    );
}

#[test]
fn a_loop_takes_the_operands_below_it_along() {
    check(
        "(module (func (export \"run\") (param i32) (result i32)
           local.get 0
           i32.const 1000
           (i32.mul (local.get 0) (i32.const 7))
           (v128.const i32x4 1 2 3 4)
           (loop $l (param v128) (result v128)
             (i32x4.add (v128.const i32x4 1 1 1 1))
             (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
             (br_if $l (local.get 0)))
           i32x4.extract_lane 3
           i32.add i32.add i32.add))",
        &[Val::I32(5)],
        &["I32(1049)"],
    );
}

#[test]
fn a_loop_in_an_arm_leaves_the_other_arm_alone() {
    check(
        "(module (func (export \"run\") (param i32) (result i32) (local $i i32)
           i32.const 5
           local.get 0
           (if (param i32) (result i32)
             (then
               (loop $l (param i32) (result i32)
                 (i32.add (i32.const 3))
                 (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 4)))))
             (else (i32.add (i32.const 100))))))",
        &[Val::I32(1)],
        &["I32(17)"],
    );
}

/// A constant below a loop that not every way comes through: found by the differential.
#[test]
fn constants_stay_what_they_are_beside_a_loop() {
    check(
        "(module (func (export \"run\") (param i32) (result i64)
           i64.const 8568034343256081059
           (if (local.get 0)
             (then (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))))",
        &[Val::I32(0)],
        &["I64(8568034343256081059)"],
    );
}

/// What waits on the operand stack below a block around the loop is as new as the round that put it there.
#[test]
fn operands_of_outer_loops_stay_current() {
    let inner = "(local.set $j (i32.const 0))
           (loop $inner
             (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 6))))";
    let blocks = [
        // Even rounds come through the loop, odd ones do not.
        format!("(block $out (br_if $out (local.get $odd)) {inner})"),
        format!("(if (local.get $odd) (then) (else {inner}))"),
        format!("(if (i32.eqz (local.get $odd)) (then {inner}))"),
        format!(
            "(loop $again {inner} (if (i32.eqz (local.get $odd)) (then (local.set $odd (i32.const 1)) (br $again))))"
        ),
        format!(
            "(i32.const 0) (if (param i32) (result i32) (local.get $odd)
               (then (i32.add (local.get $i))) (else {inner} (i32.add (local.get $i))))
             (i32.sub (local.get $i)) drop"
        ),
        format!(
            "(i64.const 3) (loop $again (block $out (br_if $out (local.get $odd)) {inner}) (i32.const 0) (br_if $again)) drop"
        ),
    ];
    for block in blocks {
        check(
            &format!(
                "(module (func (export \"run\") (result i32) (local $i i32) (local $j i32) (local $odd i32) (local $sum i32)
                   (v128.const i32x4 1000 0 0 0)
                   (loop $outer
                     (local.set $odd (i32.and (local.get $i) (i32.const 1)))
                     (local.get $i)
                     {block}
                     (local.set $sum (i32.add (local.get $sum)))
                     (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))))
                   (i32x4.extract_lane 0)
                   (i32.add (local.get $sum))))"
            ),
            &[],
            &["I32(1045)"],
        );
    }
}

#[test]
fn inner_loops_go_on_in_outer_ones() {
    check(
        "(module (func (export \"run\") (result i32) (local $i i32) (local $j i32) (local $sum i32)
           (loop $outer
             (local.set $j (i32.const 0))
             (loop $inner
               (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $i) (local.get $j))))
               (br_if $inner (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const 6))))
             (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
           local.get $sum))",
        &[],
        &["I32(150)"],
    );
}

/// Parameters are swapped, and the local is zero each time.
#[test]
fn functions_that_call_themselves_last_go_round() {
    check(
        "(module (func $gcd (export \"run\") (param i32 i32) (result i32) (local $seen i32)
           (if (local.get $seen) (then unreachable))
           (local.set $seen (i32.const 1))
           (if (i32.eqz (local.get 1)) (then (return (local.get 0))))
           (return_call $gcd (local.get 1) (i32.rem_u (local.get 0) (local.get 1)))))",
        &[Val::I32(832_040), Val::I32(514_229)],
        &["I32(1)"],
    );
}

#[test]
fn loops_end_in_tail_calls_and_calls_through_tables() {
    check(
        "(module
           (type $t (func (param i32) (result i32)))
           (table funcref (elem $even $odd $run))
           (func $even (param i32) (result i32)
             (if (i32.eqz (local.get 0)) (then (return (i32.const 10))))
             (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))
           (func $odd (param i32) (result i32)
             (if (i32.eqz (local.get 0)) (then (return (i32.const 20))))
             (return_call $even (i32.sub (local.get 0) (i32.const 1))))
           (func $run (export \"run\") (param i32) (result i32) (local $i i32) (local $sum i32)
             (loop $l
               (local.set $sum (i32.add (local.get $sum)
                 (call_indirect (type $t) (local.get $i) (i32.and (local.get $i) (i32.const 1)))))
               (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 30))))
             (return_call $even (i32.add (local.get 0) (local.get $sum)))))",
        &[Val::I32(100_000)],
        &["I32(10)"],
    );
}

/// Calls the export `step` of the calling instance.
fn step(mut caller: Caller<'_, ()>, value: i32) -> Result<i32, Error> {
    let Some(Extern::Func(step)) = caller.get_export("step") else { return Err(Error::msg("no export `step`")) };
    let mut results = [Val::I32(0)];
    step.call(caller.as_context_mut(), &[Val::I32(value)], &mut results)?;
    match results {
        [Val::I32(value)] => Ok(value),
        _ => Err(Error::msg("another type")),
    }
}

#[test]
fn host_functions_lead_back_into_what_moves() {
    for after in [0, 1, 4, 1000] {
        let engine = engine(after);
        let module = module(
            &engine,
            "(module
               (import \"env\" \"step\" (func $host (param i32) (result i32)))
               (func (export \"step\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 2)))
               (func (export \"run\") (result i32) (local $i i32) (local $sum i32)
                 (loop $l
                   (local.set $sum (call $host (local.get $sum)))
                   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 40))))
                 local.get $sum))",
        );
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.func_wrap("env", "step", step).expect("defined");
        let instance = linker.instantiate(&mut store, &module).expect("instance");
        for _ in 0..3 {
            assert!(matches!(call(&mut store, &instance, "run", &[])[..], [Val::I32(80)]), "after {after}");
        }
        assert_eq!(module.published_batches() > 0, after < 1000);
    }
}

/// One module lends functions and a table to another, and both move.
#[test]
fn instances_of_several_modules_call_each_other() {
    for after in [0, 1, 5, 1000] {
        let engine = engine(after);
        let lender = module(
            &engine,
            "(module
               (table (export \"table\") 4 funcref) (elem (i32.const 0) $add $double)
               (func $add (export \"add\") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
               (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))",
        );
        let user = module(
            &engine,
            "(module
               (type $t (func (param i32) (result i32)))
               (import \"lender\" \"add\" (func $add (type $t)))
               (import \"lender\" \"table\" (table 4 funcref))
               (elem (i32.const 2) $own)
               (func $own (type $t) (i32.sub (local.get 0) (i32.const 3)))
               (func (export \"run\") (result i32) (local $i i32) (local $x i32)
                 (loop $l
                   (local.set $x (call $add (local.get $x)))
                   (local.set $x (call_indirect (type $t) (local.get $x) (i32.const 1)))
                   (local.set $x (call_indirect (type $t) (local.get $x) (i32.const 2)))
                   (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20))))
                 local.get $x))",
        );
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        let lent = linker.instantiate(&mut store, &lender).expect("lender");
        for name in ["add", "table"] {
            let item = lent.get_export(&mut store, name).expect("export");
            linker.define("lender", name, item).expect("defined");
        }
        let first = linker.instantiate(&mut store, &user).expect("user");
        let expect = (0..20).fold(0i32, |x, _| (x + 1) * 2 - 3);
        for _ in 0..3 {
            assert!(matches!(call(&mut store, &first, "run", &[])[..], [Val::I32(x)] if x == expect), "after {after}");
        }
        // One that joins when others run as machine code already.
        let second = linker.instantiate(&mut store, &user).expect("user");
        assert!(matches!(call(&mut store, &second, "run", &[])[..], [Val::I32(x)] if x == expect), "after {after}");
    }
}

/// A module that comes as machine code, beside one that is interpreted.
#[test]
fn images_and_interpreted_modules_call_each_other() {
    let text = "(module
       (import \"other\" \"f\" (func $f (param i32) (result i32)))
       (func (export \"f\") (param i32) (result i32)
         (if (result i32) (i32.eqz (local.get 0))
           (then (i32.const 7))
           (else (call $f (i32.sub (local.get 0) (i32.const 1)))))))";
    let eager = Engine::new(Config::new().strategy(Strategy::Compiler)).expect("engine");
    let image = module(&eager, text).serialize().expect("image");
    for after in [0, 3, 1000] {
        let engine =
            Engine::new(Config::new().strategy(Strategy::TiersAfter(after)).trust_images(true)).expect("engine");
        let compiled = Module::deserialize(&engine, &image).expect("module");
        let interpreted = module(&engine, text);
        let mut store = Store::new(&engine, ());
        let linker = Linker::new(&engine);
        let bottom = module(&engine, "(module (func (export \"f\") (param i32) (result i32) (i32.const 1)))");
        let mut top = linker.instantiate(&mut store, &bottom).expect("bottom");
        for module in [&compiled, &interpreted, &compiled, &interpreted] {
            let mut linker = Linker::new(&engine);
            let below = top.get_export(&mut store, "f").expect("export");
            linker.define("other", "f", below).expect("defined");
            top = linker.instantiate(&mut store, module).expect("instance");
        }
        for (depth, expect) in [(0, 7), (1, 7), (3, 7), (4, 1)] {
            for _ in 0..3 {
                let results = call(&mut store, &top, "f", &[Val::I32(depth)]);
                assert!(matches!(results[..], [Val::I32(x)] if x == expect), "{depth} after {after}: {results:?}");
            }
        }
    }
}

/// Without waiting for it, code arrives while the loop runs.
#[test]
fn hot_functions_move_while_they_run() {
    let engine = Engine::new(Config::new().strategy(Strategy::Tiers)).expect("engine");
    let module = module(
        &engine,
        "(module
           (func $next (param i64) (result i64)
             (i64.xor (i64.mul (local.get 0) (i64.const 6364136223846793005)) (i64.const 1442695040888963407)))
           (func (export \"run\") (param i64 i32) (result i64)
             (loop $l
               (local.set 0 (call $next (local.get 0)))
               (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
             local.get 0))",
    );
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine).instantiate(&mut store, &module).expect("instance");
    let next = |x: i64| x.wrapping_mul(6364136223846793005) ^ 1442695040888963407;
    let expect = (0..20_000_000).fold(1i64, |x, _| next(x));
    let results = call(&mut store, &instance, "run", &[Val::I64(1), Val::I32(20_000_000)]);
    assert!(matches!(results[..], [Val::I64(x)] if x == expect), "{results:?}");
    assert!(module.published_batches() > 0);
}

/// A module whose last function is not valid, and large enough that this is found out beside the run.
fn long_invalid_module() -> Vec<u8> {
    let padding = "(func (drop (i64.const 0x123456789abcdef)))".to_owned();
    let many = padding.repeat(100_000);
    let text = format!(
        "(module
           (import \"env\" \"asks\" (func $asks (result i32)))
           (import \"env\" \"acts\" (func $acts))
           {many}
           (func (export \"run\") (drop (call $asks)) (call $acts))
           (func (export \"bad\") (drop (i32.add (i64.const 1) (i64.const 2)))))"
    );
    // The text is not validated, only translated.
    wat::parse_str(text).expect("text")
}

#[test]
fn nothing_invalid_has_an_effect() {
    for strategy in [Strategy::Interpreter, Strategy::Tiers] {
        let engine = Engine::new(Config::new().strategy(strategy).validate_beside_the_run(true)).expect("engine");
        let module = Module::new(&engine, &long_invalid_module()).expect("its sections are valid");
        let mut store = Store::new(&engine, 0);
        let mut linker = Linker::new(&engine);
        linker
            .func_wrap("env", "asks", |mut caller: Caller<'_, i32>| -> i32 {
                *caller.data_mut() += 1;
                1
            })
            .expect("defined");
        linker.without_effect("env", "asks");
        linker.func_wrap("env", "acts", |mut caller: Caller<'_, i32>| *caller.data_mut() += 1000).expect("defined");
        let instance = linker.instantiate(&mut store, &module).expect("instance");
        for name in ["run", "bad"] {
            let function = instance.get_func(&mut store, name).expect("export");
            let error = function.call(&mut store, &[], &mut []).expect_err("not valid");
            assert!(error.to_string().contains("type mismatch"), "{name}: {error}");
        }
        assert_eq!(*store.data(), 1, "one function asked, none acted");
        let error = module.wait_until_valid().expect_err("not valid");
        let eager = Engine::new(&Config::new()).expect("engine");
        let first = Module::new(&eager, &long_invalid_module()).expect_err("not valid");
        assert_eq!(error.to_string(), first.to_string());
    }
}

//! Every `v128` operator that the decoder knows compiles, under Cranelift's verifier and on old CPUs too.
//!
//! The operators come from wasmparser's own list, so that none can be forgotten; a function per operator takes its
//! operands as parameters and returns its result. What the results are, the specification suite checks.

use crate::engine::compile::{Target, compile_module};
use crate::engine::module::{WasmVersion, decode};

/// An operator as wasmparser lists it.
struct Listed {
    /// The name of its visitor: `visit_`, the shape, `_`, the operation.
    visit: &'static str,
    /// Its immediates.
    immediates: &'static [&'static str],
    /// Its typing, which ends in `operands -> results`.
    typing: &'static str,
}

macro_rules! list {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($typing:tt)*))*) => {
        &[$(Listed {
            visit: stringify!($visit),
            immediates: &[$($(stringify!($arg)),*)?],
            typing: stringify!($($typing)*),
        }),*]
    };
}

/// All of them.
const OPERATORS: &[Listed] = wasmparser::for_each_visit_simd_operator!(list);

impl Listed {
    /// The text format's name, in its two parts.
    fn name(&self) -> (&'static str, &'static str) {
        self.visit.trim_start_matches("visit_").split_once('_').unwrap()
    }

    /// Immediates that are right for any operator.
    fn immediates(&self) -> String {
        let text = |name: &&str| match *name {
            "memarg" => " offset=3",
            "lane" => " 1",
            "lanes" => " 0 31 2 29 4 27 6 25 8 23 10 21 12 19 14 17",
            "value" => " i32x4 1 2 3 4",
            other => panic!("the test does not know the immediate {other}"),
        };
        self.immediates.iter().map(text).collect()
    }

    /// Types of the operands, and of the result.
    fn signature(&self) -> (String, &'static str) {
        let (shape, operation) = self.name();
        let lane = match shape {
            "i64x2" => "i64",
            "f32x4" => "f32",
            "f64x2" => "f64",
            _ => "i32",
        };
        let operands: usize = self.typing.rsplit(' ').nth(2).unwrap().parse().unwrap();
        match operation {
            "splat" => (lane.into(), "v128"),
            "replace_lane" => (format!("v128 {lane}"), "v128"),
            "shl" | "shr_s" | "shr_u" => ("v128 i32".into(), "v128"),
            "any_true" | "all_true" | "bitmask" => ("v128".into(), "i32"),
            _ if operation.starts_with("extract_lane") => ("v128".into(), lane),
            _ if operation.starts_with("store") => ("i32 v128".into(), ""),
            _ if operation.starts_with("load") => (["i32", "i32 v128"][operands - 1].into(), "v128"),
            _ => ("v128 ".repeat(operands), "v128"),
        }
    }

    /// A function that does it and nothing else.
    fn function(&self) -> String {
        let (shape, operation) = self.name();
        let (operands, result) = self.signature();
        let gets: String = (0..operands.split_whitespace().count()).map(|i| format!(" local.get {i}")).collect();
        format!("(func (param {operands}) (result {result}){gets} {shape}.{operation}{})\n", self.immediates())
    }
}

/// A module with a function for every operator.
fn every_operator() -> String {
    let functions: String = OPERATORS.iter().map(Listed::function).collect();
    format!("(module (memory 1) {functions})")
}

/// Compiles a module; the verifier is on in test builds.
fn check(target: &Target, module: &str) {
    let bytes = wat::parse_str(module).unwrap_or_else(|error| panic!("{error}\n{module}"));
    let decoded = decode(bytes.into(), WasmVersion::Latest).unwrap();
    let functions = decoded.bodies.len();
    let artifact =
        compile_module(target, &decoded.module, decoded.bodies, None, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(artifact.functions.len(), functions);
}

/// x86-64 with nothing beyond what the target demands.
#[cfg(target_arch = "x86_64")]
fn oldest_cpu() -> Target {
    use cranelift_codegen::isa;
    use cranelift_codegen::settings::Configurable;

    let host = Target::host(true).unwrap();
    let mut builder = isa::lookup(host.isa.triple().clone()).unwrap();
    for feature in ["has_sse3", "has_ssse3", "has_sse41"] {
        builder.enable(feature).unwrap();
    }
    Target { isa: builder.finish(host.isa.flags().clone()).unwrap(), guarded_memory: true, through_slots: false }
}

#[test]
fn the_list_is_complete() {
    assert_eq!(OPERATORS.len(), 236 + 20);
}

#[test]
fn every_operator_compiles_for_this_machine() {
    check(&Target::host(true).unwrap(), &every_operator());
}

#[test]
fn every_operator_compiles_with_checked_memories() {
    check(&Target::host(false).unwrap(), &every_operator());
}

#[cfg(target_arch = "x86_64")]
#[test]
fn every_operator_compiles_for_the_oldest_cpu() {
    check(&oldest_cpu(), &every_operator());
}

#[test]
fn values_change_their_lanes_at_every_border() {
    let module = r#"(module
        (memory 1)
        (global $g (mut v128) (v128.const i64x2 0 0))
        (table 1 funcref)
        (type $binary (func (param v128 v128) (result v128)))
        (func $callee (param v128 v128) (result v128) (f32x4.add (local.get 0) (local.get 1)))
        (func $many (param v128) (result v128 i32 v128)
            (f32x4.neg (local.get 0)) (i32.const 1) (i64x2.neg (local.get 0)))
        (func (export "borders") (param $v v128) (param $c i32) (result v128) (local $l v128)
            (local.set $l (i16x8.neg (local.get $v)))
            (local.set $l (f64x2.neg (local.tee $l (i32x4.neg (local.get $l)))))
            (global.set $g (f32x4.neg (local.get $l)))
            (v128.store offset=16 (local.get $c) (f64x2.abs (global.get $g)))
            (if (result v128) (local.get $c)
                (then (i16x8.add (local.get $v) (local.get $v)))
                (else (f32x4.add (local.get $v) (local.get $v))))
            (call $callee (i64x2.neg (local.get $v)))
            (loop $again (param v128) (result v128)
                (f64x2.sqrt)
                (br_if $again (i32x4.abs) (local.get $c)))
            (select (f32x4.splat (f32.const 1)) (i8x16.splat (i32.const 1)) (local.get $c))
            (drop)
            (select (result v128) (i16x8.neg) (i32x4.neg (local.get $v)) (local.get $c))
            (block $out (param v128) (result v128)
                (br_table $out $out (f32x4.neg) (local.get $c)))
            (call $many)
            (i32x4.shl (i32.const 3))
            (drop) (drop)
            (call_indirect (type $binary) (i64x2.neg (local.get $v)) (local.get $c)))
        (func (param v128) (result v128)
            (return_call $callee (f32x4.neg (local.get 0)) (i64x2.neg (local.get 0))))
        (func (param v128) (result v128)
            (return (i64x2.neg (local.get 0))))
    )"#;
    check(&Target::host(true).unwrap(), module);
    check(&Target::host(false).unwrap(), module);
}

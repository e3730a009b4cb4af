//! What compiling promises: golden CLIF, artifacts that do not depend on timing, errors that name the first mistake.
//!
//! A golden test is a `tests/clif/*.wat` file with a `.clif` file beside it. A file whose name ends in `_checked` is
//! translated for memories without guard regions, one whose name begins with `inline` with small functions inlined. `BLESS=1`
//! writes what the translator makes now.

use super::*;
use crate::engine::abi::TrapCode;
use crate::engine::module::{Decoded, WasmVersion, decode};
use std::path::Path;

fn decode_text(text: &str) -> Decoded {
    let bytes = wat::parse_str(text).expect("test module is well-formed");
    decode(bytes.into(), WasmVersion::Latest).expect("test module decodes")
}

fn compile(text: &str, workers: usize) -> Result<Artifact, CompileError> {
    let Decoded { module, bodies } = decode_text(text);
    compile_with_workers(&Target::host(true)?, &module, &bodies, workers, None)
}

/// A module of many functions that call each other, of different sizes.
fn many_functions() -> String {
    let mut text = String::from("(module (import \"host\" \"log\" (func $log (param i32)))");
    for number in 0..60 {
        let callee = (number * 7 + 3) % 60;
        let body = "local.get 0 i32.const 3 i32.mul local.set 0 ".repeat(number % 11);
        text += &format!(
            "(func $f{number} (export \"f{number}\") (param i32) (result i32)
               {body} (call $log (local.get 0)) (i32.div_u (call $f{callee} (local.get 0)) (local.get 0)))"
        );
    }
    text + ")"
}

#[test]
#[allow(clippy::disallowed_methods, reason = "tests read and bless their own files")]
fn golden_clif() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clif");
    let bless = std::env::var_os("BLESS").is_some();
    let mut files = 0;
    for entry in folder.read_dir().expect("the folder of golden tests") {
        let path = entry.expect("a golden test").path();
        if path.extension().is_none_or(|extension| extension != "wat") {
            continue;
        }
        files += 1;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let (guarded, inlines) = (!name.ends_with("_checked"), name.starts_with("inline"));
        let text = std::fs::read(&path).expect("a golden test");
        let Decoded { module, bodies } = decode_text(&String::from_utf8(text).expect("text"));
        // Other systems have another C convention, and checks in prologues.
        let target = Target::named("x86_64-linux", guarded).expect("a known machine");
        let clif = explain::clif(&target, &module, &bodies, inlines).expect("a module that compiles").join("\n");
        compile_module(&target, &module, bodies, None, None).expect("a module that compiles");

        let golden = path.with_extension("clif");
        if bless {
            std::fs::write(&golden, clif).expect("a file that can be written");
        } else {
            let expected = std::fs::read(&golden).unwrap_or_default();
            assert_eq!(clif, String::from_utf8_lossy(&expected), "{}: run with BLESS=1 to accept", path.display());
        }
    }
    assert!(files >= 10, "only {files} golden tests were found");
}

#[test]
fn artifacts_do_not_depend_on_the_number_of_workers() {
    let text = many_functions();
    let alone = compile(&text, 1).unwrap();
    for _ in 0..3 {
        assert_eq!(alone, compile(&text, 4).unwrap());
    }
}

#[test]
fn the_first_invalid_function_is_reported() {
    let mut text = many_functions();
    text.truncate(text.len() - 1);
    // Larger functions are compiled first, but the error must be that of the smaller one before it.
    let nops = "nop ".repeat(5000);
    text += &format!("(func $first (result i32) i64.const 1) (func (result i32) {nops} f32.const 1))");
    for workers in [1, 4] {
        let error = compile(&text, workers).unwrap_err().to_string();
        assert!(error.contains("expected i32, found i64"), "{error}");
    }
}

#[test]
fn tables_of_an_artifact_are_in_order_and_inside_the_text() {
    let artifact = compile(&many_functions(), 2).unwrap();
    assert_eq!(artifact.functions.len(), 60);
    let ranges = artifact.functions.iter().chain(artifact.trampolines.iter().map(|trampoline| &trampoline.range));
    let mut end = 0;
    for range in ranges {
        assert!(range.start >= end && range.len > 0, "{range:?}");
        end = range.start + range.len;
    }
    assert_eq!(end as usize, artifact.text.len());
    assert!(artifact.traps.is_sorted_by_key(|site| site.offset));
    assert!(artifact.traps.iter().any(|site| site.code == TrapCode::IntegerDivideByZero));
    assert!(artifact.addresses.is_empty(), "the module has no DWARF");
}

#[test]
fn trampolines_serve_what_crosses_the_border() {
    let artifact = compile(
        r#"(module
             (type $again (func (param i32)))
             (import "host" "direct" (func (param i32) (result f64)))
             (import "host" "array" (func (result i32 i64)))
             (func (export "run") (param i32))
             (func (export "also") (type $again))
             (func (export "vector") (param v128))
             (func (param f32)))"#,
        1,
    )
    .unwrap();
    let kinds: Vec<_> = artifact.trampolines.iter().map(|trampoline| trampoline.kind).collect();
    use TrampolineKind::{Entry, HostArray, HostDirect};
    assert_eq!(kinds.iter().filter(|kind| **kind == HostDirect).count(), 1);
    assert_eq!(kinds.iter().filter(|kind| **kind == HostArray).count(), 1);
    assert!(kinds.iter().filter(|kind| **kind == Entry).count() >= 2);
}

#[test]
fn one_trampoline_makes_an_artifact() {
    let target = Target::host(true).unwrap();
    let ty = FuncType::new([crate::engine::types::ValType::I32], []);
    for kind in [TrampolineKind::Entry, TrampolineKind::HostDirect, TrampolineKind::HostArray] {
        let artifact = compile_trampoline(&target, &ty, kind).unwrap();
        assert_eq!(artifact.trampolines.len(), 1);
        assert_eq!(artifact.trampolines[0].ty, TypeIdx(0));
        assert_eq!(artifact.trampolines[0].range.len as usize, artifact.text.len());
    }
}

#[test]
fn modules_with_dwarf_get_an_address_map() {
    let text = r#"(module (func (export "f") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)
                    (@custom ".debug_info" "x") (@custom ".debug_abbrev" "x") (@custom ".debug_line" "x"))"#;
    let Decoded { module, bodies } = decode_text(text);
    let body = module.bodies[0].clone();
    let target = Target::host(true).unwrap();
    let artifact = compile_module(&target, &module, bodies, None, None).unwrap();
    assert!(artifact.addresses.is_sorted_by_key(|entry| entry.code));
    let division = artifact.traps.iter().find(|site| site.code == TrapCode::IntegerOverflow).unwrap();
    let position = artifact.addresses.partition_point(|entry| entry.code <= division.offset) - 1;
    assert_eq!(artifact.addresses[position].wasm as usize, body.end - 2, "the division is the last but one byte");
}

#[test]
fn progress_ends_with_all_code() {
    let Decoded { module, bodies } = decode_text(&many_functions());
    let total = module.bodies.iter().map(|body| body.len()).sum();
    let seen = std::sync::Mutex::new(Vec::new());
    let progress = |done: usize, total: usize| seen.lock().unwrap().push((done, total));
    compile_module(&Target::host(true).unwrap(), &module, bodies, None, Some(&progress)).unwrap();
    assert_eq!(seen.into_inner().unwrap().last(), Some(&(total, total)));
}

/// Functions with the same type and body are compiled once; the artifact has each of them all the same.
#[test]
fn equal_functions_have_code_of_their_own() {
    let equal = "(func (param i32) (result i32) (i32.div_u (local.get 0) (call 2 (local.get 0))))";
    let other = "(func (param i64) (result i64) (i64.add (local.get 0) (local.get 0)))";
    let text = format!("(module {equal} {other} {equal} {equal})");
    let Decoded { module, bodies } = decode_text(&text);
    let mut done = 0;
    let seen = std::sync::Mutex::new(&mut done);
    let progress = |_, _| **seen.lock().unwrap() += 1;
    let target = Target::host(true).unwrap();
    let artifact = compile_module(&target, &module, bodies, NonZeroUsize::new(1), Some(&progress)).unwrap();
    assert_eq!(done, 2, "functions that were compiled");
    let code = |function: usize| {
        let CodeRange { start, len } = artifact.functions[function];
        (start, len)
    };
    assert_eq!([code(2).1, code(3).1], [code(0).1; 2]);
    assert!(code(0).0 < code(1).0 && code(1).0 < code(2).0 && code(2).0 < code(3).0);
    let divisions = artifact.traps.iter().filter(|site| site.code == TrapCode::IntegerDivideByZero);
    let offsets: Vec<u32> = divisions.map(|site| site.offset).collect();
    assert_eq!(offsets.len(), 3);
    assert_eq!(offsets[2] - code(3).0, offsets[0] - code(0).0);
}

#[test]
fn the_first_of_equal_invalid_functions_is_reported() {
    let bytes = wat::parse_str("(module (func) (func i32.add) (func) (func i32.add))").unwrap();
    let Decoded { module, bodies } = decode(bytes.into(), WasmVersion::Latest).unwrap();
    let first = module.bodies[1].clone();
    let error = compile_module(&Target::host(true).unwrap(), &module, bodies, None, None).unwrap_err().to_string();
    assert!(error.contains(&format!("0x{:x}", first.start + 1)), "{error} {first:?}");
}

/// Code for Windows checks its stack in prologues, but not where a function needs none.
#[test]
fn the_target_decides_whether_functions_check_their_stack() {
    let Decoded { module, .. } = decode_text("(module (func (call 0)) (func (param i32) (result i32) (local.get 0)))");
    for (name, checks) in [("x86_64-windows", 1), ("aarch64-windows", 1), ("x86_64-linux", 0), ("aarch64-macos", 0)] {
        let target = Target::named(name, true).unwrap();
        let Decoded { bodies, .. } =
            decode_text("(module (func (call 0)) (func (param i32) (result i32) (local.get 0)))");
        let artifact = compile_module(&target, &module, bodies, None, None).unwrap();
        let overflows = artifact.traps.iter().filter(|site| site.code == TrapCode::StackOverflow);
        assert_eq!(overflows.count(), checks, "{name}");
        assert_eq!(target.description().contains(" checks_stack=true"), checks > 0, "{name}");
    }
}

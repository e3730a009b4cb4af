//! Tests of the log: lines as they are printed.

use super::super::stdio::OutputBuffer;
use super::*;
use crate::api::{Config, Engine, Error};

#[test]
fn scopes_are_names_with_commas() {
    assert_eq!(LogScopes::parse("clock,,filesystem"), Some(LogScopes::CLOCK.union(LogScopes::FILESYSTEM)));
    assert_eq!(LogScopes::parse(""), Some(LogScopes::NONE));
    assert_eq!(LogScopes::parse("all,proc"), Some(LogScopes::ALL));
    assert_eq!(LogScopes::parse("clock,foo"), None);
    for (_, scope) in &LogScopes::NAMES[1..] {
        assert_ne!(*scope, LogScopes::ALL);
    }
}

#[test]
fn a_scope_is_a_group_of_functions() {
    let taken = |scope: LogScopes| {
        let names = super::super::linker::SIGNATURES.iter().map(|signature| signature.name).chain(["proc_exit"]);
        names.filter(|name| scope.takes(name)).count()
    };
    let counts = LogScopes::NAMES.map(|(_, scope)| taken(scope));
    assert_eq!(counts, [46, 2, 31, 0, 1, 1, 1, 4]);
}

#[track_caller]
fn check_text(text: &[u8], printed: &str) {
    let mut line = String::new();
    push_text(&mut line, text);
    assert_eq!(line, printed);
}

#[test]
fn text_controls_no_terminal() {
    check_text("a/ä b\\".as_bytes(), "a/ä b\\");
    check_text(b"\x1b]0;title\x07\n\t\x7f", r"\x1b]0;title\x07\n\t\x7f");
    check_text("\u{9b}31m".as_bytes(), r"\u{9b}31m");
    check_text(b"\xff\x9bx", r"\xff\x9bx");
    check_text(&[b'a'; MOST_TEXT_BYTES + 1], &format!("{}...", "a".repeat(MOST_TEXT_BYTES)));
}

#[track_caller]
fn check_value(value: Val, printed: &str) {
    let mut line = String::new();
    push_values(&mut line, &[value.clone(), value]);
    assert_eq!(line, format!("{printed},{printed}"));
}

#[test]
fn values_are_printed_as_go_prints_them() {
    check_value(Val::I32(-1), "-1");
    check_value(Val::I64(i64::MIN), "-9223372036854775808");
    check_value(Val::F32(f32::MAX.to_bits()), "3.4028235e+38");
    check_value(Val::F64(f64::MAX.to_bits()), "1.7976931348623157e+308");
    check_value(Val::F64(0.1f64.to_bits()), "0.1");
    check_value(Val::F32(0.1f32.to_bits()), "0.1");
    check_value(Val::F64(999_999.5f64.to_bits()), "999999.5");
    check_value(Val::F64(1e6f64.to_bits()), "1e+06");
    check_value(Val::F64(0.0001f64.to_bits()), "0.0001");
    check_value(Val::F64(0.00001f64.to_bits()), "1e-05");
    check_value(Val::F64((-0.0f64).to_bits()), "-0");
    check_value(Val::F64(f64::INFINITY.to_bits()), "+Inf");
    check_value(Val::F32(f32::NAN.to_bits()), "NaN");
    check_value(Val::V128(1), "00000000000000010000000000000000");
    check_value(Val::FuncRef(None), "0000000000000000");
}

fn module(wat: &str) -> Module {
    let engine = Engine::new(&Config::new()).expect("an engine");
    Module::new(&engine, &wat::parse_str(wat).expect("text format")).expect("a valid module")
}

#[test]
fn calls_into_the_guest_indent() {
    let output = OutputBuffer::new();
    let log = HostLog::new(LogScopes::ALL, output.clone());
    let mut results = [Val::I32(0), Val::I64(0)];
    let module =
        module(r#"(module $m (func $f (export "one")) (func (@name "\1b") (export "two")) (func (export "three")))"#);
    let called = log.guest_call(&module, "one", &[Val::I32(7)], &mut results, |results| {
        log.guest_call(&module, "two", &[], &mut results[..1], |results| {
            results[0] = Val::I32(9);
            Ok(())
        })?;
        log.guest_call(&module, "three", &[], &mut [], |_| Ok(()))
    });
    assert!(called.is_ok());
    let failed = log.guest_call(&module, "one", &[], &mut [], |_| Err(Error::msg("no")));
    assert!(failed.is_err());
    let expect = "--> m.f(7)\n\t--> m.\\x1b()\n\t<-- 9\n\t--> m.$2()\n\t<--\n<-- (9,0)\n--> m.f()\n";
    assert_eq!(String::from_utf8_lossy(&output.take()), expect);

    let log = HostLog::new(LogScopes::CLOCK, output.clone());
    assert!(log.guest_call(&module, "one", &[], &mut [], |_| Ok(())).is_ok());
    assert_eq!(output.take(), b"");
}

//! What a program may take of the machine, and what happens where the machine has no more: the runner is started as a
//! process of its own, below limits that the shell sets.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test writes the modules that it runs")]

use std::path::PathBuf;
use std::process::{Command, Output};

/// Writes a module in the text format to a folder of its own.
fn module(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("m.wat");
    std::fs::write(&path, text).expect("module");
    (folder, path)
}

/// Runs `wazero run` with the words in front of the module, below `limit`, which a shell sets with `ulimit`. Soft limits,
/// so that an emulator can give them to the program alone: see `tests/cross`.
fn run_below(limit: &str, flags: &[&str], text: &str) -> Output {
    let (_folder, path) = module(text);
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit -S {limit} && exec \"$0\" \"$@\"")).arg(env!("CARGO_BIN_EXE_wazero"));
    command.arg("run").args(flags).arg(path).output().expect("a shell")
}

/// Checks exit code and what stderr holds.
#[track_caller]
fn check(output: &Output, code: i32, message: &str) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert!(stderr.contains(message), "{stderr}");
    assert_eq!(message.is_empty(), stderr.is_empty(), "{stderr}");
}

/// Grows by 1 MiB at a time, writes to all of it, and exits with 7 when it is refused, with 1 after a gigabyte.
const GROWS: &str = r#"(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $left i32)
    (local.set $left (i32.const 1024))
    (loop $more
      (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (call $proc_exit (i32.const 7))))
      (memory.fill (i32.mul (i32.sub (memory.size) (i32.const 16)) (i32.const 65536)) (i32.const 1) (i32.const 1048576))
      (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (call $proc_exit (i32.const 1))))"#;

#[test]
fn a_memory_that_the_host_has_not_is_refused() {
    check(&run_below("-v 400000", &[], GROWS), 7, "");
}

/// What ends the run and says so needs nothing that the guest may have taken. Each table takes what the one before left.
#[test]
fn a_guest_that_takes_all_memory_is_told_of_its_timeout() {
    let tables = "(table 0 funcref)".repeat(40);
    let grow = |table| {
        let grow = format!("(table.grow {table} (ref.null func) (i32.const 1000))");
        format!("(loop $more (br_if $more (i32.ne {grow} (i32.const -1))))")
    };
    let grows: String = (0..40).map(grow).collect();
    let text = format!(r#"(module {tables} (func (export "_start") {grows} (loop $again (br $again))))"#);
    let message = "error: module closed with context deadline exceeded (timeout 1s)\n";
    check(&run_below("-v 400000", &["-timeout=1s", "-max-table=4000000000"], &text), 255, message);
}

#[test]
fn a_table_that_the_host_has_not_is_refused() {
    let text = r#"(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
      (memory (export "memory") 1)
      (table $t 0 funcref)
      (func (export "_start")
        (loop $more
          (br_if $more (i32.ne (table.grow $t (ref.null func) (i32.const 100000)) (i32.const -1))))
        (call $proc_exit (i32.const 7))))"#;
    check(&run_below("-v 400000", &["-max-table=4000000000"], text), 7, "");
    check(&run_below("-v unlimited", &["-max-table=2000000"], text), 7, "");
}

#[test]
fn what_a_module_needs_at_once_and_the_host_has_not_is_an_error() {
    let memory = r#"(module (memory 16000) (func (export "_start")))"#;
    check(&run_below("-v 400000", &[], memory), 1, "out of memory: cannot get 1048576000 bytes for a linear memory");
    let table = r#"(module (table 20000000 funcref) (func (export "_start")))"#;
    // An element holds three pointers.
    let bytes = 20_000_000 * (3 * size_of::<usize>() + 8);
    let message = format!("out of memory: cannot get {bytes} bytes for a table");
    check(&run_below("-v 400000", &["-max-table=20000000"], table), 1, &message);
}

/// A smaller stack than asked for serves where the address space is short.
#[test]
fn a_stack_that_the_host_has_not_is_smaller() {
    let text = r#"(module
      (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "_start") (call $deep (i32.const 1000))))"#;
    check(&run_below("-v 400000", &["-max-stack=64G"], text), 0, "");
    check(&run_below("-v unlimited", &["-max-stack=17179869183G"], text), 0, "");
}

#[test]
fn more_workers_than_processors_are_lowered() {
    let output = run_below("-v unlimited", &["-workers=100000"], r#"(module (func (export "_start")))"#);
    check(&output, 0, "warning: desired number of compilation workers (100000) greater than ");
}

/// A guest that has every descriptor open leaves the runner able to say what happened, source lines and all.
#[test]
fn a_guest_without_descriptors_left_still_ends_cleanly() {
    let text = r#"(module
      (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "m.wat")
      (func (export "_start") (local $errno i32)
        (loop $more
          (local.set $errno (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 0)
            (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 8)))
          (br_if $more (i32.eqz (local.get $errno))))
        (if (i32.eq (local.get $errno) (i32.const 33)) (then unreachable))))"#;
    let (folder, path) = module(text);
    let output = Command::new("sh")
        .args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_wazero"), "run"])
        .arg(format!("-mount={}:/", folder.path().display()))
        .arg(path)
        .output()
        .expect("a shell");
    check(&output, 1, "wasm error: unreachable\nwasm stack trace:\n\t.$1()");
}

#[test]
fn a_system_without_room_for_threads_compiles_with_one() {
    let body = "(local.set 0 (i32.add (local.get 0) (i32.const 7)))".repeat(300);
    let func = |number| format!("(func (param i32) (result i32) {body} (i32.const {number}))");
    let funcs: String = (0..300).map(func).collect();
    let (_folder, path) = module(&format!("(module {funcs} (func (export \"_start\")))"));
    let output = Command::new("sh")
        .args(["-c", "ulimit -S -v 400000 && exec \"$0\" run \"$1\"", env!("CARGO_BIN_EXE_wazero")])
        .arg(path)
        // Stacks that the address space does not hold.
        .env("RUST_MIN_STACK", "1000000000")
        .output()
        .expect("a shell");
    check(&output, 0, "");
}

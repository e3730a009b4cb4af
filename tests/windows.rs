//! What only Windows has, from outside: drive letters in mounts, exit codes of 32 bits, Ctrl-C and Ctrl-Break, the words of
//! its errors, and stacks that end in the middle of generated code. `tests/windows/run` runs this below Wine.

#![cfg(windows)]
#![allow(clippy::disallowed_methods, reason = "a test makes the files that its guests use")]
#![allow(unsafe_code, reason = "one call of the system's, which sends Ctrl-Break")]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
use windows_sys::Win32::System::Threading::CREATE_NEW_PROCESS_GROUP;

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");

/// What a process ends with that Ctrl-C or Ctrl-Break has ended.
const CONTROL_C_EXIT: i32 = 0xc000_013a_u32.cast_signed();

/// What a process ends with whose time is up.
const TIMEOUT: i32 = 0xefff_ffff_u32.cast_signed();

fn wazero(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
    command.args(words).stdin(Stdio::null());
    command
}

fn output(words: &[&str]) -> Output {
    wazero(words).output().expect("wazero")
}

/// Runs the program that prints the file of that name in its first mount.
#[track_caller]
fn check_mount(mount: &str, file: &str, expect: &str) {
    let guest = Path::new(TESTS).join("cli").join("mounts.wat");
    let output = output(&["run", &format!("-mount={mount}"), &guest.to_string_lossy(), file]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), expect, "{mount}: {output:?}");
}

#[test]
fn mounts_begin_with_drives() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::create_dir(folder.join("ä b")).expect("a folder");
    fs::write(folder.join("ä b").join("f.txt"), "found").expect("a file");
    let host = folder.to_string_lossy();
    assert!(host[1..].starts_with(":\\"), "{host}");
    let inner = format!("{host}\\ä b");
    check_mount(&format!("{inner}:/"), "f.txt", "found");
    check_mount(&format!("{inner}:/in:ro"), "f.txt", "found");
    check_mount(&format!("{inner}::/in"), "f.txt", "found");
    check_mount(&inner, "f.txt", "found");
    check_mount(&format!("{inner}\\:/in"), "f.txt", "found");
    check_mount(&format!("{}:/in", inner.replace('\\', "/")), "f.txt", "found");
    check_mount(&format!("{}:/in", inner.to_lowercase()), "F.TXT", "found");
    check_mount(&format!(r"\\?\{inner}:/in:ro"), "f.txt", "found");
    check_mount(&format!("{inner}\\f.txt:/in/g.txt"), "g.txt", "found");
}

#[test]
fn missing_files_have_the_words_of_windows() {
    let stderr = |words: &[&str]| String::from_utf8_lossy(&output(words).stderr).into_owned();
    let not_found = "The system cannot find the file specified.\n";
    assert_eq!(stderr(&["run", "none.wasm"]), format!("error reading wasm binary: open none.wasm: {not_found}"));
    let mount = stderr(&["run", r"-mount=C:\no such\:/", "none.wasm"]);
    assert!(mount.starts_with(r#"invalid mount: path "C:\\no such\\" error: stat C:\no such\: "#), "{mount}");
}

/// Functions of `tests/timeout/states.wat` that need no descriptors.
const STATES: [&str; 5] = ["loop", "host_calls", "read_stdin", "sleep", "random"];

/// Starts a guest and waits until it is in that state.
fn start(state: &str, flags: &[&str], group: u32) -> (Child, Instant) {
    let guest = Path::new(TESTS).join("timeout").join("states.wat");
    let begun = Instant::now();
    let mut command = wazero(&["run"]);
    command.args(flags).arg(format!("-invoke={state}")).arg(guest).creation_flags(group);
    // A pipe that nobody writes to.
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("wazero");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("a pipe")).read_line(&mut line).expect("a line");
    assert_eq!(line, "begun\n", "{state}");
    (child, begun)
}

#[test]
fn time_is_up_in_every_state() {
    for state in STATES {
        let (mut child, begun) = start(state, &["-timeout=3s"], 0);
        let status = child.wait().expect("an end");
        let mut stderr = String::new();
        child.stderr.take().expect("a pipe").read_to_string(&mut stderr).expect("text");
        assert_eq!(status.code(), Some(TIMEOUT), "{state}: {stderr}");
        // On a busy machine the message may not be out in the moment that it has.
        let message = "error: module closed with context deadline exceeded (timeout 3s)\n";
        assert!(stderr == message || stderr.is_empty(), "{state}: {stderr}");
        let span = begun.elapsed();
        assert!((Duration::from_secs(2)..Duration::from_secs(10)).contains(&span), "{state}: {span:?}");
    }
}

/// Where there is no console, nothing can be sent, and there is nothing to see.
#[test]
fn ctrl_break_ends_a_run_in_every_state() {
    for state in STATES {
        let (mut child, _) = start(state, &["-timeout=60s"], CREATE_NEW_PROCESS_GROUP);
        // SAFETY: Sends an event to the processes of the child's own group.
        if unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child.id()) } == 0 {
            child.kill().expect("ended");
            child.wait().expect("an end");
            return;
        }
        assert_eq!(child.wait().expect("an end").code(), Some(CONTROL_C_EXIT), "{state}");
    }
}

#[track_caller]
fn check_overflow(text: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let guest = folder.path().join("m.wat");
    fs::write(&guest, text).expect("a file");
    for stack in ["-max-stack=512KiB", "-max-stack=64MiB"] {
        let output = output(&["run", stack, &guest.to_string_lossy()]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        let first = "error instantiating wasm binary: module[] function[_start] failed: stack overflow\n";
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.starts_with(first) && stderr.contains("\n\t.f("), "{stderr}");
    }
}

/// Prologues find that the stack ends, whatever the frames look like.
#[test]
fn stacks_end_in_traps() {
    check_overflow(r#"(module (func $f (export "_start") (call $f) (call $f)))"#);
    // Large frames, which are probed page by page.
    let locals = "v128 ".repeat(3000);
    let kept: String =
        (0..3000).map(|local| format!("(local.set {local} (v128.load offset={local} (local.get 3000)))")).collect();
    let used: String =
        (0..3000).map(|local| format!("(v128.store offset={local} (local.get 3000) (local.get {local}))")).collect();
    check_overflow(&format!(
        r#"(module (memory 1) (func $f (export "_start") (local {locals} i32) {kept} (call $f) {used}))"#
    ));
    // Arguments and results that go through memory.
    let many = "i64 ".repeat(200);
    let gets: String = (0..200).map(|local| format!("(local.get {local}) ")).collect();
    check_overflow(&format!(
        r#"(module (func $f (param {many}) (result {many}) (call $f {gets}))
             (func (export "_start") (local {many}) (call $f {gets}) {}))"#,
        "drop ".repeat(200)
    ));
    // A host function at the end.
    check_overflow(
        r#"(module (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32))) (memory (export "memory") 1)
             (func $f (export "_start") (drop (call $yield)) (call $f) (call $f)))"#,
    );
}

#[test]
fn compiled_modules_are_kept_and_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("cache");
    let cache_flag = format!("-cachedir={}", cache.display());
    let guest = Path::new(TESTS).join("cli").join("exit_codes.wat");
    let count = || {
        let mut files = 0;
        let mut folders = vec![cache.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                match entry.file_type().expect("a kind").is_dir() {
                    true => folders.push(entry.path()),
                    false => files += 1,
                }
            }
        }
        files
    };
    let wasm = folder.path().join("m.wasm");
    fs::write(&wasm, wat::parse_file(&guest).expect("text")).expect("a file");
    let mut kept = Vec::new();
    for _ in 0..3 {
        let output = output(&["run", &cache_flag, &wasm.to_string_lossy(), "1", "2"]);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        kept.push(count());
    }
    // The image, and a note about the file once that is a few seconds old.
    assert!(kept[0] > 0 && kept[2] <= kept[0] + 1, "{kept:?}");
}

//! A start does little: system calls and page faults of a whole run of a small program are counted and have a ceiling.
//!
//! Calls are counted by tracing the process, from its first instruction on, loader included; pages by what the system says of
//! it. Debug builds make the same calls as releases, and touch more pages.

#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(clippy::disallowed_methods, reason = "a test makes the files that its guest is in")]
#![allow(clippy::print_stdout, reason = "the counts are what `cargo test -- --nocapture` shows")]

use nix::sys::ptrace::{self, Options};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const HELLO: &str = r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\0a")
  (func (export "_start") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))))"#;

/// What a run may take.
struct Ceiling {
    calls: usize,
    faults: i64,
}

/// Without a cache; the first run with one; later ones.
const CEILINGS: [(&str, Ceiling); 3] = [
    ("without a cache", Ceiling { calls: 125, faults: 700 }),
    ("first run", Ceiling { calls: 180, faults: 700 }),
    ("later run", Ceiling { calls: 160, faults: 700 }),
];

#[test]
fn a_start_does_little() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("hello.wasm"), wat::parse_str(HELLO).expect("text")).expect("written");
    let mut counts = Vec::new();
    for (name, ceiling) in CEILINGS {
        let flag = if name == "without a cache" { "-no-cache" } else { "-cachedir=cache" };
        let Some(calls) = calls(folder.path(), flag) else {
            println!("this system lets no process be traced");
            return;
        };
        let faults = faults(folder.path(), flag);
        println!("{name}: {calls} system calls, {faults} page faults");
        counts.push((name, calls, faults, ceiling));
    }
    for (name, calls, faults, ceiling) in counts {
        assert!(calls <= ceiling.calls, "{name}: {calls} system calls");
        assert!(faults <= ceiling.faults, "{name}: {faults} page faults");
    }
}

/// A command that stops first, and then becomes a run of the guest.
fn command(folder: &Path, flag: &str, first: &str) -> Command {
    let mut command = Command::new("sh");
    let script = format!("{first} exec \"$0\" run {flag} hello.wasm");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_wazero")]).current_dir(folder);
    command.env_clear().env("HOME", folder).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Page faults that needed no disk.
fn faults(folder: &Path, flag: &str) -> i64 {
    let so_far = || getrusage(UsageWho::RUSAGE_CHILDREN).expect("asked").minor_page_faults();
    let before = so_far();
    assert!(command(folder, flag, "").status().expect("a shell").success());
    so_far() - before
}

/// System calls of a run, of all its threads. Nothing where processes may not be traced.
fn calls(folder: &Path, flag: &str) -> Option<usize> {
    let mut child = command(folder, flag, "kill -STOP $$;").spawn().expect("a shell");
    let process = Pid::from_raw(child.id().cast_signed());
    waitpid(process, Some(WaitPidFlag::WUNTRACED)).expect("it stops");
    let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACEEXEC | Options::PTRACE_O_TRACECLONE;
    let is_traced = ptrace::seize(process, options | Options::PTRACE_O_EXITKILL).is_ok();
    kill(process, Signal::SIGCONT).expect("it lives");
    let calls = is_traced.then(|| count(process));
    // Whoever is traced to its end has been waited for.
    let _ = child.wait();
    calls
}

/// Follows a process to its end. Each call stops it twice.
fn count(process: Pid) -> usize {
    let (mut stops, mut has_begun) = (0, false);
    loop {
        let status = waitpid(None, Some(WaitPidFlag::__WALL)).expect("a traced process");
        let thread = status.pid().expect("one of the process's");
        let signal = match status {
            WaitStatus::PtraceSyscall(_) => {
                stops += usize::from(has_begun);
                None
            }
            WaitStatus::PtraceEvent(_, _, event) => {
                has_begun |= event == ptrace::Event::PTRACE_EVENT_EXEC as i32;
                None
            }
            WaitStatus::Stopped(_, signal) => Some(signal),
            WaitStatus::Exited(ended, code) if ended == process => {
                assert_eq!(code, 0);
                return stops / 2;
            }
            _ => continue,
        };
        // A thread may have ended meanwhile.
        let _ = ptrace::syscall(thread, signal);
    }
}

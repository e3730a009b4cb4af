//! A run as the first process of a container, which has to end by itself when it is told to.
//!
//! `unshare` makes what a container is for the kernel: a namespace of processes with nothing else in it. Where the system
//! lets nobody make one, there is nothing to test.

#![cfg(target_os = "linux")]
#![allow(clippy::disallowed_methods, reason = "a test makes the module that its guest is")]

mod signals;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

const UNSHARE: [&str; 5] = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc"];

#[test]
fn a_signal_ends_the_first_process() {
    let may_unshare =
        Command::new("unshare").args(UNSHARE).arg("true").stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    if !may_unshare {
        return;
    }
    signals::heed_interrupts();
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("loop.wat");
    fs::write(&module, "(module (func (export \"_start\") (loop (br 0))))").unwrap();
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut run = Command::new("unshare");
        let mut run = run.args(UNSHARE).arg(env!("CARGO_BIN_EXE_wazero")).arg("run").arg(&module).spawn().unwrap();
        let child = first_child(run.id());
        // A signal that comes before there is a handler is lost, as it is for any first process.
        let start = Instant::now();
        let ended = loop {
            if let Some(status) = run.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "SIG{signal} does not end the run");
            thread::sleep(Duration::from_millis(100));
            let _ = Command::new("kill").args(["-s", signal, &child]).stderr(Stdio::null()).status();
        };
        assert_eq!(ended.code(), Some(code), "SIG{signal}");
    }
}

/// The process that `unshare` has started.
fn first_child(parent: u32) -> String {
    let children = format!("/proc/{parent}/task/{parent}/children");
    loop {
        let text = fs::read_to_string(&children).unwrap_or_default();
        if let Some(child) = text.split_whitespace().next() {
            return child.to_owned();
        }
        thread::sleep(Duration::from_millis(10));
    }
}

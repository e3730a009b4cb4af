//! What of a guest's output reaches a terminal, a pseudo one here: control sequences that draw, and no others; and what is
//! switched on is switched off when the run ends.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test makes the files that its guests use")]

mod signals;

use nix::pty::openpty;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Colours, the clipboard, a title and a query, and what draws.
const MIXED: &[u8] = b"\x1b[31mred\x1b[0m\x1b]52;c;aGk=\x07\x1b]0;title\x1b\\\x1b[6n\x1b[c\x1b[2K ok\x05.";
const MIXED_FILTERED: &[u8] = b"\x1b[31mred\x1b[0m\x1b[2K ok.";

/// Hides the cursor and takes the alternate screen.
const MODES: &[u8] = b"\x1b[?25l\x1b[?1049h!";

/// A guest that writes bytes to a descriptor and then goes on as told. It ends with code 9 if not every byte is counted.
fn guest(folder: &Path, bytes: &[u8], fd: u32, then: &str) -> PathBuf {
    let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    let len = bytes.len();
    let wat = format!(
        r#"(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "{escaped}")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 64))
    (i32.store (i32.const 4) (i32.const {len}))
    (drop (call $fd_write (i32.const {fd}) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (i32.ne (i32.load (i32.const 8)) (i32.const {len})) (then (call $proc_exit (i32.const 9))))
    {then}))"#
    );
    let path = folder.join("guest.wat");
    fs::write(&path, wat).expect("a file");
    path
}

/// A run whose three streams are a terminal, and the other end of that.
fn start(words: &[&str], guest: &Path) -> (Child, File) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
    command.arg("run").args(words).arg(guest);
    start_command(command)
}

fn start_command(mut command: Command) -> (Child, File) {
    signals::heed_interrupts();
    let terminal = openpty(None, None).expect("a terminal");
    let stream = || Stdio::from(terminal.slave.try_clone().expect("a descriptor"));
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    command.stdin(stream()).stdout(stream()).stderr(stream());
    (command.spawn().expect("wazero"), File::from(terminal.master))
}

/// Everything that the terminal is shown, and how the process ends.
fn finish((mut child, mut master): (Child, File)) -> (Vec<u8>, ExitStatus) {
    let status = child.wait().expect("an end");
    let mut shown = Vec::new();
    // Linux tells the end of a terminal as an error.
    let _ = master.read_to_end(&mut shown);
    (without_progress(&shown).to_vec(), status)
}

/// What is shown behind the progress of compiling, which appears, and is cleared, where that takes a while.
fn without_progress(mut shown: &[u8]) -> &[u8] {
    const CLEAR: &[u8] = b"\r\x1b[2K";
    while shown.starts_with(b"compiling ")
        && let Some(at) = shown.windows(CLEAR.len()).position(|window| window == CLEAR)
    {
        shown = &shown[at + CLEAR.len()..];
    }
    shown
}

/// Reads until the guest has changed the terminal's modes.
fn wait_for_modes(master: &mut File) {
    let mut shown = Vec::new();
    while !shown.ends_with(MODES) {
        let mut byte = [0];
        master.read_exact(&mut byte).expect("the guest has written");
        shown.extend(byte);
    }
}

#[track_caller]
fn assert_bytes(got: &[u8], expect: &[u8]) {
    assert_eq!(got.escape_ascii().to_string(), expect.escape_ascii().to_string());
}

#[test]
fn a_terminal_gets_what_draws() {
    let folder = tempfile::tempdir().expect("a folder");
    for fd in [1, 2] {
        let guest = guest(folder.path(), MIXED, fd, "");
        let (shown, status) = finish(start(&[], &guest));
        assert_bytes(&shown, MIXED_FILTERED);
        assert_eq!(status.code(), Some(0));
        let (shown, _) = finish(start(&["-tty=raw"], &guest));
        assert_bytes(&shown, MIXED);
    }
}

#[test]
fn a_pipe_gets_every_byte() {
    let folder = tempfile::tempdir().expect("a folder");
    let guest = guest(folder.path(), MIXED, 1, "");
    let output = Command::new(env!("CARGO_BIN_EXE_wazero")).arg("run").arg(&guest).output().expect("wazero");
    assert_bytes(&output.stdout, MIXED);
}

#[test]
fn the_terminal_is_put_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let after = b"\x1b[?25l\x1b[?1049h!\x1b[?25h\x1b[?1049l";
    let ending = guest(folder.path(), MODES, 1, "");
    assert_bytes(&finish(start(&[], &ending)).0, after);

    let exiting = guest(folder.path(), MODES, 1, "(call $proc_exit (i32.const 3))");
    let (shown, status) = finish(start(&[], &exiting));
    assert_bytes(&shown, after);
    assert_eq!(status.code(), Some(3));

    let trapping = guest(folder.path(), MODES, 1, "unreachable");
    let (shown, status) = finish(start(&[], &trapping));
    assert!(shown.starts_with(&[after, &b"\x1b[1;31merror"[..]].concat()), "{}", shown.escape_ascii());
    assert_eq!(status.code(), Some(1));

    let looping = guest(folder.path(), MODES, 1, "(loop $again (br $again))");
    // Some machines take seconds to begin.
    let put_back = ["-timeout=1s", "-timeout=4s", "-timeout=16s"].into_iter().any(|flag| {
        let (shown, status) = finish(start(&[flag], &looping));
        assert_eq!(status.code(), Some(255));
        shown.starts_with(&[after, &b"\x1b[1;31merror"[..]].concat())
    });
    assert!(put_back);

    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (child, mut master) = start(&[], &looping);
        wait_for_modes(&mut master);
        std::thread::sleep(std::time::Duration::from_millis(100));
        kill(Pid::from_raw(child.id().cast_signed()), signal).expect("the process lives");
        let (rest, status) = finish((child, master));
        assert_bytes(&rest, &after[MODES.len()..]);
        assert_eq!(status.signal(), Some(signal as i32));
    }
}

#[test]
fn messages_are_coloured_unless_unwanted() {
    let folder = tempfile::tempdir().expect("a folder");
    let missing = folder.path().join("missing.wasm");
    let (shown, _) = finish(start(&[], &missing));
    assert!(shown.starts_with(b"\x1b[1;31merror reading wasm binary:\x1b[0m open "), "{}", shown.escape_ascii());
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let terminal = openpty(None, None).expect("a terminal");
        let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
        let status = command.arg("run").arg(&missing).env(name, value).stderr(Stdio::from(terminal.slave)).status();
        assert_eq!(status.expect("wazero").code(), Some(1));
        drop(command);
        let mut shown = Vec::new();
        let _ = File::from(terminal.master).read_to_end(&mut shown);
        assert!(shown.starts_with(b"error reading wasm binary: open "), "{}", shown.escape_ascii());
    }
}

#[test]
fn a_module_is_not_read_from_a_terminal() {
    let (shown, status) = finish(start(&[], Path::new("-")));
    let message =
        b"\x1b[1;31merror reading wasm binary:\x1b[0m standard input is a terminal\r\n\r\n\x1b[1;36mhint:\x1b[0m ";
    assert!(shown.starts_with(message), "{}", shown.escape_ascii());
    assert_eq!(status.code(), Some(1));
}

/// A guest that waits in a host call is interrupted by the signal's handler, and the process ends all the same.
#[test]
fn a_waiting_guest_ends_by_its_signal_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = r#"(i32.store (i32.const 16) (i32.const 1024)) (i32.store (i32.const 20) (i32.const 16))
      (loop $again (drop (call $fd_read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 8))) (br $again))"#;
    let reading = guest(folder.path(), MODES, 1, read);
    let (child, mut master) = start(&[], &reading);
    wait_for_modes(&mut master);
    std::thread::sleep(std::time::Duration::from_millis(100));
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).expect("the process lives");
    let (rest, status) = finish((child, master));
    assert_bytes(&rest, b"\x1b[?25h\x1b[?1049l");
    assert_eq!(status.signal(), Some(Signal::SIGINT as i32));
}

/// Signals are handled once a mode is changed; one that the shell has set aside is not.
#[test]
fn an_ignored_interrupt_stays_ignored() {
    let folder = tempfile::tempdir().expect("a folder");
    let looping = guest(folder.path(), MODES, 1, "(loop $again (br $again))");
    let mut command = Command::new("sh");
    let script = format!("trap '' INT; exec '{}' run '{}'", env!("CARGO_BIN_EXE_wazero"), looping.display());
    command.args(["-c", &script]);
    let (mut child, mut master) = start_command(command);
    wait_for_modes(&mut master);
    std::thread::sleep(std::time::Duration::from_millis(100));
    let process = Pid::from_raw(child.id().cast_signed());
    kill(process, Signal::SIGINT).expect("the process lives");
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert!(child.try_wait().expect("a status").is_none(), "it goes on");
    kill(process, Signal::SIGTERM).expect("the process lives");
    let (rest, status) = finish((child, master));
    assert_bytes(&rest, b"\x1b[?25h\x1b[?1049l");
    assert_eq!(status.signal(), Some(Signal::SIGTERM as i32));
}

//! `-timeout`, Ctrl-C and SIGTERM end a run in whatever state it is.
//!
//! Time is measured from starting the process until it is gone, so that it holds more than the promise does. A machine that
//! is busy with something else is late itself: the best of three tries counts.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test makes the files that its guests use")]

mod signals;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, mkfifo};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const STATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/timeout/states.wat");
/// How late a process may end.
const LATEST: Duration = Duration::from_millis(100);
const TRIES: usize = 3;

/// Functions of the guest, each a state.
const GUEST_STATES: [&str; 13] = [
    "loop",
    "host_calls",
    "read_stdin",
    "sleep",
    "poll_stdin",
    "random",
    "fill",
    "copy",
    "fifo",
    "write_file",
    "read_dir",
    "accept",
    "poll_listener",
];

/// What the guest has.
const GIVEN: [&str; 2] = ["-mount=.:/", "-listen=127.0.0.1:0"];

/// What is passed as `-timeout`, and how much later the process may be gone: 400 ms and 100 ms, or more where a program does
/// not begin in a quarter of that, in an emulator for instance.
fn timeout() -> (Duration, Duration) {
    static MEASURED: OnceLock<(Duration, Duration)> = OnceLock::new();
    *MEASURED.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let start = Instant::now();
        let mut child = wazero(&["run", "-invoke", "loop", STATES], folder.path()).spawn().expect("wazero");
        let _stdout = wait_for_begin(&mut child);
        let begin = start.elapsed();
        child.kill().expect("the process lives");
        child.wait().expect("an end");
        let tenths = (begin * 4).as_millis().div_ceil(100).max(4) as u64;
        (Duration::from_millis(tenths * 100), LATEST.max(begin))
    })
}

/// The flag for that.
fn timeout_flag() -> String {
    format!("-timeout={}ms", timeout().0.as_millis())
}

/// A folder with everything that the states need.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    mkfifo(&path.join("fifo"), nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
    fs::create_dir(path.join("many")).expect("a folder");
    for number in 0..2000 {
        fs::write(path.join("many").join(format!("file-{number}")), "").expect("a file");
    }
    fs::write(path.join("start.wat"), "(module (func $f (loop $again (br $again))) (start $f))").expect("a file");
    fs::write(path.join("large.wasm"), large_module()).expect("a file");
    folder
}

/// A module that takes more than a second to compile, on however many processors: one type, and many times the same body.
fn large_module() -> Vec<u8> {
    // local.set 0 ((local.get 0 + 77) * rotl(local.get 0, 3))
    const STATEMENT: [u8; 16] = [0x20, 0, 0x41, 0xcd, 0, 0x6a, 0x20, 0, 0x41, 3, 0x77, 0x6c, 0x21, 0, 0x01, 0x01];
    let count = 1000 * std::thread::available_parallelism().map_or(2, usize::from);
    let body = [&[0][..], &STATEMENT.repeat(200), &[0x20, 0, 0x0b]].concat();
    let body = [leb128(body.len()), body].concat();
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    let vectors = [(1, 1, vec![0x60, 1, 0x7f, 1, 0x7f]), (3, count, vec![0; count]), (10, count, body.repeat(count))];
    for (id, count, items) in vectors {
        let contents = [leb128(count), items].concat();
        module.push(id);
        module.extend(leb128(contents.len()));
        module.extend(contents);
    }
    module
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A command line with a pipe on each stream.
fn wazero(words: &[&str], folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
    command.args(words).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn invoke(state: &str, folder: &Path) -> Command {
    wazero(&[&["run", &timeout_flag()], &GIVEN[..], &["-invoke", state, STATES]].concat(), folder)
}

/// How a process ended and when.
struct Ended {
    status: ExitStatus,
    after: Duration,
    stdout: String,
    stderr: String,
}

/// Runs a command to its end, with a standard input that nobody writes to.
fn run(command: &mut Command, read_output: bool) -> Ended {
    let start = Instant::now();
    let mut child = command.spawn().expect("wazero");
    let (mut stdout, mut stderr) = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
    let _open = child.stdin.take();
    let status = child.wait().expect("an end");
    let after = start.elapsed();
    let mut ended = Ended { status, after, stdout: String::new(), stderr: String::new() };
    if read_output {
        stdout.read_to_string(&mut ended.stdout).expect("text");
        stderr.read_to_string(&mut ended.stderr).expect("text");
    }
    ended
}

/// The best of some tries ends with exit code 255 and in time.
#[track_caller]
fn check(name: &str, read_output: bool, stdout: &str, command: impl Fn() -> Command) {
    let mut late = Vec::new();
    let (timeout, latest) = timeout();
    for _ in 0..TRIES {
        let ended = run(&mut command(), read_output);
        assert_eq!(ended.status.code(), Some(255), "{name}: {:?} {}", ended.status, ended.stderr);
        assert!(ended.after >= timeout, "{name}: too early, after {:?}", ended.after);
        if read_output {
            assert_eq!(ended.stdout, stdout, "{name}");
            // Durations are shown as Go shows them, which is not the test's concern.
            let message = "error: module closed with context deadline exceeded (timeout ";
            // The port that was chosen may stand in front.
            assert!(
                ended.stderr.lines().last().is_some_and(|line| line.starts_with(message)),
                "{name}: {}",
                ended.stderr
            );
        }
        let lateness = ended.after - timeout;
        if lateness <= latest {
            return;
        }
        late.push(lateness);
    }
    panic!("{name}: late by {late:?}");
}

#[test]
fn a_timeout_fires_in_every_state() {
    let folder = folder();
    let path = folder.path();
    for state in GUEST_STATES {
        check(state, true, "begun\n", || invoke(state, path));
    }
    // The pipes are full, so that the message cannot be written either.
    for state in ["full_stdout", "full_stderr"] {
        check(state, false, "", || invoke(state, path));
    }
    let run = |module: &'static str| move || wazero(&["run", &timeout_flag(), module], path);
    check("start function", true, "", run("start.wat"));
    // Before the start: what is only validated may be done in time.
    check("compilation", true, "", || wazero(&["run", "-eager", &timeout_flag(), "large.wasm"], path));
    check("module from a FIFO", true, "", run("fifo"));
    check("module from stdin", true, "", run("-"));
}

/// Reads what the guest says when it has begun, and keeps the pipe open.
fn wait_for_begin(child: &mut Child) -> BufReader<ChildStdout> {
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("text");
    stdout
}

/// The best of some tries ends by this signal, within the time that a timeout may take.
#[track_caller]
fn check_signal(name: &str, signal: Signal, says_begin: bool, command: impl Fn() -> Command) {
    let mut late = Vec::new();
    for _ in 0..TRIES {
        let mut child = command().spawn().expect("wazero");
        let _stdout = says_begin.then(|| wait_for_begin(&mut child));
        std::thread::sleep(Duration::from_millis(30));
        let start = Instant::now();
        kill(Pid::from_raw(child.id().cast_signed()), signal).expect("the process lives");
        // `Child::wait` closes its end of standard input, which some states wait for.
        let _stdin = child.stdin.take();
        let status = child.wait().expect("an end");
        assert_eq!(status.signal(), Some(signal as i32), "{name}: {status:?}");
        if start.elapsed() <= timeout().1 {
            return;
        }
        late.push(start.elapsed());
    }
    panic!("{name}: {signal} took {late:?}");
}

#[test]
fn signals_end_the_process_in_every_state() {
    let folder = folder();
    let path = folder.path();
    signals::heed_interrupts();
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        for state in GUEST_STATES {
            let words = [&["run"], &GIVEN[..], &["-invoke", state, STATES]].concat();
            check_signal(state, signal, true, || wazero(&words, path));
        }
        for module in ["start.wat", "large.wasm", "fifo", "-"] {
            check_signal(module, signal, false, || wazero(&["run", module], path));
        }
    }
}

#[test]
fn an_ignored_interrupt_stays_ignored() {
    let mut command = Command::new("sh");
    let script = format!("trap '' INT; exec '{}' run -invoke loop '{STATES}'", env!("CARGO_BIN_EXE_wazero"));
    command.args(["-c", &script]).stdout(Stdio::piped());
    let mut child = command.spawn().expect("sh");
    let _stdout = wait_for_begin(&mut child);
    let process = Pid::from_raw(child.id().cast_signed());
    kill(process, Signal::SIGINT).expect("the process lives");
    std::thread::sleep(Duration::from_millis(100));
    assert!(child.try_wait().expect("a status").is_none(), "it goes on");
    kill(process, Signal::SIGTERM).expect("the process lives");
    assert_eq!(child.wait().expect("an end").signal(), Some(Signal::SIGTERM as i32));
}

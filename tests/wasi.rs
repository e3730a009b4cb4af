//! WASI through the command, where it meets the world: pipes that nobody reads, full disks, limits, sockets.

#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "a test makes the files that it then looks at")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wasi");

/// What `kill` calls SIGPIPE.
const SIGPIPE: i32 = 13;

fn wazero(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
    command.args(words).current_dir(FOLDER).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(command: &mut Command) -> Child {
    command.spawn().unwrap_or_else(|error| panic!("wazero: {error}"))
}

fn finish(child: Child) -> Output {
    child.wait_with_output().unwrap_or_else(|error| panic!("wazero: {error}"))
}

/// Runs a guest that writes, reads one line of it, closes the pipe, and tells how it ended: its exit code or, negative,
/// the signal; and what it wrote to standard error.
fn with_reader_gone(words: &[&str]) -> (i32, String) {
    let mut child = start(&mut wazero(words));
    let to_stderr = words.iter().any(|word| word.starts_with("-env"));
    let mut line = String::new();
    if to_stderr {
        let pipe = child.stderr.take().unwrap_or_else(|| panic!("no pipe"));
        BufReader::with_capacity(64, pipe).read_line(&mut line).unwrap_or_else(|error| panic!("{error}"));
    } else {
        let pipe = child.stdout.take().unwrap_or_else(|| panic!("no pipe"));
        BufReader::with_capacity(64, pipe).read_line(&mut line).unwrap_or_else(|error| panic!("{error}"));
    }
    assert_eq!(line.len(), 64);
    let started = Instant::now();
    let output = finish(child);
    assert!(started.elapsed() < Duration::from_secs(20));
    let ended = output.status.code().unwrap_or_else(|| -output.status.signal().unwrap_or_default());
    (ended, String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_program_whose_reader_is_gone_ends_as_by_sigpipe() {
    let silent = |code| (code, String::new());
    for env in [&[][..], &["-env=A=1"][..]] {
        let run = |args: &[&str]| with_reader_gone(&[&["run"], env, &["until_error.wat"], args].concat());
        // It fails of what it was told, by an exit code or a trap, or never looks at what it was told.
        assert_eq!(run(&[]), silent(-SIGPIPE));
        assert_eq!(run(&["a", "b"]), silent(-SIGPIPE));
        assert_eq!(run(&["a", "b", "c"]), silent(-SIGPIPE));
        // It was told, and that is that.
        assert_eq!(run(&["a"]), silent(0));
    }
}

/// Runs a guest below a shell that sets things up, and gives exit code and standard error.
fn with_shell(script: &str, words: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(env!("CARGO_BIN_EXE_wazero")).args(words).current_dir(FOLDER);
    let output = command.output().unwrap_or_else(|error| panic!("sh: {error}"));
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_host_s_limits_have_their_own_numbers() {
    let quiet = |code| (Some(code), String::new());
    let run = &["run", "until_error.wat"];
    #[cfg(target_os = "linux")]
    assert_eq!(with_shell(r#"exec "$0" "$@" > /dev/full"#, run), quiet(51));
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let file = folder.path().join("out");
    let script = format!(r#"ulimit -f 8; exec "$0" "$@" > {}"#, file.display());
    assert_eq!(with_shell(&script, run), quiet(22));
    let len = std::fs::metadata(&file).map(|metadata| metadata.len());
    assert!(len.is_ok_and(|len| len > 0 && len <= 8 * 1024));
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_is_lost_is_an_error() {
    let lost = (Some(1), "error writing standard output: no space left on device\n".to_owned());
    let add = &["run", "-invoke=add", "../cli/invoke.wat", "1", "2"];
    for words in [&["version"][..], &["inspect", "until_error.wat"], &["completion", "bash"], add] {
        assert_eq!(with_shell(r#"exec "$0" "$@" > /dev/full"#, words), lost, "{words:?}");
        assert_eq!(with_shell(r#"exec "$0" "$@" >&-"#, words), (Some(0), String::new()), "{words:?}");
    }
}

#[test]
fn too_many_open_files_are_mfile() {
    let run = &["run", "-mount=.", "open_until_error.wat"];
    assert_eq!(with_shell(r#"ulimit -n 30; exec "$0" "$@""#, run), (Some(33), String::new()));
}

#[test]
fn arguments_and_variables_need_not_be_utf_8() {
    let mut command = wazero(&["run"]);
    command.arg(OsStr::from_bytes(b"-env=K=\xff\xfe")).arg("print_args.wat").arg(OsStr::from_bytes(b"\x80a"));
    let output = finish(start(&mut command));
    assert_eq!(output.stdout.escape_ascii().to_string(), r"print_args.wat\x00\x80a\x00K=\xff\xfe\x00");
}

/// Whoever shares a stream may make it non-blocking. A guest that did not ask for that waits all the same.
#[test]
fn a_stream_that_others_made_non_blocking_waits() {
    let (ours, theirs) = UnixStream::pair().unwrap_or_else(|error| panic!("{error}"));
    theirs.set_nonblocking(true).unwrap_or_else(|error| panic!("{error}"));
    let mut child = start(wazero(&["run", "until_error.wat"]).stdout(OwnedFd::from(theirs)));
    // Time to fill what the system keeps.
    std::thread::sleep(Duration::from_millis(300));
    let mut read = vec![0; 4 << 20];
    (&ours).read_exact(&mut read).unwrap_or_else(|error| panic!("{error}"));
    // Closing it with something unread would be a reset connection instead.
    ours.shutdown(Shutdown::Read).unwrap_or_else(|error| panic!("{error}"));
    // A writer that waits for room is woken by room alone, not by this.
    (&ours).read_to_end(&mut read).unwrap_or_else(|error| panic!("{error}"));
    let status = child.wait().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((status.code(), status.signal()), (None, Some(SIGPIPE)));
}

#[test]
fn a_closed_standard_output_is_no_error() {
    assert_eq!(with_shell(r#"exec "$0" "$@" >&-"#, &["run", "../cli/environment.wat"]).0, Some(0));
}

#[test]
fn a_guest_serves_a_connection() {
    for address in ["127.0.0.1:0", ":0", "localhost:0"] {
        let mut child = start(&mut wazero(&["run", "-listen", address, "echo_server.wat"]));
        let mut said = BufReader::new(child.stderr.take().unwrap_or_else(|| panic!("no pipe")));
        let mut line = String::new();
        said.read_line(&mut line).unwrap_or_else(|error| panic!("{error}"));
        let port = line.trim_end().rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
        assert!(line.starts_with("listening on ") && port.is_some(), "{line}");
        let mut peer =
            TcpStream::connect(("127.0.0.1", port.unwrap_or_default())).unwrap_or_else(|error| panic!("{error}"));
        let mut send = |bytes: &[u8]| peer.write_all(bytes).unwrap_or_else(|error| panic!("{error}"));
        send(b"he");
        std::thread::sleep(Duration::from_millis(50));
        send(b"llo");
        let mut echo = String::new();
        peer.read_to_string(&mut echo).unwrap_or_else(|error| panic!("{error}"));
        drop(peer);
        assert_eq!(finish(child).status.code(), Some(0));
        assert_eq!(echo, "hello");
    }
}

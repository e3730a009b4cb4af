//! Command-line tests: every file in `tests/cli` that holds `;; RUN:` lines is a test.
//!
//! A line is given to `wazero` as if typed in `tests/cli`: `%` is the file itself, `$TMP` a new empty folder, words in
//! double quotes may hold spaces. `;; STDIN: text` gives standard input to the runs that follow it (`\n` is a new line).
//! What the runs print stands beside the file with the extension `out`; `BLESS=1 cargo test --test cli` writes it anew.

#![allow(clippy::print_stdout, reason = "the count is what `cargo test -- --nocapture` shows")]
#![allow(clippy::disallowed_methods, reason = "a test writes what it is told to bless")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli");

#[test]
fn runs_print_what_stands_beside_them() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    let mut runs = 0;
    for path in tests() {
        let (printed, count) = transcript(&path);
        runs += count;
        let expected_path = path.with_extension("out");
        if bless {
            fs::write(&expected_path, &printed).unwrap_or_else(|error| panic!("{}: {error}", expected_path.display()));
            continue;
        }
        let expected = fs::read_to_string(&expected_path).unwrap_or_default();
        if printed != expected {
            failures.push(format!("{}\n--- expected\n{expected}--- printed\n{printed}", path.display()));
        }
    }
    println!("{runs} runs");
    assert!(failures.is_empty(), "{} tests differ:\n{}", failures.len(), failures.join("\n"));
}

/// Every file with a `;; RUN:` line.
fn tests() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).unwrap_or_else(|error| panic!("{FOLDER}: {error}"));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wat" || extension == "cli"));
    paths.sort();
    paths
}

/// What the runs of a test print, and how many there are.
fn transcript(path: &Path) -> (String, usize) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let tmp = tempfile::tempdir().unwrap_or_else(|error| panic!("temporary folder: {error}"));
    let tmp_path = tmp.path().to_string_lossy().into_owned();
    let (mut stdin, mut printed, mut runs) = (String::new(), String::new(), 0);
    for line in text.lines() {
        if let Some(input) = line.strip_prefix(";; STDIN: ") {
            stdin = input.replace("\\n", "\n");
        }
        let Some(words) = line.strip_prefix(";; RUN:") else { continue };
        runs += 1;
        let words: Vec<String> =
            split(words).iter().map(|word| word.replace("$TMP", &tmp_path).replace('%', name)).collect();
        let output = run(&words, &stdin);
        // Writing to a string cannot fail.
        let _ = write!(printed, "$ wazero{}\n{}", line.trim_start_matches(";; RUN:"), show(&output));
    }
    let printed =
        printed.replace(&tmp_path, "$TMP").replace(FOLDER, "$DIR").replace(env!("CARGO_BIN_EXE_wazero"), "wazero");
    (printed, runs)
}

/// Words at spaces, except inside double quotes.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (position, part) in line.split('"').enumerate() {
        if position % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn run(words: &[String], stdin: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
    command.args(words).current_dir(FOLDER).env_clear().env("INHERITED", "from the host");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("wazero: {error}"));
    if let Some(mut pipe) = child.stdin.take() {
        // A program that does not read its input is no error.
        let _ = pipe.write_all(stdin.as_bytes());
    }
    child.wait_with_output().unwrap_or_else(|error| panic!("wazero: {error}"))
}

/// Both streams and the exit code; a stream that is empty is left out.
fn show(output: &Output) -> String {
    let mut shown = String::new();
    for (name, bytes) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
        if !bytes.is_empty() {
            let _ = writeln!(shown, "[{name}]\n{}", String::from_utf8_lossy(bytes).trim_end_matches('\n'));
        }
    }
    let _ =
        writeln!(shown, "[exit {}]\n", output.status.code().map_or("by signal".to_owned(), |code| code.to_string()));
    shown
}

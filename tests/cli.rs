//! Command-line tests: every file in `tests/cli` that holds `;; RUN:` lines is a test.
//!
//! | line | for the runs that follow it |
//! | --- | --- |
//! | `;; RUN: words` | given to `wazero` as if typed in `tests/cli`; `%` is the file itself, `$TMP` a folder, words in double quotes may hold spaces |
//! | `;; STDIN: text` | is standard input; `\n` is a new line |
//! | `;; STDIN-FILE: path` | the file is standard input |
//! | `;; ENV: NAME=value` | is a variable of the environment, beside `INHERITED` |
//! | `;; FILE: name text` | makes a file in `$TMP` |
//! | `;; DIR: name` | makes a folder there |
//!
//! What the runs print stands beside the file with the extension `out`; `BLESS=1 cargo test --test cli` writes it anew.
//! Lists of flags are written out in `usage.out` alone, so that a new flag changes one file.

#![allow(clippy::print_stdout, reason = "the count is what `cargo test -- --nocapture` shows")]
#![allow(clippy::disallowed_methods, reason = "a test writes what it is told to bless")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli");

/// There were that many; none may get lost.
const LEAST_RUNS: usize = 260;

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
    assert!(runs >= LEAST_RUNS, "{runs} runs: some are lost");
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

/// What the runs of a file share.
struct Setting {
    /// An empty folder at first.
    tmp: tempfile::TempDir,
    env: Vec<(String, String)>,
    stdin: Vec<u8>,
}

impl Setting {
    fn new() -> Setting {
        let tmp = tempfile::tempdir().unwrap_or_else(|error| panic!("temporary folder: {error}"));
        Setting { tmp, env: vec![("INHERITED".to_owned(), "from the host".to_owned())], stdin: Vec::new() }
    }

    /// Takes a line that prepares runs; others are left alone.
    fn prepare(&mut self, line: &str) -> std::io::Result<()> {
        let Some((directive, text)) = line.strip_prefix(";; ").and_then(|line| line.split_once(": ")) else {
            return Ok(());
        };
        let (name, rest) = text.split_once([' ', '=']).unwrap_or((text, ""));
        match directive {
            "STDIN" => self.stdin = text.replace("\\n", "\n").into_bytes(),
            "STDIN-FILE" => self.stdin = fs::read(Path::new(FOLDER).join(self.expand(text)))?,
            "ENV" => self.env.push((name.to_owned(), self.expand(rest))),
            "FILE" => fs::write(self.tmp.path().join(name), rest)?,
            "DIR" => fs::create_dir(self.tmp.path().join(name))?,
            _ => {}
        }
        Ok(())
    }

    fn expand(&self, text: &str) -> String {
        text.replace("$TMP", &self.tmp.path().to_string_lossy())
    }

    fn run(&self, words: &[String]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
        command.args(words).current_dir(FOLDER).env_clear().envs(self.env.iter().cloned());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("wazero: {error}"));
        if let Some(mut pipe) = child.stdin.take() {
            // A program that does not read its input is no error.
            let _ = pipe.write_all(&self.stdin);
        }
        child.wait_with_output().unwrap_or_else(|error| panic!("wazero: {error}"))
    }
}

/// What the runs of a test print, and how many there are.
fn transcript(path: &Path) -> (String, usize) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut setting = Setting::new();
    let (mut printed, mut runs) = (String::new(), 0);
    for line in text.lines() {
        setting.prepare(line).unwrap_or_else(|error| panic!("{name}: {line}: {error}"));
        let Some(words) = line.strip_prefix(";; RUN:") else { continue };
        runs += 1;
        let words: Vec<String> = split(words).iter().map(|word| setting.expand(word).replace('%', name)).collect();
        // Writing to a string cannot fail.
        let _ = write!(printed, "$ wazero{}\n{}", line.trim_start_matches(";; RUN:"), show(&setting.run(&words)));
    }
    let tmp = setting.tmp.path().to_string_lossy();
    let printed =
        printed.replace(&*tmp, "$TMP").replace(FOLDER, "$DIR").replace(env!("CARGO_BIN_EXE_wazero"), "wazero");
    (if name == "usage.cli" { printed } else { without_flag_lists(&printed) }, runs)
}

/// Replaces lists of flags, which are entries of two lines, or one for `-h`, below a title.
fn without_flag_lists(printed: &str) -> String {
    let mut kept = String::new();
    let mut in_list = false;
    for line in printed.lines() {
        let is_entry = line.starts_with("  -") || line.starts_with("    \t");
        if in_list && is_entry {
            continue;
        }
        in_list = line == "Options:" || line.starts_with("Usage of ");
        kept.push_str(line);
        kept.push_str(if in_list { " ...\n" } else { "\n" });
    }
    kept
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

#[test]
fn exit_codes_pass_through() {
    let guest = Path::new(FOLDER).join("exit_with.wat");
    for code in 0..=255 {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
        let output = command.arg("run").arg("-invoke=exit").arg(&guest).arg(code.to_string()).output();
        let output = output.unwrap_or_else(|error| panic!("wazero: {error}"));
        assert_eq!(output.status.code(), Some(code));
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{code}: {output:?}");
    }
}

#[cfg(unix)]
#[test]
fn words_that_are_not_utf8_pass_through() {
    use std::os::unix::ffi::OsStrExt;
    let words: [&[u8]; 4] = [b"-env", b"K=\xff\x80", b"environment.wat", b"a\xfe"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
    command.arg("run").args(words.map(std::ffi::OsStr::from_bytes)).current_dir(FOLDER);
    let output = command.output().unwrap_or_else(|error| panic!("wazero: {error}"));
    assert_eq!(output.stdout.escape_ascii().to_string(), "environment.wat\\na\\xfe\\nK=\\xff\\x80\\n", "{output:?}");
}

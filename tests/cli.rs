//! Command-line tests: every file in `tests/cli` that holds `;; RUN:` lines is a test.
//!
//! | line | for the runs that follow it |
//! | --- | --- |
//! | `;; RUN: words` | given to `wazero` as if typed in `tests/cli`; `%` is the file itself, `$TMP` a folder, words in double quotes may hold spaces |
//! | `;; RUN-ON-UNIX: words`, `;; RUN-ON-WINDOWS: words` | is a run there alone |
//! | `;; STDIN: text` | is standard input; `\n` is a new line |
//! | `;; STDIN-FILE: path` | the file is standard input |
//! | `;; ENV: NAME=value` | is a variable of the environment, beside `INHERITED` |
//! | `;; FILE: name text` | makes a file in `$TMP` |
//! | `;; DIR: name` | makes a folder there |
//!
//! What the runs print stands beside the file with the extension `out`; `BLESS=1 cargo test --test cli` writes it anew.
//! Where Windows differs, what it prints stands in a file that ends in `.windows.out`. What differs everywhere, separators
//! of paths, variables that every process has and the words for a missing file, is made the same before: see [`as_on_unix`].
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
const LEAST_RUNS: usize = if cfg!(has_compiler) { 260 } else { 240 };

/// What makes and runs images, which takes a compiler.
const IMAGES: &str = "images.cli";

/// What chooses between executors, where one more flag that does so is too much.
const CHOICES: &str = "choices.cli";

#[test]
fn runs_print_what_stands_beside_them() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    let mut runs = 0;
    for path in tests() {
        let (printed, count) = transcript(&path, &[]);
        runs += count;
        let expected_path = expected_path(&path, &printed, bless);
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

/// The interpreter is no different, to the last frame of a trace: every `run` once more, with `-interpreter`.
#[test]
fn interpreted_runs_print_the_same() {
    check_with("-interpreter");
}

/// Nor is it where everything is compiled before it starts.
#[test]
fn eager_runs_print_the_same() {
    check_with("-eager");
}

/// Nor where what runs moves to machine code, at once or in its second round.
#[test]
fn moving_runs_print_the_same() {
    check_with("-compile-after=0");
    check_with("-compile-after=1");
}

fn check_with(flag: &str) {
    let mut failures = Vec::new();
    for path in tests() {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name == CHOICES {
            continue;
        }
        let (printed, _) = transcript(&path, &[flag]);
        let expected = fs::read_to_string(expected_path(&path, &printed, false)).unwrap_or_default();
        if printed != expected {
            failures.push(format!("{}\n--- expected\n{expected}--- printed\n{printed}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{} tests differ:\n{}", failures.len(), failures.join("\n"));
}

/// The file that says what is to be printed. When blessing on Windows, the common one only where nothing differs.
fn expected_path(path: &Path, printed: &str, bless: bool) -> PathBuf {
    let (common, own) = (path.with_extension("out"), path.with_extension("windows.out"));
    if !cfg!(windows) {
        return common;
    }
    let differs = if bless { fs::read_to_string(&common).is_ok_and(|text| text != printed) } else { own.exists() };
    if differs { own } else { common }
}

/// Words of a line that is a run on this system.
fn run_on_this_system(line: &str) -> Option<&str> {
    let here = if cfg!(windows) { ";; RUN-ON-WINDOWS:" } else { ";; RUN-ON-UNIX:" };
    line.strip_prefix(";; RUN:").or_else(|| line.strip_prefix(here))
}

/// What was printed on Windows, without the differences that every run has.
fn as_on_unix(printed: &str) -> String {
    let absolute = std::path::absolute(FOLDER).unwrap_or_else(|error| panic!("{FOLDER}: {error}"));
    let folder = absolute.to_string_lossy();
    let drive: String = folder.chars().take_while(|c| *c != '\\').collect();
    let mut kept = String::new();
    for line in printed.lines() {
        // Every process has these, and below Wine some more.
        if line.starts_with("SystemRoot=") || line.starts_with("SystemDrive=") || line.starts_with("WINE") {
            continue;
        }
        let line = line
            .replace("The system cannot find the file specified.", "no such file or directory")
            .replace("The system cannot find the path specified.", "no such file or directory");
        // Quoted paths have doubled separators.
        let line = [folder.replace('\\', "\\\\"), folder.to_string()].iter().fold(line, |line, folder| {
            line.replace(&format!("{folder}\\\\"), "$DIR/").replace(&format!("{folder}\\"), "$DIR/")
        });
        let line = line.replace(&format!("{drive}\\\\"), "/").replace(&format!("{drive}\\"), "/");
        kept.push_str(&line);
        kept.push('\n');
    }
    kept
}

/// Every file with a `;; RUN:` line.
fn tests() -> Vec<PathBuf> {
    let entries = fs::read_dir(FOLDER).unwrap_or_else(|error| panic!("{FOLDER}: {error}"));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wat" || extension == "cli"));
    paths.retain(|path| cfg!(has_compiler) || !path.ends_with(IMAGES));
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

/// What the runs of a test print, and how many there are. `flags` are added behind the command `run`.
fn transcript(path: &Path, flags: &[&str]) -> (String, usize) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut setting = Setting::new();
    let (mut printed, mut runs) = (String::new(), 0);
    for line in text.lines() {
        setting.prepare(line).unwrap_or_else(|error| panic!("{name}: {line}: {error}"));
        let Some(words) = run_on_this_system(line) else { continue };
        runs += 1;
        let mut words: Vec<String> = split(words).iter().map(|word| setting.expand(word).replace('%', name)).collect();
        if words.first().is_some_and(|word| word == "run") {
            words.splice(1..1, flags.iter().map(|flag| (*flag).to_owned()));
        }
        // Writing to a string cannot fail.
        let line = line.split_once(':').map_or("", |(_, words)| words);
        let _ = write!(printed, "$ wazero{line}\n{}", show(&setting.run(&words)));
    }
    let tmp = setting.tmp.path().to_string_lossy();
    let printed =
        printed.replace(&*tmp, "$TMP").replace(FOLDER, "$DIR").replace(env!("CARGO_BIN_EXE_wazero"), "wazero");
    let printed = if cfg!(windows) { as_on_unix(&printed) } else { printed };
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
    // As Unix keeps them; that Windows keeps all of them has tests of its own.
    let code = output.status.code().map(|code| code & 0xff);
    let _ = writeln!(shown, "[exit {}]\n", code.map_or("by signal".to_owned(), |code| code.to_string()));
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

/// On Windows a process's exit code has 32 bits, and a guest gets all of them through.
#[cfg(windows)]
#[test]
fn exit_codes_have_32_bits() {
    let guest = Path::new(FOLDER).join("exit_with.wat");
    for (typed, code) in [("256", 256), ("305419896", 0x1234_5678), ("-1", -1), ("-2147483648", i32::MIN)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
        let output = command.arg("run").arg("-invoke=exit").arg(&guest).arg(typed).output();
        let output = output.unwrap_or_else(|error| panic!("wazero: {error}"));
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
}

/// Words are UTF-16 on Windows. The guest gets UTF-8, and half of a pair as in WTF-8, so that nothing is lost.
#[cfg(windows)]
#[test]
fn words_that_are_not_utf8_pass_through() {
    use std::ffi::OsString;
    use std::os::windows::ffi::OsStringExt;
    let words = ["-env", "K=ü\u{1f980}", "environment.wat", "a b", "\"q\" \\", "", "\\\\x\\"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
    command.arg("run").args(words).arg(OsString::from_wide(&[0xd800, 0x41])).current_dir(FOLDER);
    let output = command.output().unwrap_or_else(|error| panic!("wazero: {error}"));
    let expected = b"environment.wat\na b\n\"q\" \\\n\n\\\\x\\\n\xed\xa0\x80A\nK=\xc3\xbc\xf0\x9f\xa6\x80\n";
    assert_eq!(output.stdout.escape_ascii().to_string(), expected.escape_ascii().to_string(), "{output:?}");
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

//! The programs of the wasi-testsuite, preview 1, run by the binary with openat2, and where it is missing or forbidden.
//!
//! `tests/wasi-testsuite` says how to get a checkout and names it in the variable `WASI_TESTSUITE`. Without one there is
//! nothing to run. Each program may have a file of the same name beside it, in JSON, with its arguments, environment,
//! directory, exit code and output. There is no list of programs that may fail.

#![allow(clippy::disallowed_methods, reason = "a test reads what its variables name")]
#![allow(clippy::print_stdout, reason = "the counts are what the script shows")]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Numbers of programs in the branch `prod/testsuite-base`.
const PROGRAMS: usize = 72;

/// One program, as its file says.
struct Case {
    wasm: PathBuf,
    settings: Value,
}

#[test]
fn every_program_passes() {
    let Some(checkout) = std::env::var_os("WASI_TESTSUITE") else {
        println!("WASI_TESTSUITE names no checkout");
        return;
    };
    let cases = cases(Path::new(&checkout));
    assert!(cases.len() >= PROGRAMS, "{} programs below {}", cases.len(), checkout.to_string_lossy());
    let mut failures = Vec::new();
    for (kernel, errno) in [("with openat2", None), ("openat2 is ENOSYS", Some(38)), ("openat2 is EPERM", Some(1))] {
        let Some(failed) = run_all(&cases, errno) else { continue };
        println!("{kernel}: {} of {}", cases.len() - failed.len(), cases.len());
        failures.extend(failed.into_iter().map(|failure| format!("{kernel}: {failure}")));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Every program of preview 1 in a checkout.
fn cases(checkout: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for language in ["assemblyscript", "c", "rust"] {
        let folder = checkout.join("tests").join(language).join("testsuite/wasm32-wasip1");
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for wasm in entries.flatten().map(|entry| entry.path()) {
            if wasm.extension().is_some_and(|extension| extension == "wasm") {
                let text = fs::read_to_string(wasm.with_extension("json")).unwrap_or_else(|_| "{}".to_owned());
                let settings =
                    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", wasm.display()));
                cases.push(Case { wasm, settings });
            }
        }
    }
    cases.sort_by(|a, b| a.wasm.cmp(&b.wasm));
    cases
}

/// Runs all programs in a thread that has its own filter of system calls, which what it starts inherits. Gives what
/// failed; nothing where this system has no such filters.
fn run_all(cases: &[Case], openat2_error: Option<u32>) -> Option<Vec<String>> {
    std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            if openat2_error.is_some_and(|number| !refuse_openat2(number)) {
                return None;
            }
            Some(cases.iter().filter_map(|case| case.run().err()).collect())
        });
        run.join().expect("a thread that ends")
    })
}

/// Whether openat2 fails from now on in this thread and what it starts. Emulators have no filters of system calls.
#[cfg(target_os = "linux")]
fn refuse_openat2(number: u32) -> bool {
    use seccompiler::{BpfProgram, Error, SeccompAction, SeccompFilter};
    let Ok(arch) = std::env::consts::ARCH.try_into() else { return false };
    let rules = [(libc::SYS_openat2 as _, Vec::new())].into_iter().collect();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(number), arch);
    let program: BpfProgram = filter.and_then(|filter| filter.try_into()).expect("a program");
    match seccompiler::apply_filter(&program) {
        Err(Error::Prctl(error) | Error::Seccomp(error)) => {
            let is_missing = [libc::EINVAL, libc::ENOSYS].map(Some).contains(&error.raw_os_error());
            assert!(is_missing, "the filter is put on: {error}");
            false
        }
        result => {
            result.expect("the filter is put on");
            true
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn refuse_openat2(_number: u32) -> bool {
    false
}

impl Case {
    /// Runs the program in a copy of its directory.
    fn run(&self) -> Result<(), String> {
        let failed = |why: String| Err(format!("{}: {why}", self.wasm.display()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_wazero"));
        command.arg("run");
        for (name, value) in self.settings["env"].as_object().into_iter().flatten() {
            command.arg(format!("-env={name}={}", value.as_str().unwrap_or_default()));
        }
        let copy = tempfile::tempdir().map_err(|error| error.to_string())?;
        if let Some(root) = self.settings["root"].as_str() {
            copy_tree(&self.wasm.with_file_name(root), copy.path()).map_err(|error| error.to_string())?;
            command.arg(format!("-mount={}:/", copy.path().display()));
        }
        let args = self.settings["args"].as_array().into_iter().flatten();
        command.arg(&self.wasm).args(args.filter_map(Value::as_str));
        let output = command.output().map_err(|error| error.to_string())?;
        let code = output.status.code();
        if code != Some(self.settings["exit_code"].as_i64().unwrap_or(0) as i32) {
            return failed(format!("exit code {code:?}\n{}", String::from_utf8_lossy(&output.stderr)));
        }
        match self.settings["stdout"].as_str() {
            Some(expected) if expected.as_bytes() != output.stdout => {
                failed(format!("printed {:?}", String::from_utf8_lossy(&output.stdout)))
            }
            _ => Ok(()),
        }
    }
}

fn copy_tree(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

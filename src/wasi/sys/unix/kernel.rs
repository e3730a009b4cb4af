//! For tests: running a part of them again on a kernel without openat2, and swapping two names at once.

use rustix::fd::AsFd;
use std::process::{Command, Output};

/// Runs this test binary again for the one test `name`, with these variables, on a kernel where openat2 fails with this
/// number of the host; none for the kernel as it is. A filter of system calls is inherited by the processes that a thread
/// starts, so a thread of its own puts it on.
#[allow(clippy::disallowed_methods, reason = "the test binary starts itself")]
pub(in crate::wasi) fn run_again(name: &str, variables: &[(&str, &str)], openat2_error: Option<i32>) -> Output {
    let program = std::env::current_exe().expect("the test binary");
    let mut command = Command::new(program);
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).envs(variables.iter().copied());
    let start = move || {
        if let Some(number) = openat2_error {
            refuse_openat2(number);
        }
        command.output().expect("the test runs again")
    };
    std::thread::spawn(start).join().expect("a thread that ends")
}

/// Lets openat2 fail in this thread, and in what it starts.
#[cfg(target_os = "linux")]
fn refuse_openat2(number: i32) {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
    let rules = [(libc::SYS_openat2, Vec::new())].into_iter().collect();
    let arch = std::env::consts::ARCH.try_into().expect("a processor that the filter knows");
    let refuse = SeccompAction::Errno(number as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).expect("a filter");
    let program: BpfProgram = filter.try_into().expect("a program");
    seccompiler::apply_filter(&program).expect("the filter is put on");
}

/// Other systems have no openat2.
#[cfg(not(target_os = "linux"))]
fn refuse_openat2(_number: i32) {}

/// The errors with which a kernel says that it has no openat2: really, or because a container forbids it.
pub(in crate::wasi) const OPENAT2_ERRORS: [Option<i32>; 3] =
    [None, Some(rustix::io::Errno::NOSYS.raw_os_error()), Some(rustix::io::Errno::PERM.raw_os_error())];

/// Gives each of two names what the other had, at once.
#[cfg(target_os = "linux")]
pub(in crate::wasi) fn exchange(dir: impl AsFd, a: &str, b: &str) -> bool {
    let dir = dir.as_fd();
    rustix::fs::renameat_with(dir, a, dir, b, rustix::fs::RenameFlags::EXCHANGE).is_ok()
}

/// Gives each of two names what the other had, with moments in which one is missing.
#[cfg(not(target_os = "linux"))]
pub(in crate::wasi) fn exchange(dir: impl AsFd, a: &str, b: &str) -> bool {
    let dir = dir.as_fd();
    let steps = [(a, "exchanged"), (b, a), ("exchanged", b)];
    steps.into_iter().all(|(from, to)| rustix::fs::renameat(dir, from, dir, to).is_ok())
}

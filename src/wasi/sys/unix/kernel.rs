//! For tests: running a part of them again on a kernel without openat2, swapping two names at once, and making what only
//! some systems have.

use cap_std::fs::{Dir, MetadataExt};
use rustix::fd::AsFd;
use std::process::{Command, Output};

/// Runs this test binary again for the one test `name`, with these variables, on a kernel where openat2 fails with this
/// number of the host; none for the kernel as it is. A filter of system calls is inherited by the processes that a thread
/// starts, so a thread of its own puts it on. Gives nothing where this system has no such filters.
#[allow(clippy::disallowed_methods, reason = "the test binary starts itself")]
pub(in crate::wasi) fn run_again(name: &str, variables: &[(&str, &str)], openat2_error: Option<i32>) -> Option<Output> {
    // Not `current_exe`: in an emulator that is the program, and this is how it is started.
    let program = std::env::args_os().next().expect("the test binary");
    let mut command = Command::new(program);
    command.args(["--exact", name, "--nocapture", "--test-threads=1"]).envs(variables.iter().copied());
    let start = move || {
        let is_as_asked = openat2_error.is_none_or(refuse_openat2);
        is_as_asked.then(|| command.output().expect("the test runs again"))
    };
    std::thread::spawn(start).join().expect("a thread that ends")
}

/// Lets openat2 fail in this thread, and in what it starts. Gives whether this system can do that: emulators cannot.
#[cfg(target_os = "linux")]
fn refuse_openat2(number: i32) -> bool {
    use rustix::io::Errno;
    use seccompiler::{BpfProgram, Error, SeccompAction, SeccompFilter};
    // The filter's library does not know every processor.
    let Ok(arch) = std::env::consts::ARCH.try_into() else { return false };
    let rules = [(libc::SYS_openat2 as _, Vec::new())].into_iter().collect();
    let refuse = SeccompAction::Errno(number as u32);
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refuse, arch).expect("a filter");
    let program: BpfProgram = filter.try_into().expect("a program");
    match seccompiler::apply_filter(&program) {
        Err(Error::Prctl(error) | Error::Seccomp(error)) => {
            let number = error.raw_os_error();
            let is_missing = [Errno::INVAL, Errno::NOSYS].map(|errno| Some(errno.raw_os_error())).contains(&number);
            assert!(is_missing, "the filter is put on: {error}");
            false
        }
        result => {
            result.expect("the filter is put on");
            true
        }
    }
}

/// Other systems have no openat2.
#[cfg(not(target_os = "linux"))]
fn refuse_openat2(_number: i32) -> bool {
    true
}

/// The errors with which a kernel says that it has no openat2: really, or because a container forbids it.
pub(in crate::wasi) const OPENAT2_ERRORS: [Option<i32>; 3] =
    [None, Some(rustix::io::Errno::NOSYS.raw_os_error()), Some(rustix::io::Errno::PERM.raw_os_error())];

/// The inode that the kernel finds at a path if `root` is taken for the root directory, 0 if it finds none; nothing where it
/// cannot be asked.
#[cfg(target_os = "linux")]
pub(in crate::wasi) fn inode_in_root(root: impl AsFd, path: &str) -> Option<u64> {
    use rustix::fs::{Mode, OFlags, ResolveFlags};
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(root, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), resolve) {
        Ok(found) => Some(rustix::fs::fstat(found).expect("what is open").st_ino),
        Err(rustix::io::Errno::NOSYS | rustix::io::Errno::PERM) => None,
        Err(_) => Some(0),
    }
}

/// Only Linux can be asked.
#[cfg(not(target_os = "linux"))]
pub(in crate::wasi) fn inode_in_root(_root: impl AsFd, _path: &str) -> Option<u64> {
    None
}

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

/// Files of a large directory.
pub(in crate::wasi) const MANY_FILES: u32 = 100_000;

/// Of so many paths of the matrix one is tried, if not all are wanted.
pub(in crate::wasi) const SAMPLE: usize = 1;

/// Other names that this system would understand as something else.
pub(in crate::wasi) const HOSTILE_NAMES: &[&str] = &[];

/// Makes a link with any target. Every system of this kind can.
pub(in crate::wasi) fn make_link(dir: &Dir, target: &str, name: &str) {
    dir.symlink_contents(target, name).expect("a link");
}

/// Makes a named pipe in a directory.
pub(in crate::wasi) fn make_fifo(dir: &Dir, name: &str) {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(dir, name, rustix::fs::FileType::Fifo, mode, 0).expect("a pipe");
}

/// Permissions and the bits before them.
pub(in crate::wasi) fn mode(dir: &Dir, name: &str) -> u32 {
    dir.symlink_metadata(name).expect("an entry").mode()
}

//! Every function on paths, with every path that was ever used to leave a directory, on every kind of kernel.

use super::super::errno::Errno;
use super::super::fd::{fd_close, fd_read};
use super::super::path::path_open;
use super::super::path_ops::*;
use super::super::sys::kernel::{HOSTILE_NAMES, OPENAT2_ERRORS, SAMPLE, inode_in_root, make_link, run_again};
use super::super::testing::Guest;
use super::super::types::{Filestat, OFlags, Rights};
use super::{SECRET, Tree, inodes};
use std::collections::BTreeSet;

/// Links in the mount: name and target, where `@` is the folder around the mount.
const LINKS: &[(&str, &str)] = &[
    ("file-out", "../outside/secret"),
    ("file-out-slash", "../outside/secret/"),
    ("dir-out", "../outside"),
    ("dir-out-slash", "../outside/"),
    ("dir-out-dot", "../outside/."),
    ("abs-file", "@/outside/secret"),
    ("abs-dir", "@/outside"),
    ("abs-dir-slash", "@/outside/"),
    ("new-out", "../outside/new"),
    ("new-abs", "@/outside/new"),
    ("up", ".."),
    ("up-up", "../../../../../../../../.."),
    ("root", "/"),
    ("root-dots", "/../.."),
    ("chain", "chain-2"),
    ("chain-2", "d/../dir-out"),
    ("loop", "loop"),
    ("loop-a", "loop-b/x"),
    ("loop-b", "loop-a"),
    ("in", "d"),
    ("in-abs", "/d"),
    ("proc", "/proc/self/root"),
    ("junction", "@/outside"),
    ("d/junction", "@/outside"),
    ("d/up-out", "../../outside"),
    ("d/in-up", "../f"),
    ("d/in-up-up", "../../../f"),
];

/// Other first parts of a path.
const NAMES: &[&str] = &[
    "f",
    "d",
    "d/f",
    "hard",
    "e",
    "missing",
    "fifo",
    ".",
    "..",
    "/",
    "//",
    "../outside",
    "../outside/secret",
    "@/outside/secret",
    "@/mount/../outside/secret",
    "/etc/passwd",
    "d/../..",
    "d/../../outside",
    "in/../../outside/secret",
    "missing/../..",
    "f/../../outside/secret",
    "..\\outside\\secret",
    "C:\\",
    "\\",
    "a\0b",
    "f\0/../../outside",
    ". .",
    "...",
    " ",
    "\u{fffd}",
    "d/.//././//f",
    "//d",
    "./..",
];

/// Last parts.
const SUFFIXES: &[&str] = &[
    "",
    "/",
    "//",
    "/.",
    "/..",
    "/../outside/secret",
    "/secret",
    "/new",
    "/dir/x",
    "/mount/../outside/secret",
    "/../../../x",
];

/// Puts the mount's content there anew.
fn fill(tree: &Tree) {
    let mount = tree.mount();
    for entry in mount.entries().expect("a directory").flatten() {
        let name = entry.file_name();
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let removed = if is_dir { mount.remove_dir_all(name) } else { mount.remove_file(name) };
        removed.expect("removed");
    }
    mount.create_dir("d").expect("a directory");
    mount.create_dir("e").expect("a directory");
    mount.write("f", "inside").expect("a file");
    mount.write("d/f", "inside").expect("a file");
    mount.hard_link("f", &mount, "hard").expect("a hard link");
    for (name, target) in LINKS {
        make_link(&mount, &target.replace('@', tree.path()), name);
    }
}

/// A function on one path, or with the path in one place of two.
type Attempt = fn(&mut Guest, u32, (u32, u32)) -> Result<(), Errno>;

/// Opens the path and reads it; what is opened must lie in the mount.
fn open(
    guest: &mut Guest,
    fd: u32,
    (at, len): (u32, u32),
    dirflags: u32,
    oflags: u32,
    rights: Rights,
) -> Result<(), Errno> {
    guest.call(path_open, (fd, dirflags, at, len, oflags, rights.bits(), u64::MAX, 4, 400))?;
    let opened = guest.number(400);
    let (iovs, iovs_len) = guest.iovec(600, 100);
    if guest.call(fd_read, (opened, iovs, iovs_len, 404)).is_ok() {
        assert!(!guest.bytes[600..700].windows(SECRET.len()).any(|window| window == SECRET), "a secret was read");
    }
    let known = guest.ctx.table.get(opened).and_then(|descriptor| descriptor.filestat());
    guest.put(0, &known.expect("an open file").encode());
    guest.call(fd_close, (opened,))
}

macro_rules! opens {
    ($($dirflags:literal $oflags:literal $rights:expr;)*) => {
        [$(|guest: &mut Guest, fd: u32, path: (u32, u32)| open(guest, fd, path, $dirflags, $oflags, $rights)),*]
    };
}

const READ: Rights = Rights::FD_READ;
const WRITE: Rights = Rights::FD_WRITE;
const BOTH: Rights = Rights::FD_READ.union(Rights::FD_WRITE);

/// Functions that only tell something; the record is at 0.
const LOOKS: &[Attempt] = &[
    |guest, fd, (at, len)| guest.call(path_filestat_get, (fd, 0, at, len, 0)),
    |guest, fd, (at, len)| guest.call(path_filestat_get, (fd, 1, at, len, 0)),
];

/// Ways to open what exists; the record is at 0.
const OPENS: &[Attempt] = &opens! {
    0 0 READ;
    1 0 READ;
    1 0 WRITE;
    0 0 BOTH;
    1 2 READ;
    0 2 READ;
};

/// Ways to open that may create or empty; the record is at 0.
const CREATES: &[Attempt] = &opens! {
    1 1 BOTH;
    0 1 WRITE;
    1 5 WRITE;
    1 8 WRITE;
    1 9 BOTH;
};

/// Functions that change something, or follow nothing.
const CHANGES: &[Attempt] = &[
    |guest, fd, (at, len)| guest.call(path_readlink, (fd, at, len, 0, 100, 200)),
    |guest, fd, (at, len)| guest.call(path_filestat_set_times, (fd, 0, at, len, 1, 2, 5)),
    |guest, fd, (at, len)| guest.call(path_filestat_set_times, (fd, 1, at, len, 1, 2, 5)),
    |guest, fd, (at, len)| guest.call(path_create_directory, (fd, at, len)),
    |guest, fd, (at, len)| guest.call(path_remove_directory, (fd, at, len)),
    |guest, fd, (at, len)| guest.call(path_unlink_file, (fd, at, len)),
    |guest, fd, (at, len)| {
        let (target, target_len) = guest.text2("../../outside");
        guest.call(path_symlink, (target, target_len, fd, at, len))
    },
    |guest, fd, (at, len)| {
        let (new, new_len) = guest.text2("new");
        guest.call(path_rename, (fd, at, len, fd, new, new_len))
    },
    |guest, fd, (at, len)| {
        let (old, old_len) = guest.text2("f");
        guest.call(path_rename, (fd, old, old_len, fd, at, len))
    },
    |guest, fd, (at, len)| {
        let (new, new_len) = guest.text2("new");
        guest.call(path_link, (fd, 0, at, len, fd, new, new_len))
    },
    |guest, fd, (at, len)| {
        let (new, new_len) = guest.text2("new");
        guest.call(path_link, (fd, 1, at, len, fd, new, new_len))
    },
    |guest, fd, (at, len)| {
        let (old, old_len) = guest.text2("f");
        guest.call(path_link, (fd, 0, old, old_len, fd, at, len))
    },
];

/// Tries everything once and counts.
#[allow(clippy::disallowed_methods, reason = "the test asks whether it shall try every path")]
fn attempt_everything() -> usize {
    let tree = Tree::new();
    fill(&tree);
    let long = "n".repeat(300);
    let deep = "d/../".repeat(100) + "../outside/secret";
    let links = LINKS.iter().map(|(name, _)| *name);
    let names = NAMES.iter().chain(HOSTILE_NAMES).copied();
    let bases = links.chain(names).chain([long.as_str(), deep.as_str()]);
    let paths = bases.flat_map(|base| SUFFIXES.iter().map(move |suffix| format!("{base}{suffix}")));
    let sampled = if std::env::var_os("WAZERO_FULL").is_some() { 1 } else { SAMPLE };
    let tried: Vec<String> = paths.step_by(sampled).collect();
    tried.iter().map(|path| attempt_path(&tree, &path.replace('@', tree.path()))).sum()
}

/// Tries every function on one path, from the mount's root, from it read-only, and from a directory in it.
fn attempt_path(tree: &Tree, path: &str) -> usize {
    let before = tree.outside();
    let mut count = 0;
    let mut guest = fresh(tree);
    let all = [(LOOKS, true, false), (OPENS, true, false), (CREATES, true, true), (CHANGES, false, true)];
    for (attempts, tells, changes) in all {
        for attempt in attempts {
            for fd in [3, 4, 5] {
                let text = guest.text(path);
                let done = attempt(&mut guest, fd, text);
                count += 1;
                if done.is_ok() && tells {
                    let told = Filestat::decode(guest.bytes.first_chunk().expect("64 bytes"));
                    let mut inside = BTreeSet::new();
                    inodes(&tree.mount(), &mut inside);
                    assert!(inside.contains(&told.ino), "{path:?} from {fd} leads to inode {}", told.ino);
                }
                if done.is_ok() && changes {
                    assert_eq!(tree.outside(), before, "{path:?} from {fd}");
                    // Where what is open keeps its name, nothing may be open.
                    drop(std::mem::replace(&mut guest, Guest::new(|_| {})));
                    fill(tree);
                    guest = fresh(tree);
                }
            }
        }
    }
    assert_eq!(tree.outside(), before, "{path:?}");
    count
}

fn fresh(tree: &Tree) -> Guest {
    let mut guest = tree.guest(|_| {});
    assert_eq!(guest.open_with(3, "d", OFlags::DIRECTORY, READ), Ok(5));
    guest
}

#[test]
fn links_lead_where_the_kernel_says() {
    let tree = Tree::new();
    fill(&tree);
    let mut guest = fresh(&tree);
    let mut compared = 0;
    let bases = LINKS.iter().map(|(name, _)| *name).chain(NAMES.iter().copied());
    let paths = bases.flat_map(|base| SUFFIXES.iter().map(move |suffix| format!("{base}{suffix}")));
    for (path, (fd, from)) in paths.flat_map(|path| [(path.clone(), (3, "")), (path, (5, "d/"))]) {
        let path = path.replace('@', tree.path());
        let (at, len) = guest.text(&path);
        let told = match guest.call(path_filestat_get, (fd, 1, at, len, 0)) {
            Ok(()) => Filestat::decode(guest.bytes.first_chunk().expect("64 bytes")).ino,
            // Typed so that it leaves the directory, where the kernel would stay at the root.
            Err(Errno::Perm) => continue,
            Err(_) => 0,
        };
        if let Some(expected) = inode_in_root(tree.mount(), &format!("{from}{path}")) {
            assert_eq!(told, expected, "{path:?} from {from:?}");
            compared += 1;
        }
    }
    super::super::testing::print(&format!("{compared} paths compared"));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "the test asks whether it was started by itself")]
fn nothing_outside_is_reached() {
    if std::env::var_os("WAZERO_ESCAPE_MATRIX").is_some() {
        let count = attempt_everything();
        super::super::testing::print(&format!("{count} checks"));
        assert!(count > 17_000 / SAMPLE, "{count} checks");
        return;
    }
    let name = "wasi::escape::matrix::nothing_outside_is_reached";
    let runs = OPENAT2_ERRORS
        .map(|error| std::thread::spawn(move || run_again(name, &[("WAZERO_ESCAPE_MATRIX", "1")], error)));
    for (run, error) in runs.into_iter().zip(OPENAT2_ERRORS) {
        let Some(output) = run.join().expect("a run that ends") else { continue };
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains(" checks"), "openat2 {error:?}: {printed}");
        super::super::testing::print(printed.lines().find(|line| line.contains(" checks")).unwrap_or_default());
    }
}

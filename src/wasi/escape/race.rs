//! A directory that becomes a link that leads out, and back, while the guest walks through it.

use super::super::fd::{fd_close, fd_read, fd_write};
use super::super::path::path_open;
use super::super::path_ops::*;
use super::super::sys::kernel::{OPENAT2_ERRORS, exchange, make_link, run_again};
use super::super::testing::Guest;
use super::super::types::Rights;
use super::{SECRET, Tree};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Attempts on each kind of kernel if `WAZERO_RACES` does not say how many.
const ATTEMPTS: &str = "4000";

/// Names that are exchanged, below the folder around the mount, and what the guest names meanwhile.
const EXCHANGES: &[(&str, &str)] = &[
    ("mount/dir", "mount/link"),
    ("mount/dir", "mount/abs-link"),
    ("mount/dir/secret", "mount/file-link"),
    ("mount/dir/sub", "outside/sub"),
];

fn tree() -> Tree {
    let tree = Tree::new();
    tree.host.create_dir("outside/sub").expect("a directory");
    let mount = tree.mount();
    mount.create_dir_all("dir/sub").expect("a directory");
    mount.write("dir/secret", "inside").expect("a file");
    mount.write("dir/sub/secret", "inside").expect("a file");
    make_link(&mount, "../outside", "link");
    make_link(&mount, &format!("{}/outside", tree.path()), "abs-link");
    make_link(&mount, "../../outside/secret", "file-link");
    tree
}

/// One round of what a guest may do to a path that changes. Gives the number of attempts.
fn attempt(guest: &mut Guest, round: usize) -> usize {
    let paths = ["dir/secret", "link/secret", "dir/sub/../secret", "dir/sub/../../dir/secret", "abs-link/secret"];
    let path = paths[round % paths.len()];
    for (oflags, rights) in [(0, Rights::FD_READ), (8, Rights::FD_WRITE), (1, Rights::FD_WRITE)] {
        let (at, len) = guest.text(path);
        if guest.call(path_open, (3, 1, at, len, oflags, rights.bits(), 0, 4, 400)).is_err() {
            continue;
        }
        let opened = guest.number(400);
        guest.put(600, &[b'?'; 100]);
        let (iovs, iovs_len) = guest.iovec(600, 100);
        if guest.call(fd_read, (opened, iovs, iovs_len, 404)).is_ok() {
            assert!(!guest.bytes[600..700].windows(SECRET.len()).any(|window| window == SECRET), "a secret was read");
        }
        // Ignored where it was opened for reading.
        let _ = guest.call(fd_write, (opened, iovs, iovs_len, 404));
        assert_eq!(guest.call(fd_close, (opened,)), Ok(()));
    }
    // Whether these succeed depends on the moment; what they may do is seen from outside.
    let (new, new_len) = guest.text("dir/new");
    let _ = guest.call(path_create_directory, (3, new, new_len));
    let _ = guest.call(path_remove_directory, (3, new, new_len));
    let (at, len) = guest.text(path);
    let _ = guest.call(path_filestat_set_times, (3, 1, at, len, 1, 2, 5));
    let (other, other_len) = guest.text2("dir/other");
    let _ = guest.call(path_link, (3, 1, at, len, 3, other, other_len));
    let (other, other_len) = guest.text("dir/other");
    let _ = guest.call(path_unlink_file, (3, other, other_len));
    8
}

/// Exchanges two names in one thread while the guest tries in this one.
fn race(attempts: usize) -> usize {
    let mut count = 0;
    for (a, b) in EXCHANGES {
        let tree = tree();
        let before = tree.outside();
        let (stop, swaps) = (AtomicBool::new(false), AtomicUsize::new(0));
        let mut guest = tree.guest(|_| {});
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    swaps.fetch_add(usize::from(exchange(&tree.host, a, b)), Ordering::Relaxed);
                }
            });
            let mut here = 0;
            let mut round = 0;
            // A thread that has not begun to exchange is no race.
            while here < attempts / EXCHANGES.len() || swaps.load(Ordering::Relaxed) < 100 {
                here += attempt(&mut guest, round);
                round += 1;
            }
            count += here;
            stop.store(true, Ordering::Relaxed);
        });
        if swaps.load(Ordering::Relaxed) % 2 == 1 {
            assert!(exchange(&tree.host, a, b));
        }
        assert_eq!(outside(&tree.outside()), outside(&before), "{a} and {b}");
    }
    count
}

/// What a digest says of files that hold secrets: all but the directory that is moved in and out, and what holds it.
fn outside(digest: &[String]) -> Vec<&String> {
    digest.iter().filter(|line| line.contains("secret ") || line.contains("/dir")).collect()
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the test asks how long it shall run, and whether it was started by itself"
)]
fn swapped_links_lead_nowhere() {
    let attempts = std::env::var("WAZERO_RACES").unwrap_or_else(|_| ATTEMPTS.to_owned());
    if std::env::var_os("WAZERO_RACE").is_some() {
        let count = race(attempts.parse().expect("a number of attempts"));
        super::super::testing::print(&format!("{count} attempts"));
        return;
    }
    let name = "wasi::escape::race::swapped_links_lead_nowhere";
    for error in OPENAT2_ERRORS {
        let variables = [("WAZERO_RACE", "1"), ("WAZERO_RACES", &*attempts)];
        let Some(output) = run_again(name, &variables, error) else { continue };
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && printed.contains(" attempts"), "openat2 {error:?}: {printed}");
        super::super::testing::print(printed.lines().find(|line| line.contains(" attempts")).unwrap_or_default());
    }
}

//! Ratios against other runtimes, as a table: `cargo bench --bench compare [-- group...]`.
//!
//! Every program runs in turn under us and under a peer (A B B A), so that a noisy machine disturbs both alike. A figure
//! is the median over rounds of our time divided by the peer's; lower is better. CPU time stands beside wall time,
//! because background threads count. Peers are looked up on `PATH`; a peer that is not installed has no column. Programs
//! run in an empty folder, which is open to them.
//!
//! Groups: `start` (a program that does nothing), `compute` (programs of a second or so), `host` (two million calls of one
//! WASI function), `interpreter` and `interpreter-start` (the programs of `compute` and `start`, interpreted by all that
//! interpret), `fold` (how many bytes of function bodies a second the interpreter makes ready, of the programs of `compute` and
//! those modules), `large` (the modules named in `WAZERO_BENCH_MODULES`, separated by colons, which run without arguments and
//! standard input, without anybody's cache), `compile` (those modules, which we compile before they run), `cached` (the
//! programs of `start` and those modules, with every runtime's cache on and filled by the first rounds).

#![allow(clippy::print_stdout, reason = "the table is what the program is run for")]
#![allow(clippy::disallowed_methods, reason = "peers and modules are named by the environment")]

mod measure;

use measure::{Ratio, Runner, median_ratio};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Instant;
use wazero::{Config, Engine, Module, Strategy};

/// A program to run.
struct Program {
    name: String,
    path: PathBuf,
    rounds: usize,
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("temporary folder: {error}"));
    let mut cache_dir = OsString::from("-cachedir=");
    cache_dir.push(folder.path());
    let runner = |words: &[&OsStr]| {
        let own = std::iter::once(OsStr::new(env!("CARGO_BIN_EXE_wazero")));
        Runner { name: "wazero", command: own.chain(words.iter().copied()).map(OsStr::to_owned).collect() }
    };
    let ours = runner(&["run".as_ref(), "-no-cache".as_ref(), "-mount=.".as_ref()]);
    let ours_eager = runner(&["run".as_ref(), "-no-cache".as_ref(), "-eager".as_ref(), "-mount=.".as_ref()]);
    let ours_cached = runner(&["run".as_ref(), "-mount=.".as_ref(), &cache_dir]);
    let peers = installed(&[
        ("wasmtime", &["run".as_ref(), "-C".as_ref(), "cache=n".as_ref(), "--dir=.".as_ref()]),
        ("wasmi", &["--dir=.".as_ref()]),
        ("wazero-go", &["run".as_ref(), "-mount=.".as_ref()]),
    ]);
    let peers_cached = installed(&[
        ("wasmtime", &["run".as_ref(), "-C".as_ref(), "cache=y".as_ref(), "--dir=.".as_ref()]),
        ("wazero-go", &["run".as_ref(), "-mount=.".as_ref(), &cache_dir]),
    ]);
    let ours_interpreted = runner(&["run".as_ref(), "-interpreter".as_ref(), "-mount=.".as_ref()]);
    let interpreters = installed(&[
        ("wasmi", &["--dir=.".as_ref()]),
        ("wazero-go", &["run".as_ref(), "-interpreter".as_ref(), "-mount=.".as_ref()]),
    ]);
    let names: Vec<&str> = peers.iter().map(|peer| peer.name).collect();
    println!("ratios of wall (CPU) time, ours / theirs; peers: {}\n", names.join(", "));
    for (group, programs) in groups() {
        if asked.is_empty() || asked.iter().any(|name| name == group) {
            match group {
                "compile" => print_group(group, &programs, &ours_eager, &peers),
                "cached" => print_group(group, &programs, &ours_cached, &peers_cached),
                "interpreter" | "interpreter-start" => print_group(group, &programs, &ours_interpreted, &interpreters),
                "fold" => print_fold(&programs),
                _ => print_group(group, &programs, &ours, &peers),
            }
        }
    }
}

/// Those of the peers, given with their first words, that are installed.
fn installed(known: &[(&'static str, &[&OsStr])]) -> Vec<Runner> {
    let find = |name: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    };
    let runner = |(name, args): &(&'static str, &[&OsStr])| {
        let own = find(name)?.into_os_string();
        let command = std::iter::once(own).chain(args.iter().map(|word| (*word).to_owned())).collect();
        Some(Runner { name, command })
    };
    known.iter().filter_map(runner).collect()
}

fn groups() -> Vec<(&'static str, Vec<Program>)> {
    let modules = std::env::var("WAZERO_BENCH_MODULES").unwrap_or_default();
    let named = |rounds: usize| -> Vec<Program> {
        modules.split(':').filter(|path| !path.is_empty()).map(|path| program(Path::new(path), rounds)).collect()
    };
    let cached = folder("benches/start", 30).into_iter().chain(named(15)).collect();
    vec![
        ("start", folder("benches/start", 30)),
        ("host", folder("benches/host_calls", 5)),
        ("compute", folder("benches/compute", 5)),
        ("interpreter-start", folder("benches/start", 30)),
        ("interpreter", folder("benches/compute", 3)),
        ("fold", folder("benches/compute", 5).into_iter().chain(named(5)).collect()),
        ("large", named(15)),
        ("compile", named(5)),
        ("cached", cached),
    ]
}

/// Every module of a folder of the project.
fn folder(folder: &str, rounds: usize) -> Vec<Program> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "wasm" || extension == "wat"));
    paths.sort();
    paths.iter().map(|path| program(path, rounds)).collect()
}

fn program(path: &Path, rounds: usize) -> Program {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Program { name, path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()), rounds }
}

/// How fast the interpreter folds all functions of each program, the fastest of its rounds, in one thread.
fn print_fold(programs: &[Program]) {
    println!("{:<20}{:>10}{:>12}", "fold", "bytes", "MB/s");
    let (mut all_bytes, mut all_seconds) = (0, 0.0);
    for program in programs {
        let engine =
            Engine::new(Config::new().strategy(Strategy::Interpreter)).unwrap_or_else(|error| panic!("{error}"));
        let mut fastest = (0, f64::INFINITY);
        for _ in 0..program.rounds {
            let module = Module::from_file(&engine, &program.path).unwrap_or_else(|error| panic!("{error}"));
            let start = Instant::now();
            let bytes = module.fold_all().unwrap_or_else(|error| panic!("{}: {error}", program.name));
            fastest = (bytes, start.elapsed().as_secs_f64().min(fastest.1));
        }
        let (bytes, seconds) = fastest;
        println!("{:<20}{bytes:>10}{:>12.1}", program.name, bytes as f64 / seconds / 1e6);
        (all_bytes, all_seconds) = (all_bytes + bytes, all_seconds + seconds);
    }
    println!("{:<20}{all_bytes:>10}{:>12.1}\n", "all", all_bytes as f64 / all_seconds / 1e6);
}

fn print_group(group: &str, programs: &[Program], ours: &Runner, peers: &[Runner]) {
    let heads: Vec<String> = peers.iter().map(|peer| format!("{:>18}", peer.name)).collect();
    println!("{group:<20}{:>10}{}", "ours", heads.concat());
    let mut columns: Vec<Vec<Ratio>> = peers.iter().map(|_| Vec::new()).collect();
    for program in programs {
        let mut line = String::new();
        let mut own_seconds = 0.0;
        for (peer, column) in peers.iter().zip(&mut columns) {
            match median_ratio(ours, peer, &program.path, program.rounds) {
                Ok((ratio, seconds)) => {
                    own_seconds = seconds;
                    line += &format!("{:>18}", ratio.to_string());
                    column.push(ratio);
                }
                Err(error) => line += &format!("{error:>18}"),
            }
        }
        println!("{:<20}{:>9.3}s{line}", program.name, own_seconds);
    }
    let means: Vec<String> = columns.iter().map(|column| format!("{:>18}", Ratio::mean(column).to_string())).collect();
    println!("{:<20}{:>10}{}\n", "geometric mean", "", means.concat());
}

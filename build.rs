//! Gives the build an identity of its own, so that one build never runs code that another one has cached.
//!
//! The identity covers what decides about generated code and about the layout of what it works on: every source file,
//! the versions of all dependencies, the compiler, and the profile. The machine that is built for is left out, so that
//! images can be made on one machine for another; images name their machine themselves.

#![allow(clippy::disallowed_methods, reason = "a build script reads its package and what cargo tells it")]

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// Processors that machine code is made for and run on; their stack switches are in `src/engine/sys/switch/`. On every other
/// one modules are interpreted.
const COMPILED_FOR: &[&str] = &["x86_64", "aarch64", "riscv64", "s390x"];

fn main() {
    let processor = env::var("CARGO_CFG_TARGET_ARCH").unwrap_or_default();
    println!("cargo::rustc-check-cfg=cfg(has_compiler)");
    if COMPILED_FOR.contains(&processor.as_str()) {
        println!("cargo::rustc-cfg=has_compiler");
    }
    choose_dispatch(&processor);
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let mut hasher = DefaultHasher::new();
    for input in ["Cargo.lock", "Cargo.toml", "build.rs", "src"] {
        println!("cargo::rerun-if-changed={input}");
        hash_tree(&root.join(input), &mut hasher);
    }
    env::var_os("PROFILE").hash(&mut hasher);
    let compiler = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(compiler).arg("-vV").output().map(|output| output.stdout).unwrap_or_default();
    for line in String::from_utf8_lossy(&version).lines().filter(|line| !line.starts_with("host:")) {
        line.hash(&mut hasher);
    }
    println!("cargo::rustc-env=WAZERO_BUILD={:016x}", hasher.finish());
}

/// Whether the interpreter's instructions call each other in tail position: where the code generator makes jumps of such
/// calls, which it does with optimisations, for the processors named here.
fn choose_dispatch(processor: &str) {
    println!("cargo::rustc-check-cfg=cfg(threaded_dispatch)");
    let is_optimised = matches!(env::var("OPT_LEVEL").as_deref(), Ok("2" | "3" | "s"));
    if is_optimised && matches!(processor, "x86_64" | "aarch64") {
        println!("cargo::rustc-cfg=threaded_dispatch");
    }
}

/// Hashes a file, or all files of a folder in order of their names. What does not exist counts as empty.
fn hash_tree(path: &Path, hasher: &mut DefaultHasher) {
    path.file_name().hash(hasher);
    let Ok(entries) = fs::read_dir(path) else {
        return fs::read(path).unwrap_or_default().hash(hasher);
    };
    let mut children: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    children.sort();
    for child in children {
        hash_tree(&child, hasher);
    }
}

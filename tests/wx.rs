//! No page is ever writable and executable: the process's own map of its memory, read while wasm code is published, is
//! running, and is gone.
#![cfg(all(target_os = "linux", has_compiler))]

use std::fs;
use std::ops::Range;
use wazero::{Config, Engine, Linker, Module, Store};

/// A row of `/proc/self/maps`: addresses and what may be done there.
struct Row {
    range: Range<usize>,
    rights: String,
}

fn memory_map() -> Vec<Row> {
    let text = fs::read_to_string("/proc/self/maps").expect("map");
    let row = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let address = |hex| usize::from_str_radix(hex, 16).ok();
        Some(Row { range: address(start)?..address(end)?, rights: words.next()?.to_owned() })
    };
    text.lines().map(|line| row(line).expect("row")).collect()
}

/// Panics where a page is writable and executable. Gives the number of bytes that are executable.
fn executable_bytes() -> usize {
    let executable: Vec<Row> = memory_map().into_iter().filter(|row| row.rights.contains('x')).collect();
    for row in &executable {
        assert!(!row.rights.contains('w'), "{:x?} is {}", row.range, row.rights);
    }
    executable.iter().map(|row| row.range.len()).sum()
}

#[test]
fn no_page_is_writable_and_executable() {
    check(&Config::new());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut cached = Config::new();
    cached.cache_dir(folder.path());
    // Compiled and kept, then taken from the cache.
    check(&cached);
    check(&cached);
}

fn check(config: &Config) {
    let before = executable_bytes();
    let engine = Engine::new(config).expect("engine");
    let wat = r#"(module (import "host" "look" (func $look (result i32))) (memory (export "memory") 1)
        (func (export "run") (result i32) (memory.grow (i32.const 1)) drop call $look))"#;
    let module = Module::new(&engine, &wat::parse_str(wat).expect("text")).expect("module");
    let published = executable_bytes();
    assert!(published > before);
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "look", || executable_bytes() as i32).expect("defined");
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module).expect("instance");
    let run = instance.get_typed_func::<(), i32>(&mut store, "run").expect("export");
    assert!(run.call(&mut store, ()).expect("call") as usize >= published);
    drop((store, linker, module, engine));
    assert_eq!(executable_bytes(), before, "code that nobody can run any more is unmapped");
}

//! Runs a WASI program inside this process: with arguments of its own, a standard output that is a buffer, and nothing of
//! the host but that.
//!
//! Run it with `cargo run --example embed_wasi [program.wasm [argument...]]`; without a program it runs a small one that
//! prints its first argument.

use std::env;
use std::io::{self, Write};
use wazero::wasi::{OutputBuffer, WasiCtx, add_to_linker};
use wazero::{Config, Engine, Error, ErrorKind, Linker, Module, Result, Store};

/// Prints argument number 1 and ends with exit code 3.
const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (local $end i32)
        ;; Pointers to the arguments at 0, their bytes from 1024 on.
        (drop (call $args_get (i32.const 0) (i32.const 1024)))
        (local.set $end (i32.load (i32.const 4)))
        (loop $next
            (local.set $end (i32.add (local.get $end) (i32.const 1)))
            (br_if $next (i32.load8_u (local.get $end))))
        ;; A line break in place of the final NUL, then one buffer: address and length.
        (i32.store8 (local.get $end) (i32.const 10))
        (i32.store (i32.const 512) (i32.load (i32.const 4)))
        (i32.store (i32.const 516)
            (i32.add (i32.sub (local.get $end) (i32.load (i32.const 4))) (i32.const 1)))
        (drop (call $fd_write (i32.const 1) (i32.const 512) (i32.const 1) (i32.const 520)))
        (call $proc_exit (i32.const 3))))"#;

/// What the store of a program holds.
struct Host {
    wasi: WasiCtx,
}

fn main() -> Result<()> {
    let engine = Engine::new(&Config::new())?;
    let mut words = env::args_os().skip(1);
    let module = match words.next() {
        Some(path) => Module::from_file(&engine, path)?,
        None => Module::new(&engine, &wat::parse_str(PROGRAM).map_err(Error::host)?)?,
    };

    let output = OutputBuffer::new();
    let mut builder = WasiCtx::builder();
    builder.arg("program").stdout(output.clone());
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        builder.arg("hello from the inside");
    }
    for word in words {
        builder.arg(word);
    }

    let mut linker = Linker::new(&engine);
    add_to_linker(&mut linker, |host: &mut Host| &mut host.wasi)?;
    let mut store = Store::new(&engine, Host { wasi: builder.build()? });
    let instance = linker.instantiate(&mut store, &module)?;
    let start = instance.get_typed_func::<(), ()>(&store, "_start")?;
    let code = match start.call(&mut store, ()) {
        Ok(()) => 0,
        // A program that calls `proc_exit` does not return; its exit code comes as an error that is none.
        Err(error) => match error.kind() {
            ErrorKind::Exit(code) => code,
            _ => return Err(error),
        },
    };

    let text = output.take();
    writeln!(io::stdout(), "exit code {code}, {} bytes: {}", text.len(), String::from_utf8_lossy(&text).trim_end())?;
    Ok(())
}

//! Gives a wasm program two host functions: one that reads the program's memory and the store's data, and one that stops
//! the program with an error of the embedder's own.
//!
//! Run it with `cargo run --example host_function`.

use std::fmt;
use wazero::{Caller, Config, Engine, Error, Linker, Module, Result, Store};

const PROGRAM: &str = r#"(module
    (import "host" "log" (func $log (param i32 i32)))
    (import "host" "pay" (func $pay (param i64) (result i64)))
    (memory (export "memory") 1)
    (data (i32.const 0) "paying")
    (func (export "spend") (param i64) (result i64)
        i32.const 0 i32.const 6 call $log
        local.get 0 call $pay))"#;

/// The error that the embedder gets back when the purse is empty.
#[derive(Debug)]
struct NotEnough {
    missing: i64,
}

impl fmt::Display for NotEnough {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} coins are missing", self.missing)
    }
}

impl std::error::Error for NotEnough {}

/// What host functions work on; every store has its own.
struct Purse {
    coins: i64,
    log: Vec<String>,
}

fn log(mut caller: Caller<'_, Purse>, address: u32, len: u32) -> Result<()> {
    let (memory, purse) = caller.memory_and_data().ok_or_else(|| Error::msg("the program exports no memory"))?;
    // Wasm chose the address, so nothing about it may be taken for granted.
    let text = memory.get(address as usize..).and_then(|rest| rest.get(..len as usize));
    let text = text.ok_or_else(|| Error::msg("the text is outside the memory"))?;
    purse.log.push(String::from_utf8_lossy(text).into_owned());
    Ok(())
}

fn pay(mut caller: Caller<'_, Purse>, price: i64) -> Result<i64> {
    let purse = caller.data_mut();
    if price > purse.coins {
        return Err(Error::host(NotEnough { missing: price - purse.coins }));
    }
    purse.coins -= price;
    Ok(purse.coins)
}

fn main() -> Result<()> {
    let engine = Engine::new(&Config::new())?;
    let module = Module::new(&engine, &wat::parse_str(PROGRAM).map_err(Error::host)?)?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "log", log)?.func_wrap("host", "pay", pay)?;

    let mut store = Store::new(&engine, Purse { coins: 10, log: Vec::new() });
    let instance = linker.instantiate(&mut store, &module)?;
    let spend = instance.get_typed_func::<i64, i64>(&store, "spend")?;

    assert_eq!(spend.call(&mut store, 7)?, 3);
    let Err(error) = spend.call(&mut store, 7) else {
        return Err(Error::msg("three coins bought something for seven"));
    };
    assert_eq!(error.downcast_ref::<NotEnough>().map(|error| error.missing), Some(4));
    assert_eq!(store.data().log, ["paying", "paying"]);
    Ok(())
}

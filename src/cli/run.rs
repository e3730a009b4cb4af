//! `wazero run`: load, link WASI, instantiate, call `_start`.

use super::failure::Failure;
use super::mount::{Mount, open_mounts};
use super::options::RunOptions;
use super::{args, duration, exit, flags, limits, load, profile, report, timeout, usage};
use crate::api::{Config, Engine, Error, ErrorKind, ImportError, ImportProblem, Instance, Linker, Module, Store, Val};
use crate::wasi::{self, WasiCtx, WasiCtxBuilder};
use std::ffi::OsString;

/// Runs the command on the words behind its name. Returns the exit code.
pub(super) fn main(words: &[OsString]) -> Result<u32, Failure> {
    let command = args::run();
    let parsed = flags::parse(&command, words).map_err(|error| super::flag_failure(error, "run", &command))?;
    if super::wants_help(&parsed.flags) {
        report::print(&usage::run());
        return Ok(0);
    }
    let options = RunOptions::new(&parsed.flags, &parsed.words)?;
    if let Some(span) = options.timeout {
        timeout::start(span);
    }
    run(options)
}

fn run(mut options: RunOptions) -> Result<u32, Failure> {
    let mounts = open_mounts(std::mem::take(&mut options.mounts))?;
    let bytes = load::read(&options.path)?;
    if let Some(span) = options.timeout.filter(|span| span.is_negative()) {
        let message = format!("timeout duration may not be negative, {span} given");
        return Err(Failure::new(message).usage(usage::run()));
    }
    let mut config = Config::default();
    options.limits.stack_bytes.map(|bytes| config.wasm_stack_bytes(bytes));
    options.workers.map(|workers| config.compile_workers(workers));
    let engine = Engine::new(&config).map_err(|error| Failure::new(format!("error: {error}")))?;
    let module = load::compile(&engine, &options.path, &bytes)?;
    drop(bytes);
    let ctx = context(&options, mounts).map_err(|error| instantiating(&error.to_string()))?;
    let mut store = Store::new(&engine, ctx);
    store.set_limits(options.limits.store);
    let sampling = profile::start(&options.profiles, &mut store)?;
    let outcome = start(&mut store, &engine, &module);
    drop(sampling);
    profile::finish();
    match outcome {
        Ok(()) => Ok(0),
        Err(stop) => stop,
    }
}

/// The guest's view of the system.
fn context(options: &RunOptions, mounts: Vec<Mount>) -> Result<WasiCtx, Error> {
    let mut builder = WasiCtxBuilder::new();
    builder.inherit_stdio();
    for arg in &options.args {
        builder.arg(arg);
    }
    for (name, value) in &options.env {
        builder.env(name, value);
    }
    for mount in mounts {
        builder.preopened_dir(mount.dir, mount.guest, mount.access);
    }
    builder.build()
}

/// Instantiates the module and runs its program. An error is how the process ends: an exit code, or a failure.
fn start(store: &mut Store<WasiCtx>, engine: &Engine, module: &Module) -> Result<(), Result<u32, Failure>> {
    let mut linker = Linker::new(engine);
    wasi::add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx)
        .map_err(|error| Err(instantiating(&error.to_string())))?;
    let instance = linker.instantiate(&mut *store, module).map_err(|error| ending(&error, || start_section(module)))?;
    call_start(store, module, &instance)
}

/// Calls `_start`; a module without one has to have done its work while it was instantiated.
fn call_start(store: &mut Store<WasiCtx>, module: &Module, instance: &Instance) -> Result<(), Result<u32, Failure>> {
    let name = if instance.get_func(&mut *store, "_start").is_some() { "_start" } else { "_initialize" };
    let Some(start) = instance.get_func(&mut *store, name) else {
        return if module.start_function().is_some() { Ok(()) } else { Err(Err(nothing_to_run(module))) };
    };
    let ty = start.ty(&*store).map_err(|error| Err(instantiating(&error.to_string())))?;
    let context = || format!("module[{}] function[{name}] failed: ", module.name().unwrap_or_default());
    if !ty.params.is_empty() {
        let message = format!("{}expected {} params, but passed 0", context(), ty.params.len());
        return Err(Err(instantiating(&message)));
    }
    let mut results = vec![Val::I32(0); ty.results.len()];
    start.call(&mut *store, &[], &mut results).map_err(|error| ending(&error, context))
}

/// How an error of the running program ends the process; `context` says where it happened.
fn ending(error: &Error, context: impl Fn() -> String) -> Result<u32, Failure> {
    match error.kind() {
        ErrorKind::Exit(exit::TIMEOUT) => {
            let zero = duration::Duration::ZERO;
            Err(Failure::new(timeout::message(zero)).exit_code(exit::TIMEOUT))
        }
        ErrorKind::Exit(code) => Ok(code),
        ErrorKind::Trap(_) | ErrorKind::Host | ErrorKind::Bug => {
            Err(instantiating(&format!("{}{}", context(), report::program_error(error))))
        }
        _ => {
            let failure = limits::name_flag(instantiating(&error.to_string()), error);
            Err(match error.import_error().and_then(import_hint) {
                Some(hint) => failure.hint(hint),
                None => failure,
            })
        }
    }
}

/// What to do about an import that nothing provides.
fn import_hint(error: &ImportError) -> Option<&'static str> {
    match error.problem {
        ImportProblem::UnknownModule => Some(
            "only WASI preview 1 (`wasi_snapshot_preview1`) is provided; rebuild the program for wasm32-wasip1, or drop what needs other imports",
        ),
        ImportProblem::UnknownName => {
            Some("WASI preview 1 has no such function; was the program built for another version of WASI?")
        }
        _ => None,
    }
}

/// Where a trap during instantiation happened.
fn start_section(module: &Module) -> String {
    module.start_function().map(|index| format!("start function[{index}] failed: ")).unwrap_or_default()
}

fn instantiating(message: &str) -> Failure {
    Failure::new(format!("error instantiating wasm binary: {message}"))
}

fn nothing_to_run(module: &Module) -> Failure {
    let names: Vec<String> = module.exports().take(20).map(|export| format!("`{}`", export.name())).collect();
    let exports = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    instantiating(&format!("the module exports no function `_start`; it exports {exports}"))
        .hint("build the program as a WASI command, not as a library")
}

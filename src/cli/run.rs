//! `wazero run`: load, link WASI, instantiate, call `_start` or what `-invoke` names.

use super::args::{self, Tty};
use super::failure::Failure;
use super::invoke::{self, PreparedInvocation};
use super::messages::origin;
use super::messages::visible::{quoted_list, visible};
use super::mount::{Mount, open_mounts};
use super::options::RunOptions;
use super::path_hint::PathHint;
use super::{cache_dir, duration, exit, flags, limits, listen, load, profile, report, sys, terminal, timeout, usage};
use crate::api::{Engine, Error, ErrorKind, ExternType, Func, Instance, Linker, Module, Store, Val};
use crate::wasi::{self, HostLog, WasiCtx, WasiCtxBuilder};
use std::ffi::OsString;
use std::net::TcpListener;

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
    terminal::end_as_first_process();
    report::hide_panics_of_workers();
    run(options)
}

fn run(options: RunOptions) -> Result<u32, Failure> {
    let mounts = open_mounts(&options.mounts, options.allow_special_fs)?;
    let program = load::open(&options.path)?;
    let mut config = cache_dir::config(options.cache.as_ref())?;
    config.trust_images(options.trust_image).strategy(options.strategy);
    if let Some(span) = options.timeout.filter(|span| span.is_negative()) {
        let message = format!("timeout duration may not be negative, {span} given");
        return Err(Failure::new(message).usage(usage::run()));
    }
    let listens = listen::parse(&options.listens)?;
    options.limits.stack_bytes.map(|bytes| config.wasm_stack_bytes(bytes));
    options.workers.map(|workers| config.compile_workers(workers));
    config.validate_beside_the_run(options.may_begin_early());
    let engine = Engine::new(&config).map_err(|error| Failure::new(format!("error: {error}")))?;
    let module = load::compile(&engine, program)?;
    let call = options.invoke.as_ref().map(|call| invoke::prepare(&module, call)).transpose()?;
    let listeners = listen::bind(&listens)?;
    let ctx = context(&options, mounts, listeners).map_err(|error| instantiating(&error.to_string()))?;
    let mut store = Store::new(&engine, ctx);
    store.set_limits(options.limits.store);
    let log = HostLog::new(options.log_scopes, std::io::stderr());
    sys::survive_file_size_limit();
    let sampling = profile::start(&options.profiles, &mut store)?;
    let outcome = start(&mut store, &engine, &module, &log, call);
    drop(sampling);
    if options.may_begin_early() {
        load::check(&module, &options.path)?;
    }
    profile::finish();
    let ended = match outcome {
        Ok(()) => Ok(0),
        Err(stop) if store.data().lost_its_reader() && !matches!(stop, Ok(0)) => {
            terminal::restore();
            exit::end_by_broken_pipe()
        }
        Err(stop) => stop,
    };
    // What is said from here on is not for the guest's screen.
    terminal::restore();
    module.keep();
    let ended = PathHint::new(&options.mounts, &options.args).add_to(ended, store.data());
    // The process ends, and the system takes everything back at once.
    std::mem::forget((store, module));
    ended
}

/// The guest's view of the system.
fn context(options: &RunOptions, mounts: Vec<Mount>, listeners: Vec<TcpListener>) -> Result<WasiCtx, Error> {
    let mut builder = WasiCtxBuilder::new();
    builder.inherit_stdio().allow_special_fs(options.allow_special_fs);
    match options.tty {
        Tty::Auto => builder.terminal_modes(terminal::modes()),
        Tty::Raw => builder.raw_terminal(),
    };
    if load::is_stdin(&options.path) {
        // The module has used it up.
        builder.stdin(std::io::empty());
    }
    for arg in &options.args {
        builder.arg(arg);
    }
    for (name, value) in &options.env {
        builder.env(name, value);
    }
    for mount in mounts {
        mount.add_to(&mut builder);
    }
    for listener in listeners {
        builder.preopened_listener(listener);
    }
    builder.build()
}

/// Instantiates the module and runs its program. An error is how the process ends: an exit code, or a failure.
fn start(
    store: &mut Store<WasiCtx>,
    engine: &Engine,
    module: &Module,
    log: &HostLog,
    call: Option<PreparedInvocation>,
) -> Result<(), Result<u32, Failure>> {
    let mut linker = Linker::new(engine);
    wasi::add_to_linker_for(&mut linker, module, |ctx: &mut WasiCtx| ctx, log)
        .map_err(|error| Err(instantiating(&error.to_string())))?;
    let instance = linker.instantiate(&mut *store, module).map_err(|error| ending(&error, || start_section(module)))?;
    // As store and module.
    std::mem::forget(linker);
    match call {
        Some(call) => call_invoked(store, module, &instance, log, call),
        None => call_start(store, module, &instance, log),
    }
}

/// Calls the function that `-invoke` names, in a reactor behind its `_initialize`, and prints its results.
fn call_invoked(
    store: &mut Store<WasiCtx>,
    module: &Module,
    instance: &Instance,
    log: &HostLog,
    mut call: PreparedInvocation,
) -> Result<(), Result<u32, Failure>> {
    if call.name != "_initialize"
        && let Some(initialize) = instance.get_func(&mut *store, "_initialize")
    {
        call_without_params(store, module, initialize, log, "_initialize")?;
    }
    let Some(function) = instance.get_func(&mut *store, &call.name) else {
        return Err(Err(instantiating("bug in wazero: an exported function is missing")));
    };
    let context = || failed_function(module, &call.name);
    log.guest_call(module, &call.name, &call.params, &mut call.results, |results| {
        function.call(&mut *store, &call.params, results)
    })
    .map_err(|error| ending(&error, context))?;
    invoke::print(&call.results).map_err(Err)
}

/// Calls `_start`, or `_initialize` of a module without one, which has no program but may do its work there. A module
/// with neither has to have done its work while it was instantiated.
fn call_start(
    store: &mut Store<WasiCtx>,
    module: &Module,
    instance: &Instance,
    log: &HostLog,
) -> Result<(), Result<u32, Failure>> {
    for name in ["_start", "_initialize"] {
        if let Some(function) = instance.get_func(&mut *store, name) {
            return call_without_params(store, module, function, log, name);
        }
    }
    if module.start_function().is_some() { Ok(()) } else { Err(Err(nothing_to_run(module))) }
}

fn call_without_params(
    store: &mut Store<WasiCtx>,
    module: &Module,
    function: Func,
    log: &HostLog,
    name: &str,
) -> Result<(), Result<u32, Failure>> {
    let ty = function.ty(&*store).map_err(|error| Err(instantiating(&error.to_string())))?;
    if !ty.params.is_empty() {
        let message = format!("{}expected {} params, but passed 0", failed_function(module, name), ty.params.len());
        return Err(Err(instantiating(&message)));
    }
    let mut results = vec![Val::I32(0); ty.results.len()];
    let context = || failed_function(module, name);
    log.guest_call(module, name, &[], &mut results, |results| function.call(&mut *store, &[], results))
        .map_err(|error| ending(&error, context))
}

/// Where an error of a running function happened.
fn failed_function(module: &Module, name: &str) -> String {
    let module = module.name().unwrap_or_default();
    format!("module[{}] function[{}] failed: ", visible(module), visible(name))
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
            let failure = limits::name_flag(instantiating(&visible(&error.to_string())), error);
            Err(failure.maybe_hint(error.import_error().and_then(origin::hint)))
        }
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
    let names: Vec<&str> = module.exports().map(|export| export.name()).collect();
    let has_functions = module.exports().any(|export| matches!(export.ty(), ExternType::Func(_)));
    let exports = quoted_list(names.into_iter());
    instantiating(&format!("the module exports no function `_start`; it exports {exports}")).hint(if has_functions {
        "build the program as a WASI command, not as a library, or call one of its functions with -invoke"
    } else {
        "build the program as a WASI command, not as a library"
    })
}

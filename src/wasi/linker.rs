//! The flat table of `wasi_snapshot_preview1`: one line a function, with its name, its parameters and the handler.
//!
//! A line becomes one typed host function, so that wasm code calls the handler with its arguments in registers. All that
//! stands between is finding memory and context of the caller.

use super::ctx::WasiCtx;
use super::errno::Errno;
use super::guest::GuestMemory;
use super::{args, clock, fd, fd_stat, path, path_ops, poll, proc, random, readdir, sock};
use crate::api::{Caller, Error, Linker, Result};

/// The module that the functions are imported from.
const MODULE: &str = "wasi_snapshot_preview1";

/// Expands the table: `name(parameters) => handler`, where the handler's path ends in the function's name.
macro_rules! functions {
    ($($name:ident($($param:ident: $ty:ty),*) => $file:ident,)*) => {
        /// Names of the functions that answer with an errno, which is all but `proc_exit`.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Adds every function of the table.
        fn add_table<T: 'static, G>(linker: &mut Linker<T>, get: G) -> Result<()>
        where
            G: Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
        {
            $(linker.func_wrap(
                MODULE,
                stringify!($name),
                move |mut caller: Caller<'_, T>, $($param: $ty),*| -> Result<i32> {
                    let (ctx, mut memory) = enter(&mut caller, get)?;
                    Ok(Errno::code($file::$name(ctx, &mut memory, $($param),*)))
                },
            )?;)*
            Ok(())
        }
    };
}

functions! {
    args_get(argv: u32, argv_buf: u32) => args,
    args_sizes_get(count: u32, size: u32) => args,
    environ_get(environ: u32, environ_buf: u32) => args,
    environ_sizes_get(count: u32, size: u32) => args,
    clock_res_get(id: u32, resolution: u32) => clock,
    clock_time_get(id: u32, precision: u64, time: u32) => clock,
    fd_advise(fd: u32, offset: u64, len: u64, advice: u32) => fd,
    fd_allocate(fd: u32, offset: u64, len: u64) => fd,
    fd_close(fd: u32) => fd,
    fd_datasync(fd: u32) => fd,
    fd_fdstat_get(fd: u32, stat: u32) => fd_stat,
    fd_fdstat_set_flags(fd: u32, flags: u32) => fd_stat,
    fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64) => fd_stat,
    fd_filestat_get(fd: u32, stat: u32) => fd_stat,
    fd_filestat_set_size(fd: u32, size: u64) => fd_stat,
    fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u32) => fd_stat,
    fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32) => fd,
    fd_prestat_get(fd: u32, prestat: u32) => fd_stat,
    fd_prestat_dir_name(fd: u32, path: u32, path_len: u32) => fd_stat,
    fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32) => fd,
    fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32) => fd,
    fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, bufused: u32) => readdir,
    fd_renumber(fd: u32, to: u32) => fd,
    fd_seek(fd: u32, offset: i64, whence: u32, newoffset: u32) => fd,
    fd_sync(fd: u32) => fd,
    fd_tell(fd: u32, offset: u32) => fd,
    fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32) => fd,
    path_create_directory(fd: u32, path: u32, path_len: u32) => path_ops,
    path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, stat: u32) => path_ops,
    path_filestat_set_times(
        fd: u32, flags: u32, path: u32, path_len: u32, atim: u64, mtim: u64, fst_flags: u32
    ) => path_ops,
    path_link(
        old_fd: u32, old_flags: u32, old_path: u32, old_len: u32, new_fd: u32, new_path: u32, new_len: u32
    ) => path_ops,
    path_open(
        fd: u32, dirflags: u32, path: u32, path_len: u32, oflags: u32, base: u64, inheriting: u64, fdflags: u32,
        opened_fd: u32
    ) => path,
    path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, bufused: u32) => path_ops,
    path_remove_directory(fd: u32, path: u32, path_len: u32) => path_ops,
    path_rename(fd: u32, old_path: u32, old_len: u32, new_fd: u32, new_path: u32, new_len: u32) => path_ops,
    path_symlink(old_path: u32, old_len: u32, fd: u32, new_path: u32, new_len: u32) => path_ops,
    path_unlink_file(fd: u32, path: u32, path_len: u32) => path_ops,
    poll_oneoff(subscriptions: u32, events: u32, nsubscriptions: u32, nevents: u32) => poll,
    proc_raise(signal: u32) => proc,
    sched_yield() => proc,
    random_get(buf: u32, buf_len: u32) => random,
    sock_accept(fd: u32, flags: u32, connection: u32) => sock,
    sock_recv(fd: u32, data: u32, data_len: u32, flags: u32, datalen: u32, ro_flags: u32) => sock,
    sock_send(fd: u32, data: u32, data_len: u32, flags: u32, datalen: u32) => sock,
    sock_shutdown(fd: u32, how: u32) => sock,
}

/// Defines every function of `wasi_snapshot_preview1` in a linker. `get` finds the guest's context in the store's data.
///
/// # Errors
///
/// Where the linker already has a definition of the same name.
pub fn add_to_linker<T: 'static, G>(linker: &mut Linker<T>, get: G) -> Result<()>
where
    G: Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
{
    add_table(linker, get)?;
    // The one function that does not come back, and needs no memory.
    linker.func_wrap(MODULE, "proc_exit", |code: u32| -> Result<()> { Err(proc::proc_exit(code)) })?;
    Ok(())
}

/// Memory and context of the module that called.
fn enter<'c, T, G>(caller: &'c mut Caller<'_, T>, get: G) -> Result<(&'c mut WasiCtx, GuestMemory<'c>)>
where
    G: Fn(&mut T) -> &mut WasiCtx,
{
    match caller.memory_and_data() {
        Some((memory, data)) => Ok((get(data), GuestMemory::new(memory))),
        None => Err(no_memory()),
    }
}

#[cold]
fn no_memory() -> Error {
    Error::msg("module exports no memory named `memory`, where WASI functions read and write")
}

#[cfg(test)]
mod tests {
    use super::super::stdio::OutputBuffer;
    use super::*;
    use crate::api::{Config, Engine, ErrorKind, Module, Store};

    #[test]
    fn the_snapshot_has_46_functions() {
        assert_eq!(NAMES.len() + 1, 46);
        let mut names = NAMES.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len() + 1, 46);
    }

    /// Runs `_start` of a module and gives what it wrote and how it ended.
    fn run(wat: &str) -> (Vec<u8>, Result<()>) {
        let output = OutputBuffer::new();
        let ctx = WasiCtx::builder().stdout(output.clone()).build().expect("a context");
        let engine = Engine::new(&Config::new()).expect("an engine");
        let module = Module::new(&engine, &wat::parse_str(wat).expect("text format")).expect("a valid module");
        let mut linker = Linker::new(&engine);
        add_to_linker(&mut linker, |ctx: &mut WasiCtx| ctx).expect("an empty linker");
        let mut store = Store::new(&engine, ctx);
        let ended = linker
            .instantiate(&mut store, &module)
            .and_then(|instance| instance.get_typed_func::<(), ()>(&store, "_start"))
            .and_then(|start| start.call(&mut store, ()));
        (output.take(), ended)
    }

    #[test]
    fn a_module_writes_and_ends_itself() {
        let (written, ended) = run(r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\08\00\00\00\03\00\00\00hi\n")
            (func (export "_start")
                (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 20)))
                (call $proc_exit (i32.add (i32.load (i32.const 20)) (i32.const 4)))
                unreachable))"#);
        assert_eq!(written, b"hi\n");
        assert_eq!(ended.expect_err("an exit code").exit_code(), Some(7));
    }

    #[test]
    fn a_module_without_memory_is_told_so() {
        let (_, ended) = run(r#"(module
            (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
            (func (export "_start") (drop (call $sched_yield))))"#);
        let error = ended.expect_err("no memory");
        assert_eq!(error.kind(), ErrorKind::Host);
        assert!(error.to_string().starts_with("module exports no memory named `memory`"));
    }
}

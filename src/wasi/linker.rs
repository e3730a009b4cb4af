//! The flat table of `wasi_snapshot_preview1` and `wasi_unstable`: one line a function, with its name, its parameters and
//! the handler of either snapshot.
//!
//! A line becomes one typed host function, so that wasm code calls the handler with its arguments in registers. All that
//! stands between is finding memory and context of the caller. Whether calls are logged is decided here, when functions
//! are linked: one that is not logged is the same function as without a log.

use super::ctx::WasiCtx;
use super::errno::Errno;
use super::guest::GuestMemory;
use super::signature::{Argument, Kind, Signature, Snapshot, wasm};
use super::trace::{HostLog, LogScopes};
use super::{args, clock, fd, fd_stat, path, path_ops, poll, proc, random, readdir, sock, unstable};
use crate::api::{Caller, Error, Linker, Module, Result};

/// Expands the table: `name(parameters) => handler`, where each parameter has a [`Kind`] and the
/// handler's path ends in the function's name. A second file is the one of `wasi_unstable`'s handler; without it that
/// snapshot has no such function.
macro_rules! functions {
    ($($name:ident $params:tt => $file:ident $(, $old:ident)?;)*) => {
        /// The functions that answer with an errno, which is all but `proc_exit`.
        #[cfg(test)]
        pub(super) const SIGNATURES: &[Signature] = &[$(signature!($name $params)),*];

        /// Adds those functions of the table that are wanted, and `proc_exit`; those in the log's scopes write to it.
        fn add_all<T: 'static, G>(
            linker: &mut Linker<T>,
            get: G,
            log: &HostLog,
            is_wanted: impl Fn(Snapshot, &str) -> bool,
        ) -> Result<()>
        where
            G: Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
        {
            $(
                if is_wanted(Snapshot::Preview1, stringify!($name)) {
                    plain_or_logged!(linker, get, log, Snapshot::Preview1, $file, $name $params);
                }
                $(if is_wanted(Snapshot::Unstable, stringify!($name)) {
                    plain_or_logged!(linker, get, log, Snapshot::Unstable, $old, $name $params);
                })?
            )*
            add_proc_exit(linker, log)
        }

        /// Calls a function by its name, with every argument as 64 bits.
        #[cfg(test)]
        pub(super) fn invoke(
            name: &str,
            ctx: &mut WasiCtx,
            memory: &mut GuestMemory<'_>,
            args: &[u64],
        ) -> std::result::Result<(), Errno> {
            let mut args = args.iter().copied();
            let mut next = || args.next().expect("an argument");
            match name {
                $(stringify!($name) => call!(ctx, memory, next, $file, $name $params),)*
                _ => panic!("no function `{name}`"),
            }
        }
    };
}

/// A row's [`Signature`].
macro_rules! signature {
    ($name:ident($($param:ident: $kind:ident),*)) => {
        Signature { name: stringify!($name), params: &[$((stringify!($param), Kind::$kind)),*] }
    };
}

/// Defines a row's host function.
macro_rules! plain {
    ($linker:ident, $get:ident, $snapshot:expr, $file:ident, $name:ident($($param:ident: $kind:ident),*)) => {
        $linker.func_wrap(
            $snapshot.module(),
            stringify!($name),
            move |mut caller: Caller<'_, T>, $($param: wasm::$kind),*| -> Result<i32> {
                let (ctx, mut memory) = enter(&mut caller, $get)?;
                Errno::answer($file::$name(ctx, &mut memory, $($param),*))
            },
        )?;
    };
}

/// Defines a row's host function, which writes to the log before and behind its work.
macro_rules! logged {
    ($linker:ident, $get:ident, $log:ident, $snapshot:expr, $file:ident, $name:ident($($param:ident: $kind:ident),*)) => {
        let log = $log.clone();
        $linker.func_wrap(
            $snapshot.module(),
            stringify!($name),
            move |mut caller: Caller<'_, T>, $($param: wasm::$kind),*| -> Result<i32> {
                const SIGNATURE: Signature = signature!($name($($param: $kind),*));
                let (ctx, mut memory) = enter(&mut caller, $get)?;
                let args = [$(Argument::bits($param)),*];
                let call = log.begin($snapshot, &SIGNATURE, &args, &memory);
                let outcome = $file::$name(ctx, &mut memory, $($param),*);
                log.end(call, &memory, outcome);
                Errno::answer(outcome)
            },
        )?;
    };
}

/// Defines a row's host function, which writes to the log if that takes it.
macro_rules! plain_or_logged {
    ($linker:ident, $get:ident, $log:ident, $snapshot:expr, $file:ident, $name:ident $params:tt) => {
        if $log.takes(stringify!($name)) {
            logged!($linker, $get, $log, $snapshot, $file, $name $params);
        } else {
            plain!($linker, $get, $snapshot, $file, $name $params);
        }
    };
}

/// Calls a row's handler, with arguments of 64 bits that `$next` gives.
#[cfg(test)]
macro_rules! call {
    ($ctx:ident, $memory:ident, $next:ident, $file:ident, $name:ident($($param:ident: $kind:ident),*)) => {
        $file::$name($ctx, $memory, $(<wasm::$kind as Argument>::from_bits($next())),*)
    };
}

functions! {
    args_get(argv: Ptr, argv_buf: Ptr) => args, args;
    args_sizes_get(argc: OutAddress, argv_len: OutAddress) => args, args;
    environ_get(environ: Ptr, environ_buf: Ptr) => args, args;
    environ_sizes_get(environc: OutAddress, environv_len: OutAddress) => args, args;
    clock_res_get(id: Clock, resolution: Out64Low) => clock, clock;
    clock_time_get(id: Clock, precision: Long, timestamp: Out64) => clock, clock;
    fd_advise(fd: Fd, offset: Long, len: Long, advice: Num) => fd, fd;
    fd_allocate(fd: Fd, offset: Long, len: Long) => fd, fd;
    fd_close(fd: Fd) => fd, fd;
    fd_datasync(fd: Fd) => fd, fd;
    fd_fdstat_get(fd: Fd, stat: OutFdstat) => fd_stat, fd_stat;
    fd_fdstat_set_flags(fd: Fd, flags: FdFlags) => fd_stat, fd_stat;
    fd_fdstat_set_rights(fd: Fd, fs_rights_base: Rights, fs_rights_inheriting: Rights) => fd_stat, fd_stat;
    fd_filestat_get(fd: Fd, filestat: OutFilestat) => fd_stat, unstable;
    fd_filestat_set_size(fd: Fd, size: Long) => fd_stat, fd_stat;
    fd_filestat_set_times(fd: Fd, atim: Long, mtim: Long, fst_flags: FstFlags) => fd_stat, fd_stat;
    fd_pread(fd: Fd, iovs: Ptr, iovs_len: Len, offset: Long, nread: Out32) => fd, fd;
    fd_prestat_get(fd: Fd, prestat: OutPrestat) => fd_stat, fd_stat;
    fd_prestat_dir_name(fd: Fd, path: OutPath, path_len: PathLen) => fd_stat, fd_stat;
    fd_pwrite(fd: Fd, iovs: Ptr, iovs_len: Len, offset: Long, nwritten: Out32) => fd, fd;
    fd_read(fd: Fd, iovs: Ptr, iovs_len: Len, nread: Out32) => fd, fd;
    fd_readdir(fd: Fd, buf: Ptr, buf_len: Len, cookie: Long, bufused: Out32) => readdir, readdir;
    fd_renumber(fd: Fd, to: Fd) => fd, fd;
    fd_seek(fd: Fd, offset: Signed, whence: Num, newoffset: Out64) => fd, unstable;
    fd_sync(fd: Fd) => fd, fd;
    fd_tell(fd: Fd, offset: OutAddress) => fd, fd;
    fd_write(fd: Fd, iovs: Ptr, iovs_len: Len, nwritten: Out32) => fd, fd;
    path_create_directory(fd: Fd, path: Path, path_len: PathLen) => path_ops, path_ops;
    path_filestat_get(fd: Fd, flags: LookupFlags, path: Path, path_len: PathLen, filestat: OutFilestat)
        => path_ops, unstable;
    path_filestat_set_times(
        fd: Fd, flags: LookupFlags, path: Path, path_len: PathLen, atim: Long, mtim: Long, fst_flags: FstFlags
    ) => path_ops, path_ops;
    path_link(
        old_fd: Fd, old_flags: LookupFlags, old_path: Path, old_path_len: PathLen, new_fd: Fd, new_path: Path,
        new_path_len: PathLen
    ) => path_ops, path_ops;
    path_open(
        fd: Fd, dirflags: LookupFlags, path: Path, path_len: PathLen, oflags: OFlags, fs_rights_base: Rights,
        fs_rights_inheriting: Rights, fdflags: FdFlags, opened_fd: Out32
    ) => path, path;
    path_readlink(fd: Fd, path: Path, path_len: PathLen, buf: Ptr, buf_len: Len, bufused: Out32) => path_ops, path_ops;
    path_remove_directory(fd: Fd, path: Path, path_len: PathLen) => path_ops, path_ops;
    path_rename(fd: Fd, old_path: Path, old_path_len: PathLen, new_fd: Fd, new_path: Path, new_path_len: PathLen)
        => path_ops, path_ops;
    path_symlink(old_path: Path, old_path_len: PathLen, fd: Fd, new_path: Path, new_path_len: PathLen)
        => path_ops, path_ops;
    path_unlink_file(fd: Fd, path: Path, path_len: PathLen) => path_ops, path_ops;
    poll_oneoff(r#in: Ptr, out: Ptr, nsubscriptions: Len, nevents: Out32) => poll, unstable;
    proc_raise(sig: Num) => proc, proc;
    sched_yield() => proc, proc;
    random_get(buf: Ptr, buf_len: Len) => random, random;
    sock_accept(fd: Fd, flags: FdFlags, fd_: Out32) => sock;
    sock_recv(fd: Fd, ri_data: Ptr, ri_data_len: Len, ri_flags: RiFlags, ro_datalen: Out32, ro_flags: OutRoFlags)
        => sock, sock;
    sock_send(fd: Fd, si_data: Ptr, si_data_len: Len, si_flags: SiFlags, so_datalen: Out32) => sock, sock;
    sock_shutdown(fd: Fd, how: SdFlags) => sock, sock;
}

/// The one function that does not come back, and needs no memory.
pub(super) const PROC_EXIT: Signature = signature!(proc_exit(rval: Num));

/// Defines every function of `wasi_snapshot_preview1`, and of the older `wasi_unstable`, in a linker. `get` finds the
/// guest's context in the store's data.
///
/// # Errors
///
/// Where the linker already has a definition of the same name.
pub fn add_to_linker<T: 'static, G>(linker: &mut Linker<T>, get: G) -> Result<()>
where
    G: Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
{
    let log = HostLog::new(LogScopes::NONE, std::io::sink());
    add_all(linker, get, &log, |_, _| true)
}

/// As [`add_to_linker`], of those functions alone that a module imports: what a process needs that runs one program. Calls of
/// functions in the log's scopes are written to the log. The others are as fast as without one.
///
/// # Errors
///
/// As for [`add_to_linker`].
pub fn add_to_linker_for<T: 'static, G>(linker: &mut Linker<T>, module: &Module, get: G, log: &HostLog) -> Result<()>
where
    G: Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
{
    let mut imports: Vec<_> = module.imports().map(|import| (import.module(), import.name())).collect();
    imports.sort_unstable();
    let is_wanted = |snapshot: Snapshot, name: &str| imports.binary_search(&(snapshot.module(), name)).is_ok();
    add_all(linker, get, log, is_wanted)?;
    for snapshot in [Snapshot::Preview1, Snapshot::Unstable] {
        let is_unseen = |name: &&&str| is_wanted(snapshot, name) && !log.takes(name);
        for name in ONLY_ASKING.iter().filter(is_unseen) {
            linker.without_effect(snapshot.module(), name);
        }
    }
    Ok(())
}

fn add_proc_exit<T: 'static>(linker: &mut Linker<T>, log: &HostLog) -> Result<()> {
    for snapshot in [Snapshot::Preview1, Snapshot::Unstable] {
        let log = log.takes(PROC_EXIT.name).then(|| log.clone());
        linker.func_wrap(snapshot.module(), PROC_EXIT.name, move |code: u32| -> Result<()> {
            if let Some(log) = &log {
                log.begin(snapshot, &PROC_EXIT, &[code.bits()], &GuestMemory::new(&mut []));
            }
            Err(proc::proc_exit(code))
        })?;
    }
    Ok(())
}

/// Functions that only ask, and take nothing from anybody by that: no call of them can be noticed from outside.
const ONLY_ASKING: &[&str] = &[
    "args_get",
    "args_sizes_get",
    "clock_res_get",
    "clock_time_get",
    "environ_get",
    "environ_sizes_get",
    "fd_fdstat_get",
    "fd_filestat_get",
    "fd_prestat_dir_name",
    "fd_prestat_get",
    "fd_tell",
    "path_filestat_get",
    "random_get",
    "sched_yield",
];

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
    use crate::api::{Config, Engine, ErrorKind, Store};

    #[test]
    fn the_snapshot_has_46_functions() {
        assert_eq!(SIGNATURES.len() + 1, 46);
        let mut names: Vec<_> = SIGNATURES.iter().map(|signature| signature.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len() + 1, 46);
    }

    #[test]
    fn every_function_is_in_the_overview() {
        let overview = include_str!("../../docs/wasi.md");
        for signature in SIGNATURES.iter().chain([&PROC_EXIT]) {
            let row = format!("\n| `{}` | ", signature.name);
            assert_eq!(overview.matches(&row).count(), 1, "{}", signature.name);
        }
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

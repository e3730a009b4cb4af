//! [`WasiCtx`], everything that one guest sees of the outside, and its builder.
//!
//! A context begins empty: no arguments, no variables, no directory, an empty standard input and outputs that lead
//! nowhere. An embedder adds what its guest shall have, and nothing else is ever reachable.

use super::args::StringTable;
use super::denied::DeniedPath;
use super::descriptor::{Descriptor, DirHandle};
use super::fd_table::FdTable;
use super::mount_plan::MountPlan;
use super::stdio::Stream;
use super::terminal::TerminalModes;
use crate::api::{Error, Result};
use cap_std::fs::Dir;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::mem;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

/// What a guest may do in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirAccess {
    /// Everything that the operating system allows.
    ReadWrite,
    /// Nothing that changes a file or a directory: that is `EROFS`.
    ReadOnly,
}

/// The world of one guest. It lies in the store's data and is found by what is given to
/// [`add_to_linker`](super::add_to_linker).
pub struct WasiCtx {
    pub(super) args: StringTable,
    pub(super) environ: StringTable,
    pub(super) table: FdTable,
    /// See [`WasiCtx::lost_its_reader`].
    pub(super) lost_its_reader: bool,
    /// What the guest was denied last.
    pub(super) denied: Option<DeniedPath>,
    /// Whether the guest looked for its first directory and there was none.
    pub(super) lacked_directories: bool,
}

impl WasiCtx {
    /// Whether the guest was told that nobody reads one of this process's standard streams any more (`EPIPE`). A program
    /// that then fails, by an exit code or a trap, is most likely to have failed of that: on a shell's command line such
    /// programs end silently by SIGPIPE. A guest that goes on writing to that stream is ended by an error of the call.
    pub fn lost_its_reader(&self) -> bool {
        self.lost_its_reader
    }

    /// A builder of an empty context.
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}

/// Collects what a guest shall see.
pub struct WasiCtxBuilder {
    args: StringTable,
    environ: StringTable,
    stdin: Stream,
    stdout: Stream,
    stderr: Stream,
    mounts: MountPlan,
    listeners: Vec<TcpListener>,
    /// None where a terminal gets every byte.
    terminal: Option<TerminalModes>,
}

impl Default for WasiCtxBuilder {
    fn default() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}

impl WasiCtxBuilder {
    /// Nothing yet.
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder {
            args: StringTable::default(),
            environ: StringTable::default(),
            stdin: Stream::Reader(Box::new(io::empty())),
            stdout: Stream::Writer(Box::new(io::sink())),
            stderr: Stream::Writer(Box::new(io::sink())),
            mounts: MountPlan::default(),
            listeners: Vec::new(),
            terminal: Some(TerminalModes::default()),
        }
    }

    /// Adds an argument. The first is the program's name. Its bytes reach the guest unchanged.
    pub fn arg(&mut self, arg: impl AsRef<OsStr>) -> &mut Self {
        self.args.push(&[arg.as_ref().as_encoded_bytes()]);
        self
    }

    /// Adds an environment variable.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.environ.push(&[name.as_ref().as_encoded_bytes(), b"=", value.as_ref().as_encoded_bytes()]);
        self
    }

    /// Opens a directory to the guest, under this name, which is reported as it is given. Directories get the descriptors
    /// from 3 on, in the order of the calls.
    pub fn preopened_dir(&mut self, dir: Dir, guest_path: impl AsRef<OsStr>, access: DirAccess) -> &mut Self {
        self.mounts.dir(dir, guest_path.as_ref().as_encoded_bytes(), access);
        self
    }

    /// Shows a single file to the guest: the file `name` in the host's directory `dir`, as `guest_path`, and nothing else of
    /// that directory. `name` is one component, and is not followed if it is a link.
    ///
    /// Where the folder of `guest_path` lies in a directory that is open to the guest and exists there, the file appears in
    /// it, over what the host has under that name. Otherwise the folder is opened to the guest with nothing in it but such
    /// files, under the next descriptor. The guest cannot remove, rename or replace the file, nor add others to such a
    /// folder.
    pub fn preopened_file(
        &mut self,
        dir: Dir,
        name: impl AsRef<Path>,
        guest_path: impl AsRef<OsStr>,
        access: DirAccess,
    ) -> &mut Self {
        self.mounts.file(dir, name.as_ref(), guest_path.as_ref().as_encoded_bytes(), access);
        self
    }

    /// Lets device nodes and the kernel's own file systems through, such as proc and sysfs, if they lie in a directory that
    /// is open to the guest. Without it they are `ACCES`, but for `/dev/null` and `/dev/zero`. A guest with write access to them can do
    /// whatever this process can.
    pub fn allow_special_fs(&mut self, allow: bool) -> &mut Self {
        self.mounts.allow_special_fs(allow);
        self
    }

    /// Opens a listening socket to the guest. Listeners get the descriptors behind the directories.
    pub fn preopened_listener(&mut self, listener: TcpListener) -> &mut Self {
        self.listeners.push(listener);
        self
    }

    /// Gives the guest the three standard streams of this process.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// Gives the guest this process's standard input.
    pub fn inherit_stdin(&mut self) -> &mut Self {
        self.stdin = Stream::stdin();
        self
    }

    /// Gives the guest this process's standard output.
    pub fn inherit_stdout(&mut self) -> &mut Self {
        self.stdout = Stream::stdout();
        self
    }

    /// Gives the guest this process's standard error.
    pub fn inherit_stderr(&mut self) -> &mut Self {
        self.stderr = Stream::stderr();
        self
    }

    /// Passes every byte to a terminal behind this process's standard output and standard error. The default drops control
    /// sequences that do more than draw: such that write the clipboard or the title, or make the terminal answer.
    pub fn raw_terminal(&mut self) -> &mut Self {
        self.terminal = None;
        self
    }

    /// Keeps in `modes` what the guest changes in a terminal, for an embedder that wants to put it back itself.
    pub fn terminal_modes(&mut self, modes: TerminalModes) -> &mut Self {
        self.terminal = Some(modes);
        self
    }

    /// Standard input comes from a reader; the default is at its end at once.
    pub fn stdin(&mut self, reader: impl Read + Send + 'static) -> &mut Self {
        self.stdin = Stream::Reader(Box::new(reader));
        self
    }

    /// Standard output goes to a writer, which is flushed after each write; the default forgets it. See
    /// [`OutputBuffer`](super::OutputBuffer) for one in memory.
    pub fn stdout(&mut self, writer: impl Write + Send + 'static) -> &mut Self {
        self.stdout = Stream::Writer(Box::new(writer));
        self
    }

    /// Standard error goes to a writer, as with [`Self::stdout`].
    pub fn stderr(&mut self, writer: impl Write + Send + 'static) -> &mut Self {
        self.stderr = Stream::Writer(Box::new(writer));
        self
    }

    /// The context. The builder is empty afterwards.
    ///
    /// # Errors
    ///
    /// An argument, variable or guest path with a NUL in it, which a guest could not read; more than 4 GiB of arguments or
    /// variables; more directories and listeners than a table has room for.
    pub fn build(&mut self) -> Result<WasiCtx> {
        let this = mem::take(self);
        this.args.verify("argument")?;
        this.environ.verify("environment variable")?;
        let mut table = FdTable::default();
        let mut add = |descriptor| {
            table.insert(descriptor).map(|_| ()).map_err(|_| Error::msg("too many directories are open to the guest"))
        };
        for mut stream in [this.stdin, this.stdout, this.stderr] {
            if let Some(modes) = &this.terminal {
                stream.protect_terminal(modes);
            }
            add(Descriptor::stream(stream))?;
        }
        for (mount, access) in this.mounts.build()? {
            add(Descriptor::preopened_dir(DirHandle::root(Arc::new(mount), true), access))?;
        }
        for listener in this.listeners {
            add(Descriptor::listener(listener.into()))?;
        }
        Ok(WasiCtx {
            args: this.args,
            environ: this.environ,
            table,
            lost_its_reader: false,
            denied: None,
            lacked_directories: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_bytes_do_not_reach_a_guest() {
        let mut builder = WasiCtx::builder();
        builder.arg("a\0b");
        assert!(builder.build().is_err_and(|error| error.to_string().contains("argument")));
        let mut builder = WasiCtx::builder();
        builder.env("A", "\0");
        assert!(builder.build().is_err_and(|error| error.to_string().contains("variable")));
    }
}

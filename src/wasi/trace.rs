//! [`HostLog`]: what `-hostlogging` writes, a line when a guest calls a function of WASI and one when it returns.
//!
//! ```text
//! --> .$1()
//!     ==> wasi_snapshot_preview1.random_get(buf=0,buf_len=1000)
//!     <== errno=ESUCCESS
//! <--
//! ```
//!
//! The format is that of the Go wazero to the byte, with what looks odd in it: numbers are signed, the rights in an
//! `fdstat` are those of the low 16 bits, `args_sizes_get` shows addresses, and reads and writes of the descriptors 0 to 2
//! are left out, so that a program's output stays readable. A result is empty where the call failed. What is never as in
//! memory is text: characters that control a terminal are written as escapes, for a path is the guest's to choose.
//!
//! What happens inside a call of the guest is indented by a tab. A line is one write, so that it does not mix with what
//! others write to the same place.

use super::errno::Errno;
use super::guest::GuestMemory;
use super::signature::{Kind, Signature, Snapshot};
use super::types::{FdFlags, Fdstat, Filestat, FstFlags, LookupFlags, OFlags, RiFlags, Rights, SdFlags};
use super::unstable;
use crate::api::{Module, Result, Val};
use std::fmt::{self, Write as _};
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of a path that are printed at most: as many as a host takes.
const MOST_TEXT_BYTES: usize = 4096;

/// Groups of functions whose calls are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogScopes(u8);

impl LogScopes {
    /// No function.
    pub const NONE: LogScopes = LogScopes(0);
    /// Every function, and the calls that the embedder makes into the guest.
    pub const ALL: LogScopes = LogScopes(u8::MAX);
    /// `clock_*`.
    pub const CLOCK: LogScopes = LogScopes(1);
    /// `fd_*` and `path_*`.
    pub const FILESYSTEM: LogScopes = LogScopes(2);
    /// Functions that are told when memory grows; WASI has none.
    pub const MEMORY: LogScopes = LogScopes(4);
    /// `proc_exit`.
    pub const PROC: LogScopes = LogScopes(8);
    /// `poll_oneoff`.
    pub const POLL: LogScopes = LogScopes(16);
    /// `random_get`.
    pub const RANDOM: LogScopes = LogScopes(32);
    /// `sock_*`.
    pub const SOCK: LogScopes = LogScopes(64);

    /// Every scope by the name that users type.
    const NAMES: [(&str, LogScopes); 8] = [
        ("all", LogScopes::ALL),
        ("clock", LogScopes::CLOCK),
        ("filesystem", LogScopes::FILESYSTEM),
        ("memory", LogScopes::MEMORY),
        ("proc", LogScopes::PROC),
        ("poll", LogScopes::POLL),
        ("random", LogScopes::RANDOM),
        ("sock", LogScopes::SOCK),
    ];

    /// The scopes of a list with commas between the names; empty names are none. Nothing for a name that does not exist.
    pub fn parse(list: &str) -> Option<LogScopes> {
        list.split(',').filter(|name| !name.is_empty()).try_fold(LogScopes::NONE, |scopes, name| {
            let (_, scope) = LogScopes::NAMES.iter().find(|(known, _)| *known == name)?;
            Some(scopes.union(*scope))
        })
    }

    /// Both together.
    pub const fn union(self, other: LogScopes) -> LogScopes {
        LogScopes(self.0 | other.0)
    }

    /// Whether calls of this function are logged.
    fn takes(self, function: &str) -> bool {
        let scope = match function {
            "proc_exit" => LogScopes::PROC,
            "poll_oneoff" => LogScopes::POLL,
            "random_get" => LogScopes::RANDOM,
            _ if function.starts_with("clock_") => LogScopes::CLOCK,
            _ if function.starts_with("fd_") || function.starts_with("path_") => LogScopes::FILESYSTEM,
            _ if function.starts_with("sock_") => LogScopes::SOCK,
            _ => return self == LogScopes::ALL,
        };
        self.0 & scope.0 != 0
    }
}

/// A log of the calls between a guest and its host. Clones write to the same place.
#[derive(Clone)]
pub struct HostLog {
    scopes: LogScopes,
    output: Arc<Mutex<Output>>,
}

impl fmt::Debug for HostLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostLog").field("scopes", &self.scopes).finish_non_exhaustive()
    }
}

struct Output {
    writer: Box<dyn Write + Send>,
    /// Calls into the guest that have not returned: each indents what it does by a tab.
    depth: usize,
}

/// A call that is going on.
pub(super) struct Call<'a> {
    snapshot: Snapshot,
    signature: &'a Signature,
    args: &'a [u64],
    /// Whether it is left out after all.
    silent: bool,
}

impl HostLog {
    /// A log that writes lines to `writer`. One that cannot be written is dropped.
    pub fn new(scopes: LogScopes, writer: impl Write + Send + 'static) -> HostLog {
        HostLog { scopes, output: Arc::new(Mutex::new(Output { writer: Box::new(writer), depth: 0 })) }
    }

    /// Whether calls of this function are logged.
    pub(super) fn takes(&self, function: &str) -> bool {
        self.scopes.takes(function)
    }

    /// Logs that a function was called.
    pub(super) fn begin<'a>(
        &self,
        snapshot: Snapshot,
        signature: &'a Signature,
        args: &'a [u64],
        memory: &GuestMemory<'_>,
    ) -> Call<'a> {
        let silent = matches!(signature.name, "fd_read" | "fd_write") && args.first().is_some_and(|&fd| fd as i32 <= 2);
        let call = Call { snapshot, signature, args, silent };
        if !silent {
            self.line(|line| {
                line.push_str("==> ");
                line.push_str(snapshot.module());
                line.push('.');
                line.push_str(signature.name);
                line.push('(');
                call.parameters(line, memory);
                line.push(')');
            });
        }
        call
    }

    /// Logs what came of a call.
    pub(super) fn end(&self, call: Call<'_>, memory: &GuestMemory<'_>, outcome: std::result::Result<(), Errno>) {
        if call.silent {
            return;
        }
        self.line(|line| {
            line.push_str("<== ");
            let results = call.arguments().filter(|(_, (_, kind))| kind.is_result()).count();
            if results > 0 {
                line.push('(');
                call.results(line, memory, outcome.is_ok());
            }
            let errno = outcome.err().unwrap_or(Errno::Success);
            // Writing to a string cannot fail.
            let _ = write!(line, "errno={}", errno.name());
            if results > 0 {
                line.push(')');
            }
        });
    }

    /// Lets `call` call what `module` exports under the name `export`, and logs that, where every scope is logged. `call`
    /// puts results where it is told. If it fails, there is no second line.
    ///
    /// # Errors
    ///
    /// What `call` fails with.
    pub fn guest_call(
        &self,
        module: &Module,
        export: &str,
        params: &[Val],
        results: &mut [Val],
        call: impl FnOnce(&mut [Val]) -> Result<()>,
    ) -> Result<()> {
        if self.scopes != LogScopes::ALL {
            return call(results);
        }
        let name = module.exports().find(|found| found.name() == export).and_then(|found| found.function_name());
        self.line(|line| {
            line.push_str("--> ");
            push_text(line, module.name().unwrap_or_default().as_bytes());
            line.push('.');
            push_text(line, name.as_deref().unwrap_or(export).as_bytes());
            line.push('(');
            push_values(line, params);
            line.push(')');
        });
        self.output().depth += 1;
        let outcome = call(results);
        self.output().depth -= 1;
        if outcome.is_ok() {
            self.line(|line| {
                line.push_str(if results.is_empty() { "<--" } else { "<-- " });
                let several = results.len() > 1;
                line.push_str(if several { "(" } else { "" });
                push_values(line, results);
                line.push_str(if several { ")" } else { "" });
            });
        }
        outcome
    }

    /// Writes a line, indented by the depth.
    fn line(&self, fill: impl FnOnce(&mut String)) {
        let mut output = self.output();
        let mut line = "\t".repeat(output.depth);
        fill(&mut line);
        line.push('\n');
        // A log that nobody can read does not end the guest.
        let _ = output.writer.write_all(line.as_bytes()).and_then(|()| output.writer.flush());
    }

    fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Call<'_> {
    /// Position, name and kind of each argument.
    fn arguments(&self) -> impl Iterator<Item = (usize, (&'static str, Kind))> {
        self.signature.params.iter().copied().enumerate()
    }

    /// What goes in, with commas between.
    fn parameters(&self, line: &mut String, memory: &GuestMemory<'_>) {
        let mut separator = "";
        for (at, (name, kind)) in self.arguments() {
            if kind.is_result() || kind == Kind::PathLen {
                continue;
            }
            let prefix = if kind == Kind::OutAddress { "result." } else { "" };
            // Writing to a string cannot fail.
            let _ = write!(line, "{separator}{prefix}{}=", printed(name));
            self.parameter(line, memory, at, kind);
            separator = ",";
        }
    }

    fn parameter(&self, line: &mut String, memory: &GuestMemory<'_>, at: usize, kind: Kind) {
        let bits = self.args[at];
        match kind {
            Kind::Path => match self.text(memory, at) {
                Some(text) => push_text(line, text),
                // What does not lie in memory is told by where it was said to be.
                None => push(line, format_args!("OOM({bits},{})", self.args[at + 1])),
            },
            Kind::Clock if bits == 0 => line.push_str("realtime"),
            Kind::Clock if bits == 1 => line.push_str("monotonic"),
            Kind::LookupFlags => push_flags(line, LookupFlags::NAMES, bits),
            Kind::OFlags => push_flags(line, OFlags::NAMES, bits),
            Kind::FdFlags => push_flags(line, FdFlags::NAMES, bits),
            Kind::FstFlags => push_flags(line, FstFlags::NAMES, bits),
            Kind::RiFlags => push_flags(line, RiFlags::NAMES, bits),
            Kind::SdFlags => push_flags(line, SdFlags::NAMES, bits),
            Kind::Rights => push_flags(line, RIGHTS, bits),
            // There are none, so that only a wrong number is printed.
            Kind::SiFlags if bits == 0 => (),
            Kind::Long | Kind::Signed => push(line, format_args!("{}", bits.cast_signed())),
            _ => push(line, format_args!("{}", bits as i32)),
        }
    }

    /// What came out, each with a comma behind it.
    fn results(&self, line: &mut String, memory: &GuestMemory<'_>, succeeded: bool) {
        for (at, (name, kind)) in self.arguments().filter(|(_, (_, kind))| kind.is_result()) {
            push(line, format_args!("{}=", printed(name)));
            if succeeded {
                // What was written just now is there to be read.
                let _ = self.result(line, memory, at, kind);
            }
            line.push(',');
        }
    }

    fn result(
        &self,
        line: &mut String,
        memory: &GuestMemory<'_>,
        at: usize,
        kind: Kind,
    ) -> std::result::Result<(), Errno> {
        let address = self.args[at] as u32;
        match kind {
            Kind::Out32 | Kind::Out64Low => push(line, format_args!("{}", memory.read::<u32>(address)?.cast_signed())),
            Kind::Out64 => push(line, format_args!("{}", memory.read::<u64>(address)?.cast_signed())),
            Kind::OutPath => push_text(line, self.text(memory, at).unwrap_or_default()),
            Kind::OutPrestat => {
                let name_len: u32 = memory.read(address.wrapping_add(4))?;
                push(line, format_args!("{{pr_name_len={}}}", name_len.cast_signed()));
            }
            Kind::OutFdstat => {
                let stat = Fdstat::decode(memory.array(address)?);
                push(line, format_args!("{{filetype={},fdflags=", filetype(stat.filetype)));
                push_flags(line, FdFlags::NAMES, stat.flags.into());
                line.push_str(",fs_rights_base=");
                push_flags(line, RIGHTS, stat.rights_base & 0xffff);
                line.push_str(",fs_rights_inheriting=");
                push_flags(line, RIGHTS, stat.rights_inheriting & 0xffff);
                line.push('}');
            }
            Kind::OutFilestat => {
                let stat = match self.snapshot {
                    Snapshot::Preview1 => Filestat::decode(memory.array(address)?),
                    Snapshot::Unstable => unstable::Filestat::decode(memory.array(address)?).into(),
                };
                let (size, mtim) = (stat.size.cast_signed(), stat.mtim.cast_signed());
                let filetype = filetype(stat.filetype);
                push(line, format_args!("{{filetype={filetype},size={size},mtim={mtim}}}"));
            }
            Kind::OutRoFlags => push_flags(line, ROFLAGS, memory.read::<u16>(address)?.into()),
            _ => (),
        }
        Ok(())
    }

    /// The text of a path, whose length is the next argument; nothing where it does not lie in memory.
    fn text<'m>(&self, memory: &'m GuestMemory<'_>, at: usize) -> Option<&'m [u8]> {
        memory.slice(self.args[at] as u32, self.args[at + 1] as u32).ok()
    }
}

/// Names of the rights that the log knows. The first is written as the Go wazero writes it, and it has no name for the
/// last right of the snapshot.
const RIGHTS: &[&str] = Rights::NAMES.split_at(29).0;

/// Names of `roflags`.
const ROFLAGS: &[&str] = &["RECV_DATA_TRUNCATED"];

/// Names of `filetype`, by number.
const FILETYPES: [&str; 8] = [
    "UNKNOWN",
    "BLOCK_DEVICE",
    "CHARACTER_DEVICE",
    "DIRECTORY",
    "REGULAR_FILE",
    "SOCKET_DGRAM",
    "SOCKET_STREAM",
    "SYMBOLIC_LINK",
];

fn filetype(number: u8) -> &'static str {
    FILETYPES.get(usize::from(number)).copied().unwrap_or_default()
}

/// A parameter's name without what Rust needs to tell it from a word or another name.
fn printed(name: &str) -> &str {
    name.trim_start_matches("r#").trim_end_matches('_')
}

fn push(line: &mut String, text: fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = line.write_fmt(text);
}

/// The names of the bits that are set, with `|` between. Bits without a name are left out.
fn push_flags(line: &mut String, names: &[&str], bits: u64) {
    let mut separator = "";
    for (_, name) in names.iter().enumerate().filter(|(bit, _)| bits & (1 << bit) != 0) {
        // The one name that the log shortens.
        let name = if *name == "FD_FDSTAT_SET_FLAGS" { "FDSTAT_SET_FLAGS" } else { name };
        line.push_str(separator);
        line.push_str(name);
        separator = "|";
    }
}

/// Text of the guest. Control characters and bytes that are not UTF-8 become escapes; a very long text is cut.
fn push_text(line: &mut String, text: &[u8]) {
    let shown = &text[..text.len().min(MOST_TEXT_BYTES)];
    for chunk in shown.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                _ if char.is_control() && char.is_ascii() => {
                    push(line, format_args!("{}", (char as u8).escape_ascii()))
                }
                _ if char.is_control() => push(line, format_args!("{}", char.escape_unicode())),
                _ => line.push(char),
            }
        }
        push(line, format_args!("{}", chunk.invalid().escape_ascii()));
    }
    if shown.len() < text.len() {
        line.push_str("...");
    }
}

/// Values with commas between, as the Go wazero prints them.
fn push_values(line: &mut String, values: &[Val]) {
    for (position, value) in values.iter().enumerate() {
        line.push_str(if position == 0 { "" } else { "," });
        match value {
            Val::I32(number) => push(line, format_args!("{number}")),
            Val::I64(number) => push(line, format_args!("{number}")),
            Val::F32(bits) => push_float(line, format!("{:e}", f32::from_bits(*bits))),
            Val::F64(bits) => push_float(line, format!("{:e}", f64::from_bits(*bits))),
            Val::V128(bits) => push(line, format_args!("{:016x}{:016x}", *bits as u64, bits >> 64)),
            // An address has no place in a log; only whether there is one.
            Val::FuncRef(reference) => push(line, format_args!("{:016x}", u8::from(reference.is_some()))),
            Val::ExternRef(reference) => push(line, format_args!("{:016x}", u8::from(reference.is_some()))),
        }
    }
}

/// A number in the shortest form that reads back the same, as Go's `%g` has it: with an exponent from 10^6 on, and below
/// 10^-4.
fn push_float(line: &mut String, scientific: String) {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return line.push_str(match scientific.as_str() {
            "inf" => "+Inf",
            "-inf" => "-Inf",
            other => other,
        });
    };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        let plain: f64 = scientific.parse().unwrap_or_default();
        push(line, format_args!("{plain}"));
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        push(line, format_args!("{mantissa}e{sign}{:02}", exponent.abs()));
    }
}

#[cfg(test)]
#[path = "trace/tests.rs"]
mod tests;

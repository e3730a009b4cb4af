//! Arguments and environment variables: `args_get`, `args_sizes_get`, `environ_get`, `environ_sizes_get`.
//!
//! Both are a [`StringTable`], held in the form that the guest gets: one run of NUL-terminated strings. Giving them out is
//! one copy and one pointer a string.

use super::ctx::WasiCtx;
use super::errno::Errno;
use super::guest::GuestMemory;
use crate::api::{Error, Result as ApiResult};

/// Strings as a guest gets them.
#[derive(Debug, Default)]
pub(super) struct StringTable {
    /// Every string with the NUL that ends it.
    bytes: Vec<u8>,
    /// Where each string begins in `bytes`.
    offsets: Vec<usize>,
    /// Whether a string has a NUL inside.
    broken: bool,
}

impl StringTable {
    /// Adds a string made of these parts.
    pub(super) fn push(&mut self, parts: &[&[u8]]) {
        self.offsets.push(self.bytes.len());
        for part in parts {
            self.broken |= part.contains(&0);
            self.bytes.extend_from_slice(part);
        }
        self.bytes.push(0);
    }

    /// Checks that a guest can read the strings; `what` names one of them in the error.
    pub(super) fn verify(&self, what: &str) -> ApiResult<()> {
        if self.broken {
            return Err(Error::msg(format_args!("an {what} has a NUL byte in it")));
        }
        if u32::try_from(self.bytes.len()).is_err() {
            return Err(Error::msg(format_args!("the {what}s are longer than a guest's memory")));
        }
        Ok(())
    }

    fn sizes(&self, memory: &mut GuestMemory<'_>, count: u32, size: u32) -> Result<(), Errno> {
        memory.write(count, self.offsets.len() as u32)?;
        memory.write(size, self.bytes.len() as u32)
    }

    fn get(&self, memory: &mut GuestMemory<'_>, pointers: u32, buf: u32) -> Result<(), Errno> {
        memory.write_bytes(buf, &self.bytes)?;
        let len = u32::try_from(self.offsets.len() * 4).map_err(|_| Errno::Fault)?;
        let pointers = memory.slice_mut(pointers, len)?;
        for (pointer, offset) in pointers.chunks_exact_mut(4).zip(&self.offsets) {
            // The strings lie below 4 GiB, for they fitted into the memory above.
            pointer.copy_from_slice(&(buf + *offset as u32).to_le_bytes());
        }
        Ok(())
    }
}

/// Writes the arguments, and a pointer to each.
///
/// Parameters: `argv`, where the pointers go, 4 bytes each; `argv_buf`, where the strings go, each with a NUL behind it.
/// [`args_sizes_get`] tells how much room both need.
///
/// Errors: `FAULT` where either does not fit into memory.
///
/// With the arguments `a` and `bc`, `argv` = 1 and `argv_buf` = 9:
///
/// ```text
/// offset 0   1 2 3 4   5 6 7 8   9   10  11  12  13
///        ?   9 0 0 0  11 0 0 0  'a'  0  'b' 'c'  0
/// ```
///
/// POSIX: `argv` of [exec](https://pubs.opengroup.org/onlinepubs/9799919799/functions/exec.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#args_get>
pub(super) fn args_get(ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, argv: u32, argv_buf: u32) -> Result<(), Errno> {
    ctx.args.get(memory, argv, argv_buf)
}

/// Tells how many arguments there are, and how many bytes they take together.
///
/// Parameters: `count`, where the number goes, 4 bytes; `size`, where the bytes' number goes, 4 bytes, NULs included.
///
/// Errors: `FAULT` where either does not fit into memory.
///
/// POSIX: `argc` of [exec](https://pubs.opengroup.org/onlinepubs/9799919799/functions/exec.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#args_sizes_get>
pub(super) fn args_sizes_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    count: u32,
    size: u32,
) -> Result<(), Errno> {
    ctx.args.sizes(memory, count, size)
}

/// Writes the environment variables as `NAME=value`, and a pointer to each, as [`args_get`] does with the arguments.
///
/// Errors: `FAULT` where either does not fit into memory.
///
/// POSIX: [environ](https://pubs.opengroup.org/onlinepubs/9799919799/functions/environ.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#environ_get>
pub(super) fn environ_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    environ: u32,
    environ_buf: u32,
) -> Result<(), Errno> {
    ctx.environ.get(memory, environ, environ_buf)
}

/// Tells how many environment variables there are, and how many bytes they take together, as [`args_sizes_get`].
///
/// Errors: `FAULT` where either does not fit into memory.
///
/// POSIX: [environ](https://pubs.opengroup.org/onlinepubs/9799919799/functions/environ.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#environ_sizes_get>
pub(super) fn environ_sizes_get(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    count: u32,
    size: u32,
) -> Result<(), Errno> {
    ctx.environ.sizes(memory, count, size)
}

#[cfg(test)]
mod tests {
    use super::super::testing::Guest;
    use super::*;

    #[test]
    fn arguments_and_variables() {
        let mut guest = Guest::new(|builder| {
            builder.arg("a").arg("bc").env("K", "v");
        });
        guest.check(args_sizes_get, (1, 6), Ok(()), b"?\x02\0\0\0?\x05\0\0\0?");
        guest.check(args_get, (1, 9), Ok(()), b"?\x09\0\0\0\x0b\0\0\0a\0bc\0?");
        guest.check(environ_sizes_get, (0, 4), Ok(()), b"\x01\0\0\0\x04\0\0\0?");
        guest.check(environ_get, (0, 5), Ok(()), b"\x05\0\0\0?K=v\0?");
    }

    #[test]
    fn no_arguments() {
        let mut guest = Guest::new(|_| ());
        guest.check(args_sizes_get, (0, 4), Ok(()), b"\0\0\0\0\0\0\0\0?");
        guest.check(args_get, (0, 0), Ok(()), b"??");
    }

    #[test]
    fn what_does_not_fit_is_fault() {
        let mut guest = Guest::new(|builder| {
            builder.arg("abcdef");
        });
        let end = Guest::SIZE;
        guest.check(args_sizes_get, (end - 3, 0), Err(Errno::Fault), b"??");
        guest.check(args_sizes_get, (0, u32::MAX), Err(Errno::Fault), b"");
        guest.check(args_get, (0, end - 6), Err(Errno::Fault), b"??");
        guest.check(args_get, (end - 3, 0), Err(Errno::Fault), b"abcdef\0?");
        guest.check(args_get, (u32::MAX, u32::MAX), Err(Errno::Fault), b"");
    }
}

//! `random_get`: the operating system's generator.

use super::ctx::WasiCtx;
use super::errno::Errno;
use super::guest::GuestMemory;

/// Bytes that are asked of the operating system at a time: it cannot be interrupted while it makes them.
const CHUNK_BYTES: usize = 64 << 10;

/// Fills memory with random bytes, good enough for keys.
///
/// Parameters: `buf`, where they go; `buf_len`, how many.
///
/// Errors: `FAULT` where they do not fit into memory; `IO` if the operating system has none to give.
///
/// POSIX: [getentropy](https://pubs.opengroup.org/onlinepubs/9799919799/functions/getentropy.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#random_get>
pub(super) fn random_get(
    _ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    buf: u32,
    buf_len: u32,
) -> Result<(), Errno> {
    for chunk in memory.slice_mut(buf, buf_len)?.chunks_mut(CHUNK_BYTES) {
        getrandom::fill(chunk).map_err(|_| Errno::Io)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::Guest;
    use super::*;

    #[test]
    fn fills_what_it_is_asked_for() {
        let mut guest = Guest::new(|_| ());
        guest.check(random_get, (0, 0), Ok(()), b"????");
        guest.check(random_get, (Guest::SIZE, 0), Ok(()), b"????");
        guest.check(random_get, (4, 64), Ok(()), b"????");
        assert_ne!(guest.bytes[4..68], [b'?'; 64]);
        assert_eq!(guest.bytes[68], b'?');
        guest.check(random_get, (1, Guest::SIZE), Err(Errno::Fault), b"????");
        guest.check(random_get, (u32::MAX, u32::MAX), Err(Errno::Fault), b"????");
    }
}

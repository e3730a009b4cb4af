//! [`Stream`]: standard input, output and error, either the process's own or an embedder's reader and writer.
//!
//! The process's streams are used as they are, without a buffer of our own: guests buffer, and what a guest wrote is
//! written when the call returns. Their flags are shared with whoever started the process, so that `NONBLOCK` is kept here
//! and acted out by asking first, instead of being set on a terminal that a shell goes on using.

use super::errno::Errno;
use super::sys::{self, BorrowedFd, PollSet};
use super::terminal::{Terminal, TerminalModes};
use super::types::FdFlags;
use std::io::{IoSlice, IoSliceMut, Read, Write};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

/// A standard stream.
pub(super) enum Stream {
    /// The process's own.
    Inherited(Inherited),
    /// An embedder's standard input.
    Reader(Box<dyn Read + Send>),
    /// An embedder's standard output or error.
    Writer(Box<dyn Write + Send>),
}

/// A standard stream of the process.
pub(super) struct Inherited {
    fd: BorrowedFd<'static>,
    input: bool,
    /// Whether reads and writes that would wait are `AGAIN` instead.
    nonblocking: bool,
    /// What keeps control sequences from a terminal, where the stream is one and shall not have them.
    terminal: Option<Terminal>,
    /// Whether the guest was told that nobody reads this stream any more.
    pub(super) lost_its_reader: bool,
}

impl Stream {
    pub(super) fn stdin() -> Stream {
        Stream::Inherited(Inherited::new(sys::stdin(), true))
    }

    pub(super) fn stdout() -> Stream {
        Stream::Inherited(Inherited::new(sys::stdout(), false))
    }

    pub(super) fn stderr() -> Stream {
        Stream::Inherited(Inherited::new(sys::stderr(), false))
    }

    /// Lets only those control sequences through to a terminal that draw. A stream that is no terminal stays as it is.
    pub(super) fn protect_terminal(&mut self, modes: &TerminalModes) {
        if let Stream::Inherited(inherited) = self
            && !inherited.input
            && sys::is_terminal(inherited.fd)
        {
            inherited.terminal = Some(Terminal::new(inherited.fd, modes));
        }
    }

    pub(super) fn is_input(&self) -> bool {
        match self {
            Stream::Inherited(inherited) => inherited.input,
            Stream::Reader(_) => true,
            Stream::Writer(_) => false,
        }
    }

    /// Whether a guest may try to move a position. A terminal has none; of a pipe the operating system says so itself.
    pub(super) fn is_seekable(&self) -> bool {
        self.host().is_some_and(|fd| !sys::is_terminal(fd))
    }

    /// The operating system's descriptor.
    pub(super) fn host(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Stream::Inherited(inherited) => Some(inherited.fd),
            Stream::Reader(_) | Stream::Writer(_) => None,
        }
    }

    pub(super) fn read(&mut self, slices: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        match self {
            Stream::Inherited(inherited) => {
                inherited.ready(false)?;
                inherited.until_ready(false, || sys::read(inherited.fd, slices))
            }
            Stream::Reader(reader) => Ok(reader.read_vectored(slices)?),
            Stream::Writer(_) => Err(Errno::Badf),
        }
    }

    pub(super) fn write(&mut self, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
        match self {
            Stream::Inherited(inherited) => {
                inherited.ready(true)?;
                match &mut inherited.terminal {
                    Some(terminal) => terminal.write(inherited.fd, slices),
                    None => inherited.until_ready(true, || sys::write(inherited.fd, slices)),
                }
            }
            Stream::Writer(writer) => {
                let written = writer.write_vectored(slices)?;
                writer.flush()?;
                Ok(written)
            }
            Stream::Reader(_) => Err(Errno::Badf),
        }
    }

    pub(super) fn flags(&self) -> Result<FdFlags, Errno> {
        match self {
            Stream::Inherited(inherited) => {
                Ok(sys::flags(inherited.fd)?.with(FdFlags::NONBLOCK, inherited.nonblocking))
            }
            Stream::Reader(_) | Stream::Writer(_) => Ok(FdFlags::NONE),
        }
    }

    /// Sets `NONBLOCK`. Every other flag of a stream stays as it is; asking for one that is not there is `NOTSUP`.
    pub(super) fn set_flags(&mut self, flags: FdFlags) -> Result<(), Errno> {
        if !self.flags()?.union(FdFlags::NONBLOCK).contains(flags) {
            return Err(Errno::Notsup);
        }
        if let Stream::Inherited(inherited) = self {
            inherited.nonblocking = flags.contains(FdFlags::NONBLOCK);
        }
        Ok(())
    }
}

impl Inherited {
    fn new(fd: BorrowedFd<'static>, input: bool) -> Inherited {
        Inherited { fd, input, nonblocking: false, terminal: None, lost_its_reader: false }
    }

    /// Does `act`, again when the stream is ready where it is `AGAIN`: another process that shares the stream may have made
    /// it non-blocking, of which a guest that did not ask for it must not see anything.
    fn until_ready<R>(&self, to_write: bool, mut act: impl FnMut() -> Result<R, Errno>) -> Result<R, Errno> {
        loop {
            match act() {
                Err(Errno::Again) if !self.nonblocking => {
                    let mut set = PollSet::new();
                    set.add(self.fd, to_write);
                    set.wait(None)?;
                }
                outcome => return outcome,
            }
        }
    }

    /// `AGAIN`, if the stream is non-blocking and would block.
    fn ready(&self, to_write: bool) -> Result<(), Errno> {
        if !self.nonblocking {
            return Ok(());
        }
        let mut set = PollSet::new();
        let place = set.add(self.fd, to_write);
        set.wait(Some(0))?;
        set.ready(place).map(|_| ()).ok_or(Errno::Again)
    }
}

/// A console that got every byte is left as it was; one behind the filter is, when that goes.
impl Drop for Inherited {
    fn drop(&mut self) {
        if self.terminal.is_none() {
            sys::restore_terminal(self.fd);
        }
    }
}

/// A standard output that is kept in memory. Clones share the bytes: one goes to the guest, one stays with the embedder.
#[derive(Clone, Debug, Default)]
pub struct OutputBuffer {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl OutputBuffer {
    /// An empty buffer.
    pub fn new() -> OutputBuffer {
        OutputBuffer::default()
    }

    /// Takes what was written so far out of the buffer.
    pub fn take(&self) -> Vec<u8> {
        mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for OutputBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedders_streams_have_one_direction() {
        let buffer = OutputBuffer::new();
        let mut output = Stream::Writer(Box::new(buffer.clone()));
        assert_eq!(output.write(&[IoSlice::new(b""), IoSlice::new(b"ab")]), Ok(2));
        assert_eq!(output.read(&mut []), Err(Errno::Badf));
        assert_eq!(buffer.take(), b"ab");
        assert_eq!(buffer.take(), b"");

        let mut input = Stream::Reader(Box::new(&b"xyz"[..]));
        let mut bytes = [b'?'; 4];
        assert_eq!(input.read(&mut [IoSliceMut::new(&mut bytes)]), Ok(3));
        assert_eq!(&bytes, b"xyz?");
        assert_eq!(input.write(&[]), Err(Errno::Badf));
        assert_eq!(input.set_flags(FdFlags::NONBLOCK), Ok(()));
        assert_eq!(input.set_flags(FdFlags::APPEND), Err(Errno::Notsup));
    }
}

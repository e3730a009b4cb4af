//! What of a guest's output reaches a terminal.
//!
//! A terminal obeys what it is shown: control sequences write its clipboard and title, make it type answers into the input
//! of whatever runs next, save files, or redefine keys. So a guest's bytes go through a filter on their way to a
//! terminal, and nowhere else:
//!
//! ```text
//! fd_write ──> parser.rs   cuts bytes into text and control sequences, across calls
//!              allowed.rs  the table of sequences that draw; every other one is dropped whole
//!              modes.rs    remembers what those have switched on, to switch it off at the end
//!           ──> the terminal
//! ```
//!
//! Text, colours, cursor movement, erasing, scrolling, the alternate screen, bracketed paste and the mouse pass unchanged.
//! A pipe or a file gets every byte. The guest is told that all its bytes were written, dropped ones included.
//!
//! ECMA-48: <https://ecma-international.org/publications-and-standards/standards/ecma-48/>, xterm:
//! <https://invisible-island.net/xterm/ctlseqs/ctlseqs.html>

mod allowed;
mod modes;
mod parser;

pub use modes::TerminalModes;

use super::errno::Errno;
use super::sys::{self, BorrowedFd, PollSet};
use modes::StreamModes;
use parser::Parser;
use std::io::IoSlice;
use std::sync::Arc;

/// Most bytes of the guest that are filtered before they are written.
const CHUNK_BYTES: usize = 8192;

/// A terminal behind the filter.
#[derive(Debug)]
pub(super) struct Terminal {
    parser: Parser,
    modes: Arc<StreamModes>,
    passed: Vec<u8>,
}

impl Terminal {
    /// The terminal behind standard output or standard error, whose modes are kept in `modes`.
    pub(super) fn new(fd: BorrowedFd<'static>, modes: &TerminalModes) -> Terminal {
        Terminal { parser: Parser::default(), modes: modes.add(fd), passed: Vec::new() }
    }

    /// Writes what may pass. The result counts the guest's own bytes.
    pub(super) fn write(&mut self, fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
        let mut taken = 0;
        for chunk in slices.iter().flat_map(|slice| slice.chunks(CHUNK_BYTES)) {
            self.passed.clear();
            self.parser.filter(chunk, &mut self.passed, &self.modes);
            match write_all(fd, &self.passed) {
                Ok(()) => taken += chunk.len(),
                // What came before was written.
                Err(_) if taken > 0 => break,
                Err(errno) => return Err(errno),
            }
        }
        self.modes.announce();
        Ok(taken)
    }
}

/// The guest leaves the terminal as it was.
impl Drop for Terminal {
    fn drop(&mut self) {
        self.modes.restore();
    }
}

/// Writes everything, also to a terminal that somebody has made non-blocking.
fn write_all(fd: BorrowedFd<'_>, mut bytes: &[u8]) -> Result<(), Errno> {
    while !bytes.is_empty() {
        match sys::write(fd, &[IoSlice::new(bytes)]) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::Again) => {
                let mut set = PollSet::new();
                set.add(fd, true);
                set.wait(None)?;
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

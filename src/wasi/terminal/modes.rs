//! What a guest has switched on in a terminal, and how it is switched off again.
//!
//! Numbers in an atomic word, one bit a mode: the thread of the guest notes, another one may restore when the process is
//! about to end.

use super::allowed::{Control, PRIVATE_MODES};
use crate::wasi::sys::{self, BorrowedFd};
use std::fmt;
use std::io::IoSlice;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bits above those of [`PRIVATE_MODES`], each with what undoes it.
const OTHERS: [(u64, &[u8]); 6] = [
    (INSERT, b"\x1b[4l"),
    (RENDITION, b"\x1b[0m"),
    (CURSOR_SHAPE, b"\x1b[0 q"),
    // Setting margins moves the cursor.
    (MARGINS, b"\x1b7\x1b[r\x1b8"),
    (KEYPAD, b"\x1b>"),
    (CHARACTER_SET, b"\x1b(B\x0f"),
];
const INSERT: u64 = 1 << 58;
const RENDITION: u64 = 1 << 59;
const CURSOR_SHAPE: u64 = 1 << 60;
const MARGINS: u64 = 1 << 61;
const KEYPAD: u64 = 1 << 62;
const CHARACTER_SET: u64 = 1 << 63;

/// Chooses another character set until [`SHIFT_IN`].
const SHIFT_OUT: u8 = 0x0e;
const SHIFT_IN: u8 = 0x0f;

/// What of a terminal's modes a guest has changed. Clones are the same.
///
/// A context restores them when it is dropped. An embedder that ends the process in another way, by a signal or from
/// another thread, keeps a clone and calls [`TerminalModes::restore`].
#[derive(Clone)]
pub struct TerminalModes {
    inner: Arc<Inner>,
}

struct Inner {
    streams: Mutex<Vec<Arc<StreamModes>>>,
    announcement: Arc<Announcement>,
}

/// Whom to tell of the first change.
struct Announcement {
    made: AtomicBool,
    listener: Box<dyn Fn() + Send + Sync>,
}

impl TerminalModes {
    /// `on_first` is called once, after the first write that has changed a mode.
    pub fn new(on_first: impl Fn() + Send + Sync + 'static) -> TerminalModes {
        let announcement = Announcement { made: AtomicBool::new(false), listener: Box::new(on_first) };
        TerminalModes { inner: Arc::new(Inner { streams: Mutex::default(), announcement: Arc::new(announcement) }) }
    }

    /// Puts every mode back. Writes to the terminal, and waits for it as long as that takes.
    pub fn restore(&self) {
        let streams = self.inner.streams.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for stream in streams {
            stream.restore();
        }
    }

    pub(super) fn add(&self, fd: BorrowedFd<'static>) -> Arc<StreamModes> {
        let announcement = Some(Arc::clone(&self.inner.announcement));
        let stream = Arc::new(StreamModes { changed: AtomicU64::new(0), fd: Some(fd), announcement });
        self.inner.streams.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&stream));
        stream
    }
}

impl Default for TerminalModes {
    fn default() -> TerminalModes {
        TerminalModes::new(|| ())
    }
}

impl fmt::Debug for TerminalModes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TerminalModes").finish_non_exhaustive()
    }
}

/// The modes that one stream has changed.
#[derive(Default)]
pub(super) struct StreamModes {
    /// A bit for each.
    changed: AtomicU64,
    fd: Option<BorrowedFd<'static>>,
    announcement: Option<Arc<Announcement>>,
}

impl fmt::Debug for StreamModes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamModes").field("changed", &self.changed).finish_non_exhaustive()
    }
}

impl StreamModes {
    /// Notes what a control that passes has changed.
    pub(super) fn note(&self, control: &Control) {
        match control {
            Control::Draws => {}
            Control::Modes { modes, set } => {
                for (index, known) in PRIVATE_MODES.iter().enumerate() {
                    if modes.contains(&known.number) {
                        self.mark(1 << index, *set != known.default);
                    }
                }
            }
            Control::Insert(on) => self.mark(INSERT, *on),
            Control::Rendition(on) => self.mark(RENDITION, *on),
            Control::CursorShape => self.mark(CURSOR_SHAPE, true),
            Control::Margins => self.mark(MARGINS, true),
            Control::Keypad(on) => self.mark(KEYPAD, *on),
            Control::CharacterSet(on) => self.mark(CHARACTER_SET, *on),
            Control::Reset => self.changed.store(0, Ordering::SeqCst),
        }
    }

    /// Notes a control character that chooses a character set.
    pub(super) fn note_shift(&self, byte: u8) {
        if byte == SHIFT_OUT || byte == SHIFT_IN {
            self.mark(CHARACTER_SET, byte == SHIFT_OUT);
        }
    }

    fn mark(&self, bit: u64, changed: bool) {
        if changed {
            self.changed.fetch_or(bit, Ordering::SeqCst);
        } else {
            self.changed.fetch_and(!bit, Ordering::SeqCst);
        }
    }

    /// Tells of the first change.
    pub(super) fn announce(&self) {
        let Some(announcement) = &self.announcement else { return };
        if self.changed.load(Ordering::SeqCst) != 0 && !announcement.made.swap(true, Ordering::SeqCst) {
            (announcement.listener)();
        }
    }

    /// Puts every mode back that is still changed, once.
    pub(super) fn restore(&self) {
        let bytes = undo(self.changed.swap(0, Ordering::SeqCst));
        if let Some(fd) = self.fd.filter(|_| !bytes.is_empty()) {
            // A terminal that is gone needs nothing.
            let _ = sys::write(fd, &[IoSlice::new(&bytes)]);
        }
        if let Some(fd) = self.fd {
            sys::restore_terminal(fd);
        }
    }
}

/// The sequences that put these modes back.
fn undo(changed: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (_, sequence) in OTHERS.iter().filter(|(bit, _)| changed & bit != 0) {
        bytes.extend_from_slice(sequence);
    }
    for (_, mode) in PRIVATE_MODES.iter().enumerate().filter(|(index, _)| changed & 1 << index != 0) {
        bytes.extend(format!("\x1b[?{}{}", mode.number, if mode.default { 'h' } else { 'l' }).bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::super::parser::Parser;
    use super::*;

    #[track_caller]
    fn check(written: &[u8], undone: &[u8]) {
        let modes = StreamModes::default();
        Parser::default().filter(written, &mut Vec::new(), &modes);
        let got = undo(modes.changed.load(Ordering::SeqCst));
        assert_eq!(got, undone, "{}: {}", written.escape_ascii(), got.escape_ascii());
    }

    #[test]
    fn what_is_switched_on_is_switched_off() {
        check(b"plain \x1b[2J\x1b[H", b"");
        check(b"\x1b[31m", b"\x1b[0m");
        check(b"\x1b[31mred\x1b[0m", b"");
        check(b"\x1b[?25l", b"\x1b[?25h");
        check(b"\x1b[?25l\x1b[?25h", b"");
        check(b"\x1b[?1049h\x1b[?1000;1006h\x1b[?25l", b"\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?1049l");
        check(b"\x1b[?2004h\x1b=", b"\x1b>\x1b[?2004l");
        check(b"\x1b[2;10r\x1b[4 q", b"\x1b[0 q\x1b7\x1b[r\x1b8");
        check(b"\x1b(0", b"\x1b(B\x0f");
        check(b"\x0e", b"\x1b(B\x0f");
        check(b"\x1b[?1049h\x1bc", b"");
    }

    #[test]
    fn the_first_change_is_told_once() {
        let told = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&told);
        let modes = TerminalModes::new(move || {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let stream =
            StreamModes { announcement: Some(Arc::clone(&modes.inner.announcement)), ..StreamModes::default() };
        stream.announce();
        assert_eq!(told.load(Ordering::SeqCst), 0);
        stream.note(&Control::Insert(true));
        stream.announce();
        stream.announce();
        assert_eq!(told.load(Ordering::SeqCst), 1);
    }
}

//! Consoles, which speak UTF-16 where guests speak bytes.
//!
//! A guest's bytes are taken for UTF-8. A sequence that one write cuts off waits for the next write; what is no UTF-8 becomes
//! U+FFFD. What is typed reaches the guest as UTF-8, and Ctrl-Z at the beginning of a line is the end, once.

use std::fs::File;
use std::io;
use std::os::windows::io::AsRawHandle;
use std::ptr::null;
use windows_sys::Win32::System::Console::{
    CONSOLE_MODE, ENABLE_PROCESSED_OUTPUT, ENABLE_VIRTUAL_TERMINAL_PROCESSING, GetConsoleMode, INPUT_RECORD, KEY_EVENT,
    PeekConsoleInputW, ReadConsoleW, SetConsoleMode, WriteConsoleW,
};

/// UTF-16 units that are written, or read, at a time; older systems take no more than 64 KiB.
const MOST_UNITS: usize = 8192;

/// Events of the console that are looked at to find a key among them.
const MOST_EVENTS: usize = 64;

/// What is typed to say that there is no more.
const CTRL_Z: u16 = 0x1a;

/// What stands between a guest and a console.
#[derive(Debug)]
pub(super) struct Console {
    /// The beginning of a sequence that was not finished, at most 3 bytes.
    unfinished: Vec<u8>,
    /// The first half of a character that the console gave alone.
    high_surrogate: Option<u16>,
    /// Bytes that were typed, and did not fit into the guest's buffer.
    typed: Vec<u8>,
    /// How the console was, if it was changed.
    mode_before: Option<CONSOLE_MODE>,
    /// Whether it was tried to let it obey control sequences.
    is_prepared: bool,
}

impl Console {
    /// A console to which nobody has spoken yet.
    pub(super) const fn new() -> Console {
        Console {
            unfinished: Vec::new(),
            high_surrogate: None,
            typed: Vec::new(),
            mode_before: None,
            is_prepared: false,
        }
    }

    /// Writes a guest's bytes. All of them count as written, also those that wait.
    pub(super) fn write(&mut self, console: &File, bytes: &[u8]) -> io::Result<usize> {
        self.prepare(console);
        let units = self.decode(bytes);
        let mut rest = units.as_slice();
        while !rest.is_empty() {
            let mut end = rest.len().min(MOST_UNITS);
            // The two halves of a character go together.
            if end < rest.len() && (0xd800..0xdc00).contains(&rest[end - 1]) {
                end -= 1;
            }
            rest = &rest[write_units(console, &rest[..end])?..];
        }
        Ok(bytes.len())
    }

    /// What of the bytes is ready to be written.
    fn decode(&mut self, bytes: &[u8]) -> Vec<u16> {
        self.unfinished.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.unfinished);
        let mut units = Vec::with_capacity(all.len());
        let mut rest = all.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    units.extend(text.encode_utf16());
                    return units;
                }
                Err(error) => {
                    let (good, bad) = rest.split_at(error.valid_up_to());
                    units.extend(String::from_utf8_lossy(good).encode_utf16());
                    let Some(length) = error.error_len() else {
                        self.unfinished = bad.to_vec();
                        return units;
                    };
                    units.push(0xfffd);
                    rest = &bad[length..];
                }
            }
        }
    }

    /// Gives what is typed, and waits for a line if nothing is there. 0 is the end.
    pub(super) fn read(&mut self, console: &File, buffer: &mut [u8]) -> io::Result<usize> {
        while self.typed.is_empty() && !buffer.is_empty() {
            let mut units = vec![0; MOST_UNITS];
            let count = read_units(console, &mut units)?;
            units.truncate(count);
            if units.first().is_none_or(|&unit| unit == CTRL_Z) {
                return Ok(0);
            }
            self.take_typed(units);
        }
        let count = self.typed.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.typed[..count]);
        self.typed.drain(..count);
        Ok(count)
    }

    /// Makes bytes of what was typed.
    fn take_typed(&mut self, units: Vec<u16>) {
        let mut all: Vec<u16> = self.high_surrogate.take().into_iter().chain(units).collect();
        if let Some(last) = all.pop_if(|last| (0xd800..0xdc00).contains(last)) {
            self.high_surrogate = Some(last);
        }
        self.typed.extend(String::from_utf16_lossy(&all).bytes());
    }

    /// Bytes that a read gives without waiting.
    pub(super) fn typed_bytes(&self) -> usize {
        self.typed.len()
    }

    /// Lets the console obey control sequences, as terminals of other systems do. One that does not know how shows them.
    fn prepare(&mut self, console: &File) {
        if self.is_prepared {
            return;
        }
        self.is_prepared = true;
        let Some(mode) = mode(console) else { return };
        let wanted = mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING | ENABLE_PROCESSED_OUTPUT;
        if mode != wanted && set_mode(console, wanted) {
            self.mode_before = Some(mode);
        }
    }

    /// Leaves the console as it was.
    pub(super) fn restore(&mut self, console: &File) {
        self.is_prepared = false;
        if let Some(mode) = self.mode_before.take() {
            set_mode(console, mode);
        }
    }
}

/// The mode of a console; none for what is no console.
pub(super) fn mode(file: &File) -> Option<CONSOLE_MODE> {
    let mut mode = 0;
    // SAFETY: the file is borrowed, and thus open; the number is a local variable.
    (unsafe { GetConsoleMode(file.as_raw_handle(), &mut mode) } != 0).then_some(mode)
}

fn set_mode(console: &File, mode: CONSOLE_MODE) -> bool {
    // SAFETY: the file is borrowed, and thus open.
    unsafe { SetConsoleMode(console.as_raw_handle(), mode) != 0 }
}

fn write_units(console: &File, units: &[u16]) -> io::Result<usize> {
    let mut written = 0;
    // SAFETY: the file is borrowed, and thus open; the slice is as long as it is said to be; the number is a local variable.
    let done =
        unsafe { WriteConsoleW(console.as_raw_handle(), units.as_ptr(), units.len() as u32, &mut written, null()) };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(written as usize) }
}

fn read_units(console: &File, units: &mut [u16]) -> io::Result<usize> {
    let mut read = 0;
    // SAFETY: the file is borrowed, and thus open; the slice is as long as it is said to be; the number is a local variable.
    let done = unsafe {
        ReadConsoleW(console.as_raw_handle(), units.as_mut_ptr().cast(), units.len() as u32, &mut read, null())
    };
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(read as usize) }
}

/// Whether a key was pressed that nobody has read yet. A console that gives lines may still make the reader wait for the end
/// of one.
pub(super) fn has_key(console: &File) -> io::Result<bool> {
    let mut events = [INPUT_RECORD::default(); MOST_EVENTS];
    let mut count = 0;
    // SAFETY: the file is borrowed, and thus open; the array is as long as it is said to be; the number is a local variable.
    let done =
        unsafe { PeekConsoleInputW(console.as_raw_handle(), events.as_mut_ptr(), MOST_EVENTS as u32, &mut count) };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(events.iter().take(count as usize).any(|event| {
        // SAFETY: the field is the event's kind where the type says that it is a key's, and numbers in any case.
        u32::from(event.EventType) == KEY_EVENT && unsafe { event.Event.KeyEvent.bKeyDown } != 0
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(writes: &[&[u8]], expect: &str) {
        let mut console = Console::new();
        let units: Vec<u16> = writes.iter().flat_map(|bytes| console.decode(bytes)).collect();
        assert_eq!(String::from_utf16(&units).expect("whole characters"), expect);
    }

    #[test]
    fn sequences_may_be_cut_anywhere() {
        let text = "aé日😀z";
        for cut in 0..=text.len() {
            let (a, b) = text.as_bytes().split_at(cut);
            check(&[a, b], text);
        }
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        check(&bytes, text);
    }

    #[test]
    fn what_is_no_utf8_is_replaced() {
        check(&[b"a\xffb"], "a\u{fffd}b");
        check(&[b"\xe6\x97", b"x"], "\u{fffd}x");
        check(&[b"\xf0\x9f\x98"], "");
        check(&[b"\xed\xa0\x80"], "\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn halves_of_characters_are_kept_together() {
        let mut console = Console::new();
        let units: Vec<u16> = "a😀".encode_utf16().collect();
        console.take_typed(units[..2].to_vec());
        console.take_typed(units[2..].to_vec());
        assert_eq!(console.typed, "a😀".as_bytes());
    }
}

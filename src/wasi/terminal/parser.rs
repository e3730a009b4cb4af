//! Cuts a guest's bytes into text and control sequences. Text goes on at once; a sequence is held back until it is complete
//! and then goes on whole or not at all, so that the terminal never sees half of one.
//!
//! ```text
//!            ESC                 [            final byte
//! Ground ──────────> Escape ──────────> Csi ──────────────> Ground, passed or dropped
//!   │                  │ ( ) # ...
//!   │                  ├─────────────> Intermediate ──────> Ground, passed or dropped
//!   │                  │ ] P X ^ _ k
//!   │                  └─────────────> Text of a string ──> Ground, dropped
//!   │ 80..9f, or c2 and 80..9f: the same in one character, dropped
//! ```
//!
//! Invariants: what is held is bounded; a string that never ends is given up after a while, and what follows is shown as
//! text; bytes inside a valid UTF-8 character are never taken for controls; whatever is invalid is looked at again as if
//! it stood alone, as terminals do.

use super::allowed::{self, Control, Csi};
use super::modes::StreamModes;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// Asks the terminal for its answerback text.
const ENQ: u8 = 0x05;
const CAN: u8 = 0x18;
const SUB: u8 = 0x1a;

/// Longest sequence that is held back; a longer one is dropped. Colours of many cells take some hundred bytes.
const HELD_BYTES: usize = 512;

/// Bytes of a string after which nobody waits for its end any more. An image may have as many.
const STRING_BYTES: usize = 1 << 20;

/// Where in a sequence or character the last byte stood.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// In text.
    #[default]
    Ground,
    /// Behind the byte c2, which begins both letters and control characters.
    Latin,
    /// Inside a character: this many bytes are left, and the next one lies in this range.
    Character { left: u8, low: u8, high: u8 },
    /// Behind ESC.
    Escape,
    /// Behind ESC and an intermediate byte.
    Intermediate,
    /// Behind a control sequence introducer; `drop` if it was an 8-bit one or has grown too long.
    Csi { drop: bool },
    /// In a string, which ends at a line end if it is an `osc`; this many bytes are left.
    Text { left: usize, osc: bool },
    /// Behind ESC in such a string.
    TextEscape { left: usize, osc: bool },
}

/// The state between two calls.
#[derive(Debug, Default)]
pub(super) struct Parser {
    state: State,
    held: Vec<u8>,
}

impl Parser {
    /// Appends to `passed` what of `bytes` and of what was held may go to the terminal, and notes what it switches on.
    pub(super) fn filter(&mut self, bytes: &[u8], passed: &mut Vec<u8>, modes: &StreamModes) {
        for &byte in bytes {
            // A byte that does not belong to what stands before it is looked at again on its own.
            while !self.step(byte, passed, modes) {}
        }
    }

    /// Takes one byte; `false` if the state has changed and the byte is still to be taken.
    fn step(&mut self, byte: u8, passed: &mut Vec<u8>, modes: &StreamModes) -> bool {
        match self.state {
            State::Ground => self.ground(byte, passed, modes),
            State::Latin => return self.latin(byte, passed),
            State::Character { left, low, high } => {
                if !(low..=high).contains(&byte) {
                    self.state = State::Ground;
                    return false;
                }
                passed.push(byte);
                self.state = match left {
                    1 => State::Ground,
                    _ => State::Character { left: left - 1, low: 0x80, high: 0xbf },
                };
            }
            State::Escape => self.escape(byte, passed, modes),
            State::Intermediate => self.intermediate(byte, passed, modes),
            State::Csi { drop } => self.csi(byte, drop, passed, modes),
            State::Text { left, osc } => self.text(byte, left, osc, passed),
            State::TextEscape { left, osc } => {
                if byte == b'\\' {
                    self.state = State::Ground;
                } else if byte == ESC {
                    self.state = State::TextEscape { left: left.saturating_sub(1), osc };
                } else {
                    // ESC ends a string, and begins a sequence of its own.
                    self.hold(ESC, State::Escape);
                    return false;
                }
            }
        }
        true
    }

    fn ground(&mut self, byte: u8, passed: &mut Vec<u8>, modes: &StreamModes) {
        let character = |left, low, high| State::Character { left, low, high };
        match byte {
            ESC => return self.hold(ESC, State::Escape),
            ENQ => return,
            0x80..=0x9f => return self.eight_bit(byte),
            0xc2 => {
                self.state = State::Latin;
                return;
            }
            // The second byte's range leaves no other way of writing a shorter character.
            0xc3..=0xdf => self.state = character(1, 0x80, 0xbf),
            0xe0 => self.state = character(2, 0xa0, 0xbf),
            0xed => self.state = character(2, 0x80, 0x9f),
            0xe1..=0xef => self.state = character(2, 0x80, 0xbf),
            0xf0 => self.state = character(3, 0x90, 0xbf),
            0xf1..=0xf3 => self.state = character(3, 0x80, 0xbf),
            0xf4 => self.state = character(3, 0x80, 0x8f),
            _ => modes.note_shift(byte),
        }
        passed.push(byte);
    }

    /// Behind c2: 80 to 9f make a control character of both.
    fn latin(&mut self, byte: u8, passed: &mut Vec<u8>) -> bool {
        self.state = State::Ground;
        match byte {
            0x80..=0x9f => self.eight_bit(byte),
            0xa0..=0xbf => passed.extend([0xc2, byte]),
            _ => {
                passed.push(0xc2);
                return false;
            }
        }
        true
    }

    /// A control character of the second set. None of them passes, nor what it introduces.
    fn eight_bit(&mut self, byte: u8) {
        self.held.clear();
        self.state = match byte {
            0x9b => State::Csi { drop: true },
            0x9d => State::Text { left: STRING_BYTES, osc: true },
            0x90 | 0x98 | 0x9e | 0x9f => State::Text { left: STRING_BYTES, osc: false },
            _ => State::Ground,
        };
    }

    fn escape(&mut self, byte: u8, passed: &mut Vec<u8>, modes: &StreamModes) {
        match byte {
            b'[' => self.push(byte, State::Csi { drop: false }),
            b']' | b'k' => self.state = State::Text { left: STRING_BYTES, osc: true },
            b'P' | b'X' | b'^' | b'_' => self.state = State::Text { left: STRING_BYTES, osc: false },
            0x20..=0x2f => self.push(byte, State::Intermediate),
            0x30..=0x7e => {
                self.held.push(byte);
                self.finish(allowed::escape(&self.held), passed, modes);
            }
            _ => self.inside(byte, passed, modes),
        }
    }

    fn intermediate(&mut self, byte: u8, passed: &mut Vec<u8>, modes: &StreamModes) {
        match byte {
            0x20..=0x2f if self.held.len() < HELD_BYTES => self.held.push(byte),
            0x30..=0x7e => {
                self.held.push(byte);
                self.finish(allowed::escape(&self.held), passed, modes);
            }
            _ => self.inside(byte, passed, modes),
        }
    }

    fn csi(&mut self, byte: u8, drop: bool, passed: &mut Vec<u8>, modes: &StreamModes) {
        match byte {
            0x20..=0x3f if self.held.len() >= HELD_BYTES => self.state = State::Csi { drop: true },
            0x20..=0x3f => self.held.push(byte),
            0x40..=0x7e => {
                self.held.push(byte);
                let control = if drop { None } else { Csi::parse(&self.held).and_then(|csi| allowed::csi(&csi)) };
                self.finish(control, passed, modes);
            }
            _ => self.inside(byte, passed, modes),
        }
    }

    /// A byte that is not part of the sequence it stands in. Terminals obey line ends and the like at once and go on with
    /// the sequence; ESC begins another; anything else ends it.
    fn inside(&mut self, byte: u8, passed: &mut Vec<u8>, modes: &StreamModes) {
        match byte {
            ESC => self.hold(ESC, State::Escape),
            CAN | SUB => self.state = State::Ground,
            ENQ | 0x7f => {}
            0x00..=0x1f => {
                modes.note_shift(byte);
                passed.push(byte);
            }
            _ => self.state = State::Ground,
        }
    }

    fn text(&mut self, byte: u8, left: usize, osc: bool, passed: &mut Vec<u8>) {
        self.state = match byte {
            ESC => State::TextEscape { left, osc },
            CAN | SUB => State::Ground,
            BEL if osc => State::Ground,
            // Someone has forgotten the end.
            b'\n' if osc => {
                passed.push(byte);
                State::Ground
            }
            _ if left <= 1 => State::Ground,
            _ => State::Text { left: left - 1, osc },
        };
    }

    /// Ends a sequence: passes what is held if it is a control that draws.
    fn finish(&mut self, control: Option<Control>, passed: &mut Vec<u8>, modes: &StreamModes) {
        if let Some(control) = control {
            passed.extend_from_slice(&self.held);
            modes.note(&control);
        }
        self.state = State::Ground;
    }

    /// Begins to hold a sequence.
    fn hold(&mut self, byte: u8, state: State) {
        self.held.clear();
        self.push(byte, state);
    }

    fn push(&mut self, byte: u8, state: State) {
        self.held.push(byte);
        self.state = state;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(writes: &[&[u8]]) -> Vec<u8> {
        let (mut parser, mut passed) = (Parser::default(), Vec::new());
        for write in writes {
            parser.filter(write, &mut passed, &StreamModes::default());
        }
        passed
    }

    /// Filters text as one write, and cut in two at every byte: always the same.
    #[track_caller]
    fn check(text: &[u8], expect: &[u8]) {
        for at in 0..=text.len() {
            let (one, other) = text.split_at(at);
            let passed = filtered(&[one, other]);
            assert_eq!(passed, expect, "{:?} passed as {:?}", text.escape_ascii().to_string(), passed.escape_ascii());
        }
    }

    #[track_caller]
    fn check_unchanged(text: &[u8]) {
        check(text, text);
    }

    #[track_caller]
    fn check_dropped(sequence: &[u8]) {
        check(&[b"a", sequence, b"b"].concat(), b"ab");
    }

    #[test]
    fn text_passes() {
        check_unchanged("größe 漢字 😀 \u{a0}\u{bf}".as_bytes());
        check_unchanged(b"a\tb\rc\x08d\x07\n\x0b\x0c\x0e\x0f\x7f");
        // Continuation bytes that look like controls, in characters of two, three and four bytes.
        check_unchanged("\u{db} \u{41b} \u{109b} \u{1f09b} \u{d7ff}".as_bytes());
    }

    #[test]
    fn what_draws_passes() {
        for sequence in [
            "\x1b[31;1m",
            "\x1b[38;2;1;2;3;48:5:7m",
            "\x1b[m",
            "\x1b[H",
            "\x1b[2J",
            "\x1b[K",
            "\x1b[10;20H",
            "\x1b[5A",
            "\x1b[?25l\x1b[?25h",
            "\x1b[?1049h",
            "\x1b[?2004h",
            "\x1b[?1000;1006h",
            "\x1b[2;20r",
            "\x1b[3L",
            "\x1b[2P",
            "\x1b[4h",
            "\x1b[s\x1b[u",
            "\x1b7\x1b8",
            "\x1b(0qqq\x1b(B",
            "\x1bM",
            "\x1b=",
            "\x1b>",
            "\x1bc",
            "\x1b#8",
            "\x1b[6 q",
            "\x1b[!p",
            "\x1b[?1h",
            "\x1b[3J",
            "\x1b[2@",
            "\x1b[4X",
            "\x1b[2S\x1b[2T",
            "\x1b[?7l",
            "\x1b[?2026h",
        ] {
            check_unchanged(sequence.as_bytes());
        }
    }

    #[test]
    fn what_can_harm_is_dropped() {
        for sequence in [
            // Clipboard, titles, links, files, notifications, palettes, ended both ways.
            "\x1b]52;c;aGk=\x07",
            "\x1b]52;c;?\x1b\\",
            "\x1b]0;title\x07",
            "\x1b]2;title\x1b\\",
            "\x1bktitle\x1b\\",
            "\x1b]8;;http://x\x1b\\",
            "\x1b]1337;File=name=eA==:AAAA\x07",
            "\x1b]9;note\x07",
            "\x1b]4;1;?\x07",
            "\x1b]11;?\x07",
            // Device queries.
            "\x1b[c",
            "\x1b[>c",
            "\x1b[=c",
            "\x1bZ",
            "\x1b[5n",
            "\x1b[6n",
            "\x1b[?6n",
            "\x1b[?1$p",
            "\x1b[>q",
            "\x1b[x",
            "\x1bP$qm\x1b\\",
            "\x1bP+q544e\x1b\\",
            "\x1b[?u",
            "\x1b[1;1;1;1;1;1*y",
            "\x05",
            // Windows, printers, keys, modes that change what is outside the screen.
            "\x1b[21t",
            "\x1b[8;10;10t",
            "\x1b[5i",
            "\x1b[?4i",
            "\x1b[2h",
            "\x1b[12l",
            "\x1b[?3h",
            "\x1b[>4;2m",
            "\x1b[>1u",
            "\x1b[?1049;3h",
            "\x1b[?1035h",
            "\x1b G",
            "\x1b%@",
            "\x1b[1;2;3;4;5T",
            // Strings.
            "\x1b_Gf=100;AAAA\x1b\\",
            "\x1b^private\x1b\\",
            "\x1bXsos\x1b\\",
            "\x1bP1;1|17/17\x1b\\",
            "\x1bPq\n#0~~\n\x1b\\",
        ] {
            check_dropped(sequence.as_bytes());
        }
    }

    #[test]
    fn eight_bit_controls_are_dropped_in_both_encodings() {
        for sequence in [
            &b"\x9b31m"[..],
            b"\x9b6n",
            b"\x9d52;c;aGk=\x07",
            b"\x90q~\x1b\\",
            b"\x85",
            b"\xc2\x9b6n",
            b"\xc2\x9d0;t\x07",
            b"\xc2\x85",
            b"\x9fG\x1b\\",
        ] {
            check_dropped(sequence);
        }
        // Invalid characters do not hide one: a longer form of ESC, a surrogate, a character that breaks off.
        check(b"\xe0\x9b6n", b"\xe0");
        check(b"\xed\xa0\x9b6nx", b"\xed\xa0x");
        check(b"\xe2\x82\x1b[6nx", b"\xe2\x82x");
        check(b"\xc2\x1b[6nx", b"\xc2x");
        check(b"\xf0\x9f\xc2\x9b6nx", b"\xf0\x9fx");
    }

    #[test]
    fn controls_inside_sequences_act_as_in_a_terminal() {
        check(b"\x1b[3\n1m", b"\n\x1b[31m");
        check(b"\x1b[3\x1b[32mx", b"\x1b[32mx");
        check(b"\x1b[3\x18mx", b"mx");
        check(b"\x1b]0;t\x1b[31mx", b"\x1b[31mx");
        check(b"\x1b]0;t\x1b]52;c;x\x07y", b"y");
        check(b"\x1b\x1b[31mx", b"\x1b[31mx");
        check(b"\x1b[6\x7fnx", b"x");
    }

    /// What has passed would pass again: nothing that is dropped leaves parts that make a control of their neighbours. And
    /// it does not matter how bytes are spread over calls.
    #[test]
    fn nothing_is_smuggled_between_what_is_dropped() {
        let likely =
            b"\x1b[]PX^_k\\?;$ !6nmhqctu1209\x07\x18\x05\n\x7f\x9b\x9d\x90\x9c\xc2\xc3\xe0\xe2\xed\xf0\xf4\xa0\x80\xbf";
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 20) as usize % below
        };
        for _ in 0..20_000 {
            let text: Vec<u8> = (0..next(40)).map(|_| likely[next(likely.len())]).collect();
            let once = filtered(&[&text]);
            let (one, other) = text.split_at(next(text.len() + 1));
            assert_eq!(filtered(&[one, other]), once, "{}", text.escape_ascii());
            // What is held back at the end has not passed.
            let mut parser = Parser::default();
            let mut again = Vec::new();
            parser.filter(&once, &mut again, &StreamModes::default());
            if parser.state == State::Latin {
                again.push(0xc2);
            }
            assert_eq!(again.escape_ascii().to_string(), once.escape_ascii().to_string(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn a_string_without_an_end_is_given_up() {
        check(b"\x1b]0;forgotten\nnext", b"\nnext");
        let mut endless = b"\x1bP".to_vec();
        endless.resize(STRING_BYTES + 2, b'x');
        endless.extend(b"shown \x1b[6nagain");
        assert_eq!(filtered(&[&endless]), b"shown again");
        let long = [b"\x1b[", "1;".repeat(HELD_BYTES).as_bytes(), b"mx"].concat();
        assert_eq!(filtered(&[&long]), b"x");
    }
}

//! The table of control sequences that draw, and what they switch on. What is not in it is dropped.
//!
//! Left out on purpose: whatever makes the terminal answer, since the answer is typed into the input of whatever reads the
//! terminal next (cursor position reports too: a guest cannot switch off line mode and would not read them); window
//! operations and titles; printers; key encodings; and every string, links included, whose text and target may differ.

/// A control that passes, as far as it has to be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// Nothing remains of it but what is drawn.
    Draws,
    /// DEC private modes (`?`), set or reset.
    Modes { modes: Vec<u16>, set: bool },
    /// Insert mode.
    Insert(bool),
    /// Colours and the like; `false` if it is back to plain.
    Rendition(bool),
    /// Shape of the cursor.
    CursorShape,
    /// Scrolling margins.
    Margins,
    /// Keypad sends sequences.
    Keypad(bool),
    /// A character set other than ASCII may be chosen.
    CharacterSet(bool),
    /// Everything is as after switching on.
    Reset,
}

/// A mode of `CSI ? ... h`, and its state where nobody has changed it.
pub(super) struct PrivateMode {
    pub(super) number: u16,
    pub(super) default: bool,
}

const fn off(number: u16) -> PrivateMode {
    PrivateMode { number, default: false }
}

const fn on(number: u16) -> PrivateMode {
    PrivateMode { number, default: true }
}

/// The DEC private modes that pass: cursor keys, reverse screen, origin, wrapping, mouse, blinking and visible cursor,
/// alternate screens, focus, margins, bracketed paste, synchronised output. Those that others depend on come last, as they
/// are undone in this order.
pub(super) const PRIVATE_MODES: [PrivateMode; 24] = [
    off(1),
    off(5),
    off(6),
    on(7),
    off(9),
    off(12),
    on(25),
    off(45),
    off(66),
    off(69),
    off(1000),
    off(1001),
    off(1002),
    off(1003),
    off(1004),
    off(1005),
    off(1006),
    off(1015),
    off(1016),
    off(2004),
    off(2026),
    off(47),
    off(1047),
    off(1049),
];

/// Private modes without a state of their own: the cursor is saved and restored.
const SAVE_CURSOR: u16 = 1048;

/// A control sequence, taken apart.
#[derive(Debug)]
pub(super) struct Csi<'a> {
    /// `?`, `>` and the like in front of the parameters, or 0.
    prefix: u8,
    params: &'a [u8],
    intermediates: &'a [u8],
    last: u8,
}

impl<'a> Csi<'a> {
    /// Takes `ESC [ ...` apart; nothing if its bytes stand in a wrong order.
    pub(super) fn parse(sequence: &'a [u8]) -> Option<Csi<'a>> {
        let (last, body) = sequence.strip_prefix(b"\x1b[")?.split_last()?;
        let (prefix, body) = match body {
            [prefix @ 0x3c..=0x3f, rest @ ..] => (*prefix, rest),
            _ => (0, body),
        };
        let params_end = body.iter().position(|byte| !matches!(byte, b'0'..=b';')).unwrap_or(body.len());
        let (params, intermediates) = body.split_at(params_end);
        let in_order = intermediates.iter().all(|byte| (0x20..=0x2f).contains(byte));
        in_order.then_some(Csi { prefix, params, intermediates, last: *last })
    }

    /// The parameters as numbers; one that is left out or too large is 0.
    fn numbers(&self) -> impl Iterator<Item = u16> {
        let number = |text: &[u8]| std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or(0);
        self.params.split(|byte| *byte == b';').map(number)
    }
}

/// What a control sequence does, if it may pass.
pub(super) fn csi(csi: &Csi<'_>) -> Option<Control> {
    match (csi.prefix, csi.intermediates, csi.last) {
        (0, b"", b'm') => Some(Control::Rendition(csi.numbers().last().is_some_and(|number| number != 0))),
        (0, b"", b'r') => Some(Control::Margins),
        (0, b"", b'h' | b'l') => csi.numbers().all(|mode| mode == 4).then_some(Control::Insert(csi.last == b'h')),
        // With more parameters it starts to follow the mouse, and the terminal waits for an answer.
        (0, b"", b'T') => (csi.numbers().count() == 1).then_some(Control::Draws),
        (0, b"", last) => b"@ABCDEFGHIJKLMPSXZ`abdefgjksu".contains(&last).then_some(Control::Draws),
        (0, b" ", b'q') => Some(Control::CursorShape),
        (0, b" ", b'@' | b'A') => Some(Control::Draws),
        (0, b"!", b'p') => Some(Control::Reset),
        (0, b"$", last) => b"rtvxz{".contains(&last).then_some(Control::Draws),
        (b'?', b"", b'J' | b'K') => Some(Control::Draws),
        (b'?', b"", b'h' | b'l') => private_modes(csi),
        _ => None,
    }
}

/// Private modes pass if all of them may.
fn private_modes(csi: &Csi<'_>) -> Option<Control> {
    let modes: Vec<u16> = csi.numbers().collect();
    let may_pass = |mode: &u16| *mode == SAVE_CURSOR || PRIVATE_MODES.iter().any(|known| known.number == *mode);
    modes.iter().all(may_pass).then_some(Control::Modes { modes, set: csi.last == b'h' })
}

/// What a sequence of ESC, perhaps an intermediate byte, and a last byte does, if it may pass.
pub(super) fn escape(sequence: &[u8]) -> Option<Control> {
    match sequence.strip_prefix(b"\x1b")? {
        // Saved and restored cursor, tabulators, index and reverse index, shifts to other character sets.
        b"6" | b"7" | b"8" | b"9" | b"D" | b"E" | b"H" | b"M" | b"N" | b"O" => Some(Control::Draws),
        b"n" | b"o" | b"|" | b"}" | b"~" => Some(Control::CharacterSet(true)),
        b"=" => Some(Control::Keypad(true)),
        b">" => Some(Control::Keypad(false)),
        b"c" => Some(Control::Reset),
        b"(B" => Some(Control::CharacterSet(false)),
        [b'(' | b')' | b'*' | b'+' | b'-' | b'.' | b'/', ..] => Some(Control::CharacterSet(true)),
        b"#3" | b"#4" | b"#5" | b"#6" | b"#8" => Some(Control::Draws),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sequence: &[u8], expect: Option<Control>) {
        let got = Csi::parse(sequence).and_then(|sequence| csi(&sequence));
        assert_eq!(got, expect, "{}", sequence.escape_ascii());
    }

    #[test]
    fn sequences_say_what_remains_of_them() {
        check(b"\x1b[1;31m", Some(Control::Rendition(true)));
        check(b"\x1b[31;0m", Some(Control::Rendition(false)));
        check(b"\x1b[m", Some(Control::Rendition(false)));
        check(b"\x1b[?25l", Some(Control::Modes { modes: vec![25], set: false }));
        check(b"\x1b[?1000;1006h", Some(Control::Modes { modes: vec![1000, 1006], set: true }));
        check(b"\x1b[?1000;3h", None);
        check(b"\x1b[?99999999h", None);
        check(b"\x1b[4h", Some(Control::Insert(true)));
        check(b"\x1b[h", None);
        check(b"\x1b[1 1m", None);
        check(b"\x1b[1?m", None);
    }
}

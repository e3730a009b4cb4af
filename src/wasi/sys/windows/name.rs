//! Which names a guest may give to a file.
//!
//! A name is refused if Windows, or a program that comes upon the file later, would understand it as something else: a
//! device (`NUL`, `com¹.txt`, `con .x`), a stream of another file (`a:b`), a pattern, or another name, since dots and
//! spaces at the end fall off. Nothing here is opened by such rules, so that a name that slipped through would still be a
//! file; but it would be one that no other program could reach. All of them are `INVAL`, as C libraries of this system say.
//!
//! Naming files: <https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file#naming-conventions>

use std::io;
use windows_sys::Win32::Foundation::ERROR_FILENAME_EXCED_RANGE;

/// UTF-16 units of one name at most, on every file system of Windows.
const MOST_UNITS: usize = 255;

/// Characters that no file system of Windows takes, or that mean something else than themselves.
const REFUSED: &[char] = &['<', '>', ':', '"', '/', '\\', '|', '?', '*'];

/// Names of devices as such, and those that a digit makes complete.
const DEVICES: &[&str] = &["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
const NUMBERED_DEVICES: &[&str] = &["COM", "LPT"];

/// A name as the system wants it.
///
/// # Errors
///
/// `InvalidInput` for a name that is refused, [`ERROR_FILENAME_EXCED_RANGE`] for one that is too long.
pub(super) fn encode(name: &str) -> io::Result<Vec<u16>> {
    let ends_badly = name.is_empty() || name.ends_with(['.', ' ']);
    if ends_badly || name.contains(|c: char| c < ' ' || REFUSED.contains(&c)) || is_device(name) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let units: Vec<u16> = name.encode_utf16().collect();
    if units.len() > MOST_UNITS {
        return Err(io::Error::from_raw_os_error(ERROR_FILENAME_EXCED_RANGE as i32));
    }
    Ok(units)
}

/// Whether a name, with or without an extension, is a device's.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_ascii_uppercase();
    let is_numbered = |device: &&str| {
        let mut rest = stem.strip_prefix(*device).unwrap_or_default().chars();
        matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    };
    DEVICES.contains(&stem.as_str()) || NUMBERED_DEVICES.iter().any(|device| is_numbered(device))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_streams_and_patterns_are_refused() {
        let devices = ["CON", "con", "PrN", "aux", "NUL", "CONIN$", "conout$", "COM0", "com1", "LPT9", "COM¹", "lpt³"];
        for device in devices {
            for name in [device.to_owned(), format!("{device}.txt"), format!("{device} .x"), format!("{device}.a.b")] {
                assert!(encode(&name).is_err(), "{name}");
            }
        }
        let others = [
            "",
            "a.",
            "a ",
            "a. .",
            ".",
            "..",
            "...",
            " ",
            "a:b",
            "a::$DATA",
            "c:",
            "c:x",
            "a\\b",
            "\\\\?\\c",
            "\\\\.\\nul",
            "a/b",
            "a\0",
            "a\x1f",
            "a?",
            "a*",
            "<a",
            "a>",
            "\"",
            "a|b",
            "a\n",
        ];
        for name in others {
            assert!(encode(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn ordinary_names_are_taken() {
        let names = [
            "a",
            ".a",
            "a.b.c",
            "a b",
            " a",
            "CONS",
            "nulls",
            "COM",
            "COM10",
            "COMX",
            "LPT¹0",
            "comma",
            "AUXILIARY.txt",
            "conin",
            "héllo",
            "日本",
            "😀",
            "PROGRA~1",
            "$MFT",
            "a;b",
            "[x]",
            "a%b",
            "\u{7f}",
            "COM⁴",
        ];
        for name in names {
            assert_eq!(encode(name).expect(name), name.encode_utf16().collect::<Vec<_>>());
        }
        assert!(encode(&"x".repeat(255)).is_ok());
        assert_eq!(encode(&"x".repeat(256)).err().and_then(|error| error.raw_os_error()), Some(206));
    }
}

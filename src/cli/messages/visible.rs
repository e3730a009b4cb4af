//! Text of a module, a guest or a path inside the runner's own messages: characters that a terminal would act on are
//! spelled out. A name may otherwise clear the screen, forge a line of the runner's or turn text around.

use std::borrow::Cow;
use std::fmt::Write;

/// How many names a message lists.
const LISTED_NAMES: usize = 20;

/// A name for the middle of a line: without line ends.
pub(crate) fn visible(name: &str) -> Cow<'_, str> {
    escape(name, is_harmful)
}

/// Text of several lines: line ends and tabs stay.
pub(crate) fn visible_lines(text: &str) -> Cow<'_, str> {
    escape(text, |c| is_harmful(c) && c != '\n' && c != '\t')
}

/// Names in backticks, with commas between them; `nothing` where there is none, and an end where there are too many.
pub(crate) fn quoted_list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(LISTED_NAMES);
    let quoted: Vec<String> = names.take(LISTED_NAMES).map(|name| format!("`{}`", visible(name))).collect();
    match (quoted.len(), more) {
        (0, _) => "nothing".to_owned(),
        (_, 0) => quoted.join(", "),
        _ => format!("{} and {more} more", quoted.join(", ")),
    }
}

/// Control characters, and those that turn the direction of text.
pub(crate) fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn escape(text: &str, harmful: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&harmful) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if harmful(c) {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "{}", c.escape_default());
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_spelled_out() {
        assert_eq!(visible("größe"), "größe");
        assert_eq!(visible("\x1b]0;x\x07"), "\\u{1b}]0;x\\u{7}");
        assert_eq!(visible("a\nb\u{9b}c\u{202e}"), "a\\nb\\u{9b}c\\u{202e}");
        assert_eq!(visible_lines("a\n\tb\x1b"), "a\n\tb\\u{1b}");
    }

    #[test]
    fn lists_end() {
        assert_eq!(quoted_list([].into_iter()), "nothing");
        assert_eq!(quoted_list(["a", "b\x07"].into_iter()), "`a`, `b\\u{7}`");
        let names = ["x"; LISTED_NAMES + 3];
        assert!(quoted_list(names.into_iter()).ends_with("`x` and 3 more"));
    }
}

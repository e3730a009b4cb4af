//! Durations in Go's notation: `300ms`, `1.5h`, `2h45m`.

use std::fmt;

const UNITS: [(&str, i128); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// A signed span of time. Prints as Go prints it: `1ms`, `1.5s`, `2h45m0s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duration {
    /// Nanoseconds.
    nanos: i64,
}

impl Duration {
    /// No time at all.
    pub(crate) const ZERO: Duration = Duration { nanos: 0 };

    /// The span as the standard library's type; nothing where it is zero or negative.
    pub(crate) fn positive(self) -> Option<std::time::Duration> {
        u64::try_from(self.nanos).ok().filter(|nanos| *nanos > 0).map(std::time::Duration::from_nanos)
    }

    /// Whether it is below zero.
    pub(crate) fn is_negative(self) -> bool {
        self.nanos < 0
    }
}

/// Reads a duration: a sign, then numbers with units, or a bare `0`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    const BAD: &str = "parse error";
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(Duration { nanos: 0 });
    }
    if rest.is_empty() {
        return Err(BAD);
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let (nanos, after) = parse_part(rest).ok_or(BAD)?;
        total = total.checked_add(nanos).filter(|sum| *sum <= i128::from(i64::MAX)).ok_or(BAD)?;
        rest = after;
    }
    let nanos = i64::try_from(if negative { -total } else { total }).map_err(|_| BAD)?;
    Ok(Duration { nanos })
}

/// One number with its unit in nanoseconds, and what follows.
fn parse_part(text: &str) -> Option<(i128, &str)> {
    let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = text.split_at(number_end);
    let unit_end = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
    let mut nanos = whole.checked_mul(*scale)?;
    let mut digit_scale = *scale;
    for digit in fraction.bytes() {
        digit_scale /= 10;
        nanos += i128::from(digit - b'0') * digit_scale;
    }
    Some((nanos, rest))
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.nanos < 0 { "-" } else { "" };
        let nanos = self.nanos.unsigned_abs();
        match nanos {
            0 => f.write_str("0s"),
            1..1_000 => write!(f, "{sign}{nanos}ns"),
            1_000..1_000_000 => write!(f, "{sign}{}µs", decimal(nanos, 1_000)),
            1_000_000..1_000_000_000 => write!(f, "{sign}{}ms", decimal(nanos, 1_000_000)),
            _ => {
                let (hours, minutes) = (nanos / 3_600_000_000_000, nanos / 60_000_000_000 % 60);
                let seconds = decimal(nanos % 60_000_000_000, 1_000_000_000);
                match (hours, minutes) {
                    (0, 0) => write!(f, "{sign}{seconds}s"),
                    (0, _) => write!(f, "{sign}{minutes}m{seconds}s"),
                    _ => write!(f, "{sign}{hours}h{minutes}m{seconds}s"),
                }
            }
        }
    }
}

/// `nanos / unit` with as many decimals as it needs.
fn decimal(nanos: u64, unit: u64) -> String {
    let digits = unit.ilog10() as usize;
    let text = format!("{}.{:0digits$}", nanos / unit, nanos % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, printed: Result<&str, &str>) {
        let result = parse_duration(text).map(|duration| duration.to_string());
        assert_eq!(result.as_deref().map_err(|error| *error), printed, "{text}");
    }

    #[test]
    fn durations_read_and_print_as_in_go() {
        check("300ms", Ok("300ms"));
        check("1.5h", Ok("1h30m0s"));
        check("2h45m", Ok("2h45m0s"));
        check(".5s", Ok("500ms"));
        check("1h2m3.5s", Ok("1h2m3.5s"));
        check("1500ms", Ok("1.5s"));
        check("7us", Ok("7µs"));
        check("7µs", Ok("7µs"));
        check("0", Ok("0s"));
        check("-1s", Ok("-1s"));
        check("10", Err("parse error"));
        check("1d", Err("parse error"));
        check("", Err("parse error"));
        check("s", Err("parse error"));
        check(".s", Err("parse error"));
        check("1.2.3s", Err("parse error"));
        check("9999999999h", Err("parse error"));
    }
}

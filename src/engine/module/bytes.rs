//! The binary behind a module: whole in memory, or only what running needs, with the rest fetched when it is asked for.
//!
//! ```text
//!  0                    hot.start        hot.end                 len
//!  | types .. code      | data segments  | names, DWARF          |
//!    rest, before         always here      rest, after
//! ```

use bytes::Bytes;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// The bytes of a module, found by their positions in the binary. Clones share them.
#[derive(Clone, Debug)]
pub struct WasmBytes {
    /// Length of the whole binary.
    len: usize,
    /// Positions of `hot_bytes`.
    hot: Range<usize>,
    hot_bytes: Bytes,
    /// Nothing where `hot` is everything.
    rest: Option<Arc<dyn Rest>>,
}

/// Where the parts of a binary come from that running does not need.
pub trait Rest: fmt::Debug + Send + Sync {
    /// The binary's bytes before the hot ones, and behind them. Nothing where they cannot be had any more.
    fn parts(&self) -> Option<(&[u8], &[u8])>;
}

impl WasmBytes {
    /// A binary of which `hot_bytes` are at `start`, while `rest` has the others.
    pub fn new(len: usize, start: usize, hot_bytes: Bytes, rest: Arc<dyn Rest>) -> WasmBytes {
        let hot = start..start.saturating_add(hot_bytes.len());
        WasmBytes { len, hot, hot_bytes, rest: Some(rest) }
    }

    /// Length of the whole binary.
    pub fn len(&self) -> usize {
        self.len
    }

    /// The bytes at a range of positions. Nothing where it leaves the binary, lies in two parts of it, or cannot be had
    /// any more, which never happens to data segments.
    pub fn get(&self, range: Range<usize>) -> Option<&[u8]> {
        if range.start >= self.hot.start && range.end <= self.hot.end {
            return self.hot_bytes.get(range.start - self.hot.start..range.end.checked_sub(self.hot.start)?);
        }
        let (before, after) = self.rest.as_ref()?.parts()?;
        if range.end <= self.hot.start {
            return before.get(range);
        }
        let start = range.start.checked_sub(self.hot.end)?;
        after.get(start..range.end - self.hot.end)
    }

    /// Every byte in parts that follow each other. Nothing where some cannot be had any more.
    pub fn split_anywhere(&self) -> Option<[&[u8]; 3]> {
        self.split(self.hot.clone())
    }

    /// Every byte in up to three parts, split around `hot`, which has to lie within one part. Nothing where that is not
    /// so, or some cannot be had any more.
    pub fn split(&self, hot: Range<usize>) -> Option<[&[u8]; 3]> {
        match &self.rest {
            None => Some([self.get(0..hot.start)?, self.get(hot.clone())?, self.get(hot.end..self.len)?]),
            Some(rest) if hot == self.hot => {
                let (before, after) = rest.parts()?;
                Some([before, &self.hot_bytes, after])
            }
            Some(_) => None,
        }
    }
}

impl From<Bytes> for WasmBytes {
    fn from(bytes: Bytes) -> WasmBytes {
        WasmBytes { len: bytes.len(), hot: 0..bytes.len(), hot_bytes: bytes, rest: None }
    }
}

impl From<Vec<u8>> for WasmBytes {
    fn from(bytes: Vec<u8>) -> WasmBytes {
        Bytes::from(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Parts(Option<(&'static [u8], &'static [u8])>);

    impl Rest for Parts {
        fn parts(&self) -> Option<(&[u8], &[u8])> {
            self.0
        }
    }

    #[test]
    fn positions_are_those_of_the_whole_binary() {
        let whole = WasmBytes::from(b"0123456789".to_vec());
        let hot = Bytes::from_static(b"345");
        let parts = WasmBytes::new(10, 3, hot.clone(), Arc::new(Parts(Some((b"012", b"6789")))));
        for bytes in [&whole, &parts] {
            for (range, expected) in [(0..3, "012"), (3..6, "345"), (4..5, "4"), (6..10, "6789"), (8..9, "8")] {
                assert_eq!(bytes.get(range), Some(expected.as_bytes()));
            }
            assert_eq!(bytes.split(3..6), Some([&b"012"[..], b"345", b"6789"]));
            assert_eq!(bytes.get(8..11), None);
            assert_eq!(bytes.get(11..12), None);
        }
        assert_eq!(parts.get(2..4), None);
        let lost = WasmBytes::new(10, 3, hot, Arc::new(Parts(None)));
        assert_eq!((lost.get(3..6), lost.get(0..1)), (Some(&b"345"[..]), None));
    }
}

//! The way from the signal handler to the collector: a ring of words, without locks, made before the first sample.
//!
//! ```text
//!   record:   frames   nanoseconds   frame 0   frame 1   ...
//!   words:    tail ───────────────> head      (positions only grow; their remainder is the place)
//!             collector frees         handler fills
//! ```
//!
//! There is one collector, by the profiler's lock, and one handler at a time: a second one, on another thread, finds the
//! ring taken and drops its sample. Full rings drop samples too, and count them.

use crate::engine::runtime::backtrace::{FrameSink, RawFrame};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Words of the ring: room for 63 of the deepest stacks, or for thousands of ordinary ones, between two collections.
const WORDS: usize = 1 << 16;

/// Most frames of a record. Of a deeper stack the innermost ones are kept, and the outermost.
pub(super) const MAX_FRAMES: usize = 1024;

/// Most frames that a walk looks at to find the outermost one.
const MAX_STEPS: usize = 1 << 16;

/// Words in front of a record's frames.
const HEADER_WORDS: u64 = 2;

/// A ring of records.
pub(super) struct Ring {
    words: Box<[AtomicU64]>,
    /// First word that is not free; moved by the collector.
    tail: AtomicU64,
    /// First word that is not filled; moved by the handler.
    head: AtomicU64,
    /// Whether a handler is at work.
    taken: AtomicBool,
    /// Samples that found no room.
    lost: AtomicU64,
}

/// A record being filled.
struct Record<'a> {
    ring: &'a Ring,
    start: u64,
    frames: usize,
    steps: usize,
}

impl Ring {
    /// An empty ring.
    pub(super) fn new() -> Ring {
        Ring {
            words: (0..WORDS).map(|_| AtomicU64::new(0)).collect(),
            tail: AtomicU64::new(0),
            head: AtomicU64::new(0),
            taken: AtomicBool::new(false),
            lost: AtomicU64::new(0),
        }
    }

    /// Adds a record of the frames that `walk` finds; none where it finds none. For the signal handler.
    pub(super) fn add(&self, nanos: u64, walk: impl FnOnce(&mut dyn FrameSink)) {
        if self.taken.swap(true, Ordering::Acquire) {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let start = self.head.load(Ordering::Relaxed);
        let used = start - self.tail.load(Ordering::Acquire);
        if used + HEADER_WORDS + MAX_FRAMES as u64 > WORDS as u64 {
            self.lost.fetch_add(1, Ordering::Relaxed);
        } else {
            let mut record = Record { ring: self, start, frames: 0, steps: 0 };
            walk(&mut record);
            let frames = record.frames as u64;
            if frames > 0 {
                self.word(start).store(frames, Ordering::Relaxed);
                self.word(start + 1).store(nanos, Ordering::Relaxed);
                self.head.store(start + HEADER_WORDS + frames, Ordering::Release);
            }
        }
        self.taken.store(false, Ordering::Release);
    }

    /// Takes all records out: nanoseconds and frames, innermost first. For the one collector.
    pub(super) fn drain(&self, mut take: impl FnMut(u64, Vec<Word>)) {
        let head = self.head.load(Ordering::Acquire);
        let mut position = self.tail.load(Ordering::Relaxed);
        while position < head {
            let frames = self.word(position).load(Ordering::Relaxed);
            let nanos = self.word(position + 1).load(Ordering::Relaxed);
            let first = position + HEADER_WORDS;
            let frames = (first..first + frames).map(|at| Word(self.word(at).load(Ordering::Relaxed)));
            position = first + frames.size_hint().0 as u64;
            take(nanos, frames.collect());
        }
        self.tail.store(position, Ordering::Release);
    }

    /// How many samples were dropped since the last time.
    pub(super) fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }

    fn word(&self, position: u64) -> &AtomicU64 {
        &self.words[position as usize % WORDS]
    }
}

impl FrameSink for Record<'_> {
    fn push(&mut self, frame: RawFrame) {
        self.steps += 1;
        let first = self.start + HEADER_WORDS;
        if self.frames < MAX_FRAMES {
            self.ring.word(first + self.frames as u64).store(Word::of(frame).0, Ordering::Relaxed);
            self.frames += 1;
        } else {
            let last = first + MAX_FRAMES as u64 - 1;
            self.ring.word(last - 1).store(Word::OMITTED.0, Ordering::Relaxed);
            self.ring.word(last).store(Word::of(frame).0, Ordering::Relaxed);
        }
    }

    fn is_full(&self) -> bool {
        self.steps >= MAX_STEPS
    }
}

/// A frame in one word. Addresses of user space leave the upper bits free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Word(u64);

/// What a [`Word`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// An address in generated code.
    Code(usize),
    /// The host function at an address.
    Host(usize),
    /// The helper with a number.
    Helper(usize),
    /// The interpreter's record of a function at an address.
    Interpreted(usize),
    /// Frames that were not kept.
    Omitted,
    /// The instantiation of a module.
    Initial,
    /// The embedder.
    Embedder,
}

impl Word {
    const HOST: u64 = 1 << 63;
    const HELPER: u64 = 1 << 62;
    const INTERPRETED: u64 = 1 << 61;

    /// Stands for frames that were not kept.
    pub(super) const OMITTED: Word = Word(u64::MAX);
    /// Stands for the instantiation of a module.
    pub(super) const INITIAL: Word = Word(u64::MAX - 1);
    /// Stands for the embedder, where no wasm runs.
    pub(super) const EMBEDDER: Word = Word(u64::MAX - 2);

    /// A frame as a word.
    pub(super) fn of(frame: RawFrame) -> Word {
        Word(match frame {
            RawFrame::Code(pc) => pc as u64,
            RawFrame::Host(func) => func.addr() as u64 | Word::HOST,
            RawFrame::Helper(helper) => helper as u64 | Word::HELPER,
            RawFrame::Interpreted(function, _) => function.addr() as u64 | Word::INTERPRETED,
        })
    }

    /// The frame that a word stands for.
    pub(super) fn meaning(self) -> Meaning {
        match self {
            Word::OMITTED => Meaning::Omitted,
            Word::INITIAL => Meaning::Initial,
            Word::EMBEDDER => Meaning::Embedder,
            Word(word) if word & Word::HOST != 0 => Meaning::Host((word & !Word::HOST) as usize),
            Word(word) if word & Word::HELPER != 0 => Meaning::Helper((word & !Word::HELPER) as usize),
            Word(word) if word & Word::INTERPRETED != 0 => Meaning::Interpreted((word & !Word::INTERPRETED) as usize),
            Word(word) => Meaning::Code(word as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::abi::Builtin;

    fn contents(ring: &Ring) -> Vec<(u64, Vec<Meaning>)> {
        let mut found = Vec::new();
        ring.drain(|nanos, frames| found.push((nanos, frames.into_iter().map(Word::meaning).collect())));
        found
    }

    #[test]
    fn records_come_out_as_they_went_in() {
        let ring = Ring::new();
        let helper = Builtin::memory_grow;
        for round in 0..50_000 {
            ring.add(round, |_| ());
            ring.add(round, |sink| {
                sink.push(RawFrame::Helper(helper));
                sink.push(RawFrame::Host(std::ptr::without_provenance(0x7fff_0000)));
                sink.push(RawFrame::Code(round as usize + 1));
            });
            let frames =
                [Meaning::Helper(helper as usize), Meaning::Host(0x7fff_0000), Meaning::Code(round as usize + 1)];
            assert_eq!(contents(&ring), [(round, frames.to_vec())]);
        }
        assert_eq!(ring.take_lost(), 0);
    }

    #[test]
    fn deep_stacks_keep_both_ends() {
        let ring = Ring::new();
        let mut walked = 0;
        ring.add(1, |sink| {
            while !sink.is_full() && walked < 5000 {
                walked += 1;
                sink.push(RawFrame::Code(walked));
            }
        });
        let found = contents(&ring);
        let frames = &found[0].1;
        assert_eq!(frames.len(), MAX_FRAMES);
        assert_eq!(frames[MAX_FRAMES - 3..], [Meaning::Code(1022), Meaning::Omitted, Meaning::Code(5000)]);
    }

    #[test]
    fn a_full_ring_counts_what_it_loses() {
        let ring = Ring::new();
        let samples = 40_000;
        (0..samples).for_each(|_| ring.add(7, |sink| sink.push(RawFrame::Code(1))));
        let kept = contents(&ring).len() as u64;
        assert!(kept > 20_000, "{kept}");
        assert_eq!(kept + ring.take_lost(), samples);
        ring.add(7, |sink| sink.push(RawFrame::Code(2)));
        assert_eq!(contents(&ring), [(7, vec![Meaning::Code(2)])]);
    }
}

//! Profiles of guests: where their processor time goes, and where their memory comes from.
//!
//! ```text
//!   signal handler ──> ring ──┐
//!                             ├──> collected: stacks with totals, frames with names ──> Profile
//!   memory.grow ────> inbox ──┘
//!         wasm's thread        the profiler's own thread, ten times a second
//! ```
//!
//! The profiler's thread reads names and source lines while the guest runs, so that little is left to do at its end. A
//! store without a profiler pays nothing: the timer does not exist, and contexts point to helpers that note nothing.

mod ring;
mod sampler;

use super::backtrace::{FrameSink, RawFrame, walk_host_call};
use super::entry;
use super::symbolize::{Frame, HostName, Resolved, resolve};
use super::symbols::SharedSymbols;
use crate::engine::abi::Builtin;
use crate::engine::code::Code;
use crate::engine::interp::Functions;
use ring::{MAX_FRAMES, Meaning, Word};
use sampler::Sampling;
use std::collections::HashMap;
use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// How often the profiler's thread collects. The ring holds several times what comes in meanwhile.
const COLLECT_EVERY: Duration = Duration::from_millis(100);

/// What a profile counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProfileKind {
    /// Processor time.
    Cpu,
    /// Bytes of linear memories.
    Memory,
}

/// Stacks of a guest, with what was spent in each.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// What `amount` of a sample counts.
    pub kind: ProfileKind,
    /// Time between two samples, for processor time.
    pub period: Duration,
    /// Every frame that occurs. A host function's name has that of the module in front that it is imported from, and things
    /// that are no functions have names in brackets.
    pub frames: Vec<Frame>,
    /// Every stack that occurs, with its totals.
    pub samples: Vec<ProfileSample>,
    /// Samples that were not kept because they came too fast.
    pub lost: u64,
}

/// One stack of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProfileSample {
    /// Positions in [`Profile::frames`], innermost first.
    pub stack: Vec<usize>,
    /// How often the guest was found there, or how often memory grew there.
    pub count: u64,
    /// Nanoseconds of processor time, or bytes.
    pub amount: u64,
}

/// Takes profiles of the guest in one store.
#[derive(Debug)]
pub struct Profiler {
    inbox: Mutex<Inbox>,
    collected: Mutex<Collected>,
    /// Whether what is in the ring belongs to this profiler.
    samples: AtomicBool,
    /// Whether a store uses it.
    attached: AtomicBool,
}

/// Sampling of a thread for a profiler. Dropping it ends it.
#[derive(Debug)]
pub struct CpuSampling {
    profiler: Arc<Profiler>,
    sampling: Option<Sampling>,
}

/// What the guest's thread leaves for the collector; locked for moments only.
#[derive(Default)]
struct Inbox {
    /// Keeps code published that stacks point into.
    codes: Vec<Arc<Code>>,
    /// Interpreted functions.
    functions: Vec<Arc<Functions>>,
    /// Host functions by the addresses of their records.
    hosts: HashMap<usize, HostName>,
    /// Stacks in which memory was allocated, and bytes.
    growths: Vec<(Vec<Word>, u64)>,
}

/// What the collector has made of it.
#[derive(Default)]
struct Collected {
    cpu: HashMap<Vec<Word>, Totals>,
    memory: HashMap<Vec<Word>, Totals>,
    symbols: Vec<SharedSymbols>,
    frames: HashMap<Word, Frame>,
    lost: u64,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    count: u64,
    amount: u64,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbox").field("growths", &self.growths.len()).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Collected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collected").field("frames", &self.frames.len()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Profiler {
    /// Makes a profiler, and its thread, which ends with it.
    ///
    /// # Errors
    ///
    /// The system's, where there can be no thread.
    pub(crate) fn start() -> io::Result<Arc<Profiler>> {
        let profiler = Arc::new(Profiler {
            inbox: Mutex::default(),
            collected: Mutex::default(),
            samples: AtomicBool::new(false),
            attached: AtomicBool::new(false),
        });
        let weak = Arc::downgrade(&profiler);
        std::thread::Builder::new().name("profile".into()).spawn(move || collect_while_alive(&weak))?;
        Ok(profiler)
    }

    /// Samples this thread from now on, until the result is dropped.
    ///
    /// # Errors
    ///
    /// `ResourceBusy` while another profiler of the process samples; otherwise the system's.
    pub(crate) fn sample_this_thread(self: &Arc<Self>) -> io::Result<CpuSampling> {
        let sampling = Some(Sampling::start()?);
        self.samples.store(true, Ordering::SeqCst);
        Ok(CpuSampling { profiler: self.clone(), sampling })
    }

    /// Takes it for a store. Whether it was free.
    pub(super) fn attach(&self) -> bool {
        !self.attached.swap(true, Ordering::SeqCst)
    }

    /// Learns of code that the store is going to run.
    pub(super) fn note_code(&self, code: &Arc<Code>) {
        lock(&self.inbox).codes.push(code.clone());
    }

    /// Learns of functions that the store is going to interpret.
    pub(super) fn note_functions(&self, functions: &Arc<Functions>) {
        lock(&self.inbox).functions.push(functions.clone());
    }

    /// Learns of a host function, by the address of its record.
    pub(super) fn note_host(&self, address: usize, name: HostName) {
        lock(&self.inbox).hosts.insert(address, name);
    }

    /// Notes that a new memory has that many bytes.
    pub(super) fn note_memory(&self, bytes: u64) {
        if bytes > 0 {
            lock(&self.inbox).growths.push((vec![Word::INITIAL], bytes));
        }
    }

    /// Notes that a memory has grown by that many bytes, on behalf of the wasm that runs on this thread, if any does.
    pub(super) fn note_growth(&self, bytes: u64) {
        let mut stack = GrowthStack(Vec::new());
        // SAFETY: The pointer is null or this thread's innermost activation, which ends only after this call.
        match unsafe { entry::current().as_ref() } {
            Some(activation) => walk_host_call(&mut stack, activation),
            None => stack.0.push(Word::EMBEDDER),
        }
        lock(&self.inbox).growths.push((stack.0, bytes));
    }

    /// The profile up to now.
    pub(crate) fn profile(&self, kind: ProfileKind) -> Profile {
        let mut collected = lock(&self.collected);
        self.collect(&mut collected);
        let stacks = match kind {
            ProfileKind::Cpu => &collected.cpu,
            ProfileKind::Memory => &collected.memory,
        };
        let mut profile = Profile { kind, period: sampler::PERIOD, frames: Vec::new(), samples: Vec::new(), lost: 0 };
        if kind == ProfileKind::Cpu {
            profile.lost = collected.lost;
        }
        let mut positions: HashMap<Word, usize> = HashMap::new();
        for (words, totals) in stacks {
            let known = words.iter().filter_map(|word| Some((word, collected.frames.get(word)?)));
            let stack = known.map(|(word, frame)| {
                *positions.entry(*word).or_insert_with(|| {
                    profile.frames.push(frame.clone());
                    profile.frames.len() - 1
                })
            });
            let stack = stack.collect();
            profile.samples.push(ProfileSample { stack, count: totals.count, amount: totals.amount });
        }
        profile
    }

    /// Takes in what has come since the last time, and reads the names of what is new.
    fn collect(&self, collected: &mut Collected) {
        let growths = mem::take(&mut lock(&self.inbox).growths);
        let mut unnamed = Vec::new();
        let mut add =
            |stacks: &mut HashMap<Vec<Word>, Totals>, frames: &HashMap<Word, Frame>, stack: Vec<Word>, amount| {
                unnamed.extend(stack.iter().copied().filter(|word| !frames.contains_key(word)));
                let totals = stacks.entry(stack).or_default();
                totals.count += 1;
                totals.amount += amount;
            };
        for (stack, bytes) in growths {
            add(&mut collected.memory, &collected.frames, stack, bytes);
        }
        if let Some(ring) = sampler::ring().filter(|_| self.samples.load(Ordering::SeqCst)) {
            ring.drain(|nanos, stack| add(&mut collected.cpu, &collected.frames, stack, nanos));
            collected.lost += ring.take_lost();
        }
        for word in unnamed {
            if !collected.frames.contains_key(&word)
                && let Some(frame) = self.name(&mut collected.symbols, word)
            {
                collected.frames.insert(word, frame);
            }
        }
    }

    /// The frame of a word with its names; nothing for addresses of trampolines.
    fn name(&self, symbols: &mut Vec<SharedSymbols>, word: Word) -> Option<Frame> {
        let named = |func: &str| Some(Frame { func: func.to_owned(), ..Frame::default() });
        match word.meaning() {
            Meaning::Code(pc) => match resolve(pc).into_iter().next()? {
                Resolved::Wasm { module, function, offset } => {
                    if !symbols.iter().any(|known| known.is_of(&module)) {
                        symbols.push(SharedSymbols::shared(&module));
                    }
                    symbols
                        .iter()
                        .find(|known| known.is_of(&module))
                        .map(|known| known.frame_or_export(function, offset))
                }
                Resolved::Host(name) => Some(name.frame()),
            },
            Meaning::Host(address) => {
                let name = lock(&self.inbox).hosts.get(&address).cloned()?;
                named(&format!("{}.{}", name.module, name.func))
            }
            Meaning::Interpreted(address) => {
                let functions = lock(&self.inbox).functions.clone();
                let function = functions.iter().find_map(|functions| functions.at(address))?;
                let (module, index) = function.identity();
                if !symbols.iter().any(|known| known.is_of(module)) {
                    symbols.push(SharedSymbols::shared(module));
                }
                symbols.iter().find(|known| known.is_of(module)).map(|known| known.frame_or_export(index, None))
            }
            Meaning::Helper(number) => named(&helper_name(*Builtin::ALL.get(number)?)),
            Meaning::Omitted => named("[omitted frames]"),
            Meaning::Initial => named("[initial memory]"),
            Meaning::Embedder => named("[embedder]"),
        }
    }
}

/// The instruction that a helper serves. spec: appendix/index-instructions
fn helper_name(helper: Builtin) -> String {
    match helper {
        Builtin::move_bytes => "memory.copy".to_owned(),
        Builtin::set_bytes => "memory.fill".to_owned(),
        _ => format!("{helper:?}").replacen('_', ".", 1),
    }
}

/// What the profiler's thread does.
fn collect_while_alive(profiler: &Weak<Profiler>) {
    loop {
        std::thread::sleep(COLLECT_EVERY);
        let Some(profiler) = profiler.upgrade() else { return };
        let mut collected = lock(&profiler.collected);
        profiler.collect(&mut collected);
    }
}

impl Drop for CpuSampling {
    fn drop(&mut self) {
        let mut collected = lock(&self.profiler.collected);
        // The ring must be emptied before anybody else may sample.
        self.profiler.collect(&mut collected);
        self.profiler.samples.store(false, Ordering::SeqCst);
        self.sampling = None;
    }
}

/// The stack of a growth.
struct GrowthStack(Vec<Word>);

impl FrameSink for GrowthStack {
    fn push(&mut self, frame: RawFrame) {
        let word = Word::of(frame);
        if self.0.len() < MAX_FRAMES {
            self.0.push(word);
        } else if let [.., omitted, last] = self.0.as_mut_slice() {
            (*omitted, *last) = (Word::OMITTED, word);
        }
    }

    fn is_full(&self) -> bool {
        false
    }
}

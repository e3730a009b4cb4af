//! All published code of the process by address, readable from a signal handler.
//!
//! Writers hold a lock, build a new sorted array and swap one pointer. Readers announce themselves in a counter, then load
//! the pointer. An old array is freed by the first writer that finds the counter at zero after its own swap: whoever comes
//! later loads a newer pointer. Both sides use sequentially consistent operations, on which that argument rests.

use super::Code;
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// The array that readers see, or null for none.
static INDEX: AtomicPtr<Index> = AtomicPtr::new(ptr::null_mut());
/// Readers between announcing themselves and being done.
static READERS: AtomicUsize = AtomicUsize::new(0);
/// What the array is built from.
static PUBLISHED: Mutex<Published> = Mutex::new(Published { entries: Vec::new(), retired: Vec::new() });

/// An immutable array, ascending by address.
#[derive(Debug)]
struct Index(Vec<(Range<usize>, *const Code)>);

/// The writers' side.
struct Published {
    /// Ascending by address; ranges do not overlap and are not empty.
    entries: Vec<(Range<usize>, Weak<Code>)>,
    /// Arrays that a reader may still look at, where it found them.
    #[allow(clippy::vec_box, reason = "readers hold the addresses of these boxes")]
    retired: Vec<Box<Index>>,
}

// SAFETY: The pointers in an array are followed only by readers on threads that run the code they point to, see
// `with_code_at`; the array itself is plain data.
unsafe impl Send for Index {}

fn published() -> MutexGuard<'static, Published> {
    PUBLISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes code known. Its text must not be empty.
pub(super) fn register(code: &Arc<Code>) {
    let mut published = published();
    let range = code.range();
    let position = published.entries.partition_point(|(other, _)| other.start < range.start);
    published.entries.insert(position, (range, Arc::downgrade(code)));
    published.swap_index();
}

/// Forgets code, before its text is unmapped. Nothing happens for a range that is not known.
pub(super) fn unregister(range: &Range<usize>) {
    let mut published = published();
    published.entries.retain(|(other, _)| other != range);
    published.swap_index();
}

impl Published {
    fn swap_index(&mut self) {
        let entries = self.entries.iter().map(|(range, code)| (range.clone(), code.as_ptr())).collect();
        let old = INDEX.swap(Box::into_raw(Box::new(Index(entries))), Ordering::SeqCst);
        if !old.is_null() {
            // SAFETY: Every pointer in `INDEX` came from `Box::into_raw`, and the swap took it out, so it is taken once.
            self.retired.push(unsafe { Box::from_raw(old) });
        }
        if READERS.load(Ordering::SeqCst) == 0 {
            self.retired.clear();
        }
    }
}

/// Hands the code that `pc` lies in to `look`, without a lock. For the fault handler.
///
/// # Safety
///
/// If `pc` lies in published code, that code must stay published meanwhile: because this thread is executing it, or owns
/// a share of it.
pub unsafe fn with_code_at<R>(pc: usize, look: impl FnOnce(&Code) -> R) -> Option<R> {
    READERS.fetch_add(1, Ordering::SeqCst);
    // SAFETY: The pointer is null or an array that is not freed while this reader is counted, see the module's head.
    let index = unsafe { INDEX.load(Ordering::SeqCst).as_ref() };
    let found = index.and_then(|index| index.find(pc)).map(|code| {
        // SAFETY: The caller vouches that it stays published, and dropping code forgets it here first.
        look(unsafe { &*code })
    });
    READERS.fetch_sub(1, Ordering::SeqCst);
    found
}

impl Index {
    fn find(&self, pc: usize) -> Option<*const Code> {
        let position = self.0.partition_point(|(range, _)| range.end <= pc);
        self.0.get(position).filter(|(range, _)| range.contains(&pc)).map(|(_, code)| *code)
    }
}

/// The code that `pc` lies in. Takes a lock; not for signal handlers.
pub fn code_at(pc: usize) -> Option<Arc<Code>> {
    let published = published();
    let position = published.entries.partition_point(|(range, _)| range.end <= pc);
    let (range, code) = published.entries.get(position)?;
    if range.contains(&pc) { code.upgrade() } else { None }
}

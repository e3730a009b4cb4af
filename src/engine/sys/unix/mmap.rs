//! Address space from `mmap`: reserved without access and without counting against memory, then opened piece by piece.

use rustix::mm::{self, MapFlags, MprotectFlags, ProtFlags};
use std::ffi::c_void;
use std::io;
use std::ptr::NonNull;

/// Size of a huge page in bytes on the processors that we know.
#[cfg(target_os = "linux")]
const HUGE_PAGE_BYTES: usize = 2 << 20;

/// How address space is reserved: not counted against memory, where the system would count what nobody has touched.
#[cfg(not(target_os = "freebsd"))]
const RESERVED: MapFlags = MapFlags::PRIVATE.union(MapFlags::NORESERVE);
/// How address space is reserved. The system does not count what nobody has touched, unless it is told to.
#[cfg(target_os = "freebsd")]
const RESERVED: MapFlags = MapFlags::PRIVATE;

/// What may be done with a page. There is no way to ask for writable and executable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Reading alone.
    Read,
    /// Reading and writing.
    ReadWrite,
    /// Reading and executing.
    ReadExecute,
}

/// An owned range of address space. Dropping it unmaps it.
#[derive(Debug)]
pub struct Mapping {
    /// Page-aligned; dangling where `len` is 0.
    base: NonNull<c_void>,
    /// Bytes, a multiple of the page size.
    len: usize,
}

// SAFETY: A mapping is plain memory, which belongs to no thread; changes of protection need `&mut`.
unsafe impl Send for Mapping {}
// SAFETY: As above.
unsafe impl Sync for Mapping {}

/// The system's page size in bytes.
pub fn page_bytes() -> usize {
    rustix::param::page_size()
}

/// Whether a limit on the process's address space is set (`ulimit -v`), so that reserving much of it may fail.
pub fn address_space_is_limited() -> bool {
    rustix::process::getrlimit(rustix::process::Resource::As).current.is_some()
}

impl Mapping {
    /// Reserves `len` bytes, rounded up to pages, that cannot be accessed yet. Once made accessible they read as zero.
    ///
    /// # Errors
    ///
    /// The system's, when the address space or a limit on it is used up.
    pub fn reserve(len: usize) -> io::Result<Mapping> {
        let len = len.checked_next_multiple_of(page_bytes()).ok_or(io::ErrorKind::OutOfMemory)?;
        // No object is larger, whatever the system would give: a process of 32 bits may have 4 GiB of addresses.
        if len > isize::MAX as usize {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        if len == 0 {
            return Ok(Mapping { base: NonNull::dangling(), len });
        }
        // SAFETY: A new mapping at an address of the system's choice changes no existing one.
        let base = unsafe { mm::mmap_anonymous(std::ptr::null_mut(), len, ProtFlags::empty(), RESERVED) }?;
        let base = NonNull::new(base).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { base, len })
    }

    /// First byte. Also valid as an integer: code and handlers compare addresses with it.
    pub fn base(&self) -> *mut u8 {
        let base = self.base.as_ptr().cast::<u8>();
        base.expose_provenance();
        base
    }

    /// Number of bytes, a multiple of the page size.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Changes what may be done with the pages that `offset` and `len` (in bytes) cover. References into pages that lose
    /// access must not be used any more.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a range that is not page-aligned or not inside; otherwise the system's, for instance when a
    /// limit on memory is reached.
    pub fn protect(&mut self, offset: usize, len: usize, protection: Protection) -> io::Result<()> {
        let pages = self.pages(offset, len)?;
        if len == 0 {
            return Ok(());
        }
        let flags = match protection {
            Protection::Read => MprotectFlags::READ,
            Protection::ReadWrite => MprotectFlags::READ | MprotectFlags::WRITE,
            Protection::ReadExecute => MprotectFlags::READ | MprotectFlags::EXEC,
        };
        // SAFETY: The pages are this mapping's own, which `&mut self` borrows whole.
        unsafe { mm::mprotect(pages, len, flags) }?;
        Ok(())
    }

    /// Asks for pages of 2 MiB where there is room for some, which take fewer faults to fill. Nothing depends on it.
    pub fn prefer_huge_pages(&mut self) {
        #[cfg(target_os = "linux")]
        if self.len >= HUGE_PAGE_BYTES {
            // SAFETY: The pages are this mapping's own, and advice about their size changes nothing in them.
            let _ = unsafe { mm::madvise(self.base.as_ptr(), self.len, mm::Advice::LinuxHugepage) };
        }
    }

    /// Takes the pages from the system at once, and not one by one as they are written to, which can be done already. Nothing
    /// depends on it.
    pub fn populate(&mut self) {
        #[cfg(target_os = "linux")]
        {
            // SAFETY: The pages are this mapping's own, and what they hold does not change.
            let _ = unsafe { mm::madvise(self.base.as_ptr(), self.len, mm::Advice::LinuxPopulateWrite) };
        }
    }

    /// The address of `offset`, once the range is known to be pages of this mapping.
    fn pages(&self, offset: usize, len: usize) -> io::Result<*mut c_void> {
        let inside = offset.checked_add(len).is_some_and(|end| end <= self.len);
        if !inside || !offset.is_multiple_of(page_bytes()) || !len.is_multiple_of(page_bytes()) {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        Ok(self.base.as_ptr().wrapping_byte_add(offset))
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: The range was mapped by `reserve`, is unmapped only here, and nothing that borrowed it is left.
            // Unmapping an existing page range cannot fail.
            let _ = unsafe { mm::munmap(self.base.as_ptr(), self.len) };
        }
    }
}

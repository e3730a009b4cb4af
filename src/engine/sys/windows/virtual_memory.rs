//! Address space from `VirtualAlloc`: reserved first, which counts against nothing, then committed piece by piece.
//!
//! What is committed counts against the system's limit (memory and page files) whether it is used or not, but takes no
//! memory before it is touched.

use std::ffi::c_void;
use std::io;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_RELEASE, MEM_RESERVE, PAGE_EXECUTE_READ, PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE,
    VirtualAlloc, VirtualFree, VirtualProtect,
};
use windows_sys::Win32::System::SystemInformation::{GetSystemInfo, SYSTEM_INFO};

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

/// An owned range of address space. Dropping it releases it.
#[derive(Debug)]
pub struct Mapping {
    /// Aligned to the system's granularity of 64 KiB; dangling where `len` is 0.
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
    static PAGE_BYTES: OnceLock<usize> = OnceLock::new();
    *PAGE_BYTES.get_or_init(|| {
        let mut info = SYSTEM_INFO::default();
        // SAFETY: The pointer has room for the answer; the call cannot fail.
        unsafe { GetSystemInfo(&raw mut info) };
        info.dwPageSize as usize
    })
}

/// Whether a limit on the process's address space is set. Windows knows none: limits of jobs count committed memory.
pub fn address_space_is_limited() -> bool {
    false
}

impl Mapping {
    /// Reserves `len` bytes, rounded up to pages, that cannot be accessed yet. Once made accessible they read as zero.
    ///
    /// # Errors
    ///
    /// The system's, when the address space is used up.
    pub fn reserve(len: usize) -> io::Result<Mapping> {
        let len = len.checked_next_multiple_of(page_bytes()).ok_or(io::ErrorKind::OutOfMemory)?;
        if len == 0 {
            return Ok(Mapping { base: NonNull::dangling(), len });
        }
        // SAFETY: A new reservation at an address of the system's choice changes no existing one.
        let base = unsafe { VirtualAlloc(ptr::null(), len, MEM_RESERVE, PAGE_NOACCESS) };
        let base = NonNull::new(base).ok_or_else(io::Error::last_os_error)?;
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
            Protection::Read => PAGE_READONLY,
            Protection::ReadWrite => PAGE_READWRITE,
            Protection::ReadExecute => PAGE_EXECUTE_READ,
        };
        // SAFETY: The pages are this mapping's own, which `&mut self` borrows whole. Those that are committed already keep
        // their contents.
        if unsafe { VirtualAlloc(pages, len, MEM_COMMIT, flags) }.is_null() {
            return Err(io::Error::last_os_error());
        }
        let mut before = 0;
        // SAFETY: As above. Pages that were committed before have their old protection still.
        match unsafe { VirtualProtect(pages, len, flags, &raw mut before) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// Asks for larger pages where there is room for some. Windows gives them to privileged users alone, so nothing happens.
    pub fn prefer_huge_pages(&mut self) {}

    /// Takes pages at once; Windows has nothing for that.
    pub fn populate(&mut self) {}

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
            // SAFETY: The range was reserved by `reserve`, is released only here, and nothing that borrowed it is left.
            // Releasing a whole reservation cannot fail.
            unsafe { VirtualFree(self.base.as_ptr(), 0, MEM_RELEASE) };
        }
    }
}

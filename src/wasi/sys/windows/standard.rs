//! The three standard streams of the process: a console, a pipe, a file, or nothing at all.

use super::console::{self, Console};
use super::file::{read_file, write_file};
use super::handle::{Kind, kind};
use crate::wasi::errno::Errno;
use crate::wasi::types::FdFlags;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::windows::io::{AsHandle, BorrowedHandle};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// A standard stream.
#[derive(Debug)]
pub(in crate::wasi) struct Standard {
    which: Which,
    /// None where the process was started without it.
    open: OnceLock<Option<Open>>,
    console: Mutex<Console>,
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Input,
    Output,
    Error,
}

/// Where a stream leads, and what that is.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) file: File,
    pub(super) kind: Kind,
    pub(super) is_console: bool,
}

pub(super) static STDIN: Standard = Standard::new(Which::Input);
pub(super) static STDOUT: Standard = Standard::new(Which::Output);
pub(super) static STDERR: Standard = Standard::new(Which::Error);

impl Standard {
    const fn new(which: Which) -> Standard {
        let console = Mutex::new(Console::new());
        Standard { which, open: OnceLock::new(), console }
    }

    /// Where it leads. The handle is the stream's own once more, so that nobody's closing it does harm.
    pub(super) fn open(&self) -> Option<&Open> {
        let open = self.open.get_or_init(|| {
            let duplicate = |handle: BorrowedHandle<'_>| handle.try_clone_to_owned().ok();
            let handle = match self.which {
                Which::Input => duplicate(io::stdin().as_handle()),
                Which::Output => duplicate(io::stdout().as_handle()),
                Which::Error => duplicate(io::stderr().as_handle()),
            };
            let file = File::from(handle?);
            let kind = kind(file.as_handle());
            let is_console = kind == Kind::Device && console::mode(&file).is_some();
            (kind != Kind::Unknown).then_some(Open { file, kind, is_console })
        });
        open.as_ref()
    }

    pub(super) fn handle(&self) -> Option<BorrowedHandle<'_>> {
        self.open().map(|open| open.file.as_handle())
    }

    pub(super) fn console(&self) -> MutexGuard<'_, Console> {
        self.console.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads. A stream that is not there is at its end, as on Unix, where it leads to the null device.
    pub(super) fn read(&self, slices: &mut [IoSliceMut<'_>]) -> Result<usize, Errno> {
        match self.open() {
            None => Ok(0),
            Some(open) if open.is_console => match slices.iter_mut().find(|slice| !slice.is_empty()) {
                Some(slice) => Ok(self.console().read(&open.file, slice)?),
                None => Ok(0),
            },
            Some(open) => Ok(read_file(&open.file, slices, open.kind == Kind::Disk)?),
        }
    }

    /// Writes. A stream that is not there takes everything.
    pub(super) fn write(&self, slices: &[IoSlice<'_>]) -> Result<usize, Errno> {
        match self.open() {
            None => Ok(slices.iter().map(|slice| slice.len()).sum()),
            Some(open) if open.is_console => {
                let mut console = self.console();
                let mut written = 0;
                for slice in slices {
                    written += console.write(&open.file, slice)?;
                }
                Ok(written)
            }
            Some(open) => Ok(write_file(&open.file, slices, FdFlags::NONE)?),
        }
    }

    /// Leaves a console as it was.
    pub(super) fn restore(&self) {
        if let Some(open) = self.open().filter(|open| open.is_console) {
            self.console().restore(&open.file);
        }
    }
}

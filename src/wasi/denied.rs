//! What a guest was denied last: the path, and why.
//!
//! A program that cannot have a file often ends with no more than "not found". The context remembers the last path that
//! WASI refused or missed, so that the embedder can say what would have helped.

use super::ctx::WasiCtx;
use super::errno::Errno;
use super::guest::GuestMemory;
use super::resolve::Stop;

/// A path that a guest did not get.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeniedPath {
    /// The path from the guest's root, as far as it is known: the mount's name, and what was asked for below it. Any bytes.
    pub path: Vec<u8>,
    /// Why.
    pub reason: DeniedReason,
}

/// Why a guest did not get a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeniedReason {
    /// It lies outside the directories that are open to the guest.
    Outside,
    /// It would have been changed, and the mount is read-only.
    ReadOnly,
    /// It is a device, or lies in a file system of the kernel's own.
    Special,
    /// Nothing is there.
    Missing,
}

impl WasiCtx {
    /// The last path that the guest was denied, or did not find.
    pub fn denied_path(&self) -> Option<&DeniedPath> {
        self.denied.as_ref()
    }

    /// Whether the guest asked for its directories and was told that there are none.
    pub fn lacked_directories(&self) -> bool {
        self.lacked_directories
    }

    /// Notes why something was not done to the path at `path`, and makes the guest's number of it.
    pub(super) fn note<T>(
        &mut self,
        memory: &GuestMemory<'_>,
        (fd, path, path_len): (u32, u32, u32),
        outcome: Result<T, Stop>,
    ) -> Result<T, Errno> {
        let stop = match outcome {
            Ok(done) => return Ok(done),
            Err(stop) => stop,
        };
        let reason = match stop {
            Stop::Escape | Stop::Outside => Some(DeniedReason::Outside),
            Stop::Special => Some(DeniedReason::Special),
            Stop::Errno(Errno::Rofs) => Some(DeniedReason::ReadOnly),
            Stop::Errno(Errno::Noent) => Some(DeniedReason::Missing),
            Stop::Errno(_) => None,
        };
        if let (Some(reason), Ok(path)) = (reason, memory.slice(path, path_len)) {
            self.denied = self.full_path(fd, path).map(|path| DeniedPath { path, reason });
        }
        Err(stop.into())
    }

    /// The path from the guest's root.
    fn full_path(&self, fd: u32, path: &[u8]) -> Option<Vec<u8>> {
        let dir = self.table.get(fd).ok()?.dir().ok()?;
        if path.starts_with(b"/") {
            return Some(path.to_vec());
        }
        let parts = [dir.mount.name.as_slice(), dir.stand.path()?, path];
        let mut full = Vec::new();
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            if !full.is_empty() && !full.ends_with(b"/") {
                full.push(b'/');
            }
            full.extend_from_slice(part);
        }
        Some(full)
    }
}

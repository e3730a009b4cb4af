//! [`FdTable`]: the guest's descriptor numbers.
//!
//! A number is an index into one vector, so that looking up costs one comparison. As POSIX demands, a new descriptor gets
//! the lowest number that is free: numbers that became free wait in a heap, so that this takes no longer in a table with
//! many open ones. Dropping the table closes the descriptors from the lowest number on.

use super::descriptor::{Descriptor, DirHandle};
use super::errno::Errno;
use super::types::Rights;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Numbers of a table at most. The operating system's own limit is usually met first.
const MOST_DESCRIPTORS: usize = 1 << 20;

/// Descriptors by number.
#[derive(Default)]
pub(super) struct FdTable {
    slots: Vec<Option<Descriptor>>,
    /// The numbers of all empty slots, the lowest on top.
    free: BinaryHeap<Reverse<u32>>,
}

impl FdTable {
    pub(super) fn get(&self, fd: u32) -> Result<&Descriptor, Errno> {
        self.slots.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    pub(super) fn get_mut(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.slots.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// The directory of this number, if the guest may do with it what `right` says.
    pub(super) fn dir(&self, fd: u32, right: Rights) -> Result<&DirHandle, Errno> {
        let descriptor = self.get(fd)?;
        let dir = descriptor.dir()?;
        descriptor.require(right)?;
        Ok(dir)
    }

    /// As [`Self::dir`], for what changes it; `ROFS` in a read-only mount.
    pub(super) fn dir_to_change(&self, fd: u32, right: Rights) -> Result<&DirHandle, Errno> {
        let dir = self.dir(fd, right)?;
        self.get(fd)?.writable()?;
        Ok(dir)
    }

    /// Puts a descriptor at the lowest free number and tells it. A full table is `MFILE`.
    pub(super) fn insert(&mut self, descriptor: Descriptor) -> Result<u32, Errno> {
        let fd = match self.free.pop() {
            Some(Reverse(fd)) => fd,
            None if self.slots.len() == MOST_DESCRIPTORS => return Err(Errno::Mfile),
            None => {
                self.slots.push(None);
                self.slots.len() as u32 - 1
            }
        };
        self.slots[fd as usize] = Some(descriptor);
        Ok(fd)
    }

    /// Takes a descriptor out; dropping it closes it.
    pub(super) fn remove(&mut self, fd: u32) -> Result<Descriptor, Errno> {
        let removed = self.slots.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)?;
        self.free.push(Reverse(fd));
        Ok(removed)
    }

    /// Moves a descriptor to the number of another open one, which is closed.
    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Result<(), Errno> {
        self.get(from)?;
        self.get(to)?;
        if from != to {
            self.slots[to as usize] = Some(self.remove(from)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::stdio::Stream;
    use super::*;
    use std::io;

    fn table(len: usize) -> FdTable {
        let mut table = FdTable::default();
        for fd in 0..len {
            assert_eq!(table.insert(output()), Ok(fd as u32));
        }
        table
    }

    fn output() -> Descriptor {
        Descriptor::stream(Stream::Writer(Box::new(io::sink())))
    }

    #[test]
    fn the_lowest_free_number_is_next() {
        let mut table = table(5);
        assert!(table.remove(3).is_ok());
        assert!(table.remove(1).is_ok());
        assert_eq!(table.remove(1).err(), Some(Errno::Badf));
        assert_eq!(table.get(1).err(), Some(Errno::Badf));
        for expect in [1, 3, 5] {
            assert_eq!(table.insert(output()), Ok(expect));
        }
        assert_eq!(table.get(u32::MAX).err(), Some(Errno::Badf));
    }

    #[test]
    fn renumber_moves_over_an_open_number() {
        let mut table = table(4);
        assert_eq!(table.renumber(3, 1), Ok(()));
        assert_eq!(table.renumber(3, 1), Err(Errno::Badf));
        assert_eq!(table.renumber(1, 3), Err(Errno::Badf));
        assert_eq!(table.renumber(1, 1), Ok(()));
        assert!(table.get(1).is_ok());
        assert_eq!(table.insert(output()), Ok(3));
    }

    #[test]
    fn a_full_table_is_mfile_and_as_fast_as_an_empty_one() {
        let mut table = table(3);
        table.slots.resize_with(MOST_DESCRIPTORS, || Some(output()));
        assert_eq!(table.insert(output()), Err(Errno::Mfile));
        // A search for a free number would look at 10^11 slots here.
        for _ in 0..100_000 {
            assert!(table.remove(3).is_ok() && table.remove(MOST_DESCRIPTORS as u32 - 1).is_ok());
            assert_eq!(table.insert(output()), Ok(3));
            assert_eq!(table.insert(output()), Ok(MOST_DESCRIPTORS as u32 - 1));
        }
    }
}

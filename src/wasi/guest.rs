//! [`GuestMemory`]: the one way to the guest's bytes.
//!
//! A pointer and a length from the guest are two numbers that may be anything. Every access here checks them against the
//! memory's size, without wrapping, and answers `FAULT` where they do not fit; nothing asks for alignment. What a list of
//! buffers ("iovecs") names is handed to the operating system in place, without a copy.
//!
//! Aliasing: a guest may name the same bytes twice in one list. Reading *from* them (a write to a file) does no harm.
//! Where they are written, the list ends before the first buffer that overlaps an earlier one, and the guest sees a
//! short read, as POSIX allows at any time.

use super::errno::Errno;
use super::types::Scalar;
use std::io::{IoSlice, IoSliceMut};
use std::mem;

/// Buffers of a list that are held on the stack; C libraries pass one or two.
const FEW_IOVECS: usize = 16;

/// Buffers that one call takes from a list, as `IOV_MAX` of Linux and macOS. What stands behind them is left for the next
/// call: the guest sees a short read or write.
const MOST_IOVECS: usize = 1024;

/// Bytes that one call moves at most. Linux stops there by itself; macOS would refuse a longer list.
const MOST_BYTES: usize = 0x7fff_f000;

/// Size of an `iovec` or `ciovec` in guest memory: pointer and length, 4 bytes each.
const IOVEC_SIZE: u32 = 8;

/// A guest's linear memory for the time of one host call.
pub(super) struct GuestMemory<'a> {
    bytes: &'a mut [u8],
}

/// A checked range of guest memory, in bytes; never empty.
#[derive(Clone, Copy, Default)]
struct Region {
    start: usize,
    len: usize,
}

impl Region {
    fn overlaps(self, other: Region) -> bool {
        self.start < other.start + other.len && other.start < self.start + self.len
    }
}

impl<'a> GuestMemory<'a> {
    pub(super) fn new(bytes: &'a mut [u8]) -> GuestMemory<'a> {
        GuestMemory { bytes }
    }

    /// The `len` bytes at `ptr`.
    pub(super) fn slice(&self, ptr: u32, len: u32) -> Result<&[u8], Errno> {
        let start = ptr as usize;
        let end = start.checked_add(len as usize).ok_or(Errno::Fault)?;
        self.bytes.get(start..end).ok_or(Errno::Fault)
    }

    /// The `len` bytes at `ptr`, to be written.
    pub(super) fn slice_mut(&mut self, ptr: u32, len: u32) -> Result<&mut [u8], Errno> {
        let start = ptr as usize;
        let end = start.checked_add(len as usize).ok_or(Errno::Fault)?;
        self.bytes.get_mut(start..end).ok_or(Errno::Fault)
    }

    /// Whether `len` bytes at `ptr` exist. Handlers ask before they do what cannot be undone.
    pub(super) fn check(&self, ptr: u32, len: u32) -> Result<(), Errno> {
        self.slice(ptr, len).map(|_| ())
    }

    /// The `SIZE` bytes at `ptr`, as a record's `decode` takes them.
    pub(super) fn array<const SIZE: usize>(&self, ptr: u32) -> Result<&[u8; SIZE], Errno> {
        let start = ptr as usize;
        let tail = self.bytes.get(start..).ok_or(Errno::Fault)?;
        tail.first_chunk().ok_or(Errno::Fault)
    }

    pub(super) fn read<S: Scalar>(&self, ptr: u32) -> Result<S, Errno> {
        Ok(S::take(self.slice(ptr, size_of::<S>() as u32)?))
    }

    pub(super) fn write<S: Scalar>(&mut self, ptr: u32, number: S) -> Result<(), Errno> {
        number.put(self.slice_mut(ptr, size_of::<S>() as u32)?);
        Ok(())
    }

    pub(super) fn write_bytes(&mut self, ptr: u32, bytes: &[u8]) -> Result<(), Errno> {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?;
        self.slice_mut(ptr, len)?.copy_from_slice(bytes);
        Ok(())
    }

    /// Calls `write` with the buffers of the list at `iovs`, to be read from, and gives its result on. Empty buffers are
    /// left out, wherever they point: languages give those a pointer of no meaning.
    pub(super) fn gather<R>(
        &self,
        iovs: u32,
        iovs_len: u32,
        write: impl FnOnce(&[IoSlice<'_>]) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        self.with_regions(iovs, iovs_len, |regions| {
            if regions.len() <= FEW_IOVECS {
                let mut slices = [IoSlice::new(&[]); FEW_IOVECS];
                self.fill(regions, &mut slices);
                write(&slices[..regions.len()])
            } else {
                let mut slices = vec![IoSlice::new(&[]); regions.len()];
                self.fill(regions, &mut slices);
                write(&slices)
            }
        })
    }

    fn fill<'s>(&'s self, regions: &[Region], slices: &mut [IoSlice<'s>]) {
        for (slice, region) in slices.iter_mut().zip(regions) {
            *slice = IoSlice::new(&self.bytes[region.start..region.start + region.len]);
        }
    }

    /// Calls `read` with the buffers of the list at `iovs`, to be written, and gives its result on. Empty buffers are left
    /// out as in [`Self::gather`].
    pub(super) fn scatter<R>(
        &mut self,
        iovs: u32,
        iovs_len: u32,
        read: impl FnOnce(&mut [IoSliceMut<'_>]) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let mut few = [Region::default(); FEW_IOVECS];
        let mut many = Vec::new();
        let regions = self.regions(iovs, iovs_len, &mut few, &mut many)?;
        let distinct = (1..regions.len()).find(|&i| regions[..i].iter().any(|earlier| earlier.overlaps(regions[i])));
        let regions = &regions[..distinct.unwrap_or(regions.len())];
        if let [region] = regions {
            return read(&mut [IoSliceMut::new(&mut self.bytes[region.start..region.start + region.len])]);
        }
        if regions.len() <= FEW_IOVECS {
            let mut slices = [const { None }; FEW_IOVECS];
            let mut order = [0; FEW_IOVECS];
            split(self.bytes, regions, &mut order[..regions.len()], &mut slices);
            let mut slices = slices.map(|slice| IoSliceMut::new(slice.unwrap_or_default()));
            read(&mut slices[..regions.len()])
        } else {
            let mut slices: Vec<Option<&mut [u8]>> = regions.iter().map(|_| None).collect();
            split(self.bytes, regions, &mut vec![0; regions.len()], &mut slices);
            let mut slices: Vec<_> = slices.into_iter().map(|s| IoSliceMut::new(s.unwrap_or_default())).collect();
            read(&mut slices)
        }
    }

    fn with_regions<R>(
        &self,
        iovs: u32,
        iovs_len: u32,
        then: impl FnOnce(&[Region]) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let mut few = [Region::default(); FEW_IOVECS];
        let mut many = Vec::new();
        then(self.regions(iovs, iovs_len, &mut few, &mut many)?)
    }

    /// The buffers of a list, checked. They are put into `few`, or into `many` where there are more.
    fn regions<'r>(
        &self,
        iovs: u32,
        iovs_len: u32,
        few: &'r mut [Region; FEW_IOVECS],
        many: &'r mut Vec<Region>,
    ) -> Result<&'r [Region], Errno> {
        let list = self.slice(iovs, iovs_len.checked_mul(IOVEC_SIZE).ok_or(Errno::Fault)?)?;
        let mut found = 0;
        let mut room = MOST_BYTES;
        for entry in list.chunks_exact(IOVEC_SIZE as usize) {
            let (ptr, len) = (u32::take(&entry[..4]), u32::take(&entry[4..]));
            if len == 0 {
                continue;
            }
            if found == MOST_IOVECS || room == 0 {
                break;
            }
            self.check(ptr, len)?;
            let region = Region { start: ptr as usize, len: room.min(len as usize) };
            room -= region.len;
            if found < FEW_IOVECS {
                few[found] = region;
            } else {
                if found == FEW_IOVECS {
                    many.extend_from_slice(few);
                }
                many.push(region);
            }
            found += 1;
        }
        Ok(if found <= FEW_IOVECS { &few[..found] } else { many })
    }
}

/// Splits `bytes` into the regions, which do not overlap, and puts each into the slot of its number. `order` is as long
/// as `regions` and only room to work in.
fn split<'b>(bytes: &'b mut [u8], regions: &[Region], order: &mut [usize], slots: &mut [Option<&'b mut [u8]>]) {
    for (i, place) in order.iter_mut().enumerate() {
        *place = i;
    }
    order.sort_unstable_by_key(|&i| regions[i].start);
    let mut rest = bytes;
    let mut rest_start = 0;
    for &i in order.iter() {
        let region = regions[i];
        let (_, tail) = mem::take(&mut rest).split_at_mut(region.start - rest_start);
        let (mine, tail) = tail.split_at_mut(region.len);
        slots[i] = Some(mine);
        rest = tail;
        rest_start = region.start + region.len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(memory: &mut [u8], at: usize, iovecs: &[(u32, u32)]) {
        for (i, (ptr, len)) in iovecs.iter().enumerate() {
            memory[at + 8 * i..][..4].copy_from_slice(&ptr.to_le_bytes());
            memory[at + 8 * i + 4..][..4].copy_from_slice(&len.to_le_bytes());
        }
    }

    #[test]
    fn accesses_are_checked() {
        let mut bytes = [7; 16];
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.slice(16, 0).map(<[u8]>::len), Ok(0));
        assert_eq!(memory.slice(17, 0), Err(Errno::Fault));
        assert_eq!(memory.slice(0, 17), Err(Errno::Fault));
        assert_eq!(memory.slice(u32::MAX, u32::MAX), Err(Errno::Fault));
        assert_eq!(memory.read::<u64>(9), Err(Errno::Fault));
        assert_eq!(memory.read::<u64>(8), Ok(0x0707_0707_0707_0707));
        assert_eq!(memory.write::<u32>(13, 0), Err(Errno::Fault));
        assert_eq!(memory.write::<u32>(1, 0x0403_0201), Ok(()));
        assert_eq!(memory.array::<4>(u32::MAX), Err(Errno::Fault));
        assert_eq!(bytes[..6], [7, 1, 2, 3, 4, 7]);
    }

    #[track_caller]
    fn check_gather(iovecs: &[(u32, u32)], expect: Result<&[u8], Errno>) {
        let mut bytes: Vec<u8> = (0..=255).collect();
        list(&mut bytes, 128, iovecs);
        let memory = GuestMemory::new(&mut bytes);
        let got = memory.gather(128, iovecs.len() as u32, |slices| {
            Ok(slices.iter().flat_map(|slice| slice.iter().copied()).collect::<Vec<u8>>())
        });
        assert_eq!(got.as_deref().map_err(|errno| *errno), expect);
    }

    #[test]
    fn gathers_in_the_order_of_the_list() {
        check_gather(&[], Ok(&[]));
        check_gather(&[(3, 2)], Ok(&[3, 4]));
        check_gather(&[(9, 2), (3, 1), (9, 1)], Ok(&[9, 10, 3, 9]));
        check_gather(&[(u32::MAX, 0), (1, 1)], Ok(&[1]));
        check_gather(&[(1, 1), (255, 2)], Err(Errno::Fault));
        check_gather(&[(u32::MAX, u32::MAX)], Err(Errno::Fault));
    }

    #[track_caller]
    fn check_scatter(iovecs: &[(u32, u32)], expect_len: usize, expect: &[u8]) {
        let mut bytes = vec![b'?'; 256];
        list(&mut bytes, 128, iovecs);
        let mut next = b'a';
        let got = GuestMemory::new(&mut bytes).scatter(128, iovecs.len() as u32, |slices| {
            let mut len = 0;
            for slice in slices {
                slice.fill(next);
                next += 1;
                len += slice.len();
            }
            Ok(len)
        });
        assert_eq!(got, Ok(expect_len));
        assert_eq!(&bytes[..expect.len()], expect);
    }

    #[test]
    fn scatters_without_aliasing() {
        check_scatter(&[], 0, b"??");
        check_scatter(&[(1, 2)], 2, b"?aa?");
        check_scatter(&[(4, 2), (0, 2), (3, 1)], 5, b"bb?caa??");
        check_scatter(&[(0, 4), (3, 4), (8, 1)], 4, b"aaaa?????");
        check_scatter(&[(2, 2), (0, 2), (9, 0), (4, 1)], 5, b"bbaac?");
    }

    #[test]
    fn lists_have_ends() {
        let mut bytes = vec![0; 64 << 10];
        list(&mut bytes, 0, &vec![(0, 1); 2000]);
        let mut memory = GuestMemory::new(&mut bytes);
        assert_eq!(memory.gather(0, 2000, |slices| Ok(slices.len())), Ok(MOST_IOVECS));
        assert_eq!(memory.scatter(0, 2000, |slices| Ok(slices.len())), Ok(1));
        assert_eq!(memory.gather(0, 1 << 29, |slices| Ok(slices.len())), Err(Errno::Fault));
        assert_eq!(memory.gather(0, u32::MAX, |slices| Ok(slices.len())), Err(Errno::Fault));
        assert_eq!(memory.gather((64 << 10) - 4, 1, |slices| Ok(slices.len())), Err(Errno::Fault));

        let spread: Vec<(u32, u32)> = (0..40).map(|i| (32768 + i * 2, 1)).collect();
        list(&mut bytes, 0, &spread);
        assert_eq!(GuestMemory::new(&mut bytes).scatter(0, 40, |slices| Ok(slices.len())), Ok(40));
    }
}

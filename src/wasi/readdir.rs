//! `fd_readdir`, listing a directory.
//!
//! The guest gives a buffer and a *cookie*, a number that says where to go on, and gets as many entries as fit, each a
//! head of 24 bytes ([`Dirent`]) and a name. The interface is from a time when a directory was a file of entries; on
//! today's file systems entries have no fixed place, and a program that deletes files while it lists them would miss some.
//! So the listing is taken as a whole when cookie 0 is asked for, and kept with the descriptor until cookie 0 is asked for
//! again, as `rewinddir` does. A cookie is then the number of entries before it, and stays valid.
//!
//! ```text
//! cookie      0          1          2          3          4
//! listing     | .        | ..       | notes    | src      |
//!
//! fd_readdir(cookie 2, 40 bytes), where both names are in the directory:
//!
//! offset      0..8     8..16   16..20   20   21..24  24..29    29..37   37..40
//!             next 3   ino     namlen 5 type pad     "notes"   next 4   the first 3 bytes of ino
//!             `------------ Dirent ------------'             `--- Dirent, cut off ---
//! used 40
//! ```
//!
//! An entry that does not fit is cut off wherever the buffer ends, in its head or in its name, and the whole buffer counts
//! as used. This is how a guest tells the two ends apart: **used = length means "there is more"**, and it asks again with
//! the cookie of the last entry that was whole, in a bigger buffer if there was none; **used < length means the end**.
//!
//! `.` and `..` come first. The inode of `..` is 0, which means "unknown": a guest has no business with the directory above
//! a mount, and below a mount it can ask for it.
//!
//! spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_readdir>

use super::ctx::WasiCtx;
use super::descriptor::{DirHandle, Object};
use super::errno::Errno;
use super::guest::GuestMemory;
use super::sys::{self, AsFd};
use super::types::{Dirent, FileType, Rights};

/// The entries of a directory at one moment.
#[derive(Debug, Default)]
pub(super) struct Listing {
    entries: Vec<Entry>,
    /// All names, one behind the other.
    names: Vec<u8>,
}

#[derive(Debug)]
struct Entry {
    ino: u64,
    filetype: FileType,
    /// Where its name begins in the names; it ends where the next one's begins.
    name_start: usize,
}

impl Listing {
    fn take(dir: &DirHandle) -> Result<Listing, Errno> {
        let mut listing = Listing::default();
        let own = dir.filestat()?;
        listing.push(b".", own.ino, FileType::Directory);
        listing.push(b"..", 0, FileType::Directory);
        let within = dir.host().map(|_| (own.dev, own.ino));
        if let Some(host) = dir.host() {
            sys::list_directory(host.as_fd(), |name, ino, filetype| {
                if name != b"." && name != b".." && dir.mount.file(within, name).is_none() {
                    listing.push(name, ino, filetype);
                }
            })?;
        }
        for file in dir.mount.files.iter().filter(|file| file.within == within) {
            // One that is gone on the host is not there for the guest either.
            if let Ok(stat) = file.filestat() {
                listing.push(&file.name, stat.ino, FileType::RegularFile);
            }
        }
        Ok(listing)
    }

    fn push(&mut self, name: &[u8], ino: u64, filetype: FileType) {
        self.entries.push(Entry { ino, filetype, name_start: self.names.len() });
        self.names.extend_from_slice(name);
    }

    /// Fills the buffer with the entries from this cookie on and tells how many bytes it used. A cookie behind the end
    /// is the end.
    fn encode(&self, cookie: u64, buf: &mut [u8]) -> usize {
        let start = usize::try_from(cookie).map_or(self.entries.len(), |cookie| cookie.min(self.entries.len()));
        let mut rest = &mut buf[..];
        for (index, entry) in self.entries.iter().enumerate().skip(start) {
            let name_end = self.entries.get(index + 1).map_or(self.names.len(), |next| next.name_start);
            let name = &self.names[entry.name_start..name_end];
            let head = Dirent {
                next: index as u64 + 1,
                ino: entry.ino,
                namlen: name.len() as u32,
                filetype: entry.filetype as u8,
            };
            rest = put(put(rest, &head.encode()), name);
            if rest.is_empty() {
                break;
            }
        }
        let left = rest.len();
        buf.len() - left
    }
}

/// Puts as many of the bytes as fit, and gives the room behind them.
fn put<'b>(room: &'b mut [u8], bytes: &[u8]) -> &'b mut [u8] {
    let (here, rest) = room.split_at_mut(bytes.len().min(room.len()));
    here.copy_from_slice(&bytes[..here.len()]);
    rest
}

/// Lists a directory; the module's words say how.
///
/// Parameters: `fd`; `buf` and `buf_len`, the buffer; `cookie`, where to go on, 0 for the beginning; `bufused`, where the
/// number of bytes goes, 4 bytes.
///
/// Errors: `BADF` for a number that is not open; `NOTDIR` for one that is no directory; `ACCES` for a directory that may
/// not be listed; `NOTCAPABLE` for a right that was given up; `FAULT` where buffer or result do not lie in memory.
///
/// POSIX: [readdir](https://pubs.opengroup.org/onlinepubs/9799919799/functions/readdir.html).
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#fd_readdir>
pub(super) fn fd_readdir(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    buf: u32,
    buf_len: u32,
    cookie: u64,
    bufused: u32,
) -> Result<(), Errno> {
    memory.check(bufused, 4)?;
    memory.check(buf, buf_len)?;
    let descriptor = ctx.table.get_mut(fd)?;
    descriptor.require(Rights::FD_READDIR)?;
    let Object::Dir(dir) = &mut descriptor.object else { return Err(Errno::Notdir) };
    let kept = dir.listing.take().filter(|_| cookie != 0);
    let listing = match kept {
        Some(listing) => listing,
        None => Listing::take(dir)?,
    };
    let used = listing.encode(cookie, memory.slice_mut(buf, buf_len)?);
    dir.listing = Some(listing);
    memory.write(bufused, used as u32)
}

#[cfg(test)]
mod tests {
    use super::super::sys::kernel::{MANY_FILES, make_link};
    use super::super::testing::Guest;
    use super::*;

    fn listing(names: &[&str]) -> Listing {
        let mut listing = Listing::default();
        for (i, name) in names.iter().enumerate() {
            listing.push(name.as_bytes(), 0x10 + i as u64, FileType::RegularFile);
        }
        listing
    }

    #[track_caller]
    fn check(cookie: u64, room: usize, expect: &[u8]) {
        let mut buf = [b'?'; 80];
        let used = listing(&["ab", "", "xyz"]).encode(cookie, &mut buf[..room]);
        assert_eq!(buf[..used].escape_ascii().to_string(), expect.escape_ascii().to_string());
        assert_eq!(buf[used..], vec![b'?'; 80 - used]);
    }

    const AB: &[u8] = b"\x01\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x02\0\0\0\x04\0\0\0ab";
    const EMPTY: &[u8] = b"\x02\0\0\0\0\0\0\0\x11\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0";
    const XYZ: &[u8] = b"\x03\0\0\0\0\0\0\0\x12\0\0\0\0\0\0\0\x03\0\0\0\x04\0\0\0xyz";

    #[test]
    fn entries_are_cut_where_the_buffer_ends() {
        let all = [AB, EMPTY, XYZ].concat();
        assert_eq!(all.len(), 77);
        for room in 0..=77 {
            check(0, room, &all[..room]);
        }
        check(0, 80, &all);
    }

    #[test]
    fn cookies_go_on() {
        check(1, 80, &[EMPTY, XYZ].concat());
        check(2, 80, XYZ);
        check(2, 5, &XYZ[..5]);
        for cookie in [3, 4, u64::MAX] {
            check(cookie, 80, b"");
        }
    }

    /// The names from this cookie on, read with a buffer of `room` bytes, and growing ones where nothing fits.
    fn names(guest: &mut Guest, fd: u32, mut cookie: u64, mut room: u32) -> Vec<String> {
        let result = guest.bytes.len() as u32 - 96;
        let mut names = Vec::new();
        loop {
            assert_eq!(guest.call(fd_readdir, (fd, 0, room, cookie, result)), Ok(()));
            let used = guest.number(result);
            let mut rest = &guest.bytes[..used as usize];
            let before = names.len();
            while let Some((head, tail)) = rest.split_first_chunk() {
                let head = Dirent::decode(head);
                let Some((name, tail)) = tail.split_at_checked(head.namlen as usize) else { break };
                names.push(String::from_utf8_lossy(name).into_owned());
                cookie = head.next;
                rest = tail;
            }
            if used < room {
                return names;
            }
            if names.len() == before {
                room *= 2;
            }
        }
    }

    #[test]
    fn lists_a_directory_in_any_pieces() {
        let mut guest = Guest::with_dir();
        let expect: Vec<String> = (0..50).map(|i| format!("file {i:02}")).collect();
        for name in &expect {
            guest.host().write(name, "").expect("a file");
        }
        for room in [1, 23, 24, 31, 100, 3000] {
            let mut found = names(&mut guest, 3, 0, room);
            assert_eq!(found[..2], [".", ".."]);
            found.drain(..2);
            found.sort();
            assert_eq!(found, expect);
        }
    }

    #[test]
    fn a_listing_lasts_until_it_is_begun_again() {
        let mut guest = Guest::with_dir();
        guest.host().write("a", "").expect("a file");
        assert_eq!(names(&mut guest, 3, 0, 1000), [".", "..", "a"]);
        guest.host().rename("a", &guest.host(), "b").expect("renamed");
        assert_eq!(names(&mut guest, 3, 2, 1000), ["a"]);
        assert_eq!(names(&mut guest, 4, 2, 1000), ["b"]);
        assert_eq!(names(&mut guest, 3, 0, 1000), [".", "..", "b"]);
    }

    #[test]
    fn a_large_directory_is_listed_whole_and_from_anywhere() {
        let mut guest = Guest::with_dir();
        let host = guest.host();
        for i in 0..MANY_FILES {
            host.create(format!("{i}")).expect("a file");
        }
        guest.bytes.resize(64 << 10, b'?');
        let room = 32 << 10;
        let all = names(&mut guest, 3, 0, room);
        assert_eq!(all[..2], [".", ".."]);
        let mut numbers: Vec<u32> = all[2..].iter().map(|name| name.parse().expect("a number")).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..MANY_FILES));
        // Files that come and go move no cookie, and a cookie of long ago is as good as the last.
        for number in [0, MANY_FILES / 2, MANY_FILES - 1] {
            host.remove_file(number.to_string()).expect("removed");
        }
        host.create("new").expect("a file");
        for cookie in [MANY_FILES as usize - 10, 5, MANY_FILES as usize / 2] {
            assert_eq!(names(&mut guest, 3, cookie as u64, room), all[cookie..]);
        }
        assert_eq!(names(&mut guest, 3, 0, room).len(), all.len() - 2);
    }

    #[test]
    fn inodes_and_types() {
        let mut guest = Guest::with_dir();
        guest.host().create_dir("d").expect("a directory");
        make_link(&guest.host(), "d", "l");
        assert_eq!(guest.call(fd_readdir, (3, 0, 1000, 0, 4000)), Ok(()));
        let dot = Dirent::decode(guest.bytes.first_chunk().expect("a head"));
        assert_eq!(Ok(dot.ino), guest.ctx.table.get(3).and_then(|dir| dir.filestat()).map(|stat| stat.ino));
        let dot_dot = Dirent::decode(guest.bytes[25..].first_chunk().expect("a head"));
        assert_eq!((dot_dot.ino, dot_dot.namlen, dot_dot.filetype), (0, 2, FileType::Directory as u8));
        let third = Dirent::decode(guest.bytes[51..].first_chunk().expect("a head"));
        assert!(third.ino != 0 && [FileType::Directory as u8, FileType::SymbolicLink as u8].contains(&third.filetype));
    }

    #[test]
    fn bad_parameters() {
        let mut guest = Guest::with_dir();
        guest.check(fd_readdir, (1, 0, 100, 0, 200), Err(Errno::Notdir), b"??");
        guest.check(fd_readdir, (9, 0, 100, 0, 200), Err(Errno::Badf), b"??");
        guest.check(fd_readdir, (3, 0, Guest::SIZE + 1, 0, 200), Err(Errno::Fault), b"??");
        guest.check(fd_readdir, (3, u32::MAX, u32::MAX, 0, 200), Err(Errno::Fault), b"??");
        guest.check(fd_readdir, (3, 0, 100, 0, Guest::SIZE - 3), Err(Errno::Fault), b"??");
        guest.check(fd_readdir, (3, 0, 0, 0, 0), Ok(()), b"\0\0\0\0?");
    }
}

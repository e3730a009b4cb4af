//! Tests of reading, writing and moving.

use super::super::stdio::OutputBuffer;
use super::super::testing::Guest;
use super::*;
use Errno::{Badf, Fault, Fbig, Inval, Isdir, Spipe};

/// A guest whose descriptor 5 is the file `f` with this content.
fn guest(content: &str) -> Guest {
    let mut guest = Guest::with_dir();
    guest.host().write("f", content).expect("a file");
    assert_eq!(guest.open("f", Rights::ALL), Ok(5));
    guest
}

#[test]
fn reads_into_a_list() {
    let mut guest = guest("wazero");
    guest.bytes.fill(b'?');
    guest.put(0, &[18, 0, 0, 0, 2, 0, 0, 0, 22, 0, 0, 0, 4, 0, 0, 0]);
    assert_eq!(guest.call(fd_read, (5, 0, 2, 30)), Ok(()));
    assert_eq!(&guest.bytes[16..35], b"??wa??zero????\x06\0\0\0?");
    assert_eq!(guest.call(fd_read, (5, 0, 2, 30)), Ok(()));
    assert_eq!(guest.number(30), 0);
}

#[test]
fn reads_and_writes_at_places() {
    let mut guest = guest("wazero");
    let (iovs, len) = guest.iovec(0, 3);
    assert_eq!(guest.call(fd_pread, (5, iovs, len, 2, 8)), Ok(()));
    assert_eq!(&guest.bytes[..13], b"zer?????\x03\0\0\0?");
    assert_eq!(guest.call(fd_pwrite, (5, iovs, len, 4, 8)), Ok(()));
    assert_eq!(guest.host().read("f").expect("a file"), b"wazezer");
    assert_eq!(guest.call(fd_tell, (5, 16)), Ok(()));
    assert_eq!(guest.number(16), 0);
    assert_eq!(guest.call(fd_pread, (5, iovs, len, u64::MAX, 8)), Err(Inval));
    assert_eq!(guest.call(fd_pwrite, (5, iovs, len, 1 << 63, 8)), Err(Inval));
    assert_eq!(guest.call(fd_pread, (3, iovs, len, 0, 8)), Err(Isdir));
    assert_eq!(guest.call(fd_pread, (0, iovs, len, 0, 8)), Err(Spipe));
    assert_eq!(guest.call(fd_pread, (5, iovs, len, 0, Guest::SIZE)), Err(Fault));
}

#[test]
fn moves() {
    let mut guest = guest("wazero");
    guest.check(fd_seek, (5, -2, 2, 0), Ok(()), b"\x04\0\0\0\0\0\0\0?");
    guest.check(fd_seek, (5, 1, 1, 0), Ok(()), b"\x05\0\0\0\0\0\0\0?");
    guest.check(fd_tell, (5, 1), Ok(()), b"?\x05\0\0\0\0\0\0\0?");
    guest.check(fd_seek, (5, 100, 0, 0), Ok(()), b"\x64\0\0\0\0\0\0\0?");
    guest.check(fd_seek, (5, -1, 0, 0), Err(Inval), b"??");
    guest.check(fd_seek, (5, i64::MIN, 1, 0), Err(Inval), b"??");
    guest.check(fd_seek, (5, 0, 3, 0), Err(Inval), b"??");
    guest.check(fd_seek, (3, 0, 0, 0), Err(Isdir), b"??");
    guest.check(fd_seek, (0, 0, 0, 0), Err(Spipe), b"??");
    guest.check(fd_seek, (99, 0, 0, 0), Err(Badf), b"??");
    guest.check(fd_tell, (5, Guest::SIZE - 7), Err(Fault), b"??");
}

#[test]
fn writes_to_streams_and_files() {
    let output = OutputBuffer::new();
    let mut guest = Guest::new(|builder| {
        builder.stdin(&b"in"[..]).stdout(output.clone());
    });
    let (iovs, len) = guest.iovec(0, 4);
    guest.put(0, b"text");
    assert_eq!(guest.call(fd_write, (1, iovs, len, 8)), Ok(()));
    assert_eq!(guest.number(8), 4);
    assert_eq!(output.take(), b"text");
    assert_eq!(guest.call(fd_read, (0, iovs, len, 8)), Ok(()));
    assert_eq!(&guest.bytes[..13], b"inxt????\x02\0\0\0?");
    assert_eq!(guest.call(fd_write, (0, iovs, len, 8)), Err(Badf));
    assert_eq!(guest.call(fd_read, (1, iovs, len, 8)), Err(Badf));
    assert_eq!(guest.call(fd_write, (9, iovs, len, 8)), Err(Badf));
    assert_eq!(guest.call(fd_write, (1, iovs, len, u32::MAX)), Err(Fault));
    assert_eq!(guest.call(fd_write, (1, u32::MAX, len, 8)), Err(Fault));
    assert_eq!(output.take(), b"");
}

#[test]
fn rights_decide_reading_and_writing() {
    let mut guest = guest("x");
    let (iovs, len) = guest.iovec(0, 1);
    assert_eq!(guest.open("f", Rights::FD_READ), Ok(6));
    assert_eq!(guest.open("f", Rights::FD_WRITE), Ok(7));
    assert_eq!(guest.call(fd_write, (6, iovs, len, 8)), Err(Badf));
    assert_eq!(guest.call(fd_read, (7, iovs, len, 8)), Err(Badf));
    assert_eq!(guest.call(fd_allocate, (6, 0, 1)), Err(Badf));
    assert_eq!(guest.call(fd_write, (7, iovs, len, 8)), Ok(()));
    assert_eq!(guest.call(fd_read, (3, iovs, len, 8)), Err(Isdir));
    assert_eq!(guest.call(fd_write, (3, iovs, len, 8)), Err(Badf));
}

#[test]
fn closing_frees_the_number() {
    let mut guest = guest("x");
    guest.check(fd_close, (5,), Ok(()), b"");
    guest.check(fd_close, (5,), Err(Badf), b"");
    guest.check(fd_close, (u32::MAX,), Err(Badf), b"");
    assert_eq!(guest.open("f", Rights::FD_READ), Ok(5));
    guest.check(fd_renumber, (5, 1), Ok(()), b"");
    guest.check(fd_renumber, (5, 1), Err(Badf), b"");
    guest.check(fd_renumber, (1, 5), Err(Badf), b"");
    let (iovs, len) = guest.iovec(0, 1);
    assert_eq!(guest.call(fd_read, (1, iovs, len, 8)), Ok(()));
}

#[test]
fn syncs_and_advises() {
    let mut guest = guest("x");
    for fd in [1, 3, 5] {
        guest.check(fd_sync, (fd,), Ok(()), b"");
        guest.check(fd_datasync, (fd,), Ok(()), b"");
    }
    guest.check(fd_sync, (9,), Err(Badf), b"");
    guest.check(fd_datasync, (9,), Err(Badf), b"");
    for advice in 0..6 {
        guest.check(fd_advise, (5, 0, 0, advice), Ok(()), b"");
    }
    guest.check(fd_advise, (5, 0, 0, 6), Err(Inval), b"");
    guest.check(fd_advise, (5, u64::MAX, 0, 0), Err(Inval), b"");
    guest.check(fd_advise, (3, 0, 0, 0), Err(Badf), b"");
}

#[test]
fn allocates() {
    let mut guest = guest("x");
    let size = |guest: &Guest| guest.host().metadata("f").expect("a file").len();
    guest.check(fd_allocate, (5, 0, 100), Ok(()), b"");
    assert_eq!(size(&guest), 100);
    guest.check(fd_allocate, (5, 10, 10), Ok(()), b"");
    assert_eq!(size(&guest), 100);
    guest.check(fd_allocate, (5, 0, 0), Err(Inval), b"");
    guest.check(fd_allocate, (5, u64::MAX, 2), Err(Fbig), b"");
    guest.check(fd_allocate, (5, 0, 1 << 63), Err(Fbig), b"");
    guest.check(fd_allocate, (3, 0, 1), Err(Badf), b"");
    guest.check(fd_allocate, (9, 0, 1), Err(Badf), b"");
}

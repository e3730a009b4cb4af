//! Files that stand for others: which kinds there are, and where a link leads.
//!
//! Symbolic links with a relative target are links for guests too. A junction, or a link to a drive, a share or a volume,
//! leads out of every mount by what it says, and is refused, even where its target lies inside: it would have to be compared
//! with the mount's own path, which others may change at any time.
//!
//! Layout: <https://learn.microsoft.com/en-us/windows-hardware/drivers/ddi/ntifs/ns-ntifs-_reparse_data_buffer>

use super::nt::Record;
use super::walk::outside;
use std::io;
use std::os::windows::io::{AsRawHandle, BorrowedHandle};
use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::ERROR_INVALID_REPARSE_DATA;
use windows_sys::Win32::System::IO::DeviceIoControl;
use windows_sys::Win32::System::Ioctl::{FSCTL_GET_REPARSE_POINT, FSCTL_SET_REPARSE_POINT};
use windows_sys::Win32::System::SystemServices::{
    IO_REPARSE_TAG_CLOUD, IO_REPARSE_TAG_DEDUP, IO_REPARSE_TAG_MOUNT_POINT, IO_REPARSE_TAG_SYMLINK, IO_REPARSE_TAG_WOF,
};

/// Bytes of such a record at most: `MAXIMUM_REPARSE_DATA_BUFFER_SIZE`.
const MOST_BYTES: usize = 16 << 10;

/// The bits of [`IO_REPARSE_TAG_CLOUD`] that a provider may choose.
const CLOUD_VARIANTS: u32 = 0xf000;

/// `SYMLINK_FLAG_RELATIVE`: the target does not begin with a drive or a share.
const RELATIVE: u32 = 1;

/// Where the names begin in a symbolic link's record, which has tag, length and six numbers in front of them.
const SYMLINK_HEAD_BYTES: usize = 20;

/// What a file stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reparse {
    Symlink,
    /// A junction, or a volume that is mounted in a directory.
    Junction,
    /// Itself, stored elsewhere or otherwise: compressed, deduplicated, or in the cloud.
    Data,
    /// Something that only its maker knows.
    Other,
}

impl Reparse {
    /// What the tag says.
    pub(super) fn of_tag(tag: u32) -> Reparse {
        match tag {
            IO_REPARSE_TAG_SYMLINK => Reparse::Symlink,
            IO_REPARSE_TAG_MOUNT_POINT => Reparse::Junction,
            IO_REPARSE_TAG_WOF | IO_REPARSE_TAG_DEDUP => Reparse::Data,
            _ if tag & !CLOUD_VARIANTS == IO_REPARSE_TAG_CLOUD => Reparse::Data,
            _ => Reparse::Other,
        }
    }
}

/// Where a symbolic link leads, with `/` between the names.
///
/// # Errors
///
/// [`outside`] for a junction, and for a link that leads out of every mount; `ERROR_NOT_A_REPARSE_POINT` for what is no link.
pub(super) fn target(handle: BorrowedHandle<'_>) -> io::Result<Vec<u8>> {
    let mut words = vec![0u64; MOST_BYTES / 8];
    let mut length = 0;
    // SAFETY: the handle is borrowed, and thus open; the buffer is as long as it is said to be; the number is a local
    // variable.
    let done = unsafe {
        let (at, size) = (words.as_mut_ptr().cast(), MOST_BYTES as u32);
        DeviceIoControl(handle.as_raw_handle(), FSCTL_GET_REPARSE_POINT, null(), 0, at, size, &mut length, null_mut())
    };
    if done == 0 {
        #[cfg(test)]
        return super::pretend::target(handle);
        #[cfg(not(test))]
        return Err(io::Error::last_os_error());
    }
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).take(length as usize).collect();
    parse(&bytes)
}

/// The target in a record.
fn parse(record: &[u8]) -> io::Result<Vec<u8>> {
    let broken = || io::Error::from_raw_os_error(ERROR_INVALID_REPARSE_DATA as i32);
    let short = |at: usize| Some(u16::from_le_bytes(*record.get(at..)?.first_chunk()?) as usize);
    let long = |at: usize| Some(u32::from_le_bytes(*record.get(at..)?.first_chunk()?));
    match Reparse::of_tag(long(0).ok_or_else(broken)?) {
        Reparse::Symlink => {}
        Reparse::Junction => return Err(outside()),
        _ => return Err(broken()),
    }
    let name = || {
        let (start, length, flags) = (short(8)?, short(10)?, long(16)?);
        let start = SYMLINK_HEAD_BYTES + start;
        Some((record.get(start..start + length)?, flags))
    };
    let (name, flags) = name().ok_or_else(broken)?;
    let units: Vec<u16> = name.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    let target = String::from_utf16(&units).map_err(|_| broken())?.replace('\\', "/");
    if flags & RELATIVE == 0 || target.starts_with("//") || target.contains(':') {
        return Err(outside());
    }
    Ok(target.into_bytes())
}

/// Makes a symbolic link of a new, empty file or directory. `target` is relative, with `\` between its names.
pub(super) fn make_symlink(handle: BorrowedHandle<'_>, target: &[u16]) -> io::Result<()> {
    let record = Record::new(&encode(target)?);
    let mut length = 0;
    // SAFETY: the handle is borrowed, and thus open; the record is as long as it is said to be; the number is a local
    // variable.
    let done = unsafe {
        let (at, size) = (record.as_ptr(), record.len() as u32);
        DeviceIoControl(
            handle.as_raw_handle(),
            FSCTL_SET_REPARSE_POINT,
            at,
            size,
            null_mut(),
            0,
            &mut length,
            null_mut(),
        )
    };
    if done == 0 {
        let error = io::Error::last_os_error();
        #[cfg(test)]
        return super::pretend::make_symlink(handle, target).map_err(|_| error);
        #[cfg(not(test))]
        return Err(error);
    }
    Ok(())
}

/// The record of a relative symbolic link. The name that is followed and the one that is shown are the same.
fn encode(target: &[u16]) -> io::Result<Vec<u8>> {
    let name: Vec<u8> = target.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let length =
        u16::try_from(name.len()).ok().filter(|&length| usize::from(length) * 2 + SYMLINK_HEAD_BYTES <= MOST_BYTES);
    let length = length.ok_or(io::ErrorKind::InvalidInput)?;
    let mut record = IO_REPARSE_TAG_SYMLINK.to_le_bytes().to_vec();
    for number in [length * 2 + 12, 0, 0, length, length, length] {
        record.extend(number.to_le_bytes());
    }
    record.extend(RELATIVE.to_le_bytes());
    record.extend(&name);
    record.extend(&name);
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The record of a link with this target, and other flags.
    fn record(target: &str, flags: u32) -> Vec<u8> {
        let mut record = encode(&target.encode_utf16().collect::<Vec<_>>()).expect("a record");
        record[16..20].copy_from_slice(&flags.to_le_bytes());
        record
    }

    #[test]
    fn relative_links_lead_somewhere() {
        for (target, expect) in [("a", "a"), ("..\\b\\c", "../b/c"), ("\\x", "/x"), ("é\\日", "é/日"), ("a/b", "a/b")]
        {
            assert_eq!(parse(&record(target, RELATIVE)).expect(target), expect.as_bytes());
        }
    }

    #[test]
    fn links_to_drives_and_shares_lead_outside() {
        let is_outside =
            |error: io::Error| error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none();
        let rows = [
            ("\\??\\C:\\x", 0),
            ("C:\\x", 0),
            ("C:\\x", RELATIVE),
            ("\\\\server\\share", RELATIVE),
            ("\\??\\C:\\x", RELATIVE),
            ("\\??\\Volume{1}\\", 0),
            ("a:b", RELATIVE),
            ("relative", 0),
        ];
        for (target, flags) in rows {
            assert!(parse(&record(target, flags)).is_err_and(is_outside), "{target} {flags}");
        }
        let mut junction = record("\\??\\C:\\x", 0);
        junction[..4].copy_from_slice(&IO_REPARSE_TAG_MOUNT_POINT.to_le_bytes());
        assert!(parse(&junction).is_err_and(is_outside));
    }

    #[test]
    fn broken_records_are_errors() {
        let whole = record("abc", RELATIVE);
        for length in 0..20 {
            assert!(parse(&whole[..length]).is_err());
        }
        for (at, value) in [(8, 0xffff_u16), (10, 0xffff), (8, 100)] {
            let mut broken = whole.clone();
            broken[at..at + 2].copy_from_slice(&value.to_le_bytes());
            assert!(parse(&broken).is_err());
        }
        let mut alone = whole.clone();
        alone[20..22].copy_from_slice(&0xd800_u16.to_le_bytes());
        assert!(parse(&alone).is_err());
    }

    #[test]
    fn tags_are_told_apart() {
        let rows = [
            (0xa000_000c, Reparse::Symlink),
            (0xa000_0003, Reparse::Junction),
            (0x8000_0017, Reparse::Data),
            (0x9000_001a, Reparse::Data),
            (0x9000_f01a, Reparse::Data),
            (0x8000_001b, Reparse::Other),
            (0xa000_001d, Reparse::Other),
            (0x8000_0023, Reparse::Other),
            (0, Reparse::Other),
        ];
        for (tag, expect) in rows {
            assert_eq!(Reparse::of_tag(tag), expect, "{tag:#x}");
        }
    }
}

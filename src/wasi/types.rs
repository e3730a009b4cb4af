//! The types of `wasi_snapshot_preview1` as numbers and bytes: enumerations, flag words and the records that cross guest
//! memory.
//!
//! Every record is a table row of its fields with their offsets. The row is checked at compile time against the layout
//! that C gives the same fields, which is the layout the snapshot prescribes, so that a wrong offset does not compile.
//! All numbers are little-endian. Nothing here touches guest memory; that is [`super::guest`].
//!
//! spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#types>

use super::errno::Errno;

/// One number of a record, in guest memory's byte order.
pub(super) trait Scalar: Copy {
    /// Puts the number's bytes at the beginning of `bytes`, which has room for it.
    fn put(self, bytes: &mut [u8]);
    /// Takes a number from the beginning of `bytes`; missing bytes count as zero.
    fn take(bytes: &[u8]) -> Self;
}

macro_rules! scalar {
    ($($ty:ty),*) => {$(
        impl Scalar for $ty {
            fn put(self, bytes: &mut [u8]) {
                for (to, from) in bytes.iter_mut().zip(self.to_le_bytes()) {
                    *to = from;
                }
            }

            fn take(bytes: &[u8]) -> Self {
                let mut number = [0; size_of::<$ty>()];
                for (to, from) in number.iter_mut().zip(bytes) {
                    *to = *from;
                }
                <$ty>::from_le_bytes(number)
            }
        }
    )*};
}

scalar!(u8, u16, u32, u64);

/// Declares a record: its size in bytes, then each field with its offset in bytes.
macro_rules! record {
    ($(#[$meta:meta])* $name:ident: $size:literal { $($(#[$field_meta:meta])* $field:ident: $ty:ty = $offset:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[repr(C)]
        pub(super) struct $name {
            $($(#[$field_meta])* pub(super) $field: $ty,)*
        }

        // Some processors of 32 bits align numbers of 64 bits less than the snapshot does.
        const _: () = if align_of::<u64>() == 8 {
            assert!(size_of::<$name>() == $size);
            $(assert!(std::mem::offset_of!($name, $field) == $offset);)*
        };

        #[allow(dead_code, reason = "some records are only made here, some only read, and only arrays need the size")]
        impl $name {
            /// Size in guest memory, in bytes.
            pub(super) const SIZE: u32 = $size;

            /// The record as guest memory holds it; padding is zero.
            pub(super) fn encode(&self) -> [u8; $size] {
                let mut bytes = [0; $size];
                $(self.$field.put(&mut bytes[$offset..]);)*
                bytes
            }

            /// The record in `bytes`.
            pub(super) fn decode(bytes: &[u8; $size]) -> $name {
                $name { $($field: <$ty as Scalar>::take(&bytes[$offset..]),)* }
            }
        }
    };
}

pub(super) use record;

record! {
    /// `filestat`: what is known of a file without opening it. Times are nanoseconds since 1970.
    Filestat: 64 {
        dev: u64 = 0,
        ino: u64 = 8,
        /// A [`FileType`].
        filetype: u8 = 16,
        nlink: u64 = 24,
        /// In bytes; for a link the length of its target.
        size: u64 = 32,
        atim: u64 = 40,
        mtim: u64 = 48,
        ctim: u64 = 56,
    }
}

record! {
    /// `fdstat`: what a descriptor is and may do.
    Fdstat: 24 {
        /// A [`FileType`].
        filetype: u8 = 0,
        /// [`FdFlags`].
        flags: u16 = 2,
        /// [`Rights`] of the descriptor itself.
        rights_base: u64 = 8,
        /// [`Rights`] of what is opened through it.
        rights_inheriting: u64 = 16,
    }
}

record! {
    /// `dirent`: the head of a directory entry; `namlen` bytes of name follow, without NUL.
    Dirent: 24 {
        /// The cookie that goes on behind this entry.
        next: u64 = 0,
        ino: u64 = 8,
        namlen: u32 = 16,
        /// A [`FileType`].
        filetype: u8 = 20,
    }
}

record! {
    /// `prestat`: a union with the one arm "directory".
    Prestat: 8 {
        /// Always [`Prestat::DIR`].
        tag: u8 = 0,
        /// Length of the directory's name in bytes.
        name_len: u32 = 4,
    }
}

impl Prestat {
    /// `preopentype::dir`.
    pub(super) const DIR: u8 = 0;
}

record! {
    /// `subscription` with its arm "clock". The arms "fd_read" and "fd_write" have only a descriptor number, where the
    /// clock's number stands; [`Subscription::fd`] reads that.
    Subscription: 48 {
        /// Comes back in the event.
        userdata: u64 = 0,
        /// An [`EventType`].
        tag: u8 = 8,
        /// Nothing; the arms begin at a multiple of 8.
        padding: u32 = 12,
        /// A [`ClockId`], or the descriptor.
        clock_or_fd: u32 = 16,
        /// In nanoseconds: a length of time, or a point of it with [`SUBSCRIPTION_CLOCK_ABSTIME`].
        timeout: u64 = 24,
        precision: u64 = 32,
        flags: u16 = 40,
    }
}

impl Subscription {
    /// The descriptor, where the tag is not "clock".
    pub(super) fn fd(&self) -> u32 {
        self.clock_or_fd
    }
}

/// `subclockflags::subscription_clock_abstime`.
pub(super) const SUBSCRIPTION_CLOCK_ABSTIME: u16 = 1;

record! {
    /// `event`: what a subscription led to.
    Event: 32 {
        userdata: u64 = 0,
        /// An [`Errno`].
        error: u16 = 8,
        /// An [`EventType`].
        tag: u8 = 10,
        /// Bytes that can be read or written at once, where it is known.
        nbytes: u64 = 16,
        /// [`EVENT_HANGUP`] or 0.
        flags: u16 = 24,
    }
}

/// `eventrwflags::fd_readwrite_hangup`: the other end is closed.
pub(super) const EVENT_HANGUP: u16 = 1;

/// Declares an enumeration that can be read from a guest's number.
macro_rules! enumeration {
    ($(#[$meta:meta])* $name:ident: $ty:ty { $($(#[$variant_meta:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr($ty)]
        #[allow(dead_code, reason = "the snapshot's whole list, also what no host function answers with")]
        pub(super) enum $name {
            $($(#[$variant_meta])* $variant = $value,)*
        }

        impl $name {
            /// The variant of this number; other numbers are `INVAL`.
            #[allow(dead_code, reason = "not every enumeration comes from the guest")]
            pub(super) fn from_guest(number: u32) -> Result<$name, Errno> {
                match number {
                    $($value => Ok($name::$variant),)*
                    _ => Err(Errno::Inval),
                }
            }
        }
    };
}

enumeration! {
    /// `filetype`. A pipe has no number of its own and is unknown.
    FileType: u8 {
        Unknown = 0,
        BlockDevice = 1,
        CharacterDevice = 2,
        Directory = 3,
        RegularFile = 4,
        SocketDgram = 5,
        SocketStream = 6,
        SymbolicLink = 7,
    }
}

enumeration! {
    /// `whence`.
    Whence: u8 {
        Set = 0,
        Cur = 1,
        End = 2,
    }
}

enumeration! {
    /// `clockid`.
    ClockId: u32 {
        Realtime = 0,
        Monotonic = 1,
        ProcessCputime = 2,
        ThreadCputime = 3,
    }
}

enumeration! {
    /// `advice`.
    Advice: u8 {
        Normal = 0,
        Sequential = 1,
        Random = 2,
        WillNeed = 3,
        DontNeed = 4,
        NoReuse = 5,
    }
}

enumeration! {
    /// `eventtype`.
    EventType: u8 {
        Clock = 0,
        FdRead = 1,
        FdWrite = 2,
    }
}

/// Declares a word of flags that can be read from a guest's number.
macro_rules! flags {
    ($(#[$meta:meta])* $name:ident: $ty:ty { $($flag:ident = $bit:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(super) struct $name($ty);

        #[allow(dead_code, reason = "the snapshot's whole list")]
        impl $name {
            $(pub(super) const $flag: $name = $name(1 << $bit);)*
            /// Every flag that has a name.
            pub(super) const ALL: $name = $name($(1 << $bit)|*);
            /// The names of the flags, from the lowest bit on.
            pub(super) const NAMES: &'static [&'static str] = &[$(stringify!($flag)),*];
            /// No flag.
            pub(super) const NONE: $name = $name(0);

            /// The flags of this number; a bit without a name is `INVAL`.
            pub(super) fn from_guest(number: u32) -> Result<$name, Errno> {
                match <$ty>::try_from(number) {
                    Ok(bits) if bits & !$name::ALL.0 == 0 => Ok($name(bits)),
                    _ => Err(Errno::Inval),
                }
            }

            pub(super) const fn bits(self) -> $ty {
                self.0
            }

            /// Whether all of `other` is set.
            pub(super) const fn contains(self, other: $name) -> bool {
                self.0 & other.0 == other.0
            }

            /// Whether any of `other` is set.
            pub(super) const fn intersects(self, other: $name) -> bool {
                self.0 & other.0 != 0
            }

            pub(super) const fn union(self, other: $name) -> $name {
                $name(self.0 | other.0)
            }

            pub(super) const fn without(self, other: $name) -> $name {
                $name(self.0 & !other.0)
            }

            pub(super) const fn intersection(self, other: $name) -> $name {
                $name(self.0 & other.0)
            }

            /// These flags, and `flag` where `condition` holds.
            pub(super) const fn with(self, flag: $name, condition: bool) -> $name {
                if condition { self.union(flag) } else { self }
            }
        }
    };
}

flags! {
    /// `fdflags`: how a descriptor behaves.
    FdFlags: u16 { APPEND = 0, DSYNC = 1, NONBLOCK = 2, RSYNC = 3, SYNC = 4, }
}

flags! {
    /// `oflags`: what `path_open` does besides opening.
    OFlags: u16 { CREAT = 0, DIRECTORY = 1, EXCL = 2, TRUNC = 3, }
}

flags! {
    /// `lookupflags`.
    LookupFlags: u32 { SYMLINK_FOLLOW = 0, }
}

flags! {
    /// `fstflags`: which times are set, and to what.
    FstFlags: u16 { ATIM = 0, ATIM_NOW = 1, MTIM = 2, MTIM_NOW = 3, }
}

flags! {
    /// `riflags`: how a socket is received from.
    RiFlags: u16 { RECV_PEEK = 0, RECV_WAITALL = 1, }
}

flags! {
    /// `sdflags`: which directions of a socket are shut.
    SdFlags: u8 { RD = 0, WR = 1, }
}

flags! {
    /// `rights`. What they mean here stands in [`super::descriptor`].
    Rights: u64 {
        FD_DATASYNC = 0,
        FD_READ = 1,
        FD_SEEK = 2,
        FD_FDSTAT_SET_FLAGS = 3,
        FD_SYNC = 4,
        FD_TELL = 5,
        FD_WRITE = 6,
        FD_ADVISE = 7,
        FD_ALLOCATE = 8,
        PATH_CREATE_DIRECTORY = 9,
        PATH_CREATE_FILE = 10,
        PATH_LINK_SOURCE = 11,
        PATH_LINK_TARGET = 12,
        PATH_OPEN = 13,
        FD_READDIR = 14,
        PATH_READLINK = 15,
        PATH_RENAME_SOURCE = 16,
        PATH_RENAME_TARGET = 17,
        PATH_FILESTAT_GET = 18,
        PATH_FILESTAT_SET_SIZE = 19,
        PATH_FILESTAT_SET_TIMES = 20,
        FD_FILESTAT_GET = 21,
        FD_FILESTAT_SET_SIZE = 22,
        FD_FILESTAT_SET_TIMES = 23,
        PATH_SYMLINK = 24,
        PATH_REMOVE_DIRECTORY = 25,
        PATH_UNLINK_FILE = 26,
        POLL_FD_READWRITE = 27,
        SOCK_SHUTDOWN = 28,
        SOCK_ACCEPT = 29,
    }
}

impl Rights {
    /// The rights among these bits. Bits without a name are dropped: old guests ask for all 64.
    pub(super) const fn from_bits(bits: u64) -> Rights {
        Rights(bits & Rights::ALL.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_keep_their_bytes() {
        let event = Event { userdata: 0x0102, error: 8, tag: 1, nbytes: 9, flags: 1 };
        let bytes = event.encode();
        assert_eq!(bytes[..2], [2, 1]);
        assert_eq!(bytes[8..12], [8, 0, 1, 0]);
        assert_eq!(bytes[16..26], [9, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(Event::decode(&bytes), event);
    }

    #[test]
    fn unknown_numbers_are_inval() {
        assert_eq!(Whence::from_guest(2), Ok(Whence::End));
        assert_eq!(Whence::from_guest(3), Err(Errno::Inval));
        assert_eq!(FdFlags::from_guest(31), Ok(FdFlags::ALL));
        assert_eq!(FdFlags::from_guest(32), Err(Errno::Inval));
        assert_eq!(FdFlags::from_guest(0x1_0001), Err(Errno::Inval));
        assert_eq!(Rights::from_bits(u64::MAX), Rights::ALL);
    }
}

//! [`Signature`]: what the table of functions says about each one, as data.
//!
//! A parameter has a *kind*: the wasm type that it has, what it stands for, and thereby how the log of host calls prints
//! it ([`super::trace`]) and what the tests try to break it with. Names and kinds follow the log of the Go wazero, which
//! people read and scripts match.

/// Declares the kinds with the wasm type of each.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $ty:ty,)*) => {
        /// What a parameter stands for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Kind {
            $($(#[$doc])* $kind,)*
        }

        /// The wasm type of each kind, under the kind's name.
        pub(super) mod wasm {
            $(pub(in crate::wasi) type $kind = $ty;)*
        }
    };
}

kinds! {
    /// A descriptor.
    Fd: u32,
    /// A number of 32 bits.
    Num: u32,
    /// A number of 64 bits.
    Long: u64,
    /// A signed number of 64 bits.
    Signed: i64,
    /// The address of an array that the call reads or fills.
    Ptr: u32,
    /// How long an array is.
    Len: u32,
    /// The address of a path. Its length is the next parameter; both are printed as the text.
    Path: u32,
    /// The length of the path before it.
    PathLen: u32,
    /// A clock's number.
    Clock: u32,
    LookupFlags: u32,
    OFlags: u32,
    FdFlags: u32,
    FstFlags: u32,
    RiFlags: u32,
    SiFlags: u32,
    SdFlags: u32,
    Rights: u64,
    /// Where a result of 4 or 8 bytes goes; the address is printed, not the result.
    OutAddress: u32,
    /// Where a result of 4 bytes goes.
    Out32: u32,
    /// Where a result of 8 bytes goes.
    Out64: u32,
    /// Where a result of 8 bytes goes, of which the low 4 are printed.
    Out64Low: u32,
    OutFdstat: u32,
    OutFilestat: u32,
    OutPrestat: u32,
    /// Where a path goes. The room for it is the next parameter.
    OutPath: u32,
    /// Where the 2 bytes of `roflags` go.
    OutRoFlags: u32,
}

impl Kind {
    /// Whether it is the address of something that the call writes and the log prints when it is done.
    pub(super) fn is_result(self) -> bool {
        use Kind::{Out32, Out64, Out64Low, OutFdstat, OutFilestat, OutPath, OutPrestat, OutRoFlags};
        matches!(self, Out32 | Out64 | Out64Low | OutFdstat | OutFilestat | OutPrestat | OutPath | OutRoFlags)
    }
}

/// An argument as 64 bits, and back.
pub(super) trait Argument {
    fn bits(self) -> u64;
    #[cfg(test)]
    fn from_bits(bits: u64) -> Self;
}

macro_rules! argument {
    ($($ty:ty),*) => {$(
        impl Argument for $ty {
            #[allow(clippy::unnecessary_cast, reason = "one text for all widths")]
            fn bits(self) -> u64 {
                self as u64
            }

            #[cfg(test)]
            #[allow(clippy::unnecessary_cast, reason = "one text for all widths")]
            fn from_bits(bits: u64) -> Self {
                bits as $ty
            }
        }
    )*};
}

argument!(u32, u64, i64);

/// A snapshot of WASI that modules are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Snapshot {
    /// `wasi_unstable`, of 2019.
    Unstable,
    /// `wasi_snapshot_preview1`, the one that stayed.
    Preview1,
}

impl Snapshot {
    /// The module that its functions are imported from.
    pub(super) const fn module(self) -> &'static str {
        match self {
            Snapshot::Unstable => "wasi_unstable",
            Snapshot::Preview1 => "wasi_snapshot_preview1",
        }
    }
}

/// A function of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    pub(super) name: &'static str,
    /// Name and kind of each parameter.
    pub(super) params: &'static [(&'static str, Kind)],
}

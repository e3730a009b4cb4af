//! What the unit tests of WASI's functions share: a guest that is a byte array, with a context and a directory.
//!
//! A test row calls one handler with its parameters and asserts the errno and the guest's bytes, where `?` stands for a
//! byte that nobody wrote.

use super::ctx::{DirAccess, WasiCtx, WasiCtxBuilder};
use super::errno::Errno;
use super::guest::GuestMemory;
use super::path::path_open;
use super::types::{OFlags, Rights};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use tempfile::TempDir;

/// Writes a line to standard output, past the test's own capture, for the process that started this one.
pub(super) fn print(line: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout(), "{line}").expect("standard output");
}

/// A guest without a module.
pub(super) struct Guest {
    pub(super) ctx: WasiCtx,
    pub(super) bytes: Vec<u8>,
    /// What descriptor 3 is open on; descriptor 4 is the same, read-only.
    root: Option<TempDir>,
}

/// A handler that can be called with parameters of these types.
pub(super) trait Handler<A> {
    fn call(self, ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, args: A) -> Result<(), Errno>;
}

macro_rules! handler {
    ($($name:ident: $ty:ident),*) => {
        impl<F, $($ty),*> Handler<($($ty,)*)> for F
        where
            F: FnOnce(&mut WasiCtx, &mut GuestMemory<'_>, $($ty),*) -> Result<(), Errno>,
        {
            fn call(self, ctx: &mut WasiCtx, memory: &mut GuestMemory<'_>, args: ($($ty,)*)) -> Result<(), Errno> {
                let ($($name,)*) = args;
                self(ctx, memory, $($name),*)
            }
        }
    };
}

handler!(a: A);
handler!(a: A, b: B);
handler!(a: A, b: B, c: C);
handler!(a: A, b: B, c: C, d: D);
handler!(a: A, b: B, c: C, d: D, e: E);
handler!(a: A, b: B, c: C, d: D, e: E, f: F1);
handler!(a: A, b: B, c: C, d: D, e: E, f: F1, g: G);
handler!(a: A, b: B, c: C, d: D, e: E, f: F1, g: G, h: H);
handler!(a: A, b: B, c: C, d: D, e: E, f: F1, g: G, h: H, i: I);

impl Guest {
    /// Bytes of memory.
    pub(super) const SIZE: u32 = 4096;

    /// A guest without a directory.
    pub(super) fn new(build: impl FnOnce(&mut WasiCtxBuilder)) -> Guest {
        let mut builder = WasiCtx::builder();
        build(&mut builder);
        Guest { ctx: builder.build().expect("a context"), bytes: vec![b'?'; Guest::SIZE as usize], root: None }
    }

    /// A guest whose descriptor 3 is an empty directory, and 4 the same, read-only.
    pub(super) fn with_dir() -> Guest {
        Guest::with_mounts(&[("/", DirAccess::ReadWrite), ("ro", DirAccess::ReadOnly)])
    }

    /// As [`Self::with_dir`], and descriptor 5 is the directory once more, as another mount.
    pub(super) fn with_dirs() -> Guest {
        Guest::with_mounts(&[("/", DirAccess::ReadWrite), ("ro", DirAccess::ReadOnly), ("again", DirAccess::ReadWrite)])
    }

    fn with_mounts(mounts: &[(&str, DirAccess)]) -> Guest {
        Guest::with_mounts_and(mounts, |_| ())
    }

    /// A guest with one directory as these mounts, and with what `build` adds.
    pub(super) fn with_mounts_and(mounts: &[(&str, DirAccess)], build: impl FnOnce(&mut WasiCtxBuilder)) -> Guest {
        let root = TempDir::new().expect("a temporary directory");
        let mut guest = Guest::new(|builder| {
            for (name, access) in mounts {
                let dir = Dir::open_ambient_dir(root.path(), ambient_authority()).expect("the directory opens");
                builder.preopened_dir(dir, name, *access);
            }
            build(builder);
        });
        guest.root = Some(root);
        guest
    }

    /// The directory, past all of WASI.
    pub(super) fn host(&self) -> Dir {
        let root = self.root.as_ref().expect("a guest with a directory");
        Dir::open_ambient_dir(root.path(), ambient_authority()).expect("the directory opens")
    }

    /// Calls a handler on memory as it is.
    pub(super) fn call<A>(&mut self, handler: impl Handler<A>, args: A) -> Result<(), Errno> {
        handler.call(&mut self.ctx, &mut GuestMemory::new(&mut self.bytes), args)
    }

    /// Puts bytes into memory.
    pub(super) fn put(&mut self, at: u32, bytes: &[u8]) -> &mut Guest {
        self.bytes[at as usize..][..bytes.len()].copy_from_slice(bytes);
        self
    }

    /// The number at `at`.
    pub(super) fn number(&self, at: u32) -> u32 {
        GuestMemory::new(&mut self.bytes.clone()).read(at).expect("an address in memory")
    }

    /// Calls a handler on memory full of `?` and checks errno and the first bytes.
    #[track_caller]
    pub(super) fn check<A>(&mut self, handler: impl Handler<A>, args: A, expect: Result<(), Errno>, bytes: &[u8]) {
        self.bytes.fill(b'?');
        assert_eq!(self.call(handler, args), expect);
        assert_eq!(self.bytes[..bytes.len()].escape_ascii().to_string(), bytes.escape_ascii().to_string());
    }

    /// Opens a path below descriptor 3, following links, and gives the new number.
    pub(super) fn open(&mut self, path: &str, rights: Rights) -> Result<u32, Errno> {
        self.open_with(3, path, OFlags::NONE, rights)
    }

    /// Opens a path below a directory, following links, and gives the new number.
    pub(super) fn open_with(&mut self, dir: u32, path: &str, oflags: OFlags, rights: Rights) -> Result<u32, Errno> {
        let (path, len) = self.text(path);
        let (oflags, rights) = (u32::from(oflags.bits()), rights.bits());
        let mut memory = GuestMemory::new(&mut self.bytes);
        path_open(&mut self.ctx, &mut memory, dir, 1, path, len, oflags, rights, u64::MAX, 0, 3000)?;
        memory.read(3000)
    }

    /// Puts `text` at 1000 and gives address and length.
    pub(super) fn text(&mut self, text: &str) -> (u32, u32) {
        self.put(1000, text.as_bytes());
        (1000, text.len() as u32)
    }

    /// Puts a second text at 2000 and gives address and length.
    pub(super) fn text2(&mut self, text: &str) -> (u32, u32) {
        self.put(2000, text.as_bytes());
        (2000, text.len() as u32)
    }

    /// Puts a list of one buffer at 500 and gives address and length of the list.
    pub(super) fn iovec(&mut self, ptr: u32, len: u32) -> (u32, u32) {
        self.put(500, &ptr.to_le_bytes()).put(504, &len.to_le_bytes());
        (500, 1)
    }
}

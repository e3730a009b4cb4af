//! Every function of the table, called as programs call it and as attackers do.
//!
//! [`rows`] is a table of calls with all that a guest can see of them: both lines of the log, and every byte that changed.
//! [`matrix`] is generated from it: each address and each length of each function, at the edges of memory, behind them,
//! wrapping around, misaligned and on top of each other. Whatever a call is given, it answers with an errno, and writes
//! nowhere but where it was told to.

mod matrix;
mod rows;
mod table;

use super::ctx::DirAccess;
use super::errno::Errno;
use super::guest::GuestMemory;
use super::linker::{SIGNATURES, invoke};
use super::signature::{Signature, Snapshot};
use super::stdio::OutputBuffer;
use super::sys::kernel::make_link;
use super::testing::Guest;
use super::trace::{HostLog, LogScopes};
use super::types::{OFlags, Rights};
use std::io::Write;
use std::net::{TcpListener, TcpStream};

/// What a call meets: memory full of `?`, the arguments `a` and `bc`, the variable `K=v`, and these descriptors.
///
/// | number | what |
/// | --- | --- |
/// | 0, 1, 2 | a reader of `input`; writers |
/// | 3, 4, 5 | one directory three times: `/`, read-only as `ro`, and as `again` |
/// | 6 | a listener, to which somebody has connected |
/// | 7, 8 | the file `f`, in which stands `wazero`, and the directory `d`, with every right |
/// | 9 | a connection, on which `hello` has come |
/// | 10 | the file `f` for reading only |
///
/// The directory holds `f`, `d`, `d/g`, which is empty, `l`, a link to `f`, `loop`, a link to itself, and the empty
/// directory `e`.
struct World {
    guest: Guest,
    log: HostLog,
    lines: OutputBuffer,
    /// The other ends of the connections.
    _peers: [TcpStream; 2],
}

impl World {
    fn new() -> World {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connect = || TcpStream::connect(address).expect("a connection");
        let mounts = [("/", DirAccess::ReadWrite), ("ro", DirAccess::ReadOnly), ("again", DirAccess::ReadWrite)];
        let mut peers = [connect(), connect()];
        let mut guest = Guest::with_mounts_and(&mounts, |builder| {
            builder.arg("a").arg("bc").env("K", "v").stdin(&b"input"[..]).preopened_listener(listener);
        });
        let host = guest.host();
        host.write("f", "wazero").expect("a file");
        host.create_dir("d").expect("a directory");
        host.create_dir("e").expect("a directory");
        host.write("d/g", "").expect("a file");
        make_link(&host, "f", "l");
        make_link(&host, "loop", "loop");
        assert_eq!(guest.open("f", Rights::ALL), Ok(7));
        assert_eq!(guest.open_with(3, "d", OFlags::DIRECTORY, Rights::ALL.without(Rights::FD_WRITE)), Ok(8));
        assert_eq!(invoke("sock_accept", &mut guest.ctx, &mut GuestMemory::new(&mut guest.bytes), &[6, 0, 0]), Ok(()));
        assert_eq!(guest.open("f", Rights::FD_READ), Ok(10));
        peers[0].write_all(b"hello").expect("sent");
        guest.bytes.fill(b'?');
        let lines = OutputBuffer::new();
        World { guest, log: HostLog::new(LogScopes::ALL, lines.clone()), lines, _peers: peers }
    }

    /// Calls a function with its log, and gives the outcome and both lines.
    fn call(&mut self, signature: &Signature, args: &[u64]) -> (Result<(), Errno>, String) {
        let call = self.log.begin(Snapshot::Preview1, signature, args, &GuestMemory::new(&mut self.guest.bytes));
        let mut memory = GuestMemory::new(&mut self.guest.bytes);
        let outcome = invoke(signature.name, &mut self.guest.ctx, &mut memory, args);
        self.log.end(call, &memory, outcome);
        (outcome, String::from_utf8_lossy(&self.lines.take()).into_owned())
    }
}

/// The row of the table of functions.
fn signature(name: &str) -> &'static Signature {
    SIGNATURES.iter().find(|signature| signature.name == name).expect("a function of the table")
}

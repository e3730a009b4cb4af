//! `poll_oneoff`: sleeping, and waiting for descriptors.
//!
//! Each subscription becomes a *source* of events: a deadline of a clock, a place in a [`PollSet`], or an event that is
//! there already (a bad descriptor, an embedder's stream). One poll(2) waits for all of them at once, with the nearest
//! deadline as its timeout, and starts again until something has happened; a signal or an early wake-up therefore does no
//! harm. Events are reported in the order of the subscriptions, all that have happened by then.
//!
//! spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#poll_oneoff>

use super::ctx::WasiCtx;
use super::descriptor::Object;
use super::errno::Errno;
use super::fd_table::FdTable;
use super::guest::GuestMemory;
use super::sys::{self, BorrowedFd, PollSet, Readiness, Waiter};
use super::types::{ClockId, EVENT_HANGUP, Event, EventType, Rights, SUBSCRIPTION_CLOCK_ABSTIME, Subscription};

/// Longest wait at a time for a moment of the time of day, in nanoseconds: the clock may be set meanwhile.
const REALTIME_STEP_NANOS: u64 = 1_000_000_000;

/// Subscriptions of one call at most, so that a guest cannot make its host use more than some 50 MiB for one.
const MOST_SUBSCRIPTIONS: u32 = 1 << 20;

/// What a subscription waits for.
enum Source<'a> {
    /// This clock to show this time.
    Deadline(ClockId, u64),
    /// The descriptor, of the set, to be ready.
    Host(BorrowedFd<'a>, Waiter),
    /// Nothing: it has happened, well or not.
    Now(Result<(), Errno>),
}

/// Waits until at least one subscription has happened.
///
/// Parameters: `subscriptions`, an array of `nsubscriptions` times 48 bytes ([`Subscription`]); `events`, room for as many
/// times 32 bytes ([`Event`]); `nevents`, where the number of events goes, 4 bytes.
///
/// ```text
/// subscription
/// offset 0..8      8    16..20        24..32   32..40     40..42
///        userdata  tag  clock or fd   timeout  precision  flags
/// event
/// offset 0..8      8..10  10   16..24  24..26
///        userdata  error  tag  nbytes  flags
/// ```
///
/// Errors: `INVAL` for no subscription, more than a million of them, or an unknown tag; `FAULT` where arrays or result do not fit into memory; `NOMEM`.
/// In an event: `BADF` for a number that is not open, or a directory; `INVAL` for an unknown clock; `NOTSUP` for a clock
/// of processor time, which does not go on while one waits; `NOTCAPABLE` for a right that was given up.
///
/// POSIX: [poll](https://pubs.opengroup.org/onlinepubs/9799919799/functions/poll.html) and
/// [clock_nanosleep](https://pubs.opengroup.org/onlinepubs/9799919799/functions/clock_nanosleep.html) in one.
/// spec: <https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#poll_oneoff>
pub(super) fn poll_oneoff(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    subscriptions: u32,
    events: u32,
    nsubscriptions: u32,
    nevents: u32,
) -> Result<(), Errno> {
    poll(ctx, memory, subscriptions, events, nsubscriptions, nevents, Subscription::SIZE, |memory, at| {
        Ok(Subscription::decode(memory.array(at)?))
    })
}

/// As [`poll_oneoff`], for subscriptions of `size` bytes that `read` understands.
pub(super) fn poll(
    ctx: &mut WasiCtx,
    memory: &mut GuestMemory<'_>,
    subscriptions: u32,
    events: u32,
    nsubscriptions: u32,
    nevents: u32,
    size: u32,
    read: impl Fn(&GuestMemory<'_>, u32) -> Result<Subscription, Errno>,
) -> Result<(), Errno> {
    if nsubscriptions == 0 {
        return Err(Errno::Inval);
    }
    memory.check(subscriptions, nsubscriptions.checked_mul(size).ok_or(Errno::Fault)?)?;
    memory.check(events, nsubscriptions.checked_mul(Event::SIZE).ok_or(Errno::Fault)?)?;
    memory.check(nevents, 4)?;
    if nsubscriptions > MOST_SUBSCRIPTIONS {
        return Err(Errno::Inval);
    }
    let mut set = PollSet::new();
    let mut waits = Vec::new();
    for index in 0..nsubscriptions {
        let subscription = read(memory, subscriptions + index * size)?;
        let event_type = EventType::from_guest(subscription.tag.into())?;
        let source = match event_type {
            EventType::Clock => clock_source(&subscription),
            EventType::FdRead => fd_source(&ctx.table, &mut set, subscription.fd(), false),
            EventType::FdWrite => fd_source(&ctx.table, &mut set, subscription.fd(), true),
        };
        let source = source.unwrap_or_else(|errno| Source::Now(Err(errno)));
        waits.push((subscription.userdata, event_type, source));
    }
    loop {
        set.wait(timeout(&waits))?;
        let mut count = 0;
        for (userdata, event_type, source) in &waits {
            if let Some(outcome) = happened(source, &set) {
                let event = event(*userdata, *event_type, outcome);
                memory.write_bytes(events + count * Event::SIZE, &event.encode())?;
                count += 1;
            }
        }
        if count > 0 {
            return memory.write(nevents, count);
        }
    }
}

/// The deadline of a clock's subscription. A length of time is measured by the clock that nobody sets.
fn clock_source(subscription: &Subscription) -> Result<Source<'static>, Errno> {
    let clock = ClockId::from_guest(subscription.clock_or_fd)?;
    if let ClockId::ProcessCputime | ClockId::ThreadCputime = clock {
        return Err(Errno::Notsup);
    }
    match subscription.flags {
        0 => {
            let now = sys::clock_time(ClockId::Monotonic);
            Ok(Source::Deadline(ClockId::Monotonic, now.saturating_add(subscription.timeout)))
        }
        SUBSCRIPTION_CLOCK_ABSTIME => Ok(Source::Deadline(clock, subscription.timeout)),
        _ => Err(Errno::Inval),
    }
}

fn fd_source<'a>(table: &'a FdTable, set: &mut PollSet<'a>, fd: u32, to_write: bool) -> Result<Source<'a>, Errno> {
    let descriptor = table.get(fd)?;
    if let Object::Dir(_) = descriptor.object {
        return Err(Errno::Badf);
    }
    descriptor.require(Rights::POLL_FD_READWRITE)?;
    // What an embedder gives never makes a guest wait, as far as anyone knows here.
    let Ok(host) = descriptor.host(Errno::Nosys) else { return Ok(Source::Now(Ok(()))) };
    Ok(Source::Host(host, set.add(host, to_write)))
}

/// How long to wait at most, in nanoseconds.
fn timeout(waits: &[(u64, EventType, Source<'_>)]) -> Option<u64> {
    let remaining = waits.iter().filter_map(|(_, _, source)| match source {
        Source::Deadline(ClockId::Realtime, deadline) => {
            Some(deadline.saturating_sub(sys::clock_time(ClockId::Realtime)).min(REALTIME_STEP_NANOS))
        }
        Source::Deadline(clock, deadline) => Some(deadline.saturating_sub(sys::clock_time(*clock))),
        Source::Now(_) => Some(0),
        Source::Host(..) => None,
    });
    remaining.min()
}

/// What became of a descriptor that was waited for.
#[derive(Default)]
struct Outcome {
    error: Option<Errno>,
    nbytes: u64,
    hangup: bool,
}

/// What has happened to a source, if anything.
fn happened(source: &Source<'_>, set: &PollSet<'_>) -> Option<Outcome> {
    match source {
        Source::Deadline(clock, deadline) => (sys::clock_time(*clock) >= *deadline).then(Outcome::default),
        Source::Now(outcome) => Some(Outcome { error: outcome.err(), ..Outcome::default() }),
        Source::Host(host, waiter) => set.ready(*waiter).map(|Readiness { hangup, invalid }| {
            if invalid {
                return Outcome { error: Some(Errno::Badf), ..Outcome::default() };
            }
            Outcome { error: None, nbytes: sys::available(*host), hangup }
        }),
    }
}

/// The event of an outcome. How much can be written is not known, and told as 0.
fn event(userdata: u64, event_type: EventType, outcome: Outcome) -> Event {
    Event {
        userdata,
        error: outcome.error.unwrap_or(Errno::Success) as u16,
        tag: event_type as u8,
        nbytes: if event_type == EventType::FdRead { outcome.nbytes } else { 0 },
        flags: if outcome.hangup { EVENT_HANGUP } else { 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::super::sock::sock_accept;
    use super::super::testing::Guest;
    use super::super::types::ClockId::{Monotonic, Realtime};
    use super::*;
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::{Duration, Instant};

    const MILLISECOND: u64 = 1_000_000;

    fn clock(id: ClockId, timeout: u64, flags: u16) -> Subscription {
        Subscription { userdata: 1, clock_or_fd: id as u32, timeout, flags, ..Subscription::default() }
    }

    fn fd(tag: EventType, fd: u32) -> Subscription {
        Subscription { userdata: 2, tag: tag as u8, clock_or_fd: fd, ..Subscription::default() }
    }

    fn poll(guest: &mut Guest, subscriptions: &[Subscription]) -> Result<Vec<Event>, Errno> {
        for (index, subscription) in subscriptions.iter().enumerate() {
            guest.put(1001 + 48 * index as u32, &subscription.encode());
        }
        guest.call(poll_oneoff, (1001, 1, subscriptions.len() as u32, 900))?;
        let count = guest.number(900) as usize;
        let chunks = guest.bytes[1..].chunks(32).take(count);
        Ok(chunks.map(|bytes| Event::decode(bytes.first_chunk().expect("32 bytes"))).collect())
    }

    /// Polls and checks userdata, error and tag of each event.
    #[track_caller]
    fn check(guest: &mut Guest, subscriptions: &[Subscription], expect: &[(u64, Errno, EventType)]) {
        let events = poll(guest, subscriptions).expect("a good call");
        let got: Vec<_> = events.iter().map(|event| (event.userdata, event.error, event.tag)).collect();
        let expect: Vec<_> = expect.iter().map(|(data, errno, tag)| (*data, *errno as u16, *tag as u8)).collect();
        assert_eq!(got, expect);
    }

    #[test]
    fn sleeps_as_long_as_it_is_told() {
        const NAP: u64 = 30 * MILLISECOND;
        let mut guest = Guest::new(|_| ());
        // A moment is named when its sleep begins, as a busy machine prolongs the ones before.
        let naps: [fn() -> Subscription; 4] = [
            || clock(Monotonic, NAP, 0),
            || clock(Realtime, NAP, 0),
            || clock(Monotonic, sys::clock_time(Monotonic) + NAP, 1),
            || clock(Realtime, sys::clock_time(Realtime) + NAP, 1),
        ];
        for nap in naps {
            let start = Instant::now();
            check(&mut guest, &[nap()], &[(1, Errno::Success, EventType::Clock)]);
            assert!(start.elapsed() >= Duration::from_millis(15) && start.elapsed() < Duration::from_secs(10));
        }
        let start = Instant::now();
        let both = [clock(Monotonic, u64::MAX, 0), clock(Monotonic, MILLISECOND, 0), clock(Realtime, 0, 1)];
        assert!(poll(&mut guest, &both).is_ok_and(|events| !events.is_empty()));
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn descriptors_are_ready_or_wrong() {
        let mut guest = Guest::with_dir();
        guest.host().write("f", "wazero").expect("a file");
        assert_eq!(guest.open("f", Rights::ALL), Ok(5));
        let forever = clock(Monotonic, u64::MAX, 0);
        for (tag, ready) in
            [(EventType::FdRead, 5), (EventType::FdWrite, 5), (EventType::FdRead, 0), (EventType::FdWrite, 1)]
        {
            check(&mut guest, &[forever, fd(tag, ready)], &[(2, Errno::Success, tag)]);
        }
        for wrong in [3, 9, u32::MAX] {
            let read = EventType::FdRead;
            check(&mut guest, &[fd(read, wrong), forever], &[(2, Errno::Badf, read)]);
        }
        let events = poll(&mut guest, &[fd(EventType::FdRead, 5), fd(EventType::FdWrite, 9)]).expect("a good call");
        assert_eq!(events.iter().map(|event| event.nbytes).collect::<Vec<_>>(), [6, 0]);
    }

    #[test]
    fn sockets_are_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let mut guest = Guest::new(|builder| _ = builder.preopened_listener(listener));
        let (read, write) = (EventType::FdRead, EventType::FdWrite);
        let soon = clock(Monotonic, 5 * MILLISECOND, 0);
        check(&mut guest, &[fd(read, 3), soon], &[(1, Errno::Success, EventType::Clock)]);

        let connecting = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            TcpStream::connect(address).expect("a connection")
        });
        let forever = clock(Realtime, u64::MAX, 1);
        // Twice the same, with one answer each.
        check(
            &mut guest,
            &[fd(read, 3), forever, fd(read, 3)],
            &[(2, Errno::Success, read), (2, Errno::Success, read)],
        );
        let mut peer = connecting.join().expect("no panic");
        guest.check(sock_accept, (3, 0, 0), Ok(()), b"\x04\0\0\0");
        check(&mut guest, &[fd(read, 4), fd(write, 4)], &[(2, Errno::Success, write)]);

        let sending = thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            peer.write_all(b"hello").expect("sent");
            peer
        });
        let events = poll(&mut guest, &[fd(read, 4), forever]).expect("a good call");
        assert_eq!(events.iter().map(|event| (event.nbytes, event.flags)).collect::<Vec<_>>(), [(5, 0)]);
        drop(sending.join().expect("no panic"));
        let events = poll(&mut guest, &[fd(read, 4), fd(write, 4)]).expect("a good call");
        assert_eq!(events.len(), 2);
    }

    #[test]
    fn thousands_of_subscriptions_to_one_descriptor() {
        let mut guest = Guest::with_dir();
        guest.host().write("f", "").expect("a file");
        assert_eq!(guest.open("f", Rights::ALL), Ok(5));
        let count = 10_000;
        guest.bytes.resize(1 << 20, b'?');
        for index in 0..count {
            let tag = if index % 2 == 0 { EventType::FdRead } else { EventType::FdWrite };
            guest.put(48 * index, &fd(tag, 5).encode());
        }
        assert_eq!(guest.call(poll_oneoff, (0, 500_000, count, 900_000)), Ok(()));
        assert_eq!(guest.number(900_000), count);
    }

    #[test]
    fn wrong_clocks_are_events() {
        let mut guest = Guest::new(|_| ());
        let unknown = Subscription { clock_or_fd: 9, ..clock(Realtime, 0, 0) };
        for (subscription, errno) in [
            (unknown, Errno::Inval),
            (clock(Realtime, 0, 2), Errno::Inval),
            (clock(ClockId::ProcessCputime, 0, 0), Errno::Notsup),
            (clock(ClockId::ThreadCputime, 0, 1), Errno::Notsup),
        ] {
            check(&mut guest, &[subscription], &[(1, errno, EventType::Clock)]);
        }
    }

    #[test]
    fn wrong_calls() {
        let mut guest = Guest::new(|_| ());
        let unknown = Subscription { tag: 3, ..Subscription::default() };
        assert_eq!(poll(&mut guest, &[unknown]), Err(Errno::Inval));
        guest.check(poll_oneoff, (0, 0, 0, 0), Err(Errno::Inval), b"??");
        guest.check(poll_oneoff, (0, 0, u32::MAX, 0), Err(Errno::Fault), b"??");
        guest.check(poll_oneoff, (Guest::SIZE - 47, 0, 1, 0), Err(Errno::Fault), b"??");
        guest.check(poll_oneoff, (0, Guest::SIZE - 31, 1, 0), Err(Errno::Fault), b"??");
        guest.check(poll_oneoff, (0, 0, 1, Guest::SIZE - 3), Err(Errno::Fault), b"??");
    }
}

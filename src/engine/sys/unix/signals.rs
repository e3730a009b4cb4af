//! The process-wide signal handler for hardware faults.
//!
//! It is installed once, stays installed, and asks the engine's [`FaultHandler`] first. What that refuses goes to the
//! handler that was there before, or, where there was none, back to the system's default: the faulting instruction then
//! runs again and ends the process with the signal it deserves.

use super::context;
use crate::engine::sys::{Fault, FaultHandler};
use libc::{c_int, c_void, siginfo_t, ucontext_t};
use std::io;
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::OnceLock;

/// Signals that a fault of generated code arrives as: `ud2` and `udf` as `SIGILL`, `brk` as `SIGTRAP`, and on some
/// systems a guard page as `SIGBUS`.
const SIGNALS: [c_int; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP];

static INSTALLED: OnceLock<Result<(), c_int>> = OnceLock::new();
static STATE: OnceLock<State> = OnceLock::new();

/// What the handler needs; complete before the first signal can reach it.
struct State {
    handler: FaultHandler,
    /// What was installed before, in the order of `SIGNALS`.
    previous: [libc::sigaction; SIGNALS.len()],
}

/// Has `handler` look at every hardware fault of the process from now on. Only the first call's handler is installed.
///
/// # Errors
///
/// The system's, which stays the same for later calls.
pub fn install_fault_handler(handler: FaultHandler) -> io::Result<()> {
    (*INSTALLED.get_or_init(|| install(handler))).map_err(io::Error::from_raw_os_error)
}

fn install(handler: FaultHandler) -> Result<(), c_int> {
    let mut previous = [default_action(); SIGNALS.len()];
    for (signal, previous) in SIGNALS.into_iter().zip(&mut previous) {
        // SAFETY: Asking changes nothing; the pointer has room for the answer.
        let answer = unsafe { libc::sigaction(signal, ptr::null(), previous) };
        checked(answer)?;
    }
    STATE.get_or_init(|| State { handler, previous });
    let mut action = default_action();
    action.sa_sigaction = on_signal as *const () as usize;
    // A fault inside the handler must reach whoever handles host faults, so the signal is not blocked meanwhile.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
    // A profile's sample has to wait: the engine's handler is changing what it would look at.
    // SAFETY: The set is the structure's own; adding a signal that exists cannot fail.
    unsafe { libc::sigaddset(&raw mut action.sa_mask, libc::SIGPROF) };
    for signal in SIGNALS {
        // SAFETY: The handler has the three-argument shape that `SA_SIGINFO` announces and is safe in signal context.
        let answer = unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
        checked(answer)?;
    }
    Ok(())
}

fn checked(answer: c_int) -> Result<(), c_int> {
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)) }
}

/// The system's default action, with an empty mask.
pub(super) fn default_action() -> libc::sigaction {
    // SAFETY: Zero is `SIG_DFL`, no flags, no restorer, and a set of signals as good as any.
    let mut action = unsafe { MaybeUninit::<libc::sigaction>::zeroed().assume_init() };
    // SAFETY: The set is the structure's own; making it empty cannot fail.
    unsafe { libc::sigemptyset(&raw mut action.sa_mask) };
    action
}

extern "C" fn on_signal(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let errno = errno_location();
    // SAFETY: The location is this thread's `errno`.
    let saved = unsafe { errno.read() };
    if !is_handled(signal, info, context) {
        pass_on(signal, info, context);
    }
    // SAFETY: As above.
    unsafe { errno.write(saved) };
}

/// Whether the engine's handler took the signal; if so, the context is changed.
fn is_handled(signal: c_int, info: *mut siginfo_t, context: *mut c_void) -> bool {
    // SAFETY: The system passes a valid record to a handler that was installed with `SA_SIGINFO`.
    let info = unsafe { &*info };
    let (Some(state), false) = (STATE.get(), was_sent(info)) else { return false };
    // SAFETY: The system passes a context that only this handler uses until it returns.
    let context = unsafe { &mut *context.cast::<ucontext_t>() };
    let fault = match signal {
        libc::SIGSEGV | libc::SIGBUS => Fault::Memory { address: fault_address(info) },
        libc::SIGFPE => Fault::Division,
        _ => Fault::Illegal,
    };
    let mut registers = context::read(context);
    registers.pc = registers.pc.wrapping_sub(context::bytes_behind(signal));
    let handled = (state.handler)(&fault, &mut registers);
    if handled {
        context::write(context, &registers);
    }
    handled
}

/// The code of a signal that `kill` has sent. The libc crate has none for Apple's systems and FreeBSD, whose headers say this.
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
const SI_USER: libc::c_int = 0x10001;
#[cfg(not(any(target_vendor = "apple", target_os = "freebsd")))]
use libc::SI_USER;

/// Whether a process sent the signal, so that no instruction is at fault.
fn was_sent(info: &siginfo_t) -> bool {
    info.si_code == SI_USER || info.si_code < 0
}

fn fault_address(info: &siginfo_t) -> usize {
    // SAFETY: The signal is one that carries an address.
    unsafe { info.si_addr() }.addr()
}

/// Lets whoever was there before handle the signal.
fn pass_on(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let previous = STATE.get().and_then(|state| {
        let position = SIGNALS.iter().position(|known| *known == signal)?;
        state.previous.get(position)
    });
    let address = previous.map_or(libc::SIG_DFL, |action| action.sa_sigaction);
    // SAFETY: As in `is_handled`.
    let sent = was_sent(unsafe { &*info });
    match address {
        libc::SIG_IGN if sent => {}
        // The system does not let faults be ignored either.
        libc::SIG_DFL | libc::SIG_IGN => restore_default(signal, sent),
        _ if previous.is_some_and(|action| action.sa_flags & libc::SA_SIGINFO != 0) => {
            // SAFETY: The address was installed as a handler with `SA_SIGINFO`, which has this shape.
            let handler =
                unsafe { mem::transmute::<usize, extern "C" fn(c_int, *mut siginfo_t, *mut c_void)>(address) };
            handler(signal, info, context);
        }
        _ => {
            // SAFETY: The address was installed as a handler without `SA_SIGINFO`, which has this shape.
            let handler = unsafe { mem::transmute::<usize, extern "C" fn(c_int)>(address) };
            handler(signal);
        }
    }
}

/// Puts the default action back. A fault then happens again when the handler returns; a sent signal is sent again.
fn restore_default(signal: c_int, sent: bool) {
    let action = default_action();
    // SAFETY: The default action is valid for every signal.
    unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) };
    if sent {
        // SAFETY: Raising a signal is allowed in signal context.
        unsafe { libc::raise(signal) };
    }
}

/// Where this thread's `errno` is.
pub(super) fn errno_location() -> *mut c_int {
    #[cfg(target_os = "linux")]
    // SAFETY: Returns the address of this thread's `errno`.
    return unsafe { libc::__errno_location() };
    #[cfg(not(target_os = "linux"))]
    // SAFETY: Returns the address of this thread's `errno`.
    return unsafe { libc::__error() };
}

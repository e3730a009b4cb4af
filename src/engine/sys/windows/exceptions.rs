//! The process-wide vectored handler for hardware exceptions.
//!
//! It is installed once, in front of all others, and asks the engine's [`FaultHandler`]. What that refuses goes on to the
//! next handler. Windows calls handlers on the stack that faulted: wasm functions check the stack in their prologues there,
//! so that room is left (`compile::isa`).

use super::context;
use crate::engine::sys::{Fault, FaultHandler};
use std::io;
use std::sync::OnceLock;
use windows_sys::Win32::Foundation::{
    EXCEPTION_ACCESS_VIOLATION, EXCEPTION_BREAKPOINT, EXCEPTION_ILLEGAL_INSTRUCTION, EXCEPTION_IN_PAGE_ERROR,
    EXCEPTION_INT_DIVIDE_BY_ZERO, EXCEPTION_INT_OVERFLOW,
};
use windows_sys::Win32::System::Diagnostics::Debug::{
    AddVectoredExceptionHandler, EXCEPTION_CONTINUE_EXECUTION, EXCEPTION_CONTINUE_SEARCH, EXCEPTION_POINTERS,
    EXCEPTION_RECORD,
};

/// The error number where installing failed.
static INSTALLED: OnceLock<Result<(), i32>> = OnceLock::new();
/// Set before the first exception can reach `on_exception`.
static HANDLER: OnceLock<FaultHandler> = OnceLock::new();

/// Has `handler` look at every hardware fault of the process from now on. Only the first call's handler is installed.
///
/// # Errors
///
/// The system's, which stays the same for later calls.
pub fn install_fault_handler(handler: FaultHandler) -> io::Result<()> {
    let install = || {
        HANDLER.get_or_init(|| handler);
        const FIRST: u32 = 1;
        // SAFETY: The handler has the shape that the system calls, and lives as long as the process.
        if unsafe { AddVectoredExceptionHandler(FIRST, Some(on_exception)) }.is_null() {
            return Err(io::Error::last_os_error().raw_os_error().unwrap_or_default());
        }
        Ok(())
    };
    (*INSTALLED.get_or_init(install)).map_err(io::Error::from_raw_os_error)
}

/// Makes sure that the fault handler finds a stack on this thread: it runs on the one that faulted.
///
/// # Errors
///
/// None here.
pub fn prepare_thread() -> io::Result<()> {
    Ok(())
}

unsafe extern "system" fn on_exception(pointers: *mut EXCEPTION_POINTERS) -> i32 {
    // SAFETY: The system passes pointers that are valid while the handler runs.
    let pointers = unsafe { &*pointers };
    // SAFETY: As above.
    let record = unsafe { &*pointers.ExceptionRecord };
    let (Some(handler), Some(fault)) = (HANDLER.get(), fault(record)) else { return EXCEPTION_CONTINUE_SEARCH };
    // SAFETY: As above, and only this handler uses the context until it returns.
    let context = unsafe { &mut *pointers.ContextRecord };
    let mut registers = context::read(context);
    if !handler(&fault, &mut registers) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    context::write(context, &registers);
    EXCEPTION_CONTINUE_EXECUTION
}

/// What the exception is to the engine; nothing for those that no instruction of generated code can cause.
fn fault(record: &EXCEPTION_RECORD) -> Option<Fault> {
    match record.ExceptionCode {
        EXCEPTION_ACCESS_VIOLATION | EXCEPTION_IN_PAGE_ERROR => {
            // The first parameter says whether it was read, written or executed.
            let address = if record.NumberParameters >= 2 { record.ExceptionInformation[1] } else { 0 };
            Some(Fault::Memory { address })
        }
        EXCEPTION_INT_DIVIDE_BY_ZERO | EXCEPTION_INT_OVERFLOW => Some(Fault::Division),
        EXCEPTION_ILLEGAL_INSTRUCTION | EXCEPTION_BREAKPOINT => Some(Fault::Illegal),
        _ => None,
    }
}

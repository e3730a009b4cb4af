//! What tests share that send signals to the processes they start.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Lets an interrupt reach the processes that are started from now on, although whoever started the tests may have set it
/// aside, as a shell does for what runs in the background: what is handled here is as at first after exec.
pub(crate) fn heed_interrupts() {
    let always = Arc::new(AtomicBool::new(true));
    signal_hook::flag::register_conditional_default(signal_hook::consts::SIGINT, always).expect("a handler");
}

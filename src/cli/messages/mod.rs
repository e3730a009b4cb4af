//! What the user reads on stderr, and the code that the process ends with.

pub(crate) mod exit;
pub(crate) mod failure;
pub(crate) mod origin;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod visible;

//! [`Profiler`]: where a guest's processor time goes, and where its memory comes from.

use super::{Error, ErrorKind, Profile, ProfileKind, Result};
use crate::engine::runtime;
use std::sync::Arc;

/// Takes profiles of the guest in one [`Store`](super::Store); see [`Store::set_profiler`](super::Store::set_profiler).
///
/// Growth of memories is noted from then on. Processor time is sampled while a [`CpuSampling`] exists. Names and source
/// lines are read by a thread of the profiler's while the guest runs. Clones are the same profiler.
///
/// ```
/// use wazero::{Config, Engine, Linker, Module, Profiler, Store};
///
/// # fn main() -> wazero::Result<()> {
/// let engine = Engine::new(&Config::new())?;
/// let module = Module::new(&engine, &wat::parse_str("(module (memory (export \"m\") 2))").expect("text format"))?;
/// let profiler = Profiler::new()?;
/// let mut store = Store::new(&engine, ());
/// store.set_profiler(&profiler)?;
/// Linker::new(&engine).instantiate(&mut store, &module)?;
/// assert_eq!(profiler.memory_profile().samples[0].amount, 2 * 65536);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Profiler {
    shared: Arc<runtime::Profiler>,
}

/// Sampling of a thread for a [`Profiler`]. Dropping it ends it.
#[derive(Debug)]
pub struct CpuSampling {
    _sampling: runtime::CpuSampling,
}

impl Profiler {
    /// Makes a profiler.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Host`] where the system has no room for its thread.
    pub fn new() -> Result<Profiler> {
        let shared = runtime::Profiler::start().map_err(|error| Error::new(ErrorKind::Host, error.to_string()))?;
        Ok(Profiler { shared })
    }

    /// Samples the calling thread at even steps of its processor time, until the result is dropped. Some systems sample
    /// whichever thread is running.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Host`] while another profiler of the process samples, or where the system refuses.
    pub fn sample_this_thread(&self) -> Result<CpuSampling> {
        match self.shared.sample_this_thread() {
            Ok(sampling) => Ok(CpuSampling { _sampling: sampling }),
            Err(error) => Err(Error::new(ErrorKind::Host, format!("cannot sample processor time: {error}"))),
        }
    }

    /// Where processor time went so far. Any thread may ask, also while the guest runs.
    pub fn cpu_profile(&self) -> Profile {
        self.shared.profile(ProfileKind::Cpu)
    }

    /// Where memory was allocated so far. Any thread may ask, also while the guest runs.
    pub fn memory_profile(&self) -> Profile {
        self.shared.profile(ProfileKind::Memory)
    }

    pub(super) fn shared(&self) -> &Arc<runtime::Profiler> {
        &self.shared
    }
}

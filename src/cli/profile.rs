//! `-cpuprofile` and `-memprofile`: profiles of the guest, written when the run ends, however it ends.
//!
//! Whoever ends the run writes the files: the command after the guest, or the thread of `-timeout`. The other one finds
//! nothing left to do.

use super::failure::{Failure, os_error};
use super::report;
use crate::api::{CpuSampling, Profile, Profiler, Store};
use clap::ArgMatches;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// What `-timeout` lets the files take, so that the process ends soon after its time.
const TIME_TO_WRITE: Duration = Duration::from_millis(50);

/// Where profiles go.
#[derive(Debug)]
pub(super) struct ProfileOptions {
    cpu: Option<PathBuf>,
    memory: Option<PathBuf>,
}

impl ProfileOptions {
    /// What was typed.
    pub(super) fn new(flags: &ArgMatches) -> ProfileOptions {
        let path = |name| flags.get_one::<OsString>(name).map(PathBuf::from);
        ProfileOptions { cpu: path("cpuprofile"), memory: path("memprofile") }
    }

    /// Whether there are any.
    pub(super) fn are_wanted(&self) -> bool {
        self.cpu.is_some() || self.memory.is_some()
    }
}

/// A file that is open and still empty.
struct Target {
    /// `cpu` or `memory`.
    noun: &'static str,
    path: PathBuf,
    file: File,
    profile: fn(&Profiler) -> Profile,
}

/// Files to write when the run ends, with what goes into them.
static PENDING: Mutex<Option<(Profiler, Vec<Target>)>> = Mutex::new(None);

/// Opens the files and begins to profile what runs in the store on this thread, until the result is dropped.
pub(super) fn start<T>(options: &ProfileOptions, store: &mut Store<T>) -> Result<Option<CpuSampling>, Failure> {
    let cpu = options.cpu.as_ref().map(|path| open("cpu", path, Profiler::cpu_profile));
    let memory = options.memory.as_ref().map(|path| open("memory", path, Profiler::memory_profile));
    let targets = cpu.into_iter().chain(memory).collect::<Result<Vec<_>, _>>()?;
    if targets.is_empty() {
        return Ok(None);
    }
    let failed = |error| Failure::new(format!("error starting the profile: {error}"));
    let profiler = Profiler::new().map_err(failed)?;
    store.set_profiler(&profiler).map_err(failed)?;
    let sampling = options.cpu.as_ref().map(|_| profiler.sample_this_thread()).transpose().map_err(failed)?;
    *PENDING.lock().unwrap_or_else(PoisonError::into_inner) = Some((profiler, targets));
    Ok(sampling)
}

fn open(noun: &'static str, path: &PathBuf, profile: fn(&Profiler) -> Profile) -> Result<Target, Failure> {
    match File::create(path) {
        Ok(file) => Ok(Target { noun, path: path.clone(), file, profile }),
        Err(error) => {
            let message = format!("error creating {noun} profile output: open {}", path.display());
            Err(Failure::new(format!("{message}: {}", os_error(&error))))
        }
    }
}

/// Writes the profiles, unless that is done already. What cannot be written is told, and does not change how the run ends.
pub(super) fn finish() {
    let mut pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner);
    let Some((profiler, targets)) = pending.take() else { return };
    for mut target in targets {
        let bytes = (target.profile)(&profiler).to_pprof();
        if let Err(error) = target.file.write_all(&bytes) {
            let (noun, path) = (target.noun, target.path.display());
            report::print(&format!("warning: {noun} profile `{path}` was not written: {}\n", os_error(&error)));
        }
    }
}

/// Writes the profiles, but gives up after a moment. For who is about to end the process.
pub(super) fn finish_in_time() {
    let (done, wait) = mpsc::channel();
    if PENDING.try_lock().is_ok_and(|pending| pending.is_none()) {
        return;
    }
    let work = move || {
        finish();
        // Nobody listens any more where it took too long.
        let _ = done.send(());
    };
    let started = std::thread::Builder::new().name("profile".into()).spawn(work);
    if started.is_err() || wait.recv_timeout(TIME_TO_WRITE).is_err() {
        report::print("warning: the profiles were not written in time\n");
    }
}

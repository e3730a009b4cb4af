//! Running commands in turn and dividing their times.

use nix::sys::resource::{UsageWho, getrusage};
use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// A command that takes a module's path as its last word.
pub(crate) struct Runner {
    /// What the table calls it.
    pub(crate) name: &'static str,
    /// The program and its first words.
    pub(crate) command: Vec<OsString>,
}

/// Our time divided by a peer's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    wall: f64,
    cpu: f64,
}

/// Seconds of one run.
#[derive(Clone, Copy, Debug)]
struct Time {
    wall: f64,
    cpu: f64,
}

impl Ratio {
    /// The geometric mean.
    pub(crate) fn mean(ratios: &[Ratio]) -> Ratio {
        let mean = |part: fn(&Ratio) -> f64| {
            let logs: f64 = ratios.iter().map(|ratio| part(ratio).ln()).sum();
            (logs / ratios.len() as f64).exp()
        };
        Ratio { wall: mean(|ratio| ratio.wall), cpu: mean(|ratio| ratio.cpu) }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2})", self.wall, self.cpu)
    }
}

/// The median over `rounds` of our time divided by the peer's, and our median wall time in seconds.
pub(crate) fn median_ratio(ours: &Runner, peer: &Runner, module: &Path, rounds: usize) -> Result<(Ratio, f64), String> {
    let (mut walls, mut cpus, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        let a1 = run(ours, module)?;
        let b1 = run(peer, module)?;
        let b2 = run(peer, module)?;
        let a2 = run(ours, module)?;
        walls.push((a1.wall + a2.wall) / (b1.wall + b2.wall));
        cpus.push((a1.cpu + a2.cpu) / (b1.cpu + b2.cpu));
        own.push((a1.wall + a2.wall) / 2.0);
    }
    Ok((Ratio { wall: median(walls), cpu: median(cpus) }, median(own)))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Processor seconds of all children that have ended.
fn children_cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap_or_else(|error| panic!("getrusage: {error}"));
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

fn run(runner: &Runner, module: &Path) -> Result<Time, String> {
    let mut command = Command::new(&runner.command[0]);
    command.args(&runner.command[1..]).arg(module);
    let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
    command.current_dir(scratch.path()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (start, cpu) = (Instant::now(), children_cpu());
    let status = command.status().map_err(|error| error.to_string())?;
    let time = Time { wall: start.elapsed().as_secs_f64(), cpu: children_cpu() - cpu };
    if status.success() { Ok(time) } else { Err(format!("{}: {status}", runner.name)) }
}

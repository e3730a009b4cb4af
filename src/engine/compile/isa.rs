//! The machine that code is made for, and the code generator's settings.

use super::CompileError;
use crate::engine::abi::tunables;
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable, Flags};
use std::fmt;

/// A machine, and how memory accesses are checked on it.
pub struct Target {
    /// Cranelift's view of the machine: instruction set, CPU features, settings.
    pub(super) isa: OwnedTargetIsa,
    /// Whether every memory is followed by a guard region, so that most accesses need no check.
    pub(super) guarded_memory: bool,
}

impl Target {
    /// The machine that this process runs on, with all features of its CPU.
    ///
    /// # Errors
    ///
    /// `Unsupported` where Cranelift does not know the architecture, or where an x86-64 CPU is older than SSE4.1
    /// (2008), without which vector and rounding instructions would need calls into a library.
    pub fn host(guarded_memory: bool) -> Result<Target, CompileError> {
        let builder = cranelift_native::builder()
            .map_err(|reason| CompileError::unsupported(format!("this machine ({reason})")))?;
        let flags = flags().map_err(|error| CompileError::bug(format!("settings: {error}")))?;
        let isa = builder.finish(flags).map_err(|error| CompileError::codegen(None, error))?;
        require_features(&isa)?;
        Ok(Target { isa, guarded_memory })
    }

    /// Cranelift's view of the machine.
    pub fn isa(&self) -> OwnedTargetIsa {
        self.isa.clone()
    }

    /// Whether every memory is followed by a guard region.
    pub fn guarded_memory(&self) -> bool {
        self.guarded_memory
    }

    /// The machine as text: architecture, CPU features and settings. Equal descriptions make equal code.
    pub fn description(&self) -> String {
        let features = self.isa.isa_flags().iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        format!("{} {features} guarded_memory={}", self.isa.triple(), self.guarded_memory)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.description()).finish()
    }
}

/// The settings that differ from Cranelift's defaults, as it names them.
fn flags() -> settings::SetResult<Flags> {
    let mut builder = settings::builder();
    let probe_size = tunables::PROBE_SIZE_LOG2.to_string();
    for (name, value) in [
        ("opt_level", "speed"),
        // The verifier finds mistakes of the translator; releases trust the tests that ran with it.
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        // cranelift-jit insists on this. Artifacts hold no address all the same: calls between their functions are relative.
        ("is_pic", "false"),
        // Traps resume at the entry frame and backtraces walk frame pointers; nothing unwinds.
        ("unwind_info", "false"),
        ("preserve_frame_pointers", "true"),
        // No frame may jump over the stack's guard region.
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
        ("probestack_size_log2", &probe_size),
        // Functions with more results than registers return the rest through memory.
        ("enable_multi_ret_implicit_sret", "true"),
    ] {
        builder.set(name, value)?;
    }
    Ok(Flags::new(builder))
}

/// Refuses CPUs on which code would need library calls, which the text cannot make.
fn require_features(isa: &OwnedTargetIsa) -> Result<(), CompileError> {
    if isa.name() != "x64" {
        return Ok(());
    }
    for feature in ["has_ssse3", "has_sse41"] {
        if !isa.isa_flags().iter().any(|flag| flag.name == feature && flag.as_bool() == Some(true)) {
            return Err(CompileError::unsupported("an x86-64 CPU without SSSE3 and SSE4.1"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_supported_and_describes_itself() {
        let target = Target::host(true).unwrap();
        assert!(target.description().ends_with("guarded_memory=true"));
        assert!(target.isa.flags().preserve_frame_pointers());
        assert!(!target.isa.flags().unwind_info());
    }
}

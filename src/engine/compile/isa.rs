//! The machine that code is made for, and the code generator's settings.

use super::CompileError;
use crate::engine::abi::tunables;
use crate::engine::sys::is_new_enough;
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable, Flags};
use std::env::consts::ARCH;
use std::fmt;
use target_lexicon::{Architecture, OperatingSystem, Triple};

/// Machines that code can be made for on any other: those that have a runner. Longer names for them are known too.
const TARGETS: &[&str] =
    &["aarch64-linux", "aarch64-macos", "aarch64-windows", "x86_64-linux", "x86_64-macos", "x86_64-windows"];

/// What code for x86-64 relies on.
const REQUIRED_X64_FEATURES: &[&str] = &["has_ssse3", "has_sse41"];

/// What signs return addresses on AArch64, which Cranelift turns on where Apple's unwinder would need it. Frame records
/// would then hold signatures, which backtraces would have to strip; see "Why no branch protection?" in
/// `docs/RATIONALE.md`.
const SIGNED_RETURNS: &[&str] = &["sign_return_address", "sign_return_address_with_bkey"];

/// A machine, and how memory accesses are checked on it.
pub struct Target {
    /// Cranelift's view of the machine: instruction set, CPU features, settings.
    pub(super) isa: OwnedTargetIsa,
    /// Whether every memory is followed by a guard region, so that most accesses need no check.
    pub(super) guarded_memory: bool,
    /// Whether own functions are called through the slots of their instance, as the interpreter may run them.
    pub(super) through_slots: bool,
}

impl Target {
    /// The machine that this process runs on, with all features of its CPU.
    ///
    /// # Errors
    ///
    /// `Unsupported` where Cranelift does not know the architecture, or where an x86-64 CPU is older than SSE4.1
    /// (2008), without which vector and rounding instructions would need calls into a library, or an s390x CPU than z14.
    pub fn host(guarded_memory: bool) -> Result<Target, CompileError> {
        let mut builder = cranelift_native::builder()
            .map_err(|_| CompileError::unsupported(format!("compiling for this machine's processor ({ARCH})")))?;
        if matches!(builder.triple().architecture, Architecture::Aarch64(_)) {
            for signing in SIGNED_RETURNS {
                builder.set(signing, "false").map_err(|error| CompileError::bug(format!("settings: {error}")))?;
            }
        }
        let flags = flags(builder.triple()).map_err(|error| CompileError::bug(format!("settings: {error}")))?;
        let isa = builder.finish(flags).map_err(|error| CompileError::codegen(None, error))?;
        if !is_new_enough() {
            return Err(CompileError::unsupported(format!("{} CPUs of this age", isa.name())));
        }
        require_features(&isa)?;
        Ok(Target { isa, guarded_memory, through_slots: false })
    }

    /// A machine by its name, without any feature that its architecture does not require.
    ///
    /// # Errors
    ///
    /// `Unsupported` for a name that stands for none of [`TARGETS`], and where this machine's pointers have another width: code
    /// and runtime share structures, whose offsets are this build's.
    pub fn named(name: &str, guarded_memory: bool) -> Result<Target, CompileError> {
        if size_of::<usize>() != 8 {
            return Err(CompileError::unsupported("compiling on a machine of 32 bits"));
        }
        let unknown = || CompileError::unsupported(format!("the target `{name}` (known are {})", TARGETS.join(", ")));
        // Elsewhere it goes by the name of its kernel.
        let spelled = name.strip_suffix("-macos").map(|cpu| format!("{cpu}-apple-darwin"));
        let triple = spelled.as_deref().unwrap_or(name).parse::<Triple>().map_err(|_| unknown())?;
        let is_x64 = triple.architecture == Architecture::X86_64;
        let is_known_cpu = is_x64 || matches!(triple.architecture, Architecture::Aarch64(_));
        let is_known_system = matches!(triple.operating_system, OperatingSystem::Linux | OperatingSystem::Windows)
            || matches!(triple.operating_system, OperatingSystem::Darwin(_) | OperatingSystem::MacOSX(_));
        if !is_known_cpu || !is_known_system {
            return Err(unknown());
        }
        let mut builder = isa::lookup(triple).map_err(|_| unknown())?;
        let flags = flags(builder.triple()).map_err(|error| CompileError::bug(format!("settings: {error}")))?;
        for feature in REQUIRED_X64_FEATURES {
            if is_x64 {
                builder.enable(feature).map_err(|error| CompileError::bug(format!("settings: {error}")))?;
            }
        }
        let isa = builder.finish(flags).map_err(|error| CompileError::codegen(None, error))?;
        Ok(Target { isa, guarded_memory, through_slots: false })
    }

    /// The same machine, with calls of own functions through the slots of their instance.
    pub fn through_slots(self) -> Target {
        Target { through_slots: true, ..self }
    }

    /// Cranelift's view of the machine.
    pub fn isa(&self) -> OwnedTargetIsa {
        self.isa.clone()
    }

    /// Whether the machine computes with vectors of 128 bits. On RISC-V that is an extension which not every CPU has.
    pub fn has_vectors(&self) -> bool {
        self.isa.name() != "riscv64"
            || self.isa.isa_flags().iter().any(|flag| flag.name == "has_v" && flag.as_bool() == Some(true))
    }

    /// Whether functions check in their prologues that there is room on the stack, instead of running into its guard. On
    /// Windows they do: there the fault handler runs on the stack that faulted. So they do on s390x, where a fault inside of
    /// a large frame's setup would not tell where the caller's frame is.
    pub(super) fn checks_stack(&self) -> bool {
        self.isa.triple().operating_system == OperatingSystem::Windows || self.has_back_chain()
    }

    /// Whether frames are found by the stack pointer instead of a frame pointer: its word there leads to the caller's.
    pub(super) fn has_back_chain(&self) -> bool {
        self.isa.name() == "s390x"
    }

    /// The machine as text: architecture, convention and settings in one line, features of the CPU in the next. Equal
    /// descriptions make equal code.
    pub fn description(&self) -> String {
        let (isa, guarded) = (&self.isa, self.guarded_memory);
        let mut text = format!("{} {} guarded_memory={guarded}", isa.triple().architecture, isa.default_call_conv());
        if self.checks_stack() {
            text.push_str(" checks_stack=true");
        }
        let mut features = Vec::new();
        for flag in isa.isa_flags() {
            match flag.as_bool() {
                Some(true) => features.push(flag.name),
                Some(false) => {}
                None => text.push_str(&format!(" {flag}")),
            }
        }
        format!("{text}\n{}", features.join(" "))
    }
}

/// Whether code for the machine of one description runs on that of another: it asks for no feature that is not there.
pub fn runs_on(code: &str, machine: &str) -> bool {
    let (Some((code, asked)), Some((machine, there))) = (code.split_once('\n'), machine.split_once('\n')) else {
        return false;
    };
    let there: Vec<&str> = there.split_whitespace().collect();
    code == machine && asked.split_whitespace().all(|feature| there.contains(&feature))
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Target").field(&self.description()).finish()
    }
}

/// The settings that differ from Cranelift's defaults, as it names them.
fn flags(machine: &Triple) -> settings::SetResult<Flags> {
    let mut builder = settings::builder();
    // What checks its stack before it moves the stack pointer need not touch it; see `Target::has_back_chain`.
    let probes = if machine.architecture == Architecture::S390x { "false" } else { "true" };
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
        ("enable_probestack", probes),
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
    for feature in REQUIRED_X64_FEATURES {
        if !isa.isa_flags().iter().any(|flag| flag.name == *feature && flag.as_bool() == Some(true)) {
            return Err(CompileError::unsupported("an x86-64 CPU without SSSE3 and SSE4.1"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(has_compiler)]
    #[test]
    fn the_host_is_supported_and_describes_itself() {
        let target = Target::host(true).unwrap();
        assert!(target.description().contains(" guarded_memory=true"));
        assert!(target.isa.flags().preserve_frame_pointers());
        assert!(!target.isa.flags().unwind_info());
    }

    #[cfg(target_pointer_width = "64")]
    #[test]
    fn every_listed_target_is_known() {
        for name in TARGETS {
            Target::named(name, true).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        assert!(Target::named("x86_64-solaris", true).is_err());
    }

    #[test]
    fn code_runs_where_its_features_are() {
        assert!(runs_on("x86_64 a\nsse avx", "x86_64 a\navx sse fma"));
        assert!(runs_on("x86_64 a\n", "x86_64 a\n"));
        for (code, machine) in [("x86_64 a\navx", "x86_64 a\nsse"), ("x86_64 b\n", "x86_64 a\n"), ("x", "x")] {
            assert!(!runs_on(code, machine), "{code:?}");
        }
    }
}

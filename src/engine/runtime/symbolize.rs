//! Backtraces with names: from addresses to functions of modules, and to source lines where a module carries DWARF.
//!
//! Names, signatures and lines come from the guest, so that control characters in them are escaped. What a module says
//! of them is read by `symbols`.

use super::backtrace::{RawBacktrace, RawFrame};
use super::symbols::BorrowedSymbols;
use crate::engine::abi::VMHostFunc;
use crate::engine::abi::tunables::BACKTRACE_FRAMES;
use crate::engine::code::{self, Code, FrameKind};
use crate::engine::interp::Function;
use crate::engine::module::Module;
use crate::engine::types::FuncIdx;
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// The calls that led to a point of a wasm program, innermost first.
///
/// Displayed as `wasm stack trace:` and a line per frame, without a line break at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backtrace {
    /// Frames, innermost first; at most 30.
    pub frames: Vec<Frame>,
    /// Whether there were more.
    pub truncated: bool,
}

/// One call of a backtrace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The module's own name, or the name that a host function was imported from; empty where there is none.
    pub module: String,
    /// The function's name in the name section, or `$` and its index; a host function's import name.
    pub func: String,
    /// Parameter and result types as [`FuncType`](crate::engine::types::FuncType) displays them.
    pub signature: String,
    /// The instruction, in bytes from the start of the code section's contents. Only known for modules with DWARF.
    pub offset: Option<u32>,
    /// Where the instruction came from, innermost inlined function first; empty without DWARF.
    pub locations: Vec<Location>,
}

/// A place in a program's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The function in the source, as DWARF calls it, demangled; nothing where it does not say.
    pub function: Option<String>,
    /// The file's path as the compiler wrote it.
    pub file: String,
    /// Line, from 1; 0 where it is not known.
    pub line: u32,
    /// Column, from 1; 0 where it is not known.
    pub column: u32,
    /// Whether it is within a function that was inlined into the one of the next location.
    pub inlined: bool,
}

/// What a host function is called in a backtrace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostName {
    /// First name of the import.
    pub module: String,
    /// Second name of the import.
    pub func: String,
    /// Its type, displayed.
    pub signature: String,
}

/// A backtrace whose functions are known and whose names have not been read yet. It holds on to the modules, so it stays
/// good when code is unpublished. Errors that end a program on purpose are thrown away with their traces unread.
#[derive(Clone, Debug, Default)]
pub struct Trace(Vec<Resolved>);

/// A frame of a [`Trace`].
#[derive(Clone, Debug)]
pub(super) enum Resolved {
    /// A function, and the instruction as bytes from the start of the code section's contents.
    Wasm { module: Arc<Module>, function: FuncIdx, offset: Option<u32> },
    /// A host function.
    Host(HostName),
}

impl Trace {
    /// Finds the functions of a raw backtrace, whose code must still be published. `host_name` is asked for the name of
    /// each host function.
    pub fn of(raw: &RawBacktrace, host_name: &dyn Fn(*const VMHostFunc) -> Option<HostName>) -> Trace {
        let mut frames = Vec::new();
        for frame in raw.frames() {
            match *frame {
                RawFrame::Code(pc) => frames.extend(resolve(pc)),
                RawFrame::Host(func) => frames.extend(host_name(func).map(Resolved::Host)),
                RawFrame::Helper(_) => {}
                RawFrame::Interpreted(function, ip) => frames.extend(resolve_interpreted(function, ip)),
            }
        }
        Trace(frames)
    }

    /// Reads the names and source lines of the frames.
    pub fn symbolize(&self) -> Backtrace {
        let mut modules = Vec::new();
        let frames = self.0.iter().take(BACKTRACE_FRAMES).map(|frame| named(&mut modules, frame)).collect();
        Backtrace { frames, truncated: self.0.len() > BACKTRACE_FRAMES }
    }
}

/// The function that `pc` lies in, behind those that are inlined there, innermost first; nothing for trampolines.
pub(super) fn resolve(pc: usize) -> Vec<Resolved> {
    let Some((code, module, outermost)) = wasm_function(pc) else { return Vec::new() };
    let start = u32::try_from(module.code_section.start).ok();
    let shown = |offset: u32| offset.checked_sub(start.filter(|_| module.has_dwarf())?);
    let frame = |function, offset| Resolved::Wasm { module: module.clone(), function, offset };
    let mut frames: Vec<Resolved> = Vec::new();
    let mut offset = None;
    for origin in code.origins_at(pc) {
        match origin.func {
            Some(function) => frames.push(frame(function, shown(origin.offset))),
            None => offset = shown(origin.offset),
        }
    }
    frames.push(frame(outermost, offset));
    frames
}

/// The function whose code `pc` lies in.
fn wasm_function(pc: usize) -> Option<(Arc<Code>, Arc<Module>, FuncIdx)> {
    let code = code::code_at(pc)?;
    let module = code.module()?.clone();
    let FrameKind::Function(function) = code.frame_at(pc)? else { return None };
    let function = module.func_idx(function);
    Some((code, module, function))
}

/// The interpreted function with that record, whose module still lives, at a cell of it.
pub(super) fn resolve_interpreted(function: *const (), ip: *const u64) -> Option<Resolved> {
    // SAFETY: Frames name records of functions of modules of stores that are running on this thread.
    let function = unsafe { function.cast::<Function>().as_ref() }?;
    let (module, index) = function.identity();
    Some(Resolved::Wasm { module: module.clone(), function: index, offset: function.wasm_offset(ip) })
}

/// The frame with its names; `modules` holds what was read of each module so far.
fn named<'a>(modules: &mut Vec<BorrowedSymbols<'a>>, frame: &'a Resolved) -> Frame {
    match frame {
        Resolved::Host(name) => name.frame(),
        Resolved::Wasm { module, function, offset } => {
            let known = modules.iter().position(|symbols| symbols.is_of(module));
            let position = known.unwrap_or_else(|| {
                modules.push(BorrowedSymbols::borrowed(module));
                modules.len() - 1
            });
            modules.get(position).map(|symbols| symbols.frame(*function, *offset)).unwrap_or_default()
        }
    }
}

impl HostName {
    /// The host function as a frame.
    pub(super) fn frame(&self) -> Frame {
        let HostName { module, func, signature } = self.clone();
        Frame { module, func, signature, ..Frame::default() }
    }
}

impl fmt::Display for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm stack trace:")?;
        for frame in &self.frames {
            write!(f, "\n\t{frame}")?;
        }
        if self.truncated {
            f.write_str("\n\t... maybe followed by omitted frames")?;
        }
        Ok(())
    }
}

/// `module.func(i32) i32`, then each source location on a line of its own, after two tabs.
impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, &self.module)?;
        f.write_str(".")?;
        write_escaped(f, &self.func)?;
        f.write_str(&self.signature)?;
        let Some(offset) = self.offset else { return Ok(()) };
        let mut prefix = format!("0x{offset:x}: ");
        for location in &self.locations {
            write!(f, "\n\t\t{prefix}{location}")?;
            // Further locations stand below the first one.
            prefix = " ".repeat(prefix.len());
        }
        Ok(())
    }
}

/// `file:line:column`, without what is not known, and ` (inlined)`.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(f, &self.file)?;
        if self.line != 0 {
            write!(f, ":{}", self.line)?;
            if self.column != 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        f.write_str(if self.inlined { " (inlined)" } else { "" })
    }
}

/// Writes a name that the guest chose, so that it can neither break the line nor speak to the terminal.
fn write_escaped(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    for character in name.chars() {
        if character.is_control() {
            write!(f, "{}", character.escape_default())?;
        } else {
            f.write_char(character)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(module: &str, func: &str, signature: &str) -> Frame {
        Frame { module: module.into(), func: func.into(), signature: signature.into(), ..Frame::default() }
    }

    fn location(file: &str, line: u32, column: u32, inlined: bool) -> Location {
        Location { function: None, file: file.into(), line, column, inlined }
    }

    fn check(frames: Vec<Frame>, truncated: bool, expect: &str) {
        assert_eq!(Backtrace { frames, truncated }.to_string(), expect);
    }

    #[test]
    fn frames_stand_on_lines_of_their_own() {
        check(
            vec![
                frame("wasi_snapshot_preview1", "args_sizes_get", "(i32,i32) i32"),
                frame("m", "inner", "()"),
                frame("", "$12", "(i64) (i32,f64)"),
            ],
            false,
            "wasm stack trace:\n\twasi_snapshot_preview1.args_sizes_get(i32,i32) i32\n\tm.inner()\n\t.$12(i64) (i32,f64)",
        );
    }

    #[test]
    fn source_locations_are_aligned_below_each_other() {
        let mut inlined = frame("", "main", "()");
        inlined.offset = Some(0x2a6e);
        inlined.locations = vec![
            location("/src/panic.go", 73, 6, true),
            location("main.go", 14, 0, true),
            location("main.go", 0, 0, false),
        ];
        check(
            vec![inlined],
            false,
            "wasm stack trace:\n\t.main()\n\t\t0x2a6e: /src/panic.go:73:6 (inlined)\n\t\t        main.go:14 (inlined)\
             \n\t\t        main.go",
        );
    }

    #[test]
    fn omitted_frames_are_announced() {
        check(vec![frame("", "f", "()")], true, "wasm stack trace:\n\t.f()\n\t... maybe followed by omitted frames");
    }

    #[test]
    fn control_characters_are_escaped() {
        check(vec![frame("a\nb", "\u{1b}[31mö", "()")], false, "wasm stack trace:\n\ta\\nb.\\u{1b}[31mö()");
    }
}

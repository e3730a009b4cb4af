//! Backtraces with names: from addresses to functions of modules, and to source lines where a module carries DWARF.
//!
//! Names, signatures and lines come from the guest. Broken ones cost a line of the trace, never more, and control
//! characters in them are escaped. DWARF counts addresses from the start of the code section's contents.

use super::backtrace::{RawBacktrace, RawFrame};
use crate::engine::abi::VMHostFunc;
use crate::engine::abi::tunables::BACKTRACE_FRAMES;
use crate::engine::code::{self, FrameKind};
use crate::engine::module::{DebugSections, FunctionNames, Module};
use crate::engine::types::FuncIdx;
use addr2line::gimli;
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// Most source locations of one frame: deeper inlining is cut off.
const MAX_LOCATIONS: usize = 64;

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
enum Resolved {
    Wasm { module: Arc<Module>, function: FuncIdx, offset: Option<u32> },
    Host(HostName),
}

impl Trace {
    /// Finds the functions of a raw backtrace, whose code must still be published. `host_name` is asked for the name of
    /// each host function.
    pub fn of(raw: &RawBacktrace, host_name: &dyn Fn(*const VMHostFunc) -> Option<HostName>) -> Trace {
        let resolve = |frame: &RawFrame| match *frame {
            RawFrame::Code(pc) => resolve(pc),
            RawFrame::Host(func) => host_name(func).map(Resolved::Host),
        };
        Trace(raw.frames().iter().filter_map(resolve).collect())
    }

    /// Reads the names and source lines of the frames.
    pub fn symbolize(&self) -> Backtrace {
        let mut modules = Vec::new();
        let frames = self.0.iter().take(BACKTRACE_FRAMES).map(|frame| named(&mut modules, frame)).collect();
        Backtrace { frames, truncated: self.0.len() > BACKTRACE_FRAMES }
    }
}

/// The function that `pc` lies in; nothing for trampolines.
fn resolve(pc: usize) -> Option<Resolved> {
    let code = code::code_at(pc)?;
    let module = code.module()?.clone();
    let FrameKind::Function(function) = code.frame_at(pc)? else { return None };
    let function = module.func_idx(function);
    let start = u32::try_from(module.code_section.start).ok()?;
    let offset = code.wasm_offset_at(pc).and_then(|position| position.checked_sub(start));
    Some(Resolved::Wasm { module, function, offset })
}

/// The frame with its names; `modules` holds what was read of each module so far.
fn named<'a>(modules: &mut Vec<ModuleSymbols<'a>>, frame: &'a Resolved) -> Frame {
    match frame {
        Resolved::Host(HostName { module, func, signature }) => {
            Frame { module: module.clone(), func: func.clone(), signature: signature.clone(), ..Frame::default() }
        }
        Resolved::Wasm { module, function, offset } => {
            let known = modules.iter().position(|symbols| std::ptr::eq(symbols.module, &**module));
            let position = known.unwrap_or_else(|| {
                modules.push(ModuleSymbols::new(module));
                modules.len() - 1
            });
            modules.get(position).map(|symbols| symbols.frame(*function, *offset)).unwrap_or_default()
        }
    }
}

/// What a module says about its functions, read for one backtrace.
struct ModuleSymbols<'a> {
    module: &'a Module,
    names: FunctionNames,
    lines: Option<Lines<'a>>,
}

/// The DWARF of a module, ready to be asked.
struct Lines<'a>(addr2line::Context<gimli::EndianSlice<'a, gimli::LittleEndian>>);

impl<'a> ModuleSymbols<'a> {
    fn new(module: &'a Module) -> ModuleSymbols<'a> {
        ModuleSymbols { module, names: FunctionNames::parse(module), lines: Lines::new(module) }
    }

    fn frame(&self, function: FuncIdx, offset: Option<u32>) -> Frame {
        let func = match self.names.get(function) {
            Some(name) => name.to_owned(),
            None => format!("${}", function.0),
        };
        let locations = match (&self.lines, offset) {
            (Some(lines), Some(offset)) => lines.find(u64::from(offset)),
            _ => Vec::new(),
        };
        Frame {
            module: self.module.name.clone().unwrap_or_default(),
            func,
            signature: self.module.func_type(function).to_string(),
            offset,
            locations,
        }
    }
}

impl<'a> Lines<'a> {
    /// Nothing for modules without DWARF, or with such that cannot be read at all.
    fn new(module: &'a Module) -> Option<Lines<'a>> {
        if !module.has_dwarf() {
            return None;
        }
        let sections = DebugSections::new(module);
        let section = |id: gimli::SectionId| -> Result<_, gimli::Error> {
            Ok(gimli::EndianSlice::new(sections.bytes(id.name()), gimli::LittleEndian))
        };
        let dwarf = gimli::Dwarf::load(section).ok()?;
        addr2line::Context::from_dwarf(dwarf).ok().map(Lines)
    }

    /// The source locations of an instruction, innermost inlined function first. Empty where DWARF says nothing, or ends
    /// in nonsense.
    fn find(&self, address: u64) -> Vec<Location> {
        let mut locations = Vec::new();
        let Ok(mut frames) = self.0.find_frames(address).skip_all_loads() else { return locations };
        while let Ok(Some(frame)) = frames.next()
            && locations.len() < MAX_LOCATIONS
        {
            let Some(addr2line::Location { file: Some(file), line, column }) = frame.location else { continue };
            locations.push(Location {
                file: file.to_owned(),
                line: line.unwrap_or(0),
                column: column.unwrap_or(0),
                inlined: true,
            });
        }
        if let Some(outermost) = locations.last_mut() {
            outermost.inlined = false;
        }
        locations
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
        Location { file: file.into(), line, column, inlined }
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

//! What a module says about its functions: names from the name section, source lines from DWARF.
//!
//! Both come from the guest. Broken ones cost a line of a trace, never more. DWARF counts addresses from the start of the
//! code section's contents. A backtrace borrows the module's bytes while it is read; a profile, which asks again and
//! again, has copies of its own.

use super::symbolize::{Frame, Location};
use crate::engine::module::{DebugSections, Export, ExternIdx, FunctionNames, Module};
use crate::engine::types::FuncIdx;
use addr2line::gimli::{self, EndianReader, EndianSlice, LittleEndian, Reader};
use std::ops::Range;
use std::sync::Arc;

/// Most source locations of one frame: deeper inlining is cut off.
const MAX_LOCATIONS: usize = 64;

/// The names and lines of one module, whose bytes are read as `R`.
pub(super) struct ModuleSymbols<R: Reader> {
    module: Arc<Module>,
    names: FunctionNames,
    /// Nothing for modules without DWARF, or with such that cannot be read at all.
    lines: Option<addr2line::Context<R>>,
}

/// Symbols that borrow the module's bytes.
pub(super) type BorrowedSymbols<'a> = ModuleSymbols<EndianSlice<'a, LittleEndian>>;

/// Symbols with copies of the sections that they are read from.
pub(super) type SharedSymbols = ModuleSymbols<EndianReader<LittleEndian, Arc<[u8]>>>;

impl<'a> BorrowedSymbols<'a> {
    /// Reads a module's symbols.
    pub(super) fn borrowed(module: &'a Arc<Module>) -> BorrowedSymbols<'a> {
        let section = |range| EndianSlice::new(module.bytes.get(range).unwrap_or_default(), LittleEndian);
        ModuleSymbols::new(module, section)
    }
}

impl SharedSymbols {
    /// Reads a module's symbols.
    pub(super) fn shared(module: &Arc<Module>) -> SharedSymbols {
        let section = |range| Arc::from(module.bytes.get(range).unwrap_or_default());
        ModuleSymbols::new(module, |range| EndianReader::new(section(range), LittleEndian))
    }
}

impl<R: Reader> ModuleSymbols<R> {
    fn new(module: &Arc<Module>, section: impl Fn(Range<usize>) -> R) -> ModuleSymbols<R> {
        let names = FunctionNames::parse(module);
        ModuleSymbols { module: module.clone(), names, lines: lines(module, section) }
    }

    /// Whether these are the symbols of that module.
    pub(super) fn is_of(&self, module: &Arc<Module>) -> bool {
        Arc::ptr_eq(&self.module, module)
    }

    /// A function of the module as a frame, at an instruction that lies `offset` bytes behind the start of the code
    /// section's contents.
    pub(super) fn frame(&self, function: FuncIdx, offset: Option<u32>) -> Frame {
        let func = match self.names.get(function) {
            Some(name) => name.to_owned(),
            None => format!("${}", function.0),
        };
        Frame {
            module: self.module.name.clone().unwrap_or_default(),
            func,
            signature: self.module.func_type(function).to_string(),
            offset,
            locations: offset.map(|offset| self.locations(offset.into())).unwrap_or_default(),
        }
    }

    /// As [`ModuleSymbols::frame`], but a function without a name goes by the first name that it is exported under: what a
    /// profile shows is not compared with another runtime's text.
    pub(super) fn frame_or_export(&self, function: FuncIdx, offset: Option<u32>) -> Frame {
        let frame = self.frame(function, offset);
        let is_it = |export: &&Export| matches!(export.item, ExternIdx::Func(func) if func == function);
        match self.module.exports.iter().find(is_it).filter(|_| self.names.get(function).is_none()) {
            Some(export) => Frame { func: export.name.clone(), ..frame },
            None => frame,
        }
    }

    /// The source locations of an instruction, innermost inlined function first. Empty where DWARF says nothing, or ends
    /// in nonsense.
    fn locations(&self, address: u64) -> Vec<Location> {
        let mut locations = Vec::new();
        let frames = self.lines.as_ref().map(|lines| lines.find_frames(address).skip_all_loads());
        let Some(Ok(mut frames)) = frames else { return locations };
        while let Ok(Some(frame)) = frames.next()
            && locations.len() < MAX_LOCATIONS
        {
            let Some(addr2line::Location { file: Some(file), line, column }) = frame.location else { continue };
            let function = frame.function.and_then(|name| name.demangle().ok().map(|name| name.into_owned()));
            locations.push(Location {
                function,
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

fn lines<R: Reader>(module: &Module, section: impl Fn(Range<usize>) -> R) -> Option<addr2line::Context<R>> {
    if !module.has_dwarf() {
        return None;
    }
    let sections = DebugSections::new(module);
    let load = |id: gimli::SectionId| -> Result<R, gimli::Error> { Ok(section(sections.range(id.name()))) };
    addr2line::Context::from_dwarf(gimli::Dwarf::load(load).ok()?).ok()
}

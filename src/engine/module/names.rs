//! What custom sections tell people about a module: names of functions, and where DWARF is.
//!
//! Nothing here can make a module invalid. A broken section yields what stands in it before the break, and of two names
//! for one thing the first is taken. spec: appendix/custom

use super::{Module, WasmBytes};
use crate::engine::types::FuncIdx;
use std::ops::Range;
use wasmparser::{BinaryReader, Name, NameSectionReader, Naming};

/// Name of the custom section with names. spec: appendix/custom#name-section
pub(super) const NAME_SECTION: &str = "name";

/// Names of functions. Read on first use only, because running a module does not need them.
#[derive(Clone, Debug)]
pub struct FunctionNames {
    bytes: WasmBytes,
    /// Function and position of its name in `bytes`, ascending by function, each function once.
    names: Vec<(FuncIdx, Range<usize>)>,
}

impl FunctionNames {
    /// Reads the function names of a module.
    pub fn parse(module: &Module) -> FunctionNames {
        let mut names = Vec::new();
        for section in custom_sections(module, NAME_SECTION) {
            let contents = module.bytes.get(section.clone()).unwrap_or_default();
            for subsection in name_subsections(contents, section.start) {
                if let Name::Function(map) = subsection {
                    names.extend(map.flatten().map(|naming| name_position(contents, section.start, &naming)));
                }
            }
        }
        names.sort_by_key(|(func, _)| *func);
        names.dedup_by_key(|(func, _)| *func);
        FunctionNames { bytes: module.bytes.clone(), names }
    }

    /// The name of a function, imported or own.
    pub fn get(&self, func: FuncIdx) -> Option<&str> {
        let position = self.names.binary_search_by_key(&func, |(func, _)| *func).ok()?;
        let bytes = self.bytes.get(self.names[position].1.clone())?;
        std::str::from_utf8(bytes).ok()
    }
}

/// Where the `.debug_*` custom sections of a module are.
#[derive(Clone, Copy, Debug)]
pub struct DebugSections<'a> {
    module: &'a Module,
}

impl<'a> DebugSections<'a> {
    /// The debug sections of `module`.
    pub fn new(module: &'a Module) -> DebugSections<'a> {
        DebugSections { module }
    }

    /// Position of the contents of the section called `name` (such as `.debug_info`) in [`Module::bytes`]; empty for a
    /// section that the module does not have.
    pub fn range(&self, name: &str) -> Range<usize> {
        custom_sections(self.module, name).next().unwrap_or(0..0)
    }

    /// The contents of the section called `name`; empty for a section that the module does not have.
    pub fn bytes(&self, name: &str) -> &'a [u8] {
        self.module.bytes.get(self.range(name)).unwrap_or_default()
    }
}

impl Module {
    /// Whether the module has the DWARF sections that lead from an address to a source line.
    pub fn has_dwarf(&self) -> bool {
        let sections = DebugSections::new(self);
        [".debug_info", ".debug_abbrev", ".debug_line"].iter().all(|name| !sections.range(name).is_empty())
    }
}

/// The module's own name in the name section with those contents.
pub(super) fn module_name(module: &Module, section: Range<usize>) -> Option<String> {
    let contents = module.bytes.get(section.clone())?;
    name_subsections(contents, section.start).find_map(|subsection| match subsection {
        Name::Module { name, .. } => Some(name.to_owned()),
        _ => None,
    })
}

/// Contents of the custom sections of that name.
fn custom_sections<'a>(module: &'a Module, name: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    module.custom_sections.iter().filter(move |(other, _)| other == name).map(|(_, range)| range.clone())
}

/// The readable subsections of a name section, whose contents begin at position `start` of the binary.
fn name_subsections(contents: &[u8], start: usize) -> impl Iterator<Item = Name<'_>> {
    NameSectionReader::new(BinaryReader::new(contents, start as u64)).flatten()
}

/// Function and position of its name. The name is a part of the section's contents, so its address tells where.
fn name_position(contents: &[u8], start: usize, naming: &Naming<'_>) -> (FuncIdx, Range<usize>) {
    let start = start + (naming.name.as_ptr().addr() - contents.as_ptr().addr());
    (FuncIdx(naming.index), start..start + naming.name.len())
}

//! The outside of a module: what it imports, and an export section that shows all that it has.
//!
//! wasm-smith's own section is replaced, so that functions are called `f3`, memories `m0`, tables `t0` and globals `g1` by
//! their index, and the fuel, which it does not export, can be reached.

use crate::generate::{FUEL_NAME, Function, Import, Item, Kind};
use crate::values::{Rng, Ty, Value};
use std::collections::HashSet;
use std::sync::Arc;
use wasmparser::{FuncType, Imports, Parser, Payload, RefType, TypeRef, ValType};

/// A module that exports everything, and what that is.
pub(crate) struct Shape {
    pub(crate) wasm: Vec<u8>,
    pub(crate) imports: Vec<Arc<Import>>,
    pub(crate) functions: Vec<Function>,
    pub(crate) globals: Vec<(String, Ty)>,
    pub(crate) memories: Vec<String>,
    pub(crate) tables: Vec<String>,
}

/// The index spaces of a module, filled section by section.
#[derive(Default)]
struct Spaces {
    types: Vec<FuncType>,
    imports: Vec<Arc<Import>>,
    /// Type indices of all functions; the imported ones come first.
    functions: Vec<u32>,
    imported_functions: usize,
    globals: Vec<Ty>,
    memories: usize,
    tables: usize,
}

/// Kinds of exports. spec: binary/modules#export-section
const FUNC: u8 = 0;
const TABLE: u8 = 1;
const MEMORY: u8 = 2;
const GLOBAL: u8 = 3;

/// Identifier of the export section, and of those in front of it. spec: binary/modules#sections
const EXPORT_SECTION: u8 = 7;
const BEFORE_EXPORTS: std::ops::RangeInclusive<u8> = 1..=6;

/// Magic number and version. spec: binary/modules#binary-module
const MODULE_HEADER_BYTES: usize = 8;

/// Reads what the module has and exports it. Nothing where two imports have one name: linkers could not tell them apart.
pub(crate) fn export_everything(wasm: &[u8], fuel: u32, rng: &mut Rng, kind: Kind) -> Option<Shape> {
    let spaces = Spaces::read(wasm, rng, kind)?;
    let named = |letter: char, count: usize| (0..count).map(|index| format!("{letter}{index}")).collect::<Vec<_>>();
    let global_name = |index| if index == fuel as usize { FUEL_NAME.to_owned() } else { format!("g{index}") };
    let global = |(index, ty): (usize, &Ty)| (global_name(index), *ty);
    let (memories, tables) = (named('m', spaces.memories), named('t', spaces.tables));
    let globals: Vec<(String, Ty)> = spaces.globals.iter().enumerate().map(global).collect();
    let functions = spaces.own_functions();

    let mut exports: Vec<(&str, u8, usize)> = Vec::new();
    let first = spaces.imported_functions;
    exports.extend(functions.iter().enumerate().map(|(at, function)| (&*function.name, FUNC, first + at)));
    exports.extend(tables.iter().enumerate().map(|(index, name)| (&**name, TABLE, index)));
    exports.extend(memories.iter().enumerate().map(|(index, name)| (&**name, MEMORY, index)));
    exports.extend(globals.iter().enumerate().map(|(index, (name, _))| (&**name, GLOBAL, index)));
    let wasm = with_exports(wasm, &exports)?;
    // Vectors cannot be read from outside by V8; they are left out for everyone.
    let is_seen = |(_, ty): &(String, Ty)| kind != Kind::Portable || *ty != Ty::V128;
    let globals = globals.into_iter().filter(is_seen).collect();
    Some(Shape { wasm, imports: spaces.imports, functions, globals, memories, tables })
}

impl Spaces {
    fn read(wasm: &[u8], rng: &mut Rng, kind: Kind) -> Option<Spaces> {
        let mut spaces = Spaces::default();
        let mut names = HashSet::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.ok()? {
                Payload::TypeSection(types) => {
                    spaces.types = types.into_iter_err_on_gc_types().collect::<Result<_, _>>().ok()?;
                }
                Payload::ImportSection(imports) => {
                    for import in imports {
                        let Imports::Single(_, import) = import.ok()? else { return None };
                        if !names.insert((import.module, import.name)) {
                            return None;
                        }
                        let item = spaces.import(import.ty, rng, kind)?;
                        let (module, name) = (import.module.to_owned(), import.name.to_owned());
                        spaces.imports.push(Arc::new(Import { module, name, item }));
                    }
                }
                Payload::FunctionSection(types) => {
                    for ty in types {
                        spaces.functions.push(ty.ok()?);
                    }
                }
                Payload::TableSection(tables) => spaces.tables += tables.count() as usize,
                Payload::MemorySection(memories) => spaces.memories += memories.count() as usize,
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        spaces.globals.push(value_type(global.ok()?.ty.content_type)?);
                    }
                }
                Payload::CodeSectionStart { .. } => break,
                _ => {}
            }
        }
        Some(spaces)
    }

    /// What the host gives for an import.
    fn import(&mut self, ty: TypeRef, rng: &mut Rng, kind: Kind) -> Option<Item> {
        let exact = kind != Kind::Portable;
        let small = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
        Some(match ty {
            TypeRef::Func(index) => {
                self.functions.push(index);
                self.imported_functions += 1;
                let (params, results) = self.signature(index);
                let refuses = rng.below(2) == 0;
                let mut answer = || Some(results.iter().map(|ty| Value::pick(*ty, rng, exact)).collect());
                let mut answers: Vec<_> = (0..6).map(|_| answer()).collect();
                answers.extend(refuses.then_some(None));
                Item::Func { params, results, answers }
            }
            TypeRef::Global(global) => {
                let ty = value_type(global.content_type)?;
                self.globals.push(ty);
                Item::Global { value: Value::pick(ty, rng, exact), mutable: global.mutable }
            }
            TypeRef::Memory(memory) => {
                self.memories += 1;
                Item::Memory { min: small(Some(memory.initial))?, max: small(memory.maximum) }
            }
            TypeRef::Table(table) => {
                self.tables += 1;
                let element = value_type(ValType::Ref(table.element_type))?;
                Item::Table { element, min: small(Some(table.initial))?, max: small(table.maximum) }
            }
            TypeRef::Tag(_) | TypeRef::FuncExact(_) => return None,
        })
    }

    fn signature(&self, ty: u32) -> (Vec<Ty>, Vec<Ty>) {
        let ty = &self.types[ty as usize];
        let types = |types: &[ValType]| types.iter().filter_map(|ty| value_type(*ty)).collect();
        (types(ty.params()), types(ty.results()))
    }

    fn own_functions(&self) -> Vec<Function> {
        let own = self.functions.iter().enumerate().skip(self.imported_functions);
        let function = |(index, ty): (usize, &u32)| {
            let (params, results) = self.signature(*ty);
            Function { name: format!("f{index}"), params, results }
        };
        own.map(function).collect()
    }
}

fn value_type(ty: ValType) -> Option<Ty> {
    Some(match ty {
        ValType::I32 => Ty::I32,
        ValType::I64 => Ty::I64,
        ValType::F32 => Ty::F32,
        ValType::F64 => Ty::F64,
        ValType::V128 => Ty::V128,
        ValType::Ref(RefType::FUNCREF) => Ty::Func,
        ValType::Ref(RefType::EXTERNREF) => Ty::Extern,
        ValType::Ref(_) => return None,
    })
}

/// The module with another export section.
fn with_exports(wasm: &[u8], exports: &[(&str, u8, usize)]) -> Option<Vec<u8>> {
    let behind_section = |at: usize| {
        let (length, used) = read_leb(wasm.get(at + 1..)?)?;
        Some(at + 1 + used + length)
    };
    let mut at = MODULE_HEADER_BYTES;
    while wasm.get(at).is_some_and(|id| BEFORE_EXPORTS.contains(id)) {
        at = behind_section(at)?;
    }
    let rest = if wasm.get(at) == Some(&EXPORT_SECTION) { behind_section(at)? } else { at };
    let mut section = leb(exports.len());
    for (name, kind, index) in exports {
        section.extend(leb(name.len()));
        section.extend(name.as_bytes());
        section.push(*kind);
        section.extend(leb(*index));
    }
    let mut whole = wasm.get(..at)?.to_vec();
    whole.push(EXPORT_SECTION);
    whole.extend(leb(section.len()));
    whole.extend(section);
    whole.extend(wasm.get(rest..)?);
    Some(whole)
}

/// spec: binary/values#integers
fn leb(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A number, and how many bytes it takes.
fn read_leb(bytes: &[u8]) -> Option<(usize, usize)> {
    let length = 1 + bytes.iter().take(5).position(|byte| byte & 0x80 == 0)?;
    let digits = bytes[..length].iter().rev();
    Some((digits.fold(0, |number, byte| number << 7 | usize::from(byte & 0x7f)), length))
}

//! [`Facts`]: what the bytes of a module say, in the order and with the names that `-json` prints.

use super::features;
use serde::Serialize;
use std::collections::BTreeMap;
use wasmparser::{CustomSectionReader, Encoding, KnownCustom, Parser, Payload};

/// First names of imports that are WASI preview 1.
const WASI_MODULES: [&str; 2] = ["wasi_snapshot_preview1", "wasi_unstable"];

/// Everything that is known of a module.
#[derive(Debug, Default, Serialize)]
pub(super) struct Facts {
    /// What a runner does with it.
    pub(super) kind: Kind,
    /// Its own name.
    pub(super) name: Option<String>,
    /// Length of the binary.
    pub(super) bytes: usize,
    /// Whether it is valid with every proposal that the validator knows; if not, why.
    pub(super) invalid: Option<String>,
    /// Proposals it uses beyond version 1.0 of the specification.
    pub(super) features: Vec<String>,
    /// Those of them that this runner does not support.
    pub(super) unsupported: Vec<String>,
    /// What it imports.
    pub(super) imports: Vec<Import>,
    /// What it exports.
    pub(super) exports: Vec<Export>,
    /// Its own memories, in pages.
    pub(super) memories: Vec<Memory>,
    /// Its own tables.
    pub(super) tables: Vec<Table>,
    /// Index of the function that runs at instantiation.
    pub(super) start_function: Option<u32>,
    /// Number of its own functions.
    pub(super) functions: u32,
    /// Functions of WASI preview 1 that it imports.
    pub(super) wasi_functions: Vec<String>,
    /// What made it: for each field of the producers section its names with versions.
    pub(super) producers: BTreeMap<String, Vec<Producer>>,
    /// Its sections, in order.
    pub(super) sections: Vec<Section>,
}

/// What a runner does with a module.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    /// It has `_start`, which runs once.
    Command,
    /// It has `_initialize`, after which its functions may be called.
    Reactor,
    /// Neither.
    #[default]
    Library,
    /// No module but a component, which this runner does not run.
    Component,
}

#[derive(Debug, Serialize)]
pub(super) struct Import {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) kind: &'static str,
    #[serde(rename = "type")]
    pub(super) ty: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Export {
    pub(super) name: String,
    pub(super) kind: &'static str,
    #[serde(rename = "type")]
    pub(super) ty: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Memory {
    pub(super) min_pages: u64,
    pub(super) max_pages: Option<u64>,
    pub(super) shared: bool,
    pub(super) memory64: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Table {
    pub(super) element: String,
    pub(super) min: u64,
    pub(super) max: Option<u64>,
}

#[derive(Debug, Serialize)]
pub(super) struct Producer {
    pub(super) name: String,
    pub(super) version: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Section {
    /// The specification's name; for a custom section `custom` and its own name.
    pub(super) name: String,
    /// Where its contents begin.
    pub(super) offset: u64,
    /// Length of its contents in bytes.
    pub(super) bytes: u64,
}

/// Reads a binary. The error is why it cannot even be taken apart.
pub(super) fn read(binary: &[u8]) -> Result<Facts, String> {
    if !binary.starts_with(b"\0asm") {
        return Err("invalid magic number".to_owned());
    }
    let mut facts = Facts { bytes: binary.len(), ..Facts::default() };
    let mut parser = Parser::new(0);
    parser.set_features(wasmparser::WasmFeatures::all());
    for payload in parser.parse_all(binary) {
        let payload = payload.map_err(|error| positioned(&error))?;
        if let Payload::Version { encoding: Encoding::Component, .. } = payload {
            return Ok(Facts { kind: Kind::Component, ..facts });
        }
        facts.note_section(&payload);
        facts.note_contents(payload).map_err(|error| positioned(&error))?;
    }
    facts.describe_items(binary);
    facts.kind = facts.find_kind();
    Ok(facts)
}

/// A message of wasmparser in the form that the engine's have.
fn positioned(error: &wasmparser::BinaryReaderError) -> String {
    format!("{} (at offset {:#x})", error.message(), error.offset())
}

impl Facts {
    fn note_section(&mut self, payload: &Payload<'_>) {
        let range = match payload {
            Payload::CustomSection(custom) => {
                Some((format!("custom {}", custom.name()), custom.data_offset()..custom.range().end))
            }
            _ => payload.as_section().and_then(|(id, range)| Some((section_name(id)?.to_owned(), range))),
        };
        if let Some((name, range)) = range {
            self.sections.push(Section { name, offset: range.start, bytes: range.end - range.start });
        }
    }

    fn note_contents(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::FunctionSection(section) => self.functions = section.count(),
            Payload::StartSection { func, .. } => self.start_function = Some(func),
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    self.memories.push(Memory {
                        min_pages: memory.initial,
                        max_pages: memory.maximum,
                        shared: memory.shared,
                        memory64: memory.memory64,
                    });
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let ty = table?.ty;
                    self.tables.push(Table { element: ty.element_type.to_string(), min: ty.initial, max: ty.maximum });
                }
            }
            Payload::CustomSection(custom) => self.note_custom(&custom),
            _ => {}
        }
        Ok(())
    }

    /// Custom sections are hints: what is broken in one is left out.
    fn note_custom(&mut self, custom: &CustomSectionReader<'_>) {
        match custom.as_known() {
            KnownCustom::Name(names) => {
                for name in names.map_while(Result::ok) {
                    if let wasmparser::Name::Module { name, .. } = name {
                        self.name = Some(name.to_owned());
                    }
                }
            }
            KnownCustom::Producers(fields) => {
                for field in fields.into_iter().map_while(Result::ok) {
                    let values = field.values.into_iter().map_while(Result::ok);
                    let values =
                        values.map(|value| Producer { name: value.name.into(), version: value.version.into() });
                    self.producers.insert(field.name.to_owned(), values.collect());
                }
            }
            _ => {}
        }
    }

    /// Validates, with everything on that the validator knows, and asks the validator for the types of what is imported
    /// and exported, which stand in several sections.
    fn describe_items(&mut self, binary: &[u8]) {
        let all = features::known();
        match wasmparser::Validator::new_with_features(all).validate_all(binary) {
            Ok(types) => {
                self.features = features::used(binary);
                self.unsupported = features::unsupported(&self.features);
                for payload in Parser::new(0).parse_all(binary).map_while(Result::ok) {
                    self.note_items(payload, &types);
                }
            }
            Err(error) => self.invalid = Some(positioned(&error)),
        }
    }

    fn note_items(&mut self, payload: Payload<'_>, types: &wasmparser::types::Types) {
        let types = types.as_ref();
        match payload {
            Payload::ImportSection(section) => {
                for import in section.into_imports().map_while(Result::ok) {
                    let item = types.entity_type_from_import(&import);
                    let (kind, ty) = item.map_or(("unknown", String::new()), |item| describe(&item, &types));
                    if WASI_MODULES.contains(&import.module) && kind == "func" {
                        self.wasi_functions.push(import.name.to_owned());
                    }
                    self.imports.push(Import {
                        module: import.module.to_owned(),
                        name: import.name.to_owned(),
                        kind,
                        ty,
                    });
                }
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter().map_while(Result::ok) {
                    let item = types.entity_type_from_export(&export);
                    let (kind, ty) = item.map_or(("unknown", String::new()), |item| describe(&item, &types));
                    self.exports.push(Export { name: export.name.to_owned(), kind, ty });
                }
            }
            _ => {}
        }
    }

    fn find_kind(&self) -> Kind {
        let exports = |name: &str| self.exports.iter().any(|export| export.kind == "func" && export.name == name);
        if exports("_start") {
            Kind::Command
        } else if exports("_initialize") {
            Kind::Reactor
        } else {
            Kind::Library
        }
    }
}

/// The specification's name of a section. spec: binary/modules#sections
fn section_name(id: u8) -> Option<&'static str> {
    const NAMES: [&str; 14] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "data count",
        "tag",
    ];
    NAMES.get(usize::from(id)).copied()
}

/// What an item is, and its type in words: functions as in backtraces, the rest as in the text format.
fn describe(item: &wasmparser::types::EntityType, types: &wasmparser::types::TypesRef<'_>) -> (&'static str, String) {
    use wasmparser::types::EntityType;
    match item {
        EntityType::Func(id) | EntityType::FuncExact(id) => {
            ("func", describe_func(types[*id].composite_type.unwrap_func()))
        }
        EntityType::Tag(id) => ("tag", describe_func(types[*id].composite_type.unwrap_func())),
        EntityType::Table(table) => {
            let limits = describe_limits(table.initial, table.maximum);
            ("table", format!("{limits} {}", table.element_type))
        }
        EntityType::Memory(memory) => {
            let shared = if memory.shared { " shared" } else { "" };
            ("memory", format!("{}{shared}", describe_limits(memory.initial, memory.maximum)))
        }
        EntityType::Global(global) if global.mutable => ("global", format!("(mut {})", global.content_type)),
        EntityType::Global(global) => ("global", global.content_type.to_string()),
    }
}

fn describe_func(ty: &wasmparser::FuncType) -> String {
    let list = |types: &[wasmparser::ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    match ty.results() {
        [] => format!("({})", list(ty.params())),
        [result] => format!("({}) {result}", list(ty.params())),
        results => format!("({}) ({})", list(ty.params()), list(results)),
    }
}

fn describe_limits(min: u64, max: Option<u64>) -> String {
    max.map_or_else(|| min.to_string(), |max| format!("{min} {max}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Custom sections are not validated: what is broken ends its list, and nothing else.
    #[test]
    fn broken_custom_sections_are_left_out() {
        for contents in [
            &b"\x04name\x00\x7fab"[..],
            b"\x04name\x00\x80",
            b"\x04name\x01\x02\xff\xff",
            b"\x09producers\x02\x08language\x05",
        ] {
            let mut module = b"\0asm\x01\0\0\0\0".to_vec();
            module.push(contents.len() as u8);
            module.extend(contents);
            let facts = read(&module).unwrap_or_else(|error| panic!("{}: {error}", contents.escape_ascii()));
            assert_eq!((facts.name, facts.invalid, facts.sections.len()), (None, None, 1));
        }
    }

    #[test]
    fn sections_have_names() {
        assert_eq!(section_name(12), Some("data count"));
        assert_eq!(section_name(99), None);
    }
}

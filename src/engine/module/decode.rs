//! Bytes to [`Module`]: one pass over the sections, each validated first and then recorded by the method named after it.
//!
//! The validator decides what is valid, and nothing is recorded before it agreed, so a method here may take indices and
//! counts as they stand. Memory and time are bounded by the size of the binary: lists grow as items are read, a count
//! that the binary claims is never allocated for. Function bodies are only measured; they come out as
//! [`BodyValidator`]s for the compiler's threads. spec: binary/modules

use super::const_expr::heap_type;
use super::features::{WasmVersion, features};
use super::names::{NAME_SECTION, module_name};
use super::{
    ConstExpr, DataMode, DataSegment, DecodeError, ElementItems, ElementMode, ElementSegment, Export, ExternIdx,
    Import, Module, WasmBytes,
};
use crate::engine::types::{
    FuncIdx, FuncType, GlobalIdx, GlobalType, MemoryIdx, MemoryType, RefType, TableIdx, TableType, TypeIdx, ValType,
};
use bytes::Bytes;
use std::ops::Range;
use wasmparser::{FuncToValidate, Parser, Payload, TypeRef, ValidPayload, Validator, ValidatorResources};

/// Validates one function body, on any thread.
pub type BodyValidator = FuncToValidate<ValidatorResources>;

/// Another validator for the same body.
pub fn body_validator(body: &BodyValidator) -> BodyValidator {
    FuncToValidate { resources: body.resources.clone(), index: body.index, ty: body.ty, features: body.features }
}

/// A module whose function bodies are still to be validated.
#[derive(Debug)]
pub struct Decoded {
    /// The module.
    pub module: Module,
    /// One validator for each own function, in their order.
    pub bodies: Vec<BodyValidator>,
}

/// The first bytes of every binary. spec: binary/modules#binary-magic
const MAGIC: &[u8] = b"\0asm";

/// The version that follows. spec: binary/modules#binary-version
const VERSION: &[u8] = &[1, 0, 0, 0];

/// The second half of a component's version; a module's is 0.
const COMPONENT_LAYER: u16 = 1;

/// Decodes a binary and validates all of it but function bodies.
///
/// # Errors
///
/// The first thing that is malformed, invalid, or needs a proposal that [`features()`] of the version does not contain.
pub fn decode(bytes: Bytes, version: WasmVersion) -> Result<Decoded, DecodeError> {
    check_header(&bytes)?;
    let mut decoder = Decoder { module: empty_module(bytes.clone().into()), func_refs: Vec::new(), bodies: Vec::new() };
    let mut parser = Parser::new(0);
    parser.set_features(features(version));
    let mut validator = Validator::new_with_features(features(version));
    for payload in parser.parse_all(&bytes) {
        let payload = payload?;
        if let ValidPayload::Func(body_validator, body) = validator.payload(&payload)? {
            decoder.bodies.push(body_validator);
            decoder.module.bodies.push(position(body.range()));
        } else {
            decoder.section(payload)?;
        }
    }
    Ok(decoder.finish())
}

/// Refuses what is no module at all in words for the person who passed the wrong file.
fn check_header(bytes: &[u8]) -> Result<(), DecodeError> {
    if !bytes.starts_with(MAGIC) {
        return Err(DecodeError::whole("invalid magic number"));
    }
    if let Some([_, _, layer @ ..]) = bytes.get(4..8)
        && *layer == COMPONENT_LAYER.to_le_bytes()
    {
        return Err(DecodeError::whole("this is a component; rebuild with --target wasm32-wasip1"));
    }
    if let Some(version) = bytes.get(4..8)
        && version != VERSION
    {
        return Err(DecodeError::whole("invalid version header"));
    }
    Ok(())
}

fn empty_module(bytes: WasmBytes) -> Module {
    Module {
        bytes,
        name: None,
        types: Vec::new(),
        imports: Vec::new(),
        exports: Vec::new(),
        functions: Vec::new(),
        tables: Vec::new(),
        table_inits: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        global_inits: Vec::new(),
        start: None,
        elements: Vec::new(),
        data: Vec::new(),
        bodies: Vec::new(),
        code_section: 0..0,
        func_refs: Vec::new(),
        custom_sections: Vec::new(),
        imported_funcs: 0,
        imported_tables: 0,
        imported_memories: 0,
        imported_globals: 0,
    }
}

/// What has been recorded so far.
struct Decoder {
    module: Module,
    /// Functions that become references, in the order found, with repetitions.
    func_refs: Vec<FuncIdx>,
    bodies: Vec<BodyValidator>,
}

impl Decoder {
    /// Records a section that the validator has accepted.
    fn section(&mut self, payload: Payload<'_>) -> Result<(), DecodeError> {
        match payload {
            Payload::TypeSection(section) => self.types(section),
            Payload::ImportSection(section) => self.imports(section),
            Payload::FunctionSection(section) => self.functions(section),
            Payload::TableSection(section) => self.tables(section),
            Payload::MemorySection(section) => self.memories(section),
            Payload::GlobalSection(section) => self.globals(section),
            Payload::ExportSection(section) => self.exports(section),
            Payload::StartSection { func, .. } => self.start(func),
            Payload::ElementSection(section) => self.elements(section),
            Payload::DataSection(section) => self.data(section),
            Payload::CodeSectionStart { unchecked_range, .. } => self.code(unchecked_range),
            Payload::CustomSection(section) => self.custom(&section),
            Payload::Version { .. } | Payload::DataCountSection { .. } | Payload::End(_) => Ok(()),
            other => Err(DecodeError::bug(format_args!("unexpected section {other:?}"))),
        }
    }

    fn types(&mut self, section: wasmparser::TypeSectionReader<'_>) -> Result<(), DecodeError> {
        for ty in section.into_iter_err_on_gc_types() {
            self.module.types.push(func_type(&ty?)?);
        }
        Ok(())
    }

    fn imports(&mut self, section: wasmparser::ImportSectionReader<'_>) -> Result<(), DecodeError> {
        for import in section.into_imports() {
            let import = import?;
            let item = self.import_item(import.ty)?;
            self.module.imports.push(Import { module: import.module.to_owned(), name: import.name.to_owned(), item });
        }
        let module = &mut self.module;
        module.imported_funcs = module.functions.len() as u32;
        module.imported_tables = module.tables.len() as u32;
        module.imported_memories = module.memories.len() as u32;
        module.imported_globals = module.globals.len() as u32;
        Ok(())
    }

    /// Adds an import to its index space and gives its index there.
    fn import_item(&mut self, ty: TypeRef) -> Result<ExternIdx, DecodeError> {
        let module = &mut self.module;
        Ok(match ty {
            TypeRef::Func(ty) => {
                module.functions.push(TypeIdx(ty));
                ExternIdx::Func(FuncIdx::from_usize(module.functions.len() - 1))
            }
            TypeRef::Table(ty) => {
                module.tables.push(table_type(&ty)?);
                ExternIdx::Table(TableIdx::from_usize(module.tables.len() - 1))
            }
            TypeRef::Memory(ty) => {
                module.memories.push(memory_type(&ty));
                ExternIdx::Memory(MemoryIdx::from_usize(module.memories.len() - 1))
            }
            TypeRef::Global(ty) => {
                module.globals.push(global_type(&ty)?);
                ExternIdx::Global(GlobalIdx::from_usize(module.globals.len() - 1))
            }
            other => return Err(DecodeError::bug(format_args!("import of {other:?}"))),
        })
    }

    fn functions(&mut self, section: wasmparser::FunctionSectionReader<'_>) -> Result<(), DecodeError> {
        for ty in section {
            self.module.functions.push(TypeIdx(ty?));
        }
        Ok(())
    }

    fn tables(&mut self, section: wasmparser::TableSectionReader<'_>) -> Result<(), DecodeError> {
        for table in section {
            let table = table?;
            self.module.tables.push(table_type(&table.ty)?);
            let init = match &table.init {
                wasmparser::TableInit::RefNull => None,
                wasmparser::TableInit::Expr(expr) => Some(self.const_expr(expr)?),
            };
            self.module.table_inits.push(init);
        }
        Ok(())
    }

    fn memories(&mut self, section: wasmparser::MemorySectionReader<'_>) -> Result<(), DecodeError> {
        for memory in section {
            self.module.memories.push(memory_type(&memory?));
        }
        Ok(())
    }

    fn globals(&mut self, section: wasmparser::GlobalSectionReader<'_>) -> Result<(), DecodeError> {
        for global in section {
            let global = global?;
            self.module.globals.push(global_type(&global.ty)?);
            let init = self.const_expr(&global.init_expr)?;
            self.module.global_inits.push(init);
        }
        Ok(())
    }

    fn exports(&mut self, section: wasmparser::ExportSectionReader<'_>) -> Result<(), DecodeError> {
        for export in section {
            let export = export?;
            let item = export_item(&export)?;
            if let ExternIdx::Func(func) = item {
                self.func_refs.push(func);
            }
            self.module.exports.push(Export { name: export.name.to_owned(), item });
        }
        Ok(())
    }

    fn start(&mut self, func: u32) -> Result<(), DecodeError> {
        self.module.start = Some(FuncIdx(func));
        Ok(())
    }

    fn elements(&mut self, section: wasmparser::ElementSectionReader<'_>) -> Result<(), DecodeError> {
        for element in section {
            let element = element?;
            let mode = match &element.kind {
                wasmparser::ElementKind::Active { table_index, offset_expr } => ElementMode::Active {
                    table: TableIdx(table_index.unwrap_or(0)),
                    offset: self.const_expr(offset_expr)?,
                },
                wasmparser::ElementKind::Passive => ElementMode::Passive,
                wasmparser::ElementKind::Declared => ElementMode::Declared,
            };
            let items = self.element_items(element.items)?;
            self.module.elements.push(ElementSegment { items, mode });
        }
        Ok(())
    }

    fn element_items(&mut self, items: wasmparser::ElementItems<'_>) -> Result<ElementItems, DecodeError> {
        match items {
            wasmparser::ElementItems::Functions(section) => {
                let mut functions = Vec::new();
                for func in section {
                    functions.push(FuncIdx(func?));
                }
                self.func_refs.extend_from_slice(&functions);
                Ok(ElementItems::Functions(functions))
            }
            wasmparser::ElementItems::Expressions(_, section) => {
                let mut expressions = Vec::new();
                for expr in section {
                    expressions.push(self.const_expr(&expr?)?);
                }
                Ok(ElementItems::Expressions(expressions))
            }
        }
    }

    fn data(&mut self, section: wasmparser::DataSectionReader<'_>) -> Result<(), DecodeError> {
        for data in section {
            let data = data?;
            let mode = match &data.kind {
                wasmparser::DataKind::Active { memory_index, offset_expr } => {
                    DataMode::Active { memory: MemoryIdx(*memory_index), offset: self.const_expr(offset_expr)? }
                }
                wasmparser::DataKind::Passive => DataMode::Passive,
            };
            // The contents are the last part of a segment.
            let end = position(data.range).end;
            self.module.data.push(DataSegment { mode, bytes: end - data.data.len()..end });
        }
        Ok(())
    }

    fn code(&mut self, range: Range<u64>) -> Result<(), DecodeError> {
        self.module.code_section = position(range);
        Ok(())
    }

    fn custom(&mut self, section: &wasmparser::CustomSectionReader<'_>) -> Result<(), DecodeError> {
        let range = position(section.data_range());
        if section.name() == NAME_SECTION && self.module.name.is_none() {
            self.module.name = module_name(&self.module, range.clone());
        }
        self.module.custom_sections.push((section.name().to_owned(), range));
        Ok(())
    }

    /// Decodes a constant expression and notes the functions that it refers to.
    fn const_expr(&mut self, expr: &wasmparser::ConstExpr<'_>) -> Result<ConstExpr, DecodeError> {
        let expr = ConstExpr::decode(expr)?;
        self.func_refs.extend(expr.referenced_functions());
        Ok(expr)
    }

    fn finish(mut self) -> Decoded {
        self.func_refs.sort_unstable();
        self.func_refs.dedup();
        self.module.func_refs = self.func_refs;
        Decoded { module: self.module, bodies: self.bodies }
    }
}

/// A range inside the binary, which is in memory, so that positions fit.
fn position(range: Range<u64>) -> Range<usize> {
    range.start as usize..range.end as usize
}

fn export_item(export: &wasmparser::Export<'_>) -> Result<ExternIdx, DecodeError> {
    Ok(match export.kind {
        wasmparser::ExternalKind::Func => ExternIdx::Func(FuncIdx(export.index)),
        wasmparser::ExternalKind::Table => ExternIdx::Table(TableIdx(export.index)),
        wasmparser::ExternalKind::Memory => ExternIdx::Memory(MemoryIdx(export.index)),
        wasmparser::ExternalKind::Global => ExternIdx::Global(GlobalIdx(export.index)),
        other => return Err(DecodeError::bug(format_args!("export of {other:?}"))),
    })
}

fn func_type(ty: &wasmparser::FuncType) -> Result<FuncType, DecodeError> {
    let val_types = |types: &[wasmparser::ValType]| -> Result<Box<[ValType]>, DecodeError> {
        types.iter().map(|ty| val_type(*ty)).collect()
    };
    Ok(FuncType { params: val_types(ty.params())?, results: val_types(ty.results())? })
}

fn table_type(ty: &wasmparser::TableType) -> Result<TableType, DecodeError> {
    let element = ref_type(ty.element_type)?;
    Ok(TableType { element, min: ty.initial, max: ty.maximum, table64: ty.table64 })
}

fn memory_type(ty: &wasmparser::MemoryType) -> MemoryType {
    // The validator has checked that a page size is a power of two up to 64 KiB.
    let page_size_log2 = ty.page_size_log2.map_or(16, |log2| log2 as u8);
    MemoryType { min: ty.initial, max: ty.maximum, memory64: ty.memory64, shared: ty.shared, page_size_log2 }
}

fn global_type(ty: &wasmparser::GlobalType) -> Result<GlobalType, DecodeError> {
    Ok(GlobalType { content: val_type(ty.content_type)?, mutable: ty.mutable })
}

fn val_type(ty: wasmparser::ValType) -> Result<ValType, DecodeError> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(ref_type(ty)?),
    })
}

fn ref_type(ty: wasmparser::RefType) -> Result<RefType, DecodeError> {
    Ok(RefType { nullable: ty.is_nullable(), heap: heap_type(ty.heap_type())? })
}

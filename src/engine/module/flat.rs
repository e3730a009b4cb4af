//! [`Module`] to bytes and back, for images: plain little-endian, in the order of the fields.
//!
//! Reading is total. Whatever the bytes are, the result is a module whose indices, counts and ranges fit each other, or
//! nothing; no count is allocated for that the bytes do not back. What is not stored: the binary itself, and where
//! bodies are in it, which only compiling needs.

use super::{
    ConstExpr, ConstOp, DataMode, DataSegment, ElementItems, ElementMode, ElementSegment, Export, ExternIdx, Import,
    Module, WasmBytes,
};
use crate::engine::types::{
    FuncIdx, FuncType, GlobalIdx, GlobalType, HeapType, MemoryIdx, MemoryType, RefType, TableIdx, TableType, TypeIdx,
    ValType,
};
use std::ops::Range;

/// Most types, functions or globals of a module. The decoder refuses more, and offsets in contexts fit 32 bits up to here.
const MAX_ITEMS: usize = 1_000_000;

/// Bytes that are read from the front.
struct Reader<'a>(&'a [u8]);

/// What has a form in bytes.
trait Flat: Sized {
    /// Appends the value.
    fn write(&self, out: &mut Vec<u8>);
    /// Takes a value from the front; nothing where none stands there.
    fn read(input: &mut Reader<'_>) -> Option<Self>;
}

impl Module {
    /// Everything but the binary, as bytes.
    pub fn to_flat(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.name.write(&mut out);
        self.types.write(&mut out);
        self.imports.write(&mut out);
        self.exports.write(&mut out);
        self.functions.write(&mut out);
        self.tables.write(&mut out);
        self.table_inits.write(&mut out);
        self.memories.write(&mut out);
        self.globals.write(&mut out);
        self.global_inits.write(&mut out);
        self.start.write(&mut out);
        self.elements.write(&mut out);
        self.data.write(&mut out);
        self.code_section.write(&mut out);
        self.func_refs.write(&mut out);
        self.custom_sections.write(&mut out);
        for count in [self.imported_funcs, self.imported_tables, self.imported_memories, self.imported_globals] {
            count.write(&mut out);
        }
        out
    }

    /// The module that [`Module::to_flat`] made these bytes of, with `bytes` as its binary. Nothing for any other bytes
    /// that are no module.
    pub fn from_flat(flat: &[u8], bytes: WasmBytes) -> Option<Module> {
        let mut input = Reader(flat);
        let input = &mut input;
        let module = Module {
            bytes,
            name: Flat::read(input)?,
            types: Flat::read(input)?,
            imports: Flat::read(input)?,
            exports: Flat::read(input)?,
            functions: Flat::read(input)?,
            tables: Flat::read(input)?,
            table_inits: Flat::read(input)?,
            memories: Flat::read(input)?,
            globals: Flat::read(input)?,
            global_inits: Flat::read(input)?,
            start: Flat::read(input)?,
            elements: Flat::read(input)?,
            data: Flat::read(input)?,
            bodies: Vec::new(),
            code_section: Flat::read(input)?,
            func_refs: Flat::read(input)?,
            custom_sections: Flat::read(input)?,
            imported_funcs: Flat::read(input)?,
            imported_tables: Flat::read(input)?,
            imported_memories: Flat::read(input)?,
            imported_globals: Flat::read(input)?,
        };
        (input.0.is_empty() && module.is_consistent()).then_some(module)
    }

    /// Where bodies are in the binary, as bytes.
    pub fn flat_bodies(&self) -> Vec<u8> {
        let place = |body: &Range<usize>| [body.start as u32, body.end as u32].map(u32::to_le_bytes).concat();
        self.bodies.iter().flat_map(place).collect()
    }

    /// Takes over what [`Module::flat_bodies`] gave; false where that does not fit the module.
    pub fn take_bodies(&mut self, flat: &[u8]) -> bool {
        let number = |bytes: &[u8; 4]| u32::from_le_bytes(*bytes) as usize;
        let (numbers, rest) = flat.as_chunks::<4>();
        let (places, odd) = numbers.as_chunks::<2>();
        let bodies: Vec<_> = places.iter().map(|[start, end]| number(start)..number(end)).collect();
        let code = self.code_section.clone();
        let fits = |body: &Range<usize>| code.start <= body.start && body.start <= body.end && body.end <= code.end;
        let own = self.functions.len() - self.imported_funcs as usize;
        let all_fit = rest.is_empty() && odd.is_empty() && bodies.len() == own && bodies.iter().all(fits);
        self.bodies = bodies;
        all_fit
    }

    /// Whether every index, count and range in the module leads somewhere.
    fn is_consistent(&self) -> bool {
        let counts_match = |all: usize, imported: u32, own: usize| all.checked_sub(imported as usize) == Some(own);
        let data_end = self.data.iter().map(|segment| segment.bytes.end).max().unwrap_or(0);
        [self.types.len(), self.functions.len(), self.tables.len(), self.memories.len(), self.globals.len()]
            .into_iter()
            .all(|count| count <= MAX_ITEMS)
            && self.functions.len() >= self.imported_funcs as usize
            && self.memories.len() >= self.imported_memories as usize
            && counts_match(self.tables.len(), self.imported_tables, self.table_inits.len())
            && counts_match(self.globals.len(), self.imported_globals, self.global_inits.len())
            && self.imports_fill_their_spaces()
            && self.functions.iter().all(|ty| ty.index() < self.types.len())
            && self.memories.iter().all(|ty| ty.page_size_log2 <= 16)
            && self.exports.iter().all(|export| self.has(export.item))
            && self.func_refs.is_sorted_by(|func, next| func < next)
            && self.func_refs.iter().chain(&self.start).all(|func| func.index() < self.functions.len())
            && self.table_inits.iter().flatten().chain(&self.global_inits).all(|expr| self.has_operands(expr))
            && self.elements.iter().all(|segment| self.is_consistent_element(segment))
            && self.data.iter().all(|segment| self.is_consistent_data(segment))
            && data_end <= self.bytes.len()
            && self.code_section.start <= self.code_section.end
            && self.code_section.end <= self.bytes.len()
            && self.custom_sections.iter().all(|(_, range)| range.start <= range.end && range.end <= self.bytes.len())
    }

    fn has(&self, item: ExternIdx) -> bool {
        match item {
            ExternIdx::Func(func) => func.index() < self.functions.len(),
            ExternIdx::Table(table) => table.index() < self.tables.len(),
            ExternIdx::Memory(memory) => memory.index() < self.memories.len(),
            ExternIdx::Global(global) => global.index() < self.globals.len(),
        }
    }

    /// Whether the imports are, in their order, the first items of each index space.
    fn imports_fill_their_spaces(&self) -> bool {
        let (mut funcs, mut tables, mut memories, mut globals) = (0, 0, 0, 0);
        let in_order = self.imports.iter().all(|import| {
            let (index, next) = match import.item {
                ExternIdx::Func(func) => (func.0, &mut funcs),
                ExternIdx::Table(table) => (table.0, &mut tables),
                ExternIdx::Memory(memory) => (memory.0, &mut memories),
                ExternIdx::Global(global) => (global.0, &mut globals),
            };
            *next += 1;
            index == *next - 1
        });
        let imported = (self.imported_funcs, self.imported_tables, self.imported_memories, self.imported_globals);
        in_order && imported == (funcs, tables, memories, globals)
    }

    fn has_operands(&self, expr: &ConstExpr) -> bool {
        expr.ops.iter().all(|op| match op {
            ConstOp::GlobalGet(global) => global.index() < self.globals.len(),
            ConstOp::RefFunc(func) => self.func_refs.binary_search(func).is_ok(),
            _ => true,
        })
    }

    fn is_consistent_element(&self, segment: &ElementSegment) -> bool {
        let items = match &segment.items {
            ElementItems::Functions(funcs) => funcs.iter().all(|func| self.func_refs.binary_search(func).is_ok()),
            ElementItems::Expressions(exprs) => exprs.iter().all(|expr| self.has_operands(expr)),
        };
        let mode = match &segment.mode {
            ElementMode::Active { table, offset } => self.has(ExternIdx::Table(*table)) && self.has_operands(offset),
            ElementMode::Passive | ElementMode::Declared => true,
        };
        items && mode
    }

    fn is_consistent_data(&self, segment: &DataSegment) -> bool {
        let mode = match &segment.mode {
            DataMode::Active { memory, offset } => self.has(ExternIdx::Memory(*memory)) && self.has_operands(offset),
            DataMode::Passive => true,
        };
        mode && self.bytes.get(segment.bytes.clone()).is_some()
    }
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
}

macro_rules! flat_numbers {
    ($($ty:ty)*) => {$(
        impl Flat for $ty {
            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn read(input: &mut Reader<'_>) -> Option<$ty> {
                input.take(size_of::<$ty>())?.try_into().ok().map(<$ty>::from_le_bytes)
            }
        }
    )*};
}

flat_numbers! { u8 u32 u64 i32 i64 }

/// Structs are their fields in a row.
macro_rules! flat_structs {
    ($($ty:ident { $($field:tt),* })*) => {$(
        impl Flat for $ty {
            fn write(&self, out: &mut Vec<u8>) {
                $(self.$field.write(out);)*
            }

            fn read(input: &mut Reader<'_>) -> Option<$ty> {
                Some($ty { $($field: Flat::read(input)?),* })
            }
        }
    )*};
}

flat_structs! {
    TypeIdx { 0 }
    FuncIdx { 0 }
    TableIdx { 0 }
    MemoryIdx { 0 }
    GlobalIdx { 0 }
    FuncType { params, results }
    RefType { nullable, heap }
    TableType { element, min, max, table64 }
    MemoryType { min, max, memory64, shared, page_size_log2 }
    GlobalType { content, mutable }
    Import { module, name, item }
    Export { name, item }
    ConstExpr { ops }
    ElementSegment { items, mode }
    DataSegment { mode, bytes }
}

/// Enums are a number and the fields of the variant.
macro_rules! flat_enums {
    ($($ty:ident { $($tag:literal = $variant:ident $(($($item:ident),*))? $({ $($field:ident),* })?;)* })*) => {$(
        impl Flat for $ty {
            fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $($ty::$variant $(($($item),*))? $({ $($field),* })? => {
                        out.push($tag);
                        $($($item.write(out);)*)?
                        $($($field.write(out);)*)?
                    })*
                }
            }

            fn read(input: &mut Reader<'_>) -> Option<$ty> {
                Some(match u8::read(input)? {
                    $($tag => {
                        $($(let $item = Flat::read(input)?;)*)?
                        $($(let $field = Flat::read(input)?;)*)?
                        $ty::$variant $(($($item),*))? $({ $($field),* })?
                    })*
                    _ => return None,
                })
            }
        }
    )*};
}

flat_enums! {
    HeapType { 0 = Func; 1 = Extern; }
    ValType { 0 = I32; 1 = I64; 2 = F32; 3 = F64; 4 = V128; 5 = Ref(ty); }
    ExternIdx { 0 = Func(index); 1 = Table(index); 2 = Memory(index); 3 = Global(index); }
    ConstOp {
        0 = I32Const(value);
        1 = I64Const(value);
        2 = F32Const(bits);
        3 = F64Const(bits);
        4 = V128Const(bytes);
        5 = GlobalGet(global);
        6 = RefNull(heap);
        7 = RefFunc(func);
        8 = I32Add;
        9 = I32Sub;
        10 = I32Mul;
        11 = I64Add;
        12 = I64Sub;
        13 = I64Mul;
    }
    ElementItems { 0 = Functions(items); 1 = Expressions(items); }
    ElementMode { 0 = Active { table, offset }; 1 = Passive; 2 = Declared; }
    DataMode { 0 = Active { memory, offset }; 1 = Passive; }
}

impl Flat for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn read(input: &mut Reader<'_>) -> Option<bool> {
        match u8::read(input)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Flat for [u8; 16] {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }

    fn read(input: &mut Reader<'_>) -> Option<[u8; 16]> {
        input.take(16)?.try_into().ok()
    }
}

impl Flat for Range<usize> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.start as u64).write(out);
        (self.end as u64).write(out);
    }

    fn read(input: &mut Reader<'_>) -> Option<Range<usize>> {
        let (start, end) = (u64::read(input)?, u64::read(input)?);
        Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }
}

impl Flat for String {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn read(input: &mut Reader<'_>) -> Option<String> {
        let len = usize::try_from(u64::read(input)?).ok()?;
        std::str::from_utf8(input.take(len)?).ok().map(str::to_owned)
    }
}

impl<T: Flat> Flat for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Option<Option<T>> {
        Some(if bool::read(input)? { Some(T::read(input)?) } else { None })
    }
}

impl<T: Flat> Flat for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        for item in self {
            item.write(out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Option<Vec<T>> {
        let len = usize::try_from(u64::read(input)?).ok()?;
        // Every item takes a byte at least, and few are larger in memory than this many times their bytes.
        let mut items = Vec::with_capacity(len.min(input.0.len() / size_of::<T>().max(1)));
        for _ in 0..len {
            items.push(T::read(input)?);
        }
        Some(items)
    }
}

impl<T: Flat> Flat for Box<[T]> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        for item in self {
            item.write(out);
        }
    }

    fn read(input: &mut Reader<'_>) -> Option<Box<[T]>> {
        Vec::read(input).map(Vec::into_boxed_slice)
    }
}

/// A custom section: its name and where its contents are.
impl Flat for (String, Range<usize>) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(input: &mut Reader<'_>) -> Option<(String, Range<usize>)> {
        Some((String::read(input)?, Range::read(input)?))
    }
}

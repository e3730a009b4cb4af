//! The tables of an artifact as flat bytes: rows of fixed size, little-endian, looked up where they stand.
//!
//! What was just compiled and what was read from an image are looked up in the same way, by code that also runs in
//! signal handlers: nothing here allocates once a table is made. Rows are not checked when a table is opened; whatever
//! they hold, a look-up gives a row of the table or nothing.

use super::artifact::{Artifact, CodeRange, Inlined, Part, Shift, Trampoline, TrampolineKind};
use crate::engine::abi::TrapCode;
use crate::engine::types::{DefinedFuncIdx, FuncIdx, TypeIdx};
use bytes::Bytes;

/// A row of fixed size.
pub trait Row<const SIZE: usize>: Sized {
    /// The row as bytes.
    fn to_bytes(&self) -> [u8; SIZE];
    /// The row of these bytes; nothing where they are none.
    fn from_bytes(bytes: &[u8; SIZE]) -> Option<Self>;
}

/// The tables that running needs.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Rows of [`CodeRange`]: own functions in the order of the text.
    pub functions: Bytes,
    /// Rows of [`Part`]: what these are, where not all of a module is there; empty for all functions in their order.
    pub parts: Bytes,
    /// Rows of [`Trampoline`].
    pub trampolines: Bytes,
    /// Rows of `u32`: offsets of [`TrapSite`](super::artifact::TrapSite)s, ascending.
    pub trap_offsets: Bytes,
    /// The number of the trap code of each.
    pub trap_codes: Bytes,
}

/// From offsets in the text to wasm instructions, for backtraces.
#[derive(Clone, Debug, Default)]
pub struct AddressTable {
    /// Rows of `u32`: where the code of an instruction begins, ascending.
    pub code: Bytes,
    /// Rows of `u32`: the position of that instruction, `u32::MAX` for none.
    pub wasm: Bytes,
    /// Rows of [`Inlined`], ascending.
    pub inlined: Bytes,
}

/// A wasm instruction that code came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The inlined function that it is of; nothing for the function whose code it is.
    pub func: Option<FuncIdx>,
    /// Offset of the instruction in the module's bytes.
    pub offset: u32,
}

impl Tables {
    /// The tables of what was just compiled.
    pub fn new(artifact: &Artifact) -> Tables {
        Tables {
            functions: flat(&artifact.functions),
            parts: flat(&artifact.parts),
            trampolines: flat(&artifact.trampolines),
            trap_offsets: flat_by(&artifact.traps, |site| site.offset.to_le_bytes()),
            trap_codes: artifact.traps.iter().map(|site| site.code as u8).collect(),
        }
    }

    /// How many own functions there are.
    pub fn function_count(&self) -> usize {
        rows::<8>(&self.functions).len()
    }

    /// The code of an own function.
    pub fn function(&self, index: usize) -> Option<CodeRange> {
        CodeRange::from_bytes(rows(&self.functions).get(index)?)
    }

    /// Position of the function that `offset` belongs to.
    pub fn function_at(&self, offset: u32) -> Option<usize> {
        let functions = rows::<8>(&self.functions);
        let starts_before = |row: &[u8; 8]| CodeRange::from_bytes(row).is_some_and(|range| range.start <= offset);
        let position = functions.partition_point(starts_before).checked_sub(1)?;
        self.function(position).is_some_and(|range| range.contains(offset)).then_some(position)
    }

    /// What stands at a position of the table.
    pub fn part(&self, position: usize) -> Part {
        let part = rows::<8>(&self.parts).get(position).and_then(Part::from_bytes);
        part.unwrap_or_else(|| Part::Function(DefinedFuncIdx::from_usize(position)))
    }

    /// Whether there is a part for each code, all of functions below that number.
    pub fn parts_are_below(&self, functions: usize) -> bool {
        let parts = rows::<8>(&self.parts);
        let is_below = |row| Part::from_bytes(row).is_some_and(|part| part.function().index() < functions);
        parts.len() == self.function_count() && parts.iter().all(is_below)
    }

    /// The tables of several texts that stand in one, each from its offset on; offsets ascend.
    pub fn joined(texts: &[(u32, &Tables)]) -> Tables {
        let [mut functions, mut parts, mut trampolines, mut trap_offsets, mut trap_codes] = [const { Vec::new() }; 5];
        for (start, tables) in texts {
            let moved = |range: CodeRange| CodeRange { start: range.start + start, ..range };
            for position in 0..tables.function_count() {
                let Some(range) = tables.function(position) else { continue };
                functions.extend(moved(range).to_bytes());
                parts.extend(tables.part(position).to_bytes());
            }
            for row in tables.trampolines() {
                trampolines.extend(Trampoline { range: moved(row.range), ..row }.to_bytes());
            }
            trap_offsets.extend(moved_rows(&tables.trap_offsets, *start));
            trap_codes.extend_from_slice(&tables.trap_codes);
        }
        Tables {
            functions: functions.into(),
            parts: parts.into(),
            trampolines: trampolines.into(),
            trap_offsets: trap_offsets.into(),
            trap_codes: trap_codes.into(),
        }
    }

    /// Every trampoline; rows that are none are left out.
    pub fn trampolines(&self) -> impl Iterator<Item = Trampoline> + '_ {
        rows(&self.trampolines).iter().filter_map(Trampoline::from_bytes)
    }

    /// How many trampolines there should be.
    pub fn trampoline_count(&self) -> usize {
        rows::<16>(&self.trampolines).len()
    }

    /// Why the instruction at `offset` traps.
    pub fn trap_at(&self, offset: u32) -> Option<TrapCode> {
        let offsets = rows::<4>(&self.trap_offsets);
        let position = offsets.binary_search_by_key(&offset, |row| u32::from_le_bytes(*row)).ok()?;
        TrapCode::from_number(*self.trap_codes.get(position)?)
    }
}

impl AddressTable {
    /// The table of what was just compiled.
    pub fn new(artifact: &Artifact) -> AddressTable {
        AddressTable {
            code: flat_by(&artifact.addresses, |entry| entry.code.to_le_bytes()),
            wasm: flat_by(&artifact.addresses, |entry| entry.wasm.to_le_bytes()),
            inlined: flat(&artifact.inlined),
        }
    }

    /// The instruction that the code at `offset` came from, and the calls around it that were inlined, outwards. Nothing where
    /// that is not known.
    pub fn origins(&self, offset: u32) -> Vec<Origin> {
        let mut origins = Vec::new();
        let mut position = self.position(offset);
        while let Some(at) = position {
            let row = self.inlined_at(at);
            let (func, offset) = (row.map(|row| row.func), row.map_or(at, |row| row.body + (at - row.start)));
            origins.push(Origin { func, offset });
            // Calls come before what they lead to; anything else is nonsense.
            position = row.map(|row| row.call).filter(|call| *call < at);
        }
        origins
    }

    /// The inlined body that a position is in.
    fn inlined_at(&self, position: u32) -> Option<Inlined> {
        let rows = rows::<20>(&self.inlined);
        let starts_before = |row: &[u8; 20]| Inlined::from_bytes(row).is_some_and(|row| row.start <= position);
        let row = Inlined::from_bytes(rows.get(rows.partition_point(starts_before).checked_sub(1)?)?)?;
        (position - row.start < row.len).then_some(row)
    }

    /// The position that the code at `offset` came from.
    fn position(&self, offset: u32) -> Option<u32> {
        let position =
            rows::<4>(&self.code).partition_point(|row| u32::from_le_bytes(*row) <= offset).checked_sub(1)?;
        rows::<4>(&self.wasm).get(position).map(|row| u32::from_le_bytes(*row)).filter(|wasm| *wasm != u32::MAX)
    }
}

impl AddressTable {
    /// The tables of several texts that stand in one, as for [`Tables::joined`].
    pub fn joined(texts: &[(u32, &AddressTable)]) -> AddressTable {
        let code: Vec<u8> = texts.iter().flat_map(|(start, table)| moved_rows(&table.code, *start)).collect();
        let (mut wasm, mut inlined) = (Vec::new(), Vec::new());
        for (_, table) in texts {
            let own: Vec<Inlined> = rows(&table.inlined).iter().filter_map(Inlined::from_bytes).collect();
            let shift = Shift::behind(&inlined, &own);
            let moved = |row: &[u8; 4]| shift.position(u32::from_le_bytes(*row)).to_le_bytes();
            wasm.extend(rows(&table.wasm).iter().flat_map(moved));
            inlined.extend(own.iter().map(|row| shift.row(row)));
        }
        AddressTable { code: code.into(), wasm: wasm.into(), inlined: flat(&inlined) }
    }
}

/// Rows of offsets, each larger by `start`.
fn moved_rows(offsets: &Bytes, start: u32) -> impl Iterator<Item = u8> + '_ {
    rows::<4>(offsets).iter().flat_map(move |row| (u32::from_le_bytes(*row).wrapping_add(start)).to_le_bytes())
}

impl CodeRange {
    /// Whether `offset` lies inside.
    pub fn contains(self, offset: u32) -> bool {
        offset >= self.start && offset - self.start < self.len
    }
}

/// Whole rows; what is left over at the end is none.
fn rows<const SIZE: usize>(bytes: &Bytes) -> &[[u8; SIZE]] {
    bytes.as_chunks().0
}

fn flat<const SIZE: usize, T: Row<SIZE>>(items: &[T]) -> Bytes {
    flat_by(items, T::to_bytes)
}

fn flat_by<const SIZE: usize, T>(items: &[T], to_bytes: impl Fn(&T) -> [u8; SIZE]) -> Bytes {
    let mut bytes = Vec::with_capacity(items.len() * SIZE);
    for item in items {
        bytes.extend_from_slice(&to_bytes(item));
    }
    bytes.into()
}

impl Row<8> for CodeRange {
    fn to_bytes(&self) -> [u8; 8] {
        (u64::from(self.start) | u64::from(self.len) << 32).to_le_bytes()
    }

    fn from_bytes(bytes: &[u8; 8]) -> Option<CodeRange> {
        let both = u64::from_le_bytes(*bytes);
        Some(CodeRange { start: both as u32, len: (both >> 32) as u32 })
    }
}

impl Row<8> for Part {
    fn to_bytes(&self) -> [u8; 8] {
        let (DefinedFuncIdx(function), loop_at) = match *self {
            Part::Function(function) => (function, u32::MAX),
            Part::Loop(function, at) => (function, at),
        };
        (u64::from(function) | u64::from(loop_at) << 32).to_le_bytes()
    }

    fn from_bytes(bytes: &[u8; 8]) -> Option<Part> {
        let both = u64::from_le_bytes(*bytes);
        let function = DefinedFuncIdx(both as u32);
        Some(match (both >> 32) as u32 {
            u32::MAX => Part::Function(function),
            at => Part::Loop(function, at),
        })
    }
}

impl Row<20> for Inlined {
    fn to_bytes(&self) -> [u8; 20] {
        let mut bytes = [0; 20];
        let numbers = [self.start, self.len, self.func.0, self.body, self.call];
        for (place, number) in bytes.chunks_exact_mut(4).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    fn from_bytes(bytes: &[u8; 20]) -> Option<Inlined> {
        let [start, len, func, body, call] = *bytes.as_chunks().0 else { return None };
        let [start, len, func, body, call] = [start, len, func, body, call].map(u32::from_le_bytes);
        body.checked_add(len)?;
        Some(Inlined { start, len, func: FuncIdx(func), body, call })
    }
}

impl Row<16> for Trampoline {
    fn to_bytes(&self) -> [u8; 16] {
        let kind = match self.kind {
            TrampolineKind::Entry => 0u32,
            TrampolineKind::HostDirect => 1,
            TrampolineKind::HostArray => 2,
            TrampolineKind::Interpreted => 3,
            TrampolineKind::Tail => 4,
            TrampolineKind::Frame => 5,
        };
        let head = u64::from(self.ty.0) | u64::from(kind) << 32;
        (u128::from(head) | u128::from(u64::from_le_bytes(self.range.to_bytes())) << 64).to_le_bytes()
    }

    fn from_bytes(bytes: &[u8; 16]) -> Option<Trampoline> {
        let (head, range) = bytes.split_first_chunk::<8>()?;
        let head = u64::from_le_bytes(*head);
        let kind = match head >> 32 {
            0 => TrampolineKind::Entry,
            1 => TrampolineKind::HostDirect,
            2 => TrampolineKind::HostArray,
            3 => TrampolineKind::Interpreted,
            4 => TrampolineKind::Tail,
            5 => TrampolineKind::Frame,
            _ => return None,
        };
        let range = CodeRange::from_bytes(range.first_chunk()?)?;
        Some(Trampoline { ty: TypeIdx(head as u32), kind, range })
    }
}

#[cfg(test)]
mod tests {
    use super::super::artifact::{AddressEntry, TrapSite};
    use super::*;

    #[test]
    fn rows_come_back_as_they_were() {
        let range = |start, len| CodeRange { start, len };
        let trampoline = |ty, kind, range| Trampoline { ty: TypeIdx(ty), kind, range };
        let artifact = Artifact {
            functions: vec![range(0, 7), range(16, u32::MAX - 16)],
            trampolines: vec![
                trampoline(3, TrampolineKind::Entry, range(1, 2)),
                trampoline(u32::MAX, TrampolineKind::HostArray, range(4, 5)),
            ],
            traps: vec![
                TrapSite { offset: 3, code: TrapCode::Unreachable },
                TrapSite { offset: 20, code: TrapCode::HostError },
            ],
            ..Artifact::default()
        };
        let tables = Tables::new(&artifact);
        assert_eq!(tables.function(1), Some(range(16, u32::MAX - 16)));
        assert_eq!((tables.function_count(), tables.function(2)), (2, None));
        let found: Vec<_> = [0, 6, 7, 15, 16, u32::MAX - 1].map(|offset| tables.function_at(offset)).into();
        assert_eq!(found, [Some(0), Some(0), None, None, Some(1), Some(1)]);
        assert_eq!(tables.trampolines().collect::<Vec<_>>(), artifact.trampolines);
        assert_eq!((tables.trap_at(20), tables.trap_at(4)), (Some(TrapCode::HostError), None));
    }

    #[test]
    fn addresses_reach_to_the_next_entry() {
        let entry = |code, wasm| AddressEntry { code, wasm };
        let addresses = vec![entry(4, 100), entry(8, u32::MAX), entry(12, 90)];
        let table = AddressTable::new(&Artifact { addresses, ..Artifact::default() });
        let found = [3, 4, 7, 8, 12, u32::MAX].map(|offset| table.position(offset));
        assert_eq!(found, [None, Some(100), Some(100), None, Some(90), Some(90)]);
    }

    /// A text with a body at 20 in one at 50, which is called at 7; positions from 100 on stand for these.
    fn with_inlined() -> AddressTable {
        let row = |start, len, func, body, call| Inlined { start, len, func: FuncIdx(func), body, call };
        let entry = |code, wasm| AddressEntry { code, wasm };
        AddressTable::new(&Artifact {
            addresses: vec![entry(0, 7), entry(4, 103), entry(8, 112), entry(12, 9), entry(16, u32::MAX)],
            inlined: vec![row(100, 10, 1, 50, 7), row(110, 5, 2, 20, 103)],
            ..Artifact::default()
        })
    }

    fn origins(table: &AddressTable, offset: u32) -> Vec<(Option<u32>, u32)> {
        table.origins(offset).iter().map(|origin| (origin.func.map(|func| func.0), origin.offset)).collect()
    }

    #[test]
    fn inlined_instructions_have_all_calls_around_them() {
        let table = with_inlined();
        assert_eq!(origins(&table, 0), [(None, 7)]);
        assert_eq!(origins(&table, 5), [(Some(1), 53), (None, 7)]);
        assert_eq!(origins(&table, 8), [(Some(2), 22), (Some(1), 53), (None, 7)]);
        assert_eq!(origins(&table, 12), [(None, 9)]);
        assert_eq!(origins(&table, 16), []);
    }

    #[test]
    fn joined_texts_keep_their_inlined_bodies_apart() {
        let (one, plain) = (with_inlined(), AddressTable::default());
        let twice = AddressTable::joined(&[(0, &one), (32, &plain), (64, &one)]);
        let joined = AddressTable::joined(&[(0, &plain), (128, &twice), (256, &one)]);
        for start in [128, 192, 256] {
            for offset in [0, 5, 8, 12, 16] {
                assert_eq!(origins(&joined, start + offset), origins(&one, offset), "{start} {offset}");
            }
        }
    }

    #[test]
    fn calls_that_go_round_end() {
        let row = |start, call| Inlined { start, len: 10, func: FuncIdx(1), body: 50, call };
        let addresses = vec![AddressEntry { code: 0, wasm: 105 }];
        let inlined = vec![row(100, 115), row(110, 105)];
        let table = AddressTable::new(&Artifact { addresses, inlined, ..Artifact::default() });
        assert_eq!(origins(&table, 0), [(Some(1), 55)]);
    }

    #[test]
    fn nonsense_is_nothing() {
        let bytes = Bytes::from_static(&[0xff; 35]);
        let tables = Tables {
            functions: bytes.clone(),
            parts: bytes.clone(),
            trampolines: bytes.clone(),
            trap_offsets: bytes.clone(),
            trap_codes: bytes,
        };
        assert_eq!((tables.trampolines().count(), tables.trampoline_count()), (0, 2));
        assert_eq!(tables.trap_at(u32::MAX), None);
        assert_eq!(tables.function_at(5), None);
    }
}

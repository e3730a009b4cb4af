//! Bytes of a body, and the numbers in them, for those who read bodies without wasmparser. spec: binary/values#integers

use crate::engine::types::ValType;

/// What a block takes and gives. spec: binary/instructions#binary-blocktype
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockType {
    /// Nothing.
    Empty,
    /// One result.
    Value(ValType),
    /// What the function type of that index says.
    Index(u32),
}

/// Where a load or store goes, beside its address. spec: binary/instructions#binary-memarg
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemArg {
    /// What it claims to be aligned to, as a power of two.
    pub alignment: u32,
    /// The memory's index.
    pub memory: u32,
    /// Added to the address.
    pub offset: u64,
}

/// What is left of a body.
#[derive(Clone, Copy, Debug)]
pub struct CodeReader<'a> {
    rest: &'a [u8],
}

impl<'a> CodeReader<'a> {
    /// Begins at the first of these bytes.
    pub fn new(rest: &'a [u8]) -> CodeReader<'a> {
        CodeReader { rest }
    }

    /// What has not been read.
    #[inline(always)]
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything has been read.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// One byte.
    #[inline(always)]
    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    /// So many bytes.
    #[inline(always)]
    pub fn bytes<const COUNT: usize>(&mut self) -> Option<[u8; COUNT]> {
        let (bytes, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*bytes)
    }

    /// Passes over so many bytes.
    #[inline(always)]
    pub fn skip(&mut self, bytes: usize) -> Option<()> {
        self.rest = self.rest.get(bytes..)?;
        Some(())
    }

    /// An unsigned number of 32 bits.
    #[inline(always)]
    pub fn u32(&mut self) -> Option<u32> {
        match self.byte()? {
            low @ ..0x80 => Some(u32::from(low)),
            low => self.rest_of_u32(low),
        }
    }

    /// The number whose first byte, which is not its last one, has been read.
    fn rest_of_u32(&mut self, low: u8) -> Option<u32> {
        let mut number = u32::from(low & 0x7f);
        for shift in [7, 14, 21] {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        let last = self.byte()?;
        (last < 0x10).then(|| number | u32::from(last) << 28)
    }

    /// A signed number of 32 bits.
    #[inline(always)]
    pub fn i32(&mut self) -> Option<i32> {
        let before = *self;
        match self.byte()? {
            // The sign is bit 6.
            low @ ..0x80 => Some(i32::from((low << 1) as i8) >> 1),
            _ => self.rest_of_signed(before, CodeReader::skip_i32).map(|number| number as i32),
        }
    }

    /// A signed number of 64 bits.
    #[inline(always)]
    pub fn i64(&mut self) -> Option<i64> {
        let before = *self;
        match self.byte()? {
            low @ ..0x80 => Some(i64::from((low << 1) as i8) >> 1),
            _ => self.rest_of_signed(before, CodeReader::skip_i64),
        }
    }

    /// The number that begins at `start`, and which `skip` passes over.
    fn rest_of_signed(&mut self, start: CodeReader<'a>, skip: impl Fn(&mut Self) -> Option<()>) -> Option<i64> {
        *self = start;
        skip(self)?;
        let bytes = start.rest.get(..start.rest.len() - self.rest.len())?;
        let mut number = 0_i64;
        for byte in bytes.iter().rev() {
            number = number << 7 | i64::from(byte & 0x7f);
        }
        // Above the last byte's sign there is nothing but that.
        let unused = 64_u32.saturating_sub(7 * bytes.len() as u32);
        Some(number << unused >> unused)
    }

    /// How many locals of which type come next. spec: binary/modules#binary-local
    pub fn locals(&mut self) -> Option<(u32, ValType)> {
        Some((self.u32()?, self.val_type()?))
    }

    /// A value type that is one byte. spec: binary/types#value-types
    #[inline(always)]
    fn val_type(&mut self) -> Option<ValType> {
        val_type(self.byte()?)
    }

    /// A block's type. Nothing for an index that is written longer than it need be.
    #[inline(always)]
    pub fn block_type(&mut self) -> Option<BlockType> {
        match self.byte()? {
            0x40 => Some(BlockType::Empty),
            byte if byte & 0xc0 == 0x40 => Some(BlockType::Value(val_type(byte)?)),
            low => self.rest_of_index(low).map(BlockType::Index),
        }
    }

    /// An index that is written as a signed number of 33 bits, whose first byte has been read.
    fn rest_of_index(&mut self, low: u8) -> Option<u32> {
        let mut number = u32::from(low & 0x7f);
        let (mut last, mut shift) = (low, 7);
        while last >= 0x80 && shift < 28 {
            last = self.byte()?;
            number |= u32::from(last & 0x7f) << shift;
            shift += 7;
        }
        (last < 0x40).then_some(number)
    }

    /// Where an access goes.
    #[inline(always)]
    pub fn memarg(&mut self) -> Option<MemArg> {
        let flags = self.u32()?;
        let memory = if flags & HAS_MEMORY != 0 { self.u32()? } else { 0 };
        Some(MemArg { alignment: flags & !HAS_MEMORY, memory, offset: u64::from(self.u32()?) })
    }

    /// Passes over a signed number of 32 bits.
    #[inline(always)]
    pub fn skip_i32(&mut self) -> Option<()> {
        // The fifth byte has four bits of the number; the rest repeat its sign.
        self.signed(5, |last| last < 0x08 || (0x78..0x80).contains(&last))
    }

    /// Passes over a signed number of 64 bits.
    #[inline(always)]
    pub fn skip_i64(&mut self) -> Option<()> {
        // The tenth byte has one bit of the number; the rest repeat it.
        self.signed(10, |last| last == 0 || last == 0x7f)
    }

    /// Passes over a number of at most so many bytes, of which the last possible one must look as it can.
    #[inline(always)]
    fn signed(&mut self, bytes: usize, is_last: impl Fn(u8) -> bool) -> Option<()> {
        for _ in 1..bytes {
            if self.byte()? < 0x80 {
                return Some(());
            }
        }
        is_last(self.byte()?).then_some(())
    }
}

/// Set beside an alignment where the index of a memory follows.
const HAS_MEMORY: u32 = 1 << 6;

fn val_type(byte: u8) -> Option<ValType> {
    Some(match byte {
        0x7f => ValType::I32,
        0x7e => ValType::I64,
        0x7d => ValType::F32,
        0x7c => ValType::F64,
        0x7b => ValType::V128,
        0x70 => ValType::FUNCREF,
        0x6f => ValType::EXTERNREF,
        _ => return None,
    })
}

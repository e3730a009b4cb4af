//! Vectors. spec: binary/instructions#vector-instructions

use super::Acceptor;
use super::types::Ty::{self, F32, F64, I32, I64, V128};

impl Acceptor<'_> {
    /// Those behind the prefix 0xfd; relaxed ones are not decided here.
    pub(super) fn vector(&mut self) -> Option<()> {
        match self.code.u32()? {
            0 => self.load(4, V128),
            1..=6 | 10 | 93 => self.load(3, V128),
            7 => self.load(0, V128),
            8 => self.load(1, V128),
            9 | 92 => self.load(2, V128),
            11 => self.store(4, V128),
            12 => self.code.skip(16).map(|()| self.push(V128)),
            13 => self.shuffle(),
            15..=17 => self.unary(I32, V128),
            18 => self.unary(I64, V128),
            19 => self.unary(F32, V128),
            20 => self.unary(F64, V128),
            21 | 22 => self.extract_lane(16, I32),
            23 => self.replace_lane(16, I32),
            24 | 25 => self.extract_lane(8, I32),
            26 => self.replace_lane(8, I32),
            27 => self.extract_lane(4, I32),
            28 => self.replace_lane(4, I32),
            29 => self.extract_lane(2, I64),
            30 => self.replace_lane(2, I64),
            31 => self.extract_lane(4, F32),
            32 => self.replace_lane(4, F32),
            33 => self.extract_lane(2, F64),
            34 => self.replace_lane(2, F64),
            82 => self.pop(V128).and_then(|()| self.binary(V128, V128)),
            83 | 99 | 100 | 131 | 132 | 163 | 164 | 195 | 196 => self.unary(V128, I32),
            84 => self.load_lane(0),
            85 => self.load_lane(1),
            86 => self.load_lane(2),
            87 => self.load_lane(3),
            88 => self.store_lane(0),
            89 => self.store_lane(1),
            90 => self.store_lane(2),
            91 => self.store_lane(3),
            107..=109 | 139..=141 | 171..=173 | 203..=205 => self.pop(I32).and_then(|()| self.unary(V128, V128)),
            154 | 162 | 165 | 166 | 175 | 176 | 178..=180 | 187 | 194 | 197 | 198 => None,
            207 | 208 | 210..=212 | 226 | 238 | 256.. => None,
            77 | 94..=98 | 103..=106 | 116 | 117 | 122 | 124..=129 | 135..=138 | 148 => self.unary(V128, V128),
            160 | 161 | 167..=170 | 192 | 193 | 199..=202 | 224 | 225 | 227 => self.unary(V128, V128),
            236 | 237 | 239 | 248..=255 => self.unary(V128, V128),
            _ => self.binary(V128, V128),
        }
    }

    fn shuffle(&mut self) -> Option<()> {
        for _ in 0..16 {
            self.lane(32)?;
        }
        self.binary(V128, V128)
    }

    /// The number of one of so many lanes.
    fn lane(&mut self, lanes: u8) -> Option<()> {
        (self.code.byte()? < lanes).then_some(())
    }

    fn extract_lane(&mut self, lanes: u8, to: Ty) -> Option<()> {
        self.lane(lanes)?;
        self.unary(V128, to)
    }

    fn replace_lane(&mut self, lanes: u8, from: Ty) -> Option<()> {
        self.lane(lanes)?;
        self.pop(from)?;
        self.unary(V128, V128)
    }

    /// Of lanes of so many bytes, as a power of two, which is the alignment, too.
    fn load_lane(&mut self, bytes_log2: u32) -> Option<()> {
        self.memarg(bytes_log2)?;
        self.lane(16 >> bytes_log2)?;
        self.pop(V128)?;
        self.unary(I32, V128)
    }

    fn store_lane(&mut self, bytes_log2: u32) -> Option<()> {
        self.memarg(bytes_log2)?;
        self.lane(16 >> bytes_log2)?;
        self.pop(V128)?;
        self.pop(I32)
    }
}

//! Values as every executor has them, where they come from, and the digest that stands for many.
//!
//! A function reference is only null or not: no two executors name functions alike. An external reference is a number
//! that the host chose. Everything random comes from [`Rng`], so that a seed is a module, its arguments and its host.

/// Type of a value. spec: syntax/types#value-types
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ty {
    I32,
    I64,
    F32,
    F64,
    V128,
    Func,
    Extern,
}

/// A value; floats are their bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    I32(u32),
    I64(u64),
    F32(u32),
    F64(u64),
    V128(u128),
    /// Whether it points to a function.
    Func(bool),
    /// The host's number, or null.
    Extern(Option<u32>),
}

/// The NaNs that the specification calls canonical, of positive sign.
const NAN_32: u32 = 0x7fc0_0000;
const NAN_64: u64 = 0x7ff8_0000_0000_0000;

/// Integers that instructions treat as special: signs, shift counts, ends of ranges and of a page of memory.
const WORDS: &[u64] = &[
    0,
    1,
    2,
    7,
    8,
    31,
    32,
    63,
    64,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffef,
    0xfff0,
    0xfff8,
    0xfffc,
    0xffff,
    0x1_0000,
    0x1_fff0,
    0x2_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    0x1_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_fff0,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
];

/// Floats at the ends of ranges, of rounding and of conversions to integers.
const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    0.5,
    -0.5,
    1.0,
    -1.0,
    1.5,
    2.5,
    -2.5,
    0.1,
    f64::MIN_POSITIVE,
    5e-324,
    1e-45,
    f64::MAX,
    f64::MIN,
    3.402_823_5e38,
    f64::INFINITY,
    f64::NEG_INFINITY,
    2_147_483_647.0,
    2_147_483_648.0,
    -2_147_483_648.0,
    -2_147_483_649.0,
    4_294_967_295.0,
    4_294_967_296.0,
    9_223_372_036_854_775_808.0,
    -9_223_372_036_854_775_808.0,
    18_446_744_073_709_551_616.0,
    4_503_599_627_370_496.5,
    16_777_217.0,
];

/// Not-a-numbers: canonical, signalling, with payloads, of both signs.
const NANS_32: &[u32] = &[NAN_32, 0xffc0_0000, 0x7f80_0001, 0x7fa0_0000, 0xffff_ffff, 0x7fd5_5555];
const NANS_64: &[u64] =
    &[NAN_64, 0xfff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 0x7ff4_0000_0000_0000, u64::MAX, 0x7ffa_aaaa_aaaa_aaaa];

impl Value {
    /// A value that is likely to make a difference. Where they are not `exact`, a NaN is the canonical one, because
    /// that is all that JavaScript can pass.
    pub(crate) fn pick(ty: Ty, rng: &mut Rng, exact: bool) -> Value {
        let value = match ty {
            Ty::I32 => Value::I32(rng.word() as u32),
            Ty::I64 => Value::I64(rng.word()),
            Ty::F32 => Value::F32(rng.float_32()),
            Ty::F64 => Value::F64(rng.float_64()),
            Ty::V128 => Value::V128(rng.vector()),
            Ty::Func => Value::Func(false),
            Ty::Extern => Value::Extern((rng.below(4) > 0).then(|| rng.below(1000) as u32)),
        };
        if exact { value } else { value.with_canonical_nan() }
    }

    /// The value with every scalar NaN the same one.
    pub(crate) fn with_canonical_nan(self) -> Value {
        match self {
            Value::F32(bits) if f32::from_bits(bits).is_nan() => Value::F32(NAN_32),
            Value::F64(bits) if f64::from_bits(bits).is_nan() => Value::F64(NAN_64),
            other => other,
        }
    }

    /// Feeds the value into a digest.
    pub(crate) fn digest(self, digest: &mut Digest) {
        match self {
            Value::I32(bits) | Value::F32(bits) => digest.word(bits),
            Value::I64(bits) | Value::F64(bits) => digest.words(&[bits as u32, (bits >> 32) as u32]),
            Value::V128(bits) => {
                digest.words(&[bits as u32, (bits >> 32) as u32, (bits >> 64) as u32, (bits >> 96) as u32]);
            }
            Value::Func(present) => digest.word(u32::from(present)),
            Value::Extern(number) => digest.word(number.map_or(0, |number| number.wrapping_add(1))),
        }
    }
}

/// Pseudo random numbers: splitmix64.
#[derive(Clone, Debug)]
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    pub(crate) fn new(seed: u64) -> Rng {
        Rng { state: seed }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = length.div_ceil(8);
        let mut bytes: Vec<u8> = (0..words).flat_map(|_| self.next().to_le_bytes()).collect();
        bytes.truncate(length);
        bytes
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    fn word(&mut self) -> u64 {
        match self.below(8) {
            0 => self.next(),
            1 => 1 << self.below(64),
            2 => self.below(0x2_0000),
            _ => self.of(WORDS),
        }
    }

    fn float_32(&mut self) -> u32 {
        match self.below(8) {
            0 => self.next() as u32,
            1 | 2 => self.of(NANS_32),
            _ => (self.of(FLOATS) as f32).to_bits(),
        }
    }

    fn float_64(&mut self) -> u64 {
        match self.below(8) {
            0 => self.next(),
            1 | 2 => self.of(NANS_64),
            _ => self.of(FLOATS).to_bits(),
        }
    }

    fn vector(&mut self) -> u128 {
        let mut half = || match self.below(4) {
            0 => self.float_64(),
            1 => u64::from(self.float_32()) << 32 | u64::from(self.float_32()),
            _ => self.word(),
        };
        u128::from(half()) << 64 | u128::from(half())
    }
}

/// A digest of 32-bit words, simple enough to be the same in JavaScript: `v8.js` has it too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest(u32);

impl Digest {
    pub(crate) fn new() -> Digest {
        Digest(0x811c_9dc5)
    }

    pub(crate) fn word(&mut self, word: u32) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0100_0193);
        self.0 ^= self.0 >> 15;
    }

    pub(crate) fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|word| self.word(*word));
    }

    pub(crate) fn get(self) -> u32 {
        self.0
    }

    /// Digest of a memory: position and contents of every word that is not zero, because most of it never is anything
    /// else.
    pub(crate) fn of_memory(bytes: &[u8]) -> u32 {
        let mut digest = Digest::new();
        for (number, chunk) in bytes.chunks(64).enumerate() {
            if chunk.iter().fold(0, |all, byte| all | byte) == 0 {
                continue;
            }
            for (within, word) in chunk.as_chunks::<4>().0.iter().enumerate() {
                let word = u32::from_le_bytes(*word);
                if word != 0 {
                    digest.words(&[(number * 16 + within) as u32, word]);
                }
            }
        }
        digest.get()
    }
}

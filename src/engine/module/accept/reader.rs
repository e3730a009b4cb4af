//! Bytes of a body, and the numbers in them. spec: binary/values#integers

/// What is left of a body.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Reader<'a> {
        Reader { rest }
    }

    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    #[inline(always)]
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    #[inline(always)]
    pub(super) fn skip(&mut self, bytes: usize) -> Option<()> {
        self.rest = self.rest.get(bytes..)?;
        Some(())
    }

    /// An unsigned number of 32 bits.
    #[inline(always)]
    pub(super) fn u32(&mut self) -> Option<u32> {
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

    /// An index that is written as a signed number of 33 bits, whose first byte has been read. Not decided for one that is
    /// longer than it need be.
    pub(super) fn rest_of_index(&mut self, low: u8) -> Option<u32> {
        let mut number = u32::from(low & 0x7f);
        let (mut last, mut shift) = (low, 7);
        while last >= 0x80 && shift < 28 {
            last = self.byte()?;
            number |= u32::from(last & 0x7f) << shift;
            shift += 7;
        }
        (last < 0x40).then_some(number)
    }

    /// Passes over a signed number of 32 bits.
    #[inline(always)]
    pub(super) fn i32(&mut self) -> Option<()> {
        // The fifth byte has four bits of the number; the rest repeat its sign.
        self.signed(5, |last| last < 0x08 || (0x78..0x80).contains(&last))
    }

    /// Passes over a signed number of 64 bits.
    #[inline(always)]
    pub(super) fn i64(&mut self) -> Option<()> {
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

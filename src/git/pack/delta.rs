//! Deltas: a text as copies from another and bytes of its own.

use super::super::inflate::Buffer;
use super::super::object::Damage;

/// A piece of a delta's result that was copied from its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Where it stands in the base.
    pub(crate) from: usize,
    /// Where it stands in the result.
    pub(crate) to: usize,
    /// How long it is.
    pub(crate) len: usize,
}

/// The two sizes that begin a delta, and where its instructions begin.
pub(crate) fn sizes(delta: &[u8]) -> Result<(u64, u64, usize), Damage> {
    let (base, at) = varint(delta, 0)?;
    let (result, at) = varint(delta, at)?;
    Ok((base, result, at))
}

/// A number of 7 bits a byte, least significant first.
fn varint(bytes: &[u8], mut at: usize) -> Result<(u64, usize), Damage> {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let byte = *bytes.get(at).ok_or(Damage::Delta)?;
        at += 1;
        if shift > 56 {
            return Err(Damage::Delta);
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((value, at));
        }
        shift += 7;
    }
}

/// One instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op<'a> {
    /// Bytes of the base.
    Copy { from: usize, len: usize },
    /// Bytes of the delta.
    Insert(&'a [u8]),
}

/// The instructions of a delta, each checked for being whole.
pub(crate) struct Ops<'a> {
    rest: &'a [u8],
}

impl<'a> Ops<'a> {
    pub(crate) fn new(instructions: &'a [u8]) -> Self {
        Self { rest: instructions }
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Damage> {
        let (first, rest) = self.rest.split_first().ok_or(Damage::Delta)?;
        self.rest = rest;
        Ok(*first)
    }

    /// As [`Ops::number`] twice. Nearly always the bytes that are there are the lowest ones, and no branch for each is
    /// needed, which no processor could foresee.
    #[inline]
    fn numbers(&mut self, code: u8, bytes: u64) -> (usize, usize) {
        let (offset, size) = (u32::from(code & 0x0f), u32::from((code >> 4) & 0x07));
        let (offsets, sizes) = (offset.count_ones(), size.count_ones());
        self.rest = &self.rest[(offsets + sizes) as usize..];
        if offset & (offset + 1) | size & (size + 1) == 0 {
            let lowest = |bytes: u64, count: u32| (bytes & ((1 << (8 * count)) - 1)) as usize;
            return (lowest(bytes, offsets), lowest(bytes >> (8 * offsets), sizes));
        }
        let (mut value, mut left) = (0, bytes);
        for i in 0..7 {
            let present = u64::from((code >> i) & 1);
            value |= (left & (0xff * present)) << (8 * i);
            left >>= 8 * present;
        }
        ((value & 0xffff_ffff) as usize, (value >> 32) as usize)
    }

    #[inline]
    fn number(&mut self, mask: u8, bytes: u32) -> Result<usize, Damage> {
        let mut value = 0;
        for i in 0..bytes {
            if mask & (1 << i) != 0 {
                value |= usize::from(self.byte()?) << (8 * i);
            }
        }
        Ok(value)
    }

    /// The next instruction; `None` at the end.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<Op<'a>>, Damage> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let code = self.byte()?;
        if code & 0x80 != 0 {
            let (from, len) = match self.rest.first_chunk::<8>() {
                Some(bytes) => self.numbers(code, u64::from_le_bytes(*bytes)),
                None => (self.number(code & 0x0f, 4)?, self.number((code >> 4) & 0x07, 3)?),
            };
            return Ok(Some(Op::Copy { from, len: if len == 0 { 0x10000 } else { len } }));
        }
        let len = usize::from(code);
        if len == 0 || len > self.rest.len() {
            return Err(Damage::Delta);
        }
        let (insert, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(Some(Op::Insert(insert)))
    }
}

/// Pieces up to this length are moved as this many bytes at once, which is faster than moving just what is needed.
const SHORT: usize = 32;

/// Rebuilds a text. `size` is what [`sizes`] gave as the result's; the caller has checked that it is bearable.
/// Neighbouring copies of neighbouring bytes are told as one in `copies`.
pub(crate) fn apply(
    base: &[u8],
    instructions: &[u8],
    size: usize,
    out: &mut Buffer,
    copies: &mut Vec<Copied>,
) -> Result<(), Damage> {
    copies.clear();
    let out = out.reset(size);
    let (mut ops, mut to) = (Ops::new(instructions), 0_usize);
    while let Some(op) = ops.next()? {
        let (source, from, len) = match op {
            Op::Copy { from, len } => (base, from, len),
            Op::Insert(bytes) => (bytes, 0, bytes.len()),
        };
        let piece = source.get(from..from + len).ok_or(Damage::Delta)?;
        match (source[from..].first_chunk::<SHORT>(), out.get_mut(to..).and_then(|out| out.first_chunk_mut::<SHORT>()))
        {
            // What is written too much is written over by the next instruction, or the length is wrong at the end.
            (Some(source), Some(out)) if len <= SHORT => *out = *source,
            _ => out.get_mut(to..to + len).ok_or(Damage::Delta)?.copy_from_slice(piece),
        }
        if let Op::Copy { from, len } = op {
            match copies.last_mut() {
                Some(last) if last.to + last.len == to && last.from + last.len == from => last.len += len,
                _ => copies.push(Copied { from, to, len }),
            }
        }
        to += len;
    }
    if to == size { Ok(()) } else { Err(Damage::Delta) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_inserts() {
        // 10 → 9: copy 2..5, copy 5..7, insert "ab", copy 0..2
        let delta = [10, 9, 0x91, 2, 3, 0x91, 5, 2, 2, b'a', b'b', 0x90, 2];
        let (base, size, at) = sizes(&delta).unwrap();
        assert_eq!((base, size, at), (10, 9, 2));
        let (mut out, mut copies) = (Buffer::default(), Vec::new());
        apply(b"0123456789", &delta[2..], 9, &mut out, &mut copies).unwrap();
        assert_eq!(&*out, b"23456ab01");
        assert_eq!(copies, [Copied { from: 2, to: 0, len: 5 }, Copied { from: 0, to: 7, len: 2 }]);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_error_or_of_the_right_size(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60),
            size in 0_usize..200,
        ) {
            let (mut out, mut copies) = (Buffer::default(), Vec::new());
            if apply(&[7; 50], &bytes, size, &mut out, &mut copies).is_ok() {
                proptest::prop_assert!(copies.iter().all(|copy| copy.from + copy.len <= 50 && copy.to + copy.len <= size));
            }
            let _ = sizes(&bytes);
        }
    }
}

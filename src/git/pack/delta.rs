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

/// Where the two numbers of a copy stand behind its code.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// Bytes of both.
    taken: u8,
    /// Bits of the offset, which comes first.
    offset_bits: u8,
    /// Whether the bytes that are there are the lowest ones of either number.
    is_plain: bool,
    offset_mask: u32,
    size_mask: u32,
}

/// By the lower bits of the code.
static LAYOUTS: [Layout; 128] = {
    let mut layouts = [Layout { taken: 0, offset_bits: 0, is_plain: false, offset_mask: 0, size_mask: 0 }; 128];
    let mut code = 0_u32;
    while code < 128 {
        let (offset, size) = (code & 0x0f, code >> 4);
        let (offset_bits, size_bits) = (8 * offset.count_ones(), 8 * size.count_ones());
        layouts[code as usize] = Layout {
            taken: ((offset_bits + size_bits) / 8) as u8,
            offset_bits: offset_bits as u8,
            is_plain: offset & (offset + 1) | size & (size + 1) == 0,
            offset_mask: ((1_u64 << offset_bits) - 1) as u32,
            size_mask: (1_u32 << size_bits) - 1,
        };
        code += 1;
    }
    layouts
};

/// The two numbers of a copy of which zero bytes were left out.
#[cold]
fn spread(code: u8, bytes: u64) -> (usize, usize) {
    let (mut value, mut left) = (0, bytes);
    for i in 0..7 {
        let present = u64::from((code >> i) & 1);
        value |= (left & (0xff * present)) << (8 * i);
        left >>= 8 * present;
    }
    ((value & 0xffff_ffff) as usize, (value >> 32) as usize)
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

    /// As [`Ops::number`] twice, for an instruction that is not among the last. Nearly always the bytes that are there
    /// are the lowest ones, and no branch for each is needed, which no processor could foresee.
    #[inline(always)]
    fn numbers(&mut self, code: u8, bytes: [u8; 8]) -> (usize, usize) {
        let bytes = u64::from_le_bytes(bytes);
        let layout = &LAYOUTS[usize::from(code & 0x7f)];
        self.rest = self.rest.get(usize::from(layout.taken)..).unwrap_or_default();
        if layout.is_plain {
            let size = (bytes >> layout.offset_bits) & u64::from(layout.size_mask);
            return ((bytes & u64::from(layout.offset_mask)) as usize, size as usize);
        }
        spread(code, bytes)
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
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<Op<'a>>, Damage> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let code = self.byte()?;
        if code & 0x80 != 0 {
            let (from, len) = match self.rest.first_chunk::<8>() {
                Some(bytes) => self.numbers(code, *bytes),
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

/// Appends the first `len` bytes of a text.
#[inline]
pub(crate) fn append(out: &mut Vec<u8>, text: &[u8], len: usize) {
    match text.first_chunk::<SHORT>() {
        Some(piece) if len <= SHORT => {
            let end = out.len() + len;
            out.extend_from_slice(piece);
            out.truncate(end);
        }
        _ => out.extend_from_slice(&text[..len]),
    }
}

/// Writes the first `len` bytes of a piece, perhaps with some that follow them: what is written too much is written over
/// by the next instruction, or the length is wrong at the end.
#[inline(always)]
fn put(place: &mut [u8], piece: &[u8], len: usize) -> Option<()> {
    if len <= SHORT
        && let (Some(piece), Some(place)) = (piece.first_chunk::<SHORT>(), place.first_chunk_mut())
    {
        *place = *piece;
    } else {
        place.get_mut(..len)?.copy_from_slice(piece.get(..len)?);
    }
    Some(())
}

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
    let mut last = Copied { from: 0, to: 0, len: 0 };
    loop {
        let instruction = ops.rest;
        let (piece, len) = match ops.next()? {
            None => break,
            Some(Op::Copy { from, len }) => {
                if last.to + last.len == to && last.from + last.len == from {
                    last.len += len;
                } else {
                    copies.extend(Some(last).filter(|last| last.len > 0));
                    last = Copied { from, to, len };
                }
                (base.get(from..).ok_or(Damage::Delta)?, len)
            }
            // What is inserted stands behind its length.
            Some(Op::Insert(bytes)) => (&instruction[1..], bytes.len()),
        };
        let place = out.get_mut(to..).ok_or(Damage::Delta)?;
        put(place, piece, len).ok_or(Damage::Delta)?;
        to += len;
    }
    copies.extend(Some(last).filter(|last| last.len > 0));
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

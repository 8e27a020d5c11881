//! Deltas: an object as copies from another one and bytes of its own.

use super::super::inflate::ReusableBuffer;
use super::super::object::{Damage, ResolveError};

/// A range of a delta's result that was copied from its base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CopiedRange {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) len: usize,
}

/// Returns the sizes of base and result, and where the instructions begin.
pub(crate) fn sizes(delta: &[u8]) -> Result<(u64, u64, usize), Damage> {
    let (base, at) = varint(delta, 0)?;
    let (result, at) = varint(delta, at)?;
    Ok((base, result, at))
}

/// Reads a number of 7 bits a byte, least significant first.
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeltaOp<'a> {
    /// Bytes of the base.
    Copy { from: usize, len: usize },
    /// Bytes of the delta.
    Insert(&'a [u8]),
}

/// The encoding of offset and size in a copy instruction, by its code.
#[derive(Debug, Clone, Copy)]
struct CopyLayout {
    /// Bytes of both numbers.
    taken: u8,
    /// Bits of the offset, which comes first.
    offset_bits: u8,
    /// Set if only high bytes are left out of either number.
    is_plain: bool,
    offset_mask: u32,
    size_mask: u32,
}

/// The layouts by the lower seven bits of the code.
static LAYOUTS: [CopyLayout; 128] = {
    let mut layouts = [CopyLayout { taken: 0, offset_bits: 0, is_plain: false, offset_mask: 0, size_mask: 0 }; 128];
    let mut code = 0_u32;
    while code < 128 {
        let (offset, size) = (code & 0x0f, code >> 4);
        let (offset_bits, size_bits) = (8 * offset.count_ones(), 8 * size.count_ones());
        layouts[code as usize] = CopyLayout {
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

/// Decodes the two numbers of a copy of which low bytes are left out.
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

/// Iterates over the instructions of a delta; a truncated one is an error.
pub(crate) struct DeltaOps<'a> {
    rest: &'a [u8],
}

impl<'a> DeltaOps<'a> {
    pub(crate) fn new(instructions: &'a [u8]) -> Self {
        Self { rest: instructions }
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Damage> {
        let (first, rest) = self.rest.split_first().ok_or(Damage::Delta)?;
        self.rest = rest;
        Ok(*first)
    }

    /// As [`DeltaOps::number`] twice, for an instruction with at least 8 bytes behind it. Nearly always only high bytes
    /// are left out, which saves seven unpredictable branches.
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

    /// Returns the next instruction; `None` at the end.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Result<Option<DeltaOp<'a>>, Damage> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let code = self.byte()?;
        if code & 0x80 != 0 {
            let (from, len) = match self.rest.first_chunk::<8>() {
                Some(bytes) => self.numbers(code, *bytes),
                None => (self.number(code & 0x0f, 4)?, self.number((code >> 4) & 0x07, 3)?),
            };
            return Ok(Some(DeltaOp::Copy { from, len: if len == 0 { 0x10000 } else { len } }));
        }
        let len = usize::from(code);
        if len == 0 || len > self.rest.len() {
            return Err(Damage::Delta);
        }
        let (insert, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(Some(DeltaOp::Insert(insert)))
    }
}

/// Pieces up to this length are copied as so many bytes at once, which is faster than an exact copy.
const SHORT: usize = 32;

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

/// Writes the first `len` bytes of a piece, perhaps with some that follow them: the next instruction overwrites the
/// excess, or else the final length is wrong.
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

/// Applies a delta. `size` is the result's size by [`sizes`], which the caller has bounded. Adjacent copies of adjacent
/// bytes are merged in `copies`.
pub(crate) fn apply(
    base: &[u8],
    instructions: &[u8],
    size: usize,
    out: &mut ReusableBuffer,
    copies: &mut Vec<CopiedRange>,
) -> Result<(), Damage> {
    copies.clear();
    let out = out.reset(size);
    let (mut ops, mut to) = (DeltaOps::new(instructions), 0_usize);
    let mut last = CopiedRange { from: 0, to: 0, len: 0 };
    loop {
        let instruction = ops.rest;
        let (piece, len) = match ops.next()? {
            None => break,
            Some(DeltaOp::Copy { from, len }) => {
                if last.to + last.len == to && last.from + last.len == from {
                    last.len += len;
                } else {
                    copies.extend(Some(last).filter(|last| last.len > 0));
                    last = CopiedRange { from, to, len };
                }
                (base.get(from..).ok_or(Damage::Delta)?, len)
            }
            // Inserted bytes follow their length.
            Some(DeltaOp::Insert(bytes)) => (&instruction[1..], bytes.len()),
        };
        let place = out.get_mut(to..).ok_or(Damage::Delta)?;
        put(place, piece, len).ok_or(Damage::Delta)?;
        to += len;
    }
    copies.extend(Some(last).filter(|last| last.len > 0));
    if to == size { Ok(()) } else { Err(Damage::Delta) }
}

/// Rebuilds an object of at most `limit` bytes from its base and a delta. Allocates nothing until the instructions were
/// found to produce as many bytes as the delta promises.
pub(crate) fn rebuild(base: &[u8], delta: &[u8], limit: u64) -> Result<Vec<u8>, ResolveError> {
    let (base_len, len, start) = sizes(delta)?;
    if len > limit {
        return Err(ResolveError::TooLarge(len));
    }
    let (mut ops, mut produced) = (DeltaOps::new(&delta[start..]), 0_u64);
    while let Some(op) = ops.next()? {
        produced += match op {
            DeltaOp::Copy { len, .. } => len as u64,
            DeltaOp::Insert(bytes) => bytes.len() as u64,
        };
    }
    if base_len != base.len() as u64 || produced != len {
        return Err(Damage::Delta.into());
    }
    let mut out = ReusableBuffer::default();
    let len = usize::try_from(len).map_err(|_| Damage::Length)?;
    apply(base, &delta[start..], len, &mut out, &mut Vec::new())?;
    Ok(out.into_vec())
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
        let (mut out, mut copies) = (ReusableBuffer::default(), Vec::new());
        apply(b"0123456789", &delta[2..], 9, &mut out, &mut copies).unwrap();
        assert_eq!(&*out, b"23456ab01");
        assert_eq!(copies, [CopiedRange { from: 2, to: 0, len: 5 }, CopiedRange { from: 0, to: 7, len: 2 }]);
    }

    #[test]
    fn an_object_is_rebuilt_within_its_limit() {
        // From 5 to 8 bytes: copy 3 from 2, insert "xyz", copy 2 from 0.
        let delta = [5, 8, 0x91, 2, 3, 3, b'x', b'y', b'z', 0x90, 2];
        let damaged = Err(ResolveError::Damaged(Damage::Delta));
        assert_eq!(rebuild(b"abcde", &delta, 8).as_deref(), Ok(&b"cdexyzab"[..]));
        assert_eq!(rebuild(b"abcde", &delta, 7), Err(ResolveError::TooLarge(8)));
        assert_eq!(rebuild(b"abcd", &delta, 100), damaged);
        for cut in 0..delta.len() {
            assert_eq!(rebuild(b"abcde", &delta[..cut], 100), damaged, "{cut}");
        }
        assert_eq!(rebuild(b"abcde", &[5, 9, 0x91, 4, 9], 100), damaged);
        assert_eq!(rebuild(b"a", &[1, 1, 0], 100), damaged);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_error_or_of_the_right_size(
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60),
            size in 0_usize..200,
        ) {
            let (mut out, mut copies) = (ReusableBuffer::default(), Vec::new());
            if apply(&[7; 50], &bytes, size, &mut out, &mut copies).is_ok() {
                proptest::prop_assert!(copies.iter().all(|copy| copy.from + copy.len <= 50 && copy.to + copy.len <= size));
            }
            let _ = sizes(&bytes);
        }
    }
}

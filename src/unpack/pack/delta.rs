//! The instructions of a delta (gitformat-pack), with every length checked.

/// How far before a delta its base starts, and how many bytes say so.
pub(super) fn distance(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return (value > 0).then_some((value, at + 1));
        }
        value += 1;
    }
    None
}

/// What `delta` makes of `base`; `None` if it is corrupt or its result is larger than `most`.
pub(super) fn apply(base: &[u8], delta: &[u8], most: u64) -> Option<Vec<u8>> {
    let (from, rest) = size(delta)?;
    let (to, mut rest) = size(rest)?;
    if from != base.len() as u64 || to > most {
        return None;
    }
    let to = usize::try_from(to).ok()?;
    let mut result = Vec::with_capacity(to.min(1 << 20));
    while let Some((&op, after)) = rest.split_first() {
        rest = after;
        let piece = if op & 0x80 == 0 {
            let (piece, after) = rest.split_at_checked(usize::from(op)).filter(|_| op > 0)?;
            rest = after;
            piece
        } else {
            let (offset, after) = number(op & 15, rest)?;
            let (length, after) = number(op >> 4 & 7, after)?;
            rest = after;
            let length = if length == 0 { 0x10000 } else { length };
            base.get(offset..offset.checked_add(length)?)?
        };
        if piece.len() > to - result.len() {
            return None;
        }
        result.extend_from_slice(piece);
    }
    (result.len() == to).then_some(result)
}

/// A number whose bytes that are not zero are told by `mask`, lowest first.
fn number(mask: u8, mut bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for bit in 0..4 {
        if mask >> bit & 1 == 1 {
            let (&byte, after) = bytes.split_first()?;
            value |= usize::from(byte) << (8 * bit);
            bytes = after;
        }
    }
    Some((value, bytes))
}

fn size(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_and_inserts() {
        // From 5 to 8 bytes: copy 3 from 2, insert "xyz", copy 2 from 0.
        let delta = [5, 8, 0x91, 2, 3, 3, b'x', b'y', b'z', 0x90, 2];
        assert_eq!(apply(b"abcde", &delta, 100).as_deref(), Some(&b"cdexyzab"[..]));
        assert_eq!(apply(b"abcde", &delta, 7), None);
        assert_eq!(apply(b"abcd", &delta, 100), None);
        for cut in 0..delta.len() {
            assert_eq!(apply(b"abcde", &delta[..cut], 100), None, "{cut}");
        }
        assert_eq!(apply(b"abcde", &[5, 9, 0x91, 4, 9], 100), None);
        assert_eq!(apply(b"a", &[1, 1, 0], 100), None);
    }

    #[test]
    fn distances() {
        assert_eq!(distance(&[1]), Some((1, 1)));
        assert_eq!(distance(&[0x80, 0]), Some((128, 2)));
        assert_eq!(distance(&[0]), None);
        assert_eq!(distance(&[0xff; 20]), None);
    }
}

//! What a delta makes of its base, within a bound.

use crate::git::pack::delta::{Op, Ops, sizes};

/// What `delta` makes of `base`; `None` if it is corrupt or its result is larger than `most`.
pub(super) fn apply(base: &[u8], delta: &[u8], most: u64) -> Option<Vec<u8>> {
    let (from, to, begin) = sizes(delta).ok()?;
    if from != base.len() as u64 || to > most {
        return None;
    }
    let to = usize::try_from(to).ok()?;
    let mut ops = Ops::new(delta.get(begin..)?);
    let mut result = Vec::with_capacity(to.min(1 << 20));
    while let Some(op) = ops.next().ok()? {
        let piece = match op {
            Op::Copy { from, len } => base.get(from..from.checked_add(len)?)?,
            Op::Insert(bytes) => bytes,
        };
        if piece.len() > to - result.len() {
            return None;
        }
        result.extend_from_slice(piece);
    }
    (result.len() == to).then_some(result)
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
}

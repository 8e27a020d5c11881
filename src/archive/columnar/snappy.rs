//! Snappy's raw format: literals, and copies of what came before.

use super::varint::varint;

/// Decodes `data`, and adds at most `most` bytes to `out`. Returns false for damage; what came before it is kept.
pub(super) fn decode(data: &[u8], most: u64, out: &mut Vec<u8>) -> bool {
    let mut rest = data;
    let Some(size) = varint(&mut rest, 5).filter(|size| *size <= most) else { return false };
    let start = out.len();
    let is_full = |out: &Vec<u8>| (out.len() - start) as u64 >= size;
    while !is_full(out) {
        let Some((tag, behind)) = rest.split_first() else { return false };
        let high = usize::from(*tag >> 2);
        let (count, distance, behind) = match (tag & 3, behind) {
            (0, _) => {
                let Some((count, behind)) = literal(high, behind) else { return false };
                out.extend_from_slice(&behind[..count]);
                rest = &behind[count..];
                continue;
            }
            (1, [low, behind @ ..]) => ((high & 7) + 4, (high >> 3) << 8 | usize::from(*low), behind),
            (2, [a, b, behind @ ..]) => (high + 1, usize::from(u16::from_le_bytes([*a, *b])), behind),
            (3, [a, b, c, d, behind @ ..]) => (high + 1, u32::from_le_bytes([*a, *b, *c, *d]) as usize, behind),
            _ => return false,
        };
        if distance == 0 || distance > out.len() - start {
            return false;
        }
        // A copy may reach into what it writes.
        let from = out.len() - distance;
        (from..from + count).for_each(|at| out.push(out[at]));
        rest = behind;
    }
    true
}

/// Reads the length of a literal, all of which follows.
fn literal(high: usize, rest: &[u8]) -> Option<(usize, &[u8])> {
    let width = high.saturating_sub(59);
    let count = if width == 0 {
        high
    } else {
        rest.get(..width)?.iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let rest = &rest[width..];
    (count < rest.len()).then_some((count + 1, rest))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Packs text in literals of eight bytes.
    pub(in super::super) fn pack(text: &[u8]) -> Vec<u8> {
        let size = text.len();
        assert!(size < 1 << 14);
        let literal = |part: &[u8]| [&[(part.len() as u8 - 1) << 2], part].concat();
        let head = [size as u8 | 0x80, (size >> 7) as u8];
        head.into_iter().chain(text.chunks(8).flat_map(literal)).collect()
    }

    #[test]
    fn literals_and_copies() {
        for (data, expected) in [
            (&b"\x05\x10hello"[..], &b"hello"[..]),
            (b"\x0a\x04ab\x1e\x02\0", b"ababababab"),
            (b"\x09\x08abc\x09\x03\x00\x08", b"abcabcabc"),
        ] {
            let mut out = Vec::new();
            let is_good = decode(data, 100, &mut out);
            assert_eq!((is_good, if is_good { &out[..] } else { b"" }), (!expected.is_empty(), expected), "{data:?}");
        }
        let long = [&b"\xac\x02\xf0\xff"[..], &[b'x'; 256], b"\xae\x01\0"].concat();
        let mut out = Vec::new();
        assert!(decode(&long, 300, &mut out));
        assert_eq!(out, [b'x'; 300]);
        for broken in [
            &b""[..],
            b"\xff\xff\xff\xff\xff",
            b"\x05",
            b"\x05\x10hel",
            b"\x05\x01\0",
            b"\x05\x04ab\x0a\x09\0",
            b"\x7f\x04ab",
        ] {
            assert!(!decode(broken, 100, &mut Vec::new()), "{broken:?}");
        }
    }
}

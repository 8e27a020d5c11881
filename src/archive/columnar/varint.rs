//! Whole numbers in groups of seven bits, the lowest first: of Avro, Thrift and Snappy.

/// Takes a number of at most `most` bytes.
pub(super) fn varint(rest: &mut &[u8], most: usize) -> Option<u64> {
    let end = rest.iter().take(most).position(|byte| *byte < 0x80)?;
    let value = rest[..=end].iter().rev().fold(0_u64, |value, byte| value << 7 | u64::from(byte & 0x7f));
    *rest = &rest[end + 1..];
    Some(value)
}

/// Takes a number in zigzag order, of at most 64 bits.
pub(super) fn zigzag(rest: &mut &[u8]) -> Option<i64> {
    varint(rest, 10).map(|value| (value >> 1) as i64 ^ -((value & 1) as i64))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Writes a number in zigzag order.
    pub(in super::super) fn zigzag_of(value: usize) -> Vec<u8> {
        let (mut value, mut bytes) = (value << 1, Vec::new());
        while value > 127 {
            bytes.push(value as u8 | 128);
            value >>= 7;
        }
        bytes.push(value as u8);
        bytes
    }

    #[test]
    fn numbers_are_taken_and_cut_ones_are_none() {
        for value in [0, 1, 63, 64, 8_191, 8_192, 1 << 40] {
            let bytes = [zigzag_of(value), vec![7]].concat();
            let mut rest = &bytes[..];
            assert_eq!((zigzag(&mut rest), rest), (i64::try_from(value).ok(), &[7][..]));
        }
        let mut odd = &[3_u8][..];
        assert_eq!((zigzag(&mut odd), zigzag(&mut odd)), (Some(-2), None));
        for (bytes, most) in [(&[0x80_u8, 0x80][..], 10), (&[0x80, 1], 1), (&[0xff; 11], 10)] {
            let mut rest = bytes;
            assert_eq!((varint(&mut rest, most), rest), (None, bytes));
        }
    }
}

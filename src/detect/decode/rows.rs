//! The test that all bytes go through: whether every fourth character of two rows of sixteen can begin a group of
//! base64 that decodes to text.
//!
//! Vector instructions that every x86-64 has; plain arithmetic on eight
//! bytes at a time elsewhere.

/// Bytes of a row.
pub(super) const BLOCK: usize = 16;

#[cfg(target_arch = "x86_64")]
pub(super) use vector::{
    Row, digit_rows, digits, every_second_row, is_row, may_be_digits, may_be_pairs, text_begins, text_steps,
};

#[cfg(not(target_arch = "x86_64"))]
pub(super) use portable::{
    Row, digit_rows, digits, every_second_row, is_row, may_be_digits, may_be_pairs, text_begins, text_steps,
};

/// The bits of all bytes of a row.
pub(super) const ALL: u16 = 0xffff;

/// From where on every fourth character can begin a group of base64 that decodes to text, and every second one a pair of
/// hexadecimal digits that does, given which of them can.
fn steps(groups: u16, pairs: u16) -> u16 {
    let (halves, quarters) = (pairs & pairs >> 8, groups & groups >> 8);
    let halves = halves & halves >> 4;
    (quarters & quarters >> 4 & 0b1111) | (halves & halves >> 2 & 0b11) << 4
}

/// Whether a row may hold pairs with separators, given which of its bytes are the same as the one three places on, and
/// which may be digits. Of sixteen bytes, thirteen have such a partner, and the last of five separators none.
fn has_every_third(same: u16, digits: u16) -> bool {
    let separators = same & digits >> 1 & digits >> 2;
    separators & separators >> 3 & separators >> 6 & separators >> 9 & 0b1111 != 0
}

/// Where rows of nothing but digits may be, counted from the first byte: one lies inside every run of twice as many.
pub(crate) fn rows_of_digits(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let (blocks, rest) = bytes.as_chunks::<{ 4 * BLOCK }>();
    let mut last = [0; 4 * BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let rows = blocks.iter().map(digit_rows).chain(std::iter::once(digit_rows(&last))).enumerate();
    rows.filter(|(_, rows)| *rows != 0).flat_map(|(block, rows)| {
        (0..4).filter(move |row| rows >> row & 1 != 0).map(move |row| (4 * block + row) * BLOCK)
    })
}

#[cfg(target_arch = "x86_64")]
mod vector {
    use safe_arch::{
        bitand_m128i, bitor_m128i, byte_shr_imm_u128_m128i, cast_to_m128_from_m128i, cast_to_m128i_from_m128,
        cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, min_u8_m128i, move_mask_i8_m128i, set_splat_i8_m128i,
        shuffle_abi_f32_all_m128, sub_i8_m128i, unpack_high_i64_m128i, unpack_low_i64_m128i, zeroed_m128i,
    };

    use super::BLOCK;

    /// Which characters of a row can begin a group.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Row(m128i);

    impl Row {
        pub(in super::super) fn none() -> Self {
            Self(zeroed_m128i())
        }
    }

    fn row(bytes: &[u8; BLOCK]) -> m128i {
        let from_a = sub_i8_m128i(load_unaligned_m128i(bytes), set_splat_i8_m128i(b'A'.cast_signed()));
        cmp_eq_mask_i8_m128i(min_u8_m128i(from_a, set_splat_i8_m128i(0x25)), from_a)
    }

    /// A bit for each byte: its top one.
    fn bits(row: m128i) -> u16 {
        move_mask_i8_m128i(row) as u16
    }

    /// A bit for each of four rows whose bytes all lie between the least and the greatest digit of base64.
    #[inline]
    pub(in super::super) fn digit_rows(bytes: &[u8; 4 * BLOCK]) -> u32 {
        let (rows, _) = bytes.as_chunks::<BLOCK>();
        let may_be = |at: usize| u32::from(may_be_digits(&rows[at])) << at;
        may_be(0) | may_be(1) | may_be(2) | may_be(3)
    }

    /// As [`digit_rows`], of the first row and the third.
    #[inline]
    pub(in super::super) fn every_second_row(bytes: &[u8; 4 * BLOCK]) -> u32 {
        let (rows, _) = bytes.as_chunks::<BLOCK>();
        u32::from(may_be_digits(&rows[0])) | u32::from(may_be_digits(&rows[2])) << 2
    }

    /// A bit for each way in which a row may lie inside a stretch that decodes to text: four of base64, and two of
    /// hexadecimal digits.
    #[inline]
    pub(in super::super) fn text_steps(bytes: &[u8; BLOCK]) -> u16 {
        let eighths = bitand_m128i(load_unaligned_m128i(bytes), set_splat_i8_m128i(0xf8_u8.cast_signed()));
        let small = cmp_eq_mask_i8_m128i(eighths, set_splat_i8_m128i(b'0'.cast_signed()));
        super::steps(bits(row(bytes)), bits(small))
    }

    /// Whether every third byte from one of the first on is the same, and between them are no blanks.
    #[inline]
    pub(in super::super) fn may_be_pairs(row: &[u8; BLOCK]) -> bool {
        let bytes = load_unaligned_m128i(row);
        let same = cmp_eq_mask_i8_m128i(bytes, byte_shr_imm_u128_m128i::<3>(bytes));
        let most = set_splat_i8_m128i(b'/'.cast_signed());
        let blank = cmp_eq_mask_i8_m128i(min_u8_m128i(bytes, most), bytes);
        super::has_every_third(bits(same), !bits(blank))
    }

    /// Whether all bytes lie between the least and the greatest digit of base64.
    #[inline]
    pub(in super::super) fn may_be_digits(row: &[u8; BLOCK]) -> bool {
        let from_plus = sub_i8_m128i(load_unaligned_m128i(row), set_splat_i8_m128i(b'+'.cast_signed()));
        let inside = cmp_eq_mask_i8_m128i(min_u8_m128i(from_plus, set_splat_i8_m128i(0x4f)), from_plus);
        bits(inside) == super::ALL
    }

    /// Whether all bytes are digits of base64.
    #[inline]
    pub(in super::super) fn is_row(row: &[u8; BLOCK]) -> bool {
        digits(row) == super::ALL
    }

    /// A bit for each byte that is a digit of base64.
    #[inline]
    pub(in super::super) fn digits(row: &[u8; BLOCK]) -> u16 {
        let bytes = load_unaligned_m128i(row);
        let splat = |byte: u8| set_splat_i8_m128i(byte.cast_signed());
        let within = |bytes: m128i, first: u8, more: u8| {
            let from_first = sub_i8_m128i(bytes, splat(first));
            cmp_eq_mask_i8_m128i(min_u8_m128i(from_first, splat(more)), from_first)
        };
        let lower = bitor_m128i(bytes, splat(0x20));
        let letter = within(lower, b'a', 25);
        let number_or_slash = within(bytes, b'/', 10);
        let is = |byte: u8| cmp_eq_mask_i8_m128i(bytes, splat(byte));
        let sign = bitor_m128i(bitor_m128i(is(b'+'), is(b'-')), is(b'_'));
        bits(bitor_m128i(bitor_m128i(letter, number_or_slash), sign))
    }

    /// For four rows and the one before them: bit `4 * row + lane` says that in this row and the one before it, every
    /// fourth character from `lane` on can begin a group. Also gives the last row.
    #[inline]
    pub(in super::super) fn text_begins(bytes: &[u8; 4 * BLOCK], before: Row) -> (u32, Row) {
        let (rows, _) = bytes.as_chunks::<BLOCK>();
        let [a, b, c, d] = [row(&rows[0]), row(&rows[1]), row(&rows[2]), row(&rows[3])];
        // The halves of two pairs of rows become one row, and then the quarters of four.
        let halves = |one, two| bitand_m128i(unpack_low_i64_m128i(one, two), unpack_high_i64_m128i(one, two));
        let low = cast_to_m128_from_m128i(halves(bitand_m128i(before.0, a), bitand_m128i(a, b)));
        let high = cast_to_m128_from_m128i(halves(bitand_m128i(b, c), bitand_m128i(c, d)));
        let even = cast_to_m128i_from_m128(shuffle_abi_f32_all_m128::<0b10_00_10_00>(low, high));
        let odd = cast_to_m128i_from_m128(shuffle_abi_f32_all_m128::<0b11_01_11_01>(low, high));
        (move_mask_i8_m128i(bitand_m128i(even, odd)).cast_unsigned(), Row(d))
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable {
    use super::BLOCK;

    /// Which characters of a row can begin a group, all four groups at once: the top bit of each byte.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Row(u32);

    impl Row {
        pub(in super::super) fn none() -> Self {
            Self(0)
        }
    }

    fn row(bytes: &[u8; BLOCK]) -> Row {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let value = u128::from_le_bytes(*bytes);
        let fits = |half: u64| {
            // Below 0x80 no byte carries into the next; what is not is no digit, and neither is its row then.
            let text = half & (0x7f * ONES);
            (text + (0x80 - 0x41) * ONES) & !(text + (0x80 - 0x67) * ONES) & !half & (0x80 * ONES)
        };
        let both = fits(value as u64) & fits((value >> 64) as u64);
        Row(both as u32 & (both >> 32) as u32)
    }

    /// As the vector code.
    pub(in super::super) fn digit_rows(bytes: &[u8; 4 * BLOCK]) -> u32 {
        let (rows, _) = bytes.as_chunks::<BLOCK>();
        rows.iter().enumerate().map(|(at, row)| u32::from(may_be_digits(row)) << at).sum()
    }

    /// As the vector code.
    pub(in super::super) fn every_second_row(bytes: &[u8; 4 * BLOCK]) -> u32 {
        digit_rows(bytes) & 0b0101
    }

    /// As the vector code.
    pub(in super::super) fn text_steps(row: &[u8; BLOCK]) -> u16 {
        super::steps(mask(row, |byte| (b'A'..=b'f').contains(&byte)), mask(row, |byte| byte & 0xf8 == b'0'))
    }

    fn mask(row: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u16 {
        row.iter().enumerate().map(|(at, byte)| u16::from(is(*byte)) << at).sum()
    }

    /// As the vector code.
    pub(in super::super) fn may_be_pairs(row: &[u8; BLOCK]) -> bool {
        let same = row.iter().zip(&row[3..]).enumerate().map(|(at, (one, other))| u16::from(one == other) << at);
        super::has_every_third(same.sum(), mask(row, |byte| byte > b'/'))
    }

    /// As the vector code.
    pub(in super::super) fn may_be_digits(row: &[u8; BLOCK]) -> bool {
        row.iter().all(|byte| (b'+'..=b'z').contains(byte))
    }

    /// As the vector code.
    pub(in super::super) fn is_row(row: &[u8; BLOCK]) -> bool {
        digits(row) == super::ALL
    }

    /// As the vector code.
    pub(in super::super) fn digits(row: &[u8; BLOCK]) -> u16 {
        mask(row, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'/' | b'_'))
    }

    /// As the vector code.
    pub(in super::super) fn text_begins(bytes: &[u8; 4 * BLOCK], before: Row) -> (u32, Row) {
        let (rows, _) = bytes.as_chunks::<BLOCK>();
        rows.iter().enumerate().fold((0, before), |(all, before), (at, bytes)| {
            let row = row(bytes);
            let both = row.0 & before.0;
            let bits = (0..4).map(|lane| (both >> (8 * lane + 7) & 1) << lane).sum::<u32>();
            (all | bits << (4 * at), row)
        })
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_ways_agree(bytes in proptest::collection::vec(prop_oneof![20 => b'A'..=b'f', 1 => any::<u8>()], 128)) {
            let (blocks, _) = bytes.as_chunks::<64>();
            let (_, before) = vector::text_begins(&blocks[0], vector::Row::none());
            let (_, portable) = portable::text_begins(&blocks[0], portable::Row::none());
            let (bits, _) = vector::text_begins(&blocks[1], before);
            prop_assert_eq!(bits, portable::text_begins(&blocks[1], portable).0);
            prop_assert_eq!(vector::digit_rows(&blocks[0]), portable::digit_rows(&blocks[0]));
            prop_assert_eq!(vector::every_second_row(&blocks[0]), portable::every_second_row(&blocks[0]));
            let row = blocks[0].first_chunk().unwrap();
            prop_assert_eq!(vector::is_row(row), portable::is_row(row));
            prop_assert_eq!(vector::may_be_digits(row), portable::may_be_digits(row));
            prop_assert_eq!(vector::digits(row), portable::digits(row));
            prop_assert_eq!(vector::text_steps(row), portable::text_steps(row));
        }

        #[test]
        fn pairs_are_seen_at_any_place(text in "[0-9a-f]{0,2}([: ][0-9a-f]{2}){6,7}|[a-c]{16,20}") {
            let row: &[u8; BLOCK] = text.as_bytes().first_chunk().unwrap();
            prop_assert_eq!(vector::may_be_pairs(row), portable::may_be_pairs(row));
            let separators = |from: usize| row[from..].iter().step_by(3).all(|byte| matches!(byte, b' ' | b':'));
            let is_same = |from: usize| row[from..].iter().step_by(3).all(|byte| *byte == row[from]);
            prop_assert!(vector::may_be_pairs(row) || !(0..3).any(|from| separators(from) && is_same(from)));
        }
    }
}

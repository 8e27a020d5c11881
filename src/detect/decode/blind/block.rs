//! Tests of whole blocks of sixteen bytes, which every byte of a text goes through.
//!
//! They use the vector instructions of every x86-64 processor, and plain arithmetic elsewhere.

/// Bytes of a block.
pub(super) const BLOCK: usize = 16;

#[cfg(target_arch = "x86_64")]
pub(super) use vector::{
    Block16, digit_blocks, digit_mask, even_digit_blocks, may_be_digits, may_be_pairs, text_lanes, text_phases,
};

#[cfg(not(target_arch = "x86_64"))]
pub(super) use portable::{
    Block16, digit_blocks, digit_mask, even_digit_blocks, may_be_digits, may_be_pairs, text_lanes, text_phases,
};

/// Bytes of a chunk of blocks.
pub(super) const CHUNK: usize = 4 * BLOCK;

/// Digits of the shortest segment: the shortest text run has as many, and the shortest key, compressed, 54.
pub(super) const SHORTEST: usize = 48;

/// The bits of all bytes of a block.
pub(super) const ALL: u16 = 0xffff;

#[inline]
pub(super) fn is_digits(block: &[u8; BLOCK]) -> bool {
    digit_mask(block) == ALL
}

/// Returns true if the block at `at` consists of digits.
#[inline]
pub(super) fn is_digits_at(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..).and_then(<[u8]>::first_chunk).is_some_and(is_digits)
}

/// Returns true if the next [`SHORTEST`] bytes are digits.
#[inline]
pub(super) fn is_long(bytes: &[u8], at: usize) -> bool {
    (at..at + SHORTEST).step_by(BLOCK).all(|block| is_digits_at(bytes, block))
}

/// Returns a bit for each phase (four of base64, two of hexadecimal digits) in which a block can decode to text, given
/// the bytes that can start a group of base64 and a pair of digits.
fn phases(groups: u16, pairs: u16) -> u16 {
    let (halves, quarters) = (pairs & pairs >> 8, groups & groups >> 8);
    let halves = halves & halves >> 4;
    (quarters & quarters >> 4 & 0b1111) | (halves & halves >> 2 & 0b11) << 4
}

/// Returns true if a block may hold a hex dump, given the bytes that equal the one three places on, and those that may
/// be digits. Only 13 of 16 bytes have a partner, so that four separators in a block suffice.
fn has_every_third(same: u16, digits: u16) -> bool {
    let separators = same & digits >> 1 & digits >> 2;
    separators & separators >> 3 & separators >> 6 & separators >> 9 & 0b1111 != 0
}

/// Finds aligned blocks that may consist of digits. Every run of two blocks' length holds one.
pub(crate) fn find_digit_blocks(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let (chunks, rest) = bytes.as_chunks::<CHUNK>();
    let mut last = [0; CHUNK];
    last[..rest.len()].copy_from_slice(rest);
    let chunks = chunks.iter().map(digit_blocks).chain(std::iter::once(digit_blocks(&last))).enumerate();
    chunks.filter(|(_, blocks)| *blocks != 0).flat_map(|(chunk, blocks)| {
        (0..4).filter(move |block| blocks >> block & 1 != 0).map(move |block| (4 * chunk + block) * BLOCK)
    })
}

#[cfg(target_arch = "x86_64")]
mod vector {
    use safe_arch::{
        bitand_m128i, bitor_m128i, byte_shr_imm_u128_m128i, cast_to_m128_from_m128i, cast_to_m128i_from_m128,
        cmp_eq_mask_i8_m128i, load_unaligned_m128i, m128i, min_u8_m128i, move_mask_i8_m128i, set_splat_i8_m128i,
        shuffle_abi_f32_all_m128, sub_i8_m128i, unpack_high_i64_m128i, unpack_low_i64_m128i, zeroed_m128i,
    };

    use super::{BLOCK, CHUNK};

    /// The characters of a block that can start a group: every decoded byte of ASCII has its top bit clear, so that the
    /// first character of each group is one of `A`–`Z`, `a`–`f`.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Block16(m128i);

    impl Block16 {
        pub(in super::super) fn none() -> Self {
            Self(zeroed_m128i())
        }
    }

    fn group_starts(bytes: &[u8; BLOCK]) -> m128i {
        let from_a = sub_i8_m128i(load_unaligned_m128i(bytes), set_splat_i8_m128i(b'A'.cast_signed()));
        cmp_eq_mask_i8_m128i(min_u8_m128i(from_a, set_splat_i8_m128i(0x25)), from_a)
    }

    /// Returns the top bit of each byte.
    fn bits(block: m128i) -> u16 {
        move_mask_i8_m128i(block) as u16
    }

    /// Returns a bit for each of four blocks that may consist of digits, as [`may_be_digits`].
    #[inline]
    pub(in super::super) fn digit_blocks(bytes: &[u8; CHUNK]) -> u32 {
        let (blocks, _) = bytes.as_chunks::<BLOCK>();
        let may_be = |at: usize| u32::from(may_be_digits(&blocks[at])) << at;
        may_be(0) | may_be(1) | may_be(2) | may_be(3)
    }

    /// As [`digit_blocks`], but of the first and the third block only.
    #[inline]
    pub(in super::super) fn even_digit_blocks(bytes: &[u8; CHUNK]) -> u32 {
        let (blocks, _) = bytes.as_chunks::<BLOCK>();
        u32::from(may_be_digits(&blocks[0])) | u32::from(may_be_digits(&blocks[2])) << 2
    }

    /// Returns a bit for each phase (four of base64, two of hexadecimal digits) in which a block can decode to text.
    #[inline]
    pub(in super::super) fn text_phases(bytes: &[u8; BLOCK]) -> u16 {
        let eighths = bitand_m128i(load_unaligned_m128i(bytes), set_splat_i8_m128i(0xf8_u8.cast_signed()));
        let small = cmp_eq_mask_i8_m128i(eighths, set_splat_i8_m128i(b'0'.cast_signed()));
        super::phases(bits(group_starts(bytes)), bits(small))
    }

    /// Returns true if every third byte is the same, without blanks between them.
    #[inline]
    pub(in super::super) fn may_be_pairs(block: &[u8; BLOCK]) -> bool {
        let bytes = load_unaligned_m128i(block);
        let same = cmp_eq_mask_i8_m128i(bytes, byte_shr_imm_u128_m128i::<3>(bytes));
        let most = set_splat_i8_m128i(b'/'.cast_signed());
        let blank = cmp_eq_mask_i8_m128i(min_u8_m128i(bytes, most), bytes);
        super::has_every_third(bits(same), !bits(blank))
    }

    /// Returns true if all bytes lie between the least and the greatest digit of base64. Cheaper than
    /// [`super::is_digits`].
    #[inline]
    pub(in super::super) fn may_be_digits(block: &[u8; BLOCK]) -> bool {
        let from_plus = sub_i8_m128i(load_unaligned_m128i(block), set_splat_i8_m128i(b'+'.cast_signed()));
        let inside = cmp_eq_mask_i8_m128i(min_u8_m128i(from_plus, set_splat_i8_m128i(0x4f)), from_plus);
        bits(inside) == super::ALL
    }

    /// Returns a bit for each byte that is a digit of base64.
    #[inline]
    pub(in super::super) fn digit_mask(block: &[u8; BLOCK]) -> u16 {
        let bytes = load_unaligned_m128i(block);
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

    /// Tests four blocks, each with the one before it: bit `4 * block + lane` says that in both, every fourth character
    /// from `lane` on can start a group. Also returns the last block.
    #[inline]
    pub(in super::super) fn text_lanes(bytes: &[u8; CHUNK], before: Block16) -> (u32, Block16) {
        let (blocks, _) = bytes.as_chunks::<BLOCK>();
        let [a, b, c, d] =
            [group_starts(&blocks[0]), group_starts(&blocks[1]), group_starts(&blocks[2]), group_starts(&blocks[3])];
        // Folds the halves of two pairs of blocks into one block, and then the quarters of four.
        let halves = |one, two| bitand_m128i(unpack_low_i64_m128i(one, two), unpack_high_i64_m128i(one, two));
        let low = cast_to_m128_from_m128i(halves(bitand_m128i(before.0, a), bitand_m128i(a, b)));
        let high = cast_to_m128_from_m128i(halves(bitand_m128i(b, c), bitand_m128i(c, d)));
        let even = cast_to_m128i_from_m128(shuffle_abi_f32_all_m128::<0b10_00_10_00>(low, high));
        let odd = cast_to_m128i_from_m128(shuffle_abi_f32_all_m128::<0b11_01_11_01>(low, high));
        (move_mask_i8_m128i(bitand_m128i(even, odd)).cast_unsigned(), Block16(d))
    }
}

#[cfg(any(test, not(target_arch = "x86_64")))]
mod portable {
    use super::{BLOCK, CHUNK};

    /// The lanes whose characters can all start a group: the top bit of each byte.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Block16(u32);

    impl Block16 {
        pub(in super::super) fn none() -> Self {
            Self(0)
        }
    }

    fn group_starts(bytes: &[u8; BLOCK]) -> Block16 {
        const ONES: u64 = 0x0101_0101_0101_0101;
        let value = u128::from_le_bytes(*bytes);
        let fits = |half: u64| {
            // Bytes below 0x80 do not carry into the next; the others are no digits.
            let text = half & (0x7f * ONES);
            (text + (0x80 - 0x41) * ONES) & !(text + (0x80 - 0x67) * ONES) & !half & (0x80 * ONES)
        };
        let both = fits(value as u64) & fits((value >> 64) as u64);
        Block16(both as u32 & (both >> 32) as u32)
    }

    pub(in super::super) fn digit_blocks(bytes: &[u8; CHUNK]) -> u32 {
        let (blocks, _) = bytes.as_chunks::<BLOCK>();
        blocks.iter().enumerate().map(|(at, block)| u32::from(may_be_digits(block)) << at).sum()
    }

    pub(in super::super) fn even_digit_blocks(bytes: &[u8; CHUNK]) -> u32 {
        digit_blocks(bytes) & 0b0101
    }

    pub(in super::super) fn text_phases(block: &[u8; BLOCK]) -> u16 {
        super::phases(mask(block, |byte| (b'A'..=b'f').contains(&byte)), mask(block, |byte| byte & 0xf8 == b'0'))
    }

    fn mask(block: &[u8; BLOCK], is: impl Fn(u8) -> bool) -> u16 {
        block.iter().enumerate().map(|(at, byte)| u16::from(is(*byte)) << at).sum()
    }

    pub(in super::super) fn may_be_pairs(block: &[u8; BLOCK]) -> bool {
        let same = block.iter().zip(&block[3..]).enumerate().map(|(at, (one, other))| u16::from(one == other) << at);
        super::has_every_third(same.sum(), mask(block, |byte| byte > b'/'))
    }

    pub(in super::super) fn may_be_digits(block: &[u8; BLOCK]) -> bool {
        block.iter().all(|byte| (b'+'..=b'z').contains(byte))
    }

    pub(in super::super) fn digit_mask(block: &[u8; BLOCK]) -> u16 {
        mask(block, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'/' | b'_'))
    }

    pub(in super::super) fn text_lanes(bytes: &[u8; CHUNK], before: Block16) -> (u32, Block16) {
        let (blocks, _) = bytes.as_chunks::<BLOCK>();
        blocks.iter().enumerate().fold((0, before), |(all, before), (at, bytes)| {
            let block = group_starts(bytes);
            let both = block.0 & before.0;
            let bits = (0..4).map(|lane| (both >> (8 * lane + 7) & 1) << lane).sum::<u32>();
            (all | bits << (4 * at), block)
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
            let (_, before) = vector::text_lanes(&blocks[0], vector::Block16::none());
            let (_, portable) = portable::text_lanes(&blocks[0], portable::Block16::none());
            let (bits, _) = vector::text_lanes(&blocks[1], before);
            prop_assert_eq!(bits, portable::text_lanes(&blocks[1], portable).0);
            prop_assert_eq!(vector::digit_blocks(&blocks[0]), portable::digit_blocks(&blocks[0]));
            prop_assert_eq!(vector::even_digit_blocks(&blocks[0]), portable::even_digit_blocks(&blocks[0]));
            let block = blocks[0].first_chunk().unwrap();
            prop_assert_eq!(vector::may_be_digits(block), portable::may_be_digits(block));
            prop_assert_eq!(vector::digit_mask(block), portable::digit_mask(block));
            prop_assert_eq!(vector::text_phases(block), portable::text_phases(block));
        }

        #[test]
        fn pairs_are_seen_at_any_place(text in "[0-9a-f]{0,2}([: ][0-9a-f]{2}){6,7}|[a-c]{16,20}") {
            let block: &[u8; BLOCK] = text.as_bytes().first_chunk().unwrap();
            prop_assert_eq!(vector::may_be_pairs(block), portable::may_be_pairs(block));
            let separators = |from: usize| block[from..].iter().step_by(3).all(|byte| matches!(byte, b' ' | b':'));
            let is_same = |from: usize| block[from..].iter().step_by(3).all(|byte| *byte == block[from]);
            prop_assert!(vector::may_be_pairs(block) || !(0..3).any(|from| separators(from) && is_same(from)));
        }
    }
}

//! Stretches of base64 or hexadecimal digits that decode to readable text, found without a pivot.
//!
//! A *stretch* is the longest sequence of units (groups of four characters, pairs of hexadecimal digits, such pairs with
//! a separator) that each decode to text; it counts from so many units on. Which stretches there are depends on their characters
//! alone and not on where a search began, so they can be carried over from one text to another.
//!
//! Nothing but arithmetic on whole blocks is done to noise. Every decoded byte of ASCII has its top bit clear, so every
//! fourth character of a stretch is one of `A`–`Z`, `a`–`f`; of 32 random characters that holds in one alignment once
//! in 64 times. A stretch of 48 characters has 32 of them in two whole blocks of 16, so none is missed.

use std::ops::Range;

use super::base64::SEXTETS;
use super::hex;
use super::rows::{BLOCK, Row, text_begins};
use super::spaced::is_separator;

/// Groups of base64 from which on a stretch counts: the shortest key in two layers has 38 characters in the inner one,
/// which fill 12 groups of the outer one at any alignment.
const GROUPS: usize = 12;

/// Pairs of hexadecimal digits: the same 38 characters, less one.
const PAIRS: usize = 37;

/// Pairs with separators: what keeps the screen's probe inside, and less than any key has.
const SPACED_PAIRS: usize = 24;

/// Bytes that are screened at a time, and how many of them are tried as hexadecimal digits: so many at the beginning
/// of a block lie inside every stretch.
pub(super) const SCREEN: usize = 4 * BLOCK;
const PROBE: usize = 8;

/// In a long stretch, one place is told every so many bytes: a view reaches further than that.
const STEP: usize = 1 << 10;

/// A byte that text is made of, given that a wider encoding has zero bytes in between.
const fn is_texty(byte: u8) -> bool {
    matches!(byte, 0 | b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// Units of digits that each decode to text.
trait Unit {
    /// Characters of a unit.
    const WIDTH: usize;
    /// Units of the shortest stretch.
    const SHORTEST: usize;

    /// The decoded bytes if they are text.
    fn text(chars: &[u8]) -> Option<[u8; 3]>;
}

struct Group;

impl Unit for Group {
    const WIDTH: usize = 4;
    const SHORTEST: usize = GROUPS;

    fn text(chars: &[u8]) -> Option<[u8; 3]> {
        let [a, b, c, d] = chars.first_chunk::<4>()?.map(|byte| SEXTETS[usize::from(byte)]);
        let bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        ((a | b | c | d) < 64 && bytes.iter().all(|byte| is_texty(*byte))).then_some(bytes)
    }
}

struct Pair;

impl Unit for Pair {
    const WIDTH: usize = 2;
    const SHORTEST: usize = PAIRS;

    fn text(chars: &[u8]) -> Option<[u8; 3]> {
        let [high, low] = *chars.first_chunk::<2>()?;
        let digits = hex::ALPHABET[usize::from(high)] && hex::ALPHABET[usize::from(low)];
        let byte = hex::value(high) << 4 | hex::value(low);
        (digits && is_texty(byte)).then_some([byte, byte, byte])
    }
}

/// A pair and what sets it off from the next.
struct SpacedPair;

impl Unit for SpacedPair {
    const WIDTH: usize = 3;
    const SHORTEST: usize = SPACED_PAIRS;

    fn text(chars: &[u8]) -> Option<[u8; 3]> {
        Pair::text(chars).filter(|_| chars.get(2).is_some_and(|byte| is_separator(*byte)))
    }
}

/// Whether two neighbours belong to one stretch: nothing that is text has this many zero bytes in a row, and binary
/// data has little else.
fn joins(one: [u8; 3], next: [u8; 3]) -> bool {
    one != [0; 3] || next != [0; 3]
}

/// The stretch of units in step with `at`, if the units of `at..within` belong to one.
fn around<U: Unit>(bytes: &[u8], at: usize, within: usize) -> Option<Range<usize>> {
    let unit = |at: usize| U::text(bytes.get(at..)?);
    let first = unit(at)?;
    let (mut last, mut end) = (first, at + U::WIDTH);
    while let Some(next) = unit(end).filter(|next| joins(last, *next)) {
        (last, end) = (next, end + U::WIDTH);
    }
    if end + U::WIDTH <= within {
        return None;
    }
    let (mut next, mut start) = (first, at);
    while let Some(before) = start.checked_sub(U::WIDTH)
        && let Some(one) = unit(before).filter(|one| joins(*one, next))
    {
        (next, start) = (one, before);
    }
    (end - start >= U::WIDTH * U::SHORTEST).then_some(start..end)
}

/// Whether a place that [`find`] told of begins a stretch of base64, or what is left of one.
pub(super) fn is_base64(bytes: &[u8], at: usize) -> bool {
    holds::<Group>(bytes, at)
}

/// As [`is_base64`], for hexadecimal digits.
pub(super) fn is_hex(bytes: &[u8], at: usize) -> bool {
    holds::<Pair>(bytes, at)
}

/// As [`is_base64`], for pairs of hexadecimal digits with separators.
pub(super) fn is_spaced_hex(bytes: &[u8], at: usize) -> bool {
    holds::<SpacedPair>(bytes, at)
}

fn holds<U: Unit>(bytes: &[u8], at: usize) -> bool {
    let mut last = None;
    (0..U::SHORTEST).all(|unit| {
        let next = bytes.get(at + unit * U::WIDTH..).and_then(U::text);
        let before = std::mem::replace(&mut last, next);
        next.is_some_and(|next| before.is_none_or(|before| joins(before, next)))
    })
}

/// Tells where stretches are: where each begins, and again after every [`STEP`] bytes of it.
#[derive(Default)]
pub(super) struct Finder([Told; 3]);

impl Finder {
    /// Looks for all kinds in a region.
    pub(super) fn digits(&mut self, bytes: &[u8], region: &Range<usize>, tell: &mut dyn FnMut(usize)) {
        let Range { start, end } = *region;
        let (blocks, rest) = bytes[start..end].as_chunks::<SCREEN>();
        let mut before = Row::none();
        let mut done = 0;
        while let Some((skipped, screened)) = screen(&blocks[done..], &mut before) {
            done += skipped + 1;
            self.look(bytes, start + (done - 1) * SCREEN, screened, tell);
        }
        let mut last = [b'='; SCREEN];
        last[..rest.len()].copy_from_slice(rest);
        if let Some((_, screened)) = screen(&[last], &mut before) {
            self.look(bytes, end - rest.len(), screened, tell);
        }
    }

    /// Looks for pairs with separators near the block at `at`.
    pub(super) fn spaced(&mut self, bytes: &[u8], at: usize, tell: &mut dyn FnMut(usize)) {
        self.look(bytes, at, Screened { base64: 0, hex: 0, spaced: separators(&bytes[at..]) }, tell);
    }

    fn look(&mut self, bytes: &[u8], at: usize, screened: Screened, tell: &mut dyn FnMut(usize)) {
        let [base64, hex, spaced] = &mut self.0;
        for bit in bits(u64::from(screened.base64)) {
            // From the row before.
            let Some(row) = (at + bit / 4 * BLOCK).checked_sub(BLOCK) else { continue };
            if !is_blank(bytes, row) {
                let group = row + bit % 4;
                tell_new::<Group>(bytes, group, row + 2 * BLOCK, &mut base64[group % 4], tell);
            }
        }
        for pair in bits(screened.hex).map(|bit| at + bit) {
            tell_new::<Pair>(bytes, pair, at + PROBE, &mut hex[pair % 2], tell);
        }
        for separator in bits(screened.spaced).map(|bit| at + bit / 8) {
            if bytes.get(separator).is_some_and(|byte| is_separator(*byte)) {
                let pair = separator + 1;
                tell_new::<SpacedPair>(bytes, pair, at + PROBE, &mut spaced[pair % 3], tell);
            }
        }
    }
}

/// Whether a block may hold pairs with separators.
#[inline]
pub(super) fn may_be_spaced(block: &[u8]) -> bool {
    separators(block) != 0
}

#[inline]
fn separators(block: &[u8]) -> u64 {
    block.first_chunk().map_or(0, |probe| every_third(u64::from_le_bytes(*probe)))
}

/// What a block may hold.
#[derive(Clone, Copy)]
struct Screened {
    /// As [`text_begins`] gives it.
    base64: u32,
    /// A bit for each place of a pair.
    hex: u64,
    /// Not zero if separators may stand at every third place.
    spaced: u64,
}

/// The first block that may hold text. Nearly everything is looked at here and nowhere else.
#[inline(never)]
fn screen(blocks: &[[u8; SCREEN]], before: &mut Row) -> Option<(usize, Screened)> {
    const EVERY_SECOND: u64 = 0x00ff_00ff_00ff_00ff;
    for (at, block) in blocks.iter().enumerate() {
        let (base64, row) = text_begins(block, *before);
        *before = row;
        let probe = block.first_chunk::<PROBE>().map_or(!0, |probe| u64::from_le_bytes(*probe));
        // Of hexadecimal text, every second digit is less than eight.
        let odd = (probe & 0xf8f8_f8f8_f8f8_f8f8) ^ 0x3030_3030_3030_3030;
        let hex = u64::from(odd & EVERY_SECOND == 0) | u64::from(odd & !EVERY_SECOND == 0) << 1;
        let spaced = every_third(probe);
        if u64::from(base64) | hex | spaced != 0 {
            return Some((at, Screened { base64, hex, spaced }));
        }
    }
    None
}

/// The top bit of each byte that is the same as the one three places on, if it may be a separator between digits.
fn every_third(probe: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let at_least = |least: u64| probe.wrapping_add((0x80 - least) * ONES);
    let other = probe ^ (probe >> 24);
    let same = !(other & (0x7f * ONES)).wrapping_add(0x7f * ONES) & !other;
    let digits = at_least(0x30);
    // Of eight bytes, the last three have no partner. No separator is as large as `@`.
    same & at_least(0x20) & !at_least(0x40) & (digits >> 8) & (digits >> 16) & 0x0000_0080_8080_8080
}

/// Up to where stretches have been told, for each place of a unit.
type Told = [usize; 4];

/// The numbers of the bits that are set.
fn bits(mut left: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = left.trailing_zeros() as usize;
        (left != 0).then(|| {
            left &= left - 1;
            bit
        })
    })
}

/// Zero bytes are text to the screen, and there are many.
fn is_blank(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + BLOCK) == Some(&[b'A'; BLOCK])
}

fn tell_new<U: Unit>(bytes: &[u8], at: usize, within: usize, told: &mut usize, tell: &mut dyn FnMut(usize)) {
    if at < *told {
        return;
    }
    if let Some(stretch) = around::<U>(bytes, at, within) {
        *told = stretch.end;
        tell_all::<U>(&stretch, tell);
    }
}

fn tell_all<U: Unit>(stretch: &Range<usize>, tell: &mut dyn FnMut(usize)) {
    let last = stretch.end - U::WIDTH * U::SHORTEST;
    (stretch.start..=last).step_by(STEP).for_each(tell);
}

#[cfg(test)]
mod tests {
    use super::super::testing::Noise;
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn found(bytes: &[u8]) -> Vec<usize> {
        let mut places = Vec::new();
        super::super::long_runs(bytes, &mut |at| places.push(at));
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Every stretch by definition.
    fn by_definition<U: Unit>(bytes: &[u8]) -> Vec<usize> {
        let mut places = Vec::new();
        for at in 0..bytes.len() {
            if let Some(stretch) = around::<U>(bytes, at, at).filter(|stretch| stretch.start == at) {
                tell_all::<U>(&stretch, &mut |at| places.push(at));
            }
        }
        places
    }

    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let text = |bytes: Vec<u8>| STANDARD.encode(bytes).into_bytes();
        let piece = prop_oneof![
            3 => "[ -~]{0,90}".prop_map(move |plain| text(plain.into_bytes())),
            2 => "[ -~]{0,60}".prop_map(|plain| plain.bytes().flat_map(|b| format!("{b:02x}").into_bytes()).collect()),
            2 => "[A-Za-z0-9+/_-]{0,40}".prop_map(String::into_bytes),
            1 => "[ -~]{0,20}".prop_map(move |plain| text(plain.encode_utf16().flat_map(u16::to_le_bytes).collect())),
            1 => "[ -~]{0,60}".prop_map(|plain| plain.bytes().flat_map(|b| format!("{b:02x} ").into_bytes()).collect()),
            1 => (0..80usize).prop_map(|length| vec![b'A'; length]),
            1 => "[ \n\"=]{1,2}".prop_map(String::into_bytes),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_stretch_is_missed_and_none_depends_on_the_start(bytes in pieces(), skip in 0..40usize) {
            let mut expected = by_definition::<Group>(&bytes);
            expected.extend(by_definition::<Pair>(&bytes));
            expected.extend(by_definition::<SpacedPair>(&bytes));
            expected.sort_unstable();
            prop_assert_eq!(found(&bytes), expected.clone());
            let moved: Vec<u8> = [&vec![b'.'; skip], bytes.as_slice()].concat();
            let expected: Vec<usize> = expected.iter().map(|at| at + skip).collect();
            prop_assert_eq!(found(&moved), expected);
        }
    }

    #[test]
    fn thirty_eight_characters_are_enough_anywhere_in_a_run() {
        let mut noise = Noise::new(31);
        for before in 0..70 {
            let inner = noise.body(38);
            let mut binary: Vec<u8> = (0..before).map(|_| noise.next() as u8 | 0x80).collect();
            binary.extend_from_slice(inner.as_bytes());
            binary.extend((0..50).map(|_| noise.next() as u8 | 0x80));
            assert_eq!(found(STANDARD.encode(&binary).as_bytes()).len(), 1, "{before}");
            let hex: String = binary.iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(!found(hex.as_bytes()).is_empty(), "{before}");
        }
    }

    #[test]
    fn long_stretches_are_told_of_again() {
        let places = found(STANDARD.encode("many words, ".repeat(1000)).as_bytes());
        assert_eq!(places, (0..places.len()).map(|at| at * STEP).collect::<Vec<_>>());
        assert_eq!(places.len(), 16);
    }
}

//! Runs of base64 or hexadecimal digits that decode to text.
//!
//! A *text run* is the longest sequence of units (groups of four characters, pairs of hexadecimal digits, such pairs
//! with a separator) that each decode to text, and has a least length.

use std::ops::Range;

use super::block::{BLOCK, Block16, CHUNK, text_lanes};
use crate::detect::decode::base64::SEXTETS;
use crate::detect::decode::hex;
use crate::detect::decode::hex_dump::is_separator;

/// Fewest groups of base64: the shortest key in two layers has 38 characters in the inner one, which fill 12 groups of
/// the outer one at any alignment.
const GROUPS: usize = 12;

/// Fewest pairs of hexadecimal digits: for the same 38 characters, less one.
const PAIRS: usize = 37;

/// Fewest pairs with separators: they cover the first bytes of a chunk, and no key has fewer.
const SPACED_PAIRS: usize = 24;

/// Bytes at the start of each chunk that are tested for hexadecimal digits: every run covers those of some chunk.
const PROBE: usize = 8;

/// Bytes between the reported places of a long run. A view reaches further.
const STEP: usize = 1 << 10;

/// Returns true if text may hold a byte. UTF-16 and UTF-32 have zero bytes.
const fn is_texty(byte: u8) -> bool {
    matches!(byte, 0 | b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

/// A unit of digits that decodes to whole bytes.
trait DigitUnit {
    /// Characters of a unit.
    const WIDTH: usize;
    /// Fewest units of a run.
    const SHORTEST: usize;

    /// Returns the decoded bytes if they are text.
    fn text(chars: &[u8]) -> Option<[u8; 3]>;
}

struct CharGroup;

impl DigitUnit for CharGroup {
    const WIDTH: usize = 4;
    const SHORTEST: usize = GROUPS;

    fn text(chars: &[u8]) -> Option<[u8; 3]> {
        let [a, b, c, d] = chars.first_chunk::<4>()?.map(|byte| SEXTETS[usize::from(byte)]);
        let bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        ((a | b | c | d) < 64 && bytes.iter().all(|byte| is_texty(*byte))).then_some(bytes)
    }
}

struct HexPair;

impl DigitUnit for HexPair {
    const WIDTH: usize = 2;
    const SHORTEST: usize = PAIRS;

    fn text(chars: &[u8]) -> Option<[u8; 3]> {
        let [high, low] = *chars.first_chunk::<2>()?;
        let digits = hex::ALPHABET[usize::from(high)] && hex::ALPHABET[usize::from(low)];
        let byte = hex::value(high) << 4 | hex::value(low);
        (digits && is_texty(byte)).then_some([byte, byte, byte])
    }
}

/// A pair and a separator.
struct SpacedPair;

impl DigitUnit for SpacedPair {
    const WIDTH: usize = 3;
    const SHORTEST: usize = SPACED_PAIRS;

    fn text(chars: &[u8]) -> Option<[u8; 3]> {
        HexPair::text(chars).filter(|_| chars.get(2).is_some_and(|byte| is_separator(*byte)))
    }
}

/// Returns true if two neighbours belong to one run: text has fewer zero bytes in a row, and binary data many.
fn joins(one: [u8; 3], next: [u8; 3]) -> bool {
    one != [0; 3] || next != [0; 3]
}

/// Returns the run in phase with `at`, if it covers `at..within`.
fn around<U: DigitUnit>(bytes: &[u8], at: usize, within: usize) -> Option<Range<usize>> {
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

/// Returns true if a run of base64 starts here, or the rest of one.
pub(in super::super) fn starts_base64(bytes: &[u8], at: usize) -> bool {
    holds::<CharGroup>(bytes, at)
}

/// As [`starts_base64`], for hexadecimal digits.
pub(in super::super) fn starts_hex(bytes: &[u8], at: usize) -> bool {
    holds::<HexPair>(bytes, at)
}

/// As [`starts_base64`], for pairs of hexadecimal digits with separators.
pub(in super::super) fn starts_hex_dump(bytes: &[u8], at: usize) -> bool {
    holds::<SpacedPair>(bytes, at)
}

fn holds<U: DigitUnit>(bytes: &[u8], at: usize) -> bool {
    let mut last = None;
    (0..U::SHORTEST).all(|unit| {
        let next = bytes.get(at + unit * U::WIDTH..).and_then(U::text);
        let before = std::mem::replace(&mut last, next);
        next.is_some_and(|next| before.is_none_or(|before| joins(before, next)))
    })
}

/// Reports the start of each run, and a place after every [`STEP`] bytes of it. Holds the end of the last reported run
/// by kind and phase.
#[derive(Default)]
pub(super) struct TextRunFinder([[usize; 4]; 3]);

impl TextRunFinder {
    /// Finds runs of all kinds in a region.
    pub(super) fn find(&mut self, bytes: &[u8], region: &Range<usize>, report: &mut dyn FnMut(usize)) {
        let Range { start, end } = *region;
        let (chunks, rest) = bytes[start..end].as_chunks::<CHUNK>();
        let mut before = Block16::none();
        let mut done = 0;
        while let Some((skipped, screened)) = screen(&chunks[done..], &mut before) {
            done += skipped + 1;
            self.find_screened(bytes, start + (done - 1) * CHUNK, screened, report);
        }
        let mut last = [b'='; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        if let Some((_, screened)) = screen(&[last], &mut before) {
            self.find_screened(bytes, end - rest.len(), screened, report);
        }
    }

    /// Finds hex dumps around the chunk at `at`.
    pub(super) fn find_hex_dump(&mut self, bytes: &[u8], at: usize, report: &mut dyn FnMut(usize)) {
        let spaced = separators(&bytes[at..]);
        self.find_screened(bytes, at, Screened { base64: 0, hex: 0, spaced }, report);
    }

    fn find_screened(&mut self, bytes: &[u8], at: usize, screened: Screened, report: &mut dyn FnMut(usize)) {
        let [base64, hex, spaced] = &mut self.0;
        for bit in bits(u64::from(screened.base64)) {
            // The bit stands for two blocks, of which this is the first.
            let Some(block) = (at + bit / 4 * BLOCK).checked_sub(BLOCK) else { continue };
            if !is_blank(bytes, block) {
                let group = block + bit % 4;
                report_new::<CharGroup>(bytes, group, block + 2 * BLOCK, &mut base64[group % 4], report);
            }
        }
        for pair in bits(screened.hex).map(|bit| at + bit) {
            report_new::<HexPair>(bytes, pair, at + PROBE, &mut hex[pair % 2], report);
        }
        for separator in bits(screened.spaced).map(|bit| at + bit / 8) {
            if bytes.get(separator).is_some_and(|byte| is_separator(*byte)) {
                let pair = separator + 1;
                report_new::<SpacedPair>(bytes, pair, at + PROBE, &mut spaced[pair % 3], report);
            }
        }
    }
}

/// Returns true if a chunk may hold pairs with separators.
#[inline]
pub(super) fn may_be_hex_dump(chunk: &[u8]) -> bool {
    separators(chunk) != 0
}

#[inline]
fn separators(chunk: &[u8]) -> u64 {
    chunk.first_chunk().map_or(0, |probe| every_third(u64::from_le_bytes(*probe)))
}

/// The kinds of runs that a chunk may hold.
#[derive(Clone, Copy)]
struct Screened {
    /// As [`text_lanes`].
    base64: u32,
    /// A bit for each phase.
    hex: u64,
    /// The top bits of separators at every third place.
    spaced: u64,
}

/// Finds the first chunk that may hold text.
///
/// Not inlined, to keep the loop that nearly all digits go through in registers.
#[inline(never)]
fn screen(chunks: &[[u8; CHUNK]], before: &mut Block16) -> Option<(usize, Screened)> {
    const EVERY_SECOND: u64 = 0x00ff_00ff_00ff_00ff;
    for (at, chunk) in chunks.iter().enumerate() {
        let (base64, last) = text_lanes(chunk, *before);
        *before = last;
        let probe = chunk.first_chunk::<PROBE>().map_or(!0, |probe| u64::from_le_bytes(*probe));
        // The first digit of a byte of ASCII is less than eight.
        let odd = (probe & 0xf8f8_f8f8_f8f8_f8f8) ^ 0x3030_3030_3030_3030;
        let hex = u64::from(odd & EVERY_SECOND == 0) | u64::from(odd & !EVERY_SECOND == 0) << 1;
        let spaced = every_third(probe);
        if u64::from(base64) | hex | spaced != 0 {
            return Some((at, Screened { base64, hex, spaced }));
        }
    }
    None
}

/// Returns the top bit of each byte that equals the one three places on and may be a separator between digits.
fn every_third(probe: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let at_least = |least: u64| probe.wrapping_add((0x80 - least) * ONES);
    let other = probe ^ (probe >> 24);
    let same = !(other & (0x7f * ONES)).wrapping_add(0x7f * ONES) & !other;
    let digits = at_least(0x30);
    // The last three bytes have no partner. All separators are less than `@`.
    same & at_least(0x20) & !at_least(0x40) & (digits >> 8) & (digits >> 16) & 0x0000_0080_8080_8080
}

/// Returns the numbers of the bits that are set.
fn bits(mut left: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = left.trailing_zeros() as usize;
        (left != 0).then(|| {
            left &= left - 1;
            bit
        })
    })
}

/// Returns true if a block decodes to zero bytes, which are frequent and pass for text.
fn is_blank(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + BLOCK) == Some(&[b'A'; BLOCK])
}

fn report_new<U: DigitUnit>(
    bytes: &[u8],
    at: usize,
    within: usize,
    reported: &mut usize,
    report: &mut dyn FnMut(usize),
) {
    if at < *reported {
        return;
    }
    if let Some(run) = around::<U>(bytes, at, within) {
        *reported = run.end;
        report_all::<U>(&run, report);
    }
}

fn report_all<U: DigitUnit>(run: &Range<usize>, report: &mut dyn FnMut(usize)) {
    let last = run.end - U::WIDTH * U::SHORTEST;
    (run.start..=last).step_by(STEP).for_each(report);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::decode::testing::Noise;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    /// Places of text runs. Compressed streams are reported as well: "x^", the start of one, is text too.
    fn found(bytes: &[u8]) -> Vec<usize> {
        let mut places = Vec::new();
        super::super::blind_runs(bytes, &mut |at| places.push(at));
        let is_run = |at: usize| starts_base64(bytes, at) || starts_hex(bytes, at) || starts_hex_dump(bytes, at);
        places.retain(|at| is_run(*at) || !super::super::compressed::starts(&bytes[*at..]));
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Every run by definition.
    fn by_definition<U: DigitUnit>(bytes: &[u8]) -> Vec<usize> {
        let mut places = Vec::new();
        for at in 0..bytes.len() {
            if let Some(run) = around::<U>(bytes, at, at).filter(|run| run.start == at) {
                report_all::<U>(&run, &mut |at| places.push(at));
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
            let mut expected = by_definition::<CharGroup>(&bytes);
            expected.extend(by_definition::<HexPair>(&bytes));
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

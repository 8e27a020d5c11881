//! Where long segments of digits may be.
//!
//! Every layer that shows no pivot is one, or pairs of digits with separators. Nearly all text has neither, which is
//! found out here with a few instructions for each 64 bytes. Where there is one long segment more are near, and in
//! noise there is nothing else: there the searches look at whole regions.

use std::ops::Range;

use super::base64::ALPHABET;
use super::rows::{BLOCK, digit_rows, is_row};
use super::stretch::{SCREEN, may_be_spaced};
use super::wraps::{segment_end, segment_start};

/// Digits in a row from which on a segment is looked at: the shortest stretch has as many, and the shortest key,
/// compressed, 54.
pub(super) const SHORTEST: usize = 48;

/// Bytes from a long segment on that are looked at: few, and more while one segment follows the other.
const FIRST_REGION: usize = 4 * SCREEN;
pub(super) const REGION: usize = 16 << 10;

/// What the next place to look at may hold.
pub(super) enum Sign {
    /// One long segment of digits.
    Segment(Range<usize>),
    /// Several, and what is left of the one before.
    Digits(Range<usize>),
    /// Pairs with separators, in the block that begins here.
    Separators(usize),
}

/// Goes through a text.
pub(super) struct Signs<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the last region ended.
    told: usize,
    /// How long it was at most.
    region: usize,
    /// The last block in which separators were told of.
    separators: Option<usize>,
}

impl<'a> Signs<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, told: 0, region: 0, separators: None }
    }

    /// The long segment around the row at `row`, or what is left of one behind the last region.
    fn segment(&self, row: usize) -> Option<usize> {
        if !self.bytes.get(row..)?.first_chunk().is_some_and(is_row) {
            return None;
        }
        let start = segment_start(self.bytes, row, self.told.max(row.saturating_sub(SHORTEST)), &ALPHABET);
        (start == self.told && self.has_told() || is_long(self.bytes, start)).then_some(start)
    }

    /// The segment at `start`, or a region from there on if another one came just before.
    fn sign(&mut self, start: usize) -> Sign {
        let follows = self.has_told() && start < self.told + SHORTEST;
        self.region = if follows { REGION.min(self.region * 4) } else { FIRST_REGION };
        let limit = self.bytes.len().min(start + self.region);
        let end = if follows { limit } else { segment_end(self.bytes, start, limit, &ALPHABET) };
        (self.at, self.told) = (end, end);
        if end < limit { Sign::Segment(start..end) } else { Sign::Digits(start..end) }
    }

    fn has_told(&self) -> bool {
        self.region > 0
    }
}

impl Iterator for Signs<'_> {
    type Item = Sign;

    fn next(&mut self) -> Option<Sign> {
        while let Some((at, rows)) = self.next_block() {
            self.at = at;
            if self.separators != Some(at) && may_be_spaced(&self.bytes[at..]) {
                self.separators = Some(at);
                return Some(Sign::Separators(at));
            }
            self.at = at + SCREEN;
            let mut rows = (0..SCREEN / BLOCK).filter(|row| rows & 1 << row != 0);
            if let Some(start) = rows.find_map(|row| self.segment(at + row * BLOCK)) {
                return Some(self.sign(start));
            }
        }
        None
    }
}

impl Signs<'_> {
    /// The next block that shows any sign, and a bit for each row in it that may lie in a long segment: of such a
    /// segment, two rows in a row are digits. The last block may be shorter.
    #[inline(never)]
    fn next_block(&self) -> Option<(usize, u32)> {
        let from = self.at;
        let (blocks, rest) = self.bytes.get(from..)?.as_chunks::<SCREEN>();
        let is_left_over = from == self.told && self.has_told();
        let follows_row = self.bytes[..from].last_chunk().is_some_and(is_row);
        let mut before = u32::from(is_left_over || follows_row);
        for (at, block) in blocks.iter().enumerate() {
            let rows = digit_rows(block);
            let pairs = rows & (rows << 1 | before);
            if pairs != 0 && self.has_pair(from + at * SCREEN, pairs) || may_be_spaced(block) {
                return Some((from + at * SCREEN, pairs));
            }
            before = rows >> (SCREEN / BLOCK - 1);
        }
        (!rest.is_empty()).then_some((self.bytes.len() - rest.len(), !0))
    }

    /// Whether one of these rows of the block at `block` is indeed the second of two that hold nothing but digits, or
    /// what is left of a segment.
    #[inline]
    fn has_pair(&self, block: usize, rows: u32) -> bool {
        let mut rows = (0..SCREEN / BLOCK).filter(|row| rows & 1 << row != 0).map(|row| block + row * BLOCK);
        rows.any(|row| {
            self.bytes[row..].first_chunk().is_some_and(is_row)
                && (row == self.told || self.bytes[..row].last_chunk().is_some_and(is_row))
        })
    }
}

/// Whether a long segment, or what is left of one, begins here.
pub(super) fn is_long(bytes: &[u8], at: usize) -> bool {
    let segment = bytes.get(at..at + SHORTEST);
    segment.is_some_and(|segment| segment.iter().all(|byte| ALPHABET[usize::from(*byte)]))
}

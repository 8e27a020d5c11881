//! Where long segments of digits may be.
//!
//! Every layer that shows no pivot is one, or pairs of digits with separators. Nearly all text has neither, which is
//! found out here with a few instructions for each 64 bytes. Where there is one long segment more are near, and in
//! noise there is nothing else: there the searches look at whole regions.

use std::ops::Range;

use super::base64::ALPHABET;
use super::packed;
use super::rows::{ALL, BLOCK, digits, every_second_row, is_row, may_be_digits, may_be_pairs, text_steps};
use super::stretch::{SCREEN, may_be_spaced};
use super::wraps::{segment_end, segment_start};

/// Digits in a row from which on a segment is looked at: the shortest stretch has as many, and the shortest key,
/// compressed, 54.
pub(super) const SHORTEST: usize = 48;

/// The density from which on digits are taken for noise, in which one row is as promising as the other.
const DENSE: i32 = 32;

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
    /// How densely the last blocks were filled with digits, up to [`DENSE`].
    density: i32,
}

impl<'a> Signs<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, told: 0, region: 0, separators: None, density: 0 }
    }

    /// The segment at `start`, or a region from there on if another one came just before.
    fn sign(&mut self, start: usize) -> Sign {
        let follows = self.has_told() && start < self.told + SHORTEST;
        self.region = if follows { REGION.min(self.region * 4) } else { FIRST_REGION };
        let limit = self.bytes.len().min(start + self.region);
        let end = if follows { limit } else { end(self.bytes, start, limit) };
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
        while let Some((at, row)) = self.next_block() {
            self.at = at;
            if self.separators != Some(at) && may_be_spaced(&self.bytes[at..]) {
                self.separators = Some(at);
                return Some(Sign::Separators(at));
            }
            if self.density == DENSE {
                return Some(self.noise(at));
            }
            self.at = self.bytes.len().min(at + SCREEN);
            if let Some(row) = row {
                let start = segment_start(self.bytes, row, self.told, &ALPHABET);
                return Some(self.sign(start));
            }
        }
        None
    }
}

impl Signs<'_> {
    /// A region where there seems to be nothing but digits, from the segment on that goes on at `at`.
    fn noise(&mut self, at: usize) -> Sign {
        let (start, end) = (start_before(self.bytes, at).max(self.told), self.bytes.len().min(at + REGION));
        (self.at, self.told, self.region, self.density) = (end, end, REGION, DENSE / 2);
        Sign::Digits(start..end)
    }

    /// The next block that shows any sign, and the first row in it that does.
    #[inline(never)]
    fn next_block(&mut self) -> Option<(usize, Option<usize>)> {
        let (blocks, rest) = self.bytes.get(self.at..)?.as_chunks::<SCREEN>();
        for (number, block) in blocks.iter().enumerate() {
            let (at, rows) = (self.at + number * SCREEN, every_second_row(block));
            // Two rows of digits speak for noise; a row of anything else counts three times as much.
            let gain = if rows == EVERY_SECOND { 2 } else { -6 + 4 * i32::from(rows != 0) };
            self.density = (self.density + gain).clamp(0, DENSE);
            if rows != 0 || may_be_spaced(block) {
                let row = self.promising(rows, at);
                if row.is_some() || self.density == DENSE || may_be_spaced(block) {
                    return Some((at, row));
                }
            }
        }
        let at = self.bytes.len() - rest.len();
        let whole_rows = (1 << (rest.len() / BLOCK)) - 1;
        let row = self.promising(whole_rows & EVERY_SECOND, at);
        (row.is_some() || may_be_spaced(rest)).then_some((at, row))
    }

    /// The first of these rows of the block at `block` that may lie in a long run, or in what is left of a region.
    #[inline]
    fn promising(&self, rows: u32, block: usize) -> Option<usize> {
        let is_promising = |row: usize| {
            let chars = self.bytes.get(row..).and_then(<[u8]>::first_chunk);
            chars.is_some_and(|chars| {
                is_row(chars) && (row == self.told && self.has_told() || may_be_run(self.bytes, row, chars))
            })
        };
        let is_asked = |(bit, _): &&(u32, usize)| rows & bit != 0;
        ROWS.iter().filter(is_asked).map(|(_, at)| block + at).find(|row| is_promising(*row))
    }
}

/// Of every segment that is long enough, and of every stretch, one such row holds nothing else: for each its bit, and
/// where it stands in a block.
const ROWS: [(u32, usize); 2] = [(1, 0), (4, 2 * BLOCK)];
const EVERY_SECOND: u32 = 0b0101;

fn is_row_at(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..).and_then(<[u8]>::first_chunk).is_some_and(is_row)
}

/// Whether a long segment, or what is left of one, begins here.
pub(super) fn is_long(bytes: &[u8], at: usize) -> bool {
    (at..at + SHORTEST).step_by(BLOCK).all(|row| is_row_at(bytes, row))
}

/// The end of the segment that goes on at `at`, or `limit`.
fn end(bytes: &[u8], at: usize, limit: usize) -> usize {
    let rows = (at..limit.saturating_sub(BLOCK)).step_by(BLOCK).take_while(|row| is_row_at(bytes, *row)).count();
    segment_end(bytes, at + rows * BLOCK, limit, &ALPHABET)
}

/// How far from a stretch a change is that makes it longer or shorter: less than a unit of digits.
const UNIT: usize = 8;

/// A part of what may be a long run that touches a range of a text or is a unit away from it. Of those that begin at
/// `from` or later, none is missed whose first characters tell something new: a compressed stream that is edited further
/// on is known already.
#[inline]
pub(crate) fn next_touching(bytes: &[u8], range: &Range<usize>, from: usize) -> Option<Range<usize>> {
    let mut row = range.start.saturating_sub(UNIT + BLOCK).max(from);
    while let Some(chars) = bytes.get(row..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        if may_be_digits(chars) && is_row(chars) && may_be_run(bytes, row, chars) || may_be_pairs(chars) {
            return Some(row..row + BLOCK);
        }
        if row >= range.end + UNIT {
            return None;
        }
        row += 2 * BLOCK;
    }
    None
}

/// Whether the row of digits at `row` may lie in a stretch that decodes to text, or near the beginning of a compressed
/// stream.
fn may_be_run(bytes: &[u8], row: usize, chars: &[u8; BLOCK]) -> bool {
    let start = start_before(bytes, row);
    (may_be_text(bytes, row, chars) || packed::begins(&bytes[start..])) && is_long(bytes, start)
}

/// Whether a row goes on in step with a neighbour: what is left of a stretch, when one row of it is taken away, has another
/// on one side.
fn may_be_text(bytes: &[u8], row: usize, chars: &[u8; BLOCK]) -> bool {
    let steps = text_steps(chars);
    let before = || bytes[..row].last_chunk().map_or(0, text_steps);
    let behind = || bytes[row + BLOCK..].first_chunk().map_or(0, text_steps);
    steps != 0 && steps & (before() | behind()) != 0
}

/// Where the segment begins that goes on at `row`, or a place in it two rows in front: what begins further in front, an
/// earlier row tells of.
#[inline]
fn start_before(bytes: &[u8], row: usize) -> usize {
    let Some(rows) = bytes[..row].last_chunk::<{ 2 * BLOCK }>() else {
        return segment_start(bytes, row, 0, &ALPHABET);
    };
    let (rows, _) = rows.as_chunks();
    match digits(&rows[1]) {
        ALL => row - BLOCK - digits(&rows[0]).leading_ones() as usize,
        before => row - before.leading_ones() as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use proptest::prelude::*;

    fn run() -> impl Strategy<Value = String> {
        let hex = |text: String| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        prop_oneof![
            "[ -~]{36,80}".prop_map(|text| STANDARD_NO_PAD.encode(text)),
            "[ -~]{38,60}".prop_map(hex),
            "[ -~]{38,60}".prop_map(move |text| hex(text).to_uppercase()),
            "([67][0-9a-f][:]){24,30}",
            "([67][0-9a-f] ){24,30}",
        ]
    }

    proptest! {
        #[test]
        fn what_touches_a_range_is_never_missed(
            before in "[a-z .]{0,90}|[a-z]{0,20}\\.[a-z]{1,20}",
            run in run(),
            after in "[a-z .]{0,90}",
            at in any::<proptest::sample::Index>(),
            len in 0..40usize,
        ) {
            let text = [&before[..], &run, &after].concat().into_bytes();
            let touching = before.len().saturating_sub(UNIT)..before.len() + run.len() + UNIT + 1;
            let start = (touching.start + at.index(touching.len())).min(text.len());
            let range = start..text.len().min(start + len);
            prop_assert!(next_touching(&text, &range, 0).is_some());
            let (end, from) = (touching.start, touching.start.saturating_sub(len));
            prop_assert!(next_touching(&text, &(from..end), 0).is_some());
            let next = next_touching(&text, &(from..end), before.len());
            prop_assert!(next.is_some_and(|part| part.start >= before.len()));
        }

        #[test]
        fn the_beginning_of_a_stream_is_never_missed(
            before in "[a-z .]{0,90}[ .]|",
            stream in "(eJw|H4sI|KLUv/)[A-Za-z0-9]{45,90}",
            at in 0..SHORTEST + UNIT,
            len in 0..40usize,
        ) {
            let text = [&before[..], &stream].concat().into_bytes();
            let start = (before.len() + at).saturating_sub(UNIT);
            prop_assert!(next_touching(&text, &(start..text.len().min(start + len)), 0).is_some());
        }

        #[test]
        fn segments_end_where_their_digits_do(text in "[A-Z]{0,60}[A-Z.]{0,9}", limit in 0..70usize) {
            let limit = limit.min(text.len());
            prop_assert_eq!(end(text.as_bytes(), 0, limit), segment_end(text.as_bytes(), 0, limit, &ALPHABET));
        }
    }
}

//! Finds the places where encoded runs may be: long segments of digits, and hex dumps.
//!
//! Nearly all text has neither, which takes a few instructions for each 64 bytes to see. Where segments follow each
//! other, and in noise, whole regions are passed on instead of single segments.

use std::ops::Range;

use super::block::{
    ALL, BLOCK, CHUNK, SHORTEST, digit_mask, even_digit_blocks, is_digits, is_digits_at, is_long, may_be_digits,
    may_be_pairs, text_phases,
};
use super::compressed;
use super::text_run::may_be_hex_dump;
use crate::detect::decode::base64::ALPHABET;
use crate::detect::decode::line_wrap::{segment_end, segment_start};

/// Above this density, text is noise and blocks are not ranked.
const DENSE: i32 = 32;

/// Bytes of a region: few after a single segment, more while segments follow each other.
const FIRST_REGION: usize = 4 * CHUNK;
pub(super) const REGION: usize = 16 << 10;

/// A place that may hold an encoded run.
pub(super) enum RunHint {
    /// One long segment of digits.
    Segment(Range<usize>),
    /// A region with several segments, starting with the rest of the one before.
    Digits(Range<usize>),
    /// A hex dump, in the chunk that starts here.
    HexDump(usize),
}

/// Iterates over the hints of a text.
pub(super) struct RunHints<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The end of the last region.
    region_end: usize,
    /// Its greatest length; 0 before the first.
    region: usize,
    /// The chunk of the last hint at a hex dump.
    hex_dump: Option<usize>,
    /// The share of digits in the last chunks, up to [`DENSE`].
    density: i32,
}

impl<'a> RunHints<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, region_end: 0, region: 0, hex_dump: None, density: 0 }
    }

    /// Returns the segment at `start`, or a region from there on if another one precedes it closely.
    fn segment(&mut self, start: usize) -> RunHint {
        let follows = self.has_region() && start < self.region_end + SHORTEST;
        self.region = if follows { REGION.min(self.region * 4) } else { FIRST_REGION };
        let limit = self.bytes.len().min(start + self.region);
        let end = if follows { limit } else { end(self.bytes, start, limit) };
        (self.at, self.region_end) = (end, end);
        if end < limit { RunHint::Segment(start..end) } else { RunHint::Digits(start..end) }
    }

    fn has_region(&self) -> bool {
        self.region > 0
    }
}

impl Iterator for RunHints<'_> {
    type Item = RunHint;

    fn next(&mut self) -> Option<RunHint> {
        while let Some((at, block)) = self.next_chunk() {
            self.at = at;
            if self.hex_dump != Some(at) && may_be_hex_dump(&self.bytes[at..]) {
                self.hex_dump = Some(at);
                return Some(RunHint::HexDump(at));
            }
            if self.density == DENSE {
                return Some(self.noise(at));
            }
            self.at = self.bytes.len().min(at + CHUNK);
            if let Some(block) = block {
                let start = segment_start(self.bytes, block, self.region_end, &ALPHABET);
                return Some(self.segment(start));
            }
        }
        None
    }
}

impl RunHints<'_> {
    /// Returns a region of noise, from the start of the segment that continues at `at`.
    fn noise(&mut self, at: usize) -> RunHint {
        let (start, end) = (start_before(self.bytes, at).max(self.region_end), self.bytes.len().min(at + REGION));
        (self.at, self.region_end, self.region, self.density) = (end, end, REGION, DENSE / 2);
        RunHint::Digits(start..end)
    }

    /// Finds the next chunk that may hold a run, and the first promising block in it.
    ///
    /// Not inlined, to keep the loop that most bytes go through in registers.
    #[inline(never)]
    fn next_chunk(&mut self) -> Option<(usize, Option<usize>)> {
        let (chunks, rest) = self.bytes.get(self.at..)?.as_chunks::<CHUNK>();
        for (number, chunk) in chunks.iter().enumerate() {
            let (at, blocks) = (self.at + number * CHUNK, even_digit_blocks(chunk));
            // Two blocks of digits speak for noise; one of other bytes counts three times as much against it.
            let gain = if blocks == EVEN_BITS { 2 } else { -6 + 4 * i32::from(blocks != 0) };
            self.density = (self.density + gain).clamp(0, DENSE);
            if blocks != 0 || may_be_hex_dump(chunk) {
                let block = self.promising(blocks, at);
                if block.is_some() || self.density == DENSE || may_be_hex_dump(chunk) {
                    return Some((at, block));
                }
            }
        }
        let at = self.bytes.len() - rest.len();
        let whole_blocks = (1 << (rest.len() / BLOCK)) - 1;
        let block = self.promising(whole_blocks & EVEN_BITS, at);
        (block.is_some() || may_be_hex_dump(rest)).then_some((at, block))
    }

    /// Returns the first of these blocks of the chunk at `chunk` that may lie in an encoded run, or in the rest of a
    /// region.
    #[inline]
    fn promising(&self, blocks: u32, chunk: usize) -> Option<usize> {
        let is_promising = |block: usize| {
            let chars = self.bytes.get(block..).and_then(<[u8]>::first_chunk);
            chars.is_some_and(|chars| {
                is_digits(chars)
                    && (block == self.region_end && self.has_region() || may_be_run(self.bytes, block, chars))
            })
        };
        let is_wanted = |(bit, _): &&(u32, usize)| blocks & bit != 0;
        EVEN.iter().filter(is_wanted).map(|(_, at)| chunk + at).find(|block| is_promising(*block))
    }
}

/// The bits of blocks 0 and 2 of a chunk, and their offsets. Checking these suffices: any segment of [`SHORTEST`]
/// digits covers one of them.
const EVEN: [(u32, usize); 2] = [(1, 0), (4, 2 * BLOCK)];
const EVEN_BITS: u32 = 0b0101;

/// Returns the end of the segment that continues at `at`, or `limit`.
fn end(bytes: &[u8], at: usize, limit: usize) -> usize {
    let blocks =
        (at..limit.saturating_sub(BLOCK)).step_by(BLOCK).take_while(|block| is_digits_at(bytes, *block)).count();
    segment_end(bytes, at + blocks * BLOCK, limit, &ALPHABET)
}

/// An edit this close to a run may make it longer or shorter: the longest unit of digits.
const UNIT: usize = 8;

/// Returns a part of the first possible encoded run within one unit of `range`. Runs that start before `from` may be
/// skipped; the caller knows them. So is a compressed stream that is edited after its first characters.
#[inline]
pub(crate) fn next_run_touching(bytes: &[u8], range: &Range<usize>, from: usize) -> Option<Range<usize>> {
    let mut block = range.start.saturating_sub(UNIT + BLOCK).max(from);
    while let Some(chars) = bytes.get(block..).and_then(<[u8]>::first_chunk::<BLOCK>) {
        if may_be_digits(chars) && is_digits(chars) && may_be_run(bytes, block, chars) || may_be_pairs(chars) {
            return Some(block..block + BLOCK);
        }
        if block >= range.end + UNIT {
            return None;
        }
        block += 2 * BLOCK;
    }
    None
}

/// Returns true if the digits at `block` may lie in a run that decodes to text, or near the start of a compressed
/// stream.
fn may_be_run(bytes: &[u8], block: usize, chars: &[u8; BLOCK]) -> bool {
    let start = start_before(bytes, block);
    (may_be_text(bytes, block, chars) || compressed::starts(&bytes[start..])) && is_long(bytes, start)
}

/// Returns true if this block and an adjacent one can share a phase. A run of at least 48 bytes always has such a pair.
fn may_be_text(bytes: &[u8], block: usize, chars: &[u8; BLOCK]) -> bool {
    let phases = text_phases(chars);
    let before = || bytes[..block].last_chunk().map_or(0, text_phases);
    let after = || bytes[block + BLOCK..].first_chunk().map_or(0, text_phases);
    phases != 0 && phases & (before() | after()) != 0
}

/// Returns the start of the segment that continues at `block`, or a place two blocks before it: an earlier block gives
/// segments that start further left.
#[inline]
fn start_before(bytes: &[u8], block: usize) -> usize {
    let Some(blocks) = bytes[..block].last_chunk::<{ 2 * BLOCK }>() else {
        return segment_start(bytes, block, 0, &ALPHABET);
    };
    let (blocks, _) = blocks.as_chunks();
    match digit_mask(&blocks[1]) {
        ALL => block - BLOCK - digit_mask(&blocks[0]).leading_ones() as usize,
        before => block - before.leading_ones() as usize,
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
        fn runs_that_touch_a_range_are_never_missed(
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
            prop_assert!(next_run_touching(&text, &range, 0).is_some());
            let (end, from) = (touching.start, touching.start.saturating_sub(len));
            prop_assert!(next_run_touching(&text, &(from..end), 0).is_some());
            let next = next_run_touching(&text, &(from..end), before.len());
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
            prop_assert!(next_run_touching(&text, &(start..text.len().min(start + len)), 0).is_some());
        }

        #[test]
        fn segments_end_where_their_digits_do(text in "[A-Z]{0,60}[A-Z.]{0,9}", limit in 0..70usize) {
            let limit = limit.min(text.len());
            prop_assert_eq!(end(text.as_bytes(), 0, limit), segment_end(text.as_bytes(), 0, limit, &ALPHABET));
        }
    }
}

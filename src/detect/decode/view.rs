//! A view: decoded bytes with a map back to their source.
//!
//! The map is run-length coded: text that is mostly copied, or whose escape sequences all have one width, costs a
//! handful of entries whatever its length. Base64 has a map of its own, because its bytes start and end inside a
//! character.

use std::ops::Range;

/// Decoded bytes whose sources follow each other at a fixed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MapRun {
    decoded: usize,
    source: usize,
    /// Source bytes from one decoded byte to the next; 0 if one sequence made several bytes.
    step: usize,
    /// Source bytes of each decoded byte.
    width: usize,
}

/// Base64 characters without a line wrap between them: the index of the first and its source offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Base64Line {
    pub(super) index: usize,
    pub(super) source: usize,
}

/// Names of encodings, outermost first.
pub(super) type EncodingNames = &'static [&'static str];

#[derive(Debug, Clone)]
enum SourceMap {
    Runs(Vec<MapRun>),
    /// Decoded byte 0 starts in character `first` of the lines.
    Base64 {
        first: usize,
        lines: Vec<Base64Line>,
    },
    /// Bytes have no source of their own, such as inflated ones: every byte maps to the whole range.
    Whole(Range<usize>),
}

/// Decoded bytes with the way back to the bytes they were decoded from.
#[derive(Debug, Clone)]
pub struct DecodedView {
    /// The decoded bytes.
    pub bytes: Vec<u8>,
    /// The decoded encodings, outermost first, as reports name them.
    pub encodings: &'static [&'static str],
    /// The source bytes of the whole view.
    pub source: Range<usize>,
    /// No anchor of this encoding (in this phase) before this source offset needs a view of its own.
    pub settled: usize,
    map: SourceMap,
}

impl DecodedView {
    /// Returns the source of the decoded `range`. An empty range gives an empty one.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Range<usize> {
        let start = self.source_range(range.start).start;
        let end = if range.end > range.start { self.source_range(range.end - 1).end } else { start };
        start..end.max(start)
    }

    /// Returns the source of one decoded byte; after the last byte, the end of the view.
    #[must_use]
    pub fn source_range(&self, at: usize) -> Range<usize> {
        if at >= self.bytes.len() {
            return self.source.end..self.source.end;
        }
        match &self.map {
            SourceMap::Runs(runs) => {
                let next = runs.partition_point(|run| run.decoded <= at);
                let Some(run) = next.checked_sub(1).and_then(|i| runs.get(i)) else { return self.source.clone() };
                let start = run.source + (at - run.decoded) * run.step;
                start..start + run.width
            }
            SourceMap::Base64 { first, lines } => {
                let index = first + at / 3 * 4 + at % 3;
                character(lines, index)..character(lines, index + 1) + 1
            }
            SourceMap::Whole(range) => range.clone(),
        }
    }

    /// Returns true if each byte has a source of its own.
    #[must_use]
    pub fn is_traced(&self) -> bool {
        !matches!(self.map, SourceMap::Whole(_))
    }

    /// Returns true if the decoded `range` is copied from the source unchanged.
    #[must_use]
    pub fn is_plain(&self, range: Range<usize>) -> bool {
        let SourceMap::Runs(runs) = &self.map else { return false };
        let next = runs.partition_point(|run| run.decoded <= range.start);
        let held = next.checked_sub(1).and_then(|i| runs.get(i));
        let end = runs.get(next).map_or(self.bytes.len(), |run| run.decoded);
        held.is_some_and(|run| (run.step, run.width) == (1, 1)) && range.end <= end
    }

    /// Clones all but the bytes.
    pub(super) fn outline(&self) -> Self {
        Self { bytes: Vec::new(), source: self.source.clone(), map: self.map.clone(), ..*self }
    }

    /// Returns the place in its group of four of the base64 character at a source offset.
    pub(super) fn group_phase_at(&self, source: usize) -> Option<usize> {
        let SourceMap::Base64 { first, lines } = &self.map else { return None };
        let next = lines.partition_point(|line| line.source <= source);
        let line = next.checked_sub(1).and_then(|i| lines.get(i))?;
        let index = line.index + (source - line.source);
        Some((index + 4 - first % 4) % 4)
    }

    /// `first` is the index of the character in which byte 0 starts.
    pub(super) fn of_base64(bytes: Vec<u8>, encodings: EncodingNames, first: usize, lines: Vec<Base64Line>) -> Self {
        Self { bytes, encodings, source: 0..0, settled: 0, map: SourceMap::Base64 { first, lines } }
    }

    /// Makes a view whose bytes all map to the whole source.
    pub(super) fn of_whole(bytes: Vec<u8>, encodings: EncodingNames, source: Range<usize>) -> Self {
        Self { bytes, encodings, settled: source.end, source: source.clone(), map: SourceMap::Whole(source) }
    }

    pub(super) fn covering(mut self, source: Range<usize>, settled: usize) -> Self {
        self.source = source;
        self.settled = settled;
        self
    }
}

/// Returns the source offset of a character by its index.
fn character(lines: &[Base64Line], index: usize) -> usize {
    let next = lines.partition_point(|line| line.index <= index);
    next.checked_sub(1).and_then(|i| lines.get(i)).map_or(0, |line| line.source + (index - line.index))
}

/// Collects decoded bytes and their sources.
#[derive(Debug, Default)]
pub(super) struct ViewBuilder {
    bytes: Vec<u8>,
    runs: Vec<MapRun>,
}

impl ViewBuilder {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), runs: Vec::new() }
    }

    /// Adds one byte that is decoded from `width` source bytes.
    pub(super) fn push(&mut self, byte: u8, source: usize, width: usize) {
        self.run(source, width, width);
        self.bytes.push(byte);
    }

    /// Adds bytes that are decoded from one sequence of `width` source bytes.
    pub(super) fn push_text(&mut self, bytes: &[u8], source: usize, width: usize) {
        match bytes {
            [] => {}
            [byte] => self.push(*byte, source, width),
            _ => {
                self.runs.push(MapRun { decoded: self.bytes.len(), source, step: 0, width });
                self.bytes.extend_from_slice(bytes);
            }
        }
    }

    /// Adds bytes that are the same in the source.
    pub(super) fn copy(&mut self, bytes: &[u8], source: usize) {
        if !bytes.is_empty() {
            self.run(source, 1, 1);
            self.bytes.extend_from_slice(bytes);
        }
    }

    fn run(&mut self, source: usize, step: usize, width: usize) {
        let decoded = self.bytes.len();
        if let Some(last) = self.runs.last()
            && (last.step, last.width) == (step, width)
            && last.source + (decoded - last.decoded) * step == source
        {
            return;
        }
        self.runs.push(MapRun { decoded, source, step, width });
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn finish(self, encodings: EncodingNames, source: Range<usize>, settled: usize) -> DecodedView {
        DecodedView { bytes: self.bytes, encodings, source, settled, map: SourceMap::Runs(self.runs) }
    }
}

/// Source bytes to decode before an anchor, and after it.
pub(super) const LEFT: usize = 4 << 10;
pub(super) const RIGHT: usize = 12 << 10;

/// Returns the offset before which the view around `at`, which ends at `end`, covers all anchors. A token that starts
/// close to the end of a view that was cut short gets a view around its own anchor.
pub(super) fn settled(at: usize, end: usize, is_cut: bool) -> usize {
    const MARGIN: usize = 4 << 10;
    if is_cut { end.saturating_sub(MARGIN).max(at + 1) } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_maps_to_its_source() {
        // ab \x63 d \u20ac e
        let mut builder = ViewBuilder::default();
        builder.copy(b"ab", 10);
        builder.push(b'c', 12, 4);
        builder.copy(b"d", 16);
        builder.push_text("€".as_bytes(), 17, 6);
        builder.copy(b"e", 23);
        let view = builder.finish(&["test"], 10..24, 24);
        assert_eq!(view.bytes, "abcd€e".as_bytes());
        assert_eq!(view.span(0..2), 10..12);
        assert_eq!(view.span(1..3), 11..16);
        assert_eq!(view.span(2..3), 12..16);
        assert_eq!(view.span(4..5), 17..23);
        assert_eq!(view.span(6..8), 17..24);
        assert_eq!(view.span(3..3), 16..16);
        assert_eq!(view.source_range(99), 24..24);
    }

    #[test]
    fn equal_widths_share_a_run() {
        let mut builder = ViewBuilder::default();
        for i in 0..100 {
            builder.push(b'x', i * 3, 3);
        }
        assert_eq!(builder.runs.len(), 1);
        let view = builder.finish(&["test"], 0..300, 300);
        assert_eq!(view.span(50..52), 150..156);
    }
}

//! A view: what some bytes say once an encoding is undone, and where each decoded byte came from.
//!
//! The position map is run-length coded: text that is mostly copied, or whose units all have one width, costs a
//! handful of entries whatever its length. Base64 has its own map, because there a byte begins and ends inside a
//! character.

use std::ops::Range;

/// A stretch of decoded bytes whose source units follow each other at a fixed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    decoded: usize,
    source: usize,
    /// Source bytes from one decoded byte to the next; 0 where one unit made several bytes.
    step: usize,
    /// Source bytes of the unit that made each byte.
    width: usize,
}

/// A stretch of base64 characters without a line break: index of the first character, its source offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) index: usize,
    pub(super) source: usize,
}

/// Names of encodings, outermost first.
pub(super) type Names = &'static [&'static str];

#[derive(Debug, Clone)]
enum Map {
    Runs(Vec<Run>),
    /// Character `first` of the lines begins decoded byte 0.
    Base64 {
        first: usize,
        lines: Vec<Line>,
    },
    /// The source order is reversed or not known in detail: every byte stands for the whole range.
    Whole(Range<usize>),
}

/// Decoded bytes with the way back to the bytes they were decoded from.
#[derive(Debug, Clone)]
pub struct View {
    /// The decoded bytes.
    pub bytes: Vec<u8>,
    /// The encodings that were undone, outermost first, as they are named in `encodings` of a location.
    pub encodings: &'static [&'static str],
    /// The source bytes that the view covers.
    pub source: Range<usize>,
    /// No pivot of this encoding (in this alignment) before this source offset needs a view of its own.
    pub settled: usize,
    map: Map,
}

impl View {
    /// The source range of the units that made the decoded `range`. An empty range gives an empty one.
    #[must_use]
    pub fn span(&self, range: Range<usize>) -> Range<usize> {
        let start = self.unit(range.start).start;
        let end = if range.end > range.start { self.unit(range.end - 1).end } else { start };
        start..end.max(start)
    }

    /// The source range of the unit that made one decoded byte; behind the last byte, the end of the view.
    #[must_use]
    pub fn unit(&self, at: usize) -> Range<usize> {
        if at >= self.bytes.len() {
            return self.source.end..self.source.end;
        }
        match &self.map {
            Map::Runs(runs) => {
                let next = runs.partition_point(|run| run.decoded <= at);
                let Some(run) = next.checked_sub(1).and_then(|i| runs.get(i)) else { return self.source.clone() };
                let start = run.source + (at - run.decoded) * run.step;
                start..start + run.width
            }
            Map::Base64 { first, lines } => {
                let index = first + at / 3 * 4 + at % 3;
                character(lines, index)..character(lines, index + 1) + 1
            }
            Map::Whole(range) => range.clone(),
        }
    }

    /// Whether its bytes have places of their own in the source.
    #[must_use]
    pub fn is_traced(&self) -> bool {
        !matches!(self.map, Map::Whole(_))
    }

    /// Whether the decoded `range` stands in the source just as it is.
    #[must_use]
    pub fn is_plain(&self, range: Range<usize>) -> bool {
        let Map::Runs(runs) = &self.map else { return false };
        let next = runs.partition_point(|run| run.decoded <= range.start);
        let held = next.checked_sub(1).and_then(|i| runs.get(i));
        let end = runs.get(next).map_or(self.bytes.len(), |run| run.decoded);
        held.is_some_and(|run| (run.step, run.width) == (1, 1)) && range.end <= end
    }

    /// What is needed to tell which pivots this view covers.
    pub(super) fn outline(&self) -> Self {
        Self { bytes: Vec::new(), source: self.source.clone(), map: self.map.clone(), ..*self }
    }

    /// Whether the base64 character at a source offset stands in this view at the same place of its group of four.
    pub(super) fn base64_phase_at(&self, source: usize) -> Option<usize> {
        let Map::Base64 { first, lines } = &self.map else { return None };
        let next = lines.partition_point(|line| line.source <= source);
        let line = next.checked_sub(1).and_then(|i| lines.get(i))?;
        let index = line.index + (source - line.source);
        Some((index + 4 - first % 4) % 4)
    }

    /// A view of base64 characters: `first` is the index of the character that begins byte 0.
    pub(super) fn of_base64(bytes: Vec<u8>, encodings: Names, first: usize, lines: Vec<Line>) -> Self {
        Self { bytes, encodings, source: 0..0, settled: 0, map: Map::Base64 { first, lines } }
    }

    /// A view whose bytes cannot be traced one by one, such as inflated ones.
    pub(super) fn of_whole(bytes: Vec<u8>, encodings: Names, source: Range<usize>) -> Self {
        Self { bytes, encodings, settled: source.end, source: source.clone(), map: Map::Whole(source) }
    }

    pub(super) fn covering(mut self, source: Range<usize>, settled: usize) -> Self {
        self.source = source;
        self.settled = settled;
        self
    }
}

/// The source offset of a character by its index.
fn character(lines: &[Line], index: usize) -> usize {
    let next = lines.partition_point(|line| line.index <= index);
    next.checked_sub(1).and_then(|i| lines.get(i)).map_or(0, |line| line.source + (index - line.index))
}

/// Collects decoded bytes and their origins.
#[derive(Debug, Default)]
pub(super) struct Builder {
    bytes: Vec<u8>,
    runs: Vec<Run>,
}

impl Builder {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), runs: Vec::new() }
    }

    /// One decoded byte made by the `width` source bytes at `source`.
    pub(super) fn push(&mut self, byte: u8, source: usize, width: usize) {
        self.run(source, width, width);
        self.bytes.push(byte);
    }

    /// Several decoded bytes made by one unit.
    pub(super) fn unit(&mut self, bytes: &[u8], source: usize, width: usize) {
        match bytes {
            [] => {}
            [byte] => self.push(*byte, source, width),
            _ => {
                self.runs.push(Run { decoded: self.bytes.len(), source, step: 0, width });
                self.bytes.extend_from_slice(bytes);
            }
        }
    }

    /// Bytes that stand for themselves.
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
        self.runs.push(Run { decoded, source, step, width });
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn finish(self, encodings: Names, source: Range<usize>, settled: usize) -> View {
        View { bytes: self.bytes, encodings, source, settled, map: Map::Runs(self.runs) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_knows_its_unit() {
        // ab \x63 d \u20ac e
        let mut builder = Builder::default();
        builder.copy(b"ab", 10);
        builder.push(b'c', 12, 4);
        builder.copy(b"d", 16);
        builder.unit("€".as_bytes(), 17, 6);
        builder.copy(b"e", 23);
        let view = builder.finish(&["test"], 10..24, 24);
        assert_eq!(view.bytes, "abcd€e".as_bytes());
        assert_eq!(view.span(0..2), 10..12);
        assert_eq!(view.span(1..3), 11..16);
        assert_eq!(view.span(2..3), 12..16);
        assert_eq!(view.span(4..5), 17..23);
        assert_eq!(view.span(6..8), 17..24);
        assert_eq!(view.span(3..3), 16..16);
        assert_eq!(view.unit(99), 24..24);
    }

    #[test]
    fn equal_units_share_a_run() {
        let mut builder = Builder::default();
        for i in 0..100 {
            builder.push(b'x', i * 3, 3);
        }
        assert_eq!(builder.runs.len(), 1);
        let view = builder.finish(&["test"], 0..300, 300);
        assert_eq!(view.span(50..52), 150..156);
    }
}

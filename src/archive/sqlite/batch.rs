//! Values of many rows, gathered to be searched at once: each on lines of its own, behind the name of its column.

use std::ops::Range;

use super::super::ValueNames;
use super::super::walker::ArchiveWalker;
use super::schema::{ColumnPlace, Schema};

/// Bytes that are gathered before they are searched.
const FULL: usize = 256 << 10;
/// Shorter values hold nothing that tells anything.
const SHORTEST: usize = 4;
/// Ranges of bytes that are kept; more are joined first.
const MAX_RANGES: usize = 1 << 20;

/// The range of a value in the batch, and its place.
#[derive(Debug)]
struct BatchedValue {
    from: usize,
    to: usize,
    place: ColumnPlace,
}

pub(super) struct ValueBatch<'s> {
    pub(super) schema: &'s Schema,
    text: Vec<u8>,
    values: Vec<BatchedValue>,
    /// Bytes of the file that hold the values of the batch.
    ranges: Vec<Range<u64>>,
    /// Bytes of the file whose values were searched.
    searched: Vec<Range<u64>>,
}

impl<'s> ValueBatch<'s> {
    pub(super) fn new(schema: &'s Schema) -> Self {
        Self { schema, text: Vec::new(), values: Vec::new(), ranges: Vec::new(), searched: Vec::new() }
    }

    pub(super) fn add(&mut self, value: &[u8], place: ColumnPlace) {
        if value.len() < SHORTEST {
            return;
        }
        self.text.extend_from_slice(self.schema.label(place.page, place.column).as_bytes());
        self.text.extend_from_slice(b": ");
        let from = self.text.len();
        self.text.extend_from_slice(value);
        self.values.push(BatchedValue { from, to: self.text.len(), place });
        // An empty line ends whatever could go on in the next line.
        self.text.extend_from_slice(b"\n\n");
    }

    /// Adds the bytes of the file that hold the values added last.
    pub(super) fn cover(&mut self, ranges: Vec<Range<u64>>) {
        self.ranges.extend(ranges);
    }

    /// Searches the values if there are many, or in any case.
    pub(super) fn flush(&mut self, walker: &mut ArchiveWalker<'_>, always: bool) {
        if self.text.len() < FULL && !always {
            return;
        }
        if !self.values.is_empty() {
            walker.values(&self.text, self);
        }
        self.searched.append(&mut self.ranges);
        if self.searched.len() > MAX_RANGES {
            join(&mut self.searched);
            self.searched.truncate(MAX_RANGES);
        }
        self.text.clear();
        self.values.clear();
    }

    /// Returns all bytes of the file whose values were searched, in order.
    pub(super) fn into_searched(mut self) -> Vec<Range<u64>> {
        join(&mut self.searched);
        self.searched
    }
}

impl ValueNames for ValueBatch<'_> {
    fn value_at(&self, offset: usize) -> Option<(Range<usize>, String)> {
        let next = self.values.partition_point(|value| value.from <= offset);
        let value = self.values.get(next.checked_sub(1)?)?;
        Some((value.from..value.to, self.schema.name(&value.place)))
    }
}

/// Sorts ranges and joins those that touch.
fn join(ranges: &mut Vec<Range<u64>>) {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in ranges.drain(..) {
        match joined.last_mut().filter(|last| last.end >= range.start) {
            Some(last) => last.end = last.end.max(range.end),
            None => joined.push(range),
        }
    }
    *ranges = joined;
}

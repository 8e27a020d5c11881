//! Collects the results of one thread.

use super::scan_context::{Collected, ScanContext};
use super::text_result::TextResult;
use super::text_scanner::{Extras, TextScanner};
use super::text_searcher::TextInput;
use crate::detect::LocatedHit;
use crate::lints::SourceFacts;
use crate::model::{Coverage, ScanLocation, SkipReason};

/// One thread's scanner and results. Dropping it adds the results to those of the other threads.
#[derive(Debug)]
pub(crate) struct Collector<'a> {
    pub(crate) context: &'a ScanContext<'a>,
    pub(crate) scanner: TextScanner<'a>,
    collected: Collected,
}

impl<'a> Collector<'a> {
    pub(crate) fn new(context: &'a ScanContext<'a>) -> Self {
        Self { context, scanner: TextScanner::new(context), collected: Collected::default() }
    }

    pub(crate) fn coverage(&mut self) -> &mut Coverage {
        &mut self.collected.coverage
    }

    /// Counts something that was not read.
    pub(crate) fn skip(&mut self, reason: SkipReason, what: &str) {
        self.collected.coverage.skip(reason, what);
    }

    /// Counts places of a blob whose findings are not kept.
    pub(crate) fn leave_out_places(&mut self, blob: String, count: u64) {
        let what = format!("{count} more places of blob {blob}");
        self.collected.coverage.skip_many(SkipReason::OverLimit, count, Some(what));
        *self.collected.more_places.entry(blob).or_default() += count;
    }

    /// Scans a text that is not a file of its own, and keeps the result.
    pub(crate) fn scan_text(&mut self, bytes: &[u8], place: &ScanLocation) {
        let result = self.scanner.scan(TextInput::Bytes(bytes), Extras::default());
        self.add(result, place);
    }

    /// Searches the last component of a path.
    pub(crate) fn scan_name(&mut self, path: &[u8], place: &ScanLocation) {
        let from = memchr::memrchr(b'/', path).map_or(0, |at| at + 1);
        let result = self.scanner.searcher.search_name(path, from);
        if !result.is_clean() {
            result.report_skips(&mut self.collected.coverage, place.name(), usize::MAX);
            self.add_hits(result.hits.into_iter().map(|hit| hit.locate(place)), None);
        }
    }

    /// Keeps the result of the text at `place`.
    pub(crate) fn add(&mut self, result: TextResult, place: &ScanLocation) {
        let bytes = result.bytes + result.member_bytes;
        self.collected.coverage.bytes += bytes;
        self.context.progress.add(bytes);
        result.report_skips(&mut self.collected.coverage, place.name(), usize::MAX);
        self.add_hits(result.hits.into_iter().map(|hit| hit.locate(place)), result.facts);
    }

    /// Keeps hits whose locations are known.
    pub(crate) fn add_hits(
        &mut self,
        hits: impl IntoIterator<Item = LocatedHit>,
        facts: impl IntoIterator<Item = SourceFacts>,
    ) {
        self.collected.hits.extend(hits);
        self.collected.facts.extend(facts);
    }
}

impl Drop for Collector<'_> {
    fn drop(&mut self) {
        self.context.add(std::mem::take(&mut self.collected));
    }
}

//! State that all threads of a scan share, and the collector through which each hands over its results.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Progress;
use super::text_scanner::{Extras, Text, TextResult, TextScanner};
use crate::detect::Engine;
use crate::lints::{LintSet, SourceFacts};
use crate::model::{Coverage, Place, Reason, Sighting};

/// All results of a scan.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// Hits with their locations, in no particular order.
    pub(crate) hits: Vec<Sighting>,
    pub(crate) facts: Vec<SourceFacts>,
    pub(crate) coverage: Coverage,
}

impl Collected {
    fn merge(&mut self, other: Self) {
        self.hits.extend(other.hits);
        self.facts.extend(other.facts);
        self.coverage.merge(other.coverage);
    }
}

/// State that all threads of a scan share.
#[derive(Debug)]
pub(crate) struct ScanContext<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) deadline: Option<Instant>,
    pub(crate) progress: Progress,
    /// Open archives.
    pub(crate) archives: bool,
    /// Compute line hashes.
    pub(crate) line_hashes: bool,
    lints: LintSet<'a>,
    total: Mutex<Collected>,
}

impl<'a> ScanContext<'a> {
    pub(crate) fn new(engine: &'a Engine, deadline: Option<Instant>, progress: Progress) -> Self {
        let lints = LintSet::new(engine);
        Self { engine, deadline, progress, archives: true, line_hashes: true, lints, total: Mutex::default() }
    }

    pub(crate) fn lints(&self) -> &LintSet<'a> {
        &self.lints
    }

    /// Returns true once the deadline has passed.
    pub(crate) fn expired(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Returns the time until the deadline, if there is one.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Ends the progress bar and returns the results of all threads, once they are done.
    pub(crate) fn take_collected(&self) -> Collected {
        self.progress.finish();
        std::mem::take(&mut self.total.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

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
    pub(crate) fn skip(&mut self, reason: Reason, what: &str) {
        self.collected.coverage.skip(reason, what);
    }

    /// Scans a text that is not a file of its own, and keeps the result.
    pub(crate) fn scan_text(&mut self, bytes: &[u8], place: &Place) {
        let result = self.scanner.scan(Text::Bytes(bytes), Extras::default());
        self.add(result, place);
    }

    /// Searches the last component of a path.
    pub(crate) fn scan_name(&mut self, path: &[u8], place: &Place) {
        let from = memchr::memrchr(b'/', path).map_or(0, |at| at + 1);
        let result = self.scanner.search_name(path, from);
        if !result.is_clean() {
            result.report_skips(&mut self.collected.coverage, place.name(), usize::MAX);
            self.add_hits(result.hits.into_iter().map(|hit| hit.locate(place)), None);
        }
    }

    /// Keeps the result of the text at `place`.
    pub(crate) fn add(&mut self, result: TextResult, place: &Place) {
        let bytes = result.bytes + result.member_bytes;
        self.collected.coverage.bytes += bytes;
        self.context.progress.add(bytes);
        result.report_skips(&mut self.collected.coverage, place.name(), usize::MAX);
        self.add_hits(result.hits.into_iter().map(|hit| hit.locate(place)), result.facts);
    }

    /// Keeps hits whose locations are known.
    pub(crate) fn add_hits(
        &mut self,
        hits: impl IntoIterator<Item = Sighting>,
        facts: impl IntoIterator<Item = SourceFacts>,
    ) {
        self.collected.hits.extend(hits);
        self.collected.facts.extend(facts);
    }
}

impl Drop for Collector<'_> {
    fn drop(&mut self) {
        let collected = std::mem::take(&mut self.collected);
        self.context.total.lock().unwrap_or_else(PoisonError::into_inner).merge(collected);
    }
}

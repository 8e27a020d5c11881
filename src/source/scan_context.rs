//! State that all threads of a scan share.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Progress;
use super::interrupt::interrupted;
use crate::detect::Engine;
use crate::detect::LocatedHit;
use crate::lints::{LintSet, SourceFacts};
use crate::model::{Coverage, ScanLocation, SkipReason};

/// All results of a scan.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// Hits with their locations, in no particular order.
    pub(crate) hits: Vec<LocatedHit>,
    /// In the order of their places.
    pub(crate) facts: Vec<SourceFacts>,
    pub(crate) coverage: Coverage,
    /// By blob, the number of its places whose hits were not kept.
    pub(crate) more_places: BTreeMap<String, u64>,
}

impl Collected {
    fn merge(&mut self, other: Self) {
        self.hits.extend(other.hits);
        self.facts.extend(other.facts);
        self.coverage.merge(other.coverage);
        for (blob, count) in other.more_places {
            *self.more_places.entry(blob).or_default() += count;
        }
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

    /// Returns true once the deadline has passed, or the user wants the scan to end.
    pub(crate) fn expired(&self) -> bool {
        interrupted() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// Counts what the caller wanted to be scanned and could not provide.
    pub(crate) fn note_unavailable(&self, what: Option<&str>) {
        if let Some(what) = what {
            let mut total = self.total.lock().unwrap_or_else(PoisonError::into_inner);
            total.coverage.skip(SkipReason::Unavailable, what);
        }
    }

    /// Returns the reason for an archive in a stream that is searched only as the bytes that it is.
    pub(super) fn unopened(&self) -> SkipReason {
        if self.archives { SkipReason::OverLimit } else { SkipReason::ArchiveNotOpened }
    }

    /// Returns the time until the deadline, if there is one.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Adds the results of a thread.
    pub(super) fn add(&self, results: Collected) {
        self.total.lock().unwrap_or_else(PoisonError::into_inner).merge(results);
    }

    /// Ends the progress bar and returns the results of all threads, once they are done.
    pub(crate) fn take_collected(&self) -> Collected {
        self.progress.finish();
        let mut collected = std::mem::take(&mut *self.total.lock().unwrap_or_else(PoisonError::into_inner));
        // The lints follow code in this order, which must not depend on the threads.
        collected.facts.sort_by(|a, b| order_of(a.place()).cmp(&order_of(b.place())));
        collected
    }
}

/// Returns a key that orders the places of one scan.
fn order_of(place: &ScanLocation) -> impl Ord + '_ {
    let ScanLocation { path, archive, within, commit, blob, sequence, .. } = place;
    (&path.text, archive, within, commit, sequence, blob)
}

//! The cost of one outermost archive, nested ones included.
//!
//! All readers and walkers of an outermost archive share its budget. Once it refuses, it refuses for good, and
//! everything unwinds. The first one to notice reports where it was.

use std::cell::Cell;
use std::time::{Duration, Instant};

use crate::model::{
    SkipReason,
    limits::{
        ARCHIVE_RATIO_FLOOR, MAX_ARCHIVE_BYTES, MAX_ARCHIVE_DEPTH, MAX_ARCHIVE_ENTRIES, MAX_ARCHIVE_RATIO,
        MAX_ARCHIVE_SECONDS, MAX_DECODER_MEMORY, MAX_IN_MEMORY,
    },
};

/// Bounds for one outermost archive.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveLimits {
    /// Levels of nested archives, the outermost included.
    pub depth: usize,
    /// Members, nested ones included.
    pub entries: u64,
    /// Bytes that come out of decoders.
    pub bytes: u64,
    /// Bytes out for each byte in, once `floor` bytes came out.
    pub ratio: u64,
    /// Bytes that may come out whatever the ratio.
    pub floor: u64,
    /// Wall-clock time, the visitor's included.
    pub time: Duration,
    /// Bytes of nested archives that are held in memory at a time, for random access.
    pub held: u64,
    /// Bytes of memory for a decoder's dictionary.
    pub memory: u64,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self {
            depth: MAX_ARCHIVE_DEPTH,
            entries: MAX_ARCHIVE_ENTRIES,
            bytes: MAX_ARCHIVE_BYTES,
            ratio: MAX_ARCHIVE_RATIO,
            floor: ARCHIVE_RATIO_FLOOR,
            time: Duration::from_secs(MAX_ARCHIVE_SECONDS),
            held: MAX_IN_MEMORY,
            memory: MAX_DECODER_MEMORY,
        }
    }
}

pub(super) struct ArchiveBudget {
    pub(super) limits: ArchiveLimits,
    size: u64,
    deadline: Option<Instant>,
    entries: Cell<u64>,
    bytes: Cell<u64>,
    stopped: Cell<Option<(SkipReason, &'static str)>>,
    reported: Cell<bool>,
}

impl ArchiveBudget {
    pub(super) fn new(limits: ArchiveLimits, size: u64) -> Self {
        Self {
            limits,
            size,
            deadline: Instant::now().checked_add(limits.time),
            entries: Cell::new(0),
            bytes: Cell::new(0),
            stopped: Cell::new(None),
            reported: Cell::new(false),
        }
    }

    /// Spends one member. Returns false if the budget is spent.
    pub(super) fn entry(&self) -> bool {
        self.entries.set(self.entries.get() + 1);
        if self.entries.get() > self.limits.entries {
            self.stop(SkipReason::OverLimit, "too many members");
        }
        self.in_time()
    }

    pub(super) fn entries_left(&self) -> u64 {
        self.limits.entries.saturating_sub(self.entries.get())
    }

    /// Spends `count` decoded bytes. Returns false if the budget is spent.
    pub(super) fn expand(&self, count: u64) -> bool {
        let bytes = self.bytes.get().saturating_add(count);
        self.bytes.set(bytes);
        // Stored members come out as they went in: any archive may expand to its own size.
        if bytes > self.limits.bytes.max(self.size) {
            self.stop(SkipReason::OverLimit, "expands to too many bytes");
        } else if bytes > self.limits.floor && bytes / self.limits.ratio.max(1) > self.size {
            self.stop(SkipReason::OverLimit, "decompression bomb");
        }
        self.in_time()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.get().is_some()
    }

    /// Returns why the budget was spent, to the first caller only, so that it is counted once.
    pub(super) fn take_stop(&self) -> Option<(SkipReason, &'static str)> {
        let stopped = self.stopped.get()?;
        (!self.reported.replace(true)).then_some(stopped)
    }

    /// Returns false if the budget is spent, its time included.
    pub(super) fn in_time(&self) -> bool {
        if self.deadline.is_some_and(|deadline| Instant::now() > deadline) {
            self.stop(SkipReason::TimedOut, "archive time limit reached");
        }
        !self.is_stopped()
    }

    fn stop(&self, reason: SkipReason, what: &'static str) {
        if !self.is_stopped() {
            self.stopped.set(Some((reason, what)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stops_once_and_for_good() {
        let limits = ArchiveLimits { entries: 1, ..ArchiveLimits::default() };
        let budget = ArchiveBudget::new(limits, 10);
        assert!(budget.entry());
        assert!(!budget.entry());
        assert!(!budget.expand(1));
        assert!(budget.take_stop().is_some());
        assert!(budget.take_stop().is_none());
        assert!(budget.is_stopped());
    }

    #[test]
    fn a_small_archive_may_expand_well() {
        let limits = ArchiveLimits { floor: 1_000, ratio: 10, bytes: 100_000, ..ArchiveLimits::default() };
        let budget = ArchiveBudget::new(limits, 20);
        assert!(budget.expand(1_000));
        assert!(!budget.expand(1));
        let budget = ArchiveBudget::new(limits, 200);
        assert!(budget.expand(2_000));
        assert!(!budget.expand(100_000));
    }
}

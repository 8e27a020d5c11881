//! Shows a progress bar on standard error, for scans that take a while.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Shortest scan that shows a bar.
const PATIENCE: Duration = Duration::from_millis(600);

#[derive(Debug, Default)]
struct Counts {
    items: AtomicU64,
    bytes: AtomicU64,
    total: AtomicU64,
    finished: std::sync::atomic::AtomicBool,
}

/// Counts scanned items and bytes, and may draw them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    counts: Arc<Counts>,
    drawer: Arc<Mutex<Option<std::thread::JoinHandle<()>>>>,
}

impl Progress {
    /// Counts without drawing.
    pub(crate) fn hidden() -> Self {
        Self::default()
    }

    /// Draws to standard error, counting in `unit` ("files", "objects").
    pub(crate) fn drawn(unit: &'static str) -> Self {
        let progress = Self::default();
        let counts = Arc::clone(&progress.counts);
        let thread = std::thread::Builder::new().spawn(move || draw(&counts, unit)).ok();
        *progress.drawer.lock().unwrap_or_else(PoisonError::into_inner) = thread;
        progress
    }

    pub(crate) fn add(&self, bytes: u64) {
        self.add_many(1, bytes);
    }

    pub(crate) fn add_many(&self, items: u64, bytes: u64) {
        self.counts.items.fetch_add(items, Ordering::Relaxed);
        self.counts.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Sets the number of items to expect.
    pub(crate) fn expect(&self, items: u64) {
        self.counts.total.store(items, Ordering::Relaxed);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.counts.finished.store(true, Ordering::Relaxed);
        if let Some(thread) = self.drawer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            thread.thread().unpark();
            // A bar that failed to draw is no reason to fail a scan.
            let _ = thread.join();
        }
    }
}

fn draw(counts: &Counts, unit: &str) {
    std::thread::park_timeout(PATIENCE);
    if counts.finished.load(Ordering::Relaxed) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let template = ProgressStyle::with_template("{spinner} {msg} [{elapsed}]");
    bar.set_style(template.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    while !counts.finished.load(Ordering::Relaxed) {
        let message = message(counts, unit);
        bar.set_message(message);
        bar.tick();
        std::thread::park_timeout(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}

/// Describes the progress so far. Texts that no list of objects names come on top of the total.
fn message(counts: &Counts, unit: &str) -> String {
    let items = counts.items.load(Ordering::Relaxed);
    let bytes = HumanBytes(counts.bytes.load(Ordering::Relaxed));
    match counts.total.load(Ordering::Relaxed) {
        0 => format!("{} {unit}, {bytes}", HumanCount(items)),
        total => format!("{} of {} {unit}, {bytes}", HumanCount(items), HumanCount(total.max(items))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_never_exceeded() {
        let progress = Progress::hidden();
        progress.add_many(3, 1_024);
        assert_eq!(message(&progress.counts, "files"), "3 files, 1.00 KiB");
        progress.expect(1_000);
        assert!(message(&progress.counts, "objects").starts_with("3 of 1,000 objects"));
        progress.add_many(1_000, 0);
        assert!(message(&progress.counts, "objects").starts_with("1,003 of 1,003 objects"));
    }
}

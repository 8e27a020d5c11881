//! The bar on standard error: only on a terminal, and only for scans that take a while.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Scans shorter than this show nothing.
const PATIENCE: Duration = Duration::from_millis(600);

#[derive(Debug, Default)]
struct Counts {
    items: AtomicU64,
    bytes: AtomicU64,
    total: AtomicU64,
    finished: std::sync::atomic::AtomicBool,
}

/// Counts what was scanned and, if wanted, draws it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress {
    counts: Arc<Counts>,
    drawer: Arc<Mutex<Option<std::thread::JoinHandle<()>>>>,
}

impl Progress {
    /// Counts only.
    pub(crate) fn hidden() -> Self {
        Self::default()
    }

    /// Draws to standard error, counting in `unit` ("files", "objects").
    pub(crate) fn drawn(unit: &'static str) -> Self {
        let progress = Self::default();
        let counts = Arc::clone(&progress.counts);
        let thread = std::thread::spawn(move || draw(&counts, unit));
        *progress.drawer.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        progress
    }

    /// One more item of this many bytes.
    pub(crate) fn add(&self, bytes: u64) {
        self.add_many(1, bytes);
    }

    /// Several more items.
    pub(crate) fn add_many(&self, items: u64, bytes: u64) {
        self.counts.items.fetch_add(items, Ordering::Relaxed);
        self.counts.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// How many items there will be, if known.
    pub(crate) fn expect(&self, items: u64) {
        self.counts.total.store(items, Ordering::Relaxed);
    }

    /// Takes the bar away.
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
        let items = counts.items.load(Ordering::Relaxed);
        let bytes = HumanBytes(counts.bytes.load(Ordering::Relaxed));
        let message = match counts.total.load(Ordering::Relaxed) {
            0 => format!("{} {unit}, {bytes}", HumanCount(items)),
            total => format!("{} of {} {unit}, {bytes}", HumanCount(items), HumanCount(total)),
        };
        bar.set_message(message);
        bar.tick();
        std::thread::park_timeout(Duration::from_millis(100));
    }
    bar.finish_and_clear();
}

//! Where texts come from. A source pushes what it reads into a [`Collector`] per thread and counts what it does not.

use std::io::{self, Cursor, Read};
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::archive::{self, Seekable};
use crate::detect::{
    Budget, Engine, Hit, Window,
    stream::{Scratch, scan_reader},
};
use crate::git::ancestry::Unwalkable;
use crate::git::rev::RevError;
use crate::git::walk::ThreadPoolError;
use crate::git::{IndexError, OpenError};
use crate::lints::{self, SourceFacts};
use crate::model::{Coverage, Finding, LocatedHit, Origin, ScanLocation, SkipReason, limits::MAX_IN_MEMORY};
use crate::rules::RuleSet;

pub(crate) mod attribution;
mod disk;
pub mod embedded;
pub mod history;
pub mod ignores;
pub mod members;
mod objects;
pub(crate) mod open_repository;
mod place_lines;
mod progress;
pub(crate) mod pushed;
pub(crate) mod range;
pub(crate) mod snapshots;
pub(crate) mod staged;
pub(crate) mod stdin;
pub mod tracked;
pub mod worktree;

pub use progress::Progress;

/// A target that cannot be opened or walked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Missing(#[from] worktree::Missing),
    #[error(transparent)]
    Repository(#[from] OpenError),
    #[error(transparent)]
    Index(#[from] IndexError),
    /// An end of a range is no commit of the repository; with a hint how to fetch it.
    #[error("{error}{hint}")]
    Revision { error: RevError, hint: &'static str },
    #[error(transparent)]
    Unwalkable(#[from] Unwalkable),
    #[error(transparent)]
    Threads(#[from] ThreadPoolError),
}

/// A target that can be scanned.
pub(crate) trait Source {
    /// Reads the target once. Hits and coverage go to `shared`.
    ///
    /// # Errors
    /// The history of the target cannot be walked.
    fn scan(&mut self, shared: &Shared<'_>) -> Result<(), Error>;

    /// Adds to a finding how long it was exposed, where only the source knows it.
    fn expose(&self, _: &RuleSet, _: &mut Finding) {}

    /// Returns sentences for the user.
    fn warnings(&self) -> &[String] {
        &[]
    }
}

/// Runs `scan` so that a defect which one text brings out does not cost the rest of the scan. The caller counts the
/// text under the reason, and replaces what `scan` may have left half done.
pub(crate) fn guarded<T>(scan: impl FnOnce() -> T) -> Result<T, SkipReason> {
    std::panic::catch_unwind(AssertUnwindSafe(scan)).map_err(|_| SkipReason::Internal)
}

/// Everything that a scan has seen.
#[derive(Debug, Default)]
pub struct Collected {
    /// Hits in their places, in no particular order.
    pub sightings: Vec<LocatedHit>,
    /// What source lints want to know of files.
    pub facts: Vec<SourceFacts>,
    /// What was read and what was not.
    pub coverage: Coverage,
}

impl Collected {
    /// Adds what another thread has seen.
    pub fn merge(&mut self, other: Self) {
        self.sightings.extend(other.sightings);
        self.facts.extend(other.facts);
        self.coverage.merge(other.coverage);
    }
}

/// What every thread of a scan shares.
#[derive(Debug)]
pub struct Shared<'a> {
    /// The matcher.
    pub engine: &'a Engine,
    /// When to stop, if ever.
    pub deadline: Option<Instant>,
    /// What the user sees meanwhile.
    pub progress: Progress,
    /// Whether archives are opened.
    pub archives: bool,
    /// Whether findings are told what code scanning calls their lines, for which their texts are read once more.
    pub line_hashes: bool,
    lints: lints::LintSet<'a>,
    total: Mutex<Collected>,
}

impl<'a> Shared<'a> {
    /// Nothing seen so far.
    #[must_use]
    pub fn new(engine: &'a Engine, deadline: Option<Instant>, progress: Progress) -> Self {
        let lints = lints::LintSet::new(engine);
        Self { engine, deadline, progress, archives: true, line_hashes: true, lints, total: Mutex::default() }
    }

    /// The lints of the engine's rules.
    #[must_use]
    pub fn lints(&self) -> &lints::LintSet<'a> {
        &self.lints
    }

    /// Whether the time is up.
    #[must_use]
    pub fn expired(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    /// How long the scan may still take, if that is bounded.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// What all threads have seen, once they are done.
    #[must_use]
    pub fn take_collected(&self) -> Collected {
        self.progress.finish();
        std::mem::take(&mut self.total.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

/// One thread's share of a scan: scans texts with its own scratch space and hands everything over when dropped.
#[derive(Debug)]
pub struct Collector<'a> {
    shared: &'a Shared<'a>,
    scratch: Scratch,
    /// For members, while `scratch` holds their archive.
    inner: Scratch,
    seen: Collected,
}

impl<'a> Collector<'a> {
    /// A share with nothing in it.
    #[must_use]
    pub fn new(shared: &'a Shared<'a>) -> Self {
        Self { shared, scratch: Scratch::default(), inner: Scratch::default(), seen: Collected::default() }
    }

    /// What all threads share.
    #[must_use]
    pub fn shared(&self) -> &'a Shared<'a> {
        self.shared
    }

    /// The ledger of this share.
    pub fn coverage(&mut self) -> &mut Coverage {
        &mut self.seen.coverage
    }

    /// Counts something that was not read, naming it.
    pub fn skip(&mut self, reason: SkipReason, what: &str) {
        self.seen.coverage.skip(reason, what);
    }

    /// As [`guarded`], for the text that is called `name`. What was found in it before the defect is kept.
    pub(crate) fn guard<T>(&mut self, name: &str, scan: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let outcome = guarded(|| scan(self));
        if let Err(reason) = outcome {
            (self.scratch, self.inner) = Default::default();
            self.skip(reason, name);
        }
        outcome.ok()
    }

    /// Searches a text and keeps its hits under `place`. Returns how many bytes there were, and the hits' lines.
    ///
    /// # Errors
    /// The reader's own; what came before it was searched.
    pub fn text(&mut self, reader: &mut dyn Read, place: &ScanLocation) -> Result<Scanned, io::Error> {
        let mut hits = Vec::new();
        let outcome = scan_reader(self.shared.engine, reader, &mut self.scratch, &mut hits);
        let (bytes, error) = match outcome {
            Ok(bytes) => (bytes, None),
            Err((bytes, error)) => (bytes, Some(error)),
        };
        self.seen.coverage.bytes += bytes;
        if self.scratch.cut_short() {
            self.seen.coverage.skip(SkipReason::OverLimit, place.name());
        }
        self.seen.coverage.skip_hits(self.scratch.left_out(), place.name());
        self.shared.progress.add(bytes);
        let first = self.seen.sightings.len();
        self.keep(hits, place);
        match error {
            Some(error) => Err(error),
            None => Ok(Scanned { bytes, sightings: first..self.seen.sightings.len() }),
        }
    }

    /// Searches a text and, if it is an archive, what it holds. The text must be readable from any position.
    ///
    /// # Errors
    /// The reader's own; what came before it was searched.
    pub fn file(&mut self, input: &mut dyn Seekable, most: u64, place: &ScanLocation) -> Result<Scanned, io::Error> {
        let mut reader: &mut dyn Seekable = input;
        let mut scanned = self.text(&mut Read::take(&mut reader, most), place)?;
        if !scanned.is_clean() {
            match self.scratch.whole(scanned.bytes) {
                Some(whole) => {
                    name_within(self.shared.engine, whole, &mut self.seen.sightings[scanned.sightings.clone()])
                }
                None => self.name_in_large(input, &scanned),
            }
        }
        if self.scratch.whole(scanned.bytes).is_some() {
            self.lint(place, &scanned);
            self.open_small(place, &mut scanned);
        } else if archive::is_archive_at(input) {
            self.members(input, place, &mut scanned);
        }
        Ok(scanned)
    }

    /// As [`Collector::file`], for a text in memory.
    pub fn bytes(&mut self, bytes: &[u8], place: &ScanLocation) -> Scanned {
        let first = self.seen.sightings.len();
        let scanned = self.guard(place.name(), |collector| collector.whole(bytes, place));
        scanned.unwrap_or(Scanned { bytes: 0, sightings: first..self.seen.sightings.len() })
    }

    fn whole(&mut self, bytes: &[u8], place: &ScanLocation) -> Scanned {
        let first = self.seen.sightings.len();
        let nothing = Scanned { bytes: 0, sightings: first..first };
        let mut scanned = self.text(&mut { bytes }, place).unwrap_or(nothing);
        name_within(self.shared.engine, bytes, &mut self.seen.sightings[scanned.sightings.clone()]);
        self.lint(place, &scanned);
        if archive::is_archive(bytes) {
            self.members(&mut Cursor::new(bytes), place, &mut scanned);
        }
        scanned
    }

    /// As [`name_within`], for a text that did not fit the window. What cannot be read again has no names.
    fn name_in_large(&mut self, input: &mut dyn Seekable, scanned: &Scanned) {
        let mut text = Vec::new();
        if scanned.bytes <= MAX_IN_MEMORY
            && input.rewind().is_ok()
            && Read::take(input, MAX_IN_MEMORY).read_to_end(&mut text).is_ok()
        {
            name_within(self.shared.engine, &text, self.sightings_mut(scanned));
        }
    }

    /// Tells what was found what code scanning calls its lines, if anybody asks. `open` gives the text again.
    fn hash_lines<R: Read>(&mut self, scanned: &Scanned, open: impl FnOnce() -> Option<R>) {
        if self.shared.line_hashes && !scanned.is_clean() {
            place_lines::hash(self.sightings_mut(scanned), open);
        }
    }

    /// Gathers what source lints want to know of the text that was searched last, if it is a small file.
    pub(super) fn lint(&mut self, place: &ScanLocation, scanned: &Scanned) {
        if let Some(whole) = self.scratch.whole(scanned.bytes) {
            let mentions = self.scratch.mentions_stripe(self.shared.engine);
            self.seen.facts.extend(self.shared.lints.collect(place, whole, mentions));
        }
    }

    /// Opens the text that was searched last, if it is a small archive.
    fn open_small(&mut self, place: &ScanLocation, scanned: &mut Scanned) {
        if let Some(whole) = self.scratch.whole(scanned.bytes)
            && archive::is_archive(whole)
        {
            let length = whole.len();
            let buffer = self.scratch.take();
            self.members(&mut Cursor::new(&buffer[..length]), place, scanned);
            self.scratch.give_back(buffer);
        }
    }

    /// Opens the archive that was searched as `scanned`.
    fn members(&mut self, input: &mut dyn Seekable, place: &ScanLocation, scanned: &mut Scanned) {
        if !self.shared.archives {
            return self.skip(SkipReason::ArchiveNotOpened, &place.path.text.clone());
        }
        let left = self.shared.time_left();
        let members = members::open(self.shared.engine, input, &mut self.inner, left);
        self.seen.coverage.bytes += members.bytes;
        self.shared.progress.add_many(0, members.bytes);
        for (reason, count, examples) in members.skipped() {
            let mut count = count;
            for example in examples {
                count -= 1;
                self.skip(reason, &format!("{}{example}", place.path.text));
            }
            self.seen.coverage.skip_many(reason, count, None);
        }
        let known = members.fingerprints();
        let inside = members.hits.into_iter().map(|member| LocatedHit { place: member.place(place), hit: member.hit });
        let inside: Vec<LocatedHit> = inside.collect();
        let mut raw = self.seen.sightings.split_off(scanned.sightings.start);
        raw.retain(|sighting| !known.contains(&sighting.hit.fingerprint));
        self.seen.sightings.extend(raw.into_iter().chain(inside));
        scanned.sightings.end = self.seen.sightings.len();
    }

    /// Searches the last component of a path; its directories had their turn.
    pub fn name(&mut self, path: &[u8], place: &ScanLocation) {
        self.guard(&place.path.text, |collector| collector.search_name(path, place));
    }

    fn search_name(&mut self, path: &[u8], place: &ScanLocation) {
        let from = memchr::memrchr(b'/', path).map_or(0, |at| at + 1);
        let mut found = Vec::new();
        self.shared.engine.prefilter().find(path, &mut found);
        if found.is_empty() {
            return;
        }
        let window = Window { judged: from..path.len(), ..Window::whole(path) };
        let place = ScanLocation { origin: Origin::FileName, ..place.clone() };
        let mut budget = Budget::new(path.len());
        let hits = self.shared.engine.judge_within(&window, &found, &mut budget);
        self.seen.coverage.skip_hits(budget.left_out(), &place.path.text);
        self.keep(hits, &place);
    }

    /// What source lints know of the file that was searched last, if it is this one.
    fn facts_of(&mut self, path: &[u8]) -> Option<&mut SourceFacts> {
        self.seen.facts.last_mut().filter(|facts| facts.place().path.text.as_bytes() == path)
    }

    /// The sightings that a text brought, for what can only be told once all of it was read.
    pub fn sightings_mut(&mut self, scanned: &Scanned) -> &mut [LocatedHit] {
        &mut self.seen.sightings[scanned.sightings.clone()]
    }

    fn keep(&mut self, hits: Vec<Hit>, place: &ScanLocation) {
        self.seen.sightings.extend(hits.into_iter().map(|hit| LocatedHit { hit, place: place.clone() }));
    }
}

impl Drop for Collector<'_> {
    fn drop(&mut self) {
        let seen = std::mem::take(&mut self.seen);
        self.shared.total.lock().unwrap_or_else(std::sync::PoisonError::into_inner).merge(seen);
    }
}

/// Says for the hits of a text that holds other texts which of them each is in.
fn name_within(engine: &Engine, text: &[u8], sightings: &mut [LocatedHit]) {
    let offsets: Vec<u64> = sightings.iter().map(|sighting| sighting.hit.span.start).collect();
    if !offsets.is_empty() {
        for (sighting, name) in sightings.iter_mut().zip(embedded::names(text, &offsets, engine.redactor())) {
            sighting.place.within = name;
        }
    }
}

/// What came of one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// How many bytes it had.
    pub bytes: u64,
    sightings: std::ops::Range<usize>,
}

impl Scanned {
    /// Whether nothing was found in it.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.sightings.is_empty()
    }
}

#[cfg(test)]
mod tests;

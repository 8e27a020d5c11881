//! Scans one text of any source: finds credentials, names the embedded text that holds each, opens archives, collects
//! source facts, and computes line hashes.
//!
//! A text goes in as bytes or as a reader. An owned [`TextResult`] comes out, which knows no paths: the source joins it
//! with the location of the text. Limits and the guard against panics apply here, so they are the same for every source.

use std::io::{self, Cursor, Read};
use std::panic::AssertUnwindSafe;

use super::archive_members;
use super::embedded;
use super::scan_context::ScanContext;
use crate::archive::{self, Seekable};
use crate::detect::{
    Budget, Engine, Hit, Redactor, Window,
    prefilter::Found,
    stream::{Scratch, scan_reader},
};
use crate::lints::SourceFacts;
use crate::model::{
    Coverage, Origin, Place, Reason, Sighting,
    limits::MAX_IN_MEMORY,
    line_hash::{self, LineHash, Wanted},
};

/// A text to scan.
pub(crate) enum Text<'t> {
    Bytes(&'t [u8]),
    /// Bytes that were searched already, with the candidates to judge, in order.
    Candidates(&'t [u8], &'t [Found]),
    /// The text can be read again from any position. At most this many bytes of it are searched.
    File(&'t mut dyn Seekable, u64),
    Stream(&'t mut dyn Read),
}

/// Results that a source wants beside the hits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extras<'p> {
    /// The location of a text that source lints may read.
    pub(crate) lint_at: Option<&'p Place>,
    /// Compute line hashes, if a report format needs them.
    pub(crate) line_hashes: bool,
}

impl<'p> Extras<'p> {
    /// Everything, for a file at `place`.
    pub(crate) fn of_file(place: &'p Place) -> Self {
        Self { lint_at: Some(place), line_hashes: true }
    }
}

/// A hit in a text or in an archive member.
#[derive(Debug, Clone)]
pub(crate) struct TextHit {
    pub(crate) hit: Hit,
    /// Archive members, outermost first.
    pub(crate) chain: Vec<String>,
    /// [`Origin::File`] for content, whatever the text is.
    pub(crate) origin: Origin,
    /// The original source of a source map, the cell of a notebook.
    pub(crate) within: Option<String>,
    pub(crate) line_hash: Option<LineHash>,
    /// The previous version of the file has the same credential.
    pub(crate) existing: bool,
}

impl TextHit {
    fn new(hit: Hit, origin: Origin) -> Self {
        Self { hit, chain: Vec::new(), origin, within: None, line_hash: None, existing: false }
    }

    /// Joins the hit with the location of its text.
    pub(crate) fn locate(self, text: &Place) -> Sighting {
        let mut place = text.clone();
        place.archive.extend(self.chain);
        if self.origin != Origin::File {
            place.origin = self.origin;
        }
        (place.within, place.line_hash, place.existing) = (self.within, self.line_hash, self.existing);
        Sighting { hit: self.hit, place }
    }
}

/// The result of scanning one text.
#[derive(Debug, Default)]
pub(crate) struct TextResult {
    /// Hits in the text, then those in archive members.
    pub(crate) hits: Vec<TextHit>,
    pub(crate) bytes: u64,
    pub(crate) member_bytes: u64,
    pub(crate) facts: Option<SourceFacts>,
    /// The reader's error. What came before it was searched.
    pub(crate) failure: Option<io::Error>,
    /// Reasons why the text was searched in part only.
    pub(super) skipped: Vec<Reason>,
    /// Hits over the limit, which were not kept.
    pub(super) left_out: u64,
    pub(super) members: archive_members::SkippedMembers,
}

impl TextResult {
    /// Returns true if nothing was found and everything was read.
    pub(crate) fn is_clean(&self) -> bool {
        self.hits.is_empty() && self.is_complete()
    }

    fn is_complete(&self) -> bool {
        self.failure.is_none() && self.skipped.is_empty() && self.left_out == 0 && self.members.is_empty()
    }

    /// Returns true if the text caused a panic.
    pub(crate) fn is_defective(&self) -> bool {
        self.skipped.contains(&Reason::Internal)
    }

    /// Counts what was not read of the text `name`, with at most `examples` members for each reason.
    pub(crate) fn report_skips(&self, coverage: &mut Coverage, name: &str, examples: usize) {
        if self.is_complete() {
            return;
        }
        self.skipped.iter().for_each(|reason| coverage.skip(*reason, name));
        coverage.skip_hits(self.left_out, name);
        for (reason, skipped) in &self.members {
            let mut count = skipped.count;
            for example in skipped.examples.iter().take(examples) {
                count -= 1;
                coverage.skip(*reason, format!("{name}{example}"));
            }
            coverage.skip_many(*reason, count, None);
        }
    }

    fn add_hits(&mut self, hits: Vec<Hit>, origin: Origin, left_out: u64) {
        self.hits.extend(hits.into_iter().map(|hit| TextHit::new(hit, origin)));
        self.left_out += left_out;
    }
}

/// Runs `scan` and catches a panic, so that a defect which one text brings out does not cost the rest of the scan. The
/// caller counts the text under the reason, and replaces state that `scan` may have left inconsistent.
pub(crate) fn guarded<T>(scan: impl FnOnce() -> T) -> Result<T, Reason> {
    std::panic::catch_unwind(AssertUnwindSafe(scan)).map_err(|_| Reason::Internal)
}

/// One thread's scanner, with buffers that it reuses for every text.
#[derive(Debug)]
pub(crate) struct TextScanner<'a> {
    pub(super) context: &'a ScanContext<'a>,
    scratch: Scratch,
    found: Vec<Found>,
    /// Searches archive members while `scratch` holds their archive.
    inner: Option<Box<TextScanner<'a>>>,
}

impl<'a> TextScanner<'a> {
    pub(crate) fn new(context: &'a ScanContext<'a>) -> Self {
        Self { context, scratch: Scratch::default(), found: Vec::new(), inner: None }
    }

    /// Scans a text and, if it is an archive, its members.
    pub(crate) fn scan(&mut self, mut text: Text<'_>, extras: Extras<'_>) -> TextResult {
        self.guard(|scanner, result| {
            scanner.search_text(&mut text, result);
            if result.failure.is_none() {
                scanner.add_details(text, extras, result);
            }
        })
    }

    /// Searches a text, and opens nothing.
    pub(crate) fn search(&mut self, mut text: Text<'_>) -> TextResult {
        self.guard(|scanner, result| scanner.search_text(&mut text, result))
    }

    /// Searches a name: that of a file, whose directories end at `from`, or another one whole.
    pub(crate) fn search_name(&mut self, path: &[u8], from: usize) -> TextResult {
        self.guard(|scanner, result| {
            let engine = scanner.context.engine;
            scanner.found.clear();
            engine.prefilter().find(path, &mut scanner.found);
            if !scanner.found.is_empty() {
                let window = Window { judged: from..path.len(), ..Window::whole(path) };
                let mut budget = Budget::new(path.len());
                let hits = engine.judge_within(&window, &scanner.found, &mut budget);
                result.add_hits(hits, Origin::FileName, budget.left_out());
            }
        })
    }

    /// Keeps what was found before a panic.
    fn guard(&mut self, scan: impl FnOnce(&mut Self, &mut TextResult)) -> TextResult {
        let mut result = TextResult::default();
        if let Err(reason) = guarded(|| scan(self, &mut result)) {
            *self = Self::new(self.context);
            result.skipped.push(reason);
        }
        result
    }

    fn search_text(&mut self, text: &mut Text<'_>, result: &mut TextResult) {
        match text {
            Text::Candidates(bytes, candidates) => {
                result.bytes = bytes.len() as u64;
                judge(self.context.engine, bytes, candidates, result);
            }
            Text::Bytes(bytes) => self.read(&mut { *bytes }, result),
            Text::File(input, limit) => self.read(&mut Read::take(input, *limit), result),
            Text::Stream(reader) => self.read(reader, result),
        }
    }

    fn read(&mut self, reader: &mut dyn Read, result: &mut TextResult) {
        let mut hits = Vec::new();
        match scan_reader(self.context.engine, reader, &mut self.scratch, &mut hits) {
            Ok(bytes) => result.bytes = bytes,
            Err((bytes, error)) => (result.bytes, result.failure) = (bytes, Some(error)),
        }
        result.add_hits(hits, Origin::File, self.scratch.left_out());
        if self.scratch.cut_short() {
            result.skipped.push(Reason::OverLimit);
        }
    }

    /// Adds what can only be known once the whole text was searched.
    fn add_details(&mut self, mut text: Text<'_>, extras: Extras<'_>, result: &mut TextResult) {
        let Self { context, scratch, inner, .. } = self;
        let small = if let Text::Candidates(..) = text { None } else { scratch.whole(result.bytes) };
        let whole = match text {
            Text::Bytes(bytes) | Text::Candidates(bytes, _) => Some(bytes),
            Text::File(..) | Text::Stream(_) => small,
        };
        if !result.hits.is_empty() {
            let read = if whole.is_none() { read_again(&mut text, result.bytes) } else { None };
            if let Some(bytes) = whole.or(read.as_deref()) {
                name_embedded(bytes, &mut result.hits, context.engine.redactor());
                if extras.line_hashes && context.line_hashes {
                    hash_lines(bytes, &mut result.hits);
                }
            }
        }
        if let (Some(place), Some(small)) = (extras.lint_at, small) {
            result.facts = context.lints().collect(place, small, scratch.mentions_stripe(context.engine));
        }
        let mut open = |archive: &mut dyn Seekable| {
            if context.archives {
                let scanner = inner.get_or_insert_with(|| Box::new(Self::new(context)));
                archive_members::scan(scanner, archive, result);
            } else {
                result.skipped.push(Reason::ArchiveNotOpened);
            }
        };
        if let Some(whole) = whole {
            if archive::is_archive(whole) {
                open(&mut Cursor::new(whole));
            }
        } else if let Text::File(input, _) = text
            && archive::is_archive_at(input)
        {
            open(input);
        }
    }
}

fn judge(engine: &Engine, bytes: &[u8], candidates: &[Found], result: &mut TextResult) {
    if !candidates.is_empty() {
        let mut budget = Budget::new(bytes.len());
        let hits = engine.judge_within(&Window::whole(bytes), candidates, &mut budget);
        result.add_hits(hits, Origin::File, budget.left_out());
        if budget.is_spent() {
            result.skipped.push(Reason::OverLimit);
        }
    }
}

/// Reads a text that does not fit the window once more, if it fits in memory.
fn read_again(text: &mut Text<'_>, bytes: u64) -> Option<Vec<u8>> {
    let Text::File(input, _) = text else { return None };
    let mut read = Vec::new();
    (bytes <= MAX_IN_MEMORY && input.rewind().is_ok()).then_some(())?;
    Read::take(input, MAX_IN_MEMORY).read_to_end(&mut read).ok()?;
    Some(read)
}

/// Names the embedded text that holds each hit.
pub(super) fn name_embedded(bytes: &[u8], hits: &mut [TextHit], redactor: &Redactor) {
    if !hits.is_empty() {
        let offsets: Vec<u64> = hits.iter().map(|hit| hit.hit.span.start).collect();
        hits.iter_mut().zip(embedded::names(bytes, &offsets, redactor)).for_each(|(hit, name)| hit.within = name);
    }
}

/// Computes GitHub's line hash for each hit that is not in an embedded text.
fn hash_lines(bytes: &[u8], hits: &mut [TextHit]) {
    let mut direct: Vec<&mut TextHit> = hits.iter_mut().filter(|hit| hit.within.is_none()).collect();
    let wanted = |TextHit { hit, .. }: &&mut TextHit| Wanted {
        start: (hit.start.line, hit.start.column),
        end: (hit.end.line, hit.end.column),
    };
    let wanted: Vec<Wanted> = direct.iter().map(wanted).collect();
    // Reading stops at the last hit. Reading from memory does not fail.
    let hashes = line_hash::read(&mut { bytes }, &wanted).unwrap_or_default();
    direct.iter_mut().zip(hashes).for_each(|(hit, hash)| hit.line_hash = hash);
}

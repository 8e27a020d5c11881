//! Searches one text or name for credentials, without opening anything.

use std::io::{self, Read};
use std::panic::AssertUnwindSafe;

use super::embedded;
use super::scan_context::ScanContext;
use super::text_result::{TextHit, TextResult};
use crate::archive::Seekable;
use crate::detect::{
    Budget, Redactor, Window,
    prefilter::Candidate,
    stream::{Scratch, scan_reader},
};
use crate::model::{Origin, SkipReason};

/// A text to scan.
pub(crate) enum TextInput<'t> {
    Bytes(&'t [u8]),
    /// Bytes that were searched already, with the candidates to judge, in order.
    Candidates(&'t [u8], &'t [Candidate]),
    /// The text can be read again from any position. At most this many bytes of it are searched.
    File(&'t mut dyn Seekable, u64),
    Stream(&'t mut dyn Read),
}

/// Runs `scan` and catches a panic, so that a defect which one text brings out does not cost the rest of the scan. The
/// caller counts the text under the reason, and replaces state that `scan` may have left inconsistent.
pub(crate) fn guarded<T>(scan: impl FnOnce() -> T) -> Result<T, SkipReason> {
    std::panic::catch_unwind(AssertUnwindSafe(scan)).map_err(|_| SkipReason::Internal)
}

/// Reads until the scan's time is over.
struct TimedReader<'r> {
    inner: &'r mut dyn Read,
    context: &'r ScanContext<'r>,
}

impl Read for TimedReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.context.expired() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "time limit reached"));
        }
        self.inner.read(out)
    }
}

/// One thread's buffers, used for one text after the other.
#[derive(Debug)]
pub(crate) struct TextSearcher<'a> {
    pub(super) context: &'a ScanContext<'a>,
    pub(super) scratch: Scratch,
    found: Vec<Candidate>,
}

impl<'a> TextSearcher<'a> {
    pub(crate) fn new(context: &'a ScanContext<'a>) -> Self {
        Self { context, scratch: Scratch::default(), found: Vec::new() }
    }

    /// Searches a text, and opens nothing.
    pub(crate) fn search(&mut self, mut text: TextInput<'_>) -> TextResult {
        self.guard(|searcher, result| searcher.search_text(&mut text, result))
    }

    /// Searches a name: that of a file, whose directories end at `from`, or another one whole.
    pub(crate) fn search_name(&mut self, path: &[u8], from: usize) -> TextResult {
        self.guard(|searcher, result| {
            let engine = searcher.context.engine;
            searcher.found.clear();
            engine.prefilter().find(path, &mut searcher.found);
            if !searcher.found.is_empty() {
                let window = Window { judged: from..path.len(), ..Window::whole(path) };
                let mut budget = Budget::new(path.len());
                let hits = engine.classify_within(&window, &searcher.found, &mut budget);
                result.add_hits(hits, Origin::FileName, budget.left_out());
            }
        })
    }

    /// Runs `scan` guarded. Keeps the results from before a panic.
    pub(super) fn guard(&mut self, scan: impl FnOnce(&mut Self, &mut TextResult)) -> TextResult {
        let mut result = TextResult::default();
        if let Err(reason) = guarded(|| scan(self, &mut result)) {
            *self = Self::new(self.context);
            result.skipped.push(reason);
        }
        result
    }

    pub(super) fn search_text(&mut self, text: &mut TextInput<'_>, result: &mut TextResult) {
        match text {
            TextInput::Candidates(bytes, candidates) => {
                result.bytes = bytes.len() as u64;
                judge(self.context, bytes, candidates, result);
            }
            TextInput::Bytes(bytes) => self.read(&mut { *bytes }, result),
            TextInput::File(input, limit) => self.read(&mut Read::take(input, *limit), result),
            TextInput::Stream(reader) => self.read(reader, result),
        }
    }

    fn read(&mut self, reader: &mut dyn Read, result: &mut TextResult) {
        let mut hits = Vec::new();
        let reader = &mut TimedReader { inner: reader, context: self.context };
        match scan_reader(self.context.engine, reader, &mut self.scratch, &mut hits) {
            Ok(bytes) => result.bytes = bytes,
            Err((bytes, error)) => (result.bytes, result.failure) = (bytes, Some(error)),
        }
        result.holds_zip = self.scratch.holds_zip();
        result.add_hits(hits, Origin::File, self.scratch.left_out());
        if self.scratch.cut_short() {
            result.skipped.push(SkipReason::OverLimit);
        }
    }
}

fn judge(context: &ScanContext<'_>, bytes: &[u8], candidates: &[Candidate], result: &mut TextResult) {
    if !candidates.is_empty() {
        result.holds_zip = context.engine.holds_zip(candidates);
        let mut budget = Budget::new(bytes.len()).until(context.deadline);
        let hits = context.engine.classify_within(&Window::whole(bytes), candidates, &mut budget);
        result.add_hits(hits, Origin::File, budget.left_out());
        if budget.is_spent() {
            result.skipped.push(if context.expired() { SkipReason::TimedOut } else { SkipReason::OverLimit });
        }
    }
}

/// Names the embedded text that holds each hit.
pub(super) fn name_embedded(bytes: &[u8], hits: &mut [TextHit], redactor: &Redactor) {
    if !hits.is_empty() {
        let offsets: Vec<u64> = hits.iter().map(|hit| hit.hit.span.start).collect();
        hits.iter_mut().zip(embedded::names(bytes, &offsets, redactor)).for_each(|(hit, name)| hit.within = name);
    }
}

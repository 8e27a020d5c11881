//! Scans one text of any source: finds credentials, names the embedded text that holds each, opens archives, collects
//! source facts, and computes line hashes.
//!
//! A text goes in as bytes or as a reader. An owned [`TextResult`] comes out, which knows no paths: the source joins it
//! with the location of the text. Limits and the guard against panics apply here, so they are the same for every source.

use std::io::{Cursor, Read};

use super::archive_members;
use super::scan_context::ScanContext;
use super::text_result::{TextHit, TextResult};
use super::text_searcher::{TextInput, TextSearcher, name_embedded};
use crate::archive::{self, Seekable};
use crate::git::lfs;
use crate::model::{
    ScanLocation, SkipReason,
    limits::MAX_IN_MEMORY,
    line_hash::{self, TokenSpan},
};

/// Results that a source wants beside the hits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extras<'p> {
    /// The location of a text that source lints may read.
    pub(crate) lint_at: Option<&'p ScanLocation>,
    /// Compute line hashes, if a report format needs them.
    pub(crate) line_hashes: bool,
}

impl<'p> Extras<'p> {
    /// Everything, for a file at `place`.
    pub(crate) fn of_file(place: &'p ScanLocation) -> Self {
        Self { lint_at: Some(place), line_hashes: true }
    }
}

/// One thread's scanner, with buffers that it reuses for every text.
#[derive(Debug)]
pub(crate) struct TextScanner<'a> {
    pub(super) searcher: TextSearcher<'a>,
    /// Searches archive members while `searcher` holds their archive.
    members: TextSearcher<'a>,
}

impl<'a> TextScanner<'a> {
    pub(crate) fn new(context: &'a ScanContext<'a>) -> Self {
        Self { searcher: TextSearcher::new(context), members: TextSearcher::new(context) }
    }

    /// Scans a text and, if it is an archive, its members.
    pub(crate) fn scan(&mut self, mut text: TextInput<'_>, extras: Extras<'_>) -> TextResult {
        let Self { searcher, members } = self;
        searcher.guard(|searcher, result| {
            searcher.search_text(&mut text, result);
            if result.failure.is_none() {
                add_details(searcher, members, (text, extras), result);
            }
        })
    }
}

/// Adds what can only be known once the whole text was searched.
fn add_details(
    searcher: &TextSearcher<'_>,
    members: &mut TextSearcher<'_>,
    (mut text, extras): (TextInput<'_>, Extras<'_>),
    result: &mut TextResult,
) {
    let TextSearcher { context, scratch, .. } = searcher;
    let small = if let TextInput::Candidates(..) = text { None } else { scratch.whole(result.bytes) };
    let whole = match text {
        TextInput::Bytes(bytes) | TextInput::Candidates(bytes, _) => Some(bytes),
        TextInput::File(..) | TextInput::Stream(_) => small,
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
        if lfs::pointer(small).is_some() {
            result.skipped.push(SkipReason::LfsPointer);
        }
        result.mentions_stripe = scratch.mentions_stripe(context.engine);
        result.facts = context.lints().collect(place, small, result.mentions_stripe || !result.hits.is_empty());
    }
    let holds_zip = result.holds_zip;
    let mut open = |archive: &mut dyn Seekable| {
        if context.archives {
            archive_members::scan(members, archive, result);
        } else {
            result.skipped.push(SkipReason::ArchiveNotOpened);
        }
    };
    if let Some(whole) = whole {
        if archive::is_archive(whole, holds_zip) {
            open(&mut Cursor::new(whole));
        }
    } else if let TextInput::File(input, _) = text {
        if archive::is_archive_at(input, holds_zip) {
            open(input);
        }
    } else if holds_zip {
        result.skipped.push(context.unopened());
    }
}

/// Reads a text that does not fit the window once more, if it fits in memory.
fn read_again(text: &mut TextInput<'_>, bytes: u64) -> Option<Vec<u8>> {
    let TextInput::File(input, _) = text else { return None };
    let mut read = Vec::new();
    (bytes <= MAX_IN_MEMORY && input.rewind().is_ok()).then_some(())?;
    Read::take(input, MAX_IN_MEMORY).read_to_end(&mut read).ok()?;
    Some(read)
}

/// Computes GitHub's line hash for each hit that is not in an embedded text.
fn hash_lines(bytes: &[u8], hits: &mut [TextHit]) {
    let mut direct: Vec<&mut TextHit> = hits.iter_mut().filter(|hit| hit.within.is_none()).collect();
    let wanted = |TextHit { hit, .. }: &&mut TextHit| TokenSpan {
        start: (hit.start.line, hit.start.column),
        end: (hit.end.line, hit.end.column),
    };
    let wanted: Vec<TokenSpan> = direct.iter().map(wanted).collect();
    let hashes = line_hash::compute(bytes, &wanted);
    direct.iter_mut().zip(hashes).for_each(|(hit, hash)| hit.line_hash = hash);
}

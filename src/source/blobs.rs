//! Reads and scans the blobs of a repository one by one.

use std::collections::HashMap;

use super::Collector;
use super::place_budget::PlaceBudget;
use super::text_result::TextResult;
use super::text_scanner::{Extras, TextScanner};
use super::text_searcher::TextInput;
use crate::git::changes::TreeDiffer;
use crate::git::{ObjectKind, Odb, Oid, lfs};
use crate::lints;
use crate::model::limits::{MAX_IN_MEMORY, WINDOW};
use crate::model::{ScanLocation, SkipReason};

/// Largest blob that is read into memory.
pub(super) const MAX_BLOB: u64 = 4 * MAX_IN_MEMORY;

/// Returns the content of a blob that can be read.
pub(super) fn read(odb: &Odb, oid: &Oid) -> Option<Vec<u8>> {
    match odb.read_within(oid, MAX_BLOB) {
        Ok(Some((ObjectKind::Blob, bytes))) => Some(bytes),
        _ => None,
    }
}

/// Scans the blob at `place`. Counts it and returns `None` if it cannot be read. An object of another kind, which git
/// refuses to check out, is counted as damaged and searched as it is.
pub(super) fn scan(collector: &mut Collector<'_>, odb: &Odb, oid: &Oid, place: &ScanLocation) -> Option<TextResult> {
    match odb.read_within(oid, MAX_BLOB) {
        Ok(Some((kind, bytes))) => {
            if kind != ObjectKind::Blob {
                collector.skip(SkipReason::Damaged, &format!("{oid} is no blob ({})", place.path.text));
            }
            collector.coverage().objects += 1;
            return Some(scan_bytes(&mut collector.scanner, odb, &bytes, Extras::of_file(place)));
        }
        Ok(None) => collector.skip(SkipReason::MissingObject, &format!("{oid} ({})", place.path.text)),
        Err(error) => collector.skip(error.reason(), &format!("{error} ({})", place.path.text)),
    }
    None
}

/// Scans the content of a blob and, if that is a pointer of Git LFS, what it points to, as far as that is here.
pub(super) fn scan_bytes(scanner: &mut TextScanner<'_>, odb: &Odb, bytes: &[u8], extras: Extras<'_>) -> TextResult {
    let mut result = scanner.scan(TextInput::Bytes(bytes), extras);
    match lfs::pointer(bytes).map(|name| lfs::open(&odb.lfs, name)) {
        Some(Ok(Some(mut content))) => {
            result.skipped.retain(|reason| *reason != SkipReason::LfsPointer);
            result.append(scanner.scan(TextInput::File(&mut content, u64::MAX), Extras::default()));
        }
        Some(Err(error)) => result.skipped.push(error.reason()),
        _ => {}
    }
    result
}

/// Counts what was not compared.
pub(super) fn report_gaps(collector: &mut Collector<'_>, differ: &mut TreeDiffer<'_>) {
    for (reason, count, example) in differ.gaps.drain(..) {
        collector.coverage().skip_many(reason, count, Some(example));
    }
}

/// Scans blobs that come up again and again, each as seldom as possible.
#[derive(Default)]
pub(super) struct RepeatedBlobs {
    known: HashMap<Oid, KnownBlob>,
    budget: PlaceBudget,
}

/// A blob that was scanned before.
struct KnownBlob {
    content: KnownContent,
    hits: usize,
    /// Places at which its hits were kept, and others.
    places: usize,
    left_out: u64,
}

enum KnownContent {
    /// Nothing was found, at whatever path without the word `stripe`.
    Clean { bytes: u64, member_bytes: u64 },
    /// Too large for lints, so that the result is the same at every path.
    Large(Box<TextResult>),
    /// Depends on the path.
    Other,
}

impl RepeatedBlobs {
    pub(super) fn knows(&self, oid: &Oid) -> bool {
        self.known.contains_key(oid)
    }

    /// As [`scan`]. Also returns `None` for a place of a blob that has very many.
    pub(super) fn scan(
        &mut self,
        collector: &mut Collector<'_>,
        odb: &Odb,
        oid: &Oid,
        place: &ScanLocation,
    ) -> Option<TextResult> {
        if let Some(known) = self.known.get_mut(oid) {
            match &known.content {
                KnownContent::Clean { bytes, member_bytes } if !lints::names_stripe(&place.path.text) => {
                    collector.coverage().objects += 1;
                    return Some(TextResult { bytes: *bytes, member_bytes: *member_bytes, ..TextResult::default() });
                }
                _ if !self.budget.take(known.places, known.hits) => {
                    known.left_out += 1;
                    return None;
                }
                content => {
                    known.places += 1;
                    if let KnownContent::Large(result) = content {
                        collector.coverage().objects += 1;
                        return Some(result.at_another_path());
                    }
                }
            }
        }
        let result = scan(collector, odb, oid, place);
        let hits = result.as_ref().map_or(0, |result| result.hits.len());
        let content = match &result {
            Some(result) if result.bytes > WINDOW as u64 => KnownContent::Large(Box::new(result.at_another_path())),
            Some(result) if result.is_clean() && !result.mentions_stripe => {
                KnownContent::Clean { bytes: result.bytes, member_bytes: result.member_bytes }
            }
            _ => KnownContent::Other,
        };
        match self.known.get_mut(oid) {
            Some(known) => known.content = content,
            None => {
                self.known.insert(*oid, KnownBlob { content, hits, places: 1, left_out: 0 });
            }
        }
        result
    }

    /// Counts the places that were left out.
    pub(super) fn report(&self, collector: &mut Collector<'_>) {
        for (oid, known) in self.known.iter().filter(|(_, known)| known.left_out > 0) {
            collector.leave_out_places(oid.to_string(), known.left_out);
        }
    }
}

//! Reads and scans the blobs of a repository one by one.

use std::collections::HashMap;

use super::Collector;
use super::text_result::TextResult;
use super::text_scanner::Extras;
use super::text_searcher::TextInput;
use crate::git::changes::TreeDiffer;
use crate::git::{ObjectKind, Odb, Oid};
use crate::lints;
use crate::model::limits::{MAX_IN_MEMORY, WINDOW};
use crate::model::{ScanLocation, SkipReason};

/// Largest blob that is read.
const MAX_BLOB: u64 = 4 * MAX_IN_MEMORY;

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
            return Some(collector.scanner.scan(TextInput::Bytes(&bytes), Extras::of_file(place)));
        }
        Ok(None) => collector.skip(SkipReason::MissingObject, &format!("{oid} ({})", place.path.text)),
        Err(error) => collector.skip(error.reason(), &format!("{error} ({})", place.path.text)),
    }
    None
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
}

/// A blob that was scanned before.
enum KnownBlob {
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

    /// As [`scan`].
    pub(super) fn scan(
        &mut self,
        collector: &mut Collector<'_>,
        odb: &Odb,
        oid: &Oid,
        place: &ScanLocation,
    ) -> Option<TextResult> {
        match self.known.get(oid) {
            Some(KnownBlob::Clean { bytes, member_bytes }) if !lints::names_stripe(&place.path.text) => {
                collector.coverage().objects += 1;
                return Some(TextResult { bytes: *bytes, member_bytes: *member_bytes, ..TextResult::default() });
            }
            Some(KnownBlob::Large(result)) => {
                collector.coverage().objects += 1;
                return Some(result.at_another_path());
            }
            _ => {}
        }
        let result = scan(collector, odb, oid, place);
        let known = match &result {
            Some(result) if result.bytes > WINDOW as u64 => KnownBlob::Large(Box::new(result.at_another_path())),
            Some(result) if result.is_clean() && !result.mentions_stripe => {
                KnownBlob::Clean { bytes: result.bytes, member_bytes: result.member_bytes }
            }
            _ => KnownBlob::Other,
        };
        self.known.insert(*oid, known);
        result
    }
}

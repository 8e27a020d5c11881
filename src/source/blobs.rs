//! Reads and scans the blobs of a repository one by one.

use super::Collector;
use super::text_result::TextResult;
use super::text_scanner::Extras;
use super::text_searcher::Text;
use crate::git::changes::TreeDiffer;
use crate::git::{ObjectKind, Odb, Oid};
use crate::model::{PathText, ScanLocation, SkipReason, limits::MAX_IN_MEMORY};

/// Largest blob that is read.
const MAX_BLOB: u64 = 4 * MAX_IN_MEMORY;

/// Returns the content of a blob that can be read.
pub(super) fn read(odb: &Odb, oid: &Oid) -> Option<Vec<u8>> {
    match odb.read_within(oid, MAX_BLOB) {
        Ok(Some((ObjectKind::Blob, bytes))) => Some(bytes),
        _ => None,
    }
}

/// Scans the blob at `place`. Counts it and returns `None` if it cannot be read.
pub(super) fn scan(collector: &mut Collector<'_>, odb: &Odb, oid: &Oid, place: &ScanLocation) -> Option<TextResult> {
    match odb.read_within(oid, MAX_BLOB) {
        Ok(Some((ObjectKind::Blob, bytes))) => {
            collector.coverage().objects += 1;
            return Some(collector.scanner.scan(Text::Bytes(&bytes), Extras::of_file(place)));
        }
        Ok(Some(_)) => {}
        Ok(None) => collector.skip(SkipReason::MissingObject, &format!("{oid} ({})", place.path.text)),
        Err(error) => collector.skip(error.reason(), &format!("{error} ({})", place.path.text)),
    }
    None
}

/// Counts what could not be compared.
pub(super) fn report_differ(collector: &mut Collector<'_>, differ: &TreeDiffer<'_>) {
    for (error, path) in &differ.problems {
        collector.skip(error.reason(), &format!("{error} ({})", PathText::new(path).text));
    }
    for (oid, path) in &differ.missing {
        collector.skip(SkipReason::MissingObject, &format!("tree {oid} ({})", PathText::new(path).text));
    }
}

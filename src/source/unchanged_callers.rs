//! Handlers that a change leaves as they are, although a file that they call loses its verification.

use super::previous_versions::PreviousVersions;
use super::{Collector, blobs};
use crate::git::Oid;
use crate::lints;
use crate::model::{PathText, Reach, ScanLocation};

/// Changed files that are compared with their previous version at most.
const MAX_CHANGED: usize = 200;

/// Unchanged files that are read at most, the likeliest first.
const MAX_READ: usize = 300;

/// A file of code in both versions.
pub(super) struct ChangedCode {
    pub(super) path: Vec<u8>,
    pub(super) old: Oid,
    pub(super) new: Oid,
}

/// A file of the tree after the change.
pub(super) struct TreeFile {
    pub(super) path: Vec<u8>,
    pub(super) oid: Oid,
}

/// Adds the code of files that lost a verification, and of unchanged files that name them. `files` lists the tree, which
/// is asked for only then.
pub(super) fn add(
    collector: &mut Collector<'_>,
    before: &PreviousVersions<'_>,
    (changed, reach): (&[ChangedCode], Reach),
    files: impl FnOnce(&mut Collector<'_>) -> Vec<TreeFile>,
) {
    let mut stems = Vec::new();
    for ChangedCode { path, old, new } in changed.iter().take(MAX_CHANGED) {
        let place = place(path, reach, new);
        if collector.context.expired() || !lints::may_call(&place.path.text) {
            continue;
        }
        let Some((old, new)) = blobs::read(before.odb, old).zip(blobs::read(before.odb, new)) else { continue };
        if !lints::loses_verification(&old, &new) {
            continue;
        }
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        stems.push(name.split(|byte| *byte == b'.').next().unwrap_or_default().to_vec());
        let facts = collector.context.lints().changed_code(&place, &old, &new);
        collector.add_hits([], facts);
    }
    if stems.is_empty() {
        return;
    }
    let mut files = files(collector);
    files.retain(|file| !changed.iter().any(|changed| changed.path == file.path));
    files.retain(|file| lints::may_call(&PathText::new(&file.path).text));
    files.sort_by_key(|file| !lints::names_handler(&PathText::new(&file.path).text));
    for TreeFile { path, oid } in files.into_iter().take(MAX_READ) {
        if collector.context.expired() {
            break;
        }
        let Some(bytes) = blobs::read(before.odb, &oid) else { continue };
        if stems.iter().any(|stem| memchr::memmem::find(&bytes, stem).is_some()) {
            let facts = collector.context.lints().unchanged_code(&place(&path, reach, &oid), &bytes);
            collector.add_hits([], facts);
        }
    }
}

fn place(path: &[u8], reach: Reach, oid: &Oid) -> ScanLocation {
    ScanLocation { reach, blob: Some(oid.to_string()), ..ScanLocation::file(PathText::new(path)) }
}

//! Scans the text of tags, and files and directories that tags name by themselves.

use std::collections::HashSet;

use super::Collector;
use super::blobs::{self, RepeatedBlobs};
use crate::git::changes::{FileChange, TreeDiffer};
use crate::git::commit::tag_target;
use crate::git::{ObjectKind, Odb, Oid};
use crate::model::{Origin, PathText, Reach, ScanLocation, SkipReason};

/// The objects behind the heads of a scan.
#[derive(Debug, Default)]
pub(super) struct TaggedObjects {
    /// All, each of them read once.
    seen: HashSet<Oid>,
    /// Directories, which are still to be searched.
    pub(super) trees: Vec<Oid>,
}

/// Searches the text of tags and returns the commit behind them, unless another tag led there. Searches a file behind
/// them, too, and returns `None`, as for a directory.
pub(super) fn peel(collector: &mut Collector<'_>, odb: &Odb, mut oid: Oid, tagged: &mut TaggedObjects) -> Option<Oid> {
    while tagged.seen.insert(oid) {
        let place = |origin| ScanLocation {
            origin,
            reach: Reach::Ref,
            blob: Some(oid.to_string()),
            ..ScanLocation::file(PathText::default())
        };
        match odb.read(&oid) {
            Ok(Some((ObjectKind::Commit, _))) => return Some(oid),
            Ok(Some((ObjectKind::Tag, bytes))) => {
                collector.coverage().objects += 1;
                collector.scan_text(&bytes, &place(Origin::TagMessage));
                let Some(target) = tag_target(&bytes, odb.format) else {
                    collector.skip(SkipReason::Damaged, &format!("tag {oid}"));
                    return None;
                };
                oid = target;
            }
            Ok(Some((ObjectKind::Blob, _))) => {
                let place = place(Origin::File);
                if let Some(result) = blobs::scan(collector, odb, &oid, &place) {
                    collector.add(result, &place);
                }
                return None;
            }
            Ok(Some((ObjectKind::Tree, _))) => {
                tagged.trees.push(oid);
                return None;
            }
            Ok(None) => {
                collector.skip(SkipReason::MissingObject, &format!("object {oid}"));
                return None;
            }
            Err(error) => {
                collector.skip(error.reason(), &error.to_string());
                return None;
            }
        }
    }
    None
}

/// Searches directories that tags name by themselves.
pub(super) fn scan_trees(collector: &mut Collector<'_>, odb: &Odb, trees: &[Oid]) {
    let context = collector.context;
    let stop = || context.expired();
    let mut differ = TreeDiffer::new(odb, &stop);
    differ.all_of(trees);
    blobs::report_gaps(collector, &mut differ);
    let mut blobs = RepeatedBlobs::default();
    for FileChange { path, new, .. } in differ.changes {
        let shown = PathText::new(&path);
        let place = ScanLocation { reach: Reach::Ref, blob: Some(new.oid.to_string()), ..ScanLocation::file(shown) };
        if context.expired() {
            collector.skip(SkipReason::TimedOut, &place.path.text);
        } else if new.is_submodule() {
            collector.skip(SkipReason::Submodule, &place.path.text);
        } else {
            collector.scan_name(&path, &place);
            if let Some(result) = blobs.scan(collector, odb, &new.oid, &place) {
                collector.add(result, &place);
            }
        }
    }
    blobs.report(collector);
}

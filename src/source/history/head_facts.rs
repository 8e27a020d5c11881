//! Collects source facts from the code in HEAD's tree.
//!
//! Keys are searched in every object of a store. The meaning of code depends on the tree that it is in, and HEAD's is the
//! one that will be run.

use std::collections::HashSet;

use rayon::prelude::*;

use super::worker::{HistoryContext, HistoryWorker};
use crate::git::changes::TreeDiffer;
use crate::git::walk::VisitedObject;
use crate::git::{ObjectKind, Oid};
use crate::lints::{self, MAX_SOURCE, SourceFacts};
use crate::model::{PathText, Reach, ScanLocation, SkipReason};
use crate::source::open_repository::tree_of;
use crate::source::text_searcher::guarded;

/// Reads the files of HEAD. Unreadable blobs were counted by the search of the store, which also recorded the blobs that
/// mention Stripe: the others are not read again.
pub(super) fn facts(context: &HistoryContext<'_>, head: Option<Oid>, mentions: &HashSet<Oid>) -> Vec<SourceFacts> {
    let (scan, odb) = (context.scan, context.odb);
    let Some(head) = head.filter(|_| scan.lints().read_code()) else { return Vec::new() };
    let stop = || scan.expired();
    let mut differ = TreeDiffer::new(odb, &stop);
    differ.trees(&[None], tree_of(odb, &head));
    // Trees that cannot be read were counted by the search of the store.
    let cut_short = |reason| matches!(reason, SkipReason::OverLimit | SkipReason::TimedOut);
    for (reason, count, example) in differ.gaps.into_iter().filter(|gap| cut_short(gap.0)) {
        HistoryWorker::new(context).partial.coverage.skip_many(reason, count, Some(example));
    }
    let may_matter = |path: &str, oid: &Oid| {
        // The cheap test first: a path is compared with hundreds of words.
        (mentions.contains(oid) || lints::mention_stripe(path.as_bytes()) || context.is_cached(oid.as_bytes()))
            && scan.lints().may_read(path)
    };
    let files: Vec<(String, Oid)> = differ
        .changes
        .into_iter()
        .filter_map(|change| Some((String::from_utf8(change.path).ok()?, change.new)))
        .filter(|(path, side)| side.mode & 0o170_000 == 0o100_000 && may_matter(path, &side.oid))
        .map(|(path, side)| (path, side.oid))
        .collect();
    let read = |(path, oid): &(String, Oid)| {
        if scan.expired() {
            return None;
        }
        let Ok(Some((ObjectKind::Blob, bytes))) = odb.read_within(oid, MAX_SOURCE as u64) else { return None };
        let place = ScanLocation {
            reach: Reach::Head,
            blob: Some(oid.to_string()),
            ..ScanLocation::file(PathText::new(path.as_bytes()))
        };
        let collect = || scan.lints().collect(&place, &bytes, lints::mention_stripe(&bytes));
        guarded(collect).unwrap_or_else(|reason| {
            let object = VisitedObject { oid: *oid, kind: ObjectKind::Blob, fresh: true };
            HistoryWorker::new(context).defect(&object, reason);
            None
        })
    };
    let mut facts: Vec<SourceFacts> = files.par_iter().filter_map(read).collect();
    facts.sort_by(|a, b| a.place().path.cmp(&b.place().path));
    facts
}

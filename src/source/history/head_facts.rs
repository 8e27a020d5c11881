//! Collects source facts from the code in HEAD's tree.
//!
//! Keys are searched in every object of a store. The meaning of code depends on the tree that it is in, and HEAD's is the
//! one that will be run.

use std::collections::HashSet;

use rayon::prelude::*;

use super::cache::flags;
use super::worker::{HistoryContext, HistoryWorker};
use crate::git::changes::TreeDiffer;
use crate::git::{ObjectKind, Odb, Oid};
use crate::lints::{self, MAX_SOURCE, SourceFacts};
use crate::model::{PathText, Reach, ScanLocation, SkipReason};
use crate::source::ScanContext;
use crate::source::open_repository::tree_of;
use crate::source::text_searcher::guarded;

/// The tree of HEAD, and those of its files that have facts.
#[derive(Debug, Clone, Default)]
pub(super) struct HeadFiles {
    pub(super) tree: Option<Oid>,
    pub(super) files: Vec<(String, Oid)>,
}

/// Reads the files of HEAD. Unreadable blobs were counted by the search of the store, which also recorded the blobs that
/// mention Stripe: the others are not read again. Also returns the files with facts, if all files were read.
pub(super) fn facts(
    context: &HistoryContext<'_>,
    head: Option<Oid>,
    mentions: &HashSet<Oid>,
    known: Option<&HeadFiles>,
) -> (Vec<SourceFacts>, Option<HeadFiles>) {
    let Some(head) = head.filter(|_| context.scan.lints().read_code()) else {
        return (Vec::new(), Some(HeadFiles::default()));
    };
    let tree = tree_of(context.odb, &head);
    let (files, is_whole) = match known.filter(|known| known.tree == tree) {
        Some(known) => (known.files.clone(), true),
        None => files_of(context, tree, mentions),
    };
    let ReadFiles { facts, files, defects } = read_files((context.scan, context.odb), &files);
    for (reason, oid) in &defects {
        HistoryWorker::new(context).partial.coverage.skip(*reason, format!("{} {oid}", ObjectKind::Blob.name()));
    }
    let is_whole = is_whole && defects.is_empty() && !context.scan.expired();
    (facts, is_whole.then_some(HeadFiles { tree, files }))
}

/// Facts of files, in the order of their paths.
pub(super) struct ReadFiles {
    pub(super) facts: Vec<SourceFacts>,
    /// The files that have any.
    files: Vec<(String, Oid)>,
    /// Files that cause a panic.
    defects: Vec<(SkipReason, Oid)>,
}

/// Reads files.
pub(super) fn read_files(from: (&ScanContext<'_>, &Odb), files: &[(String, Oid)]) -> ReadFiles {
    let read: Vec<_> = files.par_iter().map(|file| read(from, file)).collect();
    let (mut found, mut defects) = (Vec::new(), Vec::new());
    for (file, read) in files.iter().zip(read) {
        match read {
            Ok(facts) => found.extend(facts.map(|facts| (facts, file.clone()))),
            Err(reason) => defects.push((reason, file.1)),
        }
    }
    found.sort_by(|a, b| a.0.place().path.cmp(&b.0.place().path));
    let (facts, files) = found.into_iter().unzip();
    ReadFiles { facts, files, defects }
}

/// Lists the files of a tree that may have facts. Returns false if there may be more.
fn files_of(context: &HistoryContext<'_>, tree: Option<Oid>, mentions: &HashSet<Oid>) -> (Vec<(String, Oid)>, bool) {
    let scan = context.scan;
    let stop = || scan.expired();
    let mut differ = TreeDiffer::new(context.odb, &stop);
    differ.trees(&[None], tree);
    let is_whole = differ.gaps.is_empty();
    // Trees that cannot be read were counted by the search of the store.
    let cut_short = |reason| matches!(reason, SkipReason::OverLimit | SkipReason::TimedOut);
    for (reason, count, example) in differ.gaps.into_iter().filter(|gap| cut_short(gap.0)) {
        HistoryWorker::new(context).partial.coverage.skip_many(reason, count, Some(example));
    }
    let mentions = |oid: &Oid| mentions.contains(oid) || context.is_known(oid, |flags| flags & flags::MENTIONS != 0);
    // The cheap test first: a path is compared with hundreds of words.
    let may_matter = |path: &str, oid: &Oid| {
        (mentions(oid) || lints::mention_stripe(path.as_bytes())) && scan.lints().may_read(path)
    };
    let files = differ
        .changes
        .into_iter()
        .filter_map(|change| Some((String::from_utf8(change.path).ok()?, change.new)))
        .filter(|(path, side)| side.mode & 0o170_000 == 0o100_000 && may_matter(path, &side.oid))
        .map(|(path, side)| (path, side.oid));
    (files.collect(), is_whole)
}

/// Collects the facts of a file.
fn read((scan, odb): (&ScanContext<'_>, &Odb), (path, oid): &(String, Oid)) -> Result<Option<SourceFacts>, SkipReason> {
    if scan.expired() {
        return Ok(None);
    }
    let Ok(Some((ObjectKind::Blob, bytes))) = odb.read_within(oid, MAX_SOURCE as u64) else { return Ok(None) };
    let place = ScanLocation {
        reach: Reach::Head,
        blob: Some(oid.to_string()),
        ..ScanLocation::file(PathText::new(path.as_bytes()))
    };
    guarded(|| scan.lints().collect(&place, &bytes, lints::mention_stripe(&bytes)))
}

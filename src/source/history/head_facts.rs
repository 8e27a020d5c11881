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
use crate::source::text_searcher::guarded;

/// Files that are read for their names alone at most, those that are named after hooks first.
const MAX_NAMED: usize = 100;

/// Most files without facts that are remembered. Others are read again when HEAD moves.
const MAX_SILENT: usize = 5_000;

/// The tree of HEAD, and those of its files that have facts.
#[derive(Debug, Clone, Default)]
pub(super) struct HeadFiles {
    pub(super) tree: Option<Oid>,
    pub(super) files: Vec<(String, Oid)>,
    /// Files that were read and have none, as many as are kept.
    pub(super) silent: Vec<(String, Oid)>,
}

/// Reads the files of HEAD, whose tree this is. Unreadable blobs were counted by the search of the store, which also recorded the blobs that
/// mention Stripe: of the others, only those are read again whose names say that they handle payments, in packages that depend on
/// Stripe. Also returns the files with facts, if all files were read.
pub(super) fn facts(
    context: &HistoryContext<'_>,
    tree: Option<Oid>,
    mentions: &HashSet<Oid>,
    known: Option<&HeadFiles>,
) -> (Vec<SourceFacts>, Option<HeadFiles>) {
    let silent: HashSet<&(String, Oid)> = known.iter().flat_map(|known| &known.silent).collect();
    let (files, mut silent, is_whole) = match known.filter(|known| known.tree == tree) {
        Some(known) => (known.files.clone(), known.silent.clone(), true),
        None => {
            let (files, is_whole) = files_of(context, tree, mentions);
            let (silent, files) = files.into_iter().partition(|file| silent.contains(file));
            (files, silent, is_whole)
        }
    };
    let ReadFiles { facts, files, defects, others } = read_files((context.scan, context.odb), &files);
    for (reason, oid) in &defects {
        HistoryWorker::new(context).partial.coverage.skip(*reason, format!("{} {oid}", ObjectKind::Blob.name()));
    }
    silent.extend(others);
    silent.truncate(MAX_SILENT);
    let is_whole = is_whole && defects.is_empty() && !context.scan.expired();
    (facts, is_whole.then_some(HeadFiles { tree, files, silent }))
}

/// Facts of files, in the order of their paths.
pub(super) struct ReadFiles {
    pub(super) facts: Vec<SourceFacts>,
    /// The files that have any.
    files: Vec<(String, Oid)>,
    /// The files that have none.
    others: Vec<(String, Oid)>,
    /// Files that cause a panic.
    defects: Vec<(SkipReason, Oid)>,
}

/// Reads files.
pub(super) fn read_files(from: (&ScanContext<'_>, &Odb), files: &[(String, Oid)]) -> ReadFiles {
    let read: Vec<_> = files.par_iter().map(|file| read(from, file)).collect();
    let (mut found, mut others, mut defects) = (Vec::new(), Vec::new(), Vec::new());
    for (file, read) in files.iter().zip(read) {
        match read {
            Ok(Some(facts)) => found.push((facts, file.clone())),
            Ok(None) => others.push(file.clone()),
            Err(reason) => defects.push((reason, file.1)),
        }
    }
    found.sort_by(|a, b| a.0.place().path.cmp(&b.0.place().path));
    let (facts, files) = found.into_iter().unzip();
    ReadFiles { facts, files, others, defects }
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
    let files = differ.changes.into_iter().filter(|change| change.new.mode & 0o170_000 == 0o100_000);
    let files: Vec<(String, Oid)> =
        files.filter_map(|change| Some((String::from_utf8(change.path).ok()?, change.new.oid))).collect();
    // Code that handles payments in a package that depends on Stripe need not say so itself.
    let depends = |(path, oid): &&(String, Oid)| lints::is_manifest(path) && mentions(oid);
    let packages: HashSet<&str> = files.iter().filter(depends).map(|(path, _)| lints::directory(path)).collect();
    let depends = |path: &str| !packages.is_empty() && lints::ancestors(path).any(|above| packages.contains(above));
    // The cheap test first: a path is compared with hundreds of words.
    let speaks = |(path, oid): &&(String, Oid)| mentions(oid) || lints::names_stripe(path);
    let (said, others): (Vec<_>, Vec<_>) = files.iter().partition(speaks);
    let mut named: Vec<_> =
        others.into_iter().filter(|(path, _)| lints::may_name_event(path) && depends(path)).collect();
    named.sort_by_key(|(path, _)| !path.contains("hook"));
    let files = said.into_iter().chain(named.into_iter().take(MAX_NAMED));
    (files.filter(|(path, _)| scan.lints().may_read(path)).cloned().collect(), is_whole)
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

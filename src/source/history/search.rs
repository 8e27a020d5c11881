//! Walks over the objects of a store: the blobs first, then, knowing which of them have hits, trees, commits and tags.

use std::collections::BTreeSet;

use super::OpenedStore;
use super::blob_visitor::BlobVisitor;
use super::lfs;
use super::tree_visitor::{TreeVisitor, WalkPurpose};
use super::worker::{HistoryContext, HistoryPartial};
use crate::git::refs::Refs;
use crate::git::walk::{WalkFailures, WalkPlan};
use crate::git::{ObjectKind, Oid};
use crate::model::Origin;
use crate::source::ScanContext;
use crate::source::attribution;
use crate::source::text_scanner::TextScanner;

/// The trees, commits and tags to gather for attribution, if there is a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gather {
    Nothing,
    /// Objects that are searched: the others are known.
    Searched,
    All,
}

/// Searches the objects that are due. What is gathered is `gather`, or everything if other known blobs have hits than those
/// that are `marked` in the graph: content of Git LFS comes and goes.
pub(super) fn search(
    context: &HistoryContext<'_>,
    opened: &OpenedStore<'_>,
    (mut gather, marked): (Gather, &BTreeSet<Oid>),
) -> (HistoryPartial, WalkFailures, Gather) {
    let (store, due) = (opened.store, context.due);
    let stop = || context.scan.expired();
    let expect = |objects| context.scan.progress.expect(objects);
    let plan = WalkPlan { kinds: &[ObjectKind::Blob], wanted: due, stop: &stop };
    let mut lost = store.walk(&plan, &|| BlobVisitor::new(context), &expect);
    let mut partial = context.take();
    lfs::scan(context, store, &mut partial);
    search_ref_names(context.scan, opened.refs, &mut partial);
    let known = partial.hits.iter().filter(|hit| hit.kind == ObjectKind::Blob && context.is_known(&hit.oid, |_| true));
    if gather == Gather::Searched && *marked != known.map(|hit| hit.oid).collect() {
        gather = Gather::All;
    }
    let blobs_with_hits = |partial: &HistoryPartial| {
        let blobs = partial.hits.iter().filter(|hit| hit.kind == ObjectKind::Blob);
        let prefixes = || blobs.map(|hit| attribution::oid_prefix(&hit.oid)).collect();
        let gathers = gather != Gather::Nothing && !partial.hits.is_empty();
        gathers.then(|| attribution::PrefixTable::new(prefixes()))
    };
    let blobs = blobs_with_hits(&partial);
    let gathered = due.filter(|_| gather != Gather::All);
    let wanted = if blobs.is_some() { gathered } else { due };
    let plan = WalkPlan { kinds: &[ObjectKind::Tree, ObjectKind::Commit, ObjectKind::Tag], wanted, stop: &stop };
    let purpose = WalkPurpose { search: true, gather: blobs.as_ref() };
    lost.merge(store.walk(&plan, &|| TreeVisitor::new(context, store, purpose), &expect));
    partial.merge(context.take());
    if let (None, Some(blobs)) = (&blobs, blobs_with_hits(&partial)) {
        // The first hit is in a name or a commit: nothing was gathered yet.
        let plan = WalkPlan { wanted: gathered, ..plan };
        let purpose = WalkPurpose { search: false, gather: Some(&blobs) };
        store.walk(&plan, &|| TreeVisitor::new(context, store, purpose), &|_| {});
        partial.merge(context.take());
    }
    (partial, lost, gather)
}

fn search_ref_names(scan: &ScanContext<'_>, refs: &Refs, partial: &mut HistoryPartial) {
    let mut scanner = TextScanner::new(scan);
    for (name, oid) in &refs.refs {
        let mut result = scanner.searcher.search_name(name, 0);
        if !result.is_clean() {
            result.hits.iter_mut().for_each(|hit| hit.origin = Origin::RefName);
            partial.add((*oid, ObjectKind::Commit), Some(name), &format!("the name of a ref to {oid}"), result);
        }
    }
}

//! HEAD's tree, for lints: its program code, and the files beside it.
//!
//! Keys are looked for in every object of a store; what code means can only be asked of a tree, and HEAD's is the one
//! that somebody is about to run.

use std::collections::HashSet;

use rayon::prelude::*;

use super::visitor::{Common, Share};
use crate::git::changes::TreeDiffer;
use crate::git::walk::VisitedObject;
use crate::git::{ObjectKind, Oid, Repository};
use crate::lints::{self, MAX_SOURCE, Neighbours, SourceFacts};
use crate::model::{PathText, Place, Reach};
use crate::source::guarded;
use crate::source::neighbours::Committed;
use crate::source::staged::tree_of;

/// The trees of several repositories' HEADs, each below its own directory of the report's root.
#[derive(Default)]
pub struct Heads(Vec<(String, Committed)>);

impl Heads {
    /// Adds a repository. `below` ends with a slash, or is empty.
    pub(super) fn add(&mut self, below: &str, repository: &Repository, head: Option<Oid>) {
        if let Some(head) = head {
            self.0.push((below.to_owned(), Committed::new(repository.clone(), head)));
        }
    }
}

impl Neighbours for Heads {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        // The innermost repository has the file.
        let below = self.0.iter().filter_map(|(below, tree)| Some((path.strip_prefix(below.as_str())?, tree)));
        let (path, tree) = below.min_by_key(|(path, _)| path.len())?;
        tree.read(path)
    }

    fn holds(&self, reach: Reach) -> bool {
        reach == Reach::Head
    }
}

impl std::fmt::Debug for Heads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Heads").field(&self.0.len()).finish()
    }
}

/// What source lints want to know of HEAD's files. What cannot be read was counted by the search of the store, which
/// also knows what mentions Stripe: the other blobs are not read again.
pub(super) fn facts(common: &Common<'_>, head: Option<Oid>, mentions: &HashSet<Oid>) -> Vec<SourceFacts> {
    let (shared, odb) = (common.shared, common.odb);
    let Some(head) = head.filter(|_| shared.lints().read_code()) else { return Vec::new() };
    let mut differ = TreeDiffer::new(odb, common.repo.format);
    differ.trees(None, tree_of(odb, common.repo, &head));
    let may_matter = |path: &str, oid: &Oid| {
        // What few files fulfil comes first: a path is compared with hundreds of words.
        (mentions.contains(oid) || lints::mention_stripe(path.as_bytes()) || common.knows(oid.as_bytes()))
            && shared.lints().may_read(path)
    };
    let files: Vec<(String, Oid)> = differ
        .changes
        .into_iter()
        .filter_map(|change| Some((String::from_utf8(change.path).ok()?, change.new?)))
        .filter(|(path, side)| side.mode & 0o170_000 == 0o100_000 && may_matter(path, &side.oid))
        .map(|(path, side)| (path, side.oid))
        .collect();
    let read = |(path, oid): &(String, Oid)| {
        if shared.expired() {
            return None;
        }
        let Ok(Some((ObjectKind::Blob, bytes))) = odb.read_within(oid, MAX_SOURCE as u64) else { return None };
        let place =
            Place { reach: Reach::Head, blob: Some(oid.to_string()), ..Place::file(PathText::new(path.as_bytes())) };
        let collect = || shared.lints().collect(&place, &bytes, lints::mention_stripe(&bytes));
        guarded(collect).unwrap_or_else(|reason| {
            let object = VisitedObject { oid: *oid, kind: ObjectKind::Blob, fresh: true };
            Share::new(common).defect(&object, reason);
            None
        })
    };
    let mut facts: Vec<SourceFacts> = files.par_iter().filter_map(read).collect();
    facts.sort_by(|a, b| a.place().path.cmp(&b.place().path));
    facts
}

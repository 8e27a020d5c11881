//! What is about to be committed: the staged blobs that differ from HEAD, from the index in force.
//!
//! Reads blobs by id, never the work tree, which may differ from both. A key that already stood in that file of HEAD
//! is `existing`.

use super::objects::{self, Before};
use super::{Collector, Shared};
use crate::coverage::Reason;
use crate::finding::Reach;
use crate::git::changes::{Change, Differ};
use crate::git::{Commit, GitEnv, Index, IndexError, Kind, Odb, Oid, Repository, rev};
use crate::site::{PathText, Place};

/// What was looked at.
#[derive(Debug)]
pub struct Staged {
    /// The commit of HEAD, if there is one.
    pub head: Option<Oid>,
    /// Paths of the files that differ from HEAD and still exist.
    pub paths: Vec<Vec<u8>>,
}

/// Scans what is staged.
///
/// # Errors
/// When the index cannot be read by any means.
pub fn scan(shared: &Shared<'_>, repository: &Repository, env: Option<&GitEnv>) -> Result<Staged, IndexError> {
    let mut collector = Collector::new(shared);
    let odb = Odb::open(repository);
    let index = Index::of(repository, env)?;
    let head = rev::head(repository);
    let mut differ = Differ::new(&odb, repository.format);
    differ.index(&index, head.and_then(|head| tree_of(&odb, repository, &head)));
    repository.report_problems(collector.coverage());
    odb.report_problems(collector.coverage());
    objects::report_differ(&mut collector, &differ);
    let mut changes = std::mem::take(&mut differ.changes);
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    let mut before = Before::new(shared.engine, &odb, &changes);
    for change in &changes {
        if shared.expired() {
            collector.skip(Reason::TimedOut, &PathText::new(&change.path).text);
            continue;
        }
        staged_file(&mut collector, &odb, &mut before, change);
    }
    let paths = changes.into_iter().filter(|change| change.new.is_some()).map(|change| change.path).collect();
    Ok(Staged { head, paths })
}

fn staged_file(collector: &mut Collector<'_>, odb: &Odb, before: &mut Before<'_>, change: &Change) {
    let Some(new) = change.new else { return };
    let path = PathText::new(&change.path);
    if new.is_submodule() {
        return collector.skip(Reason::Submodule, &path.text);
    }
    let place = Place { reach: Reach::Index, blob: Some(new.oid.to_string()), ..Place::file(path) };
    if change.old.is_none() {
        collector.name(&change.path, &place);
    }
    if let Some(scanned) = objects::blob(collector, odb, &new.oid, &place) {
        collector.coverage().files += 1;
        if !scanned.is_clean() {
            let known = before.identities(&change.path, change.old.map(|old| old.oid));
            objects::mark_existing(collector, &scanned, &known);
        }
        objects::mark_existing_code(collector, before, &change.path, change.old.map(|old| old.oid));
    }
}

/// The tree of a commit.
pub(super) fn tree_of(odb: &Odb, repository: &Repository, commit: &Oid) -> Option<Oid> {
    match odb.read(commit) {
        Ok(Some((Kind::Commit, bytes))) => Commit::parse(&bytes, repository.format).map(|commit| commit.tree),
        _ => None,
    }
}

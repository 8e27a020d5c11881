//! What is about to be committed: the staged blobs that differ from HEAD, from the index in force.
//!
//! Reads blobs by id, never the work tree, which may differ from both. A key that already stood in that file of HEAD
//! is `existing`.

use std::path::Path;

use super::objects::{self, Before};
use super::{Collector, Shared};
use crate::git::changes::{FileChange, TreeDiffer};
use crate::git::{Commit, GitEnv, Index, IndexError, ObjectKind, Odb, Oid, OpenError, OpenOptions, Repository, rev};
use crate::model::{PathText, Place, Reach, Reason};

/// The repository that somebody is about to commit in: opened once, for the policy, the scan and the lints.
pub struct Stage {
    /// The repository around the current directory, or the one that git's environment names.
    pub repository: Repository,
    /// Its index in force.
    pub index: Index,
    /// Its objects.
    pub odb: Odb,
    /// The commit of HEAD, if there is one.
    pub head: Option<Oid>,
}

/// Why nothing that is staged can be read.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// There is no repository.
    #[error(transparent)]
    Repository(#[from] OpenError),
    /// The index cannot be read by any means.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl Stage {
    /// Opens it.
    ///
    /// # Errors
    /// There is no repository, or its index cannot be read.
    pub fn open() -> Result<Self, StageError> {
        let env = GitEnv::from_process();
        let options = OpenOptions { env: Some(env.clone()), alternates: false };
        let repository = Repository::discover(Path::new("."), &options)?;
        let index = Index::of(&repository, Some(&env))?;
        let (odb, head) = (Odb::open(&repository), rev::head(&repository));
        Ok(Self { repository, index, odb, head })
    }

    /// What differs from HEAD.
    #[must_use]
    pub fn differ(&self) -> TreeDiffer<'_> {
        let mut differ = TreeDiffer::new(&self.odb, self.repository.format);
        differ.index(&self.index, self.head.and_then(|head| tree_of(&self.odb, &self.repository, &head)));
        differ
    }
}

/// Scans what is staged.
pub fn scan(shared: &Shared<'_>, stage: &Stage) {
    let mut collector = Collector::new(shared);
    let mut differ = stage.differ();
    stage.repository.report_problems(collector.coverage());
    stage.odb.report_problems(collector.coverage());
    objects::report_differ(&mut collector, &differ);
    let mut changes = std::mem::take(&mut differ.changes);
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    let mut before = Before::new(shared.engine, &stage.odb, &changes);
    for change in &changes {
        if shared.expired() {
            collector.skip(Reason::TimedOut, &PathText::new(&change.path).text);
            continue;
        }
        staged_file(&mut collector, &stage.odb, &mut before, change);
    }
}

fn staged_file(collector: &mut Collector<'_>, odb: &Odb, before: &mut Before<'_>, change: &FileChange) {
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
        objects::mark_existing(collector, before, (&change.path, change.old.map(|old| old.oid)), &scanned);
    }
}

/// The tree of a commit.
pub(super) fn tree_of(odb: &Odb, repository: &Repository, commit: &Oid) -> Option<Oid> {
    match odb.read(commit) {
        Ok(Some((ObjectKind::Commit, bytes))) => Commit::parse(&bytes, repository.format).map(|commit| commit.tree),
        _ => None,
    }
}

//! Scans the staged blobs that differ from HEAD, which the next commit would contain.
//!
//! Blobs are read by id, never from the work tree, which may differ from both. A key that HEAD has in the same file is
//! `existing`.

use std::path::PathBuf;
use std::rc::Rc;

use super::blobs::{self, RepeatedBlobs};
use super::merged_parents::merged_parents;
use super::open_repository::{OpenRepository, find, read_object, tree_of};
use super::pathspec::Pathspec;
use super::previous_versions::{ChangedFile, PreviousVersions, RemovedFiles};
use super::unchanged_callers::{self, ChangedCode, TreeFile};
use super::{Collector, Error, ScanContext, ScanSource};
use crate::git::changes::{FileChange, TreeDiffer};
use crate::git::tree_paths::TreePaths;
use crate::git::{Index, ObjectKind, Oid, OpenOptions, rev};
use crate::model::snapshot::{MAX_LISTED_FILES, Snapshot, SnapshotError};
use crate::model::{PathText, Reach, ScanLocation, SkipReason};

/// The index that the next commit is made from.
pub(crate) struct StagedIndex {
    pub(crate) repository: Rc<OpenRepository>,
    index: Index,
    /// The commit of HEAD, if there is one.
    pub(crate) head: Option<Oid>,
    /// The reason that the version of HEAD cannot be read; then everything counts as new.
    unread: Option<(SkipReason, String)>,
}

/// The staged files of an index, with what was there before.
pub(crate) struct StagedSource {
    index: Rc<StagedIndex>,
    paths: Pathspec,
    warnings: Vec<String>,
}

impl StagedSource {
    /// Without `paths`, scans all that is staged.
    pub(crate) fn new(index: &Rc<StagedIndex>, paths: &[PathBuf]) -> Result<Self, Error> {
        let repository = &index.repository;
        let mut head = index.head.and_then(|head| tree_of(repository.odb(), &head)).map(TreePaths::new);
        let mut knows = |path: &[u8]| index.names(path) || find(repository.odb(), &mut head, path).is_some();
        let paths = Pathspec::new(paths, repository.root(), &mut knows)?;
        Ok(Self { index: Rc::clone(index), paths, warnings: Vec::new() })
    }
}

impl StagedIndex {
    /// Opens the index of the repository around the current directory, or the one that git's environment names.
    pub(crate) fn open(options: OpenOptions) -> Result<Self, Error> {
        Self::of(OpenRepository::here(options)?)
    }

    pub(crate) fn of(repository: Rc<OpenRepository>) -> Result<Self, Error> {
        let index = Index::of(&repository.repository, repository.env.as_ref())?;
        let (head, mut unread) = match rev::head(&repository.repository) {
            Ok(head) => (head, None),
            Err(error) => (None, Some((error.reason(), error.to_string()))),
        };
        if let Some(head) = head
            && tree_of(repository.odb(), &head).is_none()
        {
            unread = Some((SkipReason::MissingObject, format!("commit {head}")));
        }
        Ok(Self { repository, index, head, unread })
    }

    /// Returns true if the index has a file at the path, or below it.
    fn names(&self, path: &[u8]) -> bool {
        let below = [path, b"/"].concat();
        let next = self.index.get(self.index.lower_bound(&below));
        self.index.find(path).is_some() || next.is_some_and(|entry| entry.path.starts_with(&below))
    }

    /// Compares the index with HEAD.
    pub(crate) fn differ<'a>(&'a self, stop: &'a dyn Fn() -> bool) -> TreeDiffer<'a> {
        let odb = self.repository.odb();
        let mut differ = TreeDiffer::new(odb, stop);
        differ.index(&self.index, self.head.and_then(|head| tree_of(odb, &head)));
        differ
    }
}

/// The files that the next commit would contain, whatever the disk holds.
impl Snapshot for StagedIndex {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
        let Some(entry) = self.index.find(path.as_bytes()) else { return Ok(None) };
        if entry.is_link() || entry.is_submodule() {
            return Err(SnapshotError::new(path, "it is not a regular file"));
        }
        if entry.intent_to_add {
            return Ok(None);
        }
        read_object(self.repository.odb(), &entry.oid, ObjectKind::Blob, path, limit).map(Some)
    }

    fn list(&self, directory: &str, ending: &str) -> Result<Vec<String>, SnapshotError> {
        let prefix = format!("{directory}/");
        let from = self.index.lower_bound(prefix.as_bytes());
        let below = (from..).map_while(|at| self.index.get(at)).map_while(|entry| {
            let name = entry.path.strip_prefix(prefix.as_bytes())?;
            Some((name, entry.stage))
        });
        let files =
            below.filter(|(name, stage)| *stage == 0 && !name.contains(&b'/') && name.ends_with(ending.as_bytes()));
        Ok(files.take(MAX_LISTED_FILES).map(|(name, _)| format!("{prefix}{}", String::from_utf8_lossy(name))).collect())
    }
}

impl ScanSource for StagedSource {
    fn scan(&mut self, context: &ScanContext<'_>) -> Result<(), Error> {
        let mut collector = Collector::new(context);
        let stop = || context.expired();
        let mut differ = self.index.differ(&stop);
        let repository = &self.index.repository;
        let odb = repository.odb();
        repository.report_problems(collector.coverage());
        self.paths.report_missing(&mut collector);
        let mut parents = merged_parents(repository, self.index.head);
        blobs::report_gaps(&mut collector, &mut differ);
        self.index.unread.iter().for_each(|(reason, what)| collector.skip(*reason, what));
        let mut changes = std::mem::take(&mut differ.changes);
        changes.retain(|change| self.paths.includes(&change.path));
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        let mut before = PreviousVersions::new(odb, RemovedFiles::Listed(std::mem::take(&mut differ.removed)));
        let mut blobs = RepeatedBlobs::default();
        for change in &changes {
            if context.expired() {
                collector.skip(SkipReason::TimedOut, &PathText::new(&change.path).text);
                continue;
            }
            let others = parents.iter_mut().filter_map(|parent| Some((parent.blob(repository, &change.path)?, parent)));
            let (shared, own): (Vec<_>, Vec<_>) = others.partition(|(_, parent)| parent.is_shared);
            let shared: Vec<Oid> = shared.into_iter().map(|(blob, _)| blob).collect();
            if staged_file(&mut collector, (&mut blobs, &mut before), change, &shared)
                && let Some((_, parent)) = own.into_iter().find(|(blob, _)| *blob == change.new.oid)
            {
                let (path, merge) = (PathText::new(&change.path).text, parent.commit);
                self.warnings.push(format!(
                    "{path} comes with the merge of {merge}, which neither the default branch nor a branch of the upstream's remote holds: it counts as new"
                ));
            }
        }
        blobs.report(&mut collector);
        let versions = changes.iter().filter_map(|FileChange { path, old, new }| {
            Some(ChangedCode { path: path.clone(), old: old.as_ref()?.oid, new: new.oid })
        });
        let index = &self.index.index;
        unchanged_callers::add(&mut collector, &before, (&versions.collect::<Vec<_>>(), Reach::Index), |_| {
            let files = index.iter().filter(|entry| entry.stage == 0 && !entry.is_link() && !entry.is_submodule());
            files.map(|entry| TreeFile { path: entry.path.to_vec(), oid: entry.oid }).collect()
        });
        Ok(())
    }

    fn paths(&self) -> Vec<String> {
        self.paths.listed()
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Scans a file. Returns true if something in it is new.
fn staged_file(
    collector: &mut Collector<'_>,
    (blobs, before): (&mut RepeatedBlobs, &mut PreviousVersions<'_>),
    change: &FileChange,
    shared: &[Oid],
) -> bool {
    let FileChange { path, old, new } = change;
    let shown = PathText::new(path);
    if new.is_submodule() {
        collector.skip(SkipReason::Submodule, &shown.text);
        return false;
    }
    let place = ScanLocation { reach: Reach::Index, blob: Some(new.oid.to_string()), ..ScanLocation::file(shown) };
    if old.is_none() {
        collector.scan_name(path, &place);
    }
    let Some(result) = blobs.scan(collector, before.odb, &new.oid, &place) else { return false };
    collector.coverage().files += 1;
    let file = ChangedFile { path, oid: new.oid, old: old.map(|old| old.oid), also: shared, stays: true };
    before.add_marked(collector, &file, &place, result)
}

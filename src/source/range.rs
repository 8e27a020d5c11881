//! Scans the commits that one revision reaches and another does not, side branches and merges included, file by file.
//!
//! A blob counts for the commit that introduces it, in which it differs from the same path in every parent. So the cost
//! follows the changes, and content that only a merge adds is scanned.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::rc::Rc;

use super::blobs::{self, RepeatedBlobs};
use super::commit_date::commit_date;
use super::open_repository::{OpenRepository, find, tree_of};
use super::pathspec::Pathspec;
use super::previous_versions::{ChangedFile, PreviousVersions, RemovedFiles};
use super::tagged::{self, TaggedObjects};
use super::unchanged_callers::{self, ChangedCode, TreeFile};
use super::{Collector, Error, ScanContext, ScanSource};
use crate::git::ancestry::Ancestry;
use crate::git::changes::{FileChange, TreeDiffer};
use crate::git::rev::RevError;
use crate::git::tree_paths::TreePaths;
use crate::git::{Commit, ObjectKind, Odb, Oid};
use crate::lints;
use crate::model::{Exposure, Finding, Origin, PathText, Reach, ScanLocation, SkipReason};
use crate::rules::RuleSet;

/// The commits that `head` reaches and `base` does not.
pub(crate) struct RangeSource {
    repository: Rc<OpenRepository>,
    /// `None` where every commit of the head counts.
    pub(crate) base: Option<Oid>,
    pub(crate) head: Oid,
    /// The object that the head was named by: the commit, or a tag.
    named: Oid,
    /// Their best common ancestor.
    pub(crate) merge_base: Option<Oid>,
    commits: Vec<Oid>,
    /// Commits between them that were not read.
    unread: Vec<(SkipReason, String)>,
    paths: Pathspec,
    scanned: Option<ScannedRange>,
}

impl RangeSource {
    /// `stop` ends the search for the commits.
    pub(crate) fn open(
        repository: &Rc<OpenRepository>,
        base: &str,
        head: &str,
        stop: &dyn Fn() -> bool,
    ) -> Result<Self, Error> {
        let resolve = |revision: &str| {
            let hint = if repository.repository.shallow.is_empty() {
                "; fetch it first (git fetch origin REVISION)"
            } else {
                "; the clone is shallow (git fetch --unshallow, or actions/checkout with fetch-depth: 0)"
            };
            repository.peel(revision).map_err(|error| {
                let hint = if matches!(error, RevError::Refused(..)) { "" } else { hint };
                Error::Revision { error, hint }
            })
        };
        // Pushes write zeros where there was no commit.
        let is_root = base.parse().is_ok_and(|oid: Oid| oid.is_zero());
        let base = if is_root { None } else { Some(resolve(base)?.1) };
        let (named, head) = resolve(head)?;
        let mut ancestry = Ancestry::new(repository.odb(), &repository.repository.shallow, stop);
        let merge_base = base.and_then(|base| ancestry.merge_base(&base, &head));
        ancestry.know(base.as_slice());
        let commits = ancestry.next_range(&head);
        let unread = ancestry.take_unread();
        let (repository, paths) = (Rc::clone(repository), Pathspec::default());
        Ok(Self { repository, base, head, named, merge_base, commits, unread, paths, scanned: None })
    }

    /// Limits the scan to what changes at or below these paths; without any, it is not limited.
    pub(crate) fn limit(&mut self, paths: &[PathBuf]) -> Result<(), Error> {
        let odb = self.repository.odb();
        let ends = [self.base, Some(self.head)].into_iter().flatten();
        let mut trees: Vec<_> = ends.map(|commit| tree_of(odb, &commit).map(TreePaths::new)).collect();
        let mut knows = |path: &[u8]| trees.iter_mut().any(|tree| find(odb, tree, path).is_some());
        self.paths = Pathspec::new(paths, self.repository.root(), &mut knows)?;
        Ok(())
    }
}

impl ScanSource for RangeSource {
    fn scan(&mut self, context: &ScanContext<'_>) -> Result<(), Error> {
        let mut collector = Collector::new(context);
        self.repository.report_problems(collector.coverage());
        self.paths.report_missing(&mut collector);
        self.unread.drain(..).for_each(|(reason, what)| collector.skip(reason, &what));
        tagged::peel(&mut collector, self.repository.odb(), self.named, &mut TaggedObjects::default());
        let ends = (self.merge_base, self.head);
        self.scanned = Some(scan(&mut collector, &self.repository, ends, &self.commits, &self.paths));
        Ok(())
    }

    fn paths(&self) -> Vec<String> {
        self.paths.listed()
    }

    fn expose(&self, _: &RuleSet, finding: &mut Finding) {
        if let Some(scanned) = &self.scanned {
            scanned.expose(finding);
        }
    }
}

/// The commits of a range, once they are scanned.
#[derive(Debug, Default)]
pub(super) struct ScannedRange {
    /// Commits in order, parents first, with their dates in seconds since 1970.
    commits: HashMap<String, (usize, i64)>,
    /// For a blob, the last commit that removed it from a path.
    removed: HashMap<String, String>,
    head_date: i64,
}

/// Scans what these commits change at these paths, parents first. Compares the files of `head` with those of `merge_base`.
pub(super) fn scan(
    collector: &mut Collector<'_>,
    repository: &OpenRepository,
    (merge_base, head): (Option<Oid>, Oid),
    commits: &[Oid],
    paths: &Pathspec,
) -> ScannedRange {
    let odb = repository.odb();
    let shallow = &repository.repository.shallow;
    if merge_base.is_none() && !shallow.is_empty() {
        collector
            .skip(SkipReason::ShallowBoundary, "the merge base is beyond the shallow clone: git fetch --unshallow");
    }
    let (old_tree, head_tree) = (merge_base.and_then(|base| tree_of(odb, &base)), tree_of(odb, &head));
    let context = collector.context;
    let stop = || context.expired();
    let mut scan = RangeScan {
        odb,
        shallow,
        paths,
        head,
        head_files: head_tree.map(TreePaths::new),
        old_files: old_tree.map(TreePaths::new),
        before: PreviousVersions::new(odb, RemovedFiles::Between(old_tree, head_tree)),
        differ: TreeDiffer::new(odb, &stop),
        blobs: RepeatedBlobs::default(),
        scanned: ScannedRange::default(),
        changed: BTreeMap::new(),
        collector,
    };
    for (order, oid) in commits.iter().enumerate() {
        if context.expired() {
            scan.collector.skip(SkipReason::TimedOut, &format!("commit {oid}"));
        } else {
            scan.commit(order, oid);
        }
    }
    scan.blobs.report(scan.collector);
    scan.unchanged_callers(head_tree);
    scan.scanned
}

struct RangeScan<'a, 'c> {
    collector: &'a mut Collector<'c>,
    odb: &'a Odb,
    shallow: &'a [Oid],
    paths: &'a Pathspec,
    head: Oid,
    /// The trees of the head and of the merge base.
    head_files: Option<TreePaths>,
    old_files: Option<TreePaths>,
    before: PreviousVersions<'a>,
    differ: TreeDiffer<'a>,
    blobs: RepeatedBlobs,
    scanned: ScannedRange,
    /// Files of code that stay, by their path.
    changed: BTreeMap<Vec<u8>, Oid>,
}

impl RangeScan<'_, '_> {
    fn commit(&mut self, order: usize, oid: &Oid) {
        let bytes = match self.odb.read(oid) {
            Ok(Some((ObjectKind::Commit, bytes))) => bytes,
            Ok(_) => return self.collector.skip(SkipReason::MissingObject, &format!("commit {oid}")),
            Err(error) => return self.collector.skip(error.reason(), &error.to_string()),
        };
        self.collector.coverage().objects += 1;
        if !self.paths.is_limited() {
            commit_text(self.collector, oid, &bytes);
        }
        let Some(commit) = Commit::parse(&bytes, self.odb.format) else {
            return self.collector.skip(SkipReason::Damaged, &format!("commit {oid}"));
        };
        self.scanned.commits.insert(oid.to_string(), (order, commit.time));
        if *oid == self.head {
            self.scanned.head_date = commit.time;
        }
        if self.shallow.binary_search(oid).is_ok() {
            self.collector.skip(SkipReason::ShallowBoundary, &format!("commit {oid}"));
        }
        self.introduced(&commit);
        blobs::report_gaps(self.collector, &mut self.differ);
        for (gone, _) in self.differ.removed.drain(..) {
            self.scanned.removed.insert(gone.to_string(), oid.to_string());
        }
        let mut changes = std::mem::take(&mut self.differ.changes);
        changes.retain(|change| self.paths.includes(&change.path));
        if self.paths.is_limited() && !changes.is_empty() {
            commit_text(self.collector, oid, &bytes);
        }
        for change in changes {
            if self.collector.context.expired() {
                self.collector.skip(SkipReason::TimedOut, &PathText::new(&change.path).text);
            } else {
                self.file(oid, &change);
            }
        }
    }

    /// Compares a commit with all of its parents: only what differs from each of them is its own.
    fn introduced(&mut self, commit: &Commit<'_>) {
        let mut parents: Vec<Option<Oid>> = commit.parents.iter().map(|parent| tree_of(self.odb, parent)).collect();
        if parents.is_empty() {
            parents.push(None);
        }
        self.differ.trees(&parents, Some(commit.tree));
        self.differ.changes.sort_by(|a, b| a.path.cmp(&b.path));
    }

    fn file(&mut self, commit: &Oid, change: &FileChange) {
        let FileChange { path, old, new } = change;
        if let Some(old) = old {
            self.scanned.removed.insert(old.oid.to_string(), commit.to_string());
        }
        let shown = PathText::new(path);
        if new.is_submodule() {
            return self.collector.skip(SkipReason::Submodule, &shown.text);
        }
        let stays = find(self.odb, &mut self.head_files, path).is_some_and(|head| head.oid == new.oid);
        if stays && old.is_some() {
            self.changed.insert(path.clone(), new.oid);
        }
        let place = ScanLocation {
            reach: if stays { Reach::Head } else { Reach::Ref },
            blob: Some(new.oid.to_string()),
            commit: Some(commit.to_string()),
            ..ScanLocation::file(shown)
        };
        if old.is_none() {
            self.collector.scan_name(path, &place);
        }
        if self.blobs.knows(&new.oid) && !stays {
            return;
        }
        let Some(result) = self.blobs.scan(self.collector, self.odb, &new.oid, &place) else { return };
        self.collector.coverage().files += 1;
        let is_needed = !result.hits.is_empty() || result.facts.is_some();
        let old = is_needed.then(|| find(self.odb, &mut self.old_files, path)).flatten();
        let old = old.filter(|old| !old.is_tree()).map(|old| old.oid);
        let file = ChangedFile { path, oid: new.oid, old, also: &[], stays };
        self.before.add_marked(self.collector, &file, &place, result);
    }
}

impl RangeScan<'_, '_> {
    /// Adds unchanged code whose verification the range takes away.
    fn unchanged_callers(&mut self, head: Option<Oid>) {
        let mut versions = Vec::new();
        for (path, new) in std::mem::take(&mut self.changed) {
            if lints::may_call(&PathText::new(&path).text)
                && let Some(old) = find(self.odb, &mut self.old_files, &path).filter(|old| !old.is_tree())
            {
                versions.push(ChangedCode { path, old: old.oid, new });
            }
        }
        let odb = self.odb;
        unchanged_callers::add(self.collector, &self.before, (&versions, Reach::Head), |collector| {
            let context = collector.context;
            let stop = || context.expired();
            let mut differ = TreeDiffer::new(odb, &stop);
            differ.trees(&[None], head);
            blobs::report_gaps(collector, &mut differ);
            let files = std::mem::take(&mut differ.changes).into_iter();
            files.map(|file| TreeFile { path: file.path, oid: file.new.oid }).collect()
        });
    }
}

/// Searches the author, the committer, the other headers and the message of a commit.
pub(super) fn commit_text(collector: &mut Collector<'_>, oid: &Oid, bytes: &[u8]) {
    let end = memchr::memmem::find(bytes, b"\n\n").unwrap_or(bytes.len());
    let (headers, message) = bytes.split_at(end);
    let place = |origin| ScanLocation {
        origin,
        reach: Reach::Ref,
        blob: Some(oid.to_string()),
        commit: Some(oid.to_string()),
        ..ScanLocation::file(PathText::default())
    };
    let mut rest = Vec::new();
    for line in headers.split(|byte| *byte == b'\n') {
        match (line.strip_prefix(b"author "), line.strip_prefix(b"committer ")) {
            (Some(author), _) => collector.scan_text(author, &place(Origin::Author)),
            (_, Some(committer)) => collector.scan_text(committer, &place(Origin::Committer)),
            _ => rest.extend(line.iter().chain(b"\n")),
        }
    }
    collector.scan_text(&rest, &place(Origin::CommitMessage));
    collector.scan_text(message.strip_prefix(b"\n\n").unwrap_or(message), &place(Origin::CommitMessage));
}

impl ScannedRange {
    /// Returns true if a commit of this range introduces a location of the finding.
    pub(super) fn concerns(&self, finding: &Finding) -> bool {
        finding.locations.iter().any(|at| at.commit.as_ref().is_some_and(|commit| self.commits.contains_key(commit)))
    }

    /// Computes since when and until when a finding was exposed.
    pub(super) fn expose(&self, finding: &mut Finding) {
        let dated = |commit: &String| {
            let (order, seconds) = self.commits.get(commit)?;
            Some((*order, *seconds, commit.clone()))
        };
        // A message is in no tree: nothing introduced it there, and nothing can remove it.
        let in_trees = finding.locations.iter().filter(|at| matches!(at.origin, Origin::File | Origin::FileName));
        let introduced = in_trees.filter_map(|at| at.commit.as_ref()).filter_map(dated).min();
        let in_head = finding.locations.iter().any(|at| at.reach == Reach::Head);
        let removals = finding.locations.iter().filter_map(|at| self.removed.get(at.blob.as_ref()?));
        let removed = if in_head { None } else { removals.filter_map(dated).max() };
        let until = removed.as_ref().map_or(self.head_date, |(_, seconds, _)| *seconds);
        let days = introduced.as_ref().map(|(_, seconds, _)| u64::try_from(until - seconds).unwrap_or(0) / 86_400);
        let date = |(_, seconds, commit): (usize, i64, String)| commit_date(commit, seconds);
        finding.exposure = Some(Exposure {
            introduced: introduced.map(date),
            removed: removed.map(date),
            in_head,
            days,
            ..Exposure::default()
        });
    }
}

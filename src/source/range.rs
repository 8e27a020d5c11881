//! Scans what one history has and another has not: every commit, side branches and merges included, file by file.
//!
//! A blob counts for the commit that introduces it: where it differs from the same path in every parent. So the cost
//! follows the changes, and content that only a merge adds is seen.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::blobs;
use super::open_repository::{OpenRepository, tree_of};
use super::previous_versions::PreviousVersions;
use super::{Collector, Error, ScanContext, ScanSource};
use crate::git::ancestry::Ancestry;
use crate::git::changes::{FileChange, FileVersion, TreeDiffer};
use crate::git::{Commit, ObjectKind, Odb, Oid};
use crate::model::{CommitDate, Exposure, Finding, Origin, PathText, Reach, ScanLocation, SkipReason};
use crate::rules::RuleSet;

/// The commits that `head` reaches and `base` does not.
pub(crate) struct RangeSource {
    repository: Rc<OpenRepository>,
    pub(crate) base: Oid,
    pub(crate) head: Oid,
    /// Their best common ancestor.
    pub(crate) merge_base: Option<Oid>,
    commits: Vec<Oid>,
    scanned: Option<ScannedRange>,
}

impl RangeSource {
    pub(crate) fn open(repository: &Rc<OpenRepository>, base: &str, head: &str) -> Result<Self, Error> {
        let resolve = |revision: &str| {
            let hint = if repository.repository.shallow.is_empty() {
                "; fetch it first (git fetch origin REVISION)"
            } else {
                "; the clone is shallow (git fetch --unshallow, or actions/checkout with fetch-depth: 0)"
            };
            repository.resolve(revision).map_err(|error| Error::Revision { error, hint })
        };
        let (base, head) = (resolve(base)?, resolve(head)?);
        let ancestry = Ancestry::new(&repository.repository, repository.env.as_ref());
        let merge_base = ancestry.merge_base(&base, &head);
        let commits = ancestry.between(&[base], &[head])?;
        Ok(Self { repository: Rc::clone(repository), base, head, merge_base, commits, scanned: None })
    }
}

impl ScanSource for RangeSource {
    fn scan(&mut self, context: &ScanContext<'_>) -> Result<(), Error> {
        let mut collector = Collector::new(context);
        self.repository.report_problems(collector.coverage());
        self.scanned = Some(scan(&mut collector, &self.repository, (self.merge_base, self.head), &self.commits));
        Ok(())
    }

    fn expose(&self, _: &RuleSet, finding: &mut Finding) {
        if let Some(scanned) = &self.scanned {
            scanned.expose(finding);
        }
    }
}

/// What is known of the commits of a range once they are scanned.
#[derive(Debug, Default)]
pub(super) struct ScannedRange {
    /// Commits in order, parents first, with their dates in seconds since 1970.
    commits: HashMap<String, (usize, i64)>,
    /// For a blob, the last commit that removed it from a path.
    removed: HashMap<String, String>,
    head_date: i64,
}

/// Scans these commits, parents first. `merge_base` is what files of `head` are compared with.
pub(super) fn scan(
    collector: &mut Collector<'_>,
    repository: &OpenRepository,
    (merge_base, head): (Option<Oid>, Oid),
    commits: &[Oid],
) -> ScannedRange {
    let odb = repository.odb();
    let shallow = &repository.repository.shallow;
    if merge_base.is_none() && !shallow.is_empty() {
        collector
            .skip(SkipReason::ShallowBoundary, "the merge base is beyond the shallow clone: git fetch --unshallow");
    }
    let old = merge_base.and_then(|base| tree_of(odb, &base));
    let changes = tree_changes(collector, odb, old, tree_of(odb, &head));
    let new = |change: &FileChange| Some((change.path.clone(), change.new?.oid));
    let old = |change: &FileChange| Some((change.path.clone(), change.old?.oid));
    let mut scan = RangeScan {
        odb,
        shallow,
        head,
        head_files: changes.iter().filter_map(new).collect(),
        before: PreviousVersions::new(odb, &changes),
        old_files: changes.iter().filter_map(old).collect(),
        seen: HashSet::new(),
        scanned: ScannedRange::default(),
        collector,
    };
    for (order, oid) in commits.iter().enumerate() {
        if scan.collector.context.expired() {
            scan.collector.skip(SkipReason::TimedOut, &format!("commit {oid}"));
        } else {
            scan.commit(order, oid);
        }
    }
    scan.scanned
}

struct RangeScan<'a, 'c> {
    collector: &'a mut Collector<'c>,
    odb: &'a Odb,
    shallow: &'a [Oid],
    head: Oid,
    /// Files that differ between merge base and head, as they are in head and at the merge base.
    head_files: HashMap<Vec<u8>, Oid>,
    old_files: HashMap<Vec<u8>, Oid>,
    before: PreviousVersions<'a>,
    seen: HashSet<Oid>,
    scanned: ScannedRange,
}

impl RangeScan<'_, '_> {
    fn commit(&mut self, order: usize, oid: &Oid) {
        let bytes = match self.odb.read(oid) {
            Ok(Some((ObjectKind::Commit, bytes))) => bytes,
            Ok(_) => return self.collector.skip(SkipReason::MissingObject, &format!("commit {oid}")),
            Err(error) => return self.collector.skip(error.reason(), &error.to_string()),
        };
        self.collector.coverage().objects += 1;
        commit_text(self.collector, oid, &bytes);
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
        for change in self.introduced(&commit) {
            self.file(oid, &change);
        }
    }

    /// Returns the files that differ from those of every parent.
    fn introduced(&mut self, commit: &Commit<'_>) -> Vec<FileChange> {
        let mut common: Option<HashMap<Vec<u8>, FileChange>> = None;
        let parents: Vec<Option<Oid>> = match commit.parents.as_slice() {
            [] => vec![None],
            parents => parents.iter().map(|parent| tree_of(self.odb, parent)).collect(),
        };
        for parent in parents {
            let mut differ = TreeDiffer::new(self.odb, self.odb.format);
            differ.trees(parent, Some(commit.tree));
            blobs::report_differ(self.collector, &differ);
            let mut changes: HashMap<Vec<u8>, FileChange> =
                differ.changes.into_iter().map(|change| (change.path.clone(), change)).collect();
            if let Some(common) = common {
                changes.retain(|path, _| common.contains_key(path));
            }
            common = Some(changes);
        }
        let mut changes: Vec<FileChange> = common.unwrap_or_default().into_values().collect();
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }

    fn file(&mut self, commit: &Oid, change: &FileChange) {
        if let Some(old) = change.old {
            self.scanned.removed.insert(old.oid.to_string(), commit.to_string());
        }
        let Some(new) = change.new else { return };
        let path = PathText::new(&change.path);
        if new.is_submodule() {
            return self.collector.skip(SkipReason::Submodule, &path.text);
        }
        let place = self.place(commit, &change.path, path, new);
        if change.old.is_none() {
            self.collector.scan_name(&change.path, &place);
        }
        if !self.seen.insert(new.oid) && place.reach != Reach::Head {
            return;
        }
        let Some(result) = blobs::scan(self.collector, self.odb, &new.oid, &place) else { return };
        self.collector.coverage().files += 1;
        let old = self.old_files.get(&change.path).copied();
        self.before.add_marked(self.collector, (&change.path, old), &place, result);
    }

    fn place(&self, commit: &Oid, path: &[u8], shown: PathText, new: FileVersion) -> ScanLocation {
        let in_head = self.head_files.get(path) == Some(&new.oid);
        ScanLocation {
            reach: if in_head { Reach::Head } else { Reach::Ref },
            blob: Some(new.oid.to_string()),
            commit: Some(commit.to_string()),
            ..ScanLocation::file(shown)
        }
    }
}

pub(super) fn tree_changes(
    collector: &mut Collector<'_>,
    odb: &Odb,
    old: Option<Oid>,
    new: Option<Oid>,
) -> Vec<FileChange> {
    let mut differ = TreeDiffer::new(odb, odb.format);
    differ.trees(old, new);
    blobs::report_differ(collector, &differ);
    differ.changes
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
        let date = |(_, seconds, commit): (usize, i64, String)| CommitDate { commit, date: rfc3339(seconds) };
        finding.exposure = Some(Exposure {
            introduced: introduced.map(date),
            removed: removed.map(date),
            in_head,
            days,
            ..Exposure::default()
        });
    }
}

/// Formats seconds since 1970 in UTC. A time that no calendar has is clamped.
pub(super) fn rfc3339(seconds: i64) -> String {
    let clamped = seconds.clamp(jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
    jiff::Timestamp::from_second(clamped).map(|at| at.to_string()).unwrap_or_default()
}

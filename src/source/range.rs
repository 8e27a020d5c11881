//! What one history has that another has not: every commit, side branches and merges included, file by file.
//!
//! A blob counts for the commit that brought it: where it differs from the same path in every parent. So the cost
//! follows the changes, and content that only a merge brings is seen.

use std::collections::{HashMap, HashSet};

use super::objects::{self, Before};
use super::pushed;
use super::staged::tree_of;
use super::{Collector, Shared};
use crate::git::ancestry::{Ancestry, Unwalkable};
use crate::git::changes::{FileChange, FileVersion, TreeDiffer};
use crate::git::{Commit, GitEnv, ObjectKind, Odb, Oid, Repository, rev};
use crate::model::{CommitDate, Exposure, Finding, Origin, PathText, Place, Reach, Reason};

/// The two ends of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The commit whose history is known, if there is any.
    pub base: Option<Oid>,
    /// The commit whose history is looked at.
    pub head: Oid,
    /// Their best common ancestor.
    pub merge_base: Option<Oid>,
}

/// Why a range cannot be scanned.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// One of its ends is no commit of this repository.
    #[error("{error}{hint}")]
    Unknown {
        /// What is wrong with it.
        error: rev::RevError,
        /// What to do about it.
        hint: &'static str,
    },
    /// The history between its ends cannot be walked.
    #[error(transparent)]
    Unwalkable(#[from] Unwalkable),
}

impl Error {
    fn unknown(repository: &Repository, error: rev::RevError) -> Self {
        let hint = if repository.shallow.is_empty() {
            "; fetch it first (git fetch origin REVISION)"
        } else {
            "; the clone is shallow (git fetch --unshallow, or actions/checkout with fetch-depth: 0)"
        };
        Self::Unknown { error, hint }
    }
}

/// What was looked at.
#[derive(Debug)]
pub struct Range {
    /// The ends.
    pub ends: Ends,
    /// Commits of the range in order, parents first, with their dates in seconds since 1970.
    commits: HashMap<String, (usize, i64)>,
    /// For a blob, the last commit that took it out of a path.
    removed: HashMap<String, String>,
    head_date: i64,
    /// Paths that differ between merge base and head and exist in head.
    pub paths: Vec<Vec<u8>>,
}

/// Scans what `head` reaches and `base` does not.
///
/// # Errors
/// When one of them is unknown or the history between them cannot be walked.
pub fn scan(
    shared: &Shared<'_>,
    repository: &Repository,
    env: Option<&GitEnv>,
    (base, head): (&str, &str),
) -> Result<Range, Error> {
    let odb = Odb::open(repository);
    let resolve = |name| rev::resolve(repository, env, &odb, name).map_err(|error| Error::unknown(repository, error));
    let (base, head) = (resolve(base)?, resolve(head)?);
    let ancestry = Ancestry::new(repository, env);
    let ends = Ends { base: Some(base), head, merge_base: ancestry.merge_base(&base, &head) };
    let commits = ancestry.between(&[base], &[head])?;
    let mut collector = Collector::new(shared);
    repository.report_problems(collector.coverage());
    odb.report_problems(collector.coverage());
    Ok(walk(&mut collector, repository, &odb, ends, &commits))
}

fn walk(collector: &mut Collector<'_>, repository: &Repository, odb: &Odb, ends: Ends, commits: &[Oid]) -> Range {
    if ends.merge_base.is_none() && !repository.shallow.is_empty() {
        collector.skip(Reason::ShallowBoundary, "the merge base is beyond the shallow clone: git fetch --unshallow");
    }
    let changes = changes(collector, repository, odb, &ends);
    Walk::new(collector, repository, (odb, &changes), ends).run(commits)
}

/// Common ancestors are looked for with this many of the known commits.
const MAX_BASES: usize = 16;

/// Scans what each of `heads` reaches and neither `known` nor the heads before it do. A head may name any object: what a
/// tag says is searched, too.
///
/// # Errors
/// When the history between them cannot be walked.
pub fn scan_pushed(
    shared: &Shared<'_>,
    repository: &Repository,
    env: Option<&GitEnv>,
    known: &[Oid],
    heads: &[Oid],
) -> Result<Vec<Range>, Error> {
    let odb = Odb::open(repository);
    let ancestry = Ancestry::new(repository, env);
    let mut collector = Collector::new(shared);
    repository.report_problems(collector.coverage());
    odb.report_problems(collector.coverage());
    let mut known = known.to_vec();
    let mut ranges = Vec::new();
    for head in heads {
        let Some(head) = pushed::unwrap(&mut collector, repository, &odb, *head) else { continue };
        let base = known.iter().take(MAX_BASES).find_map(|base| ancestry.merge_base(base, &head));
        let commits = ancestry.between(&known, &[head])?;
        let ends = Ends { base, head, merge_base: base };
        ranges.push(walk(&mut collector, repository, &odb, ends, &commits));
        known.push(head);
    }
    Ok(ranges)
}

struct Walk<'a, 'c> {
    collector: &'a mut Collector<'c>,
    repository: &'a Repository,
    odb: &'a Odb,
    head_files: HashMap<Vec<u8>, Oid>,
    before: Before<'a>,
    /// What the files of the head were at the merge base.
    olds: HashMap<Vec<u8>, Oid>,
    seen: HashSet<Oid>,
    range: Range,
}

impl<'a, 'c: 'a> Walk<'a, 'c> {
    fn new(
        collector: &'a mut Collector<'c>,
        repository: &'a Repository,
        (odb, changes): (&'a Odb, &'a [FileChange]),
        ends: Ends,
    ) -> Self {
        let before = Before::new(collector.shared().engine, odb, changes);
        let new = |change: &FileChange| Some((change.path.clone(), change.new?.oid));
        let old = |change: &FileChange| Some((change.path.clone(), change.old?.oid));
        let head_files: HashMap<Vec<u8>, Oid> = changes.iter().filter_map(new).collect();
        let mut paths: Vec<Vec<u8>> = head_files.keys().cloned().collect();
        paths.sort_unstable();
        let range = Range { ends, commits: HashMap::new(), removed: HashMap::new(), head_date: 0, paths };
        let olds = changes.iter().filter_map(old).collect();
        Self { collector, repository, odb, head_files, before, olds, seen: HashSet::new(), range }
    }

    fn run(mut self, commits: &[Oid]) -> Range {
        for (order, oid) in commits.iter().enumerate() {
            if self.collector.shared().expired() {
                self.collector.skip(Reason::TimedOut, &format!("commit {oid}"));
                continue;
            }
            self.commit(order, oid);
        }
        self.range
    }

    fn commit(&mut self, order: usize, oid: &Oid) {
        let bytes = match self.odb.read(oid) {
            Ok(Some((ObjectKind::Commit, bytes))) => bytes,
            Ok(_) => return self.collector.skip(Reason::MissingObject, &format!("commit {oid}")),
            Err(error) => return self.collector.skip(error.reason(), &error.to_string()),
        };
        self.collector.coverage().objects += 1;
        commit_text(self.collector, oid, &bytes);
        let Some(commit) = Commit::parse(&bytes, self.repository.format) else {
            return self.collector.skip(Reason::Damaged, &format!("commit {oid}"));
        };
        self.range.commits.insert(oid.to_string(), (order, commit.time));
        if *oid == self.range.ends.head {
            self.range.head_date = commit.time;
        }
        if self.repository.shallow.binary_search(oid).is_ok() {
            self.collector.skip(Reason::ShallowBoundary, &format!("commit {oid}"));
        }
        for change in self.brought(&commit) {
            self.file(oid, &change);
        }
    }

    /// The files that a commit has otherwise than all of its parents.
    fn brought(&mut self, commit: &Commit<'_>) -> Vec<FileChange> {
        let mut common: Option<HashMap<Vec<u8>, FileChange>> = None;
        let parents: Vec<Option<Oid>> = match commit.parents.as_slice() {
            [] => vec![None],
            parents => parents.iter().map(|parent| tree_of(self.odb, self.repository, parent)).collect(),
        };
        for parent in parents {
            let mut differ = TreeDiffer::new(self.odb, self.repository.format);
            differ.trees(parent, Some(commit.tree));
            objects::report_differ(self.collector, &differ);
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
            self.range.removed.insert(old.oid.to_string(), commit.to_string());
        }
        let Some(new) = change.new else { return };
        let path = PathText::new(&change.path);
        if new.is_submodule() {
            return self.collector.skip(Reason::Submodule, &path.text);
        }
        let place = self.place(commit, &change.path, path, new);
        if change.old.is_none() {
            self.collector.name(&change.path, &place);
        }
        if !self.seen.insert(new.oid) && place.reach != Reach::Head {
            return;
        }
        let Some(scanned) = objects::blob(self.collector, self.odb, &new.oid, &place) else { return };
        self.collector.coverage().files += 1;
        let old = self.olds.get(&change.path).copied();
        objects::mark_existing(self.collector, &mut self.before, (&change.path, old), &scanned);
    }

    fn place(&self, commit: &Oid, path: &[u8], shown: PathText, new: FileVersion) -> Place {
        let in_head = self.head_files.get(path) == Some(&new.oid);
        Place {
            reach: if in_head { Reach::Head } else { Reach::Ref },
            blob: Some(new.oid.to_string()),
            commit: Some(commit.to_string()),
            ..Place::file(shown)
        }
    }
}

/// What differs between the merge base and the head.
fn changes(collector: &mut Collector<'_>, repository: &Repository, odb: &Odb, ends: &Ends) -> Vec<FileChange> {
    let old = ends.merge_base.and_then(|base| tree_of(odb, repository, &base));
    tree_changes(collector, repository, odb, old, tree_of(odb, repository, &ends.head))
}

/// What differs between two trees.
pub(super) fn tree_changes(
    collector: &mut Collector<'_>,
    repository: &Repository,
    odb: &Odb,
    old: Option<Oid>,
    new: Option<Oid>,
) -> Vec<FileChange> {
    let mut differ = TreeDiffer::new(odb, repository.format);
    differ.trees(old, new);
    objects::report_differ(collector, &differ);
    differ.changes
}

/// Searches the text of a commit: who, and what was said.
pub(super) fn commit_text(collector: &mut Collector<'_>, oid: &Oid, bytes: &[u8]) {
    let end = memchr::memmem::find(bytes, b"\n\n").unwrap_or(bytes.len());
    let (headers, message) = bytes.split_at(end);
    let place = |origin| Place {
        origin,
        reach: Reach::Ref,
        blob: Some(oid.to_string()),
        commit: Some(oid.to_string()),
        ..Place::file(PathText::default())
    };
    let mut rest = Vec::new();
    for line in headers.split(|byte| *byte == b'\n') {
        match (line.strip_prefix(b"author "), line.strip_prefix(b"committer ")) {
            (Some(author), _) => drop(collector.bytes(author, &place(Origin::Author))),
            (_, Some(committer)) => drop(collector.bytes(committer, &place(Origin::Committer))),
            _ => rest.extend(line.iter().chain(b"\n")),
        }
    }
    collector.bytes(&rest, &place(Origin::CommitMessage));
    collector.bytes(message.strip_prefix(b"\n\n").unwrap_or(message), &place(Origin::CommitMessage));
}

impl Range {
    /// Whether a commit of this range brought a place of the finding.
    #[must_use]
    pub fn concerns(&self, finding: &Finding) -> bool {
        finding.locations.iter().any(|at| at.commit.as_ref().is_some_and(|commit| self.commits.contains_key(commit)))
    }

    /// Tells how long a finding of this range has been exposed.
    pub fn expose(&self, finding: &mut Finding) {
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

/// RFC 3339 in UTC of seconds since 1970; a time beyond all calendars becomes the nearest end of them.
pub(super) fn rfc3339(seconds: i64) -> String {
    let clamped = seconds.clamp(jiff::Timestamp::MIN.as_second(), jiff::Timestamp::MAX.as_second());
    jiff::Timestamp::from_second(clamped).map(|at| at.to_string()).unwrap_or_default()
}

//! Every object of a repository: what all refs, stashes and reflogs reach, and what nothing reaches any more.
//!
//! First the store is searched object by object, without knowing any path ([`visitor`]). Only for what hit are trees and
//! commits asked where it was, since when and until when ([`crate::source::attribution`]). Nothing is fetched, written or run.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

mod blobs;
mod cache;
mod head;
mod inherit;
mod lfs;
mod named;
mod places;
mod structure;
mod texts;
mod unbuilt;
mod visitor;

use super::open_repository::{CommitTree, OpenRepository};
use super::snapshots::CommitTrees;
use super::{Collector, Error, Shared, Source, guarded};
use crate::credential::Fingerprint;
use crate::detect::Budget;
use crate::git::refs::Refs;
use crate::git::walk::{ObjectStore, WalkFailures, WalkPlan};
use crate::git::{Index, ObjectKind, Oid, OpenOptions, Repository, rev};
use crate::lints::SourceFacts;
use crate::model::{Coverage, Exposure, Finding, LocatedHit, PathText, SkipReason};
use crate::rules::RuleSet;
use crate::source::attribution;
use blobs::Searcher;
use cache::Cache;
use structure::{Purpose, Reader};
use visitor::{Common, Raw, Seen};

/// How a history is scanned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Worker threads.
    pub threads: usize,
    /// Search every text whole instead of what its delta inserts: slower, with the same result.
    pub plain: bool,
    /// Where the names of clean objects are kept between scans.
    pub cache: Option<PathBuf>,
}

/// The object stores of one or several repositories.
pub(crate) struct HistorySource {
    /// Each repository with the commit of its HEAD.
    pub(crate) repositories: Vec<(Rc<OpenRepository>, Option<Oid>)>,
    /// The only repository's root, or the nearest directory that holds all roots.
    pub(crate) root: PathBuf,
    options: Options,
    warnings: Vec<String>,
    exposures: BTreeMap<(usize, Fingerprint), Exposure>,
    more: BTreeMap<(usize, Fingerprint), u64>,
}

impl HistorySource {
    pub(crate) fn open(paths: &[PathBuf], open: &OpenOptions, options: Options) -> Result<Self, Error> {
        let mut found: Vec<Repository> = Vec::with_capacity(paths.len());
        for path in paths {
            let repository = Repository::discover(path, open)?;
            if !found.iter().any(|known| known.common_dir == repository.common_dir) {
                found.push(repository);
            }
        }
        let first = found.first().map(|repository| repository.root().to_path_buf()).unwrap_or_default();
        let holds_all = |dir: &&Path| found.iter().all(|repository| repository.root().starts_with(dir));
        let root = first.ancestors().find(holds_all).map(Path::to_path_buf).unwrap_or_default();
        let repositories = found.into_iter().map(|repository| {
            let head = rev::head(&repository);
            (OpenRepository::new(repository, None), head)
        });
        Ok(Self {
            repositories: repositories.collect(),
            root,
            options,
            warnings: Vec::new(),
            exposures: BTreeMap::new(),
            more: BTreeMap::new(),
        })
    }

    /// Returns HEAD's tree of each repository, below its directory of the root.
    pub(crate) fn heads(&self) -> CommitTrees {
        let tree = |(repository, head): &(Rc<OpenRepository>, Option<Oid>)| {
            Some((self.below(repository), CommitTree::new(repository, Some((*head)?))))
        };
        CommitTrees(self.repositories.iter().filter_map(tree).collect())
    }

    /// Returns the directory of a repository below the root: empty, or with a slash at its end.
    fn below(&self, repository: &OpenRepository) -> String {
        let below = repository.root().strip_prefix(&self.root).unwrap_or(Path::new(""));
        match PathText::new(below.as_os_str().as_encoded_bytes()).text {
            below if below.is_empty() => below,
            below => format!("{below}/"),
        }
    }

    fn add(&mut self, exposures: BTreeMap<(usize, Fingerprint), Exposure>) {
        for (key, exposure) in exposures {
            match self.exposures.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(exposure);
                }
                Entry::Occupied(entry) => merge(entry.into_mut(), exposure),
            }
        }
    }
}

/// The same credential in two repositories: the longer story counts, and all refs do.
fn merge(known: &mut Exposure, other: Exposure) {
    let refs_total = known.refs_total + other.refs_total;
    let mut refs = std::mem::take(&mut known.refs);
    refs.extend(other.refs.iter().cloned());
    refs.truncate(crate::model::limits::MAX_REFS_NAMED);
    if (other.in_head, other.days) > (known.in_head, known.days) {
        *known = other;
    }
    (known.refs, known.refs_total) = (refs, refs_total);
}

impl Source for HistorySource {
    fn scan(&mut self, shared: &Shared<'_>) -> Result<(), Error> {
        for (repository, _) in self.repositories.clone() {
            let mut history = scan(shared, &repository, &self.options)?;
            self.add(std::mem::take(&mut history.exposures));
            for (key, count) in std::mem::take(&mut history.more) {
                *self.more.entry(key).or_default() += count;
            }
            self.warnings.append(&mut history.warnings);
            if repository.repository.foreign {
                let shown = repository.repository.git_dir.to_string_lossy();
                self.warnings.push(format!(
                    "{shown} belongs to another user: its objects are read, its configuration is not obeyed"
                ));
            }
            let prefix = self.below(&repository);
            let in_files = history.sightings.iter_mut().filter(|sighting| !sighting.place.path.text.is_empty());
            in_files.for_each(|sighting| sighting.place.path.text.insert_str(0, &prefix));
            history.facts.iter_mut().for_each(|facts| facts.move_below(&prefix));
            let mut collector = Collector::new(shared);
            collector.seen.sightings.append(&mut history.sightings);
            collector.seen.facts.append(&mut history.facts);
            collector.seen.coverage.merge(history.coverage);
        }
        Ok(())
    }

    fn expose(&self, rules: &RuleSet, finding: &mut Finding) {
        let rule = rules.index_of(&finding.rule);
        let key = rule.map(|rule| (rule, finding.fingerprint));
        finding.exposure = key.and_then(|key| self.exposures.get(&key).cloned());
        finding.more_locations += key.and_then(|key| self.more.get(&key)).copied().unwrap_or(0);
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// What a history holds.
#[derive(Debug, Default)]
pub struct History {
    /// Hits in their places.
    pub sightings: Vec<LocatedHit>,
    /// What source lints want to know of HEAD's files.
    pub facts: Vec<SourceFacts>,
    /// How long each credential was exposed, by rule and fingerprint.
    pub exposures: BTreeMap<(usize, Fingerprint), Exposure>,
    /// Places of each credential beyond those in `sightings`, by rule and fingerprint.
    pub more: BTreeMap<(usize, Fingerprint), u64>,
    /// What was read and what was not.
    pub coverage: Coverage,
    /// Sentences for the user.
    pub warnings: Vec<String>,
}

/// Scans the whole store of a repository.
///
/// # Errors
/// The threads cannot be started.
fn scan(shared: &Shared<'_>, opened: &OpenRepository, options: &Options) -> Result<History, Error> {
    let (repo, odb) = (&opened.repository, opened.odb());
    let (mut store, refs) = ObjectStore::new(odb, options.threads, || Refs::read(repo))?;
    let mut history = History::default();
    opened.report_problems(&mut history.coverage);
    refs.report_problems(&mut history.coverage);
    let index = index(repo, &mut history.coverage);
    let (files, indexes) = store.take_problems();
    let cache = options.cache.as_deref().map(|dir| open_cache(shared, dir, repo, &mut history.warnings));
    let common = Common { shared, repo, odb, plain: options.plain, cache: cache.as_ref(), total: Mutex::default() };
    let (mut seen, lost) = search(&common, &store, &refs);
    history.coverage.merge(std::mem::take(&mut seen.coverage));
    let clean = if indexes.is_empty() { healthy(std::mem::take(&mut seen.clean), &lost) } else { Vec::new() };
    count_lost(&mut history.coverage, lost);
    files.iter().for_each(|error| history.coverage.skip(error.reason(), error.to_string()));
    indexes.into_iter().for_each(|index| history.coverage.skip(SkipReason::Damaged, index));
    count_unread(&mut history.coverage, repo, &seen);
    seen.hits.sort_by(|a, b| key(a).cmp(&key(b)));
    let subject = attribution::Subject { store: &store, refs: &refs, index: index.as_ref() };
    let gathered = std::mem::take(&mut seen.gathered);
    let (attributed, facts) = store.install(|| {
        let facts = || head::facts(&common, refs.head, &seen.mentions);
        rayon::join(|| places::attribute(&subject, &seen.hits, gathered), facts)
    });
    history.facts = facts;
    history.coverage.merge(common.take().coverage);
    if let Some(cache) = cache {
        let failed = cache.save(clean).err();
        history.warnings.extend(failed.map(|error| format!("the cache cannot be written: {error}")));
    }
    (history.sightings, history.exposures, history.more) = places::place(&attributed, seen.hits, &refs);
    Ok(history)
}

/// Shows every object to a visitor: the blobs first, then, knowing which of them hit, trees and texts.
fn search(common: &Common<'_>, store: &ObjectStore<'_>, refs: &Refs) -> (Seen, WalkFailures) {
    let stop = || common.shared.expired();
    let expect = |objects| common.shared.progress.expect(objects);
    let known = AtomicU64::new(0);
    let unknown = |_: usize, name: &[u8]| {
        let is_known = common.knows(name);
        known.fetch_add(u64::from(is_known), Ordering::Relaxed);
        !is_known
    };
    let plan = WalkPlan { kinds: &[ObjectKind::Blob], wanted: &unknown, stop: &stop };
    let mut lost = store.walk(&plan, &|| Searcher::new(common), &expect);
    let mut seen = common.take();
    lfs::read(common, store, &mut seen);
    search_ref_names(common.shared, refs, &mut seen);
    let hit = |seen: &Seen| {
        let blobs = seen.hits.iter().filter(|raw| raw.kind == ObjectKind::Blob);
        let prefixes = || blobs.map(|raw| attribution::prefix(&raw.oid)).collect();
        (!seen.hits.is_empty()).then(|| attribution::Prefixes::new(prefixes()))
    };
    let blobs = hit(&seen);
    let wanted = |number: usize, name: &[u8]| unknown(number, name) || blobs.is_some();
    let plan =
        WalkPlan { kinds: &[ObjectKind::Tree, ObjectKind::Commit, ObjectKind::Tag], wanted: &wanted, stop: &stop };
    let purpose = Purpose { search: true, gather: blobs.as_ref() };
    lost.merge(store.walk(&plan, &|| Reader::new(common, store, purpose), &expect));
    seen.merge(common.take());
    if let (None, Some(blobs)) = (&blobs, hit(&seen)) {
        // Only a name or a text holds a key, which was not to be known before.
        let plan = WalkPlan { wanted: &|_, _| true, ..plan };
        let purpose = Purpose { search: false, gather: Some(&blobs) };
        store.walk(&plan, &|| Reader::new(common, store, purpose), &|_| {});
        seen.merge(common.take());
    }
    seen.coverage.objects += known.into_inner();
    (seen, lost)
}

type Key<'a> = (Oid, crate::model::Origin, &'a [String], Option<&'a [u8]>, u64, usize);

fn key(raw: &Raw) -> Key<'_> {
    (raw.oid, raw.origin, &raw.chain, raw.name.as_deref(), raw.hit.span.start, raw.hit.rule)
}

fn open_cache(shared: &Shared<'_>, directory: &Path, repo: &Repository, warnings: &mut Vec<String>) -> Cache {
    let under = format!("{} archives={}", shared.engine.rules().digest(), shared.archives);
    let (cache, warning) = Cache::open(directory, repo, &under);
    warnings.extend(warning);
    cache
}

/// Without what can be read although its checksum is wrong.
fn healthy(mut clean: Vec<Oid>, lost: &WalkFailures) -> Vec<Oid> {
    clean.retain(|oid| lost.suspect.binary_search(oid).is_err());
    clean
}

fn index(repo: &Repository, coverage: &mut Coverage) -> Option<Index> {
    match Index::of(repo, None) {
        Ok(index) => Some(index),
        Err(error) => {
            coverage.skip(error.reason(), error.to_string());
            None
        }
    }
}

fn count_lost(coverage: &mut Coverage, lost: WalkFailures) {
    for error in lost.objects {
        coverage.skip(error.reason(), error.to_string());
    }
    for oid in lost.suspect {
        coverage.skip(SkipReason::Damaged, format!("object {oid}: its checksum is wrong"));
    }
    if lost.unvisited > 0 {
        coverage.skip_many(SkipReason::TimedOut, lost.unvisited, Some("objects of the store".to_owned()));
    }
}

/// Counts what is not here, by anybody's intent or not.
fn count_unread(coverage: &mut Coverage, repo: &Repository, seen: &Seen) {
    for oid in &repo.shallow {
        coverage.skip(SkipReason::ShallowBoundary, format!("commit {oid}"));
    }
    for oid in &seen.missing {
        coverage.skip(SkipReason::MissingObject, oid.to_string());
    }
    for name in &seen.submodules {
        coverage.skip(SkipReason::Submodule, String::from_utf8_lossy(name));
    }
    for oid in seen.pointers.keys() {
        coverage.skip(SkipReason::LfsPointer, format!("blob {oid}: its content is not here"));
    }
}

/// The name of a ref is told like a text of its own.
fn search_ref_names(shared: &Shared<'_>, refs: &Refs, seen: &mut Seen) {
    for (name, oid) in &refs.refs {
        let mut budget = Budget::new(name.len());
        let hits = guarded(|| shared.engine.scan_within(name, &mut budget)).unwrap_or_else(|reason| {
            seen.coverage.skip(reason, format!("the name of a ref to {oid}"));
            Vec::new()
        });
        seen.coverage.skip_hits(budget.left_out(), "the name of a ref");
        seen.hits.extend(hits.into_iter().map(|hit| Raw {
            oid: *oid,
            kind: ObjectKind::Commit,
            origin: crate::model::Origin::RefName,
            chain: Vec::new(),
            name: Some(name.clone()),
            within: None,
            hit,
        }));
    }
}

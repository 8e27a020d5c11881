//! Scans every object of a repository, reachable or not.
//!
//! First all blobs are scanned, object by object, without any path; then trees, commits, tags and ref names. Only the hits
//! are attributed to paths, commits and refs ([`super::attribution`]). Nothing is fetched, written or run.

use std::collections::BTreeSet;
use std::rc::Rc;

mod blob_visitor;
mod cache;
mod commit_parts;
mod delta_filter;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod head_facts;
mod incremental;
mod lfs;
mod locate;
mod lookup_batch;
mod rescan;
mod search;
mod tree_visitor;
mod worker;

use super::open_repository::OpenRepository;
use super::{Collector, Error, ScanContext, ScanSource, attribution};
use crate::git::refs::Refs;
use crate::git::walk::{ObjectStore, WalkFailures};
use crate::git::{Index, Odb, Oid, Repository, RepositoryState};
use crate::lints::SourceFacts;
use crate::model::{Coverage, Exposure, Finding, Origin, SkipReason};
use crate::rules::RuleSet;
pub(crate) use cache::CacheOptions;
use cache::{HistoryCache, ObjectNotes};
use head_facts::HeadFiles;
use locate::{Attributed, ByCredential};
use lookup_batch::LookupBatch;
use rayon::ThreadPool;
use rescan::{CacheParts, Earlier, Keeper, KeptCache};
use search::Gather;
use worker::{HistoryPartial, ObjectHit};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) threads: usize,
    /// Search every text whole instead of what its delta inserts: slower, with the same result.
    pub(crate) plain: bool,
    pub(crate) cache: Option<CacheOptions>,
}

/// A repository whose store is open.
#[derive(Clone, Copy)]
struct OpenedStore<'a> {
    scan: &'a ScanContext<'a>,
    repo: &'a Repository,
    odb: &'a Odb,
    store: &'a ObjectStore<'a>,
    refs: &'a Refs,
    plain: bool,
}

/// Findings of a history's scan.
struct HistoryOutcome {
    /// Without the problems of the repository itself.
    coverage: Coverage,
    hits: Vec<ObjectHit>,
    attributed: Attributed,
    facts: Vec<SourceFacts>,
}

/// The object store of a repository.
pub(crate) struct HistorySource {
    pub(crate) repository: Rc<OpenRepository>,
    options: Options,
    warnings: Vec<String>,
    exposures: ByCredential<Exposure>,
    /// Locations beyond those that are reported.
    more_locations: ByCredential<u64>,
    kept: Option<KeptCache>,
    /// The files of HEAD that have facts, while these are not collected, and the threads to do it.
    unread: Option<(HeadFiles, ThreadPool)>,
}

impl HistorySource {
    pub(crate) fn new(repository: &Rc<OpenRepository>, options: Options) -> Self {
        let (warnings, exposures, more_locations) = (Vec::new(), ByCredential::new(), ByCredential::new());
        let repository = Rc::clone(repository);
        Self { repository, options, warnings, exposures, more_locations, kept: None, unread: None }
    }

    fn scan_repository(&mut self, scan: &ScanContext<'_>, opened: &OpenRepository) -> Result<(), Error> {
        let (repo, odb) = (&opened.repository, opened.odb());
        let store = ObjectStore::new(odb, self.options.threads)?;
        let cache = self.options.cache.as_ref().map(|options| open_cache(scan, options, repo, &mut self.warnings));
        let is_rescan = cache.as_ref().is_some_and(|cache| !cache.is_empty());
        let refs = match is_rescan {
            true => {
                odb.give_pages_back();
                Refs::read(repo)
            }
            false => store.install(|| rayon::join(|| store.prepare(), || Refs::read(repo)).1),
        };
        let plain = self.options.plain;
        let subject = OpenedStore { scan, repo, odb, store: &store, refs: &refs, plain };
        let state = cache.as_ref().map(|_| RepositoryState::of(repo, &refs, Some(&store)));
        let kept = cache.as_ref().zip(state.as_ref());
        let known = kept.filter(|_| is_rescan).map(|(cache, state)| rescan::unchanged(&subject, cache, state));
        let (outcome, parts, unread) = match known {
            Some(Ok(Some((outcome, files)))) => (outcome, None, Some(files)),
            other => {
                let is_sound = !matches!(other, Some(Err(_)));
                self.warnings.extend(other.and_then(Result::err).map(|damaged| damaged.to_string()));
                let (outcome, parts) = self.search(&subject, kept, is_sound);
                (outcome, parts, None)
            }
        };
        let HistoryOutcome { coverage, hits, attributed, facts } = outcome;
        let is_kept = unread.is_some() || parts.is_some();
        self.kept = cache.filter(|_| is_kept).map(|cache| KeptCache::new(cache, parts));
        self.unread = unread.map(|files| (files, store.into_threads()));
        let mut collector = Collector::new(scan);
        opened.report_problems(collector.coverage());
        collector.coverage().merge(coverage);
        collector.add_hits([], facts);
        for hit in hits {
            *self.more_locations.entry(hit.credential()).or_default() += attributed.left_out(&hit);
            collector.add_hits(attributed.locate(&hit), None);
        }
        self.exposures.extend(attributed.exposures());
        Ok(())
    }

    /// Searches what no earlier scan has searched, and attributes all hits.
    fn search(
        &mut self,
        opened: &OpenedStore<'_>,
        kept: Option<(&HistoryCache, &RepositoryState)>,
        is_sound: bool,
    ) -> (HistoryOutcome, Option<CacheParts>) {
        let OpenedStore { scan, repo, store, refs, .. } = *opened;
        let read = kept.filter(|_| is_sound).map(|(cache, _)| Earlier::read(cache, opened));
        let mut earlier = read.unwrap_or_else(|| Ok(Earlier::default())).unwrap_or_else(|damaged| {
            self.warnings.push(damaged.to_string());
            Earlier::default()
        });
        kept.iter().for_each(|(cache, _)| cache.release());
        let notes = kept.map(|_| ObjectNotes::new(store.count()));
        let context = opened.context(earlier.objects, earlier.compared.as_ref().map(|compared| &compared.due), notes);
        let gather = if earlier.store.graph.is_some() { Gather::Searched } else { Gather::All };
        let (mut partial, lost, gathered) = search::search(&context, opened, (gather, &earlier.store.marked));
        // Attribution reads little of the packs, and the records need memory.
        opened.odb.release();
        let is_graph_known = gathered == Gather::Searched;
        earlier.store.graph = earlier.store.graph.filter(|_| is_graph_known);
        partial.missing.append(&mut earlier.store.missing);
        partial.submodules.append(&mut earlier.store.submodules);
        let mut coverage = std::mem::take(&mut partial.coverage);
        if let Some(compared) = &earlier.compared {
            coverage.objects += compared.spared.0;
            coverage.bytes += compared.spared.1;
        }
        refs.report_problems(&mut coverage);
        let indexes = read_indexes(repo, refs, &mut coverage);
        let damaged = store.complaints(&|pack| earlier.store.has(pack));
        let is_whole = rescan::is_whole(&lost) && damaged.is_empty() && store.unreadable.is_empty();
        let mut keeper = kept.filter(|_| is_whole).map(|(_, state)| Keeper::new(opened, state, &partial));
        partial.missing.append(&mut missing_targets(store, opened.odb, refs, &indexes));
        report_lost(&mut coverage, lost);
        store.unreadable.iter().for_each(|error| coverage.skip(error.reason(), error.to_string()));
        damaged.into_iter().for_each(|index| coverage.skip(SkipReason::Damaged, index));
        report_unread(&mut coverage, repo, &partial);
        partial.hits.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        let stop = || scan.expired();
        let unknown = context.due.filter(|_| is_graph_known);
        let subject = attribution::RepositoryView { store, refs, indexes: &indexes, unknown, stop: &stop };
        let graph = (std::mem::take(&mut partial.gathered), earlier.store.graph.take().unwrap_or_default());
        let files = earlier.files.take();
        let notes = context.notes.as_ref().filter(|_| keeper.is_some());
        let (attributed, ((facts, files), records)) = store.install(|| {
            let attribute = || locate::attribute(&subject, &partial.hits, graph, keeper.as_mut().map(Keeper::graph));
            let read = || head_facts::facts(&context, opened.head_tree(), &partial.mentions, files.as_ref());
            let record = || notes.map(|notes| earlier.records(store, notes));
            rayon::join(attribute, || rayon::join(read, record))
        });
        coverage.merge(context.take().coverage);
        if attributed.is_stopped() {
            coverage.skip(SkipReason::TimedOut, "paths, refs and dates of what was found");
        }
        let outcome = HistoryOutcome { coverage, hits: partial.hits, attributed, facts };
        let keeper = keeper.filter(|_| !scan.expired()).zip(records);
        let parts = keeper.map(|(keeper, records)| keeper.parts(opened, &outcome, (records, files)));
        (outcome, parts)
    }
}

impl ScanSource for HistorySource {
    fn scan(&mut self, context: &ScanContext<'_>) -> Result<(), Error> {
        let opened = Rc::clone(&self.repository);
        self.scan_repository(context, &opened)?;
        if opened.repository.foreign {
            let shown = opened.repository.git_dir.to_string_lossy();
            self.warnings
                .push(format!("{shown} belongs to another user: its objects are read, its configuration is ignored"));
        }
        Ok(())
    }

    fn expose(&self, rules: &RuleSet, finding: &mut Finding) {
        let Some(rule) = rules.index_of(&finding.rule) else { return };
        let credential = (rule, finding.fingerprint);
        finding.exposure = self.exposures.get(&credential).cloned();
        finding.more_locations += self.more_locations.get(&credential).copied().unwrap_or(0);
    }

    fn lint_record(&self) -> Option<&[u8]> {
        self.kept.as_ref().map(KeptCache::lint_record)
    }

    fn facts(&self, scan: &ScanContext<'_>) -> Vec<SourceFacts> {
        let Some((HeadFiles { files, .. }, threads)) = &self.unread else { return Vec::new() };
        let odb = self.repository.odb();
        threads.install(|| head_facts::read_files((scan, odb), files).facts)
    }

    fn keep_lints(&mut self, record: Option<Vec<u8>>) {
        let saved = self.kept.take().map(|kept| kept.save(record.unwrap_or_default()));
        let failed = saved.and_then(Result::err);
        self.warnings.extend(failed.map(|error| format!("the cache cannot be written: {error}")));
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

type SortKey<'a> = (Oid, Origin, &'a [String], Option<&'a [u8]>, u64, usize);

fn sort_key(object: &ObjectHit) -> SortKey<'_> {
    let ObjectHit { oid, name, hit, .. } = object;
    (*oid, hit.origin, &hit.chain, name.as_deref(), hit.hit.span.start, hit.hit.rule)
}

fn open_cache(
    scan: &ScanContext<'_>,
    options: &CacheOptions,
    repo: &Repository,
    warnings: &mut Vec<String>,
) -> HistoryCache {
    let under = format!("{} archives={}", scan.engine.rules().digest(), scan.archives);
    let (cache, damaged) = HistoryCache::open(options, repo, &under);
    warnings.extend(damaged.map(|damaged| damaged.to_string()));
    cache
}

/// Returns the objects that refs, reflogs and the indexes name and that are not here.
fn missing_targets(store: &ObjectStore<'_>, odb: &Odb, refs: &Refs, indexes: &[Index]) -> BTreeSet<Oid> {
    let mut lookups = LookupBatch::new(store, odb);
    refs.targets().for_each(|oid| lookups.check(oid));
    let staged = indexes.iter().flat_map(Index::iter).filter(|entry| !entry.is_submodule());
    staged.for_each(|entry| lookups.check(&entry.oid));
    lookups.resolve();
    lookups.missing
}

/// Returns the index of this worktree and those of the others that are linked with it.
fn read_indexes(repo: &Repository, refs: &Refs, coverage: &mut Coverage) -> Vec<Index> {
    let others = refs.git_dirs.iter().filter(|dir| **dir != repo.git_dir).map(|dir| dir.join("index"));
    let others = others.map(|file| Index::at(repo, &file));
    let read = std::iter::once(Index::of(repo, None)).chain(others);
    read.filter_map(|index| index.map_err(|error| coverage.skip(error.reason(), error.to_string())).ok()).collect()
}

fn report_lost(coverage: &mut Coverage, lost: WalkFailures) {
    for error in lost.objects {
        coverage.skip(error.reason(), error.to_string());
    }
    for oid in lost.suspect {
        coverage.skip(SkipReason::Damaged, format!("object {oid}: its checksum is wrong"));
    }
    if lost.unvisited > 0 {
        let (reason, what) = if lost.is_bomb {
            (SkipReason::OverLimit, "objects of the store: it expands to too many bytes")
        } else {
            (SkipReason::TimedOut, "objects of the store")
        };
        coverage.skip_many(reason, lost.unvisited, Some(what.to_owned()));
    }
}

/// Counts everything that is not in this repository, on purpose or not.
fn report_unread(coverage: &mut Coverage, repo: &Repository, partial: &HistoryPartial) {
    for oid in &repo.shallow {
        coverage.skip(SkipReason::ShallowBoundary, format!("commit {oid}"));
    }
    for oid in &partial.missing {
        coverage.skip(SkipReason::MissingObject, oid.to_string());
    }
    for name in &partial.submodules {
        coverage.skip(SkipReason::Submodule, String::from_utf8_lossy(name));
    }
    for oid in partial.pointers.keys() {
        coverage.skip(SkipReason::LfsPointer, format!("blob {oid}: its content is not here"));
    }
}

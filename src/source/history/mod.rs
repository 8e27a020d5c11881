//! Scans every object of a repository, reachable or not.
//!
//! First all blobs are scanned, object by object, without any path; then trees, commits, tags and ref names. Only the hits
//! are attributed to paths, commits and refs ([`super::attribution`]). Nothing is fetched, written or run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

mod blob_visitor;
mod clean_cache;
mod commit_parts;
mod delta_filter;
mod head_facts;
mod incremental;
mod lfs;
mod locate;
mod lookup_batch;
mod tree_visitor;
mod worker;

use super::open_repository::OpenRepository;
use super::text_scanner::TextScanner;
use super::{Collector, Error, ScanContext, ScanSource, attribution};
use crate::git::refs::Refs;
use crate::git::walk::{ObjectStore, WalkFailures, WalkPlan};
use crate::git::{Index, ObjectKind, Odb, Oid, Repository};
use crate::model::{Coverage, Exposure, Finding, Origin, SkipReason};
use crate::rules::RuleSet;
use blob_visitor::BlobVisitor;
use clean_cache::CleanCache;
use locate::ByCredential;
use lookup_batch::LookupBatch;
use tree_visitor::{TreeVisitor, WalkPurpose};
use worker::{HistoryContext, HistoryPartial, ObjectHit};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) threads: usize,
    /// Search every text whole instead of what its delta inserts: slower, with the same result.
    pub(crate) plain: bool,
    /// Directory of the cache of clean objects.
    pub(crate) cache: Option<PathBuf>,
}

/// The object store of a repository.
pub(crate) struct HistorySource {
    pub(crate) repository: Rc<OpenRepository>,
    options: Options,
    warnings: Vec<String>,
    exposures: ByCredential<Exposure>,
    /// Locations beyond those that are reported.
    more_locations: ByCredential<u64>,
}

impl HistorySource {
    pub(crate) fn new(repository: &Rc<OpenRepository>, options: Options) -> Self {
        let (warnings, exposures) = (Vec::new(), ByCredential::new());
        let repository = Rc::clone(repository);
        Self { repository, options, warnings, exposures, more_locations: ByCredential::new() }
    }

    fn scan_repository(&mut self, scan: &ScanContext<'_>, opened: &OpenRepository) -> Result<(), Error> {
        let (repo, odb) = (&opened.repository, opened.odb());
        let (mut store, refs) = ObjectStore::new(odb, self.options.threads, || Refs::read(repo))?;
        let mut collector = Collector::new(scan);
        let coverage = collector.coverage();
        opened.report_problems(coverage);
        refs.report_problems(coverage);
        let indexes = read_indexes(repo, &refs, coverage);
        let (files, damaged) = store.take_problems();
        let cache = self.options.cache.as_deref().map(|dir| open_cache(scan, dir, repo, &mut self.warnings));
        let plain = self.options.plain;
        let context = HistoryContext { scan, repo, odb, plain, cache: cache.as_ref(), total: Mutex::default() };
        let (mut partial, lost) = search(&context, &store, &refs);
        coverage.merge(std::mem::take(&mut partial.coverage));
        partial.missing.append(&mut missing_targets(&store, odb, &refs, &indexes));
        let clean = if damaged.is_empty() { undamaged(std::mem::take(&mut partial.clean), &lost) } else { Vec::new() };
        report_lost(coverage, lost);
        files.iter().for_each(|error| coverage.skip(error.reason(), error.to_string()));
        damaged.into_iter().for_each(|index| coverage.skip(SkipReason::Damaged, index));
        report_unread(coverage, repo, &partial);
        partial.hits.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        let stop = || scan.expired();
        let subject = attribution::RepositoryView { store: &store, refs: &refs, indexes: &indexes, stop: &stop };
        let gathered = std::mem::take(&mut partial.gathered);
        let (attributed, facts) = store.install(|| {
            let facts = || head_facts::facts(&context, refs.head, &partial.mentions);
            rayon::join(|| locate::attribute(&subject, &partial.hits, gathered), facts)
        });
        coverage.merge(context.take().coverage);
        if attributed.is_stopped() {
            coverage.skip(SkipReason::TimedOut, "paths, refs and dates of what was found");
        }
        if let Some(cache) = cache {
            let failed = cache.save(clean).err();
            self.warnings.extend(failed.map(|error| format!("the cache cannot be written: {error}")));
        }
        collector.add_hits([], facts);
        for hit in partial.hits {
            *self.more_locations.entry(hit.credential()).or_default() += attributed.left_out(&hit);
            collector.add_hits(attributed.locate(&hit), None);
        }
        self.exposures.extend(attributed.exposures());
        Ok(())
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

    fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Walks over all objects: the blobs first, then, knowing which of them have hits, trees, commits and tags.
fn search(context: &HistoryContext<'_>, store: &ObjectStore<'_>, refs: &Refs) -> (HistoryPartial, WalkFailures) {
    let stop = || context.scan.expired();
    let expect = |objects| context.scan.progress.expect(objects);
    let cached = AtomicU64::new(0);
    let is_uncached = |_: usize, name: &[u8]| {
        let is_cached = context.is_cached(name);
        cached.fetch_add(u64::from(is_cached), Ordering::Relaxed);
        !is_cached
    };
    let plan = WalkPlan { kinds: &[ObjectKind::Blob], wanted: &is_uncached, stop: &stop };
    let mut lost = store.walk(&plan, &|| BlobVisitor::new(context), &expect);
    let mut partial = context.take();
    lfs::scan(context, store, &mut partial);
    search_ref_names(context.scan, refs, &mut partial);
    let blobs_with_hits = |partial: &HistoryPartial| {
        let blobs = partial.hits.iter().filter(|hit| hit.kind == ObjectKind::Blob);
        let prefixes = || blobs.map(|hit| attribution::oid_prefix(&hit.oid)).collect();
        (!partial.hits.is_empty()).then(|| attribution::PrefixTable::new(prefixes()))
    };
    let blobs = blobs_with_hits(&partial);
    let wanted = |number: usize, name: &[u8]| is_uncached(number, name) || blobs.is_some();
    let plan =
        WalkPlan { kinds: &[ObjectKind::Tree, ObjectKind::Commit, ObjectKind::Tag], wanted: &wanted, stop: &stop };
    let purpose = WalkPurpose { search: true, gather: blobs.as_ref() };
    lost.merge(store.walk(&plan, &|| TreeVisitor::new(context, store, purpose), &expect));
    partial.merge(context.take());
    if let (None, Some(blobs)) = (&blobs, blobs_with_hits(&partial)) {
        // The first hit is in a name or a commit: nothing was gathered yet.
        let plan = WalkPlan { wanted: &|_, _| true, ..plan };
        let purpose = WalkPurpose { search: false, gather: Some(&blobs) };
        store.walk(&plan, &|| TreeVisitor::new(context, store, purpose), &|_| {});
        partial.merge(context.take());
    }
    partial.coverage.objects += cached.into_inner();
    (partial, lost)
}

type SortKey<'a> = (Oid, Origin, &'a [String], Option<&'a [u8]>, u64, usize);

fn sort_key(object: &ObjectHit) -> SortKey<'_> {
    let ObjectHit { oid, name, hit, .. } = object;
    (*oid, hit.origin, &hit.chain, name.as_deref(), hit.hit.span.start, hit.hit.rule)
}

fn open_cache(scan: &ScanContext<'_>, directory: &Path, repo: &Repository, warnings: &mut Vec<String>) -> CleanCache {
    let under = format!("{} archives={}", scan.engine.rules().digest(), scan.archives);
    let (cache, warning) = CleanCache::open(directory, repo, &under);
    warnings.extend(warning);
    cache
}

/// Drops objects that can be read although their checksum is wrong.
fn undamaged(mut clean: Vec<Oid>, lost: &WalkFailures) -> Vec<Oid> {
    clean.retain(|oid| lost.suspect.binary_search(oid).is_err());
    clean
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

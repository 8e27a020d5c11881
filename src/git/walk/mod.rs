//! A walk over every object of a store, each visited once, at the speed of inflation.
//!
//! The entries of a pack form a forest of deltas. Each tree is walked depth first, so that every delta is applied once,
//! while its base is still in memory, in reused buffers; threads share the trees. Objects that are too large for a
//! thread are deferred to the end of the walk, and what does not fit in memory is streamed. An object in several packs
//! is visited once; if its first copy is damaged, another one is read.
//!
//! Each thread has its own [`ObjectVisitor`]. For a delta, the visitor gets its own state of the base and the copied
//! ranges, so that it need not search the same bytes twice.

use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

mod deferred;
mod delta_forest;
mod delta_reader;
mod numbering;
mod offset_lookup;
mod selection;
mod tree_worker;

use super::bit_set::BitSet;
use super::object::{Damage, ObjectError, ObjectKind};
use super::odb::Odb;
use super::oid::Oid;
pub(crate) use super::pack::delta::{CopiedRange, DeltaOp, DeltaOps, append};
use super::pack::most_made;
use delta_forest::DeltaForest;
use selection::Selection;
use tree_worker::TreeWorker;

#[derive(Debug, Clone, Copy)]
pub(crate) struct VisitedObject {
    pub(crate) oid: Oid,
    pub(crate) kind: ObjectKind,
    /// Cleared if the object is decoded only as a delta base.
    pub(crate) fresh: bool,
}

/// An object that was rebuilt from a delta.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolved<'a> {
    pub(crate) bytes: &'a [u8],
    /// The ranges that were copied from the base, in the order of their places in the object.
    pub(crate) copies: &'a [CopiedRange],
}

/// An object that is not rebuilt: a delta, and the base that it applies to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DeltaOnly<'a> {
    pub(crate) base: &'a [u8],
    pub(crate) instructions: &'a [u8],
    /// The size that the delta promises; not verified.
    pub(crate) size: usize,
}

/// Receives the objects of one thread.
pub(crate) trait ObjectVisitor: Send {
    /// State of an object, kept for the deltas against it.
    type State;

    /// Visits an object without reference to a base.
    fn whole(&mut self, object: &VisitedObject, bytes: &[u8]) -> Self::State;

    /// Visits an object that was rebuilt from a delta.
    fn resolved(&mut self, object: &VisitedObject, base: &Self::State, resolved: &Resolved<'_>) -> Self::State;

    /// Decides from its delta alone whether an object can be skipped. Asked only for objects on which no other depends;
    /// must return false for a delta that cannot be applied.
    fn can_skip(&mut self, _object: &VisitedObject, _base: &Self::State, _delta: &DeltaOnly<'_>) -> bool {
        false
    }

    /// Visits an object that is too large for memory.
    ///
    /// # Errors
    /// Errors of the reader.
    fn stream(&mut self, object: &VisitedObject, size: u64, content: &mut dyn Read) -> io::Result<()>;
}

pub(crate) struct WalkPlan<'a> {
    pub(crate) kinds: &'a [ObjectKind],
    /// Selects objects by number and name.
    pub(crate) wanted: &'a (dyn Fn(usize, &[u8]) -> bool + Sync),
    /// Polled during the walk; true ends it.
    pub(crate) stop: &'a (dyn Fn() -> bool + Sync),
}

/// The objects that a walk did not show.
#[derive(Debug, Default)]
pub(crate) struct WalkFailures {
    pub(crate) objects: Vec<ObjectError>,
    /// Objects that were visited although the checksum of their stored bytes is wrong.
    pub(crate) suspect: Vec<Oid>,
    /// Number of objects that were left out because the walk was stopped, or because the store expands too far.
    pub(crate) unvisited: u64,
    /// Set if the store expands beyond any honest one.
    pub(crate) is_bomb: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the worker threads cannot be started: {0}")]
pub(crate) struct ThreadPoolError(#[from] rayon::ThreadPoolBuildError);

impl WalkFailures {
    /// Adds the failures of another walk over the same store.
    pub(crate) fn merge(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.objects.sort_by_key(ObjectError::key);
        self.objects.dedup_by_key(|error| error.key());
        self.suspect.extend(other.suspect);
        self.suspect.sort_unstable();
        self.suspect.dedup();
        self.unvisited += other.unvisited;
        self.is_bomb |= other.is_bomb;
    }
}

/// The packs and loose objects of a repository, prepared for any number of walks.
pub(crate) struct ObjectStore<'a> {
    odb: &'a Odb,
    pool: rayon::ThreadPool,
    forests: Vec<DeltaForest>,
    repeated: DuplicateEntries,
    /// Objects that no pack holds, with the kind that their header gives.
    loose: Vec<(Oid, Option<ObjectKind>)>,
    files: Vec<super::disk::DiskError>,
    indexes: Vec<String>,
}

impl<'a> ObjectStore<'a> {
    /// Reads the headers of all entries, and runs `beside` at the same time.
    pub(crate) fn new<R: Send>(
        odb: &'a Odb,
        threads: usize,
        beside: impl FnOnce() -> R + Send,
    ) -> Result<(Self, R), ThreadPoolError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let repeated = DuplicateEntries::find(&pool, odb);
        let forests = || odb.packs.iter().map(DeltaForest::build).collect::<Vec<DeltaForest>>();
        let refine = || odb.packs.iter().for_each(|pack| pack.index.build_fanout());
        let complaints = || odb.packs.iter().filter_map(super::pack::Pack::index_complaint).collect();
        let (forests, ((beside, ()), indexes)) =
            pool.install(|| rayon::join(forests, || rayon::join(|| rayon::join(beside, refine), complaints)));
        let mut indexes: Vec<String> = indexes;
        indexes.extend(odb.packs.iter().zip(&forests).filter_map(|(pack, forest)| forest.gap(pack)));
        let (loose, files) = loose(odb, &pool);
        Ok((Self { odb, pool, forests, repeated, loose, files, indexes }, beside))
    }

    /// Runs `run` on the threads of the walks.
    pub(crate) fn install<R: Send>(&self, run: impl FnOnce() -> R + Send) -> R {
        self.pool.install(run)
    }

    /// Shows every selected object to one of the visitors. `make` creates a visitor for each thread, which is dropped
    /// at the end of the thread. `expect` receives the number of objects.
    pub(crate) fn walk<V: ObjectVisitor>(
        &self,
        plan: &WalkPlan<'_>,
        make: &(dyn Fn() -> V + Sync),
        expect: &dyn Fn(u64),
    ) -> WalkFailures {
        let select = |(number, forest): (usize, &DeltaForest)| {
            let (index, first) = (&self.odb.packs[number].index, self.first_number(number));
            let wanted =
                |name: usize| !self.repeated.has(number, name) && (plan.wanted)(first + name, index.name(name));
            Selection::new(forest, plan.kinds, &wanted)
        };
        let selections: Vec<Selection> = self.pool.install(|| self.forests.iter().enumerate().map(select).collect());
        let of_kind = |kind: &Option<ObjectKind>| kind.is_none_or(|kind| plan.kinds.contains(&kind));
        let wanted = |at: usize, (oid, kind): &(Oid, Option<ObjectKind>)| {
            of_kind(kind) && (plan.wanted)(self.packed() + at, oid.as_bytes())
        };
        let loose = self.loose.iter().enumerate().filter(|(at, loose)| wanted(*at, loose));
        let loose: Vec<Oid> = loose.map(|(_, (oid, _))| *oid).collect();
        let total = selections.iter().map(Selection::visits).sum::<u64>() + loose.len() as u64;
        expect(total);
        let stored: u64 = self.odb.packs.iter().map(|pack| pack.bytes().len() as u64).sum();
        let context = WalkContext {
            store: self,
            selections,
            plan,
            visited: AtomicUsize::new(0),
            deferred: Mutex::default(),
            most: most_made(stored),
            made: AtomicU64::new(0),
        };
        context.walk_trees(make);
        let mut failures = self.pool.install(|| deferred::finish(&context, make(), &loose));
        let seen = context.visited.load(Ordering::Relaxed) as u64 + failures.objects.len() as u64;
        failures.is_bomb = context.is_spent(0);
        failures.unvisited = if context.is_over() { total.saturating_sub(seen) } else { 0 };
        failures
    }

    /// Takes the directories and files that cannot be read, and complaints about indexes.
    pub(crate) fn take_problems(&mut self) -> (Vec<super::disk::DiskError>, Vec<String>) {
        (std::mem::take(&mut self.files), std::mem::take(&mut self.indexes))
    }
}

/// Loose objects, and the directories that cannot be read.
type LooseObjects = (Vec<(Oid, Option<ObjectKind>)>, Vec<super::disk::DiskError>);

/// Lists the loose objects that no pack holds.
fn loose(odb: &Odb, pool: &rayon::ThreadPool) -> LooseObjects {
    use rayon::prelude::*;
    let (mut oids, mut problems) = (Vec::new(), Vec::new());
    for dir in &odb.loose {
        let (found, errors) = super::loose::list(dir, odb.format);
        oids.extend(found);
        problems.extend(errors);
    }
    oids.sort_unstable();
    oids.dedup();
    oids.retain(|oid| !odb.packs.iter().any(|pack| pack.index.find(oid).is_some()));
    let kind = |oid: Oid| (oid, odb.open_loose(&oid).ok().flatten().map(|opened| opened.kind));
    (pool.install(|| oids.into_par_iter().map(kind).collect()), problems)
}

/// Entries that need more memory than a thread has, and objects that could not be read.
#[derive(Debug, Default)]
struct Deferred {
    /// Pack and entry. Neither the entry nor anything built on it was visited.
    entries: Vec<(usize, u32)>,
    failures: Vec<(Oid, Damage)>,
    suspect: Vec<Oid>,
}

/// State that all threads of a walk share.
struct WalkContext<'a> {
    store: &'a ObjectStore<'a>,
    /// One for each pack.
    selections: Vec<Selection>,
    plan: &'a WalkPlan<'a>,
    visited: AtomicUsize,
    deferred: Mutex<Deferred>,
    /// Bytes of objects that may be made of deltas, and that were made.
    most: u64,
    made: AtomicU64,
}

impl WalkContext<'_> {
    /// Returns true if the walk was stopped or the store expands too far.
    fn is_over(&self) -> bool {
        (self.plan.stop)() || self.is_spent(0)
    }

    /// Returns true if `more` bytes of objects are too many.
    fn is_spent(&self, more: u64) -> bool {
        self.made.load(Ordering::Relaxed).saturating_add(more) > self.most
    }

    fn charge(&self, bytes: u64) {
        self.made.fetch_add(bytes, Ordering::Relaxed);
    }

    fn walk_trees<V: ObjectVisitor>(&self, make: &(dyn Fn() -> V + Sync)) {
        for (number, selection) in
            self.selections.iter().enumerate().filter(|(_, selection)| !selection.roots.is_empty())
        {
            let next = AtomicUsize::new(0);
            self.store.pool.broadcast(|_| {
                let mut worker = TreeWorker::new(self, number, make());
                while let Some((root, kind)) = selection.roots.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if (self.plan.stop)() {
                        break;
                    }
                    worker.walk_tree(*root, *kind);
                }
            });
        }
    }

    fn pack(&self, number: usize) -> &super::pack::Pack {
        &self.store.odb.packs[number]
    }

    fn deferred(&self) -> std::sync::MutexGuard<'_, Deferred> {
        self.deferred.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Entries that repeat an object of an earlier pack, a bit for each name of each pack.
struct DuplicateEntries {
    packs: Vec<BitSet>,
}

impl DuplicateEntries {
    fn find(pool: &rayon::ThreadPool, odb: &Odb) -> Self {
        use rayon::prelude::*;
        if odb.packs.len() < 2 {
            return Self { packs: Vec::new() };
        }
        let mut packs: Vec<BitSet> = odb.packs.iter().map(|pack| BitSet::none(pack.index.len())).collect();
        let mut all: Vec<(u64, u32, u32)> = Vec::with_capacity(odb.packs.iter().map(|pack| pack.index.len()).sum());
        for (number, pack) in odb.packs.iter().enumerate() {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            all.extend((0..pack.index.len()).map(|name| {
                let prefix = pack.index.name(name).first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first));
                (prefix, number, u32::try_from(name).unwrap_or(u32::MAX))
            }));
        }
        pool.install(|| all.par_sort_unstable());
        let name = |entry: &(u64, u32, u32)| odb.packs[entry.1 as usize].index.name(entry.2 as usize);
        for group in all.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
            for (at, entry) in group.iter().enumerate() {
                if group[..at].iter().any(|earlier| name(earlier) == name(entry)) {
                    packs[entry.1 as usize].set(entry.2, true);
                }
            }
        }
        Self { packs }
    }

    fn has(&self, pack: usize, name: usize) -> bool {
        self.packs.get(pack).is_some_and(|names| u32::try_from(name).is_ok_and(|name| names.has(name)))
    }
}

#[cfg(test)]
mod tests;

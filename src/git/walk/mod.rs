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
mod store;
mod tree_worker;

use super::bit_set::BitSet;
use super::object::{Damage, ObjectError, ObjectKind};
use super::oid::Oid;
pub(crate) use super::pack::delta::{CopiedRange, DeltaOp, DeltaOps, append};
use super::pack::most_made;
use selection::Selection;
pub(crate) use store::ObjectStore;
use store::WalkForest;
use tree_worker::TreeWorker;

#[derive(Debug, Clone, Copy)]
pub(crate) struct VisitedObject {
    pub(crate) oid: Oid,
    /// Its number in the store.
    pub(crate) number: u32,
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
    /// Numbers of the objects to visit, each of its first copy; without it, every object is visited once.
    pub(crate) wanted: Option<&'a BitSet>,
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

impl ObjectStore<'_> {
    /// Shows every selected object to one of the visitors. `make` creates a visitor for each thread, which is dropped
    /// at the end of the thread. `expect` receives the number of objects.
    pub(crate) fn walk<V: ObjectVisitor>(
        &self,
        plan: &WalkPlan<'_>,
        make: &(dyn Fn() -> V + Sync),
        expect: &dyn Fn(u64),
    ) -> WalkFailures {
        let forests: Vec<WalkForest<'_>> =
            self.pool.install(|| (0..self.odb.packs.len()).map(|pack| self.forest(pack, plan.wanted)).collect());
        let select = |(pack, forest): (usize, &WalkForest<'_>)| {
            let first = self.first_number(pack);
            let wanted = |name: usize| match plan.wanted {
                Some(wanted) => u32::try_from(first + name).is_ok_and(|number| wanted.has(number)),
                None => !self.is_repeated(pack, name),
            };
            Selection::new(forest, plan.kinds, &wanted)
        };
        let selections: Vec<Selection> = self.pool.install(|| forests.iter().enumerate().map(select).collect());
        let loose = self.pool.install(|| self.loose(plan));
        let total = selections.iter().map(Selection::visits).sum::<u64>() + loose.len() as u64;
        expect(total);
        let stored: u64 = self.odb.packs.iter().map(|pack| pack.bytes().len() as u64).sum();
        let context = WalkContext {
            store: self,
            forests,
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
    forests: Vec<WalkForest<'a>>,
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

#[cfg(test)]
mod tests;

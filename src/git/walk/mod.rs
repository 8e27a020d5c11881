//! Every object of a store, each once, as fast as it can be inflated.
//!
//! The entries of a pack form a forest of deltas. Each tree is walked depth first, so that every delta is applied once,
//! while its base is still at hand, in buffers that are used again; threads share the trees out among themselves. What
//! is too large for that is taken one by one afterwards, what does not fit in memory is streamed. An object that
//! several packs hold is visited once; one whose first copy is damaged is looked for elsewhere.
//!
//! Who looks at the objects is a [`Visitor`], one for each thread. For a delta it learns which bytes were copied from
//! the base, and what it knew about the base, so that it need not look at the same bytes twice.

use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

mod choice;
mod delta_reader;
mod forest;
mod large;
mod numbers;
mod offsets;
mod tree;

use super::object::{Damage, Kind, ObjectError};
use super::odb::Odb;
use super::oid::Oid;
pub(crate) use super::pack::delta::{Copied, Op, Ops, append};
use choice::Choice;
use forest::Forest;
use tree::Worker;

/// An object that is being visited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Object {
    pub(crate) oid: Oid,
    pub(crate) kind: Kind,
    /// False if it was visited already or nobody wants it, and only what is made from it matters.
    pub(crate) fresh: bool,
}

/// A text that was made from another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made<'a> {
    pub(crate) bytes: &'a [u8],
    /// The parts that were copied from the base, in order of place.
    pub(crate) copies: &'a [Copied],
}

/// A text that was not built: a delta against a base that is at hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unbuilt<'a> {
    pub(crate) base: &'a [u8],
    pub(crate) instructions: &'a [u8],
    /// What its header promises, which nobody has checked.
    pub(crate) size: usize,
}

/// One thread's view of the objects.
pub(crate) trait Visitor: Send {
    /// What it remembers about an object for those that are made from it.
    type State;

    /// An object given whole.
    fn whole(&mut self, object: &Object, bytes: &[u8]) -> Self::State;

    /// An object made from another.
    fn made(&mut self, object: &Object, base: &Self::State, made: &Made<'_>) -> Self::State;

    /// Whether an object that nothing else is made from is done with without being built. One that cannot be built is not.
    fn passes(&mut self, _object: &Object, _base: &Self::State, _unbuilt: &Unbuilt<'_>) -> bool {
        false
    }

    /// An object too large for memory.
    ///
    /// # Errors
    /// Those of the reader.
    fn stream(&mut self, object: &Object, size: u64, content: &mut dyn Read) -> io::Result<()>;
}

/// What one walk shows.
pub(crate) struct Plan<'a> {
    pub(crate) kinds: &'a [Kind],
    /// Which objects are to be visited, by number and name.
    pub(crate) wanted: &'a (dyn Fn(usize, &[u8]) -> bool + Sync),
    /// Asked now and then; true ends the walk.
    pub(crate) stop: &'a (dyn Fn() -> bool + Sync),
}

/// What the walk could not show.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    /// Objects without a healthy copy.
    pub(crate) objects: Vec<ObjectError>,
    /// Objects that can be read although the index says that they are not what they were.
    pub(crate) suspect: Vec<Oid>,
    /// Objects that were not visited because the walk was stopped.
    pub(crate) unvisited: u64,
}

/// Why there was no walk.
#[derive(Debug, thiserror::Error)]
#[error("the worker threads cannot be started: {0}")]
pub(crate) struct NoThreads(#[from] rayon::ThreadPoolBuildError);

impl Lost {
    /// Adds what another walk over the same store could not show.
    pub(crate) fn merge(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.objects.sort_by_key(ToString::to_string);
        self.objects.dedup_by_key(|error| error.to_string());
        self.suspect.extend(other.suspect);
        self.suspect.sort_unstable();
        self.suspect.dedup();
        self.unvisited += other.unvisited;
    }
}

/// A store laid out for any number of walks.
pub(crate) struct Store<'a> {
    odb: &'a Odb,
    pool: rayon::ThreadPool,
    forests: Vec<Forest>,
    repeated: Repeated,
    /// Objects that no pack holds, each with its kind, if its header says one.
    loose: Vec<(Oid, Option<Kind>)>,
    files: Vec<super::disk::DiskError>,
    indexes: Vec<String>,
}

impl<'a> Store<'a> {
    /// Reads the headers of all entries, and does something else at the same time.
    pub(crate) fn new<R: Send>(
        odb: &'a Odb,
        threads: usize,
        beside: impl FnOnce() -> R + Send,
    ) -> Result<(Self, R), NoThreads> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let repeated = Repeated::find(&pool, odb);
        let forests = || odb.packs.iter().map(Forest::build).collect::<Vec<Forest>>();
        let refine = || odb.packs.iter().for_each(|pack| pack.index.refine());
        let complaints = || odb.packs.iter().filter_map(super::pack::Pack::complaint).collect();
        let (forests, ((beside, ()), indexes)) =
            pool.install(|| rayon::join(forests, || rayon::join(|| rayon::join(beside, refine), complaints)));
        let (loose, files) = loose(odb, &pool);
        Ok((Self { odb, pool, forests, repeated, loose, files, indexes }, beside))
    }

    /// Runs something that is parallel in itself on the threads of the walks.
    pub(crate) fn install<R: Send>(&self, run: impl FnOnce() -> R + Send) -> R {
        self.pool.install(run)
    }

    /// Shows every wanted object to one of the visitors. `make` makes one for each thread; it is dropped when its thread
    /// is done. `expect` is told how many objects there will be.
    pub(crate) fn walk<V: Visitor>(
        &self,
        plan: &Plan<'_>,
        make: &(dyn Fn() -> V + Sync),
        expect: &dyn Fn(u64),
    ) -> Lost {
        let choose = |(number, forest): (usize, &Forest)| {
            let (index, first) = (&self.odb.packs[number].index, self.first_number(number));
            let wanted =
                |name: usize| !self.repeated.has(number, name) && (plan.wanted)(first + name, index.name(name));
            Choice::new(forest, plan.kinds, &wanted)
        };
        let choices: Vec<Choice> = self.pool.install(|| self.forests.iter().enumerate().map(choose).collect());
        let of_kind = |kind: &Option<Kind>| kind.is_none_or(|kind| plan.kinds.contains(&kind));
        let wanted = |at: usize, (oid, kind): &(Oid, Option<Kind>)| {
            of_kind(kind) && (plan.wanted)(self.packed() + at, oid.as_bytes())
        };
        let loose = self.loose.iter().enumerate().filter(|(at, loose)| wanted(*at, loose));
        let loose: Vec<Oid> = loose.map(|(_, (oid, _))| *oid).collect();
        let total = choices.iter().map(Choice::visits).sum::<u64>() + loose.len() as u64;
        expect(total);
        let shared = Shared { store: self, choices, plan, visited: AtomicUsize::new(0), late: Mutex::default() };
        shared.walk_trees(make);
        let mut lost = self.pool.install(|| large::finish(&shared, make(), &loose));
        let seen = shared.visited.load(Ordering::Relaxed) as u64 + lost.objects.len() as u64;
        lost.unvisited = if (plan.stop)() { total.saturating_sub(seen) } else { 0 };
        lost
    }

    /// Directories and files that cannot be read, and indexes that are not what git wrote.
    pub(crate) fn take_problems(&mut self) -> (Vec<super::disk::DiskError>, Vec<String>) {
        (std::mem::take(&mut self.files), std::mem::take(&mut self.indexes))
    }
}

/// Names of loose objects, with their kinds, and the directories that cannot be read.
type Loose = (Vec<(Oid, Option<Kind>)>, Vec<super::disk::DiskError>);

/// The loose objects that no pack holds.
fn loose(odb: &Odb, pool: &rayon::ThreadPool) -> Loose {
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

/// What is left for later: objects that take more memory than a thread has, and those that could not be read.
#[derive(Debug, Default)]
struct Late {
    /// Pack and entry. The entry and all that is made from it was not visited.
    entries: Vec<(usize, u32)>,
    lost: Vec<(Oid, Damage)>,
    suspect: Vec<Oid>,
}

/// What all threads of a walk share.
struct Shared<'a> {
    store: &'a Store<'a>,
    /// One for each pack.
    choices: Vec<Choice>,
    plan: &'a Plan<'a>,
    visited: AtomicUsize,
    late: Mutex<Late>,
}

impl Shared<'_> {
    fn walk_trees<V: Visitor>(&self, make: &(dyn Fn() -> V + Sync)) {
        for (number, choice) in self.choices.iter().enumerate().filter(|(_, choice)| !choice.roots.is_empty()) {
            let next = AtomicUsize::new(0);
            self.store.pool.broadcast(|_| {
                let mut worker = Worker::new(self, number, make());
                while let Some((root, kind)) = choice.roots.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if (self.plan.stop)() {
                        break;
                    }
                    worker.tree(*root, *kind);
                }
            });
        }
    }

    fn pack(&self, number: usize) -> &super::pack::Pack {
        &self.store.odb.packs[number]
    }

    fn late(&self) -> std::sync::MutexGuard<'_, Late> {
        self.late.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Which entries are further copies of an object that an earlier pack holds.
struct Repeated {
    packs: Vec<Vec<u64>>,
}

impl Repeated {
    fn find(pool: &rayon::ThreadPool, odb: &Odb) -> Self {
        use rayon::prelude::*;
        if odb.packs.len() < 2 {
            return Self { packs: Vec::new() };
        }
        let mut packs: Vec<Vec<u64>> = odb.packs.iter().map(|pack| vec![0; pack.index.len().div_ceil(64)]).collect();
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
                    packs[entry.1 as usize][entry.2 as usize / 64] |= 1 << (entry.2 % 64);
                }
            }
        }
        Self { packs }
    }

    fn has(&self, pack: usize, name: usize) -> bool {
        self.packs.get(pack).is_some_and(|bits| bits[name / 64] & (1 << (name % 64)) != 0)
    }
}

#[cfg(test)]
mod tests;

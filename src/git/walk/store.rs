//! The packs and loose objects of a repository, prepared for walks.
//!
//! A walk over all objects goes through the whole forest of each pack, which is built once. A walk to a few objects builds a
//! forest of those and their delta bases, and reads nothing else of the pack.

use std::ops::Deref;
use std::path::Path;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::super::bit_set::BitSet;
use super::super::disk::DiskError;
use super::super::loose;
use super::super::object::ObjectKind;
use super::super::odb::Odb;
use super::super::oid::{ObjectFormat, Oid};
use super::super::pack::Pack;
use super::delta_forest::{self, DeltaForest};
use super::{ThreadPoolError, WalkPlan};

/// A walk to fewer than one object in so many of a pack builds a forest of its own.
const FEW: usize = 16;

/// An object that no pack holds, with the kind that its header gives, once that was read.
type Loose = (Oid, OnceLock<Option<ObjectKind>>);

/// The packs and loose objects of a repository, prepared for any number of walks.
pub(crate) struct ObjectStore<'a> {
    pub(super) odb: &'a Odb,
    pub(super) pool: rayon::ThreadPool,
    forests: Vec<OnceLock<DeltaForest>>,
    repeated: OnceLock<DuplicateEntries>,
    /// Sorted.
    pub(super) loose: Vec<Loose>,
    /// The directories of loose objects that cannot be read.
    pub(crate) unreadable: Vec<DiskError>,
}

impl<'a> ObjectStore<'a> {
    pub(crate) fn new(odb: &'a Odb, threads: usize) -> Result<Self, ThreadPoolError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        let (loose, unreadable) = list_loose(odb);
        let forests = odb.packs.iter().map(|_| OnceLock::new()).collect();
        Ok(Self { odb, pool, forests, repeated: OnceLock::new(), loose, unreadable })
    }

    pub(crate) fn format(&self) -> ObjectFormat {
        self.odb.format
    }

    /// Iterates over the files of the packs.
    pub(crate) fn pack_paths(&self) -> impl Iterator<Item = &Path> {
        self.odb.packs.iter().map(Pack::path)
    }

    /// Runs `run` on the threads of the walks.
    pub(crate) fn install<R: Send>(&self, run: impl FnOnce() -> R + Send) -> R {
        self.pool.install(run)
    }

    /// Returns the threads of the walks.
    pub(crate) fn into_threads(self) -> rayon::ThreadPool {
        self.pool
    }

    /// Prepares walks over all objects, and many look-ups: reads the headers of all entries.
    pub(crate) fn prepare(&self) {
        let forests = || {
            self.odb.packs.iter().zip(&self.forests).for_each(|(pack, forest)| {
                forest.get_or_init(|| DeltaForest::build(pack));
            })
        };
        let refine = || self.odb.packs.iter().for_each(|pack| pack.index.build_fanout());
        self.install(|| rayon::join(forests, refine));
    }

    /// Describes what is wrong with the indexes of the packs.
    pub(crate) fn complaints(&self, is_known: &(dyn Fn(&Pack) -> bool + Sync)) -> Vec<String> {
        let packs = || self.odb.packs.iter().filter(|pack| !is_known(pack));
        let wrong = packs().filter_map(Pack::index_complaint);
        wrong.chain(packs().filter_map(delta_forest::gap)).collect()
    }

    /// Returns the forest for a walk to these objects, whose numbers are of the whole store.
    pub(super) fn forest(&self, pack: usize, wanted: Option<&BitSet>) -> WalkForest<'_> {
        let (first, held) = (self.first_number(pack), &self.odb.packs[pack]);
        let shared = || WalkForest::Shared(self.forests[pack].get_or_init(|| DeltaForest::build(held)));
        let Some(wanted) = wanted.filter(|_| self.forests[pack].get().is_none()) else { return shared() };
        let position = |number: u32| u32::try_from((number as usize).saturating_sub(first)).unwrap_or(u32::MAX);
        let names: Vec<u32> = wanted.iter(first..first + held.index.len()).map(position).collect();
        if names.is_empty() {
            return WalkForest::Own(Box::default());
        }
        let few = Some(&names).filter(|names| names.len() * FEW < held.index.len());
        few.and_then(|names| DeltaForest::leading_to(held, names))
            .map_or_else(shared, |forest| WalkForest::Own(Box::new(forest)))
    }

    /// Returns true for an entry that repeats an object of an earlier pack.
    pub(super) fn is_repeated(&self, pack: usize, name: usize) -> bool {
        self.repeated.get_or_init(|| DuplicateEntries::find(self.odb)).has(pack, name)
    }

    /// Returns the loose objects that a walk visits.
    pub(super) fn loose(&self, plan: &WalkPlan<'_>) -> Vec<(Oid, u32)> {
        let first = self.packed();
        let wanted = |(at, (oid, kind)): (usize, &Loose)| {
            let number =
                u32::try_from(first + at).ok().filter(|number| plan.wanted.is_none_or(|set| set.has(*number)))?;
            let read = || self.odb.open_loose(oid).ok().flatten().map(|opened| opened.kind);
            kind.get_or_init(read).is_none_or(|kind| plan.kinds.contains(&kind)).then_some((*oid, number))
        };
        self.loose.par_iter().enumerate().filter_map(wanted).collect()
    }
}

/// The forest of a pack, or of those of its entries that a walk needs.
pub(super) enum WalkForest<'a> {
    Shared(&'a DeltaForest),
    Own(Box<DeltaForest>),
}

impl Deref for WalkForest<'_> {
    type Target = DeltaForest;

    fn deref(&self) -> &DeltaForest {
        match self {
            Self::Shared(forest) => forest,
            Self::Own(forest) => forest,
        }
    }
}

/// Lists the loose objects that no pack holds, and the directories that cannot be read.
fn list_loose(odb: &Odb) -> (Vec<Loose>, Vec<DiskError>) {
    let (mut oids, mut problems) = (Vec::new(), Vec::new());
    for dir in &odb.loose {
        let (found, errors) = loose::list(dir, odb.format);
        oids.extend(found);
        problems.extend(errors);
    }
    oids.sort_unstable();
    oids.dedup();
    oids.retain(|oid| !odb.packs.iter().any(|pack| pack.index.find(oid).is_some()));
    (oids.into_iter().map(|oid| (oid, OnceLock::new())).collect(), problems)
}

/// Entries that repeat an object of an earlier pack, a bit for each name of each pack.
struct DuplicateEntries {
    packs: Vec<BitSet>,
}

impl DuplicateEntries {
    fn find(odb: &Odb) -> Self {
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
        all.par_sort_unstable();
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

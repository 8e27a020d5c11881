//! The store as an earlier scan saw it, and the graph of its commits and trees.

use std::collections::{BTreeSet, HashSet};

use crate::git::pack::Pack;
use crate::git::walk::ObjectStore;
use crate::git::{ObjectFormat, ObjectKind, Odb, Oid, Repository};
use crate::source::attribution::KnownGraph;
use crate::source::fields::{FieldReader, FieldWriter};
use crate::source::history::worker::HistoryPartial;

#[derive(Debug, Default)]
pub(in crate::source::history) struct KnownStore {
    /// Checksums of packs and their indexes.
    packs: HashSet<Vec<u8>>,
    shallow: Vec<Oid>,
    /// Objects that trees, commits and tags name and that were not here.
    pub(in crate::source::history) missing: BTreeSet<Oid>,
    pub(in crate::source::history) submodules: BTreeSet<Vec<u8>>,
    /// Blobs with hits.
    pub(in crate::source::history) marked: BTreeSet<Oid>,
    /// The graph of commits and trees, if anything was attributed.
    pub(in crate::source::history) graph: Option<KnownGraph>,
}

impl KnownStore {
    /// Writes everything but the graph.
    pub(in crate::source::history) fn write(
        (repo, odb): (&Repository, &Odb),
        partial: &HistoryPartial,
        out: &mut FieldWriter<'_>,
    ) {
        let packs: Vec<&[u8]> = odb.packs.iter().filter_map(|pack| pack.index.checksums()).collect();
        out.count(packs.len());
        packs.iter().for_each(|checksums| out.raw(checksums));
        out.oids(repo.shallow.iter());
        out.oids(partial.missing.iter());
        out.count(partial.submodules.len());
        partial.submodules.iter().for_each(|name| out.text(name));
        let blobs = partial.hits.iter().filter(|hit| hit.kind == ObjectKind::Blob);
        out.oids(blobs.map(|hit| hit.oid).collect::<BTreeSet<Oid>>().iter());
    }

    /// Reads what [`Self::write`] wrote, with the graph behind it.
    pub(in crate::source::history) fn read(mut fields: FieldReader<'_>, format: ObjectFormat) -> Option<Self> {
        let mut known = Self::default();
        let width = 2 * format.raw_len();
        for _ in 0..fields.count(width)? {
            known.packs.insert(fields.raw(width)?.to_vec());
        }
        known.shallow = fields.oids()?;
        known.missing = fields.oids()?.into_iter().collect();
        for _ in 0..fields.count(4)? {
            known.submodules.insert(fields.text()?.to_vec());
        }
        known.marked = fields.oids()?.into_iter().collect();
        if !fields.is_empty() {
            known.graph = Some(KnownGraph::read(&mut fields)?);
        }
        fields.is_empty().then_some(known)
    }

    /// Returns true for a pack all of whose objects are known.
    pub(in crate::source::history) fn has(&self, pack: &Pack) -> bool {
        pack.index.checksums().is_some_and(|checksums| self.packs.contains(checksums))
    }

    /// Returns true if no pack is gone.
    pub(in crate::source::history) fn is_within(&self, odb: &Odb) -> bool {
        let here: HashSet<&[u8]> = odb.packs.iter().filter_map(|pack| pack.index.checksums()).collect();
        self.packs.iter().all(|pack| here.contains(&**pack))
    }

    /// Returns true if what known trees, commits and tags name is here or not, as it was.
    pub(in crate::source::history) fn is_linked_alike(&self, repo: &Repository, store: &ObjectStore<'_>) -> bool {
        let (missing, mut numbers) = (self.missing.iter().copied().collect::<Vec<Oid>>(), Vec::new());
        store.numbers(&missing, &mut numbers);
        self.shallow == repo.shallow && numbers.iter().all(Option::is_none)
    }

    /// Forgets what is gathered again with all trees, commits and tags.
    pub(in crate::source::history) fn forget_trees(&mut self) {
        self.missing.clear();
        self.submodules.clear();
        self.marked.clear();
        self.graph = None;
    }
}

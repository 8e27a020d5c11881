//! Decides what a scan need not do again, and keeps what the next one need not do.

use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;
use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

use super::cache::{
    Comparison, DamagedCache, HistoryCache, KnownObjects, KnownStore, ObjectNotes, ObjectRecords, Part, SavedResult,
    Selector,
};
use super::head_facts::HeadFiles;
use super::locate::Attributed;
use super::search::{self, Gather};
use super::worker::{HistoryContext, HistoryPartial};
use super::{HistoryOutcome, OpenedStore};
use crate::git::bit_set::BitSet;
use crate::git::refs::Refs;
use crate::git::walk::{ObjectStore, WalkFailures};
use crate::git::{Oid, RepositoryState};
use crate::source::fields::{FieldReader, FieldWriter};
use crate::source::open_repository::tree_of;

/// Facts of a store that earlier scans kept.
#[derive(Debug, Default)]
pub(super) struct Earlier<'a> {
    pub(super) objects: Option<KnownObjects<'a>>,
    pub(super) compared: Option<Comparison>,
    /// Trees, commits and tags that are known need not be read again.
    pub(super) knows_trees: bool,
    pub(super) store: KnownStore,
    pub(super) files: Option<HeadFiles>,
}

impl<'a> Earlier<'a> {
    /// Reads the cache and compares it with the store.
    pub(super) fn read(cache: &'a HistoryCache, opened: &OpenedStore<'_>) -> Result<Self, DamagedCache> {
        if cache.is_empty() {
            return Ok(Self::default());
        }
        let OpenedStore { repo, odb, store, .. } = *opened;
        let objects = KnownObjects::new(cache.base()?, cache.part(Part::Objects)?, cache.format);
        let objects = objects.ok_or_else(|| cache.damaged())?;
        let part = cache.part(Part::Store)?;
        let known = match KnownStore::read(FieldReader::new(part, cache.format), cache.format) {
            None if !part.is_empty() => return Err(cache.damaged()),
            known => known.filter(|known| known.is_linked_alike(repo, store)),
        };
        let (result, _) = (cache.part(Part::Result)?, cache.part(Part::Lints)?);
        // Other files may have facts once objects that were missing are here.
        let saved = known.is_some().then(|| SavedResult::decode(result)).flatten();
        let files = saved.map(|saved| HeadFiles { tree: saved.tree, files: saved.files, silent: saved.silent });
        let mut earlier = Self { objects: Some(objects), files, ..Self::default() };
        if let Some(known) = known {
            let compare = |is_within: bool| {
                let is_known = |pack: &_| is_within && known.has(pack);
                objects.compare(&Selector { store, odb, is_known: &is_known, all_trees: false })
            };
            let is_within = known.is_within(odb);
            let mut compared = compare(is_within);
            if is_within && compared.has_lost() {
                compared = compare(false);
            }
            earlier.knows_trees = !compared.has_lost();
            earlier.compared = Some(compared);
            earlier.store = known;
        }
        if !earlier.knows_trees {
            store.prepare();
            let select = Selector { store, odb, is_known: &|_| false, all_trees: true };
            earlier.compared = Some(objects.compare(&select));
            earlier.store.forget_trees();
        }
        Ok(earlier)
    }

    /// Returns the records of all objects, those that were searched now included.
    pub(super) fn records(&self, store: &ObjectStore<'_>, notes: &ObjectNotes) -> ObjectRecords {
        let known = self.objects.unwrap_or_else(|| KnownObjects::none(store.format()));
        known.updated(store, self.compared.as_ref(), notes)
    }
}

/// Returns the result of the last scan, if the store is in the same state: searches the objects with hits only. Leaves the
/// files of HEAD that have facts to whoever needs these. `None` if something is not as it was.
pub(super) fn unchanged(
    opened: &OpenedStore<'_>,
    cache: &HistoryCache,
    state: &RepositoryState,
) -> Result<Option<(HistoryOutcome, HeadFiles)>, DamagedCache> {
    let part = cache.part(Part::Result)?;
    let Some(saved) = SavedResult::decode(part).filter(|saved| saved.is_of(state)) else { return Ok(None) };
    cache.part(Part::Lints)?;
    if opened.head_tree() != saved.tree {
        return Ok(None);
    }
    let mut due = BitSet::none(opened.store.count());
    let (objects, mut numbers) = (saved.objects.iter().copied().collect::<Vec<_>>(), Vec::new());
    opened.store.numbers(&objects, &mut numbers);
    numbers.into_iter().flatten().for_each(|number| due.set(number, true));
    let context = opened.context(None, Some(&due), None);
    let (partial, lost, _) = search::search(&context, opened, (Gather::Nothing, &BTreeSet::new()));
    let found: BTreeSet<_> = partial.hits.iter().map(|hit| hit.oid).collect();
    let is_same = found == saved.objects && partial.hits.len() as u64 == saved.hits;
    if !is_same || !is_whole(&lost) || opened.scan.expired() {
        return Ok(None);
    }
    let attributed = Attributed::again(saved.attribution(), &partial.hits);
    cache.touch();
    let outcome = HistoryOutcome { coverage: saved.coverage, hits: partial.hits, attributed, facts: Vec::new() };
    Ok(Some((outcome, HeadFiles { tree: saved.tree, files: saved.files, silent: saved.silent })))
}

/// Returns true if a walk has visited all that it should.
pub(super) fn is_whole(lost: &WalkFailures) -> bool {
    lost.objects.is_empty() && lost.suspect.is_empty() && lost.unvisited == 0 && !lost.is_bomb
}

/// Parts of a cache as bytes.
pub(super) struct CacheParts {
    result: Vec<u8>,
    store: Vec<u8>,
    objects: ObjectRecords,
}

/// Facts that a scan keeps for the next one.
pub(super) struct Keeper<'a> {
    state: &'a RepositoryState,
    writer: FieldWriter<'a>,
    /// Bytes of the writer without the graph.
    store: usize,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(opened: &OpenedStore<'a>, state: &'a RepositoryState, partial: &HistoryPartial) -> Self {
        let mut writer = FieldWriter::new(opened.scan.engine.redactor());
        KnownStore::write((opened.repo, opened.odb), partial, &mut writer);
        if writer.may_hold_key {
            writer.bytes.clear();
        }
        let store = writer.bytes.len();
        Self { state, writer, store }
    }

    /// Returns where attribution writes its graph.
    pub(super) fn graph(&mut self) -> &mut FieldWriter<'a> {
        &mut self.writer
    }

    /// Returns the parts of the cache that the search makes.
    pub(super) fn parts(
        mut self,
        opened: &OpenedStore<'_>,
        outcome: &HistoryOutcome,
        (objects, files): (ObjectRecords, Option<HeadFiles>),
    ) -> CacheParts {
        if self.writer.may_hold_key || self.store == 0 {
            self.writer.bytes.truncate(self.store);
        }
        // Whatever came while the store was read belongs to another state.
        let now = RepositoryState::of(opened.repo, &Refs::read(opened.repo), Some(opened.store));
        let is_settled = now == *self.state;
        let saved = files.filter(|_| is_settled).and_then(|files| {
            let mut saved = SavedResult::of(self.state, outcome.attributed.found())?;
            saved.coverage.clone_from(&outcome.coverage);
            saved.objects = outcome.hits.iter().map(|hit| hit.oid).collect();
            saved.hits = outcome.hits.len() as u64;
            (saved.tree, saved.files, saved.silent) = (files.tree, files.files, files.silent);
            saved.encode(opened.scan.engine.redactor())
        });
        CacheParts { result: saved.unwrap_or_default(), store: self.writer.bytes, objects }
    }
}

/// The cache of a history until lints have run.
pub(super) enum KeptCache {
    /// Valid as it is.
    Valid(HistoryCache),
    /// It is being written, and waits for what lints make of the history.
    Written(Sender<Vec<u8>>, JoinHandle<io::Result<()>>),
    Failed(io::Error),
}

impl KeptCache {
    /// Begins to write a cache, if there is something new.
    pub(super) fn new(cache: HistoryCache, parts: Option<CacheParts>) -> Self {
        let Some(parts) = parts else { return Self::Valid(cache) };
        let (sender, receiver) = mpsc::channel();
        let write = move || {
            let CacheParts { result, store, objects } = &parts;
            // The content is made again where a file without a name is not to be had.
            let mut lints: Option<Vec<u8>> = None;
            let mut wait = || match &lints {
                Some(lints) => Ok(lints.clone()),
                None => Ok(lints.insert(receiver.recv().map_err(|_| io::ErrorKind::Interrupted)?).clone()),
            };
            cache.save([result, store], objects, &mut wait)
        };
        match std::thread::Builder::new().spawn(write) {
            Ok(thread) => Self::Written(sender, thread),
            Err(error) => Self::Failed(error),
        }
    }

    /// Returns the record of lints on a store in the same state.
    pub(super) fn lint_record(&self) -> &[u8] {
        match self {
            Self::Valid(cache) => cache.part(Part::Lints).unwrap_or_default(),
            _ => &[],
        }
    }

    /// Writes the cache, unless it has nothing new.
    pub(super) fn save(self, lints: Vec<u8>) -> io::Result<()> {
        match self {
            Self::Valid(_) if lints.is_empty() => Ok(()),
            Self::Valid(cache) => {
                let kept = [Part::Result, Part::Store, Part::Objects].map(|part| cache.part(part));
                let [Ok(result), Ok(store), Ok(objects)] = kept else { return Ok(()) };
                cache.save([result, store], &ObjectRecords::Recent(objects.to_vec()), &mut || Ok(lints.clone()))
            }
            Self::Written(sender, thread) => {
                // A thread that has failed receives nothing.
                let _ = sender.send(lints);
                thread.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
            }
            Self::Failed(error) => Err(error),
        }
    }
}

impl OpenedStore<'_> {
    /// Returns the tree of HEAD, if lints read it.
    pub(super) fn head_tree(&self) -> Option<Oid> {
        let head = self.refs.head.filter(|_| self.scan.lints().read_code());
        head.and_then(|head| tree_of(self.odb, &head))
    }

    /// Returns the state that the threads of a walk share.
    pub(super) fn context<'c>(
        &'c self,
        known: Option<KnownObjects<'c>>,
        due: Option<&'c BitSet>,
        notes: Option<ObjectNotes>,
    ) -> HistoryContext<'c> {
        let Self { scan, repo, odb, plain, .. } = *self;
        HistoryContext { scan, repo, odb, plain, notes, known, due, total: Mutex::default() }
    }
}

//! Decides what a scan need not do again, and keeps what the next one need not do.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::cache::{
    Comparison, DamagedCache, HistoryCache, KnownObjects, KnownStore, ObjectNotes, Part, SavedResult, Selector,
};
use super::head_facts::{self, HeadFiles};
use super::locate::Attributed;
use super::search::{self, Gather};
use super::worker::{HistoryContext, HistoryPartial};
use super::{HistoryOutcome, OpenedStore};
use crate::git::RepositoryState;
use crate::git::bit_set::BitSet;
use crate::git::refs::Refs;
use crate::git::walk::WalkFailures;
use crate::source::fields::{FieldReader, FieldWriter};

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
        let objects = KnownObjects::new(cache.part(Part::Objects)?, cache.format).ok_or_else(|| cache.damaged())?;
        let part = cache.part(Part::Store)?;
        let known = match KnownStore::read(FieldReader::new(part, cache.format), cache.format) {
            None if !part.is_empty() => return Err(cache.damaged()),
            known => known.filter(|known| known.is_linked_alike(repo, store)),
        };
        let result = cache.part(Part::Result)?;
        let files = SavedResult::decode(result).map(|saved| HeadFiles { tree: saved.tree, files: saved.files });
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
}

/// Returns the result of the last scan, if the store is in the same state: searches the objects with hits only. `None` if
/// something is not as it was.
pub(super) fn unchanged(
    opened: &OpenedStore<'_>,
    cache: &HistoryCache,
    state: &RepositoryState,
) -> Result<Option<HistoryOutcome>, DamagedCache> {
    let part = cache.part(Part::Result)?;
    let Some(saved) = SavedResult::decode(part).filter(|saved| saved.is_of(state)) else { return Ok(None) };
    let mut due = BitSet::none(opened.store.count());
    let (objects, mut numbers) = (saved.objects.iter().copied().collect::<Vec<_>>(), Vec::new());
    opened.store.numbers(&objects, &mut numbers);
    numbers.into_iter().flatten().for_each(|number| due.set(number, true));
    let context = opened.context(None, Some(&due), None);
    let files = HeadFiles { tree: saved.tree, files: saved.files.clone() };
    // HEAD is where it was, so that no other file has facts: they need not wait for the search.
    let search = || search::search(&context, opened, (Gather::Nothing, &BTreeSet::new()));
    let ((partial, lost, _), facts) =
        opened.store.install(|| rayon::join(search, || head_facts::known_facts(&context, opened.refs.head, &files)));
    let found: BTreeSet<_> = partial.hits.iter().map(|hit| hit.oid).collect();
    let is_same = found == saved.objects && partial.hits.len() as u64 == saved.hits;
    if !is_same || !is_whole(&lost) || opened.scan.expired() {
        return Ok(None);
    }
    let Some(facts) = facts else { return Ok(None) };
    let attributed = Attributed::again(saved.attribution(), &partial.hits);
    cache.touch();
    Ok(Some(HistoryOutcome { coverage: saved.coverage, hits: partial.hits, attributed, facts }))
}

/// Returns true if a walk has visited all that it should.
pub(super) fn is_whole(lost: &WalkFailures) -> bool {
    lost.objects.is_empty() && lost.suspect.is_empty() && lost.unvisited == 0 && !lost.is_bomb
}

/// Facts that a scan keeps for the next one.
pub(super) struct Keeper<'a> {
    pub(super) cache: &'a HistoryCache,
    pub(super) state: &'a RepositoryState,
    writer: FieldWriter<'a>,
    /// Bytes of the writer without the graph.
    store: usize,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(
        opened: &OpenedStore<'a>,
        (cache, state): (&'a HistoryCache, &'a RepositoryState),
        partial: &HistoryPartial,
    ) -> Self {
        let mut writer = FieldWriter::new(opened.scan.engine.redactor());
        KnownStore::write((opened.repo, opened.odb), partial, &mut writer);
        if writer.may_hold_key {
            writer.bytes.clear();
        }
        let store = writer.bytes.len();
        Self { cache, state, writer, store }
    }

    /// Returns where attribution writes its graph.
    pub(super) fn graph(&mut self) -> &mut FieldWriter<'a> {
        &mut self.writer
    }

    /// Writes the cache.
    pub(super) fn save(
        mut self,
        opened: &OpenedStore<'_>,
        earlier: &Earlier<'_>,
        outcome: &HistoryOutcome,
        (notes, files): (&ObjectNotes, Option<HeadFiles>),
    ) -> std::io::Result<()> {
        if self.writer.may_hold_key || self.store == 0 {
            self.writer.bytes.truncate(self.store);
        }
        let none = KnownObjects::none(opened.odb.format);
        let records = earlier.objects.unwrap_or(none).updated(opened.store, earlier.compared.as_ref(), notes);
        // Whatever came while the store was read belongs to another state.
        let now = RepositoryState::of(opened.repo, &Refs::read(opened.repo), Some(opened.store));
        let is_settled = now == *self.state;
        let saved = files.filter(|_| is_settled).and_then(|files| {
            let mut saved = SavedResult::of(self.state, outcome.attributed.found())?;
            saved.coverage.clone_from(&outcome.coverage);
            saved.objects = outcome.hits.iter().map(|hit| hit.oid).collect();
            saved.hits = outcome.hits.len() as u64;
            (saved.tree, saved.files) = (files.tree, files.files);
            saved.encode(opened.scan.engine.redactor())
        });
        self.cache.save([&saved.unwrap_or_default(), &self.writer.bytes, &records])
    }
}

impl OpenedStore<'_> {
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

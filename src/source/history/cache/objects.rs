//! The objects that earlier scans have searched, sorted by name.

use std::collections::HashSet;
use std::ops::Range;

use super::notes::{ObjectNotes, flags};
use crate::git::bit_set::BitSet;
use crate::git::pack::Pack;
use crate::git::walk::ObjectStore;
use crate::git::{ObjectFormat, Odb, Oid};

/// Bytes of a record behind the name: of the searched bytes, and of the flags.
const FIELDS: usize = 5;

/// Objects whose numbers are looked up at a time.
const BATCH: usize = 4096;

/// Records of objects.
#[derive(Debug, Clone, Copy)]
pub(in crate::source::history) struct KnownObjects<'a> {
    records: &'a [u8],
    name_len: usize,
}

/// A store, compared with what is known.
#[derive(Debug)]
pub(in crate::source::history) struct Comparison {
    /// Numbers of the objects to search.
    pub(in crate::source::history) due: BitSet,
    /// Positions of the known objects that are still here; `None` if all are.
    here: Option<BitSet>,
    /// The objects that need not be searched, and their bytes.
    pub(in crate::source::history) spared: (u64, u64),
    /// Some of the known objects were loose.
    had_loose: bool,
}

/// Selects what is to be searched of the objects in a store.
pub(in crate::source::history) struct Selector<'a> {
    pub(in crate::source::history) store: &'a ObjectStore<'a>,
    pub(in crate::source::history) odb: &'a Odb,
    /// Packs all of whose objects are known.
    pub(in crate::source::history) is_known: &'a (dyn Fn(&Pack) -> bool + Sync),
    /// Search known trees, commits and tags again.
    pub(in crate::source::history) all_trees: bool,
}

impl<'a> KnownObjects<'a> {
    /// Returns `None` if the bytes are no records.
    pub(in crate::source::history) fn new(records: &'a [u8], format: ObjectFormat) -> Option<Self> {
        let name_len = format.raw_len();
        records.len().is_multiple_of(name_len + FIELDS).then_some(Self { records, name_len })
    }

    /// No records.
    pub(in crate::source::history) fn none(format: ObjectFormat) -> Self {
        Self { records: &[], name_len: format.raw_len() }
    }

    pub(in crate::source::history) fn len(&self) -> usize {
        self.records.len() / (self.name_len + FIELDS)
    }

    fn record(&self, at: usize) -> &'a [u8] {
        let width = self.name_len + FIELDS;
        &self.records[at * width..(at + 1) * width]
    }

    fn name(&self, at: usize) -> &'a [u8] {
        &self.record(at)[..self.name_len]
    }

    fn bytes(&self, at: usize) -> u32 {
        self.record(at)[self.name_len..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn flags(&self, at: usize) -> u8 {
        self.record(at)[self.name_len + FIELDS - 1]
    }

    /// Returns the first position from `from` on whose name is not less. Near ones are found at once.
    fn seek(&self, from: usize, name: &[u8]) -> usize {
        let (mut low, mut step) = (from, 1);
        while low + step <= self.len() && self.name(low + step - 1) < name {
            low += step;
            step *= 2;
        }
        let mut high = (low + step - 1).min(self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.name(middle) < name { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn is_at(&self, at: usize, name: &[u8]) -> bool {
        at < self.len() && self.name(at) == name
    }

    /// Returns the flags of an object that was searched.
    pub(in crate::source::history) fn find(&self, oid: &Oid) -> Option<u8> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.name(middle) < oid.as_bytes() { low = middle + 1 } else { high = middle }
        }
        self.is_at(low, oid.as_bytes()).then(|| self.flags(low))
    }

    /// Compares a store with what is known.
    pub(in crate::source::history) fn compare(&self, select: &Selector<'_>) -> Comparison {
        let (store, odb) = (select.store, select.odb);
        let (mut due, mut here) = (BitSet::none(store.count()), BitSet::none(self.len()));
        let unknown: Vec<(usize, &Pack)> =
            odb.packs.iter().enumerate().filter(|(_, pack)| !(select.is_known)(pack)).collect();
        let mut seen: HashSet<Oid> = HashSet::new();
        for (number, pack) in &unknown {
            let (first, mut at) = (store.first_number(*number), 0);
            for name in 0..pack.index.len() {
                at = self.seek(at, pack.index.name(name));
                if self.is_at(at, pack.index.name(name)) {
                    here.set(index(at), true);
                    at += 1;
                } else if unknown.len() == 1 || pack.index.oid(name).is_some_and(|oid| seen.insert(oid)) {
                    due.set(index(first + name), true);
                }
            }
        }
        let mut at = 0;
        for (number, oid) in (store.packed()..).zip(store.loose_oids()) {
            at = self.seek(at, oid.as_bytes());
            if self.is_at(at, oid.as_bytes()) {
                here.set(index(at), true);
            } else {
                due.set(index(number), true);
            }
        }
        let in_packs = unknown.len() < odb.packs.len();
        let (gone, mut compared) = self.select_again(select, (&here, in_packs), due);
        compared.here = gone.then_some(here);
        compared
    }

    /// Selects the known objects that are searched again, of those that are `here` or, if `in_packs` is set, were in a pack.
    /// Returns true if others are gone.
    fn select_again(
        &self,
        select: &Selector<'_>,
        (here, in_packs): (&BitSet, bool),
        due: BitSet,
    ) -> (bool, Comparison) {
        let is_due = |flags: u8| flags & flags::REPORTED != 0 || select.all_trees && flags & flags::BLOB == 0;
        let mut compared = Comparison { due, here: None, spared: (0, 0), had_loose: false };
        let (mut gone, mut pending, mut numbers) = (false, Vec::new(), Vec::new());
        for at in 0..self.len() {
            let flags = self.flags(at);
            let is_loose = flags & flags::LOOSE != 0;
            compared.had_loose |= is_loose;
            if !here.has(index(at)) && (is_loose || !in_packs) {
                gone = true;
            } else if is_due(flags) {
                pending.extend(Oid::from_raw(self.name(at)));
            } else {
                compared.spared = (compared.spared.0 + 1, compared.spared.1 + u64::from(self.bytes(at)));
            }
            if pending.len() >= BATCH {
                select.store.numbers(&pending, &mut numbers);
                pending.clear();
            }
        }
        select.store.numbers(&pending, &mut numbers);
        numbers.into_iter().flatten().for_each(|number| compared.due.set(number, true));
        (gone, compared)
    }

    /// Returns the records of a store that was searched: those that were known, and those of `notes`.
    pub(in crate::source::history) fn updated(
        &self,
        store: &ObjectStore<'_>,
        compared: Option<&Comparison>,
        notes: &ObjectNotes,
    ) -> Vec<u8> {
        let searched = store.sorted(compared.map(|compared| &compared.due));
        let here = compared.and_then(|compared| compared.here.as_ref());
        let width = self.name_len + FIELDS;
        let mut records = Vec::with_capacity(self.records.len() + searched.len() * width);
        let keep = |records: &mut Vec<u8>, kept: Range<usize>| match here {
            None => records.extend(&self.records[kept.start * width..kept.end * width]),
            Some(here) => kept.filter(|at| here.has(index(*at))).for_each(|at| records.extend(self.record(at))),
        };
        let (mut at, names) = (0, store.names());
        for number in searched {
            let name = names(number);
            let next = self.seek(at, name);
            keep(&mut records, at..next);
            at = next + usize::from(self.is_at(next, name));
            let (bytes, flags) = notes.get(number);
            records.extend(name);
            records.extend(bytes.to_le_bytes());
            records.push(flags);
        }
        keep(&mut records, at..self.len());
        let had_loose = compared.is_some_and(|compared| compared.had_loose);
        if had_loose || store.loose_oids().next().is_some() {
            mark_loose(&mut records, self.name_len, store);
        }
        records
    }
}

/// Sets the flag of those objects that are loose.
fn mark_loose(records: &mut [u8], name_len: usize, store: &ObjectStore<'_>) {
    let width = name_len + FIELDS;
    records.chunks_exact_mut(width).for_each(|record| record[width - 1] &= !flags::LOOSE);
    let mut at = 0;
    for oid in store.loose_oids() {
        let known = KnownObjects { records, name_len };
        at = known.seek(at, oid.as_bytes());
        if known.is_at(at, oid.as_bytes()) {
            records[at * width + width - 1] |= flags::LOOSE;
        }
    }
}

impl Comparison {
    /// Returns true if a known object is no longer here.
    pub(in crate::source::history) fn has_lost(&self) -> bool {
        self.here.is_some()
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

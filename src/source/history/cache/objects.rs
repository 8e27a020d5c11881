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

/// Records beyond those of the base are at most so many times fewer: all are written anew then.
const FEW: usize = 8;

/// Records of objects, sorted by name.
#[derive(Debug, Clone, Copy)]
struct RecordTable<'a> {
    records: &'a [u8],
    name_len: usize,
}

/// Records of all known objects: those of the base, and those that came after it was written.
#[derive(Debug, Clone, Copy)]
pub(in crate::source::history) struct KnownObjects<'a> {
    base: RecordTable<'a>,
    recent: RecordTable<'a>,
}

/// Records to keep.
#[derive(Debug)]
pub(in crate::source::history) enum ObjectRecords {
    /// Records that the base does not have. It stays as it is.
    Recent(Vec<u8>),
    All(Vec<u8>),
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
    /// Number of known objects that were loose, and of those in the base.
    loose: (usize, usize),
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

impl<'a> RecordTable<'a> {
    /// Returns `None` if the bytes are no records.
    fn new(records: &'a [u8], format: ObjectFormat) -> Option<Self> {
        let name_len = format.raw_len();
        records.len().is_multiple_of(name_len + FIELDS).then_some(Self { records, name_len })
    }

    fn len(&self) -> usize {
        self.records.len() / (self.name_len + FIELDS)
    }

    fn iter(&self) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let name_len = self.name_len;
        self.records.chunks_exact(name_len + FIELDS).map(move |bytes| Record { bytes, name_len })
    }

    fn record(&self, at: usize) -> Record<'a> {
        let width = self.name_len + FIELDS;
        Record { bytes: &self.records[at * width..(at + 1) * width], name_len: self.name_len }
    }

    fn name(&self, at: usize) -> &'a [u8] {
        self.record(at).name()
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

    /// Returns the position of an object.
    fn find(&self, oid: &Oid) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.name(middle) < oid.as_bytes() { low = middle + 1 } else { high = middle }
        }
        Some(low).filter(|at| self.is_at(*at, oid.as_bytes()))
    }

    /// Returns these records, as far as they are still here, with others, which replace those of the same name.
    fn merged(&self, here: impl Fn(usize) -> bool, is_all: bool, others: Vec<u8>) -> Vec<u8> {
        if self.records.is_empty() {
            return others;
        }
        let width = self.name_len + FIELDS;
        let mut records = Vec::with_capacity(self.records.len() + others.len());
        let keep = |records: &mut Vec<u8>, kept: Range<usize>| match is_all {
            true => records.extend(&self.records[kept.start * width..kept.end * width]),
            false => kept.filter(|at| here(*at)).for_each(|at| records.extend(self.record(at).bytes)),
        };
        let mut at = 0;
        for record in (RecordTable { records: &others, name_len: self.name_len }).iter() {
            let next = self.seek(at, record.name());
            keep(&mut records, at..next);
            at = next + usize::from(self.is_at(next, record.name()));
            records.extend(record.bytes);
        }
        keep(&mut records, at..self.len());
        records
    }
}

/// The record of an object.
#[derive(Debug, Clone, Copy)]
struct Record<'a> {
    bytes: &'a [u8],
    name_len: usize,
}

impl<'a> Record<'a> {
    fn name(self) -> &'a [u8] {
        &self.bytes[..self.name_len]
    }

    /// Returns how many bytes were searched.
    fn searched(self) -> u32 {
        self.bytes[self.name_len..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    fn flags(self) -> u8 {
        self.bytes[self.name_len + FIELDS - 1]
    }
}

/// Looks up ascending names.
struct Cursor<'a> {
    /// Tables, with the position of the last name in each.
    tables: [(RecordTable<'a>, usize); 2],
}

impl Cursor<'_> {
    /// Returns the position of an object.
    fn find(&mut self, name: &[u8]) -> Option<usize> {
        let mut first = 0;
        for (table, at) in &mut self.tables {
            *at = table.seek(*at, name);
            if table.is_at(*at, name) {
                return Some(first + *at);
            }
            first += table.len();
        }
        None
    }
}

impl<'a> KnownObjects<'a> {
    /// Returns `None` if the bytes are no records.
    pub(in crate::source::history) fn new(base: &'a [u8], recent: &'a [u8], format: ObjectFormat) -> Option<Self> {
        Some(Self { base: RecordTable::new(base, format)?, recent: RecordTable::new(recent, format)? })
    }

    /// No records.
    pub(in crate::source::history) fn none(format: ObjectFormat) -> Self {
        let none = RecordTable { records: &[], name_len: format.raw_len() };
        Self { base: none, recent: none }
    }

    pub(in crate::source::history) fn len(&self) -> usize {
        self.base.len() + self.recent.len()
    }

    fn cursor(&self) -> Cursor<'a> {
        Cursor { tables: [(self.base, 0), (self.recent, 0)] }
    }

    /// Returns the flags of an object that was searched.
    pub(in crate::source::history) fn find(&self, oid: &Oid) -> Option<u8> {
        let flags = |table: RecordTable<'_>| table.find(oid).map(|at| table.record(at).flags());
        flags(self.recent).or_else(|| flags(self.base))
    }

    /// Compares a store with what is known.
    pub(in crate::source::history) fn compare(&self, select: &Selector<'_>) -> Comparison {
        let (store, odb) = (select.store, select.odb);
        let (mut due, mut here) = (BitSet::none(store.count()), BitSet::none(self.len()));
        let unknown: Vec<(usize, &Pack)> =
            odb.packs.iter().enumerate().filter(|(_, pack)| !(select.is_known)(pack)).collect();
        let mut seen: HashSet<Oid> = HashSet::new();
        for (number, pack) in &unknown {
            let (first, mut known) = (store.first_number(*number), self.cursor());
            for name in 0..pack.index.len() {
                if let Some(at) = known.find(pack.index.name(name)) {
                    here.set(index(at), true);
                } else if unknown.len() == 1 || pack.index.oid(name).is_some_and(|oid| seen.insert(oid)) {
                    due.set(index(first + name), true);
                }
            }
        }
        let mut known = self.cursor();
        for (number, oid) in (store.packed()..).zip(store.loose_oids()) {
            match known.find(oid.as_bytes()) {
                Some(at) => here.set(index(at), true),
                None => due.set(index(number), true),
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
        let mut compared = Comparison { due, here: None, spared: (0, 0), loose: (0, 0) };
        let (mut gone, mut pending, mut numbers) = (false, Vec::new(), Vec::new());
        for (at, record) in self.base.iter().chain(self.recent.iter()).enumerate() {
            let flags = record.flags();
            let is_loose = flags & flags::LOOSE != 0;
            compared.loose.0 += usize::from(is_loose);
            compared.loose.1 += usize::from(is_loose && at < self.base.len());
            if !here.has(index(at)) && (is_loose || !in_packs) {
                gone = true;
            } else if is_due(flags) {
                pending.extend(Oid::from_raw(record.name()));
            } else {
                compared.spared = (compared.spared.0 + 1, compared.spared.1 + u64::from(record.searched()));
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

    /// Returns the records of a store that was searched: those that were known, and those of `notes`. The base stays if what
    /// it says is still so, and if the others are few.
    pub(in crate::source::history) fn updated(
        &self,
        store: &ObjectStore<'_>,
        compared: Option<&Comparison>,
        notes: &ObjectNotes,
    ) -> ObjectRecords {
        let here = compared.and_then(|compared| compared.here.as_ref());
        let is_here = |at: usize| here.is_none_or(|here| here.has(index(at)));
        let loose = compared.map_or((0, 0), |compared| compared.loose);
        let mut is_base_true = here.is_none() && self.base.len() > 0 && self.has_loose(store, loose.1);
        let numbers = store.sorted(compared.map(|compared| &compared.due));
        let mut searched = Vec::with_capacity(numbers.len() * (self.base.name_len + FIELDS));
        let (mut known, names) = (self.cursor(), store.names());
        for number in numbers {
            let (name, (bytes, flags)) = (names(number), notes.get(number));
            let at = known.find(name).filter(|at| *at < self.base.len()).map(|at| self.base.record(at));
            if let Some(record) = at {
                if (record.searched(), record.flags() & !flags::LOOSE) == (bytes, flags) {
                    continue;
                }
                is_base_true = false;
            }
            searched.extend(name);
            searched.extend(bytes.to_le_bytes());
            searched.push(flags);
        }
        let first = self.base.len();
        let mut recent = self.recent.merged(|at| is_here(first + at), here.is_none(), searched);
        if is_base_true && recent.len() <= self.base.records.len() / FEW {
            mark_loose(&mut recent, self.base.name_len, store);
            return ObjectRecords::Recent(recent);
        }
        let mut all = self.base.merged(is_here, here.is_none(), recent);
        if loose.0 > 0 || store.loose_oids().next().is_some() {
            mark_loose(&mut all, self.base.name_len, store);
        }
        ObjectRecords::All(all)
    }

    /// Returns true if as many objects of the base are loose, all of which were.
    fn has_loose(&self, store: &ObjectStore<'_>, were: usize) -> bool {
        let mut known = self.cursor();
        let loose = store.loose_oids().filter_map(|oid| known.find(oid.as_bytes()));
        let mut flags = loose.filter(|at| *at < self.base.len()).map(|at| self.base.record(at).flags());
        let mut count = 0;
        flags.all(|flags| {
            count += 1;
            flags & flags::LOOSE != 0
        }) && count == were
    }
}

/// Sets the flag of those objects that are loose.
fn mark_loose(records: &mut [u8], name_len: usize, store: &ObjectStore<'_>) {
    let width = name_len + FIELDS;
    records.chunks_exact_mut(width).for_each(|record| record[width - 1] &= !flags::LOOSE);
    let mut at = 0;
    for oid in store.loose_oids() {
        let known = RecordTable { records, name_len };
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

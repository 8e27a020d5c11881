//! Looks up the objects that trees, commits and tags name, many at a time.
//!
//! Most of a look-up is waiting for memory, and those of a batch wait together. So a look-up returns an id at once, and
//! the object's number is known once its batch is resolved.

use std::collections::BTreeSet;

use crate::git::walk::ObjectStore;
use crate::git::{Odb, Oid};

/// Look-ups in one batch.
const BATCH: usize = 256;

/// One thread's look-ups.
pub(super) struct LookupBatch<'a> {
    store: &'a ObjectStore<'a>,
    odb: &'a Odb,
    pending: Vec<Oid>,
    /// For each pending look-up: its id, and whether the object must exist.
    terms: Vec<(Option<u32>, bool)>,
    /// Numbers by id.
    numbers: Vec<u32>,
    found: Vec<Option<u32>>,
    pub(super) missing: BTreeSet<Oid>,
}

impl<'a> LookupBatch<'a> {
    pub(super) fn new(store: &'a ObjectStore<'a>, odb: &'a Odb) -> Self {
        Self {
            store,
            odb,
            pending: Vec::new(),
            terms: Vec::new(),
            numbers: Vec::new(),
            found: Vec::new(),
            missing: BTreeSet::new(),
        }
    }

    /// Looks up an object that must exist.
    pub(super) fn check(&mut self, oid: &Oid) {
        self.push(oid, None, true);
    }

    /// Looks up the number of an object, which must exist if `check` is set. Returns the id of the look-up.
    pub(super) fn number(&mut self, oid: &Oid, check: bool) -> u32 {
        let id = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.push(u32::MAX);
        self.push(oid, Some(id), check);
        id
    }

    fn push(&mut self, oid: &Oid, id: Option<u32>, check: bool) {
        self.pending.push(*oid);
        self.terms.push((id, check));
        if self.pending.len() >= BATCH {
            self.resolve();
        }
    }

    /// Resolves the pending look-ups.
    pub(super) fn resolve(&mut self) {
        self.found.clear();
        self.store.numbers(&self.pending, &mut self.found);
        for ((oid, number), (id, check)) in self.pending.drain(..).zip(&self.found).zip(self.terms.drain(..)) {
            match (number, id.and_then(|id| self.numbers.get_mut(id as usize))) {
                (Some(number), Some(slot)) => *slot = *number,
                (None, _) if check && (self.missing.contains(&oid) || !self.odb.contains(&oid)) => {
                    self.missing.insert(oid);
                }
                _ => {}
            }
        }
    }

    /// Returns the number that a resolved look-up found, or one that no object has.
    pub(super) fn resolved(&self, id: u32) -> u32 {
        self.numbers.get(id as usize).copied().unwrap_or(u32::MAX)
    }
}

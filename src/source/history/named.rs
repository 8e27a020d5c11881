//! What trees, commits and tags name, looked up many at a time.
//!
//! Most of a look-up is waiting for memory, and those of a batch wait together. So whoever asks gets a ticket, and the
//! number of the object later.

use std::collections::BTreeSet;

use crate::git::walk::ObjectStore;
use crate::git::{Odb, Oid};

/// Look-ups that wait together.
const BATCH: usize = 256;

/// One thread's look-ups.
pub(super) struct Named<'a> {
    store: &'a ObjectStore<'a>,
    odb: &'a Odb,
    asked: Vec<Oid>,
    /// For each that was asked: its ticket, and whether it is told if it is missing.
    terms: Vec<(Option<u32>, bool)>,
    /// By ticket.
    numbers: Vec<u32>,
    found: Vec<Option<u32>>,
    pub(super) missing: BTreeSet<Oid>,
    /// Whether anything was missing since somebody last asked.
    lost: bool,
}

impl<'a> Named<'a> {
    pub(super) fn new(store: &'a ObjectStore<'a>, odb: &'a Odb) -> Self {
        Self {
            store,
            odb,
            asked: Vec::new(),
            terms: Vec::new(),
            numbers: Vec::new(),
            found: Vec::new(),
            missing: BTreeSet::new(),
            lost: false,
        }
    }

    /// Looks for an object that must be here.
    pub(super) fn check(&mut self, oid: &Oid) {
        self.ask(oid, None, true);
    }

    /// Asks for the number of an object, which must be here if `check` says so.
    pub(super) fn number(&mut self, oid: &Oid, check: bool) -> u32 {
        let ticket = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.push(u32::MAX);
        self.ask(oid, Some(ticket), check);
        ticket
    }

    fn ask(&mut self, oid: &Oid, ticket: Option<u32>, check: bool) {
        self.asked.push(*oid);
        self.terms.push((ticket, check));
        if self.asked.len() >= BATCH {
            self.settle();
        }
    }

    /// Answers what was asked.
    pub(super) fn settle(&mut self) {
        self.found.clear();
        self.store.numbers(&self.asked, &mut self.found);
        for ((oid, number), (ticket, check)) in self.asked.drain(..).zip(&self.found).zip(self.terms.drain(..)) {
            match (number, ticket.and_then(|ticket| self.numbers.get_mut(ticket as usize))) {
                (Some(number), Some(place)) => *place = *number,
                (None, _) if check && (self.missing.contains(&oid) || !self.odb.contains(&oid)) => {
                    self.lost = true;
                    self.missing.insert(oid);
                }
                _ => {}
            }
        }
    }

    /// Answers what was asked, and tells whether anything was missing since this was last called.
    pub(super) fn lacks(&mut self) -> bool {
        self.settle();
        std::mem::take(&mut self.lost)
    }

    /// The number that was asked for, once it is settled; none that there is, if the object is not here.
    pub(super) fn answer(&self, ticket: u32) -> u32 {
        self.numbers.get(ticket as usize).copied().unwrap_or(u32::MAX)
    }
}

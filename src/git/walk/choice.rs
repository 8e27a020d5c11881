//! The part of a forest that one walk goes through: what somebody wants to see, and all that it is made from.

use super::super::bits::Bits;
use super::super::object::{Damage, Kind};
use super::forest::Forest;

/// What one walk goes through.
#[derive(Debug, Default)]
pub(super) struct Choice {
    visit: Bits,
    reached: Bits,
    /// Whole objects that somebody wants to see or that others are made from.
    pub(super) roots: Vec<(u32, Kind)>,
    /// Entries whose base is not in this pack.
    pub(super) thin: Vec<u32>,
    /// Names (places in the index) that cannot be read, and why.
    pub(super) damaged: Vec<(u32, Damage)>,
}

impl Choice {
    /// `wanted` says by its place in the index whether an object is to be visited, `kinds` which kinds are. An entry of
    /// unknown kind is of every kind.
    pub(super) fn new(forest: &Forest, kinds: &[Kind], wanted: &(dyn Fn(usize) -> bool + Sync)) -> Self {
        let of_kind = |entry: u32| forest.kind(entry).is_none_or(|kind| kinds.contains(&kind));
        let visit = Bits::of(forest.len(), &|entry| of_kind(entry) && wanted(forest.name(entry)));
        let mut choice = Self { visit, reached: Bits::none(forest.len()), ..Self::default() };
        for entry in (0..forest.len()).filter_map(|at| u32::try_from(at).ok()) {
            let mut at = Some(entry).filter(|entry| choice.visit.has(*entry));
            while let Some(next) = at.filter(|at| choice.reached.add(*at)) {
                at = forest.base(next);
            }
        }
        choice.roots = forest.roots.iter().filter(|root| choice.reached.has(root.0)).copied().collect();
        choice.thin = forest.thin.iter().filter(|entry| choice.reached.has(**entry)).copied().collect();
        choice.find_damage(forest);
        choice
    }

    /// Notes what cannot be read, and what is made from that.
    fn find_damage(&mut self, forest: &Forest) {
        self.damaged.extend(forest.outside.iter().map(|name| (*name, Damage::Outside)));
        let mut lost = Vec::new();
        for (entry, damage) in forest.broken.iter().filter(|(entry, _)| self.reached.has(*entry)) {
            self.lost_with(forest, *entry, &mut lost);
            let named = lost.drain(..).enumerate().map(|(at, entry)| {
                let damage = if at == 0 { *damage } else { Damage::Base };
                (forest.name_number(entry), damage)
            });
            self.damaged.extend(named);
        }
        let cyclic = forest.cyclic.iter().filter(|entry| self.visit.has(**entry));
        self.damaged.extend(cyclic.map(|entry| (forest.name_number(*entry), Damage::Cycle)));
    }

    /// Adds the entry and all that is made from it to `lost`, if somebody wants to see it; itself in any case.
    pub(super) fn lost_with(&self, forest: &Forest, entry: u32, lost: &mut Vec<u32>) {
        let mut queue = vec![entry];
        while let Some(at) = queue.pop() {
            if at == entry || self.is_visited(at) {
                lost.push(at);
            }
            queue.extend_from_slice(forest.children(at));
        }
    }

    /// Whether somebody wants to see the entry.
    pub(super) fn is_visited(&self, entry: u32) -> bool {
        self.visit.has(entry)
    }

    /// The first of these entries, from the given place on, that the walk goes through.
    pub(super) fn next(&self, entries: &[u32], from: usize) -> Option<usize> {
        (from..entries.len()).find(|at| self.reached.has(entries[*at]))
    }

    /// How many entries somebody wants to see.
    pub(super) fn visits(&self) -> u64 {
        self.visit.count()
    }
}

//! The part of a delta forest that one walk goes through: the requested objects, and every base that they need.

use super::super::bit_set::BitSet;
use super::super::object::{Damage, ObjectKind};
use super::delta_forest::DeltaForest;

#[derive(Debug, Default)]
pub(super) struct Selection {
    requested: BitSet,
    /// Requested entries and the bases of their chains.
    needed: BitSet,
    /// Needed objects that are stored whole, in the order of the forest's roots.
    pub(super) roots: Vec<(u32, ObjectKind)>,
    /// Needed entries whose base is not in this pack.
    pub(super) thin: Vec<u32>,
    /// Positions in the index of objects that cannot be read.
    pub(super) damaged: Vec<(u32, Damage)>,
}

impl Selection {
    /// Selects the objects of these kinds whose position in the index is `wanted`. An entry of unknown kind counts as any.
    pub(super) fn new(forest: &DeltaForest, kinds: &[ObjectKind], wanted: &(dyn Fn(usize) -> bool + Sync)) -> Self {
        let of_kind = |entry: u32| forest.kind(entry).is_none_or(|kind| kinds.contains(&kind));
        let requested = BitSet::of(forest.len(), &|entry| of_kind(entry) && wanted(forest.name(entry)));
        let mut selection = Self { requested, needed: BitSet::none(forest.len()), ..Self::default() };
        for entry in (0..forest.len()).filter_map(|at| u32::try_from(at).ok()) {
            let mut at = Some(entry).filter(|entry| selection.requested.has(*entry));
            while let Some(next) = at.filter(|at| selection.needed.add(*at)) {
                at = forest.base(next);
            }
        }
        selection.roots = forest.roots.iter().filter(|root| selection.needed.has(root.0)).copied().collect();
        selection.thin = forest.thin.iter().filter(|entry| selection.needed.has(**entry)).copied().collect();
        selection.find_damage(forest);
        selection
    }

    fn find_damage(&mut self, forest: &DeltaForest) {
        self.damaged.extend(forest.outside.iter().map(|name| (*name, Damage::Outside)));
        for (entry, damage) in forest.broken.iter().filter(|(entry, _)| self.needed.has(*entry)) {
            let named = self.with_descendants(forest, *entry).into_iter().enumerate().map(|(at, entry)| {
                let damage = if at == 0 { *damage } else { Damage::Base };
                (forest.name_u32(entry), damage)
            });
            self.damaged.extend(named);
        }
        let cyclic = forest.cyclic.iter().filter(|entry| self.requested.has(**entry));
        self.damaged.extend(cyclic.map(|entry| (forest.name_u32(*entry), Damage::Cycle)));
    }

    /// Returns the entry and every requested descendant of it.
    pub(super) fn with_descendants(&self, forest: &DeltaForest, entry: u32) -> Vec<u32> {
        let (mut found, mut queue) = (Vec::new(), vec![entry]);
        while let Some(at) = queue.pop() {
            if at == entry || self.is_visited(at) {
                found.push(at);
            }
            queue.extend_from_slice(forest.children(at));
        }
        found
    }

    /// Returns true if the entry is requested; others are decoded as bases only.
    pub(super) fn is_visited(&self, entry: u32) -> bool {
        self.requested.has(entry)
    }

    /// Returns the position of the first needed one of these entries, from position `from` on.
    pub(super) fn next(&self, entries: &[u32], from: usize) -> Option<usize> {
        (from..entries.len()).find(|at| self.needed.has(entries[*at]))
    }

    pub(super) fn visits(&self) -> u64 {
        self.requested.count()
    }
}

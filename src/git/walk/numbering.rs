//! Object numbers, so that facts about objects can be kept in arrays.

use super::store::ObjectStore;
use crate::git::Oid;
use crate::git::bit_set::BitSet;

impl ObjectStore<'_> {
    pub(crate) fn count(&self) -> usize {
        self.packed() + self.loose.len()
    }

    /// Returns the number of the first loose object: the packs' names come first.
    pub(crate) fn packed(&self) -> usize {
        self.odb.packs.iter().map(|pack| pack.index.len()).sum()
    }

    /// Returns the number of the first name in a pack's index.
    pub(crate) fn first_number(&self, pack: usize) -> usize {
        self.odb.packs[..pack].iter().map(|pack| pack.index.len()).sum()
    }

    /// Appends the number of each object: its position in the first pack that names it, or among the loose objects.
    /// `None` for objects that are not here.
    pub(crate) fn numbers(&self, oids: &[Oid], numbers: &mut Vec<Option<u32>>) {
        let from = numbers.len();
        numbers.resize(from + oids.len(), None);
        let numbers = &mut numbers[from..];
        let mut first = 0;
        for pack in &self.odb.packs {
            pack.index.find_all(oids, &mut |which, at| {
                numbers[which] = numbers[which].or_else(|| u32::try_from(first + at).ok());
            });
            if numbers.iter().all(Option::is_some) {
                return;
            }
            first += pack.index.len();
        }
        for (oid, number) in oids.iter().zip(numbers).filter(|(_, number)| number.is_none()) {
            let loose = self.loose.binary_search_by_key(oid, |loose| loose.0);
            *number = loose.ok().and_then(|at| u32::try_from(first + at).ok());
        }
    }

    /// Returns the number of one object.
    pub(crate) fn number(&self, oid: &Oid) -> Option<u32> {
        let mut numbers = Vec::new();
        self.numbers(&[*oid], &mut numbers);
        numbers.into_iter().next().flatten()
    }

    /// Iterates over the loose objects, sorted by name.
    pub(crate) fn loose_oids(&self) -> impl Iterator<Item = &Oid> {
        self.loose.iter().map(|loose| &loose.0)
    }

    /// Returns the objects with these numbers, sorted by name, each once with its least number.
    pub(crate) fn sorted(&self, wanted: Option<&BitSet>) -> Vec<(&[u8], u32)> {
        let mut objects: Vec<(&[u8], u32)> = Vec::new();
        let is_wanted = |number: &u32| wanted.is_none_or(|wanted| wanted.has(*number));
        let mut first = 0;
        for pack in &self.odb.packs {
            let numbers = (0..pack.index.len()).zip(first..).filter(|(_, number)| is_wanted(number));
            objects.extend(numbers.map(|(name, number)| (pack.index.name(name), number)));
            first = first.saturating_add(u32::try_from(pack.index.len()).unwrap_or(u32::MAX));
        }
        let loose = self.loose_oids().zip(first..).filter(|(_, number)| is_wanted(number));
        objects.extend(loose.map(|(oid, number)| (oid.as_bytes(), number)));
        // Runs that are sorted already are merged.
        objects.sort();
        objects.dedup_by_key(|object| object.0);
        objects
    }

    pub(crate) fn oid(&self, number: u32) -> Option<Oid> {
        let mut at = number as usize;
        for pack in &self.odb.packs {
            if at < pack.index.len() {
                return pack.index.oid(at);
            }
            at -= pack.index.len();
        }
        self.loose.get(at).map(|loose| loose.0)
    }
}

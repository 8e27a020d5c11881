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

    /// Returns the numbers of objects, sorted by their names, each once with its least number.
    pub(crate) fn sorted(&self, wanted: Option<&BitSet>) -> Vec<u32> {
        let mut numbers: Vec<u32> = Vec::new();
        let (mut first, mut runs) = (0, 0);
        for length in self.lengths() {
            let (known, end) = (numbers.len(), first + length);
            let run = (first..end).filter_map(|number| u32::try_from(number).ok());
            numbers.extend(run.filter(|number| wanted.is_none_or(|wanted| wanted.has(*number))));
            runs += usize::from(numbers.len() > known);
            first = end;
        }
        if runs > 1 {
            // Runs are sorted already, and are merged.
            let names = self.names();
            numbers.sort_by(|a, b| names(*a).cmp(names(*b)));
            numbers.dedup_by(|a, b| names(*a) == names(*b));
        }
        numbers
    }

    /// Returns the numbers of names in the packs, and of loose objects.
    fn lengths(&self) -> impl Iterator<Item = usize> {
        self.odb.packs.iter().map(|pack| pack.index.len()).chain([self.loose.len()])
    }

    /// Returns what looks up the name of an object.
    pub(crate) fn names<'s>(&'s self) -> impl Fn(u32) -> &'s [u8] {
        let sum = |sum: &mut usize, length| Some(std::mem::replace(sum, *sum + length));
        let firsts: Vec<usize> = self.lengths().scan(0, sum).collect();
        move |number| {
            let run = firsts.partition_point(|first| *first <= number as usize) - 1;
            let at = number as usize - firsts[run];
            match self.odb.packs.get(run) {
                Some(pack) => pack.index.name(at),
                None => self.loose.get(at).map_or(&[], |loose| loose.0.as_bytes()),
            }
        }
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

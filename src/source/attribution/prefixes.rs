//! EntryNames by their first eight bytes, by which objects are told apart here.

use crate::git::Oid;

/// Most bits of the table in front of the names.
const MAX_BITS: u32 = 20;

/// The first eight bytes of a name.
pub(crate) fn oid_prefix(oid: &Oid) -> u64 {
    oid.as_bytes().first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first))
}

/// EntryNames in order, which are looked up far more often than found.
#[derive(Debug, Default)]
pub(crate) struct PrefixTable {
    sorted: Vec<u64>,
    /// How many bits of a name the table is made by.
    bits: u32,
    /// For each beginning of a name how many names begin with less.
    before: Vec<u32>,
}

impl PrefixTable {
    /// Takes names in any order.
    pub(crate) fn new(mut prefixes: Vec<u64>) -> Self {
        prefixes.sort_unstable();
        let bits = (prefixes.len() * 8).max(16).ilog2().min(MAX_BITS);
        let mut before = vec![0; (1 << bits) + 1];
        for prefix in &prefixes {
            before[bucket(*prefix, bits) + 1] += 1;
        }
        for at in 0..1 << bits {
            before[at + 1] += before[at];
        }
        Self { sorted: prefixes, bits, before }
    }

    /// The place of a name; the first, if several are alike.
    pub(crate) fn find(&self, prefix: u64) -> Option<usize> {
        let bucket = bucket(prefix, self.bits);
        let (low, high) = (*self.before.get(bucket)? as usize, *self.before.get(bucket + 1)? as usize);
        let names = self.sorted.get(low..high)?;
        let at = low + names.partition_point(|name| *name < prefix);
        (at < high && self.sorted[at] == prefix).then_some(at)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.sorted.iter().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }
}

fn bucket(prefix: u64, bits: u32) -> usize {
    usize::try_from(prefix.checked_shr(64 - bits).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_wherever_they_crowd() {
        let spread: Vec<u64> = (1..=1000_u64).map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        for names in [Vec::new(), vec![7], (0..500).collect(), vec![0, 3, 3, u64::MAX, u64::MAX], spread] {
            let prefixes = PrefixTable::new(names.clone());
            let mut sorted = names;
            sorted.sort_unstable();
            assert_eq!(prefixes.len(), sorted.len());
            for name in &sorted {
                assert_eq!(prefixes.find(*name), sorted.iter().position(|other| other == name));
                let next = name.wrapping_add(1);
                assert_eq!(prefixes.find(next), sorted.iter().position(|other| *other == next));
            }
        }
        assert_eq!(PrefixTable::default().find(0), None);
    }
}

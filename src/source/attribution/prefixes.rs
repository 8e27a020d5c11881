//! Object names by their first eight bytes, which attribution takes for the whole name.

use crate::git::Oid;

/// Most bits of the bucket table.
const MAX_BITS: u32 = 20;

pub(crate) fn oid_prefix(oid: &Oid) -> u64 {
    oid.as_bytes().first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first))
}

/// Sorted names with a bucket table, because most look-ups find nothing.
#[derive(Debug, Default)]
pub(crate) struct PrefixTable {
    sorted: Vec<u64>,
    /// Bits of a name that select its bucket.
    bits: u32,
    /// For each bucket, the number of names in those before it.
    before: Vec<u32>,
}

impl PrefixTable {
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

    /// Returns the position of a name; the first of equal ones.
    pub(crate) fn find(&self, prefix: u64) -> Option<usize> {
        let bucket = bucket(prefix, self.bits);
        let (low, high) = (*self.before.get(bucket)? as usize, *self.before.get(bucket + 1)? as usize);
        let names = self.sorted.get(low..high)?;
        let at = low + names.partition_point(|name| *name < prefix);
        (at < high && self.sorted[at] == prefix).then_some(at)
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = u64> + '_ {
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

//! Look-up of the entry that begins at an offset.

/// Buckets of ascending offsets, by their upper bits: few are left to compare.
pub(super) struct OffsetLookup<'a> {
    all: &'a [u64],
    /// Lower bits of an offset, which distinguish the offsets of one bucket.
    shift: u32,
    /// For each bucket, the number of offsets before it.
    before: Vec<u32>,
}

impl<'a> OffsetLookup<'a> {
    /// Builds buckets of about one offset each.
    pub(super) fn new(all: &'a [u64]) -> Self {
        let last = all.last().copied().unwrap_or(0);
        let shift = (last / (all.len() as u64).max(1)).max(1).ilog2();
        let mut before = Vec::with_capacity(all.len() * 2 + 2);
        for (at, offset) in (0_u32..).zip(all) {
            while before.len() as u64 <= offset >> shift {
                before.push(at);
            }
        }
        before.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
        Self { all, shift, before }
    }

    pub(super) fn find(&self, offset: u64) -> Option<u32> {
        let bucket = usize::try_from(offset >> self.shift).ok()?;
        let (from, to) = (*self.before.get(bucket)?, *self.before.get(bucket + 1)?);
        let found = self.all.get(from as usize..to as usize)?.binary_search(&offset).ok()?;
        Some(from + u32::try_from(found).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_offset_is_found_and_no_other(
            all in proptest::collection::btree_set(prop_oneof![9 => 0..5000_u64, 1 => 0..1_u64 << 24], 0..60),
            other in 0..5000_u64,
        ) {
            let all: Vec<u64> = all.into_iter().collect();
            let offsets = OffsetLookup::new(&all);
            for offset in all.iter().copied().chain([other, u64::MAX]) {
                let expected = all.binary_search(&offset).ok().map(|at| u32::try_from(at).unwrap());
                prop_assert_eq!(offsets.find(offset), expected);
            }
        }
    }
}

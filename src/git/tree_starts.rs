//! Where the entries of a tree begin: what tells, in a tree made from another, which entries came over whole.
//!
//! Nothing in the bytes of a tree says where an entry begins but the entry before it, so the offsets are remembered. An
//! entry that a copy carries over whole is the same entry; everything between is read.

use std::ops::Range;

use super::oid::ObjectFormat;
use super::pack::delta::Copied;
use super::tree::TreeEntries;

/// The offsets at which the entries of a tree begin, and its length. Empty for a tree that cannot be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Starts(Vec<u32>);

/// What a tree made from another has of it, and what it has of its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    pub(crate) starts: Starts,
    /// Parts of the base, from the first byte of an entry to the last of one, and where they stand now.
    pub(crate) kept: Vec<(Range<u32>, u32)>,
    /// Where the other entries begin.
    pub(crate) new: Vec<u32>,
}

impl Starts {
    /// Reads a tree whole. `None` if it is malformed.
    pub(crate) fn read(bytes: &[u8], format: ObjectFormat) -> Option<Parts> {
        Self::default().made(&[], bytes, format)
    }

    /// Reads of a tree what did not come over from this one. `None` if it is malformed or not aligned with this one.
    pub(crate) fn made(&self, copies: &[Copied], bytes: &[u8], format: ObjectFormat) -> Option<Parts> {
        let mut parts = Parts { starts: Self(Vec::with_capacity(self.0.len() + 2)), ..Parts::default() };
        let mut done = 0;
        for copy in copies {
            let from = u32::try_from(copy.from).ok()?;
            let end = u32::try_from(copy.from + copy.len).ok()?;
            let first = self.0.partition_point(|at| *at < from);
            let last = self.0.partition_point(|at| *at <= end);
            let Some([begin, .., end]) = self.0.get(first..last) else { continue };
            let to = u32::try_from(copy.to).ok()? + (begin - from);
            parts.read(bytes, done..to, format)?;
            parts.starts.0.extend(self.0[first..last - 1].iter().map(|at| at - begin + to));
            parts.kept.push((*begin..*end, to));
            done = to + (end - begin);
        }
        let length = u32::try_from(bytes.len()).ok()?;
        parts.read(bytes, done..length, format)?;
        parts.starts.0.push(length);
        Some(parts)
    }
}

impl Parts {
    /// Reads entries that must fill the range.
    fn read(&mut self, bytes: &[u8], range: Range<u32>, format: ObjectFormat) -> Option<()> {
        let part = bytes.get(range.start as usize..range.end as usize)?;
        let mut entries = TreeEntries::new(part, format);
        loop {
            let at = range.end - u32::try_from(entries.left()).ok()?;
            match entries.next() {
                Some(Ok(_)) => {
                    self.starts.0.push(at);
                    self.new.push(at);
                }
                Some(Err(_)) => return None,
                None => return Some(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tree(entries: &[(String, u8)]) -> Vec<u8> {
        let entry = |(name, byte): &(String, u8)| [b"100644 ", name.as_bytes(), b"\0", &[*byte; 20]].concat();
        entries.iter().flat_map(entry).collect()
    }

    proptest! {
        #[test]
        fn what_is_kept_and_what_is_told_make_the_tree(
            base in proptest::collection::vec(("[a-z]{1,9}", any::<u8>()), 0..12),
            inserts in proptest::collection::vec(("[a-z]{1,9}", any::<u8>()), 0..5),
            cuts in proptest::collection::vec(any::<(proptest::sample::Index, proptest::sample::Index)>(), 0..6),
        ) {
            let base = tree(&base);
            let starts = Starts::read(&base, ObjectFormat::Sha1).unwrap().starts;
            let (mut bytes, mut copies) = (Vec::new(), Vec::new());
            let mut inserts = inserts.iter();
            for (a, b) in cuts {
                let (a, b) = (a.index(base.len() + 1), b.index(base.len() + 1));
                if a < b {
                    copies.push(Copied { from: a, to: bytes.len(), len: b - a });
                    bytes.extend(&base[a..b]);
                }
                bytes.extend(inserts.next().map(|insert| tree(std::slice::from_ref(insert))).unwrap_or_default());
            }
            let whole = Starts::read(&bytes, ObjectFormat::Sha1);
            // Pieces of entries may be entries by chance, in both readings or in neither.
            let made = starts.made(&copies, &bytes, ObjectFormat::Sha1);
            if let (Some(whole), Some(made)) = (whole, made) {
                prop_assert_eq!(&whole.starts.0, &made.starts.0);
                let mut told = made.new.clone();
                for (range, to) in made.kept {
                    let kept = starts.0.iter().filter(|at| range.contains(at));
                    told.extend(kept.map(|at| at - range.start + to));
                }
                told.sort_unstable();
                prop_assert_eq!(told, whole.new);
            }
        }
    }
}

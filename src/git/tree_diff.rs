//! The difference between a tree and its delta base: the entries that were copied whole, and the others.
//!
//! Only the entry before it determines where an entry of a tree begins, so the offsets of the base are kept. An entry that
//! lies within a copied range is unchanged; everything between is parsed.

use std::ops::Range;

use super::oid::{ObjectFormat, Oid};
use super::pack::delta::CopiedRange;
use super::tree::{TreeEntries, TreeEntry};
use super::walk::{DeltaOnly, DeltaOp, DeltaOps};

/// The offsets of a tree's entries, and its length. Empty for a malformed tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct EntryOffsets(Vec<u32>);

/// An entry that was not copied whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewEntry {
    pub(crate) at: u32,
    pub(crate) end: u32,
    /// Length of the name.
    name: u32,
    pub(crate) mode: u32,
    /// The base has an entry of this name and mode for another object.
    pub(crate) renewed: bool,
}

/// The entries that a tree has from its base, and its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct TreeDiff {
    /// Ranges of whole entries of the base, and their offsets in the tree.
    pub(crate) kept: Vec<(Range<u32>, u32)>,
    /// The other entries.
    pub(crate) new: Vec<NewEntry>,
    /// Offsets of entries of which only the beginning was copied, and the number of copied bytes.
    begun: Vec<(u32, u32)>,
}

impl EntryOffsets {
    /// Parses a whole tree. `None` if it is malformed.
    pub(crate) fn read(bytes: &[u8], format: ObjectFormat, parts: &mut TreeDiff) -> Option<Self> {
        Self::default().diff(&[], bytes, format, parts)
    }

    /// Parses the entries of a tree that were not copied from this one. `None` if it is malformed or its entries are
    /// not aligned with the copies.
    pub(crate) fn diff(
        &self,
        copies: &[CopiedRange],
        bytes: &[u8],
        format: ObjectFormat,
        parts: &mut TreeDiff,
    ) -> Option<Self> {
        parts.clear();
        let mut starts = Self(Vec::with_capacity(self.0.len() + 2));
        let mut done = 0;
        for copy in copies {
            let from = u32::try_from(copy.from).ok()?;
            let end = u32::try_from(copy.from + copy.len).ok()?;
            let to = u32::try_from(copy.to).ok()?;
            let Some((begin, rest, whole)) = self.within(from..end) else { continue };
            if begin < rest {
                let to = to + (begin - from);
                parts.read(bytes, done..to, format, &mut starts)?;
                starts.0.extend(whole.iter().map(|at| at - begin + to));
                parts.kept.push((begin..rest, to));
                done = to + (rest - begin);
            }
            if rest < end {
                parts.begun.push((to + (rest - from), end - rest));
            }
        }
        let length = u32::try_from(bytes.len()).ok()?;
        parts.read(bytes, done..length, format, &mut starts)?;
        starts.0.push(length);
        Some(starts)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As [`EntryOffsets::diff`], without building the tree: `pieces` receives the bytes between the kept ranges, and
    /// offsets are those in it. Also `None` if the delta does not produce `size` bytes.
    pub(crate) fn diff_delta(
        &self,
        delta: &DeltaOnly<'_>,
        format: ObjectFormat,
        pieces: &mut Vec<u8>,
        parts: &mut TreeDiff,
    ) -> Option<()> {
        parts.clear();
        pieces.clear();
        let (mut unused, mut done, mut size) = (Self::default(), 0, 0);
        let mut ops = DeltaOps::new(delta.instructions);
        while let Some(op) = ops.next().ok()? {
            let (from, copied) = match op {
                DeltaOp::Insert(bytes) => {
                    pieces.extend_from_slice(bytes);
                    size += bytes.len();
                    continue;
                }
                DeltaOp::Copy { from, len } => {
                    (u32::try_from(from).ok()?, delta.base.get(from..from.checked_add(len)?)?)
                }
            };
            size += copied.len();
            let end = from + u32::try_from(copied.len()).ok()?;
            let (begin, rest, _) = self.within(from..end).unwrap_or((end, end, &[]));
            let (before, after) = (&copied[..(begin - from) as usize], &copied[(rest - from) as usize..]);
            pieces.extend_from_slice(before);
            if begin < rest {
                let to = u32::try_from(pieces.len()).ok()?;
                parts.read(pieces, done..to, format, &mut unused)?;
                parts.kept.push((begin..rest, to));
                done = to;
            }
            if rest < end {
                parts.begun.push((u32::try_from(pieces.len()).ok()?, end - rest));
            }
            pieces.extend_from_slice(after);
        }
        parts.read(pieces, done..u32::try_from(pieces.len()).ok()?, format, &mut unused)?;
        (size == delta.size).then_some(())
    }

    /// Returns the offsets of the first and the last entry that begins within `part` or right behind it (the end of the
    /// tree counts as one), and those of the whole entries between them. `None` if there is none.
    fn within(&self, part: Range<u32>) -> Option<(u32, u32, &[u32])> {
        let first = self.0.partition_point(|at| *at < part.start);
        let last = first + self.0[first..].partition_point(|at| *at <= part.end);
        let starts = &self.0[first..last];
        let (rest, whole) = starts.split_last()?;
        Some((*starts.first()?, *rest, whole))
    }
}

impl NewEntry {
    /// Returns the entry, given the bytes that were parsed.
    pub(crate) fn entry<'a>(&self, bytes: &'a [u8], format: ObjectFormat) -> Option<TreeEntry<'a>> {
        let bytes = bytes.get(self.at as usize..self.end as usize)?;
        let (head, oid) = bytes.split_at_checked(bytes.len().checked_sub(format.raw_len())?)?;
        let name = head.get(head.len().checked_sub(self.name as usize + 1)?..head.len() - 1)?;
        Some(TreeEntry { mode: self.mode, name, oid: Oid::from_raw(oid)? })
    }
}

impl TreeDiff {
    fn clear(&mut self) {
        self.kept.clear();
        self.new.clear();
        self.begun.clear();
    }

    /// Parses entries, which must fill the range.
    fn read(&mut self, bytes: &[u8], range: Range<u32>, format: ObjectFormat, starts: &mut EntryOffsets) -> Option<()> {
        let part = bytes.get(range.start as usize..range.end as usize)?;
        let mut entries = TreeEntries::new(part, format);
        let mut begun = self.begun.drain(..).peekable();
        let mut at = range.start;
        while let Some(entry) = entries.next() {
            let entry = entry.ok()?;
            let end = range.end - u32::try_from(entries.left()).ok()?;
            let head = (end - at).checked_sub(u32::try_from(format.raw_len()).ok()?)?;
            while begun.next_if(|begun| begun.0 < at).is_some() {}
            let renewed = begun.next_if(|begun| begun.0 == at).is_some_and(|begun| begun.1 >= head);
            let name = u32::try_from(entry.name.len()).ok()?;
            starts.0.push(at);
            self.new.push(NewEntry { at, end, name, mode: entry.mode, renewed });
            at = end;
        }
        Some(())
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
        fn kept_and_new_entries_make_the_tree(
            base in proptest::collection::vec(("[a-z]{1,9}", any::<u8>()), 0..12),
            inserts in proptest::collection::vec(("[a-z]{1,9}", any::<u8>()), 0..5),
            cuts in proptest::collection::vec(any::<(proptest::sample::Index, proptest::sample::Index)>(), 0..6),
        ) {
            let base = tree(&base);
            let (mut old, mut parts) = (TreeDiff::default(), TreeDiff::default());
            let starts = EntryOffsets::read(&base, ObjectFormat::Sha1, &mut old).unwrap();
            let (mut bytes, mut copies, mut instructions) = (Vec::new(), Vec::new(), Vec::new());
            let mut inserts = inserts.iter();
            for (a, b) in cuts {
                let (a, b) = (a.index(base.len() + 1), b.index(base.len() + 1));
                if a < b {
                    copies.push(CopiedRange { from: a, to: bytes.len(), len: b - a });
                    bytes.extend(&base[a..b]);
                    let (from, len) = (u16::try_from(a).unwrap().to_le_bytes(), u16::try_from(b - a).unwrap().to_le_bytes());
                    instructions.extend([&[0xb3][..], &from, &len].concat());
                }
                let insert = inserts.next().map(|insert| tree(std::slice::from_ref(insert))).unwrap_or_default();
                instructions.extend(u8::try_from(insert.len()).ok().filter(|len| *len > 0));
                instructions.extend(&insert);
                bytes.extend(insert);
            }
            let mut all = TreeDiff::default();
            let whole = EntryOffsets::read(&bytes, ObjectFormat::Sha1, &mut all);
            // Pieces of entries may be entries by chance, in both readings or in neither.
            let made = starts.diff(&copies, &bytes, ObjectFormat::Sha1, &mut parts);
            if let (Some(whole), Some(made)) = (whole, made) {
                prop_assert_eq!(&whole.0, &made.0);
                let mut found: Vec<u32> = parts.new.iter().map(|new| new.at).collect();
                for (range, to) in &parts.kept {
                    let kept = starts.0.iter().filter(|at| range.contains(at));
                    found.extend(kept.map(|at| at - range.start + to));
                }
                found.sort_unstable();
                prop_assert_eq!(found, all.new.iter().map(|new| new.at).collect::<Vec<_>>());
                let (mut pieces, mut apart) = (Vec::new(), TreeDiff::default());
                let delta = DeltaOnly { base: &base, instructions: &instructions, size: bytes.len() };
                starts.diff_delta(&delta, ObjectFormat::Sha1, &mut pieces, &mut apart).unwrap();
                let entries = |parts: &TreeDiff, bytes| {
                    let entry = |new: &NewEntry| (new.renewed, new.entry(bytes, ObjectFormat::Sha1).map(|entry| entry.oid));
                    parts.new.iter().map(entry).collect::<Vec<_>>()
                };
                prop_assert_eq!(entries(&apart, &pieces), entries(&parts, &bytes));
                let kept = |parts: &TreeDiff| parts.kept.iter().map(|kept| kept.0.clone()).collect::<Vec<_>>();
                prop_assert_eq!(kept(&apart), kept(&parts));
                let longer = DeltaOnly { size: bytes.len() + 1, ..delta };
                prop_assert!(starts.diff_delta(&longer, ObjectFormat::Sha1, &mut pieces, &mut apart).is_none());
                let head = |new: &NewEntry, bytes| new.entry(bytes, ObjectFormat::Sha1).map(|entry| (entry.mode, entry.name));
                let known: Vec<_> = old.new.iter().map(|new| head(new, &base)).collect();
                for new in &parts.new {
                    prop_assert!(head(new, &bytes).is_some());
                    prop_assert!(!new.renewed || known.contains(&head(new, &bytes)));
                }
            }
        }
    }

    #[test]
    fn an_entry_of_the_same_name_is_renewed() {
        let base = tree(&[("a".to_owned(), 1), ("b".to_owned(), 2), ("c".to_owned(), 3)]);
        let made = tree(&[("a".to_owned(), 1), ("b".to_owned(), 7), ("c".to_owned(), 3), ("d".to_owned(), 4)]);
        let (each, mut parts) = (base.len() / 3, TreeDiff::default());
        let starts = EntryOffsets::read(&base, ObjectFormat::Sha1, &mut parts).unwrap();
        let copy = |from, end| CopiedRange { from, to: from, len: end - from };
        let copies = [copy(0, 2 * each - 20), copy(2 * each, 3 * each)];
        starts.diff(&copies, &made, ObjectFormat::Sha1, &mut parts).unwrap();
        let new: Vec<(usize, bool)> = parts.new.iter().map(|new| (new.at as usize, new.renewed)).collect();
        assert_eq!(new, [(each, true), (3 * each, false)]);
        starts.diff(&[copy(0, 2 * each - 21)], &made, ObjectFormat::Sha1, &mut parts).unwrap();
        assert!(parts.new.iter().all(|new| !new.renewed));
    }
}

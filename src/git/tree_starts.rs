//! Where the entries of a tree begin: what tells, in a tree made from another, which entries came over whole.
//!
//! Nothing in the bytes of a tree says where an entry begins but the entry before it, so the offsets are remembered. An
//! entry that a copy carries over whole is the same entry; everything between is read.

use std::ops::Range;

use super::oid::{ObjectFormat, Oid};
use super::pack::delta::Copied;
use super::tree::{TreeEntries, TreeEntry};
use super::walk::{Op, Ops, Unbuilt};

/// The offsets at which the entries of a tree begin, and its length. Empty for a tree that cannot be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Starts(Vec<u32>);

/// An entry that was not copied whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct New {
    /// Where it begins.
    pub(crate) at: u32,
    /// Where it ends.
    pub(crate) end: u32,
    /// How long its name is.
    name: u32,
    pub(crate) mode: u32,
    /// The base has an entry of this name and mode, which names something else.
    pub(crate) renewed: bool,
}

/// What a tree made from another has of it, and what it has of its own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parts {
    /// Parts of the base, from the first byte of an entry to the last of one, and where they stand now.
    pub(crate) kept: Vec<(Range<u32>, u32)>,
    /// The other entries.
    pub(crate) new: Vec<New>,
    /// Where copied entries begin that end elsewhere, and how many bytes of each were copied.
    begun: Vec<(u32, u32)>,
}

impl Starts {
    /// Reads a tree whole. `None` if it is malformed.
    pub(crate) fn read(bytes: &[u8], format: ObjectFormat, parts: &mut Parts) -> Option<Self> {
        Self::default().made(&[], bytes, format, parts)
    }

    /// Reads of a tree what did not come over from this one. `None` if it is malformed or not aligned with this one.
    pub(crate) fn made(
        &self,
        copies: &[Copied],
        bytes: &[u8],
        format: ObjectFormat,
        parts: &mut Parts,
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

    /// Whether nothing is known of the tree.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As [`Starts::made`], without building the tree: `pieces` is filled with what is between the parts that came over,
    /// and places are those in it. `None` also if the delta does not make `size` bytes.
    pub(crate) fn unbuilt(
        &self,
        unbuilt: &Unbuilt<'_>,
        format: ObjectFormat,
        pieces: &mut Vec<u8>,
        parts: &mut Parts,
    ) -> Option<()> {
        parts.clear();
        pieces.clear();
        let (mut unused, mut done, mut size) = (Self::default(), 0, 0);
        let mut ops = Ops::new(unbuilt.instructions);
        while let Some(op) = ops.next().ok()? {
            let (from, copied) = match op {
                Op::Insert(bytes) => {
                    pieces.extend_from_slice(bytes);
                    size += bytes.len();
                    continue;
                }
                Op::Copy { from, len } => (u32::try_from(from).ok()?, unbuilt.base.get(from..from.checked_add(len)?)?),
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
        (size == unbuilt.size).then_some(())
    }

    /// The first and the last entry that begins, or the tree that ends, within a part or right behind it, and where the
    /// entries between them begin. `None` if there is none.
    fn within(&self, part: Range<u32>) -> Option<(u32, u32, &[u32])> {
        let first = self.0.partition_point(|at| *at < part.start);
        let last = first + self.0[first..].partition_point(|at| *at <= part.end);
        let starts = &self.0[first..last];
        let (rest, whole) = starts.split_last()?;
        Some((*starts.first()?, *rest, whole))
    }
}

impl New {
    /// The entry of a tree with these bytes.
    pub(crate) fn entry<'a>(&self, bytes: &'a [u8], format: ObjectFormat) -> Option<TreeEntry<'a>> {
        let bytes = bytes.get(self.at as usize..self.end as usize)?;
        let (head, oid) = bytes.split_at_checked(bytes.len().checked_sub(format.raw_len())?)?;
        let name = head.get(head.len().checked_sub(self.name as usize + 1)?..head.len() - 1)?;
        Some(TreeEntry { mode: self.mode, name, oid: Oid::from_raw(oid)? })
    }
}

impl Parts {
    fn clear(&mut self) {
        self.kept.clear();
        self.new.clear();
        self.begun.clear();
    }

    /// Reads entries that must fill the range.
    fn read(&mut self, bytes: &[u8], range: Range<u32>, format: ObjectFormat, starts: &mut Starts) -> Option<()> {
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
            self.new.push(New { at, end, name, mode: entry.mode, renewed });
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
        fn what_is_kept_and_what_is_told_make_the_tree(
            base in proptest::collection::vec(("[a-z]{1,9}", any::<u8>()), 0..12),
            inserts in proptest::collection::vec(("[a-z]{1,9}", any::<u8>()), 0..5),
            cuts in proptest::collection::vec(any::<(proptest::sample::Index, proptest::sample::Index)>(), 0..6),
        ) {
            let base = tree(&base);
            let (mut old, mut parts) = (Parts::default(), Parts::default());
            let starts = Starts::read(&base, ObjectFormat::Sha1, &mut old).unwrap();
            let (mut bytes, mut copies, mut instructions) = (Vec::new(), Vec::new(), Vec::new());
            let mut inserts = inserts.iter();
            for (a, b) in cuts {
                let (a, b) = (a.index(base.len() + 1), b.index(base.len() + 1));
                if a < b {
                    copies.push(Copied { from: a, to: bytes.len(), len: b - a });
                    bytes.extend(&base[a..b]);
                    let (from, len) = (u16::try_from(a).unwrap().to_le_bytes(), u16::try_from(b - a).unwrap().to_le_bytes());
                    instructions.extend([&[0xb3][..], &from, &len].concat());
                }
                let insert = inserts.next().map(|insert| tree(std::slice::from_ref(insert))).unwrap_or_default();
                instructions.extend(u8::try_from(insert.len()).ok().filter(|len| *len > 0));
                instructions.extend(&insert);
                bytes.extend(insert);
            }
            let mut all = Parts::default();
            let whole = Starts::read(&bytes, ObjectFormat::Sha1, &mut all);
            // Pieces of entries may be entries by chance, in both readings or in neither.
            let made = starts.made(&copies, &bytes, ObjectFormat::Sha1, &mut parts);
            if let (Some(whole), Some(made)) = (whole, made) {
                prop_assert_eq!(&whole.0, &made.0);
                let mut told: Vec<u32> = parts.new.iter().map(|new| new.at).collect();
                for (range, to) in &parts.kept {
                    let kept = starts.0.iter().filter(|at| range.contains(at));
                    told.extend(kept.map(|at| at - range.start + to));
                }
                told.sort_unstable();
                prop_assert_eq!(told, all.new.iter().map(|new| new.at).collect::<Vec<_>>());
                let (mut pieces, mut apart) = (Vec::new(), Parts::default());
                let unbuilt = Unbuilt { base: &base, instructions: &instructions, size: bytes.len() };
                starts.unbuilt(&unbuilt, ObjectFormat::Sha1, &mut pieces, &mut apart).unwrap();
                let entries = |parts: &Parts, bytes| {
                    let entry = |new: &New| (new.renewed, new.entry(bytes, ObjectFormat::Sha1).map(|entry| entry.oid));
                    parts.new.iter().map(entry).collect::<Vec<_>>()
                };
                prop_assert_eq!(entries(&apart, &pieces), entries(&parts, &bytes));
                let kept = |parts: &Parts| parts.kept.iter().map(|kept| kept.0.clone()).collect::<Vec<_>>();
                prop_assert_eq!(kept(&apart), kept(&parts));
                let longer = Unbuilt { size: bytes.len() + 1, ..unbuilt };
                prop_assert!(starts.unbuilt(&longer, ObjectFormat::Sha1, &mut pieces, &mut apart).is_none());
                let head = |new: &New, bytes| new.entry(bytes, ObjectFormat::Sha1).map(|entry| (entry.mode, entry.name));
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
        let (each, mut parts) = (base.len() / 3, Parts::default());
        let starts = Starts::read(&base, ObjectFormat::Sha1, &mut parts).unwrap();
        let copy = |from, end| Copied { from, to: from, len: end - from };
        let copies = [copy(0, 2 * each - 20), copy(2 * each, 3 * each)];
        starts.made(&copies, &made, ObjectFormat::Sha1, &mut parts).unwrap();
        let new: Vec<(usize, bool)> = parts.new.iter().map(|new| (new.at as usize, new.renewed)).collect();
        assert_eq!(new, [(each, true), (3 * each, false)]);
        starts.made(&[copy(0, 2 * each - 21)], &made, ObjectFormat::Sha1, &mut parts).unwrap();
        assert!(parts.new.iter().all(|new| !new.renewed));
    }
}

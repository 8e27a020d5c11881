//! The deltas of a pack as a forest of arrays: the delta base of each entry, and its deltas.
//!
//! Built once from the headers of all entries, in parallel and in file order, for any number of walks; each walk uses a
//! part of it, a [`super::selection::Selection`]. The heaviest child of each entry comes last: a walk drops a base
//! before the subtree of its last child, so this order keeps few objects in memory.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};

use rayon::prelude::*;

use super::super::object::{Damage, ObjectKind};
use super::super::oid::Oid;
use super::super::pack::entry::EntryContent;
use super::super::pack::{HEADER_LEN, Pack};
use super::offset_lookup::OffsetLookup;

const NONE: u32 = u32::MAX;

/// Entries are looked up one by one if there are so many times fewer than in the pack.
const FEW_NAMES: usize = 64;

#[derive(Debug, Default)]
pub(super) struct DeltaForest {
    /// Offsets of all entries, ascending; the fields below have one element for each entry.
    offsets: Vec<u64>,
    /// Offsets of what follows the entries, if others may be between them.
    ends: Vec<u64>,
    /// Position in the pack's index.
    names: Vec<u32>,
    /// CRC-32 of the stored bytes, unless the index has none. The index orders them by name, so a lookup misses the
    /// cache: done for all at once, the misses overlap.
    checksums: Vec<Option<u32>>,
    links: Vec<DeltaLink>,
    /// The kind of the tree's root, if it has one.
    kinds: Vec<Option<ObjectKind>>,
    first_child: Vec<u32>,
    children: Vec<u32>,
    /// Objects that are stored whole, the heaviest trees first.
    pub(super) roots: Vec<(u32, ObjectKind)>,
    /// Entries whose base is not in this pack.
    pub(super) thin: Vec<u32>,
    /// Entries with a malformed header.
    pub(super) broken: Vec<(u32, Damage)>,
    /// Entries whose chain of deltas leads back to themselves.
    pub(super) cyclic: Vec<u32>,
    /// Positions in the index whose offset points to no entry.
    pub(super) outside: Vec<u32>,
}

/// The place of an entry in the forest, by its header.
#[derive(Debug, Clone, Copy)]
pub(super) enum DeltaLink {
    Root(ObjectKind),
    Child(u32),
    Thin,
    Damaged(Damage),
}

impl DeltaForest {
    /// Builds the forest of all entries.
    pub(super) fn build(pack: &Pack) -> Self {
        let offset = |name: u32| pack.index.offset(name as usize).unwrap_or(u64::MAX);
        let entries = (0..index(pack.index.len())).into_par_iter().map(|name| (offset(name), name));
        let content = |offset: u64| pack.header(offset).map(|header| header.content);
        Self::of(pack, (entries.collect(), Vec::new()), &content)
    }

    /// Builds the forest of some entries, by their positions in the index, and of the bases that they need. `None` if the
    /// index gives two of them one place, or one no place.
    pub(super) fn leading_to(pack: &Pack, names: &[u32]) -> Option<Self> {
        let offset = |name: &u32| pack.index.offset(*name as usize).unwrap_or(u64::MAX);
        let mut found: BTreeMap<u64, u32> = names.iter().map(|name| (offset(name), *name)).collect();
        if found.len() < names.len() || found.contains_key(&u64::MAX) {
            return None;
        }
        let mut queue: Vec<u64> = found.keys().copied().collect();
        let mut contents = BTreeMap::new();
        while let Some(offset) = queue.pop() {
            let content = pack.header(offset).map(|header| header.content);
            pack.note_read(offset, 0);
            let base = match &content {
                Ok(EntryContent::OffsetDelta(base)) => Some((*base, NONE)),
                Ok(EntryContent::RefDelta(base)) => {
                    let name = pack.index.find(base);
                    name.and_then(|name| Some((pack.index.offset(name)?, index(name))))
                }
                _ => None,
            };
            contents.insert(offset, content);
            // No honest chain has more entries than the pack.
            if let Some((base, name)) =
                base.filter(|base| !found.contains_key(&base.0) && found.len() < pack.index.len())
            {
                found.insert(base, name);
                queue.push(base);
            }
        }
        let mut entries: Vec<(u64, u32)> = found.into_iter().collect();
        let ends = name_entries(pack, &mut entries);
        let content = |offset: u64| contents.get(&offset).copied().unwrap_or(Err(Damage::Header));
        Some(Self::of(pack, (entries, ends), &content))
    }

    /// `ends` holds the ends of the entries in their order in the file, unless these are all that there are. `content` reads
    /// the header at an offset.
    fn of<C>(pack: &Pack, (entries, ends): (Vec<(u64, u32)>, Vec<u64>), content: &C) -> Self
    where
        C: Fn(u64) -> Result<EntryContent, Damage> + Sync,
    {
        let mut forest = Self::sorted(pack, entries);
        forest.ends = ends;
        let links = forest.read_links(pack, content);
        let is_behind =
            |(at, link): (usize, &DeltaLink)| !matches!(link, DeltaLink::Child(base) if *base as usize >= at);
        let (kinds, weights) = if links.iter().enumerate().all(is_behind) {
            rayon::join(|| forest.lay_out(&links), || weigh(&links, 0..index(links.len()))).1
        } else {
            forest.lay_out(&links);
            weigh(&links, forest.bases_first().into_iter())
        };
        (forest.links, forest.kinds) = (links, kinds);
        forest.put_heaviest_last(&weights);
        if forest.kinds.iter().flatten().count() < forest.len() {
            forest.find_cycles();
        }
        forest
    }

    fn sorted(pack: &Pack, mut entries: Vec<(u64, u32)>) -> Self {
        let mut forest = Self::default();
        let end = pack.bytes().len() as u64;
        entries.par_sort_unstable();
        let outside = entries.split_off(entries.partition_point(|(offset, _)| *offset < end));
        forest.outside = outside.into_iter().map(|(_, name)| name).collect();
        (forest.offsets, forest.names) = entries.into_par_iter().unzip();
        forest.checksums = forest.names.par_iter().map(|name| pack.index.checksum(*name as usize)).collect();
        forest
    }

    fn read_links<C>(&self, pack: &Pack, content: &C) -> Vec<DeltaLink>
    where
        C: Fn(u64) -> Result<EntryContent, Damage> + Sync,
    {
        let offsets = OffsetLookup::new(&self.offsets);
        let link = |at: usize| match content(self.offsets[at]) {
            Ok(EntryContent::Whole(kind)) => DeltaLink::Root(kind),
            Ok(EntryContent::OffsetDelta(base)) => match offsets.find(base) {
                Some(base) => DeltaLink::Child(base),
                None => DeltaLink::Damaged(Damage::Base),
            },
            Ok(EntryContent::RefDelta(base)) => {
                let offset = pack.index.find(&base).and_then(|base| pack.index.offset(base));
                offset.and_then(|offset| offsets.find(offset)).map_or(DeltaLink::Thin, DeltaLink::Child)
            }
            Err(damage) => DeltaLink::Damaged(damage),
        };
        (0..self.offsets.len()).into_par_iter().with_min_len(4096).map(link).collect()
    }

    fn lay_out(&mut self, links: &[DeltaLink]) {
        let count = links.len();
        self.first_child = vec![0; count + 1];
        for (at, link) in links.iter().enumerate() {
            match link {
                DeltaLink::Child(base) => self.first_child[*base as usize + 1] += 1,
                DeltaLink::Root(kind) => self.roots.push((index(at), *kind)),
                DeltaLink::Thin => self.thin.push(index(at)),
                DeltaLink::Damaged(damage) => self.broken.push((index(at), *damage)),
            }
        }
        for at in 0..count {
            self.first_child[at + 1] += self.first_child[at];
        }
        let mut next = self.first_child.clone();
        self.children = vec![0; self.first_child[count] as usize];
        for (at, link) in links.iter().enumerate() {
            if let DeltaLink::Child(base) = link {
                self.children[next[*base as usize] as usize] = index(at);
                next[*base as usize] += 1;
            }
        }
    }

    /// Puts the heaviest child last and the heaviest trees first, by the number of entries in each subtree.
    fn put_heaviest_last(&mut self, weights: &[u32]) {
        for entry in 0..index(self.len()) {
            let children = self.child_range(entry);
            let children = &mut self.children[children];
            let heaviest = (0..children.len()).max_by_key(|at| (weights[children[*at] as usize], *at));
            if let (Some(heaviest), Some(last)) = (heaviest, children.len().checked_sub(1)) {
                children.swap(heaviest, last);
            }
        }
        // Starting with the heavy trees keeps a thread from being left alone with one at the end; the others stay in
        // file order.
        let heavy = u32::try_from(self.len() / 512).unwrap_or(NONE).max(256);
        self.roots.sort_by_key(|(root, _)| {
            let weight = weights[*root as usize];
            std::cmp::Reverse(if weight >= heavy { weight } else { 0 })
        });
    }

    /// Returns the entries that a root leads to, each base before its deltas. Packs nearly always have this order.
    fn bases_first(&self) -> Vec<u32> {
        let mut order: Vec<u32> = self.roots.iter().map(|(root, _)| *root).collect();
        let mut at = 0;
        while let Some(entry) = order.get(at).copied() {
            order.extend_from_slice(self.children(entry));
            at += 1;
        }
        order
    }

    /// Finds the entries that no root, thin or broken entry leads to.
    fn find_cycles(&mut self) {
        if self.links.iter().all(|link| matches!(link, DeltaLink::Root(_))) {
            return;
        }
        let mut seen = vec![false; self.links.len()];
        let mut queue: Vec<u32> = self.roots.iter().map(|root| root.0).chain(self.thin.iter().copied()).collect();
        queue.extend(self.broken.iter().map(|broken| broken.0));
        while let Some(entry) = queue.pop() {
            if !std::mem::replace(&mut seen[entry as usize], true) {
                queue.extend_from_slice(self.children(entry));
            }
        }
        self.cyclic = (0..self.links.len()).filter(|at| !seen[*at]).map(index).collect();
    }

    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Returns the delta base of an entry, if it is in this pack.
    pub(super) fn base(&self, entry: u32) -> Option<u32> {
        match self.links[entry as usize] {
            DeltaLink::Child(base) => Some(base),
            _ => None,
        }
    }

    /// Returns the kind of the root of the entry's tree; unknown for trees without a root.
    pub(super) fn kind(&self, entry: u32) -> Option<ObjectKind> {
        self.kinds[entry as usize]
    }

    fn child_range(&self, entry: u32) -> std::ops::Range<usize> {
        let at = entry as usize;
        self.first_child[at] as usize..self.first_child[at + 1] as usize
    }

    /// Returns the deltas against an entry, the heaviest last.
    pub(super) fn children(&self, entry: u32) -> &[u32] {
        &self.children[self.child_range(entry)]
    }

    /// Returns the position of an entry in the pack's index.
    pub(super) fn name(&self, entry: u32) -> usize {
        self.names[entry as usize] as usize
    }

    /// As [`DeltaForest::name`], as stored.
    pub(super) fn name_u32(&self, entry: u32) -> u32 {
        self.names[entry as usize]
    }

    pub(super) fn oid(&self, pack: &Pack, entry: u32) -> Option<Oid> {
        pack.index.oid(self.name(entry))
    }

    pub(super) fn checksum(&self, entry: u32) -> Option<u32> {
        self.checksums[entry as usize]
    }

    pub(super) fn offset(&self, entry: u32) -> u64 {
        self.offsets[entry as usize]
    }

    /// Returns the offset of the next entry, or of the pack's checksum.
    pub(super) fn end(&self, pack: &Pack, entry: u32) -> u64 {
        let next =
            if self.ends.is_empty() { self.offsets.get(entry as usize + 1) } else { self.ends.get(entry as usize) };
        next.copied().unwrap_or_else(|| pack.end())
    }
}

/// Names a few entries by the pack's reverse index, if it has one that knows them all.
fn name_few(pack: &Pack, entries: &mut [(u64, u32)]) -> Option<Vec<u64>> {
    let found: Option<Vec<(u32, u64)>> = entries.iter().map(|entry| pack.entry_at(entry.0)).collect();
    let name = |(entry, (name, end)): (&mut (u64, u32), (u32, u64))| {
        if entry.1 == NONE {
            entry.1 = name;
        }
        end
    };
    Some(entries.iter_mut().zip(found?).map(name).collect())
}

/// Names the entries of these ascending offsets that have no name yet; those that the index does not have are dropped.
/// Returns where each of them ends.
fn name_entries(pack: &Pack, entries: &mut Vec<(u64, u32)>) -> Vec<u64> {
    if entries.len() * FEW_NAMES < pack.index.len()
        && let Some(ends) = name_few(pack, entries)
    {
        return ends;
    }
    let last = pack.end();
    let named: Vec<(AtomicU32, AtomicU64)> =
        entries.iter().map(|entry| (AtomicU32::new(entry.1), AtomicU64::new(last))).collect();
    (0..index(pack.index.len())).into_par_iter().with_min_len(4096).for_each(|name| {
        let Some(offset) = pack.index.offset(name as usize) else { return };
        let behind = entries.partition_point(|entry| entry.0 < offset);
        if let Some(at) = behind.checked_sub(1) {
            named[at].1.fetch_min(offset, Relaxed);
        }
        if entries.get(behind).is_some_and(|entry| entry.0 == offset) {
            let _ = named[behind].0.compare_exchange(NONE, name, Relaxed, Relaxed);
        }
    });
    let named =
        entries.drain(..).zip(named).map(|((offset, _), (name, end))| (offset, name.into_inner(), end.into_inner()));
    let named: Vec<(u64, u32, u64)> = named.filter(|entry| entry.1 != NONE).collect();
    entries.extend(named.iter().map(|(offset, name, _)| (*offset, *name)));
    named.into_iter().map(|entry| entry.2).collect()
}

/// Describes a pack with bytes before the first entry that its index names.
pub(super) fn gap(pack: &Pack) -> Option<String> {
    let size = pack.bytes().len() as u64;
    let offsets = (0..pack.index.len()).filter_map(|name| pack.index.offset(name)).filter(|offset| *offset < size);
    let first = offsets.min().unwrap_or_else(|| pack.end());
    (first > HEADER_LEN as u64).then(|| pack.complaint("index names no entry at its beginning"))
}

/// Computes the kind and the weight of each entry: the kind of its root, and the number of entries in its subtree.
/// `order` has each base before its deltas.
fn weigh(
    links: &[DeltaLink],
    order: impl DoubleEndedIterator<Item = u32> + Clone,
) -> (Vec<Option<ObjectKind>>, Vec<u32>) {
    let mut kinds = vec![None; links.len()];
    for entry in order.clone() {
        kinds[entry as usize] = match links[entry as usize] {
            DeltaLink::Root(kind) => Some(kind),
            DeltaLink::Child(base) => kinds[base as usize],
            DeltaLink::Thin | DeltaLink::Damaged(_) => None,
        };
    }
    let mut weights = vec![1_u32; links.len()];
    for entry in order.rev() {
        if let DeltaLink::Child(base) = links[entry as usize] {
            weights[base as usize] = weights[base as usize].saturating_add(weights[entry as usize]);
        }
    }
    (kinds, weights)
}

/// Converts an entry's number, or its position in the index. A pack has at most 2³² of either.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

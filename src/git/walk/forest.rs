//! The deltas of a pack as a forest: who is made from whom, laid out in a few arrays.
//!
//! Read once from the entries' headers, in parallel and in the order of the file, for any number of walks; what one of
//! them goes through is a [`super::choice::Choice`]. The heaviest child of each entry comes last, which keeps few texts
//! in memory at a time: whoever turns to the last child needs its parent no more.

use rayon::prelude::*;

use super::super::object::{Damage, Kind};
use super::super::oid::Oid;
use super::super::pack::Pack;
use super::super::pack::entry::Content;
use super::offsets::Offsets;

const NONE: u32 = u32::MAX;

/// All deltas of a pack.
#[derive(Debug, Default)]
pub(super) struct Forest {
    /// Offsets of all entries, ascending.
    offsets: Vec<u64>,
    /// For each, its place in the pack's index.
    names: Vec<u32>,
    /// For each, the checksum of its stored bytes, unless the index has none. They lie in the index by name, so that to
    /// look one up is to wait for memory: done for all at once, the waits overlap.
    checksums: Vec<Option<u32>>,
    /// For each, who it is made from.
    links: Vec<Link>,
    /// For each, its kind, where its tree has a root.
    kinds: Vec<Option<Kind>>,
    first_child: Vec<u32>,
    children: Vec<u32>,
    /// Whole objects, the heaviest trees first.
    pub(super) roots: Vec<(u32, Kind)>,
    /// Entries whose base is not in this pack.
    pub(super) thin: Vec<u32>,
    /// Entries whose header makes no sense.
    pub(super) broken: Vec<(u32, Damage)>,
    /// Entries that are made from themselves in the end.
    pub(super) cyclic: Vec<u32>,
    /// Places in the index that point to no entry.
    pub(super) outside: Vec<u32>,
}

/// What the header of an entry says about its place in the forest.
#[derive(Debug, Clone, Copy)]
pub(super) enum Link {
    Root(Kind),
    Child(u32),
    Thin,
    Damaged(Damage),
}

impl Forest {
    /// Reads the headers of a pack.
    pub(super) fn build(pack: &Pack) -> Self {
        let mut forest = Self::sorted(pack);
        let links = forest.read_links(pack);
        let is_behind = |(at, link): (usize, &Link)| !matches!(link, Link::Child(base) if *base as usize >= at);
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

    fn sorted(pack: &Pack) -> Self {
        let mut forest = Self::default();
        let end = pack.bytes().len() as u64;
        let offset = |name| pack.index.offset(name).filter(|offset| *offset < end);
        let entries = (0..pack.index.len()).into_par_iter().map(|name| (offset(name).unwrap_or(u64::MAX), index(name)));
        let mut entries: Vec<(u64, u32)> = entries.collect();
        entries.par_sort_unstable();
        let outside = entries.split_off(entries.partition_point(|(offset, _)| *offset < end));
        forest.outside = outside.into_iter().map(|(_, name)| name).collect();
        (forest.offsets, forest.names) = entries.into_par_iter().unzip();
        forest.checksums = forest.names.par_iter().map(|name| pack.index.checksum(*name as usize)).collect();
        forest
    }

    fn read_links(&self, pack: &Pack) -> Vec<Link> {
        let offsets = Offsets::new(&self.offsets);
        let link = |at: usize| match pack.header(self.offsets[at]).map(|header| header.content) {
            Ok(Content::Whole(kind)) => Link::Root(kind),
            Ok(Content::OffsetDelta(base)) => match offsets.find(base) {
                Some(base) => Link::Child(base),
                None => Link::Damaged(Damage::Base),
            },
            Ok(Content::NameDelta(base)) => {
                let offset = pack.index.find(&base).and_then(|base| pack.index.offset(base));
                offset.and_then(|offset| offsets.find(offset)).map_or(Link::Thin, Link::Child)
            }
            Err(damage) => Link::Damaged(damage),
        };
        (0..self.offsets.len()).into_par_iter().with_min_len(4096).map(link).collect()
    }

    fn lay_out(&mut self, links: &[Link]) {
        let count = links.len();
        self.first_child = vec![0; count + 1];
        for (at, link) in links.iter().enumerate() {
            match link {
                Link::Child(base) => self.first_child[*base as usize + 1] += 1,
                Link::Root(kind) => self.roots.push((index(at), *kind)),
                Link::Thin => self.thin.push(index(at)),
                Link::Damaged(damage) => self.broken.push((index(at), *damage)),
            }
        }
        for at in 0..count {
            self.first_child[at + 1] += self.first_child[at];
        }
        let mut next = self.first_child.clone();
        self.children = vec![0; self.first_child[count] as usize];
        for (at, link) in links.iter().enumerate() {
            if let Link::Child(base) = link {
                self.children[next[*base as usize] as usize] = index(at);
                next[*base as usize] += 1;
            }
        }
    }

    /// Orders each entry's children, and the trees, given how many entries there are in the tree below each.
    fn put_heaviest_last(&mut self, weights: &[u32]) {
        for entry in 0..index(self.len()) {
            let children = self.child_range(entry);
            let children = &mut self.children[children];
            let heaviest = (0..children.len()).max_by_key(|at| (weights[children[*at] as usize], *at));
            if let (Some(heaviest), Some(last)) = (heaviest, children.len().checked_sub(1)) {
                children.swap(heaviest, last);
            }
        }
        // The heaviest trees first, so that no thread is left alone with one at the end; the others as they lie.
        let heavy = u32::try_from(self.len() / 512).unwrap_or(NONE).max(256);
        self.roots.sort_by_key(|(root, _)| {
            let weight = weights[*root as usize];
            std::cmp::Reverse(if weight >= heavy { weight } else { 0 })
        });
    }

    /// Entries that a root leads to, each base in front of what is made from it. Nearly always they lie so in the pack.
    fn bases_first(&self) -> Vec<u32> {
        let mut order: Vec<u32> = self.roots.iter().map(|(root, _)| *root).collect();
        let mut at = 0;
        while let Some(entry) = order.get(at).copied() {
            order.extend_from_slice(self.children(entry));
            at += 1;
        }
        order
    }

    /// Whatever no root leads to is made from itself.
    fn find_cycles(&mut self) {
        if self.links.iter().all(|link| matches!(link, Link::Root(_))) {
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

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.offsets.len()
    }

    /// Who an entry is made from, if it is made from one of this pack.
    pub(super) fn base(&self, entry: u32) -> Option<u32> {
        match self.links[entry as usize] {
            Link::Child(base) => Some(base),
            _ => None,
        }
    }

    /// The kind of an entry, which is that of the root of its tree; unknown for trees without one.
    pub(super) fn kind(&self, entry: u32) -> Option<Kind> {
        self.kinds[entry as usize]
    }

    fn child_range(&self, entry: u32) -> std::ops::Range<usize> {
        let at = entry as usize;
        self.first_child[at] as usize..self.first_child[at + 1] as usize
    }

    /// What is made from an entry, the heaviest last.
    pub(super) fn children(&self, entry: u32) -> &[u32] {
        &self.children[self.child_range(entry)]
    }

    /// Where an entry stands in the pack's index.
    pub(super) fn name(&self, entry: u32) -> usize {
        self.names[entry as usize] as usize
    }

    /// As [`Forest::name`], as it is stored.
    pub(super) fn name_number(&self, entry: u32) -> u32 {
        self.names[entry as usize]
    }

    pub(super) fn oid(&self, pack: &Pack, entry: u32) -> Option<Oid> {
        pack.index.oid(self.name(entry))
    }

    /// The checksum of its stored bytes, if the index has any.
    pub(super) fn checksum(&self, entry: u32) -> Option<u32> {
        self.checksums[entry as usize]
    }

    pub(super) fn offset(&self, entry: u32) -> u64 {
        self.offsets[entry as usize]
    }

    /// Where the next entry begins, or where the pack's checksum does.
    pub(super) fn end(&self, pack: &Pack, entry: u32) -> u64 {
        let last = (pack.bytes().len() - pack.format.raw_len().min(pack.bytes().len())) as u64;
        self.offsets.get(entry as usize + 1).copied().unwrap_or(last)
    }
}

/// Passes the kind of each root on to its tree, and weighs every tree from its leaves. `order` has each base in front of
/// what is made from it.
fn weigh(links: &[Link], order: impl DoubleEndedIterator<Item = u32> + Clone) -> (Vec<Option<Kind>>, Vec<u32>) {
    let mut kinds = vec![None; links.len()];
    for entry in order.clone() {
        kinds[entry as usize] = match links[entry as usize] {
            Link::Root(kind) => Some(kind),
            Link::Child(base) => kinds[base as usize],
            Link::Thin | Link::Damaged(_) => None,
        };
    }
    let mut weights = vec![1_u32; links.len()];
    for entry in order.rev() {
        if let Link::Child(base) = links[entry as usize] {
            weights[base as usize] = weights[base as usize].saturating_add(weights[entry as usize]);
        }
    }
    (kinds, weights)
}

/// An entry's number, or a name's place in the index. A pack has at most 2³² of either.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

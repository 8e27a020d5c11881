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

const NONE: u32 = u32::MAX;

/// All deltas of a pack.
#[derive(Debug, Default)]
pub(super) struct Forest {
    /// Offsets of all entries, ascending.
    offsets: Vec<u64>,
    /// For each, its place in the pack's index.
    names: Vec<u32>,
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
        forest.links = forest.read_links(pack);
        forest.lay_out();
        if forest.put_heaviest_last() < forest.len() {
            forest.find_cycles();
        }
        forest
    }

    fn sorted(pack: &Pack) -> Self {
        let mut forest = Self::default();
        let end = pack.bytes().len() as u64;
        let mut entries: Vec<(u64, u32)> = Vec::with_capacity(pack.index.len());
        for name in 0..pack.index.len() {
            let at = index(name);
            match pack.index.offset(name) {
                Some(offset) if offset < end => entries.push((offset, at)),
                _ => forest.outside.push(at),
            }
        }
        entries.par_sort_unstable();
        (forest.offsets, forest.names) = entries.into_iter().unzip();
        forest
    }

    fn read_links(&self, pack: &Pack) -> Vec<Link> {
        let link = |at: usize| match pack.header(self.offsets[at]).map(|header| header.content) {
            Ok(Content::Whole(kind)) => Link::Root(kind),
            Ok(Content::OffsetDelta(base)) => match self.find_before(at, base) {
                Some(base) => Link::Child(base),
                None => Link::Damaged(Damage::Base),
            },
            Ok(Content::NameDelta(base)) => {
                let offset = pack.index.find(&base).and_then(|base| pack.index.offset(base));
                match offset.map(|offset| self.offsets.binary_search(&offset)) {
                    Some(Ok(base)) => u32::try_from(base).map_or(Link::Thin, Link::Child),
                    _ => Link::Thin,
                }
            }
            Err(damage) => Link::Damaged(damage),
        };
        (0..self.offsets.len()).into_par_iter().with_min_len(4096).map(link).collect()
    }

    /// The entry at this offset, looked for from `at` backwards: bases are rarely far.
    fn find_before(&self, at: usize, offset: u64) -> Option<u32> {
        let mut step = 8;
        let mut low = at.saturating_sub(step);
        while low > 0 && self.offsets[low] > offset {
            step *= 4;
            low = at.saturating_sub(step);
        }
        let found = self.offsets[low..at].binary_search(&offset).ok()?;
        u32::try_from(low + found).ok()
    }

    fn lay_out(&mut self) {
        let count = self.links.len();
        self.first_child = vec![0; count + 1];
        for (at, link) in self.links.iter().enumerate() {
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
        for (at, link) in self.links.iter().enumerate() {
            if let Link::Child(base) = link {
                self.children[next[*base as usize] as usize] = index(at);
                next[*base as usize] += 1;
            }
        }
    }

    /// Weighs every tree from its leaves, orders each entry's children, and passes the kind of the root on. Tells how
    /// many entries a root leads to.
    fn put_heaviest_last(&mut self) -> usize {
        let order = self.bases_first();
        self.kinds = vec![None; self.len()];
        for entry in &order {
            self.kinds[*entry as usize] = match self.links[*entry as usize] {
                Link::Root(kind) => Some(kind),
                Link::Child(base) => self.kinds[base as usize],
                Link::Thin | Link::Damaged(_) => None,
            };
        }
        let mut weight = vec![1_u32; self.len()];
        for entry in order.iter().rev() {
            if let Link::Child(base) = self.links[*entry as usize] {
                weight[base as usize] = weight[base as usize].saturating_add(weight[*entry as usize]);
            }
        }
        for entry in &order {
            let children = self.child_range(*entry);
            let children = &mut self.children[children];
            let heaviest = (0..children.len()).max_by_key(|at| (weight[children[*at] as usize], *at));
            if let (Some(heaviest), Some(last)) = (heaviest, children.len().checked_sub(1)) {
                children.swap(heaviest, last);
            }
        }
        // The heaviest trees first, so that no thread is left alone with one at the end; the others as they lie.
        let heavy = u32::try_from(self.len() / 512).unwrap_or(NONE).max(256);
        self.roots.sort_by_key(|(root, _)| {
            let weight = weight[*root as usize];
            std::cmp::Reverse(if weight >= heavy { weight } else { 0 })
        });
        self.kinds.iter().flatten().count()
    }

    /// Entries in an order in which each base is in front of what is made from it: that in which they lie, nearly
    /// always. Otherwise those that a root leads to.
    fn bases_first(&self) -> Vec<u32> {
        let is_behind = |(at, link): (usize, &Link)| !matches!(link, Link::Child(base) if *base as usize >= at);
        if self.links.iter().enumerate().all(is_behind) {
            return (0..self.len()).map(index).collect();
        }
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

    pub(super) fn offset(&self, entry: u32) -> u64 {
        self.offsets[entry as usize]
    }

    /// Where the next entry begins, or where the pack's checksum does.
    pub(super) fn end(&self, pack: &Pack, entry: u32) -> u64 {
        let last = (pack.bytes().len() - pack.format.raw_len().min(pack.bytes().len())) as u64;
        self.offsets.get(entry as usize + 1).copied().unwrap_or(last)
    }
}

/// An entry's number, or a name's place in the index. A pack has at most 2³² of either.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

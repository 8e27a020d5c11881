//! The deltas of a pack as a forest: who is made from whom, laid out in a few arrays.
//!
//! Read once from the entries' headers, in parallel and in the order of the file. The heaviest child of each entry
//! comes last, which keeps few texts in memory at a time: whoever turns to the last child needs its parent no more.

use rayon::prelude::*;

use super::super::object::{Damage, Kind};
use super::super::oid::Oid;
use super::super::pack::Pack;
use super::super::pack::entry::Content;

const NONE: u32 = u32::MAX;

/// The part of a pack's deltas that has to be walked.
#[derive(Debug, Default)]
pub(super) struct Forest {
    /// Offsets of all entries, ascending.
    offsets: Vec<u64>,
    /// For each, its place in the pack's index.
    names: Vec<u32>,
    /// Whether somebody wants to see it, one bit each.
    visit: Vec<u64>,
    first_child: Vec<u32>,
    children: Vec<u32>,
    /// Whole objects that somebody wants to see or that others are made from.
    pub(super) roots: Vec<(u32, Kind)>,
    /// Entries whose base is not in this pack.
    pub(super) thin: Vec<u32>,
    /// Names (places in the index) that cannot be read, and why.
    pub(super) damaged: Vec<(u32, Damage)>,
}

/// What the header of an entry says about its place in the forest.
#[derive(Debug, Clone, Copy)]
enum Link {
    Root(Kind),
    Child(u32),
    Thin,
    Damaged(Damage),
}

impl Forest {
    /// Reads the headers of a pack. `wanted` says by its place in the index whether an object is to be visited, `kinds`
    /// which kinds are.
    pub(super) fn build(pack: &Pack, kinds: &[Kind], wanted: &(dyn Fn(usize) -> bool + Sync)) -> Self {
        let mut forest = Self::sorted(pack);
        let links = forest.links(pack);
        let visited = forest.choose(&links, kinds, wanted);
        forest.lay_out(&links, &visited);
        forest
    }

    fn sorted(pack: &Pack) -> Self {
        let mut forest = Self::default();
        let end = pack.bytes().len() as u64;
        let mut entries: Vec<(u64, u32)> = Vec::with_capacity(pack.index.len());
        for name in 0..pack.index.len() {
            let at = u32::try_from(name).unwrap_or(NONE);
            match pack.index.offset(name) {
                Some(offset) if offset < end => entries.push((offset, at)),
                _ => forest.damaged.push((at, Damage::Outside)),
            }
        }
        entries.par_sort_unstable();
        (forest.offsets, forest.names) = entries.into_iter().unzip();
        forest
    }

    fn links(&self, pack: &Pack) -> Vec<Link> {
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

    /// Which entries are walked: those to be visited, and all that they are made from.
    fn choose(&mut self, links: &[Link], kinds: &[Kind], wanted: &(dyn Fn(usize) -> bool + Sync)) -> Vec<bool> {
        let mut reached = vec![false; links.len()];
        self.visit = vec![0; links.len().div_ceil(64)];
        for (start, kind) in kinds_of_trees(links).into_iter().enumerate() {
            let of_kind = kind.is_none_or(|kind| kinds.contains(&kind));
            if !of_kind || !wanted(self.names[start] as usize) {
                continue;
            }
            self.visit[start / 64] |= 1 << (start % 64);
            let mut at = start;
            while !std::mem::replace(&mut reached[at], true) {
                match links[at] {
                    Link::Child(base) => at = base as usize,
                    _ => break,
                }
            }
        }
        reached
    }

    fn lay_out(&mut self, links: &[Link], reached: &[bool]) {
        let count = links.len();
        self.first_child = vec![0; count + 1];
        let edges = || links.iter().zip(reached).enumerate().filter(|(_, (_, reached))| **reached);
        for (at, (link, _)) in edges() {
            let index = u32::try_from(at).unwrap_or(NONE);
            match link {
                Link::Child(base) => self.first_child[*base as usize + 1] += 1,
                Link::Root(kind) => self.roots.push((index, *kind)),
                Link::Thin => self.thin.push(index),
                Link::Damaged(_) => {}
            }
        }
        for at in 0..count {
            self.first_child[at + 1] += self.first_child[at];
        }
        let mut next = self.first_child.clone();
        self.children = vec![0; self.first_child[count] as usize];
        for (at, (link, _)) in edges() {
            if let Link::Child(base) = link {
                self.children[next[*base as usize] as usize] = u32::try_from(at).unwrap_or(NONE);
                next[*base as usize] += 1;
            }
        }
        self.put_heaviest_last();
        for (at, (link, _)) in edges() {
            if let Link::Damaged(damage) = link {
                self.fail(u32::try_from(at).unwrap_or(NONE), *damage);
            }
        }
        self.report_cycles(links, reached);
    }

    /// Weighs every tree, root by root, and orders each entry's children. Each entry is touched a few times.
    fn put_heaviest_last(&mut self) {
        let mut weight = vec![1_u32; self.offsets.len()];
        let starts: Vec<u32> = self.roots.iter().map(|root| root.0).chain(self.thin.iter().copied()).collect();
        let mut order = Vec::new();
        for start in starts {
            order.clear();
            order.push(start);
            let mut at = 0;
            while let Some(entry) = order.get(at).copied() {
                order.extend_from_slice(self.children(entry));
                at += 1;
            }
            for entry in order.iter().rev() {
                let range = self.child_range(*entry);
                let children = &mut self.children[range];
                weight[*entry as usize] = children.iter().map(|child| weight[*child as usize]).sum::<u32>() + 1;
                if let Some(heaviest) = (0..children.len()).max_by_key(|at| (weight[children[*at] as usize], *at)) {
                    let last = children.len() - 1;
                    children.swap(heaviest, last);
                }
            }
        }
        // The heaviest trees first, so that no thread is left alone with one at the end; the others as they lie.
        let heavy = u32::try_from(self.offsets.len() / 512).unwrap_or(NONE).max(256);
        self.roots.sort_by_key(|(root, _)| {
            let weight = weight[*root as usize];
            std::cmp::Reverse(if weight >= heavy { weight } else { 0 })
        });
    }

    /// Whatever no root leads to is made from itself.
    fn report_cycles(&mut self, links: &[Link], reached: &[bool]) {
        if links.iter().all(|link| matches!(link, Link::Root(_))) {
            return;
        }
        let mut seen = vec![false; links.len()];
        let damaged = links.iter().enumerate().filter(|(_, link)| matches!(link, Link::Damaged(_)));
        let mut queue: Vec<u32> = self.roots.iter().map(|root| root.0).chain(self.thin.iter().copied()).collect();
        queue.extend(damaged.map(|(at, _)| u32::try_from(at).unwrap_or(NONE)));
        while let Some(entry) = queue.pop() {
            if !std::mem::replace(&mut seen[entry as usize], true) {
                queue.extend_from_slice(self.children(entry));
            }
        }
        for at in (0..links.len()).filter(|at| reached[*at] && !seen[*at]) {
            if self.is_visited(at) {
                self.damaged.push((self.names[at], Damage::Cycle));
            }
        }
    }

    /// Notes that an entry cannot be read, nor anything that is made from it.
    fn fail(&mut self, entry: u32, damage: Damage) {
        let mut lost = Vec::new();
        self.lost_with(entry, &mut lost);
        for (at, entry) in lost.into_iter().enumerate() {
            let damage = if at == 0 { damage } else { Damage::Base };
            self.damaged.push((self.names[entry as usize], damage));
        }
    }

    /// Adds the entry and all that is made from it to `lost`, if somebody wants to see it; itself in any case.
    pub(super) fn lost_with(&self, entry: u32, lost: &mut Vec<u32>) {
        let mut queue = vec![entry];
        while let Some(at) = queue.pop() {
            if at == entry || self.is_visited(at as usize) {
                lost.push(at);
            }
            queue.extend_from_slice(self.children(at));
        }
    }

    fn child_range(&self, entry: u32) -> std::ops::Range<usize> {
        let at = entry as usize;
        self.first_child[at] as usize..self.first_child[at + 1] as usize
    }

    /// What is made from an entry, the heaviest last.
    pub(super) fn children(&self, entry: u32) -> &[u32] {
        &self.children[self.child_range(entry)]
    }

    /// Whether somebody wants to see the entry.
    pub(super) fn is_visited(&self, at: usize) -> bool {
        self.visit[at / 64] & (1 << (at % 64)) != 0
    }

    /// How many entries somebody wants to see.
    pub(super) fn visits(&self) -> u64 {
        self.visit.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Where an entry stands in the pack's index.
    pub(super) fn name(&self, entry: u32) -> usize {
        self.names[entry as usize] as usize
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

/// The kind of each entry, which is that of the root of its tree; unknown for trees without one.
fn kinds_of_trees(links: &[Link]) -> Vec<Option<Kind>> {
    let mut kinds: Vec<Option<Kind>> = vec![None; links.len()];
    let mut known = vec![false; links.len()];
    let mut path = Vec::new();
    for start in 0..links.len() {
        let (mut at, mut kind) = (start, None);
        while !std::mem::replace(&mut known[at], true) {
            path.push(at);
            match links[at] {
                Link::Child(base) => at = base as usize,
                Link::Root(root) => kind = Some(root),
                Link::Thin | Link::Damaged(_) => {}
            }
        }
        let kind = kind.or(kinds[at]);
        path.drain(..).for_each(|at| kinds[at] = kind);
    }
    kinds
}

//! The graph of all commits in a store, reachable or not.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;

use rayon::prelude::*;

use super::edges::TreeEdges;
use super::flags;
use super::prefixes::{PrefixTable, oid_prefix};
use crate::git::refs::Refs;
use crate::git::{Commit, Oid};
use crate::source::fields::{FieldReader, FieldWriter};

#[derive(Debug, Clone)]
pub(super) struct CommitNode {
    pub(super) oid: Oid,
    /// Prefix of the name of its tree.
    pub(super) tree: u64,
    /// Committer date in seconds.
    pub(super) time: i64,
    /// Range of its parents in the list of all.
    parents: Range<u32>,
}

/// The commits, sorted by name.
#[derive(Debug, Default)]
pub(super) struct CommitGraph {
    pub(super) commits: Vec<CommitNode>,
    /// The names of the commits, in the same order.
    names: PrefixTable,
    /// Positions of the parents that exist, commit by commit.
    parents: Vec<u32>,
    /// Ends of the parents of each commit.
    ends: Vec<u32>,
    /// Positions in topological order: ancestors first, then by date.
    pub(super) order: Vec<u32>,
    /// Tags with their targets, those first that are targets of others.
    pub(super) tags: Vec<(Oid, Oid)>,
}

/// Commits, tags and tree edges of a store, gathered by the walk over them.
#[derive(Debug, Default)]
pub(crate) struct GatheredObjects {
    commits: Vec<CommitNode>,
    /// One list for all commits: freeing one for each, in another thread, is slow.
    parents: Vec<Oid>,
    tags: Vec<(Oid, Oid)>,
    edges: TreeEdges,
}

impl GatheredObjects {
    pub(crate) fn commit(&mut self, oid: Oid, commit: Commit<'_>) {
        let first = self.parents.len();
        self.parents.extend(commit.parents);
        let parents = number(first)..number(self.parents.len());
        self.commits.push(CommitNode { oid, tree: oid_prefix(&commit.tree), time: commit.time, parents });
    }

    pub(crate) fn tag(&mut self, oid: Oid, target: Oid) {
        self.tags.push((oid, target));
    }

    pub(crate) fn edges(&mut self, edges: TreeEdges) {
        self.edges.merge(edges);
    }

    pub(crate) fn merge(&mut self, mut other: Self) {
        let before = number(self.parents.len());
        self.parents.append(&mut other.parents);
        self.commits.extend(other.commits.into_iter().map(|commit| {
            let parents = commit.parents.start.saturating_add(before)..commit.parents.end.saturating_add(before);
            CommitNode { parents, ..commit }
        }));
        self.tags.append(&mut other.tags);
        self.edges.merge(other.edges);
    }

    /// Writes commits and tags.
    pub(super) fn write(&self, out: &mut FieldWriter<'_>) {
        out.count(self.commits.len());
        for commit in &self.commits {
            out.raw(commit.oid.as_bytes());
            out.u64(commit.tree);
            out.u64(commit.time.cast_unsigned());
            let parents = self.parents.get(commit.parents.start as usize..commit.parents.end as usize);
            out.oids(parents.unwrap_or_default().iter());
        }
        out.count(self.tags.len());
        self.tags.iter().for_each(|(tag, target)| {
            out.raw(tag.as_bytes());
            out.raw(target.as_bytes());
        });
    }

    /// Reads what [`Self::write`] wrote.
    pub(super) fn read(fields: &mut FieldReader<'_>) -> Option<Self> {
        let mut gathered = Self::default();
        for _ in 0..fields.count(40)? {
            let (oid, tree, time) = (fields.oid()?, fields.u64()?, fields.u64()?.cast_signed());
            let first = number(gathered.parents.len());
            for _ in 0..fields.count(20)? {
                gathered.parents.push(fields.oid()?);
            }
            gathered.commits.push(CommitNode { oid, tree, time, parents: first..number(gathered.parents.len()) });
        }
        for _ in 0..fields.count(40)? {
            gathered.tags.push((fields.oid()?, fields.oid()?));
        }
        Some(gathered)
    }

    pub(super) fn take_edges(&mut self) -> TreeEdges {
        std::mem::take(&mut self.edges)
    }

    /// Builds the graph.
    pub(super) fn into_graph(mut self) -> CommitGraph {
        // Names differ within their first bytes, unless somebody made them collide.
        let order = |a: &CommitNode, b: &CommitNode| {
            oid_prefix(&a.oid).cmp(&oid_prefix(&b.oid)).then_with(|| a.oid.cmp(&b.oid))
        };
        self.commits.par_sort_unstable_by(order);
        self.commits.dedup_by_key(|commit| commit.oid);
        let names = PrefixTable::new(self.commits.iter().map(|commit| oid_prefix(&commit.oid)).collect());
        let tags = sorted_tags(self.tags);
        let mut graph = CommitGraph { commits: self.commits, names, tags, ..CommitGraph::default() };
        let found: Vec<Option<u32>> = self.parents.par_iter().map(|parent| graph.find(parent)).collect();
        for commit in &graph.commits {
            let parents = found.get(commit.parents.start as usize..commit.parents.end as usize).unwrap_or_default();
            graph.parents.extend(parents.iter().flatten());
            graph.ends.push(number(graph.parents.len()));
        }
        graph.sort();
        graph
    }
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Sorts tags: targets first, except for one that tags itself, which no hash allows.
fn sorted_tags(mut tags: Vec<(Oid, Oid)>) -> Vec<(Oid, Oid)> {
    tags.sort_unstable();
    tags.dedup_by_key(|tag| tag.0);
    let mut is_open = vec![true; tags.len()];
    let mut order = Vec::with_capacity(tags.len());
    for start in 0..tags.len() {
        let (first, mut next) = (order.len(), Some(start));
        while let Some(at) = next.filter(|at| std::mem::take(&mut is_open[*at])) {
            order.push(tags[at]);
            next = tags.binary_search_by_key(&tags[at].1, |tag| tag.0).ok();
        }
        order[first..].reverse();
    }
    order
}

impl CommitGraph {
    pub(super) fn find(&self, oid: &Oid) -> Option<u32> {
        let at = self.names.find(oid_prefix(oid))?;
        let found = self.commits[at..].iter().position(|commit| commit.oid >= *oid)? + at;
        u32::try_from(found).ok().filter(|_| self.commits[found].oid == *oid)
    }

    /// Returns the positions of the parents that exist.
    pub(super) fn parents(&self, at: u32) -> &[u32] {
        let begin = (at as usize).checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.parents[begin..self.ends[at as usize] as usize]
    }

    /// Sorts the commits topologically: ancestors first, then by date, then by name.
    fn sort(&mut self) {
        let count = number(self.commits.len());
        let children = CommitChildren::of(self, count);
        let mut missing: Vec<usize> = (0..count).map(|at| self.parents(at).len()).collect();
        let free = |at: u32| Reverse((self.commits[at as usize].time, at));
        let mut heap: BinaryHeap<_> = (0..count).filter(|at| missing[*at as usize] == 0).map(free).collect();
        let mut order = Vec::with_capacity(self.commits.len());
        while let Some(Reverse((_, at))) = heap.pop() {
            order.push(at);
            for child in children.of_commit(at) {
                missing[*child as usize] -= 1;
                if missing[*child as usize] == 0 {
                    heap.push(free(*child));
                }
            }
        }
        self.order = order;
    }

    /// Computes what reaches each commit.
    pub(super) fn reach(&self, refs: &Refs) -> Reachability {
        let mut reached = Reachability { commits: vec![0; self.commits.len()], others: HashMap::new() };
        let named = refs.refs.iter().map(|(name, oid)| {
            let bit = match name {
                _ if name.starts_with(b"refs/notes/") => flags::NOTE,
                _ if name == b"refs/stash" => flags::STASH,
                _ => flags::REF,
            };
            (*oid, bit)
        });
        let heads = refs.head.iter().chain(&refs.worktree_heads).map(|oid| (*oid, flags::REF));
        let stashes = refs.stashes.iter().map(|oid| (*oid, flags::STASH));
        let logged = refs.logged.iter().map(|oid| (*oid, flags::LOG));
        for (oid, bit) in named.chain(heads).chain(stashes).chain(logged) {
            *reached.others.entry(oid).or_default() |= bit;
        }
        for (tag, target) in self.tags.iter().rev() {
            if let Some(bits) = reached.others.get(tag).copied() {
                *reached.others.entry(*target).or_default() |= bits;
            }
        }
        for (oid, bits) in &reached.others {
            if let Some(tip) = self.find(oid) {
                reached.commits[tip as usize] |= bits;
            }
        }
        for at in self.order.iter().rev() {
            let bits = reached.commits[*at as usize];
            for parent in self.parents(*at) {
                reached.commits[*parent as usize] |= bits;
            }
        }
        reached
    }

    /// Marks the given commit and its ancestors.
    pub(super) fn ancestry(&self, tip: Option<u32>) -> Vec<bool> {
        let mut inside = vec![false; self.commits.len()];
        let mut queue: Vec<u32> = tip.into_iter().collect();
        while let Some(at) = queue.pop() {
            if !std::mem::replace(&mut inside[at as usize], true) {
                queue.extend_from_slice(self.parents(at));
            }
        }
        inside
    }
}

/// The children of all commits, commit by commit.
struct CommitChildren {
    all: Vec<u32>,
    /// Start of the children of each commit, and the end of the last.
    begins: Vec<u32>,
}

impl CommitChildren {
    fn of(graph: &CommitGraph, count: u32) -> Self {
        let mut begins = vec![0; graph.commits.len() + 1];
        graph.parents.iter().for_each(|parent| begins[*parent as usize + 1] += 1);
        for at in 0..graph.commits.len() {
            begins[at + 1] += begins[at];
        }
        let (mut next, mut all) = (begins.clone(), vec![0; graph.parents.len()]);
        for at in 0..count {
            for parent in graph.parents(at) {
                let place = &mut next[*parent as usize];
                all[*place as usize] = at;
                *place += 1;
            }
        }
        Self { all, begins }
    }

    fn of_commit(&self, at: u32) -> &[u32] {
        let at = at as usize;
        &self.all[self.begins[at] as usize..self.begins[at + 1] as usize]
    }
}

/// Flags of what reaches each commit and object.
#[derive(Debug, Default)]
pub(super) struct Reachability {
    /// By position of the commit.
    pub(super) commits: Vec<u8>,
    /// Tags, and objects other than commits that a ref names.
    pub(super) others: HashMap<Oid, u8>,
}

impl Reachability {
    pub(super) fn of(&self, graph: &CommitGraph, oid: &Oid) -> u8 {
        let named = self.others.get(oid).copied().unwrap_or(0);
        named | graph.find(oid).map_or(0, |at| self.commits[at as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::ObjectFormat;

    fn oid(kind: u8, number: u32) -> Oid {
        Oid::from_raw(&[&[kind; 16][..], &number.to_be_bytes()].concat()).unwrap()
    }

    #[test]
    fn refs_reach_through_any_number_of_tags() {
        let mut gathered = GatheredObjects::default();
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let text = format!("tree {tree}\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nx\n");
        let commit = oid(1, 0);
        gathered.commit(commit, Commit::parse(text.as_bytes(), ObjectFormat::Sha1).unwrap());
        gathered.tag(oid(2, 0), commit);
        (1..5_000).for_each(|at| gathered.tag(oid(2, at), oid(2, at - 1)));
        // Two that tag each other.
        gathered.tag(oid(3, 0), oid(3, 1));
        gathered.tag(oid(3, 1), oid(3, 0));
        let graph = gathered.into_graph();
        let mut refs = Refs::default();
        for (name, oid) in [("tags/a", oid(2, 3_000)), ("notes/b", oid(2, 4_999)), ("stash", oid(3, 1))] {
            refs.refs.insert(format!("refs/{name}").into_bytes(), oid);
        }
        let reached = graph.reach(&refs);
        assert_eq!(reached.of(&graph, &commit), flags::REF | flags::NOTE);
        assert_eq!(reached.of(&graph, &oid(2, 2_999)), flags::REF | flags::NOTE);
        assert_eq!(reached.of(&graph, &oid(2, 3_001)), flags::NOTE);
        assert_eq!(reached.of(&graph, &oid(3, 1)), flags::STASH);
    }
}

//! The graph of all commits in a store, reachable or not.

use std::cmp::{Ordering, Reverse};
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
    /// Parents that do not exist, with the positions of their children, in order.
    absent: Vec<(u32, Oid)>,
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

    pub(super) fn take_edges(&mut self) -> TreeEdges {
        std::mem::take(&mut self.edges)
    }

    /// Builds the graph of these objects and those of a graph that was read.
    pub(super) fn into_graph(mut self, known: CommitGraph) -> CommitGraph {
        self.commits.par_sort_unstable_by(CommitNode::order);
        self.commits.dedup_by_key(|commit| commit.oid);
        self.tags.extend(known.tags);
        let (commits, moved) = merged(known.commits, self.commits, number(known.parents.len()));
        let names = PrefixTable::new(commits.iter().map(|commit| oid_prefix(&commit.oid)).collect());
        let mut graph = CommitGraph { commits, names, tags: sorted_tags(self.tags), ..CommitGraph::default() };
        let moved = |at: u32| moved.get(at as usize).copied();
        let found = self.parents.par_iter().map(|parent| graph.find(parent).ok_or(*parent)).collect::<Vec<_>>();
        let known_parents = known.parents.into_iter().filter_map(moved).map(Ok);
        let found: Vec<Result<u32, Oid>> = known_parents.chain(found).collect();
        let mut absent = known.absent.into_iter().filter_map(|(at, oid)| Some((moved(at)?, oid))).peekable();
        let (mut parents, mut ends, mut gone) = (Vec::with_capacity(found.len()), Vec::new(), Vec::new());
        for (at, commit) in (0..).zip(&graph.commits) {
            let named = found.get(commit.parents.start as usize..commit.parents.end as usize).unwrap_or_default();
            let again = std::iter::from_fn(|| absent.next_if(|absent| absent.0 == at))
                .map(|(_, oid)| graph.find(&oid).ok_or(oid));
            for parent in named.iter().copied().chain(again) {
                match parent {
                    Ok(parent) => parents.push(parent),
                    Err(oid) => gone.push((at, oid)),
                }
            }
            ends.push(number(parents.len()));
        }
        (graph.parents, graph.ends, graph.absent) = (parents, ends, gone);
        graph.sort();
        graph
    }
}

impl CommitNode {
    /// Orders by name: names differ within their first bytes, unless somebody made them collide.
    fn order(&self, other: &Self) -> Ordering {
        oid_prefix(&self.oid).cmp(&oid_prefix(&other.oid)).then_with(|| self.oid.cmp(&other.oid))
    }
}

/// Merges sorted commits. The parents of new ones are behind those of the known ones, which are so many. Returns the
/// positions of the known ones as well.
fn merged(known: Vec<CommitNode>, new: Vec<CommitNode>, parents: u32) -> (Vec<CommitNode>, Vec<u32>) {
    let (mut all, mut moved) = (Vec::with_capacity(known.len() + new.len()), Vec::with_capacity(known.len()));
    let shift = |at: u32| at.saturating_add(parents);
    let mut new = new
        .into_iter()
        .map(|new| CommitNode { parents: shift(new.parents.start)..shift(new.parents.end), ..new })
        .peekable();
    for commit in known {
        while let Some(before) = new.next_if(|new| new.order(&commit) == Ordering::Less) {
            all.push(before);
        }
        new.next_if(|new| new.oid == commit.oid);
        moved.push(number(all.len()));
        all.push(commit);
    }
    all.extend(new);
    (all, moved)
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
    /// Writes commits and tags.
    pub(super) fn write(&self, out: &mut FieldWriter<'_>) {
        out.count(self.commits.len());
        for (at, commit) in (0..).zip(&self.commits) {
            out.raw(commit.oid.as_bytes());
            out.u64(commit.tree);
            out.u64(commit.time.cast_unsigned());
            let parents = self.parents(at);
            out.count(parents.len());
            parents.iter().for_each(|parent| out.u32(*parent));
        }
        out.count(self.absent.len());
        self.absent.iter().for_each(|(child, oid)| {
            out.u32(*child);
            out.raw(oid.as_bytes());
        });
        out.count(self.tags.len());
        self.tags.iter().for_each(|(tag, target)| {
            out.raw(tag.as_bytes());
            out.raw(target.as_bytes());
        });
    }

    /// Reads what [`Self::write`] wrote, for [`GatheredObjects::into_graph`].
    pub(super) fn read(fields: &mut FieldReader<'_>) -> Option<Self> {
        let mut graph = Self::default();
        for _ in 0..fields.count(40)? {
            let (oid, tree, time) = (fields.oid()?, fields.u64()?, fields.u64()?.cast_signed());
            let first = number(graph.parents.len());
            for _ in 0..fields.count(4)? {
                graph.parents.push(fields.u32()?);
            }
            graph.commits.push(CommitNode { oid, tree, time, parents: first..number(graph.parents.len()) });
        }
        for _ in 0..fields.count(24)? {
            graph.absent.push((fields.u32()?, fields.oid()?));
        }
        for _ in 0..fields.count(40)? {
            graph.tags.push((fields.oid()?, fields.oid()?));
        }
        let is_sorted = graph.commits.is_sorted_by(|a, b| a.order(b) == Ordering::Less);
        let count = number(graph.commits.len());
        (is_sorted && graph.parents.iter().all(|parent| *parent < count)).then_some(graph)
    }

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
        let graph = gathered.into_graph(CommitGraph::default());
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

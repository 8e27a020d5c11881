//! The commits of a store, whether anything reaches them or not, and the edges from trees to what they hold.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use super::{flags, prefix};
use crate::git::refs::Refs;
use crate::git::{Commit, Oid};

/// Tags of tags that are followed.
const MAX_TAGS: usize = 2_000;

/// A commit.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) oid: Oid,
    /// Prefix of the name of its tree.
    pub(super) tree: u64,
    /// Committer date in seconds.
    pub(super) time: i64,
    parents: Vec<Oid>,
}

/// The commits, sorted by name.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) commits: Vec<Node>,
    /// Positions of each commit's parents that are here.
    pub(super) parents: Vec<Vec<u32>>,
    /// Positions, ancestors first; the older first where that is free.
    pub(super) order: Vec<u32>,
    /// What tags point to.
    tags: HashMap<Oid, Oid>,
}

/// From a child to the tree that names it, both by prefix.
pub(super) type Edges = Vec<(u64, u64)>;

/// What the commits, tags and trees of a store say, gathered by whoever walks them.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    commits: Vec<Node>,
    tags: Vec<(Oid, Oid)>,
    edges: Edges,
}

impl Gathered {
    /// Notes a commit.
    pub(crate) fn commit(&mut self, oid: Oid, commit: Commit<'_>) {
        self.commits.push(Node { oid, tree: prefix(&commit.tree), time: commit.time, parents: commit.parents });
    }

    /// Notes what a tag points to.
    pub(crate) fn tag(&mut self, oid: Oid, target: Oid) {
        self.tags.push((oid, target));
    }

    /// Notes what a tree names, by prefix.
    pub(crate) fn edges(&mut self, tree: &Oid, children: impl IntoIterator<Item = u64>) {
        let parent = prefix(tree);
        self.edges.extend(children.into_iter().map(|child| (child, parent)));
    }

    /// Adds what another thread has gathered.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.commits.append(&mut other.commits);
        self.tags.append(&mut other.tags);
        self.edges.append(&mut other.edges);
    }

    /// Lays the commits out.
    pub(super) fn into_graph(mut self) -> (Graph, Edges) {
        self.commits.sort_unstable_by_key(|commit| commit.oid);
        self.commits.dedup_by_key(|commit| commit.oid);
        let mut graph = Graph { commits: self.commits, tags: self.tags.into_iter().collect(), ..Graph::default() };
        graph.parents = graph
            .commits
            .iter()
            .map(|commit| commit.parents.iter().filter_map(|parent| graph.find(parent)).collect())
            .collect();
        graph.commits.iter_mut().for_each(|commit| commit.parents = Vec::new());
        graph.sort();
        (graph, self.edges)
    }
}

impl Graph {
    /// The position of a commit.
    pub(super) fn find(&self, oid: &Oid) -> Option<u32> {
        let at = self.commits.binary_search_by_key(oid, |commit| commit.oid).ok()?;
        u32::try_from(at).ok()
    }

    /// Follows tags to a commit, telling of every object on the way.
    pub(super) fn peel(&self, oid: &Oid, tell: &mut dyn FnMut(&Oid)) -> Option<u32> {
        let mut oid = *oid;
        for _ in 0..MAX_TAGS {
            tell(&oid);
            match self.tags.get(&oid) {
                Some(target) => oid = *target,
                None => return self.find(&oid),
            }
        }
        None
    }

    /// Brings the commits in order: ancestors first, and among those that are free the older, then the lesser name.
    fn sort(&mut self) {
        let count = self.commits.len();
        let mut children: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut missing: Vec<u32> = vec![0; count];
        for (at, parents) in self.parents.iter().enumerate() {
            for parent in parents {
                children[*parent as usize].push(u32::try_from(at).unwrap_or(u32::MAX));
            }
            missing[at] = u32::try_from(parents.len()).unwrap_or(u32::MAX);
        }
        let free = |at: usize| Reverse((self.commits[at].time, u32::try_from(at).unwrap_or(u32::MAX)));
        let mut heap: BinaryHeap<_> = (0..count).filter(|at| missing[*at] == 0).map(free).collect();
        while let Some(Reverse((_, at))) = heap.pop() {
            self.order.push(at);
            for child in std::mem::take(&mut children[at as usize]) {
                missing[child as usize] -= 1;
                if missing[child as usize] == 0 {
                    heap.push(free(child as usize));
                }
            }
        }
    }

    /// What reaches each commit.
    pub(super) fn reach(&self, refs: &Refs) -> Reached {
        let mut reached = Reached { commits: vec![0; self.commits.len()], others: HashMap::new() };
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
            let tip = self.peel(&oid, &mut |on_the_way| {
                *reached.others.entry(*on_the_way).or_default() |= bit;
            });
            if let Some(tip) = tip {
                reached.commits[tip as usize] |= bit;
            }
        }
        for at in self.order.iter().rev() {
            let bits = reached.commits[*at as usize];
            for parent in &self.parents[*at as usize] {
                reached.commits[*parent as usize] |= bits;
            }
        }
        reached
    }

    /// For each commit, whether it is the given one or an ancestor of it.
    pub(super) fn ancestry(&self, tip: Option<u32>) -> Vec<bool> {
        let mut inside = vec![false; self.commits.len()];
        let mut queue: Vec<u32> = tip.into_iter().collect();
        while let Some(at) = queue.pop() {
            if !std::mem::replace(&mut inside[at as usize], true) {
                queue.extend_from_slice(&self.parents[at as usize]);
            }
        }
        inside
    }
}

/// What reaches what.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// By position of the commit.
    pub(super) commits: Vec<u8>,
    /// Tags and whatever else a ref names.
    pub(super) others: HashMap<Oid, u8>,
}

impl Reached {
    pub(super) fn of(&self, graph: &Graph, oid: &Oid) -> u8 {
        let named = self.others.get(oid).copied().unwrap_or(0);
        named | graph.find(oid).map_or(0, |at| self.commits[at as usize])
    }
}

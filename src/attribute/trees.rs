//! The trees that lead to what was asked for: marked from below, then named and reached from above.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};
use std::sync::Mutex;

use rayon::prelude::*;

use super::graph::{Edges, Graph, Reached};
use super::{Known, Question, flags, prefix, prefix_of};
use crate::git::tree::TreeEntries;
use crate::git::walk::{Made, Object, Plan, Store, Visitor};
use crate::git::{Kind, Oid};
use crate::limits::MAX_PLACES_PER_BLOB;

/// Longest path that is put together, in bytes.
const MAX_PATH: usize = 64 << 10;

/// Trees and blobs that lead to what was asked for, and the names between them.
#[derive(Debug, Default)]
pub(super) struct Marked {
    /// Prefixes, ascending.
    nodes: Vec<u64>,
    /// For each, what it names: name and node, in order.
    children: Vec<Vec<(Vec<u8>, u32)>>,
    /// Nodes, those that name others first.
    order: Vec<u32>,
}

type Names = Vec<(u32, Vec<u8>, u32)>;

struct Namer<'a> {
    nodes: &'a [u64],
    total: &'a Mutex<Names>,
    own: Names,
}

impl Visitor for Namer<'_> {
    type State = ();

    fn whole(&mut self, object: &Object, bytes: &[u8]) {
        let Some(parent) = find(self.nodes, prefix(&object.oid)).filter(|_| object.fresh) else { return };
        for entry in TreeEntries::new(bytes, object.oid.format()).map_while(Result::ok) {
            if let Some(child) = find(self.nodes, prefix(&entry.oid)) {
                self.own.push((parent, entry.name.to_vec(), child));
            }
        }
    }

    fn made(&mut self, object: &Object, (): &(), made: &Made<'_>) {
        self.whole(object, made.bytes);
    }

    fn stream(&mut self, _: &Object, _: u64, content: &mut dyn Read) -> io::Result<()> {
        io::copy(content, &mut io::sink()).map(|_| ())
    }
}

impl Drop for Namer<'_> {
    fn drop(&mut self) {
        self.total.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut self.own);
    }
}

fn find(nodes: &[u64], prefix: u64) -> Option<u32> {
    nodes.binary_search(&prefix).ok().and_then(|at| u32::try_from(at).ok())
}

impl Marked {
    /// Follows the edges upwards from `starts`, then reads the names on the way down.
    pub(super) fn find(store: &Store<'_>, starts: &BTreeSet<u64>, mut edges: Edges) -> Self {
        store.install(|| edges.par_sort_unstable());
        edges.dedup();
        let mut seen: BTreeSet<u64> = starts.clone();
        let mut queue: Vec<u64> = starts.iter().copied().collect();
        while let Some(child) = queue.pop() {
            let from = edges.partition_point(|edge| edge.0 < child);
            for (_, parent) in edges[from..].iter().take_while(|edge| edge.0 == child) {
                if seen.insert(*parent) {
                    queue.push(*parent);
                }
            }
        }
        drop(edges);
        let nodes: Vec<u64> = seen.into_iter().collect();
        let total = Mutex::new(Names::new());
        let wanted = |oid: &[u8]| find(&nodes, prefix_of(oid)).is_some();
        let plan = Plan { kinds: &[Kind::Tree], wanted: &wanted, stop: &|| false };
        store.walk(&plan, &|| Namer { nodes: &nodes, total: &total, own: Vec::new() }, &|_| {});
        let mut names = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        names.sort_unstable();
        names.dedup();
        let mut marked = Self { children: vec![Vec::new(); nodes.len()], nodes, order: Vec::new() };
        for (parent, name, child) in names {
            marked.children[parent as usize].push((name, child));
        }
        marked.sort();
        marked
    }

    /// The position of an object, if it is marked.
    pub(super) fn node(&self, prefix: u64) -> Option<usize> {
        self.nodes.binary_search(&prefix).ok()
    }

    fn sort(&mut self) {
        let mut parents: Vec<u32> = vec![0; self.nodes.len()];
        for (_, child) in self.children.iter().flatten() {
            parents[*child as usize] += 1;
        }
        let mut queue: Vec<u32> = (0..self.nodes.len())
            .rev()
            .filter(|at| parents[*at] == 0)
            .filter_map(|at| u32::try_from(at).ok())
            .collect();
        while let Some(at) = queue.pop() {
            self.order.push(at);
            for (_, child) in &self.children[at as usize] {
                parents[*child as usize] -= 1;
                if parents[*child as usize] == 0 {
                    queue.push(*child);
                }
            }
        }
    }

    /// The paths of each node, with what reaches them there.
    pub(super) fn places(&self, graph: &Graph, reached: &Reached, head: Option<Oid>) -> Vec<BTreeMap<Vec<u8>, Known>> {
        let mut places: Vec<BTreeMap<Vec<u8>, Known>> = vec![BTreeMap::new(); self.nodes.len()];
        let head = head.and_then(|oid| graph.find(&oid));
        for (position, commit) in graph.order.iter().enumerate() {
            if let Some(node) = self.node(graph.commits[*commit as usize].tree) {
                let is_head = if head == Some(*commit) { flags::HEAD } else { 0 };
                let known =
                    Known { flags: reached.commits[*commit as usize] | is_head, first: u32::try_from(position).ok() };
                add(&mut places[node], Vec::new(), known);
            }
        }
        for (oid, bits) in &reached.others {
            if let Some(node) = self.node(prefix(oid)) {
                add(&mut places[node], Vec::new(), Known { flags: *bits, first: None });
            }
        }
        for node in &self.order {
            let node = *node as usize;
            if places[node].is_empty() && !self.children[node].is_empty() {
                // A tree that no commit has: what is in it is told by its path from there.
                add(&mut places[node], Vec::new(), Known::default());
            }
            let own: Vec<(Vec<u8>, Known)> = places[node].iter().map(|(path, known)| (path.clone(), *known)).collect();
            for (name, child) in &self.children[node] {
                for (path, known) in &own {
                    let joined = if path.is_empty() { name.clone() } else { [path, &b"/"[..], name].concat() };
                    if joined.len() <= MAX_PATH {
                        add(&mut places[*child as usize], joined, *known);
                    }
                }
            }
        }
        places
    }

    /// For each tree (by prefix) the set of credentials in it, as a number, and the sets.
    pub(super) fn sets(&self, question: &Question) -> Sets {
        let mut own: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.nodes.len()];
        for (oid, credentials) in question.blobs.iter().chain(&question.trees) {
            if let Some(node) = self.node(prefix(oid)) {
                own[node].extend(credentials);
            }
        }
        let mut sets = Sets { of_tree: HashMap::new(), sets: Vec::new() };
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::new();
        let mut number: Vec<u32> = vec![0; self.nodes.len()];
        for node in self.order.iter().rev() {
            let node = *node as usize;
            let mut set = std::mem::take(&mut own[node]);
            let below: BTreeSet<u32> = self.children[node].iter().map(|(_, child)| number[*child as usize]).collect();
            for child in below {
                set.extend(sets.sets.get(child as usize).into_iter().flatten());
            }
            let set: Vec<u32> = set.into_iter().collect();
            let next = u32::try_from(sets.sets.len()).unwrap_or(u32::MAX);
            number[node] = *numbers.entry(set).or_insert_with_key(|set| {
                sets.sets.push(set.clone());
                next
            });
            sets.of_tree.insert(self.nodes[node], number[node]);
        }
        sets
    }
}

/// Which credentials the trees hold.
#[derive(Debug)]
pub(super) struct Sets {
    /// By the prefix of a tree's name; trees without any are not here.
    pub(super) of_tree: HashMap<u64, u32>,
    /// Credentials, ascending.
    pub(super) sets: Vec<Vec<u32>>,
}

/// Adds what is known of a path. Of too many paths those in HEAD stay, then those that sort first.
fn add(paths: &mut BTreeMap<Vec<u8>, Known>, path: Vec<u8>, known: Known) {
    let entry = paths.entry(path).or_default();
    entry.flags |= known.flags;
    entry.first = match (entry.first, known.first) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    if paths.len() > MAX_PLACES_PER_BLOB {
        let last = paths.iter().rev().find(|(_, known)| known.flags & flags::HEAD == 0);
        if let Some(last) = last.or_else(|| paths.iter().next_back()).map(|(path, _)| path.clone()) {
            paths.remove(&last);
        }
    }
}

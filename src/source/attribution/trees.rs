//! Finds the paths of objects: marks the trees that lead to them upwards, then walks down from the commits with names.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Read};
use std::sync::Mutex;

use super::edges::TreeEdges;
use super::graph::{CommitGraph, Reachability};
use super::known::{KnownMarks, MarkedEntry};
use super::object_paths::{ObjectPaths, SparePlaces};
use super::prefixes::{PrefixTable, oid_prefix};
use super::{AttributionQuery, PathState, RepositoryView, flags};
use crate::git::bit_set::BitSet;
use crate::git::tree::TreeEntries;
use crate::git::walk::{ObjectVisitor, Resolved, VisitedObject, WalkPlan};
use crate::git::{ObjectKind, Oid};
use crate::source::fields::FieldWriter;

/// Longest path, in bytes.
const MAX_PATH: usize = 64 << 10;

/// Bytes of paths, and the factor by which they may exceed the bytes of the names. Beyond, paths are cut short.
const SPARE_PATH_BYTES: u64 = 64 << 20;
const MAX_PATH_GROWTH: u64 = 32;

/// Length of a path that is not cut short where an object has no other.
const FREE_PATH: usize = 256;

/// The objects of a query and the trees that lead to them, with the names of the entries between them.
#[derive(Debug, Default)]
pub(super) struct MarkedObjects {
    /// By name.
    nodes: PrefixTable,
    /// Names of entries, in order.
    names: Vec<Vec<u8>>,
    /// In order.
    entries: Vec<MarkedEntry>,
    /// Ends of the entries of each node.
    ends: Vec<u32>,
    /// Nodes, parents first.
    order: Vec<u32>,
}

type EntryNames = Vec<(u32, Vec<u8>, u32)>;

struct NameVisitor<'a> {
    nodes: &'a PrefixTable,
    /// The objects of the query: few, so that entries other than trees are checked with these first.
    starts: &'a PrefixTable,
    total: &'a Mutex<EntryNames>,
    own: EntryNames,
}

impl ObjectVisitor for NameVisitor<'_> {
    type State = ();

    fn whole(&mut self, object: &VisitedObject, bytes: &[u8]) {
        let Some(parent) = find(self.nodes, &object.oid).filter(|_| object.fresh) else { return };
        for entry in TreeEntries::new(bytes, object.oid.format()).map_while(Result::ok) {
            let may_lead = entry.is_tree() || self.starts.find(oid_prefix(&entry.oid)).is_some();
            if let Some(child) = may_lead.then(|| find(self.nodes, &entry.oid)).flatten() {
                self.own.push((parent, entry.name.to_vec(), child));
            }
        }
    }

    fn resolved(&mut self, object: &VisitedObject, (): &(), made: &Resolved<'_>) {
        self.whole(object, made.bytes);
    }

    fn stream(&mut self, _: &VisitedObject, _: u64, content: &mut dyn Read) -> io::Result<()> {
        io::copy(content, &mut io::sink()).map(|_| ())
    }
}

impl Drop for NameVisitor<'_> {
    fn drop(&mut self) {
        self.total.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut self.own);
    }
}

/// Reads the names in trees that lead to nodes.
fn entry_names(
    subject: &RepositoryView<'_>,
    (nodes, starts): (&PrefixTable, &PrefixTable),
    leading: &BitSet,
) -> EntryNames {
    let total = Mutex::new(EntryNames::new());
    let plan = WalkPlan { kinds: &[ObjectKind::Tree], wanted: Some(leading), stop: subject.stop };
    let namer = || NameVisitor { nodes, starts, total: &total, own: Vec::new() };
    subject.store.walk(&plan, &namer, &|_| {});
    total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn find(nodes: &PrefixTable, oid: &Oid) -> Option<u32> {
    nodes.find(oid_prefix(oid)).and_then(|at| u32::try_from(at).ok())
}

impl MarkedObjects {
    /// Follows the edges upwards from `starts` and from what is known, then reads the names on the way down.
    pub(super) fn find(subject: &RepositoryView<'_>, starts: &[Oid], edges: TreeEdges, known: KnownMarks) -> Self {
        let store = subject.store;
        let mut numbers = Vec::new();
        store.numbers(starts, &mut numbers);
        let mut numbers: Vec<u32> = numbers.into_iter().flatten().collect();
        let prefix = |number: u32| store.oid(number).map(|oid| oid_prefix(&oid));
        if !known.nodes.is_empty() {
            let known = PrefixTable::new(known.nodes.clone());
            let is_known = |number: &u32| prefix(*number).is_some_and(|name| known.find(name).is_some());
            numbers.extend(edges.children().iter().filter(|child| is_known(child)));
        }
        let mut leading = edges.leading(store.count(), &numbers);
        drop(edges);
        let starts = PrefixTable::new(starts.iter().map(oid_prefix).collect());
        let mut nodes: Vec<u64> = starts.iter().chain(known.nodes.iter().copied()).collect();
        nodes.extend(leading.iter(0..store.count()).filter_map(prefix));
        nodes.sort_unstable();
        nodes.dedup();
        let nodes = PrefixTable::new(nodes);
        if let Some(unknown) = subject.unknown {
            leading.retain(unknown);
        }
        let read = entry_names(subject, (&nodes, &starts), &leading);
        let names: BTreeSet<&Vec<u8>> = known.names.iter().chain(read.iter().map(|entry| &entry.1)).collect();
        let names: Vec<Vec<u8>> = names.into_iter().cloned().collect();
        let number = |name: &Vec<u8>| names.binary_search(name).ok().and_then(|at| u32::try_from(at).ok());
        let node = |name: &u64| nodes.find(*name).and_then(|at| u32::try_from(at).ok());
        let known_names: Vec<Option<u32>> = known.names.iter().map(number).collect();
        let known_nodes: Vec<Option<u32>> = known.nodes.iter().map(node).collect();
        let at = |all: &[Option<u32>], at: u32| all.get(at as usize).copied().flatten();
        let moved = |(tree, name, child): MarkedEntry| {
            Some((at(&known_nodes, tree)?, at(&known_names, name)?, at(&known_nodes, child)?))
        };
        let mut entries: Vec<MarkedEntry> = known.entries.into_iter().filter_map(moved).collect();
        entries.extend(read.iter().filter_map(|(tree, name, child)| Some((*tree, number(name)?, *child))));
        // Runs that are sorted already are merged.
        entries.sort();
        entries.dedup();
        let mut marked = Self { nodes, names, entries, ..Self::default() };
        let end = |node: usize| marked.entries.partition_point(|entry| entry.0 as usize <= node);
        marked.ends = (0..marked.nodes.len()).map(|node| u32::try_from(end(node)).unwrap_or(u32::MAX)).collect();
        marked.sort();
        marked
    }

    /// Returns the entries of a node.
    fn children(&self, node: usize) -> &[MarkedEntry] {
        let begin = node.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.entries[begin..self.ends[node] as usize]
    }

    /// Writes what [`KnownMarks`] reads.
    pub(super) fn write(&self, out: &mut FieldWriter<'_>) {
        KnownMarks::write(self.nodes.iter(), &self.names, &self.entries, out);
    }

    /// Returns the node of an object, if it is marked.
    pub(super) fn node(&self, prefix: u64) -> Option<usize> {
        self.nodes.find(prefix)
    }

    fn sort(&mut self) {
        let mut parents: Vec<u32> = vec![0; self.nodes.len()];
        for (_, _, child) in &self.entries {
            parents[*child as usize] += 1;
        }
        let mut queue: Vec<u32> = (0..self.nodes.len())
            .rev()
            .filter(|at| parents[*at] == 0)
            .filter_map(|at| u32::try_from(at).ok())
            .collect();
        while let Some(at) = queue.pop() {
            self.order.push(at);
            for (_, _, child) in self.children(at as usize).iter() {
                parents[*child as usize] -= 1;
                if parents[*child as usize] == 0 {
                    queue.push(*child);
                }
            }
        }
    }

    /// Computes the paths of each node of the query, with what reaches them there.
    pub(super) fn places(
        &self,
        graph: &CommitGraph,
        reached: &Reachability,
        subject: &RepositoryView<'_>,
        query: &AttributionQuery,
    ) -> Vec<ObjectPaths> {
        let mut hits: Vec<Option<usize>> = vec![None; self.nodes.len()];
        for (oid, count) in &query.hits {
            if let Some(node) = self.node(oid_prefix(oid)) {
                hits[node] = Some(*count);
            }
        }
        let asked: HashSet<usize> = query.trees.keys().filter_map(|oid| self.node(oid_prefix(oid))).collect();
        let mut places: Vec<ObjectPaths> = vec![ObjectPaths::default(); self.nodes.len()];
        let head = subject.refs.head.and_then(|oid| graph.find(&oid));
        for (position, commit) in graph.order.iter().enumerate() {
            if let Some(node) = self.node(graph.commits[*commit as usize].tree) {
                let is_head = if head == Some(*commit) { flags::HEAD } else { 0 };
                let known = PathState {
                    flags: reached.commits[*commit as usize] | is_head,
                    first: u32::try_from(position).ok(),
                };
                places[node].add(Vec::new(), known, None, &mut SparePlaces::default());
            }
        }
        for (oid, bits) in &reached.others {
            if let Some(node) = self.node(oid_prefix(oid)) {
                places[node].add(
                    Vec::new(),
                    PathState { flags: *bits, first: None },
                    None,
                    &mut SparePlaces::default(),
                );
            }
        }
        let (mut limits, mut spare) =
            (PathLimits::of(self.entries.iter().map(|entry| &*self.names[entry.1 as usize])), SparePlaces::default());
        for node in self.order.iter().take_while(|_| !(subject.stop)()) {
            let node = *node as usize;
            if self.children(node).is_empty() {
                continue;
            }
            if places[node].kept.is_empty() {
                // No commit has this tree: paths in it start here.
                places[node].add(Vec::new(), PathState::default(), None, &mut spare);
            }
            let own = std::mem::take(&mut places[node].kept);
            let left_out = places[node].hand_over();
            for (_, name, child) in self.children(node) {
                let (hits, child) = (hits[*child as usize], &mut places[*child as usize]);
                let name = &self.names[*name as usize];
                for (path, known) in &own {
                    let joined = limits.join(path, name, child.kept.is_empty());
                    child.add(joined, *known, hits, &mut spare);
                }
                child.leave_out_below(&left_out, name, &mut spare.left_out);
            }
            if asked.contains(&node) {
                places[node].kept = own;
            }
        }
        places
    }

    /// Computes the mask of what each node holds, its own and below. `own` gives that of a set of credentials.
    pub(super) fn held(&self, query: &AttributionQuery, own: &dyn Fn(&BTreeSet<u32>) -> u64) -> Vec<u64> {
        let mut held = vec![0; self.nodes.len()];
        for (oid, credentials) in query.blobs.iter().chain(&query.trees) {
            if let Some(node) = self.node(oid_prefix(oid)) {
                held[node] |= own(credentials);
            }
        }
        for node in self.order.iter().rev() {
            let below =
                self.children(*node as usize).iter().fold(0, |mask, (_, _, child)| mask | held[*child as usize]);
            held[*node as usize] |= below;
        }
        held
    }
}

/// Memory that the paths of all objects may take together.
struct PathLimits {
    bytes: u64,
}

impl PathLimits {
    fn of<'a>(names: impl Iterator<Item = &'a [u8]>) -> Self {
        let names = names.fold(0, |bytes, name| bytes + name.len() as u64 + 1);
        Self { bytes: SPARE_PATH_BYTES + names * MAX_PATH_GROWTH }
    }

    /// Joins a path, which is cut short if it is too long; a shorter one that is `needed` is not.
    fn join(&mut self, directory: &[u8], name: &[u8], needed: bool) -> Vec<u8> {
        if directory.is_empty() {
            return name.to_vec();
        }
        let length = directory.len() + 1 + name.len();
        let left = self.bytes.checked_sub(length as u64).filter(|_| length <= MAX_PATH);
        self.bytes = left.unwrap_or(self.bytes);
        let is_whole = left.is_some() || (needed && length <= FREE_PATH);
        let directory = if is_whole { directory } else { "…".as_bytes() };
        [directory, b"/", name].concat()
    }
}

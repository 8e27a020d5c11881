//! Finds the paths of objects: marks the trees that lead to them upwards, then walks down from the commits with names.

use std::collections::{BTreeSet, HashSet};
use std::io::{self, Read};
use std::sync::Mutex;

use rayon::prelude::*;

use super::edges::TreeEdges;
use super::graph::{CommitGraph, Reachability};
use super::known::KnownMarks;
use super::prefixes::{PrefixTable, oid_prefix};
use super::{AttributionQuery, PathState, RepositoryView, flags};
use crate::git::bit_set::BitSet;
use crate::git::tree::TreeEntries;
use crate::git::walk::{ObjectVisitor, Resolved, VisitedObject, WalkPlan};
use crate::git::{ObjectKind, Oid};
use crate::model::limits::MAX_PLACES_PER_BLOB;
use crate::source::fields::FieldWriter;
use crate::source::place_budget::PlaceBudget;

/// Longest path, in bytes.
const MAX_PATH: usize = 64 << 10;

/// Bytes of paths, and the factor by which they may exceed the bytes of the names. Beyond, paths are cut short.
const SPARE_PATH_BYTES: u64 = 64 << 20;
const MAX_PATH_GROWTH: u64 = 32;

/// Length of a path that is not cut short where an object has no other.
const FREE_PATH: usize = 256;

/// Most paths of one object, and of all, that are told apart beyond those that are kept. Others are counted each time they
/// come up.
const MAX_LEFT_OUT: usize = 64 << 10;
const MAX_LEFT_OUT_OF_ALL: usize = 1 << 20;

/// The objects of a query and the trees that lead to them, with the names of the entries between them.
#[derive(Debug, Default)]
pub(super) struct MarkedObjects {
    /// By name.
    nodes: PrefixTable,
    /// For each node its entries: name and node, in order.
    children: Vec<Vec<(Vec<u8>, u32)>>,
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

/// Reads the names in trees that lead to nodes, sorted.
fn entry_names(
    subject: &RepositoryView<'_>,
    (nodes, starts): (&PrefixTable, &PrefixTable),
    leading: &BitSet,
) -> EntryNames {
    let total = Mutex::new(EntryNames::new());
    let plan = WalkPlan { kinds: &[ObjectKind::Tree], wanted: Some(leading), stop: subject.stop };
    let namer = || NameVisitor { nodes, starts, total: &total, own: Vec::new() };
    subject.store.walk(&plan, &namer, &|_| {});
    let mut names = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    subject.store.install(|| names.par_sort_unstable());
    names
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
        let is_known = |number: &u32| prefix(*number).is_some_and(|name| known.nodes.binary_search(&name).is_ok());
        if !known.nodes.is_empty() {
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
        let mut names = known.entries;
        for (tree, _, child) in &mut names {
            let at = |old: u32| nodes.find(known.nodes[old as usize]).and_then(|at| u32::try_from(at).ok());
            (*tree, *child) = (at(*tree).unwrap_or(u32::MAX), at(*child).unwrap_or(u32::MAX));
        }
        if let Some(unknown) = subject.unknown {
            leading.retain(unknown);
        }
        names.extend(entry_names(subject, (&nodes, &starts), &leading));
        // Runs that are sorted already are merged.
        names.sort();
        names.dedup();
        let mut marked = Self { children: vec![Vec::new(); nodes.len()], nodes, order: Vec::new() };
        for (parent, name, child) in names {
            marked.children[parent as usize].push((name, child));
        }
        marked.sort();
        marked
    }

    /// Writes what [`KnownMarks`] reads.
    pub(super) fn write(&self, out: &mut FieldWriter<'_>) {
        let entries = (0..).zip(&self.children).flat_map(|(tree, entries): (u32, &Vec<(Vec<u8>, u32)>)| {
            entries.iter().map(move |(name, child)| (tree, &name[..], *child))
        });
        KnownMarks::write(self.nodes.iter(), entries, out);
    }

    /// Returns the node of an object, if it is marked.
    pub(super) fn node(&self, prefix: u64) -> Option<usize> {
        self.nodes.find(prefix)
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
        let (mut limits, mut spare) = (PathLimits::of(&self.children), SparePlaces::default());
        for node in self.order.iter().take_while(|_| !(subject.stop)()) {
            let node = *node as usize;
            if places[node].kept.is_empty() && !self.children[node].is_empty() {
                // No commit has this tree: paths in it start here.
                places[node].add(Vec::new(), PathState::default(), None, &mut spare);
            }
            if self.children[node].is_empty() {
                continue;
            }
            let own = std::mem::take(&mut places[node].kept);
            let left_out = places[node].hand_over();
            for (name, child) in &self.children[node] {
                let (hits, child) = (hits[*child as usize], &mut places[*child as usize]);
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
            let below = self.children[*node as usize].iter().fold(0, |mask, (_, child)| mask | held[*child as usize]);
            held[*node as usize] |= below;
        }
        held
    }
}

/// The paths of a blob or tree. Of too many, those in HEAD or the index are kept, then those that sort first; the others
/// are counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectPaths {
    /// In order, at most [`MAX_PLACES_PER_BLOB`] of a directory.
    pub(crate) kept: Vec<(Vec<u8>, PathState)>,
    /// Hashes of others: the same path comes up again in every version of a tree.
    left_out: HashSet<u64>,
    /// Number of those that are not among the hashes, or no longer.
    counted: u32,
}

/// Memory that the paths of all objects may take together.
struct PathLimits {
    bytes: u64,
}

/// Places of blobs that may still be kept, and hashes of others.
pub(super) struct SparePlaces {
    budget: PlaceBudget,
    left_out: usize,
}

impl Default for SparePlaces {
    fn default() -> Self {
        Self { budget: PlaceBudget::default(), left_out: MAX_LEFT_OUT_OF_ALL }
    }
}

impl PathLimits {
    fn of(children: &[Vec<(Vec<u8>, u32)>]) -> Self {
        let names = children.iter().flatten().fold(0, |bytes, (name, _)| bytes + name.len() as u64 + 1);
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

impl ObjectPaths {
    /// Adds a path of a blob with so many `hits`, or of a directory.
    fn add(&mut self, path: Vec<u8>, known: PathState, hits: Option<usize>, spare: &mut SparePlaces) {
        if !self.left_out.is_empty() {
            self.left_out.remove(&hash(EMPTY, &path));
        }
        let mut is_over = false;
        let at = match self.kept.binary_search_by(|kept| kept.0.cmp(&path)) {
            Ok(at) => at,
            Err(at) => {
                self.kept.insert(at, (path, PathState::default()));
                let before = self.kept.len() - 1;
                is_over = !hits.map_or(before < MAX_PLACES_PER_BLOB, |hits| spare.budget.take(before, hits));
                at
            }
        };
        let entry = &mut self.kept[at].1;
        entry.flags |= known.flags;
        entry.first = match (entry.first, known.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if is_over {
            let last = self.kept.iter().rposition(|(_, known)| known.flags & (flags::HEAD | flags::INDEX) == 0);
            let (path, _) = self.kept.remove(last.unwrap_or(self.kept.len() - 1));
            self.leave_out(hash(EMPTY, &path), &mut spare.left_out);
        }
    }

    fn leave_out(&mut self, path: u64, limit: &mut usize) {
        if *limit == 0 || self.left_out.len() >= MAX_LEFT_OUT {
            self.counted = self.counted.saturating_add(u32::from(!self.left_out.contains(&path)));
        } else if self.left_out.insert(path) {
            *limit -= 1;
        }
    }

    /// Leaves out the paths of an entry in a directory that was left out at `directory`.
    fn leave_out_below(&mut self, directory: &LeftOut, name: &[u8], limit: &mut usize) {
        self.counted = self.counted.saturating_add(directory.counted);
        if *limit == 0 {
            self.counted = self.counted.saturating_add(directory.number());
        } else {
            let paths = directory.paths.iter().map(|path| hash(hash(*path, b"/"), name));
            paths.for_each(|path| self.leave_out(path, limit));
        }
    }

    /// Adds a path of the index, unless it was left out before: what reaches it is not known then.
    pub(super) fn add_staged(&mut self, path: &[u8], hits: Option<usize>, spare: &mut SparePlaces) {
        if !self.left_out.contains(&hash(EMPTY, path)) {
            self.add(path.to_vec(), PathState { flags: flags::INDEX, first: None }, hits, spare);
        }
    }

    /// The paths that are kept, and the number of the others.
    pub(crate) fn of(kept: Vec<(Vec<u8>, PathState)>, more: u32) -> Self {
        Self { kept, left_out: HashSet::new(), counted: more }
    }

    /// Counts the paths beyond those that are kept.
    pub(crate) fn more(&self) -> u64 {
        self.left_out.len() as u64 + u64::from(self.counted)
    }

    fn hand_over(&mut self) -> LeftOut {
        let handed = LeftOut { paths: std::mem::take(&mut self.left_out), counted: self.counted };
        self.counted = self.counted.saturating_add(handed.number());
        handed
    }
}

/// The paths of a directory that are not kept.
struct LeftOut {
    paths: HashSet<u64>,
    counted: u32,
}

impl LeftOut {
    /// Returns the number of paths that are told apart.
    fn number(&self) -> u32 {
        u32::try_from(self.paths.len()).unwrap_or(u32::MAX)
    }
}

/// The hash of no bytes.
const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, which can continue from the hash of a directory to that of a path in it.
fn hash(before: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(before, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

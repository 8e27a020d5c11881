//! The trees that lead to what was asked for: marked from below, then named and reached from above.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, Read};
use std::sync::Mutex;

use rayon::prelude::*;

use super::edges::Edges;
use super::graph::{Graph, Reached};
use super::prefixes::{Prefixes, prefix};
use super::{Known, Question, flags};
use crate::git::tree::TreeEntries;
use crate::git::walk::{ObjectStore, ObjectVisitor, Resolved, VisitedObject, WalkPlan};
use crate::git::{ObjectKind, Oid};
use crate::model::limits::MAX_PLACES_PER_BLOB;

/// Longest path that is put together, in bytes.
const MAX_PATH: usize = 64 << 10;

/// Paths of one blob or tree that are counted beyond those that are kept.
const MAX_LEFT_OUT: usize = 64 << 10;

/// Trees and blobs that lead to what was asked for, and the names between them.
#[derive(Debug, Default)]
pub(super) struct Marked {
    /// By name.
    nodes: Prefixes,
    /// For each, what it names: name and node, in order.
    children: Vec<Vec<(Vec<u8>, u32)>>,
    /// Nodes, those that name others first.
    order: Vec<u32>,
}

type Names = Vec<(u32, Vec<u8>, u32)>;

struct Namer<'a> {
    nodes: &'a Prefixes,
    /// What was asked for: few, and all that entries name that are no trees.
    starts: &'a Prefixes,
    total: &'a Mutex<Names>,
    own: Names,
}

impl ObjectVisitor for Namer<'_> {
    type State = ();

    fn whole(&mut self, object: &VisitedObject, bytes: &[u8]) {
        let Some(parent) = find(self.nodes, &object.oid).filter(|_| object.fresh) else { return };
        for entry in TreeEntries::new(bytes, object.oid.format()).map_while(Result::ok) {
            let may_lead = entry.is_tree() || self.starts.find(prefix(&entry.oid)).is_some();
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

impl Drop for Namer<'_> {
    fn drop(&mut self) {
        self.total.lock().unwrap_or_else(std::sync::PoisonError::into_inner).append(&mut self.own);
    }
}

fn find(nodes: &Prefixes, oid: &Oid) -> Option<u32> {
    nodes.find(prefix(oid)).and_then(|at| u32::try_from(at).ok())
}

impl Marked {
    /// Follows the edges upwards from `starts`, then reads the names on the way down.
    pub(super) fn find(store: &ObjectStore<'_>, starts: &[Oid], edges: Edges) -> Self {
        let mut numbers = Vec::new();
        store.numbers(starts, &mut numbers);
        let numbers: Vec<u32> = numbers.into_iter().flatten().collect();
        let leading = edges.leading(store.count(), &numbers);
        drop(edges);
        let starts = Prefixes::new(starts.iter().map(prefix).collect());
        let mut nodes: Vec<u64> = starts.iter().collect();
        let numbers = (0..).zip(&leading).filter(|(_, leads)| **leads);
        nodes.extend(numbers.filter_map(|(number, _)| store.oid(number)).map(|oid| prefix(&oid)));
        nodes.sort_unstable();
        nodes.dedup();
        let nodes = Prefixes::new(nodes);
        let total = Mutex::new(Names::new());
        let wanted = |number: usize, _: &[u8]| leading[number];
        let plan = WalkPlan { kinds: &[ObjectKind::Tree], wanted: &wanted, stop: &|| false };
        let namer = || Namer { nodes: &nodes, starts: &starts, total: &total, own: Vec::new() };
        store.walk(&plan, &namer, &|_| {});
        let mut names = total.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        store.install(|| names.par_sort_unstable());
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

    /// The paths of each node that is asked for, with what reaches them there.
    pub(super) fn places(
        &self,
        graph: &Graph,
        reached: &Reached,
        head: Option<Oid>,
        question: &Question,
    ) -> Vec<Paths> {
        let asked: HashSet<usize> = question.trees.keys().filter_map(|oid| self.node(prefix(oid))).collect();
        let mut places: Vec<Paths> = vec![Paths::default(); self.nodes.len()];
        let head = head.and_then(|oid| graph.find(&oid));
        for (position, commit) in graph.order.iter().enumerate() {
            if let Some(node) = self.node(graph.commits[*commit as usize].tree) {
                let is_head = if head == Some(*commit) { flags::HEAD } else { 0 };
                let known =
                    Known { flags: reached.commits[*commit as usize] | is_head, first: u32::try_from(position).ok() };
                places[node].add(Vec::new(), known);
            }
        }
        for (oid, bits) in &reached.others {
            if let Some(node) = self.node(prefix(oid)) {
                places[node].add(Vec::new(), Known { flags: *bits, first: None });
            }
        }
        for node in &self.order {
            let node = *node as usize;
            if places[node].kept.is_empty() && !self.children[node].is_empty() {
                // A tree that no commit has: what is in it is told by its path from there.
                places[node].add(Vec::new(), Known::default());
            }
            if self.children[node].is_empty() {
                continue;
            }
            let own = std::mem::take(&mut places[node].kept);
            let left_out = places[node].hand_over();
            for (name, child) in &self.children[node] {
                let child = &mut places[*child as usize];
                for (path, known) in &own {
                    let joined = if path.is_empty() { name.clone() } else { [path, &b"/"[..], name].concat() };
                    if joined.len() <= MAX_PATH {
                        child.add(joined, *known);
                    }
                }
                let below = left_out.iter().map(|path| hash(hash(*path, b"/"), name));
                below.for_each(|path| child.leave_out(path));
            }
            if asked.contains(&node) {
                places[node].kept = own;
            }
        }
        places
    }

    /// For each tree (by prefix) the set of credentials in it, as a number, and the sets.
    pub(super) fn sets(&self, question: &Question) -> Sets<'_> {
        let mut own: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); self.nodes.len()];
        for (oid, credentials) in question.blobs.iter().chain(&question.trees) {
            if let Some(node) = self.node(prefix(oid)) {
                own[node].extend(credentials);
            }
        }
        let mut sets = Sets { nodes: &self.nodes, of_node: vec![0; self.nodes.len()], sets: vec![Vec::new()] };
        let mut numbers: HashMap<Vec<u32>, u32> = HashMap::from([(Vec::new(), 0)]);
        let mut below: Vec<u32> = Vec::new();
        for node in self.order.iter().rev() {
            let node = *node as usize;
            below.clear();
            below.extend(self.children[node].iter().map(|(_, child)| sets.of_node[*child as usize]));
            below.sort_unstable();
            below.dedup();
            let mut set = std::mem::take(&mut own[node]);
            if let (true, [only]) = (set.is_empty(), &below[..]) {
                sets.of_node[node] = *only;
                continue;
            }
            for child in &below {
                set.extend(&sets.sets[*child as usize]);
            }
            let next = u32::try_from(sets.sets.len()).unwrap_or(u32::MAX);
            let set: Vec<u32> = set.into_iter().collect();
            sets.of_node[node] = *numbers.entry(set).or_insert_with_key(|set| {
                sets.sets.push(set.clone());
                next
            });
        }
        sets
    }
}

/// Which credentials the trees hold.
#[derive(Debug)]
pub(super) struct Sets<'a> {
    nodes: &'a Prefixes,
    /// For each node the number of its set.
    of_node: Vec<u32>,
    /// Credentials, ascending. The first has none.
    pub(super) sets: Vec<Vec<u32>>,
}

impl Sets<'_> {
    /// The number of a tree's set, by the prefix of its name; trees without any may have none.
    pub(super) fn of_tree(&self, tree: u64) -> Option<u32> {
        self.of_node.get(self.nodes.find(tree)?).copied()
    }
}

/// The paths of a blob or tree. Of too many those in HEAD or the index stay, then those that sort first; the others are counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paths {
    /// In order, at most [`MAX_PLACES_PER_BLOB`].
    pub(crate) kept: Vec<(Vec<u8>, Known)>,
    /// Hashes of the others, up to [`MAX_LEFT_OUT`]: the same path comes up again in every version of a tree.
    left_out: HashSet<u64>,
    /// How many hashes were handed over to what is below.
    handed_over: u64,
}

impl Paths {
    /// Adds what is known of a path.
    fn add(&mut self, path: Vec<u8>, known: Known) {
        if !self.left_out.is_empty() {
            self.left_out.remove(&hash(EMPTY, &path));
        }
        let at = match self.kept.binary_search_by(|kept| kept.0.cmp(&path)) {
            Ok(at) => at,
            Err(at) => {
                self.kept.insert(at, (path, Known::default()));
                at
            }
        };
        let entry = &mut self.kept[at].1;
        entry.flags |= known.flags;
        entry.first = match (entry.first, known.first) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        if self.kept.len() > MAX_PLACES_PER_BLOB {
            let last = self.kept.iter().rposition(|(_, known)| known.flags & (flags::HEAD | flags::INDEX) == 0);
            let (path, _) = self.kept.remove(last.unwrap_or(MAX_PLACES_PER_BLOB));
            self.leave_out(hash(EMPTY, &path));
        }
    }

    fn leave_out(&mut self, path: u64) {
        if self.left_out.len() < MAX_LEFT_OUT {
            self.left_out.insert(path);
        }
    }

    /// Adds a path of the index. One that was left out before stays so: what reached it is no longer known.
    pub(super) fn add_staged(&mut self, path: &[u8]) {
        if !self.left_out.contains(&hash(EMPTY, path)) {
            self.add(path.to_vec(), Known { flags: flags::INDEX, first: None });
        }
    }

    /// How many paths there are beyond those that are kept.
    pub(crate) fn more(&self) -> u64 {
        self.left_out.len() as u64 + self.handed_over
    }

    fn hand_over(&mut self) -> HashSet<u64> {
        self.handed_over = self.left_out.len() as u64;
        std::mem::take(&mut self.left_out)
    }
}

/// The hash of no bytes.
const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, which goes on from a path to what is below it without the path itself.
fn hash(before: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(before, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

//! The differences between trees, or between the index and a tree. Equal directories are not read.
//!
//! A few nested trees can have more paths than anybody could list. So trees that are compared are the nodes of a graph,
//! each of them read once ([`TreeGraph`]); files get their paths afterwards, within limits, and what is left out is
//! counted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use super::index::{Index, IndexEntry};
use super::odb::Odb;
use super::oid::Oid;
use super::tree::{FileVersion, TreeEntries};
use super::tree_graph::{self, ComparedEntry, TreeGraph};
use super::{ObjectError, ObjectKind};
use crate::model::SkipReason;
use crate::model::limits::MAX_PLACES_PER_BLOB;

/// Longest path, in bytes. Files below get a short one.
const MAX_PATH: usize = 64 << 10;

/// Bytes of trees that are read for no other reason than that they stand beside many different trees, and the factor
/// by which they may exceed the bytes of the trees themselves.
const SPARE_BYTES: u64 = 16 << 20;
const MAX_REPEATS: u64 = 16;

/// Paths beyond [`MAX_PLACES_PER_BLOB`] for each file of a directory that several paths share.
const SPARE_PATHS: u64 = 10_000;

/// Bytes of paths, and the factor by which they may exceed the bytes of the trees.
const SPARE_PATH_BYTES: u64 = 64 << 20;
const MAX_PATH_GROWTH: u64 = 32;

/// A file that was added or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileChange {
    pub(crate) path: Vec<u8>,
    pub(crate) old: Option<FileVersion>,
    pub(crate) new: FileVersion,
}

/// Something that was not compared: the reason, how often, and an example.
pub(crate) type Gap = (SkipReason, u64, String);

/// Reads trees and collects the differences.
pub(crate) struct TreeDiffer<'a> {
    odb: &'a Odb,
    /// Polled for each tree; true ends the comparison.
    stop: &'a dyn Fn() -> bool,
    pub(crate) changes: Vec<FileChange>,
    /// Files that are gone, with the number of their paths.
    pub(crate) removed: Vec<(Oid, u64)>,
    pub(crate) gaps: Vec<Gap>,
    /// Trees that were reported.
    reported: HashSet<Oid>,
    /// Trees of this comparison.
    known: HashSet<Oid>,
    /// Bytes of the trees of all comparisons, each counted once, and as often as it was read.
    bytes: u64,
    bytes_read: u64,
    paths_left: u64,
    path_bytes: u64,
}

/// A directory of the index that is still to be compared.
struct IndexDirectory {
    path: Vec<u8>,
    /// Its position in the cache tree, if it has one.
    node: Option<usize>,
    /// Positions of its entries.
    range: Range<usize>,
    tree: Option<Oid>,
}

impl<'a> TreeDiffer<'a> {
    pub(crate) fn new(odb: &'a Odb, stop: &'a dyn Fn() -> bool) -> Self {
        Self {
            odb,
            stop,
            changes: Vec::new(),
            removed: Vec::new(),
            gaps: Vec::new(),
            reported: HashSet::new(),
            known: HashSet::new(),
            bytes: 0,
            bytes_read: 0,
            paths_left: SPARE_PATHS,
            path_bytes: 0,
        }
    }

    /// Returns the trees that are not here, as far as comparisons asked for them.
    pub(crate) fn missing_trees(&self) -> Vec<Oid> {
        let mut missing: Vec<Oid> = self.reported.iter().filter(|oid| !self.odb.contains(oid)).copied().collect();
        missing.sort_unstable();
        missing
    }

    /// Collects the files that differ from those of every tree of `olds`; `None` is an empty one.
    pub(crate) fn trees(&mut self, olds: &[Option<Oid>], new: Option<Oid>) {
        let mut graph = TreeGraph::default();
        if let Some(root) = graph.enter(olds, new) {
            graph.directories[root].paths.push(Vec::new());
            graph.directories[root].count = 1;
            self.compare(graph);
        }
    }

    /// Collects the files of all these trees, each at its path in the tree.
    pub(crate) fn all_of(&mut self, trees: &[Oid]) {
        let mut graph = TreeGraph::default();
        for tree in trees {
            if let Some(root) = graph.enter(&[None], Some(*tree)) {
                graph.directories[root].paths.push(Vec::new());
                graph.directories[root].count += 1;
            }
        }
        self.compare(graph);
    }

    /// Compares the index with a tree; `None` is an empty one. Sides of a conflict count as changed.
    pub(crate) fn index(&mut self, index: &Index, tree: Option<Oid>) {
        let root = index.cache_tree().map(|_| 0);
        let mut due = vec![IndexDirectory { path: Vec::new(), node: root, range: 0..index.len(), tree }];
        let mut gone = TreeGraph::default();
        while let Some(directory) = due.pop() {
            if (self.stop)() {
                self.gap(SkipReason::TimedOut, due.len() as u64 + 1, "directories of the index");
                break;
            }
            let cached = directory.node.and_then(|node| cached(index, node)).map(|(_, oid)| oid);
            if directory.tree.is_none() || cached != directory.tree {
                self.directory(index, directory, &mut due, &mut gone);
            }
        }
        self.compare(gone);
    }

    /// Compares one directory of the index with a tree; appends the directories below it that may differ to `due`, and
    /// enters those that are gone.
    fn directory(&mut self, index: &Index, here: IndexDirectory, due: &mut Vec<IndexDirectory>, gone: &mut TreeGraph) {
        let IndexDirectory { path, node, range, tree } = here;
        let content = self.read(tree);
        let mut before: BTreeMap<&[u8], FileVersion> = TreeEntries::new(&content, self.odb.format)
            .map_while(Result::ok)
            .map(|entry| (entry.name, FileVersion { mode: entry.mode, oid: entry.oid }))
            .collect();
        let children = index.cache_tree().zip(node).map(|(tree, node)| tree.children(node));
        let children: HashMap<&[u8], usize> = children.into_iter().flatten().collect();
        let mut at = range.start;
        while at < range.end {
            let Some(entry) = index.get(at) else { break };
            let rest = entry.path.get(if path.is_empty() { 0 } else { path.len() + 1 }..).unwrap_or_default();
            let Some(slash) = memchr::memchr(b'/', rest) else {
                self.staged_file(&entry, before.remove(rest));
                at += 1;
                continue;
            };
            let name = &rest[..slash];
            let below = tree_graph::joined(&path, name);
            let node = children.get(name).copied();
            let end = end_of_directory(index, &below, node, at..range.end);
            let old = before.remove(name);
            self.removed.extend(old.filter(|side| !side.is_tree()).map(|side| (side.oid, 1)));
            let tree = old.filter(FileVersion::is_tree).map(|side| side.oid);
            due.push(IndexDirectory { path: below, node, range: at..end, tree });
            at = end;
        }
        for side in before.into_values() {
            if !side.is_tree() {
                self.removed.push((side.oid, 1));
            } else if let Some(tree) = gone.enter(&[Some(side.oid)], None) {
                gone.directories[tree].count += 1;
            }
        }
    }

    fn staged_file(&mut self, entry: &IndexEntry<'_>, old: Option<FileVersion>) {
        let new = FileVersion { mode: entry.mode, oid: entry.oid };
        // A file that `git add -N` announced has no content yet.
        if entry.intent_to_add || (entry.stage == 0 && old.is_some_and(|old| old.oid == new.oid)) {
            return;
        }
        let old = old.filter(|side| !side.is_tree());
        self.changes.push(FileChange { path: entry.path.to_vec(), old, new });
    }

    fn gap(&mut self, reason: SkipReason, count: u64, what: impl Into<String>) {
        self.gaps.push((reason, count, what.into()));
    }

    /// Compares all trees of a graph, then collects their files.
    fn compare(&mut self, mut graph: TreeGraph) {
        self.known.clear();
        while let Some((number, trees)) = graph.due.pop() {
            let stopped = (self.stop)();
            if stopped || self.bytes_read > SPARE_BYTES.saturating_add(self.bytes.saturating_mul(MAX_REPEATS)) {
                let reason = if stopped { SkipReason::TimedOut } else { SkipReason::OverLimit };
                self.gap(reason, graph.due.len() as u64 + 1, "trees that were not compared");
                break;
            }
            let new = self.read(trees.new);
            let old = self.read(trees.olds.first().copied().flatten());
            let mut entries = tree_graph::compare(&old, &new, self.odb.format);
            for old in trees.olds.iter().skip(1) {
                tree_graph::retain(&mut entries, &self.read(*old), self.odb.format);
            }
            for (name, entry) in entries {
                Self::enter(&mut graph, number, name, &entry);
            }
        }
        self.collect(graph);
    }

    fn enter(graph: &mut TreeGraph, directory: usize, name: &[u8], entry: &ComparedEntry) {
        if let Some((old, new)) = entry.file() {
            graph.directories[directory].files.push((name.to_vec(), old, new));
        }
        if let Some(below) = entry.trees().and_then(|(olds, new)| graph.enter(olds, new)) {
            graph.directories[directory].below.push((name.to_vec(), below));
        }
    }

    /// Returns the content of a tree; as much of it as can be parsed is compared.
    fn read(&mut self, tree: Option<Oid>) -> Vec<u8> {
        let Some(oid) = tree else { return Vec::new() };
        let (reason, what) = match self.odb.read(&oid) {
            Ok(Some((ObjectKind::Tree, content))) => {
                let bytes = content.len() as u64;
                self.bytes_read += bytes;
                if self.known.insert(oid) {
                    self.bytes += bytes;
                    if TreeEntries::new(&content, self.odb.format).any(|entry| entry.is_err())
                        && self.reported.insert(oid)
                    {
                        self.gap(SkipReason::Damaged, 1, format!("tree {oid}: it is malformed"));
                    }
                }
                return content;
            }
            Ok(Some(_)) => (SkipReason::Damaged, format!("object {oid} is no tree")),
            Ok(None) => (SkipReason::MissingObject, format!("tree {oid}")),
            Err(error) => (ObjectError::reason(&error), error.to_string()),
        };
        if self.reported.insert(oid) {
            self.gap(reason, 1, what);
        }
        Vec::new()
    }

    /// Collects the files of a graph, those that are there with their paths.
    fn collect(&mut self, mut graph: TreeGraph) {
        let order = graph.order();
        let circular = (graph.directories.len() - order.len()) as u64;
        if circular > 0 {
            self.gap(SkipReason::OverLimit, circular, "trees within themselves: their paths have no end");
        }
        let (paths, entries) = graph.count_paths(&order);
        self.paths_left = self.paths_left.saturating_add(entries * MAX_PLACES_PER_BLOB as u64);
        let most = if paths <= self.paths_left { usize::MAX } else { MAX_PLACES_PER_BLOB };
        let mut left_out = 0_u64;
        for number in order {
            if (self.stop)() {
                self.gap(SkipReason::TimedOut, 1, "paths of compared trees");
                break;
            }
            let directory = std::mem::take(&mut graph.directories[number]);
            for (name, below) in &directory.below {
                let below = &mut graph.directories[*below];
                for path in directory.paths.iter().filter(|_| !below.is_gone) {
                    if below.paths.len() < most {
                        below.paths.extend(self.path(path, name));
                    }
                }
            }
            for (name, old, new) in directory.files {
                match (old, new) {
                    (old, Some(new)) => {
                        let more = self.add(&directory.paths, directory.count, &name, (old, new));
                        left_out = left_out.saturating_add(more);
                    }
                    (Some(old), None) => self.removed.push((old.oid, directory.count)),
                    (None, None) => {}
                }
            }
        }
        if left_out > 0 {
            self.gap(SkipReason::OverLimit, left_out, "paths of files that have very many, or very long ones");
        }
    }

    /// Adds a file at the paths of its directory. Returns how many of `count` are left out.
    fn add(
        &mut self,
        directories: &[Vec<u8>],
        count: u64,
        name: &[u8],
        (old, new): (Option<FileVersion>, FileVersion),
    ) -> u64 {
        let mut added = 0;
        for directory in directories {
            if let Some(path) = self.path(directory, name) {
                self.changes.push(FileChange { path, old, new });
                added += 1;
            }
        }
        if added == 0 && count > 0 {
            // Its content is searched, wherever it is.
            self.changes.push(FileChange { path: ["…/".as_bytes(), name].concat(), old, new });
        }
        self.paths_left = self.paths_left.saturating_sub(added);
        count - added.min(count)
    }

    /// Joins a path, unless it is too long.
    fn path(&mut self, directory: &[u8], name: &[u8]) -> Option<Vec<u8>> {
        let path_bytes = self.path_bytes + (directory.len() + name.len() + 1) as u64;
        let allowed = SPARE_PATH_BYTES.saturating_add(self.bytes.saturating_mul(MAX_PATH_GROWTH));
        if directory.len() + name.len() >= MAX_PATH || path_bytes > allowed {
            return None;
        }
        self.path_bytes = path_bytes;
        Some(tree_graph::joined(directory, name))
    }
}

/// Returns the number of entries below a directory and its tree, if the index knows that it is unchanged.
fn cached(index: &Index, node: usize) -> Option<(usize, Oid)> {
    index.cache_tree()?.node_at(node)?.tree
}

/// Returns the position behind the last entry below a directory whose first entry begins `range`.
fn end_of_directory(index: &Index, directory: &[u8], node: Option<usize>, range: Range<usize>) -> usize {
    let below = |at: usize| {
        let rest = index.get(at).and_then(|entry| entry.path.strip_prefix(directory));
        rest.is_some_and(|rest| rest.starts_with(b"/"))
    };
    let count = node.and_then(|node| cached(index, node)).map(|(count, _)| count).filter(|count| *count > 0);
    let stated = count.and_then(|count| range.start.checked_add(count)).filter(|end| *end <= range.end);
    if let Some(end) = stated.filter(|end| below(end - 1) && (*end == range.end || !below(*end))) {
        return end;
    }
    // '0' follows '/', so this is the first path that sorts behind everything below the directory.
    let behind = [directory, b"0"].concat();
    index.lower_bound(&behind).clamp(range.start + 1, range.end)
}

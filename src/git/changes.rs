//! The differences between two trees, or between the index and a tree. Equal directories are not read.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::index::{Index, IndexEntry};
use super::odb::Odb;
use super::oid::{ObjectFormat, Oid};
use super::tree::TreeEntries;
use super::{ObjectError, ObjectKind};
use crate::model::limits::MAX_TREE_DEPTH;

/// A file that was added, changed or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileChange {
    pub(crate) path: Vec<u8>,
    pub(crate) old: Option<FileVersion>,
    pub(crate) new: Option<FileVersion>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileVersion {
    /// Type and permissions.
    pub(crate) mode: u32,
    /// The blob, or the commit of a submodule.
    pub(crate) oid: Oid,
}

impl FileVersion {
    pub(crate) fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }
}

/// A tree that could not be read, and its path.
pub(crate) type Problem = (ObjectError, Vec<u8>);

/// Reads trees and collects the differences.
pub(crate) struct TreeDiffer<'a> {
    odb: &'a Odb,
    format: ObjectFormat,
    pub(crate) changes: Vec<FileChange>,
    pub(crate) problems: Vec<Problem>,
    /// Trees that are not here, with their paths.
    pub(crate) missing: Vec<(Oid, Vec<u8>)>,
}

/// A directory of the index that is still to be compared.
struct IndexDirectory {
    path: Vec<u8>,
    /// Its position in the cache tree, if it has one.
    node: Option<usize>,
    /// Positions of its entries.
    range: Range<usize>,
    tree: Option<Oid>,
    depth: usize,
}

type TreeListing = BTreeMap<Vec<u8>, FileVersion>;

impl<'a> TreeDiffer<'a> {
    pub(crate) fn new(odb: &'a Odb, format: ObjectFormat) -> Self {
        Self { odb, format, changes: Vec::new(), problems: Vec::new(), missing: Vec::new() }
    }

    /// Compares two trees; `None` is an empty one.
    pub(crate) fn trees(&mut self, old: Option<Oid>, new: Option<Oid>) {
        let mut due = vec![(Vec::new(), old, new, 0)];
        while let Some((path, old, new, depth)) = due.pop() {
            if old == new || depth > MAX_TREE_DEPTH {
                continue;
            }
            let (before, after) = (self.listing(old, &path), self.listing(new, &path));
            let names: std::collections::BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
            for name in names {
                let (old, new) = (before.get(name).copied(), after.get(name).copied());
                if old != new {
                    let path = joined(&path, name);
                    if let Some((old, new)) = self.file_or_directories(&path, old, new) {
                        due.push((path, old, new, depth + 1));
                    }
                }
            }
        }
    }

    /// Compares the index with a tree; `None` is an empty one. Sides of a conflict count as changed.
    pub(crate) fn index(&mut self, index: &Index, tree: Option<Oid>) {
        let root = index.cache_tree().map(|_| 0);
        let mut due = vec![IndexDirectory { path: Vec::new(), node: root, range: 0..index.len(), tree, depth: 0 }];
        while let Some(directory) = due.pop() {
            let cached = directory.node.and_then(|node| cached(index, node)).map(|(_, oid)| oid);
            if directory.depth <= MAX_TREE_DEPTH && (directory.tree.is_none() || cached != directory.tree) {
                self.directory(index, directory, &mut due);
            }
        }
    }

    /// Compares one directory of the index with a tree; appends the directories below it that may differ to `due`.
    fn directory(&mut self, index: &Index, here: IndexDirectory, due: &mut Vec<IndexDirectory>) {
        let IndexDirectory { path, node, range, tree, depth } = here;
        let mut before = self.listing(tree, &path);
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
            let below = joined(&path, name);
            let node = children.get(name).copied();
            let end = end_of_directory(index, &below, node, at..range.end);
            let old = before.remove(name);
            if let Some(file) = old.filter(|side| !is_tree(side)) {
                self.changes.push(FileChange { path: below.clone(), old: Some(file), new: None });
            }
            let tree = old.filter(is_tree).map(|side| side.oid);
            due.push(IndexDirectory { path: below, node, range: at..end, tree, depth: depth + 1 });
            at = end;
        }
        for (name, side) in before {
            let path = joined(&path, &name);
            if is_tree(&side) {
                let range = range.end..range.end;
                due.push(IndexDirectory { path, node: None, range, tree: Some(side.oid), depth: depth + 1 });
            } else {
                self.changes.push(FileChange { path, old: Some(side), new: None });
            }
        }
    }

    fn staged_file(&mut self, entry: &IndexEntry<'_>, old: Option<FileVersion>) {
        let new = FileVersion { mode: entry.mode, oid: entry.oid };
        // A file that `git add -N` announced has no content yet.
        if entry.intent_to_add || (entry.stage == 0 && old.is_some_and(|old| old.oid == new.oid)) {
            return;
        }
        self.changes.push(FileChange {
            path: entry.path.to_vec(),
            old: old.filter(|side| !is_tree(side)),
            new: Some(new),
        });
    }

    /// Records a change of files; returns the trees if directories are to be compared.
    fn file_or_directories(
        &mut self,
        path: &[u8],
        old: Option<FileVersion>,
        new: Option<FileVersion>,
    ) -> Option<(Option<Oid>, Option<Oid>)> {
        let file = |side: Option<FileVersion>| side.filter(|side| !is_tree(side));
        let tree = |side: Option<FileVersion>| side.filter(is_tree).map(|side| side.oid);
        if file(old).is_some() || file(new).is_some() {
            let same = file(old).map(|side| side.oid) == file(new).map(|side| side.oid);
            if !same {
                self.changes.push(FileChange { path: path.to_vec(), old: file(old), new: file(new) });
            }
        }
        let (old, new) = (tree(old), tree(new));
        (old.is_some() || new.is_some()).then_some((old, new))
    }

    fn listing(&mut self, tree: Option<Oid>, path: &[u8]) -> TreeListing {
        let Some(oid) = tree else { return TreeListing::new() };
        match self.odb.read(&oid) {
            // The entries before the damage count; the damage itself is reported where the tree is read as an object.
            Ok(Some((ObjectKind::Tree, bytes))) => TreeEntries::new(&bytes, self.format)
                .map_while(Result::ok)
                .map(|entry| (entry.name.to_vec(), FileVersion { mode: entry.mode, oid: entry.oid }))
                .collect(),
            Ok(_) => {
                self.missing.push((oid, path.to_vec()));
                TreeListing::new()
            }
            Err(error) => {
                self.problems.push((error, path.to_vec()));
                TreeListing::new()
            }
        }
    }
}

fn is_tree(side: &FileVersion) -> bool {
    side.mode & 0o170_000 == 0o040_000
}

fn joined(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() {
        return name.to_vec();
    }
    [directory, b"/", name].concat()
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

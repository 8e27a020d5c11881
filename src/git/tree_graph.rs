//! The graph of compared trees: each set of trees is a node, however many paths lead to it.

use std::collections::HashMap;
use std::rc::Rc;

use super::oid::{ObjectFormat, Oid};
use super::tree::{FileVersion, TreeEntries};

/// Most trees that one tree is compared with at a time. With more, files that only the others have count as new.
const MAX_OLDS: usize = 128;

/// A tree, and those that it differs from.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct ComparedTrees {
    pub(super) olds: Vec<Option<Oid>>,
    pub(super) new: Option<Oid>,
}

/// A directory that differs, at all of its paths.
#[derive(Debug, Default)]
pub(super) struct Directory {
    /// Names and nodes of the directories in it that differ.
    pub(super) below: Vec<(Vec<u8>, usize)>,
    /// Names and versions of the files in it that differ.
    pub(super) files: Vec<(Vec<u8>, Option<FileVersion>, Option<FileVersion>)>,
    /// Only the old trees have it: its paths are of no use.
    pub(super) is_gone: bool,
    /// Number of its paths.
    pub(super) count: u64,
    /// Its paths that are kept.
    pub(super) paths: Vec<Vec<u8>>,
}

#[derive(Debug, Default)]
pub(super) struct TreeGraph {
    known: HashMap<Rc<ComparedTrees>, usize>,
    pub(super) directories: Vec<Directory>,
    /// Directories that are still to be compared.
    pub(super) due: Vec<(usize, Rc<ComparedTrees>)>,
}

impl TreeGraph {
    /// Returns the node of these trees. `None` if they do not differ.
    pub(super) fn enter(&mut self, olds: &[Option<Oid>], new: Option<Oid>) -> Option<usize> {
        if olds.contains(&new) {
            return None;
        }
        // The last one counts as the version before.
        let olds = olds[olds.len().saturating_sub(MAX_OLDS)..].to_vec();
        let next = self.directories.len();
        let trees = Rc::new(ComparedTrees { olds, new });
        let is_gone = new.is_none();
        let number = *self.known.entry(Rc::clone(&trees)).or_insert(next);
        if number == next {
            self.directories.push(Directory { is_gone, ..Directory::default() });
            self.due.push((number, trees));
        }
        Some(number)
    }

    /// Returns the nodes, parents first, without those that are within themselves, which no hash allows.
    pub(super) fn order(&self) -> Vec<usize> {
        let mut parents = vec![0_usize; self.directories.len()];
        self.directories.iter().flat_map(|directory| &directory.below).for_each(|(_, below)| parents[*below] += 1);
        let mut order: Vec<usize> = (0..parents.len()).filter(|node| parents[*node] == 0).collect();
        let mut next = 0;
        while let Some(node) = order.get(next) {
            next += 1;
            for (_, below) in &self.directories[*node].below {
                parents[*below] -= 1;
                if parents[*below] == 0 {
                    order.push(*below);
                }
            }
        }
        order
    }

    /// Counts the paths of every directory. Returns the number of paths of all files and directories, and the number of
    /// entries that they have in trees.
    pub(super) fn count_paths(&mut self, order: &[usize]) -> (u64, u64) {
        let (mut paths, mut entries) = (0_u64, 0_u64);
        for node in order {
            let directory = std::mem::take(&mut self.directories[*node]);
            for (_, below) in &directory.below {
                let count = &mut self.directories[*below].count;
                *count = count.saturating_add(directory.count);
            }
            let added = directory.files.iter().filter(|file| file.2.is_some()).count() as u64;
            let own = if directory.is_gone { 0 } else { added + 1 };
            paths = paths.saturating_add(directory.count.saturating_mul(own));
            entries += own;
            self.directories[*node] = directory;
        }
        (paths, entries)
    }
}

/// An entry of the new tree, or of the first old one, and how it differs from the others.
#[derive(Debug)]
pub(super) struct ComparedEntry {
    new: Option<FileVersion>,
    old: Option<FileVersion>,
    /// The file differs from that of every old tree.
    file_differs: bool,
    old_trees: Vec<Option<Oid>>,
    tree_differs: bool,
}

fn file(side: Option<FileVersion>) -> Option<FileVersion> {
    side.filter(|side| !side.is_tree())
}

fn tree(side: Option<FileVersion>) -> Option<Oid> {
    side.filter(FileVersion::is_tree).map(|side| side.oid)
}

impl ComparedEntry {
    /// `None` if they do not differ.
    fn new(old: Option<FileVersion>, new: Option<FileVersion>) -> Option<Self> {
        let mut entry = Self { new, old: None, file_differs: true, old_trees: Vec::new(), tree_differs: true };
        entry.differs_from(old).then_some(entry)
    }

    /// Compares the entry with that of another old tree.
    fn differs_from(&mut self, old: Option<FileVersion>) -> bool {
        self.file_differs &= file(old).map(|side| side.oid) != file(self.new).map(|side| side.oid);
        self.tree_differs &= tree(old) != tree(self.new);
        self.old = file(old);
        if self.tree_differs {
            self.old_trees.push(tree(old));
        }
        self.file_differs || self.tree_differs
    }

    /// Returns the versions of the file.
    pub(super) fn file(&self) -> Option<(Option<FileVersion>, Option<FileVersion>)> {
        self.file_differs.then_some((self.old, file(self.new)))
    }

    /// Returns the directories to compare.
    pub(super) fn trees(&self) -> Option<(&[Option<Oid>], Option<Oid>)> {
        self.tree_differs.then_some((&self.old_trees, tree(self.new)))
    }
}

/// A name, and its number among equal names, which no honest tree has.
type EntryKey<'a> = (&'a [u8], usize);

/// Parses a tree up to its end or damage, sorted by names.
fn entries(content: &[u8], format: ObjectFormat) -> Vec<(EntryKey<'_>, FileVersion)> {
    let parsed = TreeEntries::new(content, format).map_while(Result::ok);
    let mut entries: Vec<(EntryKey<'_>, FileVersion)> =
        parsed.map(|entry| ((entry.name, 0), FileVersion { mode: entry.mode, oid: entry.oid })).collect();
    entries.sort_by_key(|entry| entry.0.0);
    for at in 1..entries.len() {
        if entries[at].0.0 == entries[at - 1].0.0 {
            entries[at].0.1 = entries[at - 1].0.1 + 1;
        }
    }
    entries
}

/// Returns the entries by which two trees differ.
pub(super) fn compare<'a>(old: &'a [u8], new: &'a [u8], format: ObjectFormat) -> Vec<(&'a [u8], ComparedEntry)> {
    let (olds, news) = (entries(old, format), entries(new, format));
    let (mut olds, mut news) = (olds.into_iter().peekable(), news.into_iter().peekable());
    let mut found = Vec::new();
    while let Some(key) = olds.peek().map(|old| old.0).into_iter().chain(news.peek().map(|new| new.0)).min() {
        let old = olds.next_if(|old| old.0 == key).map(|old| old.1);
        let new = news.next_if(|new| new.0 == key).map(|new| new.1);
        found.extend(ComparedEntry::new(old, new).map(|entry| (key.0, entry)));
    }
    found
}

/// Retains the entries that differ from those of another tree as well.
pub(super) fn retain(found: &mut Vec<(&[u8], ComparedEntry)>, old: &[u8], format: ObjectFormat) {
    let olds = entries(old, format);
    let mut olds = olds.into_iter().peekable();
    found.retain_mut(|(name, entry)| {
        while olds.next_if(|old| old.0.0 < *name).is_some() {}
        entry.differs_from(olds.next_if(|old| old.0.0 == *name).map(|old| old.1))
    });
}

pub(super) fn joined(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() {
        return name.to_vec();
    }
    [directory, b"/", name].concat()
}

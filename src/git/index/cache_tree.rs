//! The cache-tree extension: for each directory whose entries did not change since, the tree that they make.
//!
//! A commit takes these trees as they are, so a directory whose tree is also HEAD's holds nothing that is about to be
//! committed.

use std::ops::Range;

use crate::git::oid::{ObjectFormat, Oid};

/// Directories within directories that are believed.
const MAX_DEPTH: usize = crate::limits::MAX_TREE_DEPTH;

/// One directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeNode {
    name: Range<usize>,
    /// How many entries lie below, and the tree they make; `None` when the directory changed since.
    pub tree: Option<(usize, Oid)>,
    /// Position behind the last directory below this one.
    pub end: usize,
}

/// The directories, each followed by those below it. The first is the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheTree {
    names: Vec<u8>,
    nodes: Vec<TreeNode>,
}

impl CacheTree {
    /// `None` if the extension does not hold together.
    pub(super) fn parse(bytes: &[u8], format: ObjectFormat) -> Option<Self> {
        let mut tree = Self { names: Vec::new(), nodes: Vec::new() };
        // Nodes that wait for the directories below them, with how many are due.
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut at = 0;
        loop {
            let below = tree.node(bytes, &mut at, format)?;
            let position = tree.nodes.len() - 1;
            if position > 0 && tree.nodes[position].name.is_empty() {
                return None;
            }
            open.push((position, below));
            while let Some((position, 0)) = open.last() {
                tree.nodes[*position].end = tree.nodes.len();
                open.pop();
            }
            match open.last_mut() {
                None => return (at == bytes.len()).then_some(tree),
                Some((_, due)) => *due -= 1,
            }
            if open.len() > MAX_DEPTH {
                return None;
            }
        }
    }

    /// Reads one node and gives the number of directories below it.
    fn node(&mut self, bytes: &[u8], at: &mut usize, format: ObjectFormat) -> Option<usize> {
        let name = until(bytes, at, 0)?;
        let count = std::str::from_utf8(until(bytes, at, b' ')?).ok()?.parse::<i64>().ok()?;
        let below = std::str::from_utf8(until(bytes, at, b'\n')?).ok()?.parse::<usize>().ok()?;
        let tree = match usize::try_from(count) {
            Err(_) => None,
            Ok(count) => {
                let oid = Oid::from_raw(bytes.get(*at..*at + format.raw_len())?)?;
                *at += format.raw_len();
                Some((count, oid))
            }
        };
        let from = self.names.len();
        self.names.extend_from_slice(name);
        self.nodes.push(TreeNode { name: from..self.names.len(), tree, end: 0 });
        Some(below)
    }

    /// The node at a position.
    #[must_use]
    pub fn node_at(&self, at: usize) -> Option<&TreeNode> {
        self.nodes.get(at)
    }

    /// The directory right below `parent` that has this name, with its position.
    #[must_use]
    pub fn child(&self, parent: usize, name: &[u8]) -> Option<usize> {
        let end = self.nodes.get(parent)?.end;
        let mut at = parent + 1;
        while at < end {
            let node = &self.nodes[at];
            if &self.names[node.name.clone()] == name {
                return Some(at);
            }
            at = node.end;
        }
        None
    }
}

/// The bytes up to a delimiter, which is passed over.
fn until<'a>(bytes: &'a [u8], at: &mut usize, delimiter: u8) -> Option<&'a [u8]> {
    let rest = bytes.get(*at..)?;
    let length = memchr::memchr(delimiter, rest)?;
    *at += length + 1;
    Some(&rest[..length])
}

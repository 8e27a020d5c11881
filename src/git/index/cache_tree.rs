//! The cache-tree extension: for each unchanged directory, the tree that its entries make.
//!
//! A commit uses these trees as they are, so a directory whose tree is also HEAD's holds nothing that is about to be
//! committed.

use std::ops::Range;

use crate::git::oid::{ObjectFormat, Oid};

const MAX_DEPTH: usize = crate::model::limits::MAX_TREE_DEPTH;

/// Offset of a directory in the extension, and the position behind the last directory below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct CacheNode {
    at: u32,
    end: u32,
}

/// The directories, each followed by those below it. The first is the root.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CacheTree<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) nodes: &'a [CacheNode],
    pub(super) format: ObjectFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CachedDirectory<'a> {
    /// Its own name; empty for the root.
    pub(crate) name: &'a [u8],
    /// Number of entries below it, and their tree; `None` if the directory was changed.
    pub(crate) tree: Option<(usize, Oid)>,
}

/// Parses an extension. `None` if it is malformed.
pub(super) fn nodes(bytes: &[u8], extension: Range<usize>, format: ObjectFormat) -> Option<Vec<CacheNode>> {
    let bytes = bytes.get(..extension.end)?;
    let mut nodes: Vec<CacheNode> = Vec::new();
    // Directories whose subdirectories are incomplete, with the number of those missing.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut at = extension.start;
    loop {
        let (node, below, next) = node(bytes, at, format)?;
        if node.name.is_empty() != nodes.is_empty() {
            return None;
        }
        open.push((nodes.len(), below));
        nodes.push(CacheNode { at: u32::try_from(at).ok()?, end: 0 });
        at = next;
        while let Some((position, 0)) = open.last() {
            nodes[*position].end = u32::try_from(nodes.len()).ok()?;
            open.pop();
        }
        match open.last_mut() {
            None => return (at == bytes.len()).then_some(nodes),
            Some((_, due)) => *due -= 1,
        }
        if open.len() > MAX_DEPTH {
            return None;
        }
    }
}

/// Parses one directory. Also returns the number of directories below it, and where it ends.
fn node(bytes: &[u8], at: usize, format: ObjectFormat) -> Option<(CachedDirectory<'_>, usize, usize)> {
    let rest = bytes.get(at..)?;
    let name = &rest[..memchr::memchr(0, rest)?];
    let mut at = at + name.len() + 1;
    let unchanged = bytes.get(at) != Some(&b'-');
    at += usize::from(!unchanged);
    let count = number(bytes, &mut at, b' ')?;
    let below = number(bytes, &mut at, b'\n')?;
    if !unchanged {
        return Some((CachedDirectory { name, tree: None }, below, at));
    }
    let end = at + format.raw_len();
    let oid = Oid::from_raw(bytes.get(at..end)?)?;
    Some((CachedDirectory { name, tree: Some((count, oid)) }, below, end))
}

/// Parses a decimal number and the byte that ends it.
fn number(bytes: &[u8], at: &mut usize, end: u8) -> Option<usize> {
    let digits = bytes.get(*at..)?.iter().take_while(|byte| byte.is_ascii_digit());
    let (mut value, mut length) = (0_usize, 0);
    for digit in digits {
        value = value.checked_mul(10)?.checked_add(usize::from(digit - b'0'))?;
        length += 1;
    }
    *at += length + 1;
    (length > 0 && bytes.get(*at - 1) == Some(&end)).then_some(value)
}

impl<'a> CacheTree<'a> {
    /// Returns the directory at a position.
    pub(crate) fn node_at(&self, position: usize) -> Option<CachedDirectory<'a>> {
        let at = self.nodes.get(position)?.at as usize;
        node(self.bytes, at, self.format).map(|(node, ..)| node)
    }

    /// Returns the names and positions of the directories right below one.
    pub(crate) fn children(self, parent: usize) -> impl Iterator<Item = (&'a [u8], usize)> {
        let end = self.nodes.get(parent).map_or(0, |node| node.end as usize);
        let mut at = parent + 1;
        std::iter::from_fn(move || {
            let position = at;
            at = self.nodes.get(position)?.end as usize;
            if position < end { Some((self.node_at(position)?.name, position)) } else { None }
        })
    }
}

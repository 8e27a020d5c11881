//! Files beside the one that is linted: manifests, framework configuration, env files, imported modules.
//!
//! They come from the tree that is scanned (disk, index, commit), never from another, so a staged change is judged by
//! what is staged.

use std::collections::BTreeMap;

use crate::model::Reach;

/// Largest neighbour that is read, in bytes.
pub const MAX_NEIGHBOUR: u64 = 2 << 20;

/// The tree that a scanned file belongs to. Paths are relative to the report's root, with `/`.
pub trait Neighbours {
    /// The content of a file, or `None` if there is none or it is larger than [`MAX_NEIGHBOUR`].
    fn read(&self, path: &str) -> Option<Vec<u8>>;

    /// Whether places of this reach are in the tree.
    fn holds(&self, reach: Reach) -> bool {
        matches!(reach, Reach::Worktree | Reach::Index | Reach::Head)
    }
}

/// A tree without files: for standard input and bare reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Nobody;

impl Neighbours for Nobody {
    fn read(&self, _path: &str) -> Option<Vec<u8>> {
        None
    }
}

/// A tree in memory: for the examples of rules.
impl Neighbours for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Option<Vec<u8>> {
        self.get(path).cloned()
    }
}

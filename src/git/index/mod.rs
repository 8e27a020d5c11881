//! The index of a repository: what is staged, path by path.
//!
//! libgit2 takes 20 ms to read an index of 15 000 entries and refuses sparse and split ones. This reader takes
//! versions 2 to 4 with either hash in one pass over the file, every length checked, nothing allocated on the word of a
//! count. It hands out the cache-tree extension, which tells whole directories that equal a tree of HEAD. What it does
//! not know (split and sparse indexes, mandatory extensions of the future) it refuses, and [`Index::of`] asks
//! `git ls-files` instead. It does not check the file's checksum: git does not either.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::ask::AskError;
use super::disk::{self, DiskError};
use super::env::GitEnv;
use super::oid::{ObjectFormat, Oid};
use super::repo::Repository;

mod cache_tree;
mod fallback;
mod parse;

pub use cache_tree::{CacheTree, TreeNode};

/// Largest index that is read, in bytes: more than ten million entries.
const MAX_INDEX: u64 = 2 << 30;

/// Why an index was not read.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// Something that this reader does not know and that cannot be passed over.
    #[error("the index uses {0}, which only git itself reads")]
    Unsupported(&'static str),
    /// The bytes are not an index.
    #[error("the index is damaged: {0}")]
    Damaged(&'static str),
    /// The file could not be read.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// `git ls-files`, asked instead, did not answer.
    #[error("the index needs git: {0}")]
    Git(#[from] AskError),
    /// `git ls-files`, asked instead, printed something else than a list.
    #[error("the index needs git, and `git ls-files` makes no sense")]
    Listing,
}

impl IndexError {
    /// The reason under which the ledger counts this.
    #[must_use]
    pub fn reason(&self) -> crate::coverage::Reason {
        match self {
            Self::Unsupported(_) | Self::Git(_) | Self::Listing => crate::coverage::Reason::Unsupported,
            Self::Damaged(_) => crate::coverage::Reason::Damaged,
            Self::Disk(error) => error.reason(),
        }
    }
}

/// One entry, borrowed from the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The path relative to the work tree, with `/`.
    pub path: &'a [u8],
    /// The blob, or the commit of a submodule.
    pub oid: Oid,
    /// Kind and permissions as git writes them, for instance `0o100644`.
    pub mode: u32,
    /// 0, or 1 to 3 for the sides of a conflict.
    pub stage: u8,
    /// Left out of a sparse checkout.
    pub skip_worktree: bool,
    /// Announced with `git add -N`; its content is not staged.
    pub intent_to_add: bool,
}

impl Entry<'_> {
    /// The commit of another repository.
    #[must_use]
    pub fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }

    /// A symbolic link: the blob holds the path it points to.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }
}

/// Where an entry's path lies.
#[derive(Debug, Clone)]
enum Name {
    /// In the file itself.
    File(Range<usize>),
    /// Among the paths that were put together from prefixes.
    Made(Range<usize>),
}

#[derive(Debug, Clone)]
struct Slot {
    name: Name,
    oid: Oid,
    mode: u32,
    stage: u8,
    skip_worktree: bool,
    intent_to_add: bool,
}

/// An index, in the order of paths and stages.
#[derive(Debug, Clone)]
pub struct Index {
    bytes: Vec<u8>,
    made: Vec<u8>,
    slots: Vec<Slot>,
    tree: Option<CacheTree>,
}

impl Index {
    /// Reads an index from the bytes of its file.
    ///
    /// # Errors
    /// It is damaged, or uses what this reader does not know.
    pub fn parse(bytes: Vec<u8>, format: ObjectFormat) -> Result<Self, IndexError> {
        parse::parse(bytes, format)
    }

    /// The index in force of a repository; without any, one without entries. `env` is git's environment where a hook is
    /// to obey it: `git commit PATH` names a temporary index there.
    ///
    /// # Errors
    /// It cannot be read, and git could not be asked for it either.
    pub fn of(repo: &Repository, env: Option<&GitEnv>) -> Result<Self, IndexError> {
        let file = Self::file(repo, env);
        match Self::read(&file, repo.format) {
            Err(IndexError::Unsupported(_)) => fallback::list(repo, &file),
            read => read,
        }
    }

    /// Where the index in force is.
    #[must_use]
    pub fn file(repo: &Repository, env: Option<&GitEnv>) -> PathBuf {
        match env.and_then(|env| env.index_file.as_ref()) {
            // Git runs hooks at the top of the work tree, and means paths relative to it.
            Some(file) => repo.work_tree.as_deref().unwrap_or(Path::new("")).join(file),
            None => repo.git_dir.join("index"),
        }
    }

    /// Reads the index in a file; without such a file, one without entries.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or uses what this reader does not know.
    pub fn read(file: &Path, format: ObjectFormat) -> Result<Self, IndexError> {
        match disk::read(file, MAX_INDEX)? {
            Some(bytes) => Self::parse(bytes, format),
            None => Ok(Self { bytes: Vec::new(), made: Vec::new(), slots: Vec::new(), tree: None }),
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether nothing is staged at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The entry at a position.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Entry<'_>> {
        self.slots.get(at).map(|slot| self.entry(slot))
    }

    /// The entries, by path and stage.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Entry<'_>> + DoubleEndedIterator {
        self.slots.iter().map(|slot| self.entry(slot))
    }

    /// Position of the first entry whose path is not less.
    #[must_use]
    pub fn lower_bound(&self, path: &[u8]) -> usize {
        self.slots.partition_point(|slot| self.path(slot) < path)
    }

    /// The entry of a path that is not in conflict.
    #[must_use]
    pub fn find(&self, path: &[u8]) -> Option<Entry<'_>> {
        self.get(self.lower_bound(path)).filter(|entry| entry.path == path && entry.stage == 0)
    }

    /// Which directories equal a tree that is stored, where the index says so.
    #[must_use]
    pub fn cache_tree(&self) -> Option<&CacheTree> {
        self.tree.as_ref()
    }

    fn path(&self, slot: &Slot) -> &[u8] {
        match &slot.name {
            Name::File(range) => &self.bytes[range.clone()],
            Name::Made(range) => &self.made[range.clone()],
        }
    }

    fn entry(&self, slot: &Slot) -> Entry<'_> {
        Entry {
            path: self.path(slot),
            oid: slot.oid,
            mode: slot.mode,
            stage: slot.stage,
            skip_worktree: slot.skip_worktree,
            intent_to_add: slot.intent_to_add,
        }
    }
}

#[cfg(test)]
mod tests;

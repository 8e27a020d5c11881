//! The index of a repository: what is staged, path by path.
//!
//! libgit2 takes 20 ms to read an index of 15 000 entries and refuses sparse and split ones. This reader takes
//! versions 2 to 4 with either hash in one pass over the mapped file, every length checked, nothing allocated on the word
//! of a count; entries are read where they lie. It hands out the cache-tree extension, which tells whole directories that
//! equal a tree of HEAD. What it does not know (split and sparse indexes, mandatory extensions of the future) it refuses,
//! and [`Index::of`] asks `git ls-files` instead. It does not check the file's checksum: git does not either.

use std::path::{Path, PathBuf};

use super::ask::AskError;
use super::disk::DiskError;
use super::env::GitEnv;
use super::map::{Bytes, Mapped};
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
    pub fn reason(&self) -> crate::model::SkipReason {
        match self {
            Self::Unsupported(_) | Self::Git(_) | Self::Listing => crate::model::SkipReason::Unsupported,
            Self::Damaged(_) => crate::model::SkipReason::Damaged,
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

/// An index, in the order of paths and stages.
#[derive(Debug)]
pub struct Index {
    bytes: Bytes,
    format: ObjectFormat,
    /// Where the entries begin.
    starts: Vec<u32>,
    /// The directories of the cache-tree extension.
    tree: Vec<cache_tree::Node>,
}

impl Index {
    /// Reads an index from the bytes of its file.
    ///
    /// # Errors
    /// It is damaged, or uses what this reader does not know.
    pub fn parse(bytes: Vec<u8>, format: ObjectFormat) -> Result<Self, IndexError> {
        parse::parse(Bytes::Made(bytes), format)
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
        match Mapped::open(file)? {
            Some(map) if map.len() as u64 > MAX_INDEX => Err(IndexError::Damaged("it is too large")),
            Some(map) => parse::parse(Bytes::Mapped(map), format),
            None => Ok(Self { bytes: Bytes::Made(Vec::new()), format, starts: Vec::new(), tree: Vec::new() }),
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether nothing is staged at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The entry at a position.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<Entry<'_>> {
        let start = *self.starts.get(at)?;
        parse::entry(&self.bytes, start as usize, self.format).map(|(entry, _)| entry)
    }

    /// The entries, by path and stage.
    pub fn iter(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// Position of the first entry whose path is not less.
    #[must_use]
    pub fn lower_bound(&self, path: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle) {
                Some(entry) if entry.path < path => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }

    /// The entry of a path that is not in conflict.
    #[must_use]
    pub fn find(&self, path: &[u8]) -> Option<Entry<'_>> {
        self.get(self.lower_bound(path)).filter(|entry| entry.path == path && entry.stage == 0)
    }

    /// Which directories equal a tree that is stored, where the index says so.
    #[must_use]
    pub fn cache_tree(&self) -> Option<CacheTree<'_>> {
        let tree = CacheTree { bytes: &self.bytes, nodes: &self.tree, format: self.format };
        (!self.tree.is_empty()).then_some(tree)
    }
}

#[cfg(test)]
mod tests;

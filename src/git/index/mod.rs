//! The index of a repository: the staged paths.
//!
//! libgit2 takes 20 ms to read an index of 15 000 entries and refuses sparse and split ones. This reader takes versions
//! 2 to 4 with either hash in one pass over the mapped file; every length is checked, nothing is allocated for a stated
//! count, and entries are parsed where they lie. It also reads the cache-tree extension, which identifies whole
//! directories that equal a tree of HEAD. What it does not know (split and sparse indexes, mandatory extensions of the
//! future) it refuses, and [`Index::of`] runs `git ls-files` instead. Like git, it does not verify the file's checksum.

use std::path::{Path, PathBuf};

use super::disk::DiskError;
use super::env::GitEnv;
use super::git_cli::GitCliError;
use super::mmap::{FileBytes, MappedFile};
use super::oid::{ObjectFormat, Oid};
use super::repo::Repository;

mod cache_tree;
mod fallback;
mod parse;

pub(crate) use cache_tree::CacheTree;

/// Largest index that is read, in bytes: more than ten million entries.
const MAX_INDEX: u64 = 2 << 30;

#[derive(Debug, thiserror::Error)]
pub(crate) enum IndexError {
    /// A feature that this reader does not know and cannot skip.
    #[error("the index uses {0}, which only git itself reads")]
    Unsupported(&'static str),
    #[error("the index is damaged: {0}")]
    Damaged(&'static str),
    #[error(transparent)]
    Disk(#[from] DiskError),
    #[error("the index needs git: {0}")]
    Git(#[from] GitCliError),
    #[error("the index needs git, and the output of `git ls-files` is malformed")]
    Listing,
}

impl IndexError {
    /// Returns the reason under which the coverage counts this error.
    pub(crate) fn reason(&self) -> crate::model::SkipReason {
        match self {
            Self::Unsupported(_) | Self::Git(_) | Self::Listing => crate::model::SkipReason::Unsupported,
            Self::Damaged(_) => crate::model::SkipReason::Damaged,
            Self::Disk(error) => error.reason(),
        }
    }
}

/// An entry, borrowed from the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IndexEntry<'a> {
    /// Path relative to the work tree, with `/`.
    pub(crate) path: &'a [u8],
    /// The blob, or the commit of a submodule.
    pub(crate) oid: Oid,
    /// Type and permissions as git writes them, for instance `0o100644`.
    pub(crate) mode: u32,
    /// 0, or 1 to 3 for the sides of a conflict.
    pub(crate) stage: u8,
    /// Left out of a sparse checkout.
    pub(crate) skip_worktree: bool,
    /// Announced with `git add -N`; its content is not staged.
    pub(crate) intent_to_add: bool,
}

impl IndexEntry<'_> {
    /// Returns true for a submodule: the commit of another repository.
    pub(crate) fn is_submodule(&self) -> bool {
        self.mode & 0o170_000 == 0o160_000
    }

    /// Returns true for a symbolic link, whose blob holds its target.
    pub(crate) fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }
}

/// An index, sorted by paths and stages.
#[derive(Debug)]
pub(crate) struct Index {
    bytes: FileBytes,
    format: ObjectFormat,
    /// Offsets of the entries.
    starts: Vec<u32>,
    /// The directories of the cache-tree extension.
    tree: Vec<cache_tree::CacheNode>,
}

impl Index {
    /// Reads the index in force; empty if there is none. `env` is git's environment where a hook obeys it: `git commit
    /// PATH` names a temporary index there.
    pub(crate) fn of(repo: &Repository, env: Option<&GitEnv>) -> Result<Self, IndexError> {
        Self::at(repo, &Self::file(repo, env))
    }

    /// Reads an index of the repository or of a worktree that is linked with it; empty if there is none.
    pub(crate) fn at(repo: &Repository, file: &Path) -> Result<Self, IndexError> {
        match Self::read(file, repo.format) {
            Err(IndexError::Unsupported(_)) => fallback::list(repo, file),
            read => read,
        }
    }

    pub(crate) fn file(repo: &Repository, env: Option<&GitEnv>) -> PathBuf {
        match env.and_then(|env| env.index_file.as_ref()) {
            // Git runs hooks at the top of the work tree, and means paths relative to it.
            Some(file) => repo.work_tree.as_deref().unwrap_or(Path::new("")).join(file),
            None => repo.git_dir.join("index"),
        }
    }

    /// Reads the index in a file; empty if there is no such file.
    pub(crate) fn read(file: &Path, format: ObjectFormat) -> Result<Self, IndexError> {
        match MappedFile::open(file)? {
            Some(map) if map.len() as u64 > MAX_INDEX => Err(IndexError::Damaged("too large")),
            Some(map) => parse::parse(FileBytes::Mapped(map), format),
            None => Ok(Self { bytes: FileBytes::Owned(Vec::new()), format, starts: Vec::new(), tree: Vec::new() }),
        }
    }

    /// Reads an index from memory.
    #[cfg(feature = "fuzzing")]
    pub(super) fn from_bytes(bytes: Vec<u8>, format: ObjectFormat) -> Result<Self, IndexError> {
        parse::parse(FileBytes::Owned(bytes), format)
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<IndexEntry<'_>> {
        let start = *self.starts.get(at)?;
        parse::entry(&self.bytes, start as usize, self.format).map(|(entry, _)| entry)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = IndexEntry<'_>> {
        (0..self.len()).filter_map(|at| self.get(at))
    }

    /// Returns the position of the first entry whose path is not less.
    pub(crate) fn lower_bound(&self, path: &[u8]) -> usize {
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

    /// Returns the entry of a path that is not in conflict.
    pub(crate) fn find(&self, path: &[u8]) -> Option<IndexEntry<'_>> {
        self.get(self.lower_bound(path)).filter(|entry| entry.path == path && entry.stage == 0)
    }

    pub(crate) fn cache_tree(&self) -> Option<CacheTree<'_>> {
        let tree = CacheTree { bytes: &self.bytes, nodes: &self.tree, format: self.format };
        (!self.tree.is_empty()).then_some(tree)
    }
}

#[cfg(test)]
mod tests;

//! The paths that a repository tracks, by its index.

use std::path::Path;

use crate::git::{Index, OpenOptions, Repository};

#[derive(Debug)]
pub(super) struct TrackedPaths {
    /// `None` if the index cannot be read: then everything counts as tracked, so that nothing is left out by mistake.
    index: Option<Index>,
}

impl TrackedPaths {
    /// Reads the index of the repository whose work tree begins at `root`.
    pub(super) fn load(root: &Path) -> Self {
        let repository = Repository::open(root, &OpenOptions::default()).ok();
        Self { index: repository.and_then(|repository| Index::of(&repository, None).ok()) }
    }

    pub(super) fn holds(&self, path: &[u8]) -> bool {
        let Some(index) = &self.index else { return true };
        index.get(index.lower_bound(path)).is_some_and(|entry| entry.path == path)
    }

    /// Returns true if a file below the directory is tracked.
    pub(super) fn holds_below(&self, directory: &[u8]) -> bool {
        let Some(index) = &self.index else { return true };
        let mut prefix = directory.to_vec();
        prefix.push(b'/');
        index.get(index.lower_bound(&prefix)).is_some_and(|entry| entry.path.starts_with(&prefix))
    }
}

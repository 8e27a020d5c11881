//! Files of one version of a tree: of the disk, of the index, of a commit.
//!
//! Policy and lints read their files from the version that is scanned, never from another one: what is staged is judged
//! by what is staged. Paths are relative to the root of the report, with `/`.

use std::collections::{BTreeMap, HashSet};

use super::Reach;

/// Files that one listing of a directory returns.
pub(crate) const MAX_LISTED_FILES: usize = 500;

/// A file that exists and cannot be read, or is no regular file.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub(crate) struct SnapshotError {
    pub(crate) path: String,
    pub(crate) reason: String,
}

impl SnapshotError {
    pub(crate) fn new(path: &str, reason: impl std::fmt::Display) -> Self {
        Self { path: path.to_owned(), reason: reason.to_string() }
    }
}

/// Entry at the path of a policy file below the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyFile {
    Absent,
    /// A file of the repository itself, if there is one.
    Own,
    /// A file that does not speak for the repository, for this reason.
    Foreign(&'static str),
}

/// The files of one version of a tree.
pub(crate) trait Snapshot {
    /// Returns the content of a file; `None` if there is none.
    ///
    /// # Errors
    /// The file cannot be read, is larger than `limit` bytes, or is no regular file.
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, SnapshotError>;

    /// Returns the paths of the files right in a directory whose names end so, sorted.
    ///
    /// # Errors
    /// The directory cannot be read.
    fn list(&self, directory: &str, ending: &str) -> Result<Vec<String>, SnapshotError>;

    /// Returns the names in a directory, in lower case; `None` if only an attempt to read a file tells whether it is there.
    fn names(&self, _: &str) -> Option<HashSet<String>> {
        None
    }

    /// Returns the entry at the path of a policy file below the root: the repository's own, or somebody else's.
    fn policy_file(&self, _: &str) -> PolicyFile {
        PolicyFile::Own
    }

    /// Returns true if locations of this reach are files of the snapshot.
    fn holds(&self, reach: Reach) -> bool {
        matches!(reach, Reach::Worktree | Reach::Index | Reach::Head)
    }
}

/// No files: for standard input and unborn branches.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct EmptySnapshot;

impl Snapshot for EmptySnapshot {
    fn read(&self, _: &str, _: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
        Ok(None)
    }

    fn list(&self, _: &str, _: &str) -> Result<Vec<String>, SnapshotError> {
        Ok(Vec::new())
    }
}

/// Files in memory: for the examples of rules.
impl Snapshot for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str, _: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
        Ok(self.get(path).cloned())
    }

    fn list(&self, directory: &str, ending: &str) -> Result<Vec<String>, SnapshotError> {
        let in_directory = |path: &&String| {
            let name = path.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/'));
            name.is_some_and(|name| !name.contains('/') && name.ends_with(ending))
        };
        Ok(self.keys().filter(in_directory).cloned().collect())
    }
}

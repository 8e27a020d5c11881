//! Snapshots of files on disk and of several commits.

use std::collections::HashSet;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use super::disk;
use super::ignores::IgnoreRules;
use super::open_repository::CommitTree;
use crate::model::Reach;
use crate::model::snapshot::{MAX_LISTED_FILES, PolicyFile, Snapshot, SnapshotError};

/// Names of one directory that are kept; those of a larger one are asked for one by one.
const MAX_NAMES: usize = 4_000;

/// Files below a directory.
#[derive(Debug)]
pub(crate) struct DiskFiles {
    pub(crate) root: PathBuf,
    /// Policy may be a link to a file that several repositories share. Files that lints read never are: a link in a
    /// scanned tree must not make them read outside of it.
    pub(crate) follow_links: bool,
}

impl Snapshot for DiskFiles {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
        let full = self.root.join(path);
        if self.follow_links {
            return crate::git::disk::read(&full, limit).map_err(|error| SnapshotError::new(path, error.why()));
        }
        let failed = |error: std::io::Error| SnapshotError::new(path, error);
        // Most files that lints ask for do not exist: resolve links only for those that do.
        let opened = match disk::open(&full) {
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => None,
            opened => opened.map_err(failed)?,
        };
        let Some(opened) = opened else { return Ok(None) };
        let parent = full.parent().unwrap_or(&full).canonicalize().map_err(failed)?;
        if !parent.starts_with(&self.root) || opened.size > limit {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        opened.file.take(limit).read_to_end(&mut bytes).map_err(failed)?;
        Ok(Some(bytes))
    }

    fn names(&self, directory: &str) -> Option<HashSet<String>> {
        let (entries, more) = crate::git::disk::list(&self.root.join(directory), MAX_NAMES).ok()?;
        (!more).then(|| entries.iter().map(|(name, _)| name.to_string_lossy().to_lowercase()).collect())
    }

    fn policy_file(&self, path: &str) -> PolicyFile {
        let full = self.root.join(path);
        let Some((parent, seen)) = full.parent().zip(full.symlink_metadata().ok()) else { return PolicyFile::Absent };
        let below = disk::relative(&self.root, parent).into_iter().flat_map(Path::ancestors);
        let mut repositories = below.filter(|above| !above.as_os_str().is_empty()).map(|above| self.root.join(above));
        if seen.is_symlink() || !parent.canonicalize().is_ok_and(|parent| parent.starts_with(&self.root)) {
            PolicyFile::Foreign("it is a link, or behind one")
        } else if repositories.any(|directory| crate::git::disk::exists(&directory.join(".git"))) {
            PolicyFile::Foreign("it belongs to another repository")
        } else if !IgnoreRules::default().enter(&self.root, parent) {
            PolicyFile::Foreign("its directory is ignored")
        } else {
            PolicyFile::Own
        }
    }

    fn list(&self, directory: &str, ending: &str) -> Result<Vec<String>, SnapshotError> {
        let full = self.root.join(directory);
        // A link on the way must not lead out of the root.
        if full.canonicalize().is_ok_and(|full| !full.starts_with(&self.root)) {
            return Err(SnapshotError::new(directory, "it leads out of the root"));
        }
        let listed = crate::git::disk::list(&full, MAX_LISTED_FILES);
        let (entries, _) = listed.map_err(|error| SnapshotError::new(directory, error.why()))?;
        let names =
            entries.iter().map(|(name, _)| name).filter(|name| name.as_encoded_bytes().ends_with(ending.as_bytes()));
        Ok(names.map(|name| format!("{directory}/{}", name.to_string_lossy())).collect())
    }
}

/// Trees of several commits. The first that has a file decides.
#[derive(Debug)]
pub(crate) struct CommitTrees(pub(crate) Vec<CommitTree>);

impl Snapshot for CommitTrees {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
        Ok(self.0.iter().find_map(|tree| tree.read(path, limit).ok().flatten()))
    }

    fn list(&self, _: &str, _: &str) -> Result<Vec<String>, SnapshotError> {
        Ok(Vec::new())
    }

    fn holds(&self, reach: Reach) -> bool {
        reach == Reach::Head
    }
}

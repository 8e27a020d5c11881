//! Limits a scan of the index or of a range to files and directories.

#![expect(clippy::disallowed_methods, reason = "looks at the paths that are scanned")]

use std::io;
use std::path::{Path, PathBuf};

use super::Collector;
use super::disk::bytes_of;
use super::worktree::{MissingPath, listed};

/// Files and directories below the root, as git writes them; without any, everything.
#[derive(Debug, Default)]
pub(crate) struct Pathspec {
    paths: Vec<Vec<u8>>,
    missing: Vec<MissingPath>,
}

impl Pathspec {
    /// `knows` tells whether one of the scanned versions has a path that is not on disk.
    ///
    /// # Errors
    /// Nothing has any of the paths, or each leads out of the root.
    pub(super) fn new(
        paths: &[PathBuf],
        root: &Path,
        knows: &mut dyn FnMut(&[u8]) -> bool,
    ) -> Result<Self, MissingPath> {
        let mut relative = |path: &PathBuf| {
            let full = resolve(path);
            let outside = || MissingPath::new(path, io::Error::other("it is outside of the repository"));
            let relative = bytes_of(full.strip_prefix(root).map_err(|_| outside())?);
            match std::fs::symlink_metadata(&full) {
                Err(error) if !knows(&relative) => Err(MissingPath::new(path, error)),
                _ => Ok(relative),
            }
        };
        let (paths, missing) = MissingPath::separate(paths.iter().map(&mut relative))?;
        Ok(Self { paths, missing })
    }

    /// Counts the paths that nothing has.
    pub(super) fn report_missing(&self, collector: &mut Collector<'_>) {
        self.missing.iter().for_each(|missing| missing.report(collector));
    }

    /// Lists the paths, `.` for the root.
    pub(super) fn listed(&self) -> Vec<String> {
        self.paths.iter().map(|path| listed(path)).collect()
    }

    pub(super) fn is_limited(&self) -> bool {
        !self.paths.is_empty()
    }

    pub(super) fn includes(&self, path: &[u8]) -> bool {
        let is_below = |limit: &Vec<u8>| match path.strip_prefix(limit.as_slice()) {
            Some(rest) => limit.is_empty() || rest.is_empty() || rest.starts_with(b"/"),
            None => false,
        };
        self.paths.is_empty() || self.paths.iter().any(is_below)
    }
}

/// Returns the absolute path without links on the way. A link by its own name stays one; what is not there keeps its names.
fn resolve(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let above = path.ancestors().skip(usize::from(path.is_symlink() && !path.is_dir()));
    let known = above.filter_map(|above| Some((above.canonicalize().ok()?, path.strip_prefix(above).ok()?)));
    // Joining nothing would add a slash.
    let joined = known.map(|(above, rest)| if rest.as_os_str().is_empty() { above } else { above.join(rest) });
    joined.into_iter().next().unwrap_or(path.clone())
}

//! The paths that a repository tracks: what its index names.

use std::path::Path;

/// Tracked paths, sorted as bytes.
#[derive(Debug, Default)]
pub struct Tracked {
    paths: Vec<Vec<u8>>,
    /// The index could not be read: then everything counts as tracked, so that nothing is left out by mistake.
    unknown: bool,
}

impl Tracked {
    /// Reads the index of the repository whose work tree begins at `root`.
    #[must_use]
    pub fn load(root: &Path) -> Self {
        let index = git2::Repository::open(root).and_then(|repository| repository.index());
        match index {
            Ok(index) => Self { paths: index.iter().map(|entry| entry.path).collect(), unknown: false },
            Err(_) => Self { paths: Vec::new(), unknown: true },
        }
    }

    /// Whether a file is tracked.
    #[must_use]
    pub fn holds(&self, path: &[u8]) -> bool {
        self.unknown || self.paths.binary_search_by(|tracked| tracked.as_slice().cmp(path)).is_ok()
    }

    /// Whether anything below a directory is tracked.
    #[must_use]
    pub fn holds_below(&self, directory: &[u8]) -> bool {
        let mut prefix = directory.to_vec();
        prefix.push(b'/');
        let at = self.paths.partition_point(|tracked| tracked.as_slice() < prefix.as_slice());
        self.unknown || self.paths.get(at).is_some_and(|tracked| tracked.starts_with(&prefix))
    }
}

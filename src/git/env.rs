//! Git's own environment variables.
//!
//! `git commit -a` gives a hook a temporary index, and `git push` gives a receiving hook a quarantine directory, both
//! by variables that a scan of another repository must ignore. So the environment is a value that callers pass on or
//! not.
#![expect(clippy::disallowed_methods, reason = "edge module: reads git's environment variables")]

use std::path::PathBuf;

use super::oid::Oid;

/// Locations that git gives to a program that it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct GitEnv {
    pub(crate) git_dir: Option<PathBuf>,
    pub(crate) work_tree: Option<PathBuf>,
    pub(crate) common_dir: Option<PathBuf>,
    pub(crate) index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`: in a receiving hook, the quarantine.
    pub(crate) object_dir: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`: in a receiving hook, the store of the repository.
    pub(crate) alternate_object_dirs: Vec<PathBuf>,
    /// `GITHEAD_…`: the commits that a running `git merge` merges, before there is a `MERGE_HEAD`.
    pub(crate) merge_heads: Vec<Oid>,
}

impl GitEnv {
    /// Reads the variables of this process; an empty one counts as unset.
    pub(crate) fn from_process() -> Self {
        let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            git_dir: path("GIT_DIR"),
            work_tree: path("GIT_WORK_TREE"),
            common_dir: path("GIT_COMMON_DIR"),
            index_file: path("GIT_INDEX_FILE"),
            object_dir: path("GIT_OBJECT_DIRECTORY"),
            alternate_object_dirs: std::env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES")
                .map(|list| std::env::split_paths(&list).filter(|path| !path.as_os_str().is_empty()).collect())
                .unwrap_or_default(),
            merge_heads: std::env::vars_os()
                .filter_map(|(name, _)| Oid::from_hex(name.to_str()?.strip_prefix("GITHEAD_")?.as_bytes()))
                .collect(),
        }
    }
}

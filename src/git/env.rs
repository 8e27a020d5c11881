//! Git's own environment, read once and only where a hook is to obey it.
//!
//! `git commit -a` gives a hook a temporary index, `git push` gives a receiving hook a quarantine directory: both
//! say so in variables that a scan of somebody else's repository must not look at. So reading them is a value that
//! the caller passes or does not pass.
#![expect(clippy::disallowed_methods, reason = "edge module: reads git's environment variables")]

use std::path::PathBuf;

/// Where git says its parts are, for a program that it starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitEnv {
    /// `GIT_DIR`.
    pub git_dir: Option<PathBuf>,
    /// `GIT_WORK_TREE`.
    pub work_tree: Option<PathBuf>,
    /// `GIT_COMMON_DIR`.
    pub common_dir: Option<PathBuf>,
    /// `GIT_INDEX_FILE`.
    pub index_file: Option<PathBuf>,
    /// `GIT_OBJECT_DIRECTORY`: in a receiving hook, the quarantine.
    pub object_dir: Option<PathBuf>,
    /// `GIT_ALTERNATE_OBJECT_DIRECTORIES`: in a receiving hook, the store of the repository.
    pub alternate_object_dirs: Vec<PathBuf>,
}

impl GitEnv {
    /// Reads the variables of this process; an empty one counts as unset.
    #[must_use]
    pub fn from_process() -> Self {
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
        }
    }
}

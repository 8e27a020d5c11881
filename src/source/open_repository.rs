//! A repository, opened once for policy, scan and lints, and the trees of its commits as snapshots.

use std::cell::OnceCell;
use std::path::Path;
use std::rc::Rc;

use crate::git::rev::{self, RevError};
use crate::git::{Commit, GitEnv, ObjectKind, Odb, Oid, OpenError, OpenOptions, Repository, TreeEntries};
use crate::model::limits::MAX_IN_MEMORY;
use crate::model::snapshot::{MAX_LISTED_FILES, Snapshot, SnapshotError};
use crate::model::{Coverage, ReportedRepository};

const TYPE_BITS: u32 = 0o170_000;
const DIRECTORY: u32 = 0o040_000;
const REGULAR_FILE: u32 = 0o100_000;

/// A repository with its objects, which are opened on first use.
#[derive(Debug)]
pub(crate) struct OpenRepository {
    pub(crate) repository: Repository,
    /// Git's environment, where the scan obeys it.
    pub(crate) env: Option<GitEnv>,
    odb: OnceCell<Odb>,
}

impl OpenRepository {
    pub(crate) fn new(repository: Repository, env: Option<GitEnv>) -> Rc<Self> {
        Rc::new(Self { repository, env, odb: OnceCell::new() })
    }

    /// Opens the repository around the current directory, or the one that git's environment names.
    pub(crate) fn here() -> Result<Rc<Self>, OpenError> {
        let env = Some(GitEnv::from_process());
        let options = OpenOptions { env, alternates: false };
        let repository = Repository::discover(Path::new("."), &options)?;
        Ok(Self::new(repository, options.env))
    }

    /// Returns the directory by which a report names the repository.
    pub(crate) fn root(&self) -> &Path {
        self.repository.root()
    }

    /// Describes the repository for a report that calls it `id`.
    pub(crate) fn describe(&self, id: String, head: Option<Oid>) -> ReportedRepository {
        ReportedRepository {
            id,
            path: self.root().to_string_lossy().into_owned(),
            remote: self.repository.remote.clone(),
            head: head.map(|head| head.to_string()),
        }
    }

    pub(crate) fn odb(&self) -> &Odb {
        self.odb.get_or_init(|| Odb::open(&self.repository))
    }

    /// Counts what cannot be read of the repository itself.
    pub(crate) fn report_problems(&self, coverage: &mut Coverage) {
        self.repository.report_problems(coverage);
        self.odb().report_problems(coverage);
    }

    /// Returns the commit that a revision names.
    pub(crate) fn resolve(&self, revision: &str) -> Result<Oid, RevError> {
        rev::resolve(&self.repository, self.env.as_ref(), self.odb(), revision)
    }
}

/// The tree of a commit, looked up on first use. Without a commit, or if the commit cannot be read, it has no files.
#[derive(Debug, Clone)]
pub(crate) struct CommitTree {
    repository: Rc<OpenRepository>,
    commit: Option<Oid>,
    tree: OnceCell<Option<Oid>>,
}

impl CommitTree {
    pub(crate) fn new(repository: &Rc<OpenRepository>, commit: Option<Oid>) -> Self {
        Self { repository: Rc::clone(repository), commit, tree: OnceCell::new() }
    }

    pub(crate) fn oid(&self) -> Option<Oid> {
        *self.tree.get_or_init(|| tree_of(self.repository.odb(), &self.commit?))
    }

    /// Returns mode and object of the tree entry at a path.
    fn entry(&self, path: &str, limit: u64) -> Result<Option<(u32, Oid)>, SnapshotError> {
        let Some(root) = self.oid() else { return Ok(None) };
        let odb = self.repository.odb();
        let mut entry = (DIRECTORY, root);
        for name in path.split('/').filter(|name| !name.is_empty() && *name != ".") {
            if entry.0 & TYPE_BITS != DIRECTORY {
                return Ok(None);
            }
            let content = read_object(odb, &entry.1, ObjectKind::Tree, path, limit)?;
            let mut entries = TreeEntries::new(&content, odb.format).map_while(Result::ok);
            let Some(found) = entries.find(|entry| entry.name == name.as_bytes()) else { return Ok(None) };
            entry = (found.mode, found.oid);
        }
        Ok(Some(entry))
    }
}

impl Snapshot for CommitTree {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
        match self.entry(path, limit)? {
            None => Ok(None),
            Some((mode, oid)) if mode & TYPE_BITS == REGULAR_FILE => {
                read_object(self.repository.odb(), &oid, ObjectKind::Blob, path, limit).map(Some)
            }
            Some(_) => Err(SnapshotError::new(path, "it is not a regular file")),
        }
    }

    fn list_toml(&self, directory: &str) -> Result<Vec<String>, SnapshotError> {
        let Some((_, oid)) = self.entry(directory, MAX_IN_MEMORY)? else { return Ok(Vec::new()) };
        let odb = self.repository.odb();
        let content = read_object(odb, &oid, ObjectKind::Tree, directory, MAX_IN_MEMORY)?;
        let entries = TreeEntries::new(&content, odb.format).map_while(Result::ok);
        let files = entries.filter(|entry| !entry.is_tree() && entry.name.ends_with(b".toml"));
        let paths = files.map(|entry| format!("{directory}/{}", String::from_utf8_lossy(entry.name)));
        Ok(paths.take(MAX_LISTED_FILES).collect())
    }
}

/// Returns the tree of a commit; `None` if the object is missing, damaged or no commit.
pub(super) fn tree_of(odb: &Odb, commit: &Oid) -> Option<Oid> {
    match odb.read(commit) {
        Ok(Some((ObjectKind::Commit, bytes))) => Commit::parse(&bytes, odb.format).map(|commit| commit.tree),
        _ => None,
    }
}

/// Reads the object of a path, which has to be of this kind.
pub(super) fn read_object(
    odb: &Odb,
    oid: &Oid,
    kind: ObjectKind,
    path: &str,
    limit: u64,
) -> Result<Vec<u8>, SnapshotError> {
    match odb.read_within(oid, limit) {
        Ok(Some((found, bytes))) if found == kind => Ok(bytes),
        Ok(Some(_)) => Err(SnapshotError::new(path, format_args!("object {oid} is no {}", kind.name()))),
        Ok(None) => Err(SnapshotError::new(path, format_args!("object {oid} is missing"))),
        Err(error) => Err(SnapshotError::new(path, error)),
    }
}

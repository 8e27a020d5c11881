//! A repository, opened once for policy, scan and lints, and the trees of its commits as snapshots.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::git::changes::TreeDiffer;
use crate::git::rev::{self, RevError};
use crate::git::tree::FileVersion;
use crate::git::tree_paths::TreePaths;
use crate::git::{Commit, GitEnv, ObjectError, ObjectKind, Odb, Oid, OpenError, OpenOptions, Repository, TreeEntries};
use crate::model::limits::MAX_IN_MEMORY;
use crate::model::snapshot::{MAX_LISTED_FILES, Snapshot, SnapshotError};
use crate::model::{Coverage, PathText, ReportedRepository, SkipReason};

const TYPE_BITS: u32 = 0o170_000;
const REGULAR_FILE: u32 = 0o100_000;

/// A repository with its objects, which are opened on first use.
#[derive(Debug)]
pub(crate) struct OpenRepository {
    pub(crate) repository: Repository,
    /// Git's environment, where the scan obeys it.
    pub(crate) env: Option<GitEnv>,
    odb: OnceCell<Odb>,
    /// Objects that trees of commits name, and that are not here.
    missing: RefCell<BTreeSet<Oid>>,
}

impl OpenRepository {
    pub(crate) fn new(repository: Repository, env: Option<GitEnv>) -> Rc<Self> {
        Rc::new(Self { repository, env, odb: OnceCell::new(), missing: RefCell::default() })
    }

    /// Opens the repository around the current directory, or the one that git's environment names.
    pub(crate) fn here(options: OpenOptions) -> Result<Rc<Self>, OpenError> {
        let options = OpenOptions { env: Some(GitEnv::from_process()), ..options };
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
            path: PathText::of(self.root()).text,
            remote: self.repository.remote.clone(),
            head: head.map(|head| head.to_string()),
            codeowners: None,
            coverage: None,
        }
    }

    pub(crate) fn odb(&self) -> &Odb {
        self.odb.get_or_init(|| Odb::open(&self.repository))
    }

    /// Counts what cannot be read of the repository itself.
    pub(crate) fn report_problems(&self, coverage: &mut Coverage) {
        self.repository.report_problems(coverage);
        self.odb().report_problems(coverage);
        for oid in self.missing.take() {
            coverage.skip(SkipReason::MissingObject, format!("object {oid}"));
        }
    }

    /// Returns the commit that a revision names.
    pub(crate) fn resolve(&self, revision: &str) -> Result<Oid, RevError> {
        self.peel(revision).map(|(_, commit)| commit)
    }

    /// Returns the object that a revision names, and the commit behind it.
    pub(crate) fn peel(&self, revision: &str) -> Result<(Oid, Oid), RevError> {
        rev::peel(&self.repository, self.env.as_ref(), self.odb(), revision)
    }
}

/// Opens the repositories around these paths, each once. The order of the paths changes nothing. Also returns why others of
/// the paths lead to no repository.
///
/// # Errors
/// None of the paths leads to one.
pub(crate) fn discover(
    paths: &[PathBuf],
    options: &OpenOptions,
) -> Result<(Vec<Rc<OpenRepository>>, Vec<String>), OpenError> {
    let mut missing = Vec::new();
    let mut found: Vec<Repository> = Vec::with_capacity(paths.len());
    for path in paths {
        let repository = match Repository::discover(path, options) {
            Ok(repository) => repository,
            Err(error) => {
                missing.push(error);
                continue;
            }
        };
        if !found.iter().any(|known| known.common_dir == repository.common_dir) {
            found.push(repository);
        }
    }
    if found.is_empty()
        && let Some(error) = missing.pop()
    {
        return Err(error);
    }
    found.sort_by(|a, b| a.root().cmp(b.root()));
    let opened = found.into_iter().map(|repository| OpenRepository::new(repository, None)).collect();
    Ok((opened, missing.iter().map(ToString::to_string).collect()))
}

/// The tree of a commit, looked up on first use. Without a commit, or if the commit cannot be read, it has no files.
#[derive(Debug, Clone)]
pub(crate) struct CommitTree {
    repository: Rc<OpenRepository>,
    commit: Option<Oid>,
    tree: OnceCell<Option<Oid>>,
    paths: RefCell<Option<TreePaths>>,
}

impl CommitTree {
    pub(crate) fn new(repository: &Rc<OpenRepository>, commit: Option<Oid>) -> Self {
        Self { repository: Rc::clone(repository), commit, tree: OnceCell::new(), paths: RefCell::default() }
    }

    /// Reads an object; `None` if it is not here, which is counted.
    fn object(&self, oid: &Oid, kind: ObjectKind, path: &str, limit: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
        match self.repository.odb().read_within(oid, limit) {
            Ok(None) => {
                self.repository.missing.borrow_mut().insert(*oid);
                Ok(None)
            }
            read => is_of_kind(read, oid, kind, path).map(Some),
        }
    }

    /// Returns the paths below the root of files of this name that differ from those of another tree, sorted.
    pub(crate) fn changed_files(&self, other: &Self, name: &str) -> Vec<String> {
        let is_wanted = |path: &[u8]| path.strip_suffix(name.as_bytes()).is_some_and(|above| above.ends_with(b"/"));
        let (mut paths, trees) = (BTreeSet::new(), [self.oid(), other.oid()]);
        for (old, new) in [(trees[0], trees[1]), (trees[1], trees[0])] {
            let mut differ = TreeDiffer::new(self.repository.odb(), &|| false);
            differ.trees(&[old], new);
            let changed = differ.changes.into_iter().filter(|change| is_wanted(&change.path));
            paths.extend(changed.map(|change| PathText::new(&change.path).text));
        }
        paths.into_iter().collect()
    }

    pub(crate) fn commit(&self) -> Option<Oid> {
        self.commit
    }

    /// Returns the object of the tree.
    pub(crate) fn oid(&self) -> Option<Oid> {
        *self.tree.get_or_init(|| tree_of(self.repository.odb(), &self.commit?))
    }

    /// Returns the tree entry at a path.
    fn entry(&self, path: &str, limit: u64) -> Result<Option<FileVersion>, SnapshotError> {
        let Some(root) = self.oid() else { return Ok(None) };
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty() && *name != ".").collect();
        if names.is_empty() {
            return Ok(Some(FileVersion { mode: 0o040_000, oid: root }));
        }
        let mut paths = self.paths.borrow_mut();
        let paths = paths.get_or_insert_with(|| TreePaths::new(root));
        let limit = limit.max(MAX_IN_MEMORY);
        let mut read = |oid: &Oid| self.object(oid, ObjectKind::Tree, path, limit).map(Option::unwrap_or_default);
        paths.find(names.join("/").as_bytes(), &mut read)
    }
}

impl Snapshot for CommitTree {
    fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, SnapshotError> {
        match self.entry(path, limit)? {
            None => Ok(None),
            Some(FileVersion { mode, oid }) if mode & TYPE_BITS == REGULAR_FILE => {
                self.object(&oid, ObjectKind::Blob, path, limit)
            }
            Some(_) => Err(SnapshotError::new(path, "it is not a regular file")),
        }
    }

    fn list(&self, directory: &str, ending: &str) -> Result<Vec<String>, SnapshotError> {
        let Some(FileVersion { oid, .. }) = self.entry(directory, MAX_IN_MEMORY)? else { return Ok(Vec::new()) };
        let odb = self.repository.odb();
        let content = self.object(&oid, ObjectKind::Tree, directory, MAX_IN_MEMORY)?.unwrap_or_default();
        let entries = TreeEntries::new(&content, odb.format).map_while(Result::ok);
        let files = entries.filter(|entry| !entry.is_tree() && entry.name.ends_with(ending.as_bytes()));
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

/// Returns the entry of a tree at a path, if trees that lead there can be read.
pub(super) fn find(odb: &Odb, tree: &mut Option<TreePaths>, path: &[u8]) -> Option<FileVersion> {
    let mut read = |oid: &Oid| match odb.read(oid) {
        Ok(Some((ObjectKind::Tree, bytes))) => Ok(bytes),
        _ => Err(()),
    };
    tree.as_mut()?.find(path, &mut read).ok().flatten()
}

/// Reads the object of a path, which has to be of this kind.
pub(super) fn read_object(
    odb: &Odb,
    oid: &Oid,
    kind: ObjectKind,
    path: &str,
    limit: u64,
) -> Result<Vec<u8>, SnapshotError> {
    is_of_kind(odb.read_within(oid, limit), oid, kind, path)
}

fn is_of_kind(
    read: Result<Option<(ObjectKind, Vec<u8>)>, ObjectError>,
    oid: &Oid,
    kind: ObjectKind,
    path: &str,
) -> Result<Vec<u8>, SnapshotError> {
    match read {
        Ok(Some((found, bytes))) if found == kind => Ok(bytes),
        Ok(Some(_)) => Err(SnapshotError::new(path, format_args!("object {oid} is no {}", kind.name()))),
        Ok(None) => Err(SnapshotError::new(path, format_args!("object {oid} is missing"))),
        Err(error) => Err(SnapshotError::new(path, error)),
    }
}

//! Opens a repository: its directories, its formats, and the parts that cannot be read.
//!
//! Handles work trees, bare repositories, `.git` files and linked worktrees. Only the given directory is trusted:
//! `core.worktree` is never obeyed, nothing named in the configuration runs, and other object stores are followed only
//! as [`OpenOptions`] allows. A git directory outside of the work tree is followed only if it points back, as those of
//! linked worktrees and submodules do. What is left out for that reason, or because its format is unknown, is a problem
//! of the repository that the coverage counts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::config::GitConfig;
use super::disk::{self, DiskError};
use super::env::GitEnv;
use super::head;
use super::oid::{ObjectFormat, Oid};
use crate::model::{Coverage, SkipReason};

/// Largest `config`, `commondir`, `.git` or alternates file that is read, in bytes.
pub(super) const MAX_SMALL_FILE: u64 = 1 << 20;
/// Largest `shallow` file that is read, in bytes: 100 k boundary commits and more.
const MAX_SHALLOW_FILE: u64 = 16 << 20;
/// Depth of alternates of alternates, as in git.
const MAX_ALTERNATE_DEPTH: usize = 5;
/// Most object directories.
const MAX_OBJECT_DIRS: usize = 64;

/// Most files of a pack directory.
pub(crate) const MAX_PACK_FILES: usize = 100_000;

/// Permissions to read files outside of the repository itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenOptions {
    /// Git's environment variables, where a scan of the repository around the current directory obeys them, as git's own
    /// commands do; `None` obeys none.
    pub(crate) env: Option<GitEnv>,
    /// Follows alternates outside of the repository, whoever owns it.
    pub(crate) alternates: bool,
    /// Ends the search for objects in packs without an index.
    pub(crate) deadline: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RefStorage {
    /// Loose files and `packed-refs`.
    Files,
    /// Tables under `reftable/`, which git itself reads for us.
    Reftable,
    Unknown(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Repository {
    /// The directory with `HEAD` and `index`: `.git`, or `.git/worktrees/NAME` for a linked worktree.
    pub(crate) git_dir: PathBuf,
    /// The directory with `objects` and `refs`; equals `git_dir` except in a linked worktree.
    pub(crate) common_dir: PathBuf,
    /// The top of the work tree; `None` for a bare repository or one that was opened by its git directory.
    pub(crate) work_tree: Option<PathBuf>,
    pub(crate) format: ObjectFormat,
    pub(crate) ref_storage: RefStorage,
    /// Every object directory to read, the repository's own first.
    pub(crate) object_dirs: Vec<PathBuf>,
    /// Ends the search for objects in packs without an index.
    pub(crate) deadline: Option<Instant>,
    /// Commits whose parents a shallow clone lacks, sorted.
    pub(crate) shallow: Vec<Oid>,
    /// Set in a partial clone, where objects may be missing.
    pub(crate) partial: bool,
    /// Set if another user owns it: its objects are read, none of its configuration is obeyed.
    pub(crate) foreign: bool,
    /// Set if its configuration includes other files.
    pub(crate) includes: bool,
    /// The address of `origin`, without credentials. It is shown, and nothing is fetched from it.
    pub(crate) remote: Option<String>,
    problems: Vec<(SkipReason, String)>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error("{}: not in a git repository", .0.display())]
    NotFound(PathBuf),
    /// A directory that looks like a repository and is broken.
    #[error("{}: not a git repository: {why}", path.display())]
    Malformed { path: PathBuf, why: &'static str },
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl Repository {
    /// Finds the repository that holds `path`: `path` itself or the nearest directory above it.
    pub(crate) fn discover(path: &Path, options: &OpenOptions) -> Result<Self, OpenError> {
        if let Some(git_dir) = options.env.as_ref().and_then(|env| env.git_dir.as_ref()) {
            let work_tree = options.env.as_ref().and_then(|env| env.work_tree.clone());
            let work_tree = work_tree.unwrap_or_else(|| path.to_path_buf());
            return Self::assemble(disk::canonical(git_dir)?, disk::canonical(&work_tree).ok(), options);
        }
        let start = disk::canonical(path)?;
        for dir in start.ancestors() {
            if disk::exists(&dir.join(".git")) {
                match Self::open(dir, options) {
                    // An empty or stray `.git` does not hide the repository around it; git continues upwards, too.
                    Err(OpenError::Malformed { .. }) if disk::is_dir(&dir.join(".git")) => {}
                    opened => return opened,
                }
            } else if is_git_dir(dir) {
                return Self::open(dir, options);
            }
        }
        Err(OpenError::NotFound(path.to_path_buf()))
    }

    /// Opens the repository at exactly this path: a work tree or a git directory.
    pub(crate) fn open(path: &Path, options: &OpenOptions) -> Result<Self, OpenError> {
        let path = disk::canonical(path)?;
        let dot_git = path.join(".git");
        if disk::exists(&dot_git) {
            let git_dir = if disk::is_dir(&dot_git) { dot_git.clone() } else { follow_git_file(&dot_git)? };
            let git_dir = disk::canonical(&git_dir)?;
            if !git_dir.starts_with(&path) && !points_back(&git_dir, &path) {
                let why = "leads to a repository that does not point back; `git worktree repair` or GIT_DIR may help";
                return Err(OpenError::Malformed { path: dot_git, why });
            }
            return Self::assemble(git_dir, Some(path), options);
        }
        if is_git_dir(&path) {
            return Self::assemble(path, None, options);
        }
        Err(OpenError::NotFound(path))
    }

    fn assemble(git_dir: PathBuf, work_tree: Option<PathBuf>, options: &OpenOptions) -> Result<Self, OpenError> {
        let common_dir = common_dir(&git_dir, options.env.as_ref())?;
        let is_linked = git_dir.parent().is_some_and(|parent| parent == common_dir.join("worktrees"));
        if !is_linked && git_dir != common_dir && options.env.as_ref().is_none_or(|env| env.common_dir.is_none()) {
            let why = "its `commondir` names a repository that it does not belong to";
            return Err(OpenError::Malformed { path: git_dir, why });
        }
        if !disk::exists(&git_dir.join("HEAD")) {
            return Err(OpenError::Malformed { path: git_dir, why: "no HEAD" });
        }
        let mut repo = Self {
            foreign: disk::is_foreign(&git_dir) || disk::is_foreign(&common_dir),
            git_dir,
            common_dir,
            work_tree,
            format: ObjectFormat::Sha1,
            ref_storage: RefStorage::Files,
            object_dirs: Vec::new(),
            deadline: options.deadline,
            shallow: Vec::new(),
            partial: false,
            includes: false,
            remote: None,
            problems: Vec::new(),
        };
        repo.read_config();
        repo.check_layout();
        repo.find_objects(options)?;
        repo.read_shallow();
        Ok(repo)
    }

    /// Adds the parts of this repository that are not read to the coverage.
    pub(crate) fn report_problems(&self, coverage: &mut Coverage) {
        for (reason, example) in &self.problems {
            coverage.skip(*reason, example.clone());
        }
    }

    /// Returns the directory that names this repository in reports: its work tree, else its git directory.
    pub(crate) fn root(&self) -> &Path {
        self.work_tree.as_deref().unwrap_or(&self.git_dir)
    }

    fn problem(&mut self, reason: SkipReason, example: impl Into<String>) {
        self.problems.push((reason, example.into()));
    }

    /// Reads the keys that describe how objects and refs are stored. Also done for a foreign repository: they have no
    /// side effects.
    fn read_config(&mut self) {
        let text = match disk::read(&self.common_dir.join("config"), MAX_SMALL_FILE) {
            Ok(text) => text.unwrap_or_default(),
            Err(error) => {
                self.includes = true;
                return self.problem(error.reason(), error.to_string());
            }
        };
        let config = GitConfig::parse(&text);
        let own = disk::read(&self.git_dir.join("config.worktree"), MAX_SMALL_FILE).map(Option::unwrap_or_default);
        self.includes = config.includes() || own.map_or(true, |text| GitConfig::parse(&text).includes());
        let version = config.get("core", "repositoryformatversion").unwrap_or("0");
        if !matches!(version, "" | "0" | "1") {
            self.problem(SkipReason::Unsupported, format!("repository format version {version}"));
        }
        self.partial = config.any_true("remote", "promisor");
        self.remote = config.get_in("remote", "origin", "url").filter(|_| !self.foreign).map(without_credentials);
        for (key, value) in config.section("extensions") {
            self.read_extension(key, value);
        }
    }

    /// Looks for what git itself asks of a repository: without it, refs may be anywhere.
    fn check_layout(&mut self) {
        if head::is_junk(&self.git_dir.join("HEAD"), self.format) {
            self.problem(SkipReason::Damaged, "HEAD names neither a branch nor a commit");
        }
        let refs = self.common_dir.join("refs");
        if !disk::exists(&refs) {
            self.problem(SkipReason::Damaged, format!("{}: it is missing", refs.display()));
        }
    }

    fn read_extension(&mut self, key: &str, value: &str) {
        match (key, value.to_ascii_lowercase().as_str()) {
            ("objectformat", "sha1") => self.format = ObjectFormat::Sha1,
            ("objectformat", "sha256") => self.format = ObjectFormat::Sha256,
            ("refstorage", "files") => self.ref_storage = RefStorage::Files,
            ("refstorage", "reftable") => self.ref_storage = RefStorage::Reftable,
            ("refstorage", other) => {
                self.ref_storage = RefStorage::Unknown(other.to_owned());
                self.problem(SkipReason::Unsupported, format!("extensions.refStorage = {other}"));
            }
            ("partialclone", _) => self.partial = true,
            // Names translated between two hashes: the objects are stored under the main one.
            ("noop" | "noop-v1" | "preciousobjects" | "worktreeconfig" | "relativeworktrees", _)
            | ("compatobjectformat", _) => {}
            _ => self.problem(SkipReason::Unsupported, format!("extensions.{key}")),
        }
    }

    fn find_objects(&mut self, options: &OpenOptions) -> Result<(), OpenError> {
        let env = options.env.clone().unwrap_or_default();
        let is_named = options.alternates || env.object_dir.is_some();
        let follows = options.alternates || self.git_would_follow(options);
        let own = env.object_dir.unwrap_or_else(|| self.common_dir.join("objects"));
        if !disk::is_dir(&own) {
            return Err(OpenError::Malformed { path: self.git_dir.clone(), why: "no objects directory" });
        }
        let own = disk::canonical(&own)?;
        let mut seen = BTreeSet::from([own.clone()]);
        let mut queue = Vec::new();
        if is_named || self.holds(&own) {
            queue.push((own, 0));
        } else {
            self.problem(SkipReason::Alternate, own.display().to_string());
        }
        for dir in env.alternate_object_dirs {
            if let Ok(dir) = disk::canonical(&dir)
                && seen.insert(dir.clone())
            {
                queue.push((dir, 0));
            }
        }
        let mut next = 0;
        while let Some((dir, depth)) = queue.get(next).cloned() {
            next += 1;
            for alternate in self.alternates_of(&dir) {
                let Ok(path) = disk::canonical(&alternate) else {
                    self.problem(SkipReason::Alternate, format!("{}: not found", alternate.display()));
                    continue;
                };
                if !seen.insert(path.clone()) {
                    continue;
                }
                if !follows && !self.holds(&path) {
                    self.problem(SkipReason::Alternate, path.display().to_string());
                } else if depth + 1 > MAX_ALTERNATE_DEPTH || queue.len() >= MAX_OBJECT_DIRS {
                    self.problem(SkipReason::OverLimit, format!("alternate {}", path.display()));
                } else {
                    queue.push((path, depth + 1));
                }
            }
        }
        self.object_dirs = queue.into_iter().map(|(dir, _)| dir).collect();
        self.partial |= self.object_dirs.iter().any(|dir| has_promisor_packs(dir));
        Ok(())
    }

    /// Returns true if the scan is about what git is asked for here, so that it reads the stores that git reads: in a
    /// repository of the user's own, or one that git itself names to us, after it has checked its owner.
    fn git_would_follow(&self, options: &OpenOptions) -> bool {
        options.env.as_ref().is_some_and(|env| !self.foreign || env.git_dir.is_some())
    }

    fn holds(&self, path: &Path) -> bool {
        path.starts_with(&self.common_dir)
            || path.starts_with(&self.git_dir)
            || self.work_tree.as_ref().is_some_and(|top| path.starts_with(top))
    }

    fn alternates_of(&mut self, objects: &Path) -> Vec<PathBuf> {
        let info = objects.join("info");
        if disk::exists(&info) && !disk::is_dir(&info) {
            self.problem(SkipReason::Alternate, format!("{}: no directory", info.display()));
        }
        match disk::read(&info.join("alternates"), MAX_SMALL_FILE) {
            Ok(text) => text
                .unwrap_or_default()
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
                .take(MAX_OBJECT_DIRS * 4)
                .map(|line| objects.join(bytes_to_path(line)))
                .collect(),
            Err(error) => {
                self.problem(SkipReason::Alternate, error.to_string());
                Vec::new()
            }
        }
    }

    fn read_shallow(&mut self) {
        match disk::read(&self.common_dir.join("shallow"), MAX_SHALLOW_FILE) {
            Ok(text) => {
                let text = text.unwrap_or_default();
                for line in text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
                    match Oid::from_hex(line.trim_ascii()) {
                        Some(oid) => self.shallow.push(oid),
                        None => {
                            self.problem(SkipReason::Damaged, "the file `shallow`");
                            break;
                        }
                    }
                }
            }
            Err(error) => self.problem(SkipReason::Damaged, error.to_string()),
        }
        self.shallow.sort_unstable();
        self.shallow.dedup();
    }
}

/// Returns true if the directory looks like a git directory, by git's own test.
fn is_git_dir(dir: &Path) -> bool {
    let linked = disk::exists(&dir.join("commondir"));
    disk::exists(&dir.join("HEAD"))
        && (linked || (disk::is_dir(&dir.join("objects")) && disk::is_dir(&dir.join("refs"))))
}

fn has_promisor_packs(objects: &Path) -> bool {
    disk::list(&objects.join("pack"), MAX_PACK_FILES)
        .is_ok_and(|(names, _)| names.iter().any(|(name, _)| name.as_encoded_bytes().ends_with(b".promisor")))
}

fn follow_git_file(file: &Path) -> Result<PathBuf, OpenError> {
    let malformed = |why| OpenError::Malformed { path: file.to_path_buf(), why };
    let text = disk::read(file, MAX_SMALL_FILE)?.ok_or_else(|| malformed("vanished while opening"))?;
    let target = text.strip_prefix(b"gitdir:").ok_or_else(|| malformed("no `gitdir:` at its beginning"))?;
    let target = file.parent().unwrap_or(file).join(bytes_to_path(target.trim_ascii()));
    if is_git_dir(&target) { Ok(target) } else { Err(malformed("names no git directory")) }
}

/// Returns true if a git directory belongs to the work tree at `top`: it is that of a linked worktree or submodule there.
fn points_back(git_dir: &Path, top: &Path) -> bool {
    let small = |name: &str| disk::read(&git_dir.join(name), MAX_SMALL_FILE).ok().flatten();
    let is_top = |path: &Path| disk::canonical(&git_dir.join(path)).is_ok_and(|path| path == top);
    if let Some(back) = small("gitdir") {
        let file = bytes_to_path(back.trim_ascii());
        return file.file_name().is_some_and(|name| name == ".git") && file.parent().is_some_and(is_top);
    }
    let config = small("config").map(|text| GitConfig::parse(&text)).unwrap_or_default();
    config.get("core", "worktree").is_some_and(|top| is_top(Path::new(top)))
}

fn common_dir(git_dir: &Path, env: Option<&GitEnv>) -> Result<PathBuf, OpenError> {
    if let Some(dir) = env.and_then(|env| env.common_dir.as_ref()) {
        return Ok(disk::canonical(dir)?);
    }
    match disk::read(&git_dir.join("commondir"), MAX_SMALL_FILE)? {
        None => Ok(git_dir.to_path_buf()),
        Some(text) => Ok(disk::canonical(&git_dir.join(bytes_to_path(text.trim_ascii())))?),
    }
}

/// Removes user, password, query and fragment from an address. Whatever an `@` follows may be a password.
fn without_credentials(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let host = rest.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{}", host.split(['?', '#']).next().unwrap_or_default())
}

/// Converts bytes to a path. Where paths are not bytes, malformed UTF-8 becomes a replacement character.
pub(crate) fn bytes_to_path(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    {
        PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
#[path = "repo_tests.rs"]
mod tests;

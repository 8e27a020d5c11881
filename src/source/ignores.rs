//! Decides which entries of a work tree to leave out: untracked ones that a `.gitignore` or `info/exclude` names.
//!
//! Tracked files are always scanned, whatever an ignore file says. Rules above the repository and the user's global ones do
//! not count, so that a scan has the same result on every machine. A nested repository has rules of its own.
//!
//! Rules take memory, so an ignore file has a bound, and all of a walk together have one. A file beyond it has no rules at
//! all, since any line may take back another one: more is scanned then, and the file is counted.

use std::collections::HashMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::disk::{self, OpenFile, bytes_of};
use super::tracked::TrackedPaths;

/// Most bytes of an ignore file, and of all of a walk.
const MAX_IGNORE_FILE: u64 = 256 << 10;
const MAX_IGNORE_FILES: u64 = 8 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryDecision {
    /// Scan the file, or walk into the directory.
    Take,
    /// Untracked and ignored.
    Ignored,
    /// A repository's own directory.
    GitDir,
}

/// A directory with its rules.
#[derive(Debug)]
struct DirectoryRules {
    parent: Option<Arc<DirectoryRules>>,
    rules: Option<Gitignore>,
    repository: Option<Arc<TrackedRepository>>,
    /// Inside an ignored directory, which is walked because it has tracked files.
    ignored: bool,
}

/// A work tree's root with its tracked paths, which are read on first use.
#[derive(Debug)]
struct TrackedRepository {
    root: PathBuf,
    tracked: OnceLock<TrackedPaths>,
}

impl TrackedRepository {
    fn tracked(&self) -> &TrackedPaths {
        self.tracked.get_or_init(|| TrackedPaths::load(&self.root))
    }

    /// Returns the path below the root, as in the index.
    fn relative(&self, path: &Path) -> Option<Vec<u8>> {
        disk::relative(&self.root, path).map(bytes_of)
    }
}

/// The rules of all directories of one walk. Shared by its threads.
#[derive(Debug, Default)]
pub(super) struct IgnoreRules {
    directories: Mutex<HashMap<PathBuf, Arc<DirectoryRules>>>,
    /// Bytes of ignore files that were read.
    read: AtomicU64,
    /// Ignore files without rules, because they are over a bound.
    refused: Mutex<Vec<PathBuf>>,
}

/// Decides for one thread. Caches the last directory: most entries lie in that of the entry before.
#[derive(Debug, Clone)]
pub(super) struct IgnoreDecider<'a> {
    ignores: &'a IgnoreRules,
    last: Option<(PathBuf, Arc<DirectoryRules>)>,
}

impl<'a> IgnoreDecider<'a> {
    pub(super) fn new(ignores: &'a IgnoreRules) -> Self {
        Self { ignores, last: None }
    }

    /// Decides about an entry, and remembers the rules of a directory that is taken. Parents come before children.
    pub(super) fn decide(&mut self, path: &Path, is_directory: bool) -> EntryDecision {
        let parent = path.parent().and_then(|parent| self.known(parent));
        if path.file_name().is_some_and(|name| name == ".git")
            && parent.as_ref().is_some_and(|p| p.repository.is_some())
        {
            return EntryDecision::GitDir;
        }
        let Some(parent) = parent else {
            if is_directory {
                self.ignores.remember(path, None, false);
            }
            return EntryDecision::Take;
        };
        let ignored = parent.ignored || is_ignored(&parent, path, is_directory);
        if ignored && !is_kept(&parent, path, is_directory) {
            return EntryDecision::Ignored;
        }
        if is_directory {
            self.ignores.remember(path, Some(parent), ignored);
        }
        EntryDecision::Take
    }

    fn known(&mut self, path: &Path) -> Option<Arc<DirectoryRules>> {
        // Compared as bytes: faster, and never equal for different paths.
        if let Some((last, directory)) = &self.last
            && last.as_os_str() == path.as_os_str()
        {
            return Some(Arc::clone(directory));
        }
        let found = self.ignores.known(path)?;
        self.last = Some((path.to_path_buf(), Arc::clone(&found)));
        Some(found)
    }
}

impl IgnoreRules {
    /// Reads the rules from a repository's root down to `path`, so that a scan of a part of a repository obeys the same rules
    /// as one of the whole. Returns false if `path` itself is ignored.
    pub(super) fn enter(&self, root: &Path, path: &Path) -> bool {
        self.remember(root, None, false);
        let mut decider = IgnoreDecider::new(self);
        let mut at = root.to_path_buf();
        for part in disk::relative(root, path).into_iter().flat_map(Path::components) {
            at.push(part);
            if decider.decide(&at, true) != EntryDecision::Take {
                return false;
            }
        }
        true
    }

    fn known(&self, path: &Path) -> Option<Arc<DirectoryRules>> {
        self.directories.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    fn remember(&self, path: &Path, parent: Option<Arc<DirectoryRules>>, ignored: bool) {
        let directory = if disk::is_repository(path) {
            let repository = TrackedRepository { root: path.to_path_buf(), tracked: OnceLock::new() };
            let rules = self.rules_of(path, &[path.join(".gitignore"), path.join(".git/info/exclude")]);
            DirectoryRules { parent: None, rules, repository: Some(Arc::new(repository)), ignored: false }
        } else {
            let repository = parent.as_ref().and_then(|parent| parent.repository.clone());
            // Outside of a repository git reads no ignore file either.
            let rules = repository.as_ref().and_then(|_| self.rules_of(path, &[path.join(".gitignore")]));
            DirectoryRules { rules, repository, parent, ignored }
        };
        self.directories.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_path_buf(), Arc::new(directory));
    }

    /// Reads the rules in these files. A file that cannot be read has none: then more is scanned, not less.
    fn rules_of(&self, directory: &Path, files: &[PathBuf]) -> Option<Gitignore> {
        let mut builder = GitignoreBuilder::new(directory);
        let mut any = false;
        // Earlier files win in git, later lines win in a builder.
        for file in files.iter().rev() {
            let Ok(Some(opened)) = super::disk::open(file) else { continue };
            let Some(text) = self.read(opened) else {
                self.refuse(file);
                continue;
            };
            for line in String::from_utf8_lossy(&text).lines() {
                any |= builder.add_line(None, line).is_ok();
            }
        }
        if !any {
            return None;
        }
        // Together the patterns may be too large for the library.
        builder.build().map_err(|_| files.iter().for_each(|file| self.refuse(file))).ok()
    }

    /// Reads an ignore file; `None` if it is over a bound.
    fn read(&self, opened: OpenFile) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        opened.file.take(MAX_IGNORE_FILE + 1).read_to_end(&mut text).ok()?;
        let length = text.len() as u64;
        let fits =
            length <= MAX_IGNORE_FILE && self.read.fetch_add(length, Ordering::Relaxed) + length <= MAX_IGNORE_FILES;
        fits.then_some(text)
    }

    fn refuse(&self, file: &Path) {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).push(file.to_path_buf());
    }

    /// Returns the ignore files that have no rules because they are over a bound.
    pub(super) fn take_refused(&self) -> Vec<PathBuf> {
        std::mem::take(&mut self.refused.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn is_ignored(parent: &DirectoryRules, path: &Path, is_directory: bool) -> bool {
    let mut at = Some(parent);
    while let Some(directory) = at {
        if let Some(rules) = &directory.rules {
            match rules.matched(path, is_directory) {
                ignore::Match::Ignore(_) => return true,
                ignore::Match::Whitelist(_) => return false,
                ignore::Match::None => {}
            }
        }
        at = directory.parent.as_deref();
    }
    false
}

/// Returns true if an ignored entry is tracked, or a directory that holds a tracked file.
fn is_kept(parent: &DirectoryRules, path: &Path, is_directory: bool) -> bool {
    let Some(repository) = &parent.repository else { return false };
    let Some(relative) = repository.relative(path) else { return false };
    let tracked = repository.tracked();
    if is_directory { tracked.holds_below(&relative) } else { tracked.holds(&relative) }
}

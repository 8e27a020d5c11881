//! Which entries of a work tree are left out: untracked ones that a `.gitignore` or `info/exclude` names.
//!
//! Tracked files are always scanned, whatever an ignore file says. Rules above the repository and the user's global
//! ones do not count, so that a scan says the same on every machine. A nested repository has rules of its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::disk::{self, bytes_of};
use super::tracked::TrackedPaths;

/// What to do with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Scan it, or walk into it.
    Take,
    /// Untracked and ignored.
    Ignored,
    /// A repository's own directory.
    GitDir,
}

/// A directory with its rules.
#[derive(Debug)]
struct Directory {
    parent: Option<Arc<Directory>>,
    rules: Option<Gitignore>,
    repository: Option<Arc<Repository>>,
    /// Inside an ignored directory that is walked for its tracked files' sake.
    ignored: bool,
}

/// A work tree's root with what it tracks, read when first asked for.
#[derive(Debug)]
struct Repository {
    root: PathBuf,
    tracked: OnceLock<TrackedPaths>,
}

impl Repository {
    fn tracked(&self) -> &TrackedPaths {
        self.tracked.get_or_init(|| TrackedPaths::load(&self.root))
    }

    /// The path below the root as the index has it.
    fn relative(&self, path: &Path) -> Option<Vec<u8>> {
        path.strip_prefix(&self.root).ok().map(bytes_of)
    }
}

/// Decides for the entries of one walk. Shared by its threads.
#[derive(Debug, Default)]
pub(super) struct Ignores {
    directories: Mutex<HashMap<PathBuf, Arc<Directory>>>,
}

/// One thread's way to the decisions: most entries lie in the directory of the entry before.
#[derive(Debug, Clone)]
pub(super) struct Decider<'a> {
    ignores: &'a Ignores,
    last: Option<(PathBuf, Arc<Directory>)>,
}

impl<'a> Decider<'a> {
    /// Nothing decided yet.
    pub(super) fn new(ignores: &'a Ignores) -> Self {
        Self { ignores, last: None }
    }

    /// Decides about an entry; a directory that is taken is remembered with its rules. Parents come before children.
    pub(super) fn decide(&mut self, path: &Path, is_directory: bool) -> Decision {
        let parent = path.parent().and_then(|parent| self.known(parent));
        if path.file_name().is_some_and(|name| name == ".git")
            && parent.as_ref().is_some_and(|p| p.repository.is_some())
        {
            return Decision::GitDir;
        }
        let Some(parent) = parent else {
            if is_directory {
                self.ignores.remember(path, None, false);
            }
            return Decision::Take;
        };
        let ignored = parent.ignored || is_ignored(&parent, path, is_directory);
        if ignored && !is_kept(&parent, path, is_directory) {
            return Decision::Ignored;
        }
        if is_directory {
            self.ignores.remember(path, Some(parent), ignored);
        }
        Decision::Take
    }

    fn known(&mut self, path: &Path) -> Option<Arc<Directory>> {
        // Compared as bytes, which cannot find two paths equal that are not.
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

impl Ignores {
    /// Makes the directories from a repository's root down to `path` known, so that a scan of a part of a repository
    /// obeys the same rules as one of the whole. False if `path` itself is ignored.
    pub(super) fn enter(&self, root: &Path, path: &Path) -> bool {
        self.remember(root, None, false);
        let mut decider = Decider::new(self);
        let mut at = root.to_path_buf();
        for part in path.strip_prefix(root).into_iter().flat_map(Path::components) {
            at.push(part);
            if decider.decide(&at, true) != Decision::Take {
                return false;
            }
        }
        true
    }

    fn known(&self, path: &Path) -> Option<Arc<Directory>> {
        self.directories.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    fn remember(&self, path: &Path, parent: Option<Arc<Directory>>, ignored: bool) {
        let directory = if disk::is_repository(path) {
            let repository = Repository { root: path.to_path_buf(), tracked: OnceLock::new() };
            let rules = rules_of(path, &[path.join(".gitignore"), path.join(".git/info/exclude")]);
            Directory { parent: None, rules, repository: Some(Arc::new(repository)), ignored: false }
        } else {
            let repository = parent.as_ref().and_then(|parent| parent.repository.clone());
            // Outside of a repository git would not look at an ignore file either.
            let rules = repository.as_ref().and_then(|_| rules_of(path, &[path.join(".gitignore")]));
            Directory { rules, repository, parent, ignored }
        };
        self.directories.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_path_buf(), Arc::new(directory));
    }
}

/// The rules in these files, if any. A file that cannot be read has none: then more is scanned, not less.
fn rules_of(directory: &Path, files: &[PathBuf]) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(directory);
    let mut any = false;
    // Earlier files win in git, later lines win in a builder.
    for file in files.iter().rev() {
        let Ok(Some(mut opened)) = super::disk::open(file) else { continue };
        let mut text = Vec::new();
        if std::io::Read::read_to_end(&mut std::io::Read::take(&mut opened.file, 1 << 20), &mut text).is_err() {
            continue;
        }
        for line in String::from_utf8_lossy(&text).lines() {
            any |= builder.add_line(None, line).is_ok();
        }
    }
    if any { builder.build().ok() } else { None }
}

fn is_ignored(parent: &Directory, path: &Path, is_directory: bool) -> bool {
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

/// Whether an ignored entry is tracked, or a directory that holds something tracked.
fn is_kept(parent: &Directory, path: &Path, is_directory: bool) -> bool {
    let Some(repository) = &parent.repository else { return false };
    let Some(relative) = repository.relative(path) else { return false };
    let tracked = repository.tracked();
    if is_directory { tracked.holds_below(&relative) } else { tracked.holds(&relative) }
}

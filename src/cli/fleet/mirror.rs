//! Clones and fetches mirrors of what is a URL: by the user's own git, below one directory, and nowhere else.
//!
//! Git may ask nobody, runs no hook, uses no template, repacks nothing, and speaks no other protocol than it is told.

#![expect(clippy::disallowed_methods, reason = "starts git, and makes directories for mirrors")]

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fleet::{Failure, Protocols, RepositoryName};
use crate::git::disk;

/// Variables that would name another repository to git, or run programs for it.
const DROPPED: [&str; 10] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_TEMPLATE_DIR",
    "GIT_EXTERNAL_DIFF",
    "GIT_ASKPASS",
];

/// Configuration that beats any other.
const SETTINGS: [&str; 7] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "init.templateDir=",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.recurseSubmodules=false",
    "credential.interactive=false",
];

/// Messages of git after which trying again does not help.
const FINAL: [&str; 9] = [
    "Authentication failed",
    "could not read Username",
    "could not read Password",
    "Permission denied",
    "not found",
    "does not exist",
    "does not appear to be a git repository",
    "Host key verification failed",
    "not allowed",
];

/// Directory of mirrors.
#[derive(Debug, Clone)]
pub(super) struct Mirrors {
    directory: PathBuf,
    protocols: Protocols,
}

impl Mirrors {
    pub(super) fn open(directory: &Path, protocols: Protocols) -> anyhow::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self { directory: disk::canonical(directory)?, protocols })
    }

    /// Returns the directory of a mirror.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Clones or fetches a repository, and returns the directory of its mirror.
    pub(super) fn update(&self, name: &RepositoryName) -> Result<(), Failure> {
        let failed = |reason: String, transient| Failure { reason, transient };
        let Some(mirror) = name.mirror() else { return Ok(()) };
        let (path, url) = (self.path(&mirror), name.as_str());
        let lock = File::create(self.path(&format!("{mirror}.lock")));
        let lock = lock.map_err(|error| failed(format!("its lock cannot be made: {error}"), true))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(failed("another worker fetches it".to_owned(), true)),
            // A file system without locks has none to wait for.
            Err(TryLockError::Error(_)) => {}
        }
        if fs::symlink_metadata(&path).is_ok_and(|seen| !seen.is_dir()) {
            return Err(failed(format!("{} is no directory", path.display()), false));
        }
        if disk::exists(&path) { self.fetch(&path, url) } else { self.clone_to(&path, &mirror, url) }
    }

    fn fetch(&self, path: &Path, url: &str) -> Result<(), Failure> {
        let mut git = self.git();
        git.arg("--git-dir").arg(path).args(["fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head"]);
        finish(git.args(["--no-recurse-submodules", "--", url, "+refs/*:refs/*"]))
    }

    /// Clones beside, and names what is whole.
    fn clone_to(&self, path: &Path, mirror: &str, url: &str) -> Result<(), Failure> {
        let failed =
            |error: std::io::Error| Failure { reason: format!("{}: {error}", path.display()), transient: true };
        let beside = self.path(&format!("{mirror}.part"));
        if disk::exists(&beside) {
            // A worker was killed; its lock is ours.
            fs::remove_dir_all(&beside).map_err(failed)?;
        }
        let mut git = self.git();
        finish(
            git.args(["clone", "--quiet", "--mirror", "--template=", "--no-recurse-submodules", "--", url])
                .arg(&beside),
        )?;
        fs::rename(&beside, path).map_err(failed)
    }

    fn git(&self) -> Command {
        let mut git = Command::new("git");
        for name in DROPPED {
            git.env_remove(name);
        }
        for setting in SETTINGS {
            git.args(["-c", setting]);
        }
        git.env("GIT_ALLOW_PROTOCOL", self.protocols.allowed()).env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        git.stdin(Stdio::null()).stdout(Stdio::null()).current_dir(&self.directory);
        git
    }
}

fn finish(git: &mut Command) -> Result<(), Failure> {
    let output = git.stderr(Stdio::piped()).output();
    let output = output.map_err(|error| Failure { reason: format!("git cannot be run: {error}"), transient: false })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it was killed");
    let fatal = said.lines().find(|line| line.starts_with("fatal:")).unwrap_or(last);
    let transient = !FINAL.iter().any(|words| said.contains(words));
    Err(Failure { reason: crate::model::escape::escape(fatal.trim()), transient })
}

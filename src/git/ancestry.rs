//! Relations between commits: their common ancestor, and what one reaches that others do not.
//!
//! libgit2 answers first. It refuses SHA-256, reftable and partial clones; git answers for those.

use std::ffi::{OsStr, OsString};

use super::env::GitEnv;
use super::git_cli;
use super::oid::Oid;
use super::repo::Repository;

/// The history between two commits cannot be walked: commits are missing, or neither libgit2 nor git can read them.
#[derive(Debug, thiserror::Error)]
#[error("the history between {known} and {wanted} cannot be walked{hint}")]
pub(crate) struct Unwalkable {
    known: String,
    wanted: String,
    hint: &'static str,
}

pub(crate) struct Ancestry<'a> {
    repository: &'a Repository,
    library: Option<git2::Repository>,
    env: Option<&'a GitEnv>,
}

impl<'a> Ancestry<'a> {
    /// Opens the repository once more. `env` is git's environment where a hook obeys it: a receiving hook's new objects
    /// are in a quarantine that only the environment names.
    pub(crate) fn new(repository: &'a Repository, env: Option<&'a GitEnv>) -> Self {
        let in_hook = env.is_some_and(|env| env.object_dir.is_some() || env.git_dir.is_some());
        let library =
            if in_hook { git2::Repository::open_from_env() } else { git2::Repository::open(&repository.git_dir) };
        Self { repository, library: library.ok(), env }
    }

    /// Returns the best common ancestor of two commits.
    pub(crate) fn merge_base(&self, one: &Oid, two: &Oid) -> Option<Oid> {
        let by_library = self.library.as_ref().and_then(|library| {
            let base = library.merge_base(raw(one)?, raw(two)?).ok()?;
            Oid::from_raw(base.as_bytes())
        });
        by_library.or_else(|| {
            self.ask(&["merge-base".to_owned(), one.to_string(), two.to_string()])
                .unwrap_or_default()
                .into_iter()
                .next()
        })
    }

    /// Returns the commits that `wanted` reach and `known` do not, parents before children.
    pub(crate) fn between(&self, known: &[Oid], wanted: &[Oid]) -> Result<Vec<Oid>, Unwalkable> {
        if let Some(commits) = self.walk(known, wanted) {
            return Ok(commits);
        }
        let mut arguments = vec!["rev-list".to_owned(), "--topo-order".to_owned(), "--reverse".to_owned()];
        arguments.extend(wanted.iter().map(ToString::to_string));
        arguments.extend(known.iter().map(|oid| format!("^{oid}")));
        arguments.push("--".to_owned());
        let names = |oids: &[Oid]| oids.first().map(ToString::to_string).unwrap_or_default();
        self.ask(&arguments).ok_or_else(|| Unwalkable { known: names(known), wanted: names(wanted), hint: self.hint() })
    }

    fn walk(&self, known: &[Oid], wanted: &[Oid]) -> Option<Vec<Oid>> {
        let mut walk = self.library.as_ref()?.revwalk().ok()?;
        walk.set_sorting(git2::Sort::TOPOLOGICAL | git2::Sort::REVERSE).ok()?;
        for oid in wanted {
            walk.push(raw(oid)?).ok()?;
        }
        for oid in known {
            walk.hide(raw(oid)?).ok()?;
        }
        walk.map(|oid| oid.ok().and_then(|oid| Oid::from_raw(oid.as_bytes()))).collect()
    }

    /// Advises what to do if commits are missing.
    fn hint(&self) -> &'static str {
        if self.repository.shallow.is_empty() {
            "; fetch what is missing (git fetch origin REVISION)"
        } else {
            "; the clone is shallow (git fetch --unshallow, or actions/checkout with fetch-depth: 0)"
        }
    }

    /// Runs git and parses its output, one object id a line; `None` if it fails.
    fn ask(&self, arguments: &[String]) -> Option<Vec<Oid>> {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let arguments: Vec<&OsStr> = arguments.iter().map(OsString::as_os_str).collect();
        let output = git_cli::run(self.repository, self.env, &arguments).ok()?;
        Some(output.split(|byte| *byte == b'\n').filter_map(Oid::from_hex).collect())
    }
}

fn raw(oid: &Oid) -> Option<git2::Oid> {
    git2::Oid::from_bytes(oid.as_bytes()).ok()
}

//! Runs the git program, for the few questions that only git answers.
//!
//! It gets a bare environment and must run nothing that the repository names: no file system monitor, no hooks, no
//! pager, no prompt, and no fetching of missing objects.

#![expect(clippy::disallowed_methods, reason = "edge module: starts git")]

use std::ffi::OsStr;
use std::process::{Command, Stdio};

use super::env::GitEnv;
use super::repo::Repository;

/// Git is not installed, or failed.
#[derive(Debug, thiserror::Error)]
#[error("git {command}: {why}")]
pub(crate) struct GitCliError {
    command: String,
    why: String,
}

/// Variables that git and the system's loader need.
const KEPT: [&str; 5] = ["PATH", "SystemRoot", "HOME", "TMPDIR", "LANG"];

/// Runs git in a repository and returns its output.
pub(crate) fn run(repo: &Repository, env: Option<&GitEnv>, arguments: &[&OsStr]) -> Result<Vec<u8>, GitCliError> {
    let name = arguments.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let failed = |why: &str| GitCliError { command: name.clone(), why: why.trim().to_owned() };
    let mut command = Command::new("git");
    command
        .env_clear()
        .envs(KEPT.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("GIT_DIR", &repo.git_dir)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"])
        .args(arguments)
        .current_dir(repo.root())
        .stdin(Stdio::null());
    if let Some(top) = &repo.work_tree {
        command.env("GIT_WORK_TREE", top);
    }
    if let Some(env) = env {
        pass(&mut command, env);
    }
    let output = command.output().map_err(|error| failed(&error.to_string()))?;
    if output.status.success() { Ok(output.stdout) } else { Err(failed(&String::from_utf8_lossy(&output.stderr))) }
}

/// Passes on the variables that a hook was given.
fn pass(command: &mut Command, env: &GitEnv) {
    if let Some(file) = &env.index_file {
        command.env("GIT_INDEX_FILE", file);
    }
    if let Some(objects) = &env.object_dir {
        command.env("GIT_OBJECT_DIRECTORY", objects);
    }
    if let Ok(list) = std::env::join_paths(&env.alternate_object_dirs)
        && !list.is_empty()
    {
        command.env("GIT_ALTERNATE_OBJECT_DIRECTORIES", list);
    }
}

//! Hooks around a commit.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use anyhow::Context as _;

use super::super::hook_args::HookArgs;
use super::refusal::Moment;
use super::{plan_of, run_plan, variable, whole_worktree};
use crate::git::OpenOptions;
use crate::git::disk;
use crate::model::Origin;
use crate::scan::plan::ScanSubject;
use crate::source::staged::StagedIndex;

/// Largest commit message, in bytes.
const MAX_MESSAGE: u64 = 64 << 20;

/// Scans staged changes, or the files that a framework names if one of them is not staged.
///
/// A framework that names no files while nothing is staged wants the whole work tree. Git names no files either; without
/// staged changes there is nothing to commit.
pub(super) fn pre_commit(mut args: HookArgs) -> anyhow::Result<u8> {
    let names = std::mem::take(&mut args.arguments);
    let subject = if names.is_empty() {
        if variable("PRE_COMMIT").is_some() && staged_paths()?.is_empty() {
            whole_worktree()
        } else {
            everything_staged()
        }
    } else {
        let staged = staged_paths()?;
        if names.iter().all(|name| staged.contains(&bytes(name))) {
            everything_staged()
        } else {
            ScanSubject::Worktree { paths: names, no_ignore: false }
        }
    };
    run_plan(&plan_of(subject, args.common), &mut io::empty(), Moment::Commit, |_| ())
}

fn everything_staged() -> ScanSubject {
    ScanSubject::Staged { paths: Vec::new() }
}

/// Returns a path as git writes it.
fn bytes(path: &Path) -> Vec<u8> {
    let text = path.strip_prefix(".").unwrap_or(path);
    text.as_os_str().as_encoded_bytes().to_vec()
}

/// Returns the paths whose staged content differs from HEAD.
fn staged_paths() -> anyhow::Result<BTreeSet<Vec<u8>>> {
    let changes = StagedIndex::open(OpenOptions::default())?.differ(&|| false).changes;
    Ok(changes.into_iter().map(|change| change.path).collect())
}

/// Scans a commit message up to the scissors line, below which `commit --verbose` appends the diff.
pub(super) fn commit_msg(mut args: HookArgs) -> anyhow::Result<u8> {
    let file = std::mem::take(&mut args.arguments)
        .into_iter()
        .next()
        .context("missing argument: the file with the commit message")?;
    let message = disk::read(&file, MAX_MESSAGE)?.with_context(|| format!("{}: no such file", file.display()))?;
    let end = memchr::memmem::find(&message, b" ------------------------ >8 ------------------------");
    let message = &message[..end.unwrap_or(message.len())];
    let plan = plan_of(ScanSubject::Stdin { name: "COMMIT_EDITMSG".to_owned() }, args.common);
    run_plan(&plan, &mut io::Cursor::new(message), Moment::Message, |report| {
        // The message is of no commit yet, and of no file that somebody would look for.
        for location in report.findings.iter_mut().flat_map(|finding| &mut finding.locations) {
            location.origin = Origin::CommitMessage;
            location.path.clear();
        }
    })
}

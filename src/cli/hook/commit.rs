//! Hooks around a commit.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use anyhow::Context as _;

use super::super::more_args::HookScan;
use super::{everything, judge, plan, variable};
use crate::git::disk;
use crate::model::Origin;
use crate::scan::plan::Subject;
use crate::source::staged::StagedIndex;

/// Largest commit message, in bytes.
const MAX_MESSAGE: u64 = 64 << 20;

/// Scans what is staged. Frameworks name files: if each of them is staged, they are the staged ones; if not, somebody
/// asked for these files, whatever is staged. Where a framework names none and nothing is staged, it was asked for
/// everything; git itself, which names none either, means "nothing to commit" by that.
pub(super) fn pre_commit(mut wanted: HookScan) -> anyhow::Result<u8> {
    let names = std::mem::take(&mut wanted.arguments);
    let subject = if names.is_empty() {
        if variable("PRE_COMMIT").is_some() && staged_paths()?.is_empty() { everything() } else { Subject::Staged }
    } else {
        let staged = staged_paths()?;
        if names.iter().all(|name| staged.contains(&bytes(name))) {
            Subject::Staged
        } else {
            Subject::Worktree { paths: names, no_ignore: false }
        }
    };
    judge(&plan(wanted, subject), &mut io::empty(), |_| ())
}

fn bytes(path: &Path) -> Vec<u8> {
    let text = path.strip_prefix(".").unwrap_or(path);
    text.as_os_str().as_encoded_bytes().to_vec()
}

/// Paths whose staged content differs from HEAD.
fn staged_paths() -> anyhow::Result<BTreeSet<Vec<u8>>> {
    let changes = StagedIndex::open()?.differ().changes;
    Ok(changes.into_iter().filter(|change| change.new.is_some()).map(|change| change.path).collect())
}

/// Scans the message that git is about to use. What `commit --verbose` shows below its scissors is no part of it.
pub(super) fn commit_msg(mut wanted: HookScan) -> anyhow::Result<u8> {
    let file = std::mem::take(&mut wanted.arguments).into_iter().next().context("git names the message's file")?;
    let message = disk::read(&file, MAX_MESSAGE)?.with_context(|| format!("no file {}", file.display()))?;
    let end = memchr::memmem::find(&message, b" ------------------------ >8 ------------------------");
    let message = &message[..end.unwrap_or(message.len())];
    let plan = plan(wanted, Subject::Stdin { name: "COMMIT_EDITMSG".to_owned() });
    judge(&plan, &mut io::Cursor::new(message), |report| {
        for location in report.findings.iter_mut().flat_map(|finding| &mut finding.locations) {
            location.origin = Origin::CommitMessage;
        }
    })
}

//! `git ls-files`, for indexes that only git reads.

#![expect(clippy::disallowed_methods, reason = "edge module: asks git for an index that this program cannot read")]

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Index, IndexError, Name, Slot};
use crate::git::oid::Oid;
use crate::git::repo::Repository;

/// Lists the index of a file. Nothing that the repository names is run: the file system monitor is off, no lock is
/// taken, and hooks and filters have no part in listing.
pub(super) fn list(repo: &Repository, file: &Path) -> Result<Index, IndexError> {
    let failed = |why: String| IndexError::Git(crate::engine::mask::sanitize(&why));
    let output = Command::new("git")
        .env_clear()
        .envs(["PATH", "SystemRoot", "HOME"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .env("GIT_DIR", &repo.git_dir)
        .env("GIT_WORK_TREE", repo.root())
        .env("GIT_INDEX_FILE", file)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .args(["--no-pager", "--literal-pathspecs", "-c", "core.fsmonitor=false", "ls-files", "-s", "-z", "-t"])
        .current_dir(repo.root())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    listed(output.stdout).ok_or_else(|| failed("its output makes no sense".to_owned()))
}

/// Lines of `TAG MODE OID STAGE<TAB>PATH`, ended by NUL.
fn listed(bytes: Vec<u8>) -> Option<Index> {
    let mut slots = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + memchr::memchr(0, &bytes[at..])?;
        let tab = at + memchr::memchr(b'\t', &bytes[at..end])?;
        let mut words = bytes[at..tab].split(|byte| *byte == b' ');
        let tag = words.next()?;
        let mode = u32::from_str_radix(std::str::from_utf8(words.next()?).ok()?, 8).ok()?;
        let oid = Oid::from_hex(words.next()?)?;
        let stage = words.next()?.first()?.checked_sub(b'0').filter(|stage| *stage < 4)?;
        slots.push(Slot {
            name: Name::File(tab + 1..end),
            oid,
            mode,
            stage,
            skip_worktree: tag == b"S",
            // Not told; such an entry names the empty blob.
            intent_to_add: false,
        });
        at = end + 1;
    }
    Some(Index { bytes, made: Vec::new(), slots, tree: None })
}

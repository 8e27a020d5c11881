//! `git ls-files`, for indexes that only git reads.

use std::ffi::OsStr;
use std::path::Path;

use super::{Index, IndexError, Name, Slot};
use crate::git::ask::ask;
use crate::git::env::GitEnv;
use crate::git::oid::Oid;
use crate::git::repo::Repository;

/// Lists the index of a file.
pub(super) fn list(repo: &Repository, file: &Path) -> Result<Index, IndexError> {
    let env = GitEnv { index_file: Some(file.to_path_buf()), ..GitEnv::default() };
    let listing = ask(repo, Some(&env), &["ls-files", "-s", "-z", "-t"].map(OsStr::new))?;
    listed(listing).ok_or(IndexError::Listing)
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

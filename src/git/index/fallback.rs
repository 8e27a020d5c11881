//! `git ls-files`, for indexes that this crate does not read.

use std::ffi::OsStr;
use std::path::Path;

use super::parse::{IndexWriter, STAT};
use super::{Index, IndexError};
use crate::git::env::GitEnv;
use crate::git::git_cli;
use crate::git::mmap::FileBytes;
use crate::git::oid::{ObjectFormat, Oid};
use crate::git::repo::Repository;

pub(super) fn list(repo: &Repository, file: &Path) -> Result<Index, IndexError> {
    let env = GitEnv { index_file: Some(file.to_path_buf()), ..GitEnv::default() };
    let listing = git_cli::run(repo, Some(&env), &["ls-files", "-s", "-z", "-t"].map(OsStr::new))?;
    super::parse::parse(FileBytes::Owned(listed(&listing, repo.format).ok_or(IndexError::Listing)?), repo.format)
}

/// Builds an index of lines of `TAG MODE OID STAGE<TAB>PATH`, ended by NUL. The listing lacks the intent to add; such
/// an entry names the empty blob.
fn listed(bytes: &[u8], format: ObjectFormat) -> Option<Vec<u8>> {
    let lines = || bytes.split_inclusive(|byte| *byte == 0);
    let mut written = IndexWriter::new(u32::try_from(lines().count()).ok()?);
    for line in lines() {
        let line = line.strip_suffix(b"\0")?;
        let tab = memchr::memchr(b'\t', line)?;
        let mut words = line[..tab].split(|byte| *byte == b' ');
        let skip_worktree = u16::from(words.next()? == b"S") << 14;
        let mode = u32::from_str_radix(std::str::from_utf8(words.next()?).ok()?, 8).ok()?;
        let oid = Oid::from_hex(words.next()?).filter(|oid| oid.as_bytes().len() == format.raw_len())?;
        let stage = words.next()?.first()?.checked_sub(b'0').filter(|stage| *stage < 4)?;
        let mut stat = [0; STAT];
        stat[24..28].copy_from_slice(&mode.to_be_bytes());
        let stat = [&stat, oid.as_bytes()].concat();
        written.add(&stat, (u16::from(stage) << 12, skip_worktree), [&line[tab + 1..], b""]);
    }
    Some(written.end(&vec![0; format.raw_len()]))
}

//! Refs in tables, which the git program reads for us. It says nothing of a table that is damaged, so what tells a whole
//! table from another file is checked here.

use std::path::Path;

use super::disk::{self, DiskError};
use crate::model::SkipReason;

/// Largest list of tables, in bytes.
const MAX_LIST: u64 = 1 << 20;
/// Largest table, in bytes.
const MAX_TABLE: u64 = 256 << 20;
/// Lengths of the header and the footer of both versions.
const LENGTHS: [(u8, usize, usize); 2] = [(1, 24, 68), (2, 28, 72)];

/// Returns what cannot be read of the tables of a git directory.
pub(super) fn problems(git_dir: &Path) -> Vec<(SkipReason, String)> {
    let dir = git_dir.join("reftable");
    let list = dir.join("tables.list");
    let names = match read(&list, MAX_LIST) {
        Ok(text) => String::from_utf8_lossy(&text).into_owned(),
        Err(problem) => return vec![problem],
    };
    let check = |name: &str| {
        let path = dir.join(name);
        match read(&path, MAX_TABLE) {
            Ok(table) if is_whole(&table) => None,
            Ok(_) => Some((SkipReason::Damaged, format!("{}: no whole table of refs", path.display()))),
            Err(problem) => Some(problem),
        }
    };
    let is_name = |name: &&str| !name.is_empty() && !name.contains('/');
    names.lines().filter(is_name).filter_map(check).collect()
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, (SkipReason, String)> {
    match disk::read(path, limit) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err((SkipReason::Damaged, format!("{}: it is missing", path.display()))),
        Err(error) => Err((DiskError::reason(&error), error.to_string())),
    }
}

/// Returns true if the footer of a table repeats its header and has the right checksum.
pub(super) fn is_whole(table: &[u8]) -> bool {
    LENGTHS.into_iter().any(|(version, header, footer)| {
        let Some(end) = table.len().checked_sub(footer).and_then(|at| table.get(at..)) else { return false };
        let (summed, checksum) = end.split_at(footer - 4);
        table.starts_with(&[b'R', b'E', b'F', b'T', version])
            && table.get(..header) == end.get(..header)
            && libdeflater::crc32(summed).to_be_bytes() == *checksum
    })
}

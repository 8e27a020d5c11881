//! The text of a HEAD.

use std::path::Path;

use super::disk;
use super::oid::{ObjectFormat, Oid};

/// Largest HEAD, in bytes.
const MAX_HEAD: u64 = 64 << 10;

/// Returns true if a HEAD can be read and names neither a branch, born or not, nor a commit.
pub(super) fn is_junk(file: &Path, format: ObjectFormat) -> bool {
    let Ok(Some(text)) = disk::read(file, MAX_HEAD) else { return false };
    let text = text.trim_ascii();
    match text.strip_prefix(b"ref:") {
        Some(target) => !target.trim_ascii().starts_with(b"refs/"),
        None => !text.get(..format.hex_len()).and_then(Oid::from_hex).is_some_and(|oid| oid.format() == format),
    }
}

//! Git LFS: small texts in the place of files, and their content in a store beside the objects.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::disk::{self, DiskError};

/// Longest pointer, in bytes.
pub(crate) const MAX_POINTER: usize = 1024;

/// Returns the name of the content, which may be malformed, if a text is a pointer.
pub(crate) fn pointer(text: &[u8]) -> Option<&[u8]> {
    let is_pointer = text.len() <= MAX_POINTER && text.starts_with(b"version https://git-lfs.github.com/spec/");
    let mut lines = text.split(|byte| *byte == b'\n');
    is_pointer.then(|| lines.find_map(|line| line.strip_prefix(b"oid sha256:")).unwrap_or_default().trim_ascii())
}

/// Opens the content of this name in a store. Returns `None` if it is not there.
pub(crate) fn open(store: &Path, name: &[u8]) -> Result<Option<File>, DiskError> {
    let name = match std::str::from_utf8(name) {
        Ok(name) if name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => return Ok(None),
    };
    let path: PathBuf = [&name[..2], &name[2..4], name].iter().collect();
    Ok(disk::open(&store.join(path))?.map(|(file, _)| file))
}

//! Memory maps of packs, their indexes and the index of a work tree: the only unsafe code.
//!
//! Git writes these files once and never changes them: a pack under a name derived from its checksum, an index under
//! another name that it then renames. That makes mapping one sound enough. Truncating a pack while it is read stops
//! this program with SIGBUS, as it would stop git. Files that may change (refs, loose objects, a work tree) are read
//! instead.
#![expect(unsafe_code, reason = "memmap2 cannot know that nobody truncates the file; git's contract says so")]

use std::path::Path;

use super::disk::{self, DiskError};

/// A mapped file; an empty one needs no map.
#[derive(Debug)]
pub(crate) struct MappedFile(Option<memmap2::Mmap>);

impl MappedFile {
    /// Maps a regular file; `None` if there is none.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, DiskError> {
        let Some((file, len)) = disk::open(path)? else { return Ok(None) };
        if len == 0 {
            return Ok(Some(Self(None)));
        }
        // SAFETY: the map is read-only and private to this type. That the bytes neither change nor go away is git's
        // contract for these files (module head); every length is taken from the map itself, not from the header.
        let map = unsafe { memmap2::Mmap::map(&file) };
        let map = map.map_err(|source| DiskError::Io { path: path.to_path_buf(), source })?;
        Ok(Some(Self(Some(map))))
    }

    /// Gives the pages that were read back to the system. They come back from the file when they are read again.
    pub(crate) fn release(&self) {
        #[cfg(unix)]
        if let Some(map) = &self.0 {
            // SAFETY: a page of a read-only map of a file holds what the file holds.
            let _ = unsafe { map.unchecked_advise(memmap2::UncheckedAdvice::DontNeed) };
        }
    }
}

impl std::ops::Deref for MappedFile {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.0.as_deref().unwrap_or_default()
    }
}

/// The bytes of a mapped file, or a substitute for it.
#[derive(Debug)]
pub(crate) enum FileBytes {
    Mapped(MappedFile),
    Owned(Vec<u8>),
}

impl std::ops::Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Owned(bytes) => bytes,
        }
    }
}

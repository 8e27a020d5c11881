//! The only module that opens the files of a repository. Nothing here writes.
//!
//! A hostile repository can hold a FIFO under any name, and opening one for reading hangs for ever, in git and libgit2
//! too. So a path is checked before it is opened, opened without blocking, checked again, and read up to a bound.
#![expect(clippy::disallowed_methods, reason = "edge module: reads the files of git repositories")]

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// The reason that a file of a repository was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DiskError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// A FIFO, socket, device, directory or dangling link in the place of a file, or a link in the place of a directory.
    #[error("{}: not a regular file or directory", path.display())]
    NotAFile { path: PathBuf },
    /// Larger than any honest file of its kind.
    #[error("{}: larger than {limit} bytes", path.display())]
    TooLarge { path: PathBuf, limit: u64 },
}

impl DiskError {
    /// Returns the reason without the path, for messages that name it themselves.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Io { source, .. } => source.to_string(),
            Self::NotAFile { .. } => "not a regular file or directory".to_owned(),
            Self::TooLarge { limit, .. } => format!("larger than {limit} bytes"),
        }
    }

    /// Returns the reason under which the coverage counts this error.
    pub(crate) fn reason(&self) -> crate::model::SkipReason {
        match self {
            Self::Io { .. } | Self::NotAFile { .. } => crate::model::SkipReason::Unreadable,
            Self::TooLarge { .. } => crate::model::SkipReason::OverLimit,
        }
    }
}

fn failed(path: &Path, source: std::io::Error) -> DiskError {
    DiskError::Io { path: path.to_path_buf(), source }
}

/// Opens a regular file, following links; `None` if there is none. Never blocks. Also returns the length.
pub(crate) fn open(path: &Path) -> Result<Option<(File, u64)>, DiskError> {
    let seen = match std::fs::metadata(path) {
        Ok(seen) => seen,
        Err(error) if is_absent(&error) && !exists(path) => return Ok(None),
        Err(error) if is_absent(&error) => return Err(DiskError::NotAFile { path: path.to_path_buf() }),
        Err(error) => return Err(failed(path, error)),
    };
    if !seen.is_file() {
        return Err(DiskError::NotAFile { path: path.to_path_buf() });
    }
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| failed(path, error))?;
    let opened = file.metadata().map_err(|error| failed(path, error))?;
    if !opened.is_file() {
        return Err(DiskError::NotAFile { path: path.to_path_buf() });
    }
    Ok(Some((file, opened.len())))
}

/// Reads a regular file of at most `limit` bytes; `None` if there is none.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, DiskError> {
    let Some((file, len)) = open(path)? else { return Ok(None) };
    let too_large = || DiskError::TooLarge { path: path.to_path_buf(), limit };
    if len > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(len).unwrap_or(0).saturating_add(1));
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| failed(path, error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(Some(bytes))
}

/// The type of a directory entry, links not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    File,
    Dir,
    Link,
    Special,
}

/// Lists at most `limit` entries of a directory, sorted, and whether there are more. An absent directory is empty. A link
/// is refused: it may lead out of the repository.
pub(crate) fn list(path: &Path, limit: usize) -> Result<(Vec<(OsString, EntryKind)>, bool), DiskError> {
    let mut entries = Vec::new();
    if std::fs::symlink_metadata(path).is_ok_and(|seen| seen.is_symlink()) {
        return Err(DiskError::NotAFile { path: path.to_path_buf() });
    }
    let read = match std::fs::read_dir(path) {
        Ok(read) => read,
        Err(error) if is_absent(&error) && !exists(path) => return Ok((entries, false)),
        Err(error) => return Err(failed(path, error)),
    };
    let mut more = false;
    for entry in read {
        if entries.len() == limit {
            more = true;
            break;
        }
        let entry = entry.map_err(|error| failed(path, error))?;
        let kind = entry.file_type().map_err(|error| failed(path, error))?;
        let kind = match kind {
            kind if kind.is_file() => EntryKind::File,
            kind if kind.is_dir() => EntryKind::Dir,
            kind if kind.is_symlink() => EntryKind::Link,
            _ => EntryKind::Special,
        };
        entries.push((entry.file_name(), kind));
    }
    entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok((entries, more))
}

/// Returns true for a directory, links followed.
pub(crate) fn is_dir(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|seen| seen.is_dir())
}

/// Returns true if anything is there, links not followed.
pub(crate) fn exists(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

/// Returns the absolute path without links, `.` or `..`.
pub(crate) fn canonical(path: &Path) -> Result<PathBuf, DiskError> {
    std::fs::canonicalize(path).map_err(|error| failed(path, error))
}

/// Returns true if the path belongs to another user, by git's rule: under `sudo`, root also owns what the caller owns.
/// Always false where files have no such owner.
pub(crate) fn is_foreign(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let Ok(seen) = std::fs::metadata(path) else { return true };
        let own = rustix::process::geteuid().as_raw();
        let behind_sudo = || std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse::<u32>().ok());
        seen.uid() != own && !(own == 0 && behind_sudo() == Some(seen.uid()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::NotFound
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_large_and_odd_files() {
        let dir = tempfile::tempdir().unwrap();
        assert!(read(&dir.path().join("none"), 10).unwrap().is_none());
        assert!(read(&dir.path().join("none/under"), 10).unwrap().is_none());
        std::fs::write(dir.path().join("file"), b"0123456789").unwrap();
        assert!(matches!(read(&dir.path().join("file/under"), 10), Err(DiskError::Io { .. })));
        assert!(list(&dir.path().join("file"), 10).is_err());
        assert_eq!(read(&dir.path().join("file"), 10).unwrap().unwrap(), b"0123456789");
        assert!(matches!(read(&dir.path().join("file"), 9), Err(DiskError::TooLarge { .. })));
        assert!(matches!(read(dir.path(), 9), Err(DiskError::NotAFile { .. })));
        let (entries, more) = list(dir.path(), 0).unwrap();
        assert!(entries.is_empty() && more);
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        std::os::unix::fs::symlink("nowhere", dir.path().join("link")).unwrap();
        assert!(matches!(open(&dir.path().join("link")), Err(DiskError::NotAFile { .. })));
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        assert!(matches!(open(&fifo), Err(DiskError::NotAFile { .. })));
    }
}

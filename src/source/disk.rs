//! Opening a file that somebody else may be changing: never following a link, never waiting for a writer.

#![cfg_attr(not(unix), expect(clippy::disallowed_methods, reason = "opens the files that are scanned"))]

use std::fs::File;
use std::io;
use std::path::Path;

/// A regular file and its size when it was opened.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) file: File,
    pub(super) size: u64,
}

/// Opens a file for reading. `None` if it is not a regular file any more.
///
/// # Errors
/// The system's own.
#[cfg(unix)]
pub(super) fn open(path: &Path) -> io::Result<Option<Opened>> {
    use rustix::fs::{Mode, OFlags};
    // Without NONBLOCK a FIFO that took the file's place would make us wait for its writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then(|| Opened { size: metadata.len(), file }))
}

/// Opens a file for reading. `None` if it is not a regular file any more.
///
/// # Errors
/// The system's own.
#[cfg(not(unix))]
pub(super) fn open(path: &Path) -> io::Result<Option<Opened>> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    Ok(Some(Opened { file, size }))
}

/// The text of a symbolic link, as bytes.
///
/// # Errors
/// The system's own.
pub(super) fn link_text(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read_link(path).map(|target| bytes_of(&target))
}

/// A path's bytes; where the platform's paths are not bytes, as UTF-8.
#[cfg(unix)]
pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

/// A path's bytes; where the platform's paths are not bytes, as UTF-8.
#[cfg(not(unix))]
pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

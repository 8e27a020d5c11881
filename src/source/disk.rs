//! Opens scanned files, which others may be changing: follows no links, waits for no writers.

#![expect(clippy::disallowed_methods, reason = "opens the files that are scanned")]

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A regular file and its size when it was opened.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: File,
    pub(super) size: u64,
}

/// Opens a file for reading. Returns `None` if it is no longer a regular file.
#[cfg(unix)]
pub(super) fn open(path: &Path) -> io::Result<Option<OpenFile>> {
    use rustix::fs::{Mode, OFlags};
    // Without NONBLOCK, opening a FIFO that replaced the file would wait for its writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(descriptor) => File::from(descriptor),
        Err(rustix::io::Errno::LOOP | rustix::io::Errno::NXIO) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let metadata = file.metadata()?;
    Ok(metadata.is_file().then(|| OpenFile { size: metadata.len(), file }))
}

#[cfg(not(unix))]
pub(super) fn open(path: &Path) -> io::Result<Option<OpenFile>> {
    if !std::fs::symlink_metadata(path)?.is_file() {
        return Ok(None);
    }
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    Ok(Some(OpenFile { file, size }))
}

/// Reads the text of a symbolic link.
pub(super) fn link_text(path: &Path) -> io::Result<Vec<u8>> {
    std::fs::read_link(path).map(|target| bytes_of(&target))
}

/// Returns the bytes of a path, in UTF-8 where the platform's paths are not bytes.
#[cfg(unix)]
pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(not(unix))]
pub(crate) fn bytes_of(path: &Path) -> Vec<u8> {
    path.to_string_lossy().replace('\\', "/").into_bytes()
}

/// Returns true if the directory is the root of a work tree.
pub(super) fn is_repository(path: &Path) -> bool {
    std::fs::symlink_metadata(path.join(".git")).is_ok_and(|git| git.is_dir() || git.is_file())
}

/// Returns the root of the work tree that holds the directory.
pub(super) fn work_tree_of(directory: &Path) -> Option<PathBuf> {
    directory.ancestors().find(|ancestor| is_repository(ancestor)).map(Path::to_path_buf)
}

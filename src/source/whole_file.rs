//! Writes files that are whole or absent, whatever happens meanwhile.

#![expect(clippy::disallowed_methods, reason = "looks at what it would replace")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 64 << 10;

/// Writes a file completely or not at all, while its content is made. The bytes go to a file without a name first, so that
/// a signal leaves nothing behind; where there are no such files, to a temporary one beside it, and the content is made
/// again. Refuses whatever is no regular file, such as a device: a new file would take its place.
pub(crate) fn write(file: &Path, content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    match fs::symlink_metadata(file) {
        Ok(there) if !there.is_file() => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
        _ => put(file, content, File::sync_all),
    }
}

/// As [`write()`], for bytes that have a checksum of their own and may be lost with the machine. Replaces whatever is there.
pub(crate) fn write_cache(file: &Path, content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    put(file, content, |_| Ok(()))
}

fn put(
    file: &Path,
    content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
    finish: fn(&File) -> io::Result<()>,
) -> io::Result<()> {
    let mut fill = |empty: &File| {
        let mut out = BufWriter::with_capacity(BUFFER, empty);
        content(&mut out)?;
        out.flush()?;
        finish(empty)
    };
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unnamed = tempfile::tempfile_in(directory).and_then(|unnamed| {
        fill(&unnamed)?;
        name(&unnamed, file)
    });
    if unnamed.is_ok() {
        return Ok(());
    }
    let beside = tempfile::Builder::new().suffix(&suffix(file)).tempfile_in(directory).map_err(without_path)?;
    fill(beside.as_file())?;
    beside.persist(file).map_err(|error| error.error)?;
    Ok(())
}

/// Returns the extension of a file, for temporary ones beside it: what a killed process leaves is counted among its like.
fn suffix(file: &Path) -> OsString {
    file.extension().map(|extension| [OsStr::new("."), extension].join(OsStr::new(""))).unwrap_or_default()
}

/// Returns the error of the system alone: the path of a temporary file says nothing to the user.
fn without_path(error: io::Error) -> io::Error {
    match error.to_string().split_once(" at path ") {
        Some((why, _)) => io::Error::new(error.kind(), why),
        None => error,
    }
}

/// Gives a file without a name this one. An older file of that name is replaced: the link gets another name, which is
/// renamed at once.
#[cfg(target_os = "linux")]
fn name(unnamed: &File, file: &Path) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;

    use rustix::fs::{AtFlags, CWD, linkat};
    let source = format!("/proc/self/fd/{}", unnamed.as_raw_fd());
    match linkat(CWD, &source, CWD, file, AtFlags::SYMLINK_FOLLOW) {
        Err(rustix::io::Errno::EXIST) => {}
        linked => return Ok(linked?),
    }
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let link = |path: &Path| Ok(linkat(CWD, &source, CWD, path, AtFlags::SYMLINK_FOLLOW)?);
    let beside = tempfile::Builder::new().suffix(&suffix(file)).make_in(directory, link)?;
    beside.persist(file).map_err(|error| error.error)
}

#[cfg(not(target_os = "linux"))]
fn name(_unnamed: &File, _file: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_and_replaced_and_nothing_stays_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("report");
        for text in ["one", "another"] {
            write(&file, &mut |out| out.write_all(text.as_bytes())).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        }
        assert!(write(&dir.path().join("none/report"), &mut |out| out.write_all(b"x")).is_err());
        std::fs::create_dir(dir.path().join("taken")).unwrap();
        assert!(write(&dir.path().join("taken"), &mut |out| out.write_all(b"x")).is_err());
        std::os::unix::fs::symlink("/dev/null", dir.path().join("device")).unwrap();
        assert!(write(&dir.path().join("device"), &mut |out| out.write_all(b"x")).is_err());
        assert!(dir.path().join("device").is_symlink());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
    }
}

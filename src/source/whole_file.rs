//! Writes files that are whole or absent, whatever happens meanwhile.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file completely or not at all. The bytes go to a file without a name first, so that a signal leaves nothing
/// behind; where there are no such files, to a temporary one beside it.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    put(file, bytes, File::sync_all)
}

/// As [`write`], for a file that has a checksum of its own and may be lost with the machine.
pub(crate) fn write_cache(file: &Path, bytes: &[u8]) -> io::Result<()> {
    put(file, bytes, |_| Ok(()))
}

fn put(file: &Path, bytes: &[u8], finish: fn(&File) -> io::Result<()>) -> io::Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unnamed = tempfile::tempfile_in(directory).and_then(|unnamed| {
        (&unnamed).write_all(bytes)?;
        finish(&unnamed)?;
        name(&unnamed, file)
    });
    if unnamed.is_ok() {
        return Ok(());
    }
    let mut beside = tempfile::NamedTempFile::new_in(directory)?;
    beside.write_all(bytes)?;
    finish(beside.as_file())?;
    beside.persist(file).map_err(|error| error.error)?;
    Ok(())
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
    let beside = tempfile::Builder::new().make_in(directory, link)?;
    beside.persist(file).map_err(|error| error.error)
}

#[cfg(not(target_os = "linux"))]
fn name(_unnamed: &File, _file: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the test reads what was written")]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_made_and_replaced_and_nothing_stays_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("report");
        for text in ["one", "another"] {
            write(&file, text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        }
        assert!(write(&dir.path().join("none/report"), b"x").is_err());
        std::fs::create_dir(dir.path().join("taken")).unwrap();
        assert!(write(&dir.path().join("taken"), b"x").is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }
}

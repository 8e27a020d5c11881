//! Writes to standard output, standard error and files.

#![expect(clippy::disallowed_methods, reason = "writes the reports that the user asked for")]

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Prints to standard output, with styles only on a terminal. Ignores errors.
pub(super) fn print_styled(text: &str) {
    let _ = write!(anstream::AutoStream::auto(io::stdout().lock()), "{text}");
}

/// Prints to standard output. A closed pipe is no error, so that it never changes the exit code.
pub(super) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Prints a line to standard error. Ignores errors.
pub(super) fn warn(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Deletes an older report, so that a failed scan leaves none that could be mistaken for its own.
pub(super) fn clear(file: &Path) -> io::Result<()> {
    match fs::symlink_metadata(file) {
        Ok(metadata) if metadata.is_file() => fs::remove_file(file),
        Ok(metadata) if metadata.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory")),
        Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes a file completely or not at all: to a temporary file first, which is then renamed.
pub(super) fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(directory)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(file).map_err(|error| error.error)?;
    Ok(())
}

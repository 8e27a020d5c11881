//! What leaves the program: standard output, standard error, and files that are whole or absent.

#![expect(clippy::disallowed_methods, reason = "writes the reports that the user asked for")]

use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Prints to standard output, without its styles where nobody would see them. A reader that has gone is no error.
pub(super) fn print_styled(text: &str) {
    // There is nobody left to tell.
    let _ = write!(anstream::AutoStream::auto(io::stdout().lock()), "{text}");
}

/// Prints to standard output. A reader that has gone is no error, so that it never changes the verdict.
///
/// # Errors
/// Any other error of standard output, such as a full disk.
pub(super) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Prints a line to standard error.
pub(super) fn warn(text: &str) {
    // There is nobody left to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Takes an older report away before the scan, so that a failed scan leaves none that could be taken for its own.
///
/// # Errors
/// When there is something in the way that is not a file.
pub(super) fn clear(file: &Path) -> io::Result<()> {
    match fs::symlink_metadata(file) {
        Ok(metadata) if metadata.is_file() => fs::remove_file(file),
        Ok(metadata) if metadata.is_dir() => Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory")),
        Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes a file that is whole or absent: beside it first, then under its name.
///
/// # Errors
/// The system's own.
pub(super) fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut beside = tempfile::NamedTempFile::new_in(directory)?;
    beside.write_all(bytes)?;
    beside.as_file().sync_all()?;
    beside.persist(file).map_err(|error| error.error)?;
    Ok(())
}

//! Writes to standard output, standard error, and files that are whole or absent.
//!
//! All but reports, which are redacted as values, is redacted here: by the rules in force once they are known, until then
//! by the built-in rules and those of the directories that the arguments name.

#![expect(clippy::disallowed_methods, reason = "writes the reports that the user asked for")]

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::detect::Redactor;
use crate::rules::{RuleSet, load};
pub(super) use crate::source::whole_file::write as write_streamed;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 64 << 10;

/// Longest message, in bytes: it may quote anything.
const MAX_MESSAGE: usize = 16 << 10;

/// Made when it is first needed, or given by whoever loads rules.
static REDACTOR: RwLock<Option<Arc<Redactor>>> = RwLock::new(None);

/// Redacts by these rules from now on.
pub(super) fn redact_by(redactor: Arc<Redactor>) {
    *REDACTOR.write().unwrap_or_else(PoisonError::into_inner) = Some(redactor);
}

/// As [`redact_by`], for rules without an engine.
pub(super) fn redact_by_rules(rules: &RuleSet) {
    redact_by(Arc::new(Redactor::new(rules)));
}

fn redactor() -> Arc<Redactor> {
    if let Some(redactor) = REDACTOR.read().unwrap_or_else(PoisonError::into_inner).as_ref() {
        return Arc::clone(redactor);
    }
    let redactor = Arc::new(Redactor::new(&load::readable(&rule_directories(std::env::args_os()))));
    redact_by(Arc::clone(&redactor));
    redactor
}

/// The values of `--rules`, also among arguments that make no sense.
fn rule_directories(arguments: impl Iterator<Item = OsString>) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    let mut is_value = false;
    for argument in arguments {
        let text = argument.to_string_lossy();
        if is_value {
            directories.push(PathBuf::from(&argument));
        } else if let Some(value) = text.strip_prefix("--rules=") {
            directories.push(PathBuf::from(value));
        }
        is_value = !is_value && text == "--rules";
    }
    directories
}

/// A text without keys and without what could act on a terminal.
pub(super) fn shown(text: &str) -> String {
    redactor().sanitize(text)
}

/// Prints to standard output, with styles only on a terminal. Ignores errors.
pub(super) fn print_styled(text: &str) {
    print_help(&redactor().redact(text));
}

/// As [`print_styled`], for words of our own.
pub(super) fn print_help(text: &str) {
    // There is nobody left to tell.
    let _ = write!(anstream::AutoStream::auto(io::stdout().lock()), "{text}");
}

/// Prints a line to standard output.
///
/// # Errors
/// As [`print_bytes`].
pub(super) fn print_line(text: &str) -> io::Result<()> {
    print_bytes(format!("{}\n", shown(text)).as_bytes())
}

/// Prints what holds no key to standard output. A reader that has gone is no error, so that it never changes the verdict.
///
/// # Errors
/// Any other error of standard output, such as a full disk.
pub(super) fn print_bytes(bytes: &[u8]) -> io::Result<()> {
    print_streamed(&mut |out| out.write_all(bytes))
}

/// As [`print_bytes`], for what is made while it is written, such as a report.
pub(super) fn print_streamed(write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut stdout = io::BufWriter::with_capacity(BUFFER, io::stdout().lock());
    match write(&mut stdout).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Writes a file completely or not at all.
pub(super) fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    write_streamed(file, &mut |out| out.write_all(bytes))
}

/// Makes a directory, or finds it empty.
pub(super) fn make_empty(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    match fs::read_dir(directory)?.next() {
        Some(_) => Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, "the directory is not empty")),
        None => Ok(()),
    }
}

/// Prints a line to standard error. Ignores errors.
pub(super) fn warn(text: &str) {
    warn_plainly(&beginning(text, Redactor::sanitize));
}

/// Prints lines to standard error. Redacts them together: a key may go on in the next line.
pub(super) fn warn_lines(text: &str) {
    beginning(text, |redactor, text| redactor.redact(text).into_owned()).lines().for_each(warn);
}

/// Redacts the beginning of a text, and somewhat more of it than is returned: what is cut off may be the end of a key.
fn beginning(text: &str, redact: impl Fn(&Redactor, &str) -> String) -> String {
    let cut = |text: &str, most| text.get(..text.floor_char_boundary(most)).unwrap_or_default().to_owned();
    let redacted = redact(&redactor(), &cut(text, 2 * MAX_MESSAGE));
    if redacted.len() > MAX_MESSAGE { cut(&redacted, MAX_MESSAGE) + "…" } else { redacted }
}

/// Prints words of our own to standard error: also where the program fails.
pub(super) fn warn_plainly(text: &str) {
    // There is nobody left to tell.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_directories_are_found_among_any_arguments() {
        let arguments = ["scan", "--rules", "a", "--nonsense", "--rules=b c", "x", "--rules"].map(OsString::from);
        assert_eq!(rule_directories(arguments.into_iter()), [PathBuf::from("a"), PathBuf::from("b c")]);
    }
}

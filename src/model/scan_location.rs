//! The location of a scanned text, as its source knows it. With the position of a hit it becomes a
//! [`Location`](super::Location).

use std::borrow::Cow;
use std::path::Path;

use crate::model::{Origin, Reach, line_hash::LineHash};

/// A path as text, which may still contain keys and control characters.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathText {
    /// The path with `/`, relative to the root.
    pub text: String,
    /// True if the path is not UTF-8 and was percent-encoded.
    pub percent: bool,
}

impl PathText {
    /// Converts a path from its bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self { text: text.to_owned(), percent: false },
            Err(_) => Self { text: percent_encode(bytes), percent: true },
        }
    }

    /// Converts the path of a directory. Two that are not UTF-8 stay two.
    #[must_use]
    pub fn of(path: &Path) -> Self {
        Self::new(path.as_os_str().as_encoded_bytes())
    }
}

/// Encodes `%` and all bytes outside of printable ASCII as `%XX`.
pub(crate) fn percent_encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            b' '..=b'~' if *byte != b'%' => char::from(*byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// Undoes [`percent_encode`].
pub(crate) fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                decoded.push(byte);
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    decoded
}

/// The location of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanLocation {
    /// The file in the tree.
    pub path: PathText,
    /// Archive members, outermost first.
    pub archive: Vec<String>,
    /// The original source of a source map, the cell of a notebook.
    pub within: Option<String>,
    /// The part of a repository.
    pub origin: Origin,
    /// The way that leads to it.
    pub reach: Reach,
    /// The blob, or the object whose text it is.
    pub blob: Option<String>,
    /// The commit that holds it.
    pub commit: Option<String>,
    /// The later of two versions of a file has the higher number.
    pub sequence: u32,
    /// GitHub's hash of the line, where the source computed it.
    pub line_hash: Option<LineHash>,
    /// True if the same file held the credential before the scanned change.
    pub existing: bool,
}

impl ScanLocation {
    /// Returns the location of a file on disk.
    #[must_use]
    pub fn file(path: PathText) -> Self {
        Self { path, ..Self::default() }
    }

    /// Returns the path, or the object id of a text without one.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.path.text.is_empty() { self.blob.as_deref().unwrap_or_default() } else { &self.path.text }
    }

    /// Joins the path and the archive members, as if archives were directories.
    #[must_use]
    pub fn words(&self) -> Cow<'_, str> {
        if self.archive.is_empty() {
            return Cow::Borrowed(&self.path.text);
        }
        Cow::Owned([std::slice::from_ref(&self.path.text), &self.archive].concat().join("/"))
    }
}
